"""A page of a PDF as a picture, by pdfium; imported by the sandboxed child alone."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from evoai.knowledge.parsing.blocks import Picture
from evoai.knowledge.parsing.pdf import opened

_WIDTH, _HEIGHT = 1000, 2000
"""Pixels at most; a screen's width is enough to read by."""


def page(data: bytes, number: int) -> Picture:
    pdf = opened(data)
    if not 1 <= number <= len(pdf):
        return Picture(pages=len(pdf))
    drawn: Any = pdf[number - 1]
    width, height = drawn.get_size()
    scale = min(_WIDTH / max(width, 1), _HEIGHT / max(height, 1))
    return Picture(_png(drawn.render(scale=scale, rev_byteorder=True)), len(pdf))


def _png(bitmap: Any) -> bytes:
    colours = {1: 0, 3: 2, 4: 6}
    wide = bitmap.width * bitmap.n_channels
    raw = bytes(bitmap.buffer)
    # Each line begins with its filter: none.
    lines = b"".join(b"\0" + raw[at : at + wide] for at in range(0, bitmap.stride * bitmap.height, bitmap.stride))
    head = struct.pack(">IIBBBBB", bitmap.width, bitmap.height, 8, colours[bitmap.n_channels], 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
