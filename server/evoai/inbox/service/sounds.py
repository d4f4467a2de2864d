"""How long a sound is, as far as its bytes tell: transcribing costs by the second, and what a sender declares may be
wrong."""

from __future__ import annotations

_OPUS_PER_SECOND = 48_000
_LAST_PAGE = 70_000
"""An Ogg page is no longer than this."""
_FEWEST_BYTES = 2_000
"""A second of speech at the lowest rate that phones record with."""
_MOST_BYTES = 48_000
"""A second at the highest rate of what is compressed."""


def seconds_of(body: bytes, declared: int | None) -> float:
    """Of Opus and WAV, which voice notes are, exactly; of other formats what is declared, as far as their size allows
    it, or else rather too many."""
    found = _opus(body) if body[:4] == b"OggS" else _wav(body) if body[:4] == b"RIFF" else None
    if found is not None:
        return found
    return max(declared, len(body) / _MOST_BYTES) if declared else len(body) / _FEWEST_BYTES


def _opus(body: bytes) -> float | None:
    """The position of the last page counts samples since the beginning."""
    last = body.rfind(b"OggS", max(0, len(body) - _LAST_PAGE))
    if b"OpusHead" not in body[:100] or last < 0 or len(body) < last + 14:
        return None
    samples = int.from_bytes(body[last + 6 : last + 14], "little", signed=True)
    return samples / _OPUS_PER_SECOND if samples >= 0 else None


def _wav(body: bytes) -> float | None:
    per_second = int.from_bytes(body[28:32], "little")
    return max(0, len(body) - 44) / per_second if len(body) > 44 and per_second else None
