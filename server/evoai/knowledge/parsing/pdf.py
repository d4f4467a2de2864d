"""PDF, by pdfium. Headings are told by the size of their letters, since the format knows none."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pypdfium2
import pypdfium2.raw as raw

from evoai.kit.confined import Refused
from evoai.knowledge.parsing.blocks import MAX_PAGES, Block, Parsed, clean, from_text

_LETTERS_A_PAGE = 4
"""Fewer on average, and what people see are pictures of text."""
_HEADING = 1.15
"""How much larger than most letters those of a heading are."""


def opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        # pypdfium2 tells the cause in words and, in newer versions, as a number.
        locked = getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD or "password" in str(error).lower()
        raise Refused("encrypted" if locked else "damaged") from None


def document(data: bytes) -> Parsed:
    pdf = opened(data)
    count = len(pdf)
    if count > MAX_PAGES:
        raise Refused("too-many-pages")
    pages = [_lines(pdf, number) for number in range(count)]
    letters = sum(len(text.replace(" ", "")) for lines in pages for text, _ in lines)
    if letters < _LETTERS_A_PAGE * max(count, 1):
        raise Refused("needs-ocr")
    repeated = _repeated(pages)
    sizes = Counter[float]()
    for lines in pages:
        for text, size in lines:
            sizes[size] += len(text)
    usual = max(sizes, key=lambda size: sizes[size])
    blocks: list[Block] = []
    for number, lines in enumerate(pages, 1):
        blocks += _page([(text, size) for text, size in lines if _key(text) not in repeated], number, usual)
    title = pdf.get_metadata_dict().get("Title", "")
    return Parsed(blocks=blocks, title=clean(title) or None, pages=count)


def _lines(pdf: pypdfium2.PdfDocument, number: int) -> list[tuple[str, float]]:
    """The lines of one page with the size of their letters in points, empty lines among them."""
    try:
        page = pdf[number]
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return []
    handle: Any = text_page.raw
    text = text_page.get_text_range()
    lines: list[tuple[str, float]] = []
    at = 0
    for line in text.split("\n"):
        first = at + (len(line) - len(line.lstrip()))
        size = round(raw.FPDFText_GetFontSize(handle, min(first, max(len(text) - 1, 0))), 1) if line.strip() else 0.0
        lines.append((line.strip(), size))
        at += len(line) + 1
    text_page.close()
    page.close()
    return lines


def _key(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def _repeated(pages: list[list[tuple[str, float]]]) -> set[str]:
    """Headers and footers: the first and last lines that most pages share."""
    if len(pages) < 4:
        return set()
    seen = Counter[str]()
    for lines in pages:
        texts = [_key(text) for text, _ in lines if text]
        seen.update({*texts[:2], *texts[-2:]})
    return {text for text, times in seen.items() if times > len(pages) * 0.6 and len(text) < 120}


def _page(lines: list[tuple[str, float]], number: int, usual: float) -> list[Block]:
    blocks: list[Block] = []
    waiting: list[str] = []

    def flush() -> None:
        blocks.extend(from_text("\n".join(waiting), number))
        waiting.clear()

    for text, size in lines:
        if text and size >= usual * _HEADING and len(text) <= 120:
            flush()
            heading = clean(text).replace("\n", " ")
            if blocks and blocks[-1].level and not waiting and blocks[-1].level == _level(size, usual):
                # A heading over two lines.
                blocks[-1] = Block(f"{blocks[-1].text} {heading}", blocks[-1].level, number)
            elif heading:
                blocks.append(Block(heading, _level(size, usual), number))
        else:
            waiting.append(text)
    flush()
    return blocks


def _level(size: float, usual: float) -> int:
    return 1 if size >= usual * 1.6 else 2 if size >= usual * 1.3 else 3
