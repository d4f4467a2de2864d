"""How long a sound is, as far as its bytes tell: transcribing costs by the second, and what a sender declares may be
wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator

from evoai.inbox.service.voice import samples_of

SHORTEST = 0.1
"""Seconds; nobody hears anything in less, and models refuse it."""
_OPUS_PER_SECOND = 48_000
_LEAST_SAMPLES = 120
"""Of a packet of Opus, were it empty."""
_HEADS = (b"OpusHead", b"OpusTags")
_OTHER_OGG = (b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
_FEWEST_BYTES = 2_000
"""A second of speech at the lowest rate that phones record with."""
_MOST_BYTES = 48_000
"""A second at the highest rate of what is compressed."""


def seconds_of(body: bytes, declared: int | None, most: float = math.inf) -> float:
    """Of Opus and WAV, which voice notes are, exactly, and 0 where nothing in them can be heard; of other formats what
    is declared, as far as their size allows it, or else rather too many. Counting ends soon after `most`."""
    if body.startswith(b"OggS") and not any(name in body[:100] for name in _OTHER_OGG):
        return _opus(body, most)
    if body.startswith(b"RIFF"):
        return _wav(body)
    return max(declared, len(body) / _MOST_BYTES) if declared else len(body) / _FEWEST_BYTES


def _opus(body: bytes, most: float) -> float:
    """The position of a page counts samples since the beginning, and may lie: the packets are counted too."""
    if b"OpusHead" not in body[:100]:
        return 0.0
    counted = told = 0
    for position, packets in _pages(body):
        for packet in packets:
            counted += _LEAST_SAMPLES if len(packet) < 2 else max(samples_of(packet), _LEAST_SAMPLES)
        told = max(told, position)
        if max(told, counted) > most * _OPUS_PER_SECOND:
            break
    return max(told, counted) / _OPUS_PER_SECOND if counted else 0.0


def _pages(body: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Of each whole page (RFC 3533, 6) the position, and the beginnings of the packets that begin in it, heads left
    out."""
    at = 0
    while body[at : at + 4] == b"OggS" and len(body) >= at + 27:
        table = body[at + 27 : at + 27 + body[at + 26]]
        start = at + 27 + body[at + 26]
        following = start + sum(table)
        if following > len(body):
            return
        packets: list[bytes] = []
        begins = not body[at + 5] & 1
        for size in table:
            if begins and body[start : start + 8] not in _HEADS:
                packets.append(body[start : start + min(size, 2)])
            start += size
            begins = size < 255
        yield int.from_bytes(body[at + 6 : at + 14], "little", signed=True), packets
        at = following


def _wav(body: bytes) -> float:
    per_second, at = 0, 12
    while len(body) >= at + 8:
        name, length = body[at : at + 4], int.from_bytes(body[at + 4 : at + 8], "little")
        at += 8
        if name == b"fmt ":
            per_second = int.from_bytes(body[at + 8 : at + 12], "little")
        elif name == b"data":
            # Who writes while it sounds does not know yet how long it will be.
            there = len(body) - at
            return (min(length, there) or there) / per_second if per_second else 0.0
        at += length + length % 2
    return 0.0
