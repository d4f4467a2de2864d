"""What JPEG, PNG, GIF and WebP files are made of: how large their picture says it is, which way up it belongs, and the
file without what a camera or a program wrote beside the picture. Nothing is unpacked here."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import NamedTuple

from evoai.kit.confined import Refused

PIXELS = 64_000_000
"""What phones take is less."""
FRAMES = 500


class Bare(NamedTuple):
    """`turn` is Exif's orientation, 1 for upright; `body` the file without its metadata."""

    frames: int
    turn: int
    body: bytes


def bare(kind: str, data: bytes) -> Bare:
    """`kind` is 'jpeg', 'png', 'gif' or 'webp'. Raises `Refused`; a file that ends too early also raises `IndexError`
    or `struct.error`."""
    return _WALKS[kind](data)


def _bounded(width: int, height: int, frames: int = 1) -> None:
    if width * height > PIXELS or frames > FRAMES:
        raise Refused("too-large-inside")
    if not width or not height:
        raise Refused("damaged")


# Any marker but the filler of compressed data and the restarts within it.
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_SCAN, _END = 0xDA, 0xD9
_FRAME_HEADS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEGMENTS = range(0xE0, 0xF0)
# Of the segments that programs have for themselves, those by which a decoder knows the colours.
_COLOURS = ((0xE0, b"JFIF\0"), (0xE2, b"ICC_PROFILE\0"), (0xEE, b"Adobe"))


def _jpeg(data: bytes) -> Bare:
    """What follows the end (a film, further pictures with metadata of their own) is left out."""
    parts, turn, at, in_scan = [data[:2]], None, 2, False
    while found := _MARKER.search(data, at):
        if in_scan:
            parts.append(data[at : found.start()])
        kind, at, in_scan = found[1][0], found.end(), False
        if kind == _END:
            parts.append(data[found.start() : at])
            return Bare(1, turn or 1, b"".join(parts))
        start, length = at, int.from_bytes(data[at : at + 2])
        at += length
        if length < 2 or at > len(data):
            break
        body = data[start + 2 : at]
        if kind in _FRAME_HEADS:
            height, width = struct.unpack_from(">HH", body, 1)
            _bounded(width, height)
        if kind == 0xE1 and turn is None and body.startswith(b"Exif\0"):
            turn = _turn(body[6:])
        if kind not in _SEGMENTS or any(kind == own and body.startswith(name) for own, name in _COLOURS):
            parts.append(data[found.start() : at])
        in_scan = kind == _SCAN
    raise Refused("damaged")


# fmt: off
_PNG_KEPT = frozenset((
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV", b"cLLI",
    b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT",
))
# fmt: on


def _png(data: bytes) -> Bare:
    parts, frames, turn, at = [data[:8]], 0, 1, 8
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if name == b"IHDR" or name == b"fcTL":
            # A frame's size follows its number.
            frames += name == b"fcTL"
            _bounded(*struct.unpack_from(">II", body, 0 if name == b"IHDR" else 4), frames)
        elif name == b"eXIf":
            turn = _turn(body)
        end = at + 12 + length
        if name in _PNG_KEPT:
            parts.append(data[at:end])
        if end > len(data):
            raise Refused("damaged")
        if name == b"IEND":
            return Bare(max(frames, 1), turn, b"".join(parts))
        at = end


_GIF_DRAWN = frozenset((0x01, 0xF9))
_GIF_PROGRAMS = frozenset((b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"))
_EXTENSION, _IMAGE, _TRAILER, _PROGRAM = 0x21, 0x2C, 0x3B, 0xFF


def _gif(data: bytes) -> Bare:
    _bounded(*struct.unpack_from("<HH", data, 6))
    at = 13 + _palette(data[10])
    parts, frames = [data[:at]], 0
    while data[at] != _TRAILER:
        start = at
        if data[at] == _IMAGE:
            left, top, width, height, flags = struct.unpack_from("<HHHHB", data, at + 1)
            frames += 1
            _bounded(left + width, top + height, frames)
            at += 11 + _palette(flags)
            kept = True
        elif data[at] == _EXTENSION:
            what = data[at + 1]
            kept = what in _GIF_DRAWN or (what == _PROGRAM and data[at + 3 : at + 14] in _GIF_PROGRAMS)
            at += 2
        else:
            raise Refused("damaged")
        while size := data[at]:
            at += size + 1
        at += 1
        if kept:
            parts.append(data[start:at])
    return Bare(frames, 1, b"".join((*parts, data[at : at + 1])))


def _palette(flags: int) -> int:
    """Bytes of the table of colours that may follow."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


_WEBP_KEPT = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_WEBP_METADATA = 0x0C


def _webp(data: bytes) -> Bare:
    parts, frames, turn, at = list[bytes](), 0, 1, 12
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Refused("damaged")
    while at < end:
        name, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + length]
        following = at + 8 + length + length % 2
        frames += name == b"ANMF"
        _bounded(*_webp_size(name, body), frames)
        if name == b"EXIF":
            turn = _turn(body.removeprefix(b"Exif\0\0"))
        if name == b"VP8X":
            # Its first byte tells which chunks follow.
            parts.append(data[at : at + 8] + bytes([body[0] & ~_WEBP_METADATA]) + data[at + 9 : following])
        elif name in _WEBP_KEPT:
            parts.append(data[at:following])
        at = following
    body = b"".join(parts)
    return Bare(max(frames, 1), turn, b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body)


def _webp_size(name: bytes, body: bytes) -> tuple[int, int]:
    """As a chunk says it; one pixel of those that say nothing."""
    if name in (b"VP8X", b"ANMF"):
        at = 4 if name == b"VP8X" else 6
        return int.from_bytes(body[at : at + 3], "little") + 1, int.from_bytes(body[at + 3 : at + 6], "little") + 1
    if name == b"VP8 ":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if name == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return 1, 1


def _turn(exif: bytes) -> int:
    """The orientation that the first directory of Exif tells; 1 where it tells none that there is."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, entry)
            if tag == 0x0112 and kind == 3:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


_WALKS: dict[str, Callable[[bytes], Bare]] = {"jpeg": _jpeg, "png": _png, "gif": _gif, "webp": _webp}
