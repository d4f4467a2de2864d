"""Pictures made here: as cameras make them, with what they tell of place and maker, and hostile ones."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageDraw, PngImagePlugin

SECRET = "Casa da Ana"
WIDE, HIGH = 120, 80
_CORNER = 32
RED = (220, 30, 30)
ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>{SECRET}</a></x:xmpmeta>'.encode()
_PLACE: dict[int, Any] = {1: "S", 2: (23.0, 33.0, 10.0), 3: "W", 4: (46.0, 39.0, 20.0), 29: SECRET}


def photo(kind: str, turn: int | None = None, **more: Any) -> bytes:
    """A red corner at the upper left, as the sensor saw it; with `turn`, Exif that tells how it was held, who made the
    camera, and where."""
    image = Image.new("RGB", (WIDE, HIGH), (240, 240, 240))
    ImageDraw.Draw(image).rectangle((0, 0, _CORNER - 1, _CORNER - 1), fill=RED)
    if turn is not None:
        exif = Image.Exif()
        exif[ORIENTATION], exif[MAKER] = turn, SECRET
        exif.get_ifd(GPS).update(_PLACE)
        more |= {"exif": exif, "xmp": XMP} if kind != "png" else {"exif": exif, "pnginfo": _words()}
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def _words() -> PngImagePlugin.PngInfo:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", SECRET)
    words.add_text("Comment", SECRET, zip=True)
    words.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return words


def seen(body: bytes) -> tuple[tuple[int, int], str, dict[int, Any]]:
    """Its size, where its red corner is, and what its Exif says."""
    image = Image.open(io.BytesIO(body))
    exif = image.getexif()
    told = dict(exif) | dict(exif.get_ifd(GPS))
    drawn = image.convert("RGB")
    wide, high = drawn.size
    places = {
        "upper left": (8, 8),
        "upper right": (wide - 8, 8),
        "lower left": (8, high - 8),
        "lower right": (wide - 8, high - 8),
    }
    red = [name for name, place in places.items() if _near(drawn.getpixel(place))]
    assert len(red) == 1, red
    return drawn.size, red[0], told


def _near(pixel: Any) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(pixel, RED, strict=True))


def film(kind: str, frames: int, **more: Any) -> bytes:
    """Small squares that change their colour."""
    first, *rest = (Image.new("RGB", (8, 8), (number % 256, number // 256, 99)) for number in range(frames))
    out = io.BytesIO()
    first.save(out, kind, save_all=True, append_images=rest, duration=20, loop=0, **more)
    return out.getvalue()


def gif_of(frames: int) -> bytes:
    """One dot again and again, which no library would write."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes((0, 0, 0, 255, 255, 255))
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b"\x3b"


def png_of(wide: int, high: int) -> bytes:
    """Black dots, one bit each: some hundred bytes a megapixel."""
    packer = zlib.compressobj(9)
    line = bytes(1 + (wide + 7) // 8)
    packed = b"".join(packer.compress(line * 500) for _ in range(high // 500)) + packer.flush()
    head = struct.pack(">IIBBBBB", wide, high, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    )


def says_it_is(jpeg: bytes, wide: int, high: int) -> bytes:
    """The same JPEG with another size in its head."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", high, wide) + jpeg[at + 4 :]
