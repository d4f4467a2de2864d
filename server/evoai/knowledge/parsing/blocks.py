"""What a parser makes of a file: blocks of clean text in reading order. Imported by the sandboxed child, so it knows
nothing of the house."""

from __future__ import annotations

import re
import unicodedata

import msgspec

from evoai.kit.confined import Made

MAX_PAGES = 2_000
MAX_TEXT = 10_000_000
"""Characters."""


class Block(msgspec.Struct, frozen=True, omit_defaults=True):
    """A heading (`level` 1 to 6) or, with level 0, a paragraph, a table's row, a list's item."""

    text: str
    level: int = 0
    page: int | None = None


class Parsed(Made, frozen=True, omit_defaults=True):
    blocks: list[Block] = msgspec.field(default_factory=list[Block])
    title: str | None = None
    pages: int | None = None
    links: list[str] = msgspec.field(default_factory=list[str])
    """The pages that a site map lists."""


class Picture(Made, frozen=True, omit_defaults=True):
    """A page as people see it, as PNG; empty where the document has no such page."""

    png: bytes = b""
    pages: int = 0


# Invisible and direction-changing characters: text for machines that people do not see.
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\U000e0000-\U000e007f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"[^\S\n]+")
_SPLIT_WORD = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zà-ÿ])")


def clean(text: str) -> str:
    """Text as people see it: composed, without what is invisible, spaces as one."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _CONTROL.sub(" ", _UNSEEN.sub("", text))
    text = _SPLIT_WORD.sub("", text)
    return "\n".join(line.strip() for line in _SPACES.sub(" ", text).split("\n")).strip()


_HEADING_LENGTH = 120
_BULLET = re.compile(r"^([-*•·▪◦–]|\d{1,3}[.)])\s")
_QUESTION_LENGTH = 200


def from_text(text: str, page: int | None = None) -> list[Block]:
    """Paragraphs of plain text, told apart by empty lines. A short line without a full stop that stands alone above a
    paragraph, or a question above its answer, is a heading."""
    blocks: list[Block] = []
    for part in re.split(r"\n\s*\n", clean(text)):
        lines = [line for line in part.split("\n") if line]
        while lines:
            if looks_like_heading(lines[0], more=len(lines) > 1):
                blocks.append(Block(lines.pop(0), 2, page))
                continue
            end = 1
            while end < len(lines) and not _is_question(lines[end]):
                end += 1
            blocks.append(Block("\n".join(lines[:end]), 0, page))
            lines = lines[end:]
    return blocks


def looks_like_heading(line: str, *, more: bool) -> bool:
    if _is_question(line):
        return more
    if more or len(line) > _HEADING_LENGTH or _BULLET.match(line) or line[-1] in ".,;!":
        return more and line.isupper() and 3 < len(line) <= _HEADING_LENGTH
    return len(line.split()) <= 12


def _is_question(line: str) -> bool:
    return line.endswith("?") and len(line) <= _QUESTION_LENGTH and not _BULLET.match(line)


def from_table(rows: list[list[str]]) -> list[Block]:
    """One block for each row, its cells named by the first row; questions with answers become headings with text."""
    rows = [[clean(cell).replace("\n", " ") for cell in row] for row in rows]
    rows = [row for row in rows if any(row)]
    if not rows:
        return []
    head, body = rows[0], rows[1:]
    names = [name.lower() for name in head]
    question = next((i for i, name in enumerate(names) if name in _QUESTIONS), None)
    answer = next((i for i, name in enumerate(names) if name in _ANSWERS), None)
    if question is not None and answer is not None:
        return _pairs(body, question, answer)
    if not body or not _is_head(head):
        return [Block(" | ".join(filter(None, row))) for row in rows]
    return [Block(_named(head, row)) for row in body]


_QUESTIONS = frozenset({"question", "questions", "pergunta", "perguntas", "dúvida", "duvida"})
_ANSWERS = frozenset({"answer", "answers", "resposta", "respostas"})


def _pairs(rows: list[list[str]], question: int, answer: int) -> list[Block]:
    blocks: list[Block] = []
    for row in rows:
        asked = row[question] if question < len(row) else ""
        said = row[answer] if answer < len(row) else ""
        if asked and said:
            blocks += [Block(asked, 6), Block(said)]
    return blocks


def _is_head(row: list[str]) -> bool:
    cells = [cell for cell in row if cell]
    return len(cells) > 1 and all(len(cell) <= 40 and not cell[0].isdigit() for cell in cells)


def _named(head: list[str], row: list[str]) -> str:
    cells = [(head[i] if i < len(head) else "", cell) for i, cell in enumerate(row) if cell]
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in cells)
