"""The process that looks at one picture and ends: `python -m evoai.inbox.pictures.child KIND`, the picture on its
standard input, a `Seen` on its standard output."""

from __future__ import annotations

import io
import sys
from typing import Any

from PIL import Image, JpegImagePlugin, WebPImagePlugin

from evoai.inbox.pictures.formats import bare
from evoai.inbox.pictures.seen import Seen
from evoai.kit.confined import answer, confine

_DRAFT = (512, 512)
"""A JPEG is read whole but unpacked to no more than about this, where only whether it can be read matters."""
# By Exif's orientation: what brings a picture upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def main(kind: str) -> None:
    confine()
    _warm(kind)
    answer(lambda data: _seen(kind, data))


def _warm(kind: str) -> None:
    """The library loads parts of itself once a picture needs them, which is too late later."""
    # Were it not loaded by name, all that it knows would be.
    assert WebPImagePlugin.SUPPORTED
    out = io.BytesIO()
    Image.new("RGB", (1, 1)).save(out, kind)
    _seen(kind, out.getvalue())
    if kind != "gif":
        _upright(kind, Image.open(out, formats=(kind,)), 3, out.getvalue())


def _seen(kind: str, data: bytes) -> Seen:
    """A picture that moves stays as it lies: no camera makes one that has to be turned."""
    found = bare(kind, data)
    picture = Image.open(io.BytesIO(found.body), formats=(kind,))
    turned = found.turn in _TURNS and found.frames == 1
    if not turned:
        picture.draft(None, _DRAFT)
    picture.load()
    body = _upright(kind, picture, found.turn, found.body) if turned else found.body
    return Seen(body=None if body == data else body)


def _upright(kind: str, picture: Image.Image, turn: int, data: bytes) -> bytes:
    """Encoded as it was before, as far as its format tells."""
    given: dict[str, Any] = {"icc_profile": picture.info.get("icc_profile")}
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        given["qtables"] = picture.quantization
        given["subsampling"] = JpegImagePlugin.get_sampling(picture)
        given["progressive"] = "progressive" in picture.info
    elif kind == "webp":
        given["lossless"] = b"VP8L" in data[:64]
        given["quality"] = 90
    out = io.BytesIO()
    picture.transpose(_TURNS[turn]).save(out, kind, **given)
    return out.getvalue()


if __name__ == "__main__":
    main(*sys.argv[1:])
