"""Contacts as lines of a CSV: what a file from a spreadsheet says, line by line, and how a line is written so that no
spreadsheet takes it for a formula. No query here."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from evoai.kit import phones
from evoai.kit.errors import FieldError, Invalid

MOST_LINES = 10_000
MOST_COLUMNS = 60
_LONGEST_NAME = 120
_LONGEST_TAG = 40
_LONGEST_FIELD = 1000
_NAMES = {
    "name": ("name", "nome", "contact", "contato", "full name", "nome completo"),
    "phone": ("phone", "telefone", "celular", "whatsapp", "fone", "mobile", "number", "numero", "número"),
    "tags": ("tags", "tag", "etiquetas", "etiqueta"),
}
_COLUMNS = {name: column for column, names in _NAMES.items() for name in names}
# Ours of an export, which are not a contact's own fields.
_SKIPPED = frozenset({"id", "username", "opted_out_at", "blocked_at", "created_at"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(slots=True)
class Line:
    number: int
    name: str = ""
    digits: str = ""
    tags: list[str] = field(default_factory=list[str])
    fields: dict[str, str] = field(default_factory=dict[str, str])
    error: tuple[str, str] | None = None
    """Code and detail of why the line is not taken."""


def read(raw: bytes) -> list[Line]:
    """Raises `Invalid` for a file that is no such table: no phones, too long, a quote that does not end."""
    text = _decoded(raw)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    lines: list[Line] = []
    seen: dict[str, int] = {}
    try:
        header = [cell.strip() for cell in next(reader, list[str]())]
        columns = _columns(header)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(lines) == MOST_LINES:
                raise _refused("/file", "length", f"At most {MOST_LINES} lines at once")
            line = _line(reader.line_num, header, columns, cells)
            if line.error is None:
                first = seen.setdefault(phones.canonical(line.digits), line.number)
                if first != line.number:
                    line.error = ("duplicate", f"Line {first} has this phone already")
            lines.append(line)
    except csv.Error as error:
        raise _refused(f"/file/lines/{reader.line_num}", "invalid", str(error)) from None
    return lines


def write(rows: Iterable[Iterable[str]]) -> str:
    """CSV as spreadsheets read it; what one would compute is marked as text."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([_safe(cell) for cell in row] for row in rows)
    return out.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _refused("/file", "text", "The file is not text")


def _delimiter(text: str) -> str:
    first = text.lstrip().split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _columns(header: list[str]) -> dict[str, int]:
    """Where name, phone and tags stand."""
    if len(header) > MOST_COLUMNS:
        raise _refused("/file/lines/1", "length", f"At most {MOST_COLUMNS} columns")
    found: dict[str, int] = {}
    for place, title in enumerate(header):
        column = _COLUMNS.get(title.casefold())
        if column is not None:
            found.setdefault(column, place)
    if "phone" not in found:
        raise _refused("/file/lines/1", "required", "The first line needs a column named phone")
    return found


def _line(number: int, header: list[str], columns: dict[str, int], cells: list[str]) -> Line:
    line = Line(number)
    if len(cells) > len(header):
        line.error = ("columns", f"{len(cells)} cells under {len(header)} titles")
        return line
    said = [_plain(cell) for cell in cells] + [""] * (len(header) - len(cells))
    line.name = said[columns["name"]] if "name" in columns else ""
    phone = said[columns["phone"]]
    digits = phones.typed(phone)
    tags = said[columns["tags"]] if "tags" in columns else ""
    line.tags = list(dict.fromkeys(_tags(tags)))
    line.fields = {
        title: cell
        for place, (title, cell) in enumerate(zip(header, said, strict=True))
        if cell and title and place not in columns.values() and title.casefold() not in _SKIPPED
    }
    if not phone:
        line.error = ("required", "No phone")
    elif digits is None:
        line.error = ("phone-format", f"Not a phone: {phone[:40]}")
    elif len(line.name) > _LONGEST_NAME:
        line.error = ("length", f"The name is longer than {_LONGEST_NAME} characters")
    elif len(line.tags) > 50 or any(len(tag) > _LONGEST_TAG for tag in line.tags):
        line.error = ("length", f"At most 50 tags of at most {_LONGEST_TAG} characters")
    elif any(len(cell) > _LONGEST_FIELD or len(title) > 60 for title, cell in line.fields.items()):
        line.error = ("length", f"A field is longer than {_LONGEST_FIELD} characters, or its title than 60")
    line.digits = digits or ""
    return line


def _plain(cell: str) -> str:
    """Without the mark that an export gives to what looks like a formula."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _tags(cell: str) -> Iterator[str]:
    for tag in cell.replace(";", ",").replace("|", ",").split(","):
        if tag.strip():
            yield tag.strip()


def _refused(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(errors=(FieldError(pointer, code, detail),))
