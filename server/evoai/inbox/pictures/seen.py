"""What the sandboxed child tells of a picture."""

from __future__ import annotations

from evoai.kit.confined import Made


class Seen(Made, frozen=True, omit_defaults=True):
    """`body` is the picture without metadata and upright; None where it came so."""

    body: bytes | None = None
