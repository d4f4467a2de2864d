"""Voice notes as browsers record them (Opus in WebM) into what every provider takes (Opus in Ogg): the sound itself
stays as it is, only its box changes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

# Elements that hold others: walked into, whatever size they claim, since a recorder does not know it when it begins.
_INTO = frozenset((0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE, 0xA0))
_CODEC, _CODEC_HEAD, _SIMPLE_BLOCK, _BLOCK = 0x86, 0x63A2, 0xA3, 0xA1
_LACED = 0x06
_RATE = 48_000
# Samples of one frame by the high five bits of a packet (RFC 6716, 3.1).
_SPEECH, _HYBRID, _MUSIC = (480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960)
_FRAMES = (*_SPEECH * 3, *_HYBRID * 2, *_MUSIC * 4)
_FIRST, _LAST = 2, 4
_PAGE_SEGMENTS = 255
_PAGE_SAMPLES = _RATE
_SERIAL = 1
_TAGS = b"OpusTags" + struct.pack("<I", 5) + b"evoai" + struct.pack("<I", 0)
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def as_ogg(data: bytes) -> tuple[bytes, int] | None:
    """The recording in Ogg and its length in whole seconds; None for one that is not Opus in WebM."""
    try:
        head, packets = _opened(data)
        durations = [samples_of(packet) for packet in packets]
    except (IndexError, struct.error, ValueError):
        return None
    if not packets:
        return None
    pages = [_page(_FIRST, 0, 0, [head]), _page(0, 0, 1, [_TAGS])]
    held: list[bytes] = []
    segments = since = at = 0
    for number, (packet, samples) in enumerate(zip(packets, durations, strict=True), 1):
        if held and (segments + len(packet) // 255 + 1 > _PAGE_SEGMENTS or since >= _PAGE_SAMPLES):
            pages.append(_page(0, at, len(pages), held))
            held, segments, since = [], 0, 0
        held.append(packet)
        segments += len(packet) // 255 + 1
        since += samples
        at += samples
        if number == len(packets):
            pages.append(_page(_LAST, at, len(pages), held))
    return b"".join(pages), max(1, round(at / _RATE))


def _opened(data: bytes) -> tuple[bytes, list[bytes]]:
    """The decoder's head and the packets. Raises `ValueError` for what is no single track of Opus."""
    head, packets = None, list[bytes]()
    for name, body in _elements(data):
        if name == _CODEC and body != b"A_OPUS":
            raise ValueError("not Opus")
        if name == _CODEC_HEAD:
            head = body
        elif name in (_SIMPLE_BLOCK, _BLOCK):
            _, size = _number(body, 0)
            if body[size + 2] & _LACED or len(body) - size - 3 > _PAGE_SEGMENTS * 254:
                raise ValueError("laced, or no sound")
            packets.append(body[size + 3 :])
    if head is None or not head.startswith(b"OpusHead"):
        raise ValueError("no head")
    return head, packets


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each element that holds no others. One that was cut off at the end of the file is left out."""
    at = 0
    while at < len(data):
        name, length = _number(data, at, marked=True)
        at += length
        size, length = _number(data, at)
        at += length
        if name in _INTO:
            continue
        if at + size > len(data):
            return
        yield name, data[at : at + size]
        at += size


def _number(data: bytes, at: int, *, marked: bool = False) -> tuple[int, int]:
    """A number of variable length (RFC 8794, 4) and how many bytes it takes; an id keeps its marker."""
    length = 9 - data[at].bit_length()
    if length > 8:
        raise ValueError("no number")
    value = int.from_bytes(data[at : at + length])
    return (value if marked else value & ~(1 << (7 * length))), length


def samples_of(packet: bytes) -> int:
    """How long a packet of Opus sounds, in samples at 48 kHz. Raises `IndexError` for one that is cut off."""
    frame = _FRAMES[packet[0] >> 3]
    code = packet[0] & 3
    return frame * (packet[1] & 63 if code == 3 else 2 if code else 1)


def _page(kind: int, at: int, number: int, packets: list[bytes]) -> bytes:
    """One page (RFC 3533, 6) of whole packets; `at` is the sample that it ends with."""
    table = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    head = struct.pack("<4sBBqIII", b"OggS", 0, kind, at, _SERIAL, number, 0) + bytes([len(table)]) + table
    body = b"".join(packets)
    # Ogg's checksum is zlib's with the bits the other way round, and without its inversions.
    mirrored = zlib.crc32((head + body).translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    checksum = int(f"{mirrored:032b}"[::-1], 2)
    return head[:22] + struct.pack("<I", checksum) + head[26:] + body
