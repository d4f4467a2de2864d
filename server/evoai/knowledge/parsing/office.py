"""DOCX and XLSX, after a look at the archive that both are."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from typing import Any

import docx
from docx.table import Table
from docx.text.paragraph import Paragraph
from python_calamine import CalamineError, CalamineWorkbook

from evoai.kit.confined import Refused
from evoai.knowledge.parsing.blocks import Block, Parsed, clean, from_table

_ENTRIES = 1_000
_UNPACKED = 100_000_000
_RATIO = 100
_ROWS = 50_000
_HEADING = re.compile(r"Heading ([1-6])", re.I)
# As bytes in UTF-8 and in both orders of UTF-16.
_DTD = tuple("<!DOCTYPE".encode(kind) for kind in ("utf-8", "utf-16-le", "utf-16-be"))


def word(data: bytes) -> Parsed:
    check_archive(data, "word/document.xml")
    try:
        document = docx.Document(io.BytesIO(data))
    except (KeyError, ValueError, OSError, SyntaxError, AttributeError) as error:
        raise Refused("damaged") from error
    blocks: list[Block] = []
    for item in document.iter_inner_content():
        if isinstance(item, Table):
            blocks += from_table([_cells(row.cells) for row in item.rows])
        elif block := _paragraph(item):
            blocks.append(block)
    return Parsed(blocks=blocks, title=clean(document.core_properties.title or "") or None)


def _cells(cells: Iterable[Any]) -> list[str]:
    """The texts of a row, a cell that spans several columns once."""
    # A spanning cell comes once for each column, and only its element tells.
    return list({id(cell._tc): str(cell.text) for cell in cells}.values())


def _paragraph(paragraph: Paragraph) -> Block | None:
    text = clean(paragraph.text)
    if not text:
        return None
    style = (paragraph.style.name if paragraph.style is not None else "") or ""
    if style.lower() == "title":
        return Block(text.replace("\n", " "), 1)
    if found := _HEADING.match(style):
        return Block(text.replace("\n", " "), int(found[1]))
    runs = [run for run in paragraph.runs if run.text.strip()]
    # People make headings by bold letters alone.
    if runs and all(run.bold for run in runs) and len(text) <= 100 and text[-1] not in ".,;":
        return Block(text.replace("\n", " "), 3)
    return Block(f"- {text}" if "list" in style.lower() else text)


def sheet(data: bytes) -> Parsed:
    check_archive(data, "xl/workbook.xml")
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        blocks: list[Block] = []
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=True, nrows=_ROWS)
            found = from_table([[_shown(cell) for cell in row] for row in rows])
            if found:
                blocks += [Block(clean(name), 1), *found]
    except CalamineError as error:
        raise Refused("encrypted" if "password" in str(error).lower() else "damaged") from error
    return Parsed(blocks=blocks)


def _shown(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.10g}".replace(".", ",")
    return str(cell)


def check_archive(data: bytes, must_have: str) -> None:
    """Refuse what is no such archive, unpacks to too much, is encrypted, or holds a document type, by which XML takes
    in other files or grows without end."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            total = sum(entry.file_size for entry in entries)
            if len(entries) > _ENTRIES or total > _UNPACKED or total > _RATIO * max(len(data), 10_000):
                raise Refused("too-large-inside")
            if any(entry.flag_bits & 1 for entry in entries):
                raise Refused("encrypted")
            names = [entry.filename for entry in entries]
            if must_have not in names:
                raise Refused("damaged")
            if len(set(names)) != len(names):
                raise Refused("unsafe-file")
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")) and any(mark in archive.read(entry) for mark in _DTD):
                    raise Refused("unsafe-file")
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise Refused("damaged") from error
    except RuntimeError as error:
        raise Refused("encrypted") from error
