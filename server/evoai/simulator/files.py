"""Files of the simulated world: made where a message needs one, kept by the message's id. Each carries its words inside
(a comment, a text), where the scripted model finds them again."""

from __future__ import annotations

import base64
import math
import struct
from collections import OrderedDict
from dataclasses import dataclass
from random import Random
from typing import Any

KEPT = 300
MARK = b"evoai-words:"
END = b":words-evoai"
MIME_TYPES = {
    "image": "image/jpeg",
    "audio": "audio/ogg; codecs=opus",
    "video": "video/mp4",
    "document": "application/pdf",
    "sticker": "image/webp",
}
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_STICKER = base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")


@dataclass(frozen=True, slots=True)
class File:
    body: bytes
    mime_type: str
    name: str | None = None


class Files:
    """The newest files, by the id of their message; the oldest fall out, as expired ones do."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, File] = OrderedDict()

    def keep(self, message_id: str, file: File) -> None:
        self._kept[message_id] = file
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def get(self, message_id: str) -> File | None:
        return self._kept.get(message_id)

    def drop(self, message_id: str) -> None:
        self._kept.pop(message_id, None)


def given(kind: str, options: dict[str, Any], random: Random) -> File:
    """The file that came as base64 in `data`, or one that is made. Raises `ValueError` for broken base64."""
    name = options.get("file_name") or ("documento.pdf" if kind == "document" else None)
    words = str(options.get("words") or options.get("text") or "")
    mime_type = str(options.get("mimetype") or MIME_TYPES[kind])
    if data := options.get("data"):
        return File(base64.b64decode(str(data), validate=True), mime_type, name)
    if kind == "image":
        return File(picture(words, random), mime_type, name)
    if kind == "audio":
        return File(tone(words, float(options.get("seconds") or 2)), mime_type, name)
    if kind == "document":
        return File(page(words or "Documento"), mime_type, name)
    if kind == "sticker":
        return File(_STICKER, mime_type, name)
    return File(box(b"ftyp", b"isom\0\0\0\1isom") + box(b"free", marked(words)), mime_type, name)


def marked(words: str) -> bytes:
    return MARK + words.encode() + END


def words_in(body: bytes) -> str:
    """What `marked` put into a file; '' for a file of somebody else's."""
    return body.partition(MARK)[2].partition(END)[0].decode("utf-8", "replace")


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def tone(words: str, seconds: float) -> bytes:
    """A soft tone as WAV: nothing here can make Opus, and what is told by the first bytes counts."""
    rate = 8000
    count = int(rate * min(max(seconds, 0.5), 60))
    sound = bytes(128 + int(24 * math.sin(i * 2 * math.pi * 330 / rate)) for i in range(count))
    text = marked(words)
    text += b"\0" * (len(text) % 2)
    info = b"INFO" + b"ICMT" + struct.pack("<I", len(text)) + text
    chunks = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate, 1, 8)
    chunks += b"LIST" + struct.pack("<I", len(info)) + info
    chunks += b"data" + struct.pack("<I", count) + sound + b"\0" * (count % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def page(words: str) -> bytes:
    """A PDF of one page with these lines."""
    lines = [line.encode("cp1252", "replace") for line in words.splitlines()] or [b""]
    escaped = [line.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") for line in lines]
    drawn = b"BT /F1 14 Tf 60 780 Td 18 TL " + b" ".join(b"(" + line + b") Tj T*" for line in escaped) + b" ET"
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    out, places = b"%PDF-1.4\n", list[int]()
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, part)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start


_DC_BITS = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0))
_COLUMNS, _ROWS = 20, 15


def picture(words: str, random: Random) -> bytes:
    """Coloured squares of 8 × 8 pixels, which is what a JPEG without detail is made of."""
    codes = _dc_codes()
    bits: list[str] = []
    tint = [random.uniform(-60, 60) for _ in range(3)]
    before = [0, 0, 0]
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            light = 60 * math.sin((row + tint[0] / 10) / 4) + 3 * column - 20
            for part, value in enumerate((light, tint[1], tint[2])):
                level = max(-127, min(127, round(value)))
                bits += (_coded(level - before[part], codes), "0")
                before[part] = level
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    scan = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")
    size = struct.pack(">HH", _ROWS * 8, _COLUMNS * 8)
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            _segment(0xFE, marked(words)),
            _segment(0xDB, b"\0" + b"\x08" * 64),
            _segment(0xC0, b"\x08" + size + b"\3\1\x11\0\2\x11\0\3\x11\0"),
            _segment(0xC4, b"\0" + _DC_BITS + bytes(range(12))),
            # The only word of detail is that there is none.
            _segment(0xC4, b"\x10" + b"\1" + b"\0" * 15 + b"\0"),
            _segment(0xDA, b"\3\1\0\2\0\3\0\0\x3f\0"),
            scan,
            b"\xff\xd9",
        )
    )


def _segment(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body


def _dc_codes() -> list[str]:
    codes: list[str] = []
    code = 0
    for length, count in enumerate(_DC_BITS, 1):
        for _ in range(count):
            codes.append(f"{code:0{length}b}")
            code += 1
        code <<= 1
    return codes


def _coded(step: int, codes: list[str]) -> str:
    size = abs(step).bit_length()
    value = step if step > 0 else step + (1 << size) - 1
    return codes[size] + (f"{value:0{size}b}" if size else "")
