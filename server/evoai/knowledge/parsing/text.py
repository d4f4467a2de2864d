"""Plain text, Markdown and CSV."""

from __future__ import annotations

import csv
import io
import re

from evoai.kit.confined import Refused
from evoai.knowledge.parsing.blocks import Block, Parsed, clean, from_table, from_text

MAX_COLUMNS = 1_000


def decode(data: bytes) -> str:
    """UTF-8 or UTF-16 where the bytes say so, else Windows' Latin; what cannot be read is replaced."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    sample = data[:4000]
    if sample.count(0) > len(sample) // 4:
        return data.decode("utf-16-le" if sample[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Bytes that are wrong here and there do not make a UTF-8 file a Latin one: in that hardly any letter with an
        # accent is readable as UTF-8.
        readable = data.decode("utf-8", "replace")
        wrong = readable.count("\ufffd")
        few = wrong * 5 < sum(1 for char in readable if ord(char) > 127) or error.start > 100_000
        return readable if few else data.decode("cp1252", "replace")


def plain(data: bytes) -> Parsed:
    return Parsed(blocks=from_text(decode(data)))


_MARK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1")
_RULE = re.compile(r"^\s*([-*_=]\s*){3,}$")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")


def markdown(data: bytes) -> Parsed:
    """Headings, tables and paragraphs; links and emphasis leave their words."""
    blocks: list[Block] = []
    waiting: list[str] = []

    def flush() -> None:
        rows = [line for line in waiting if "|" in line]
        if len(rows) > 1 and len(rows) >= len(waiting) - 1:
            cells = [row.strip().strip("|").split("|") for row in rows if not _TABLE_RULE.match(row)]
            blocks.extend(from_table([[_words(cell) for cell in row] for row in cells]))
        elif text := clean(_words("\n".join(waiting))):
            blocks.append(Block(text))
        waiting.clear()

    lines = clean_lines(decode(data))
    fenced = False
    for i, line in enumerate(lines):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and (found := re.match(r" {0,3}(#{1,6})\s+(.*?)\s*#*$", line)):
            flush()
            blocks.append(Block(clean(_words(found[2])), len(found[1])))
        elif not fenced and i and re.fullmatch(r" {0,3}(=+|-{2,})\s*", line) and len(waiting) == 1:
            heading = waiting.pop()
            blocks.append(Block(clean(_words(heading)), 1 if "=" in line else 2))
        elif not line.strip() or (not fenced and _RULE.match(line)):
            flush()
        else:
            waiting.append(line.lstrip("> ") if not fenced else line)
    flush()
    return Parsed(blocks=[block for block in blocks if block.text])


def clean_lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _words(text: str) -> str:
    return _EMPHASIS.sub(r"\2", _MARK.sub(r"\1", text))


def table(data: bytes) -> Parsed:
    """Raises `Refused` with the row, counted from 1, where the table breaks."""
    text = decode(data)
    csv.field_size_limit(1_000_000)
    head = text[:20_000]
    delimiter = max(",;\t|", key=lambda mark: head.split("\n", 1)[0].count(mark))
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            raise Refused(f"bad-table:{len(rows) + 1}") from None
        if row is None:
            return Parsed(blocks=from_table(rows))
        if len(row) > MAX_COLUMNS:
            raise Refused(f"bad-table:{len(rows) + 1}")
        rows.append(row)
