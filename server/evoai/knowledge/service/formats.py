"""What a file is: its first bytes and its name must say the same. The parser has the last word."""

from __future__ import annotations

from evoai.kit.errors import Invalid

MIME_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
}
_ENDINGS = {
    "pdf": "pdf",
    "docx": "docx",
    "xlsx": "xlsx",
    "txt": "txt",
    "text": "txt",
    "md": "md",
    "markdown": "md",
    "csv": "csv",
    "html": "html",
    "htm": "html",
    "xhtml": "html",
    "svg": "html",
}
_ZIP = b"PK\x03\x04"
_BINARY = (b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def kind_of(name: str, head: bytes) -> str:
    """The format to parse by. Raises `Invalid("unprocessable-file")`."""
    ending = name.rpartition(".")[2].lower()
    said = _ENDINGS.get(ending)
    if said is None:
        raise Invalid("unprocessable-file", f"PDF, DOCX, XLSX, TXT, MD, HTML and CSV are read; this is .{ending[:20]}")
    is_pdf = b"%PDF-" in head[:1024]
    is_zip = head.startswith(_ZIP)
    wrong = (
        (said == "pdf") != is_pdf
        or (said in ("docx", "xlsx")) != is_zip
        or head.startswith(_BINARY)
        or (said not in ("pdf", "docx", "xlsx") and _is_binary(head))
    )
    if wrong:
        raise Invalid("unprocessable-file", f"The file is not what its name says (.{ending})")
    # A page under another name is read as the page it is, so that its scripts are no text.
    if said == "txt" and head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "html"
    return said


def _is_binary(head: bytes) -> bool:
    if head.startswith(_UTF16) or 0 not in head:
        return False
    # UTF-16 without its mark has every other byte empty.
    return not 0.3 < head.count(0) / len(head) < 0.6
