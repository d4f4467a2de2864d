"""What a message's file is: its kind and type by its first bytes, how large it may be, and what of it is kept."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass

from evoai.channels.adapters.incoming import MediaKind
from evoai.kit.errors import Invalid

_MB = 1024 * 1024
LIMITS: dict[MediaKind, int] = {
    "image": 16 * _MB,
    "audio": 16 * _MB,
    "video": 64 * _MB,
    "document": 64 * _MB,
    "sticker": 1 * _MB,
}
LARGEST = max(LIMITS.values())
BINARY = "application/octet-stream"

_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/heic": "heic",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "audio/wav": "wav",
    "audio/webm": "webm",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "video/webm": "webm",
    "application/pdf": "pdf",
}
_PREFIXES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"#!AMR", "audio/amr"),
    (b"%PDF-", "application/pdf"),
)
# Programs, and what a browser would run: never taken, under whatever name.
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"#!/")
# fmt: off
_RUN_BY_NAME = frozenset((
    "exe", "com", "bat", "cmd", "msi", "scr", "ps1", "vbs", "js", "mjs", "jar", "apk", "sh", "bash",
    "html", "htm", "xhtml", "svg", "xml", "hta", "lnk", "dll", "so", "dmg", "iso",
))
# fmt: on


@dataclass(frozen=True, slots=True)
class Found:
    kind: MediaKind
    mime_type: str
    name: str


def type_of(head: bytes) -> str | None:
    """The type that the first bytes show; None for what they do not tell."""
    for prefix, mime_type in _PREFIXES:
        if head.startswith(prefix):
            return mime_type
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in (b"heic", b"heix", b"mif1", b"msf1", b"avif"):
            return "image/heic"
        return "audio/mp4" if brand in (b"M4A ", b"M4B ") else "video/3gpp" if brand[:3] == b"3gp" else "video/mp4"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        # Both begin with twelve set bits; the layer, which only MPEG audio has, tells them apart.
        return "audio/aac" if head[1] & 0x06 == 0 else "audio/mpeg"
    return None


def is_program(head: bytes) -> bool:
    return head.startswith(_PROGRAMS)


def uploaded(name: str, head: bytes, *, voice: bool, sticker: bool) -> Found | None:
    """What a member's file is sent as; None for a type that is not taken at all. Raises
    `Invalid("unprocessable-file")` for one that is not what its name says."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    shown, said = type_of(head), _type_of_name(name)
    if is_program(head) and ending not in _RUN_BY_NAME:
        raise Invalid("unprocessable-file", f"The file is not what its name says (.{ending[:20]})")
    if ending in _RUN_BY_NAME:
        return None
    if said is not None and _family(said) in ("image", "audio", "video", "pdf") and shown is None:
        raise Invalid("unprocessable-file", f"The file is not what its name says (.{ending[:20]})")
    mime_type = shown or said or BINARY
    if voice and mime_type in ("video/webm", "video/mp4"):
        # A recording of sound alone, in a box that films come in too.
        mime_type = mime_type.replace("video", "audio")
    if voice and not mime_type.startswith("audio/"):
        raise Invalid("unprocessable-file", "A voice note is an audio file")
    if sticker and mime_type != "image/webp":
        raise Invalid("unprocessable-file", "A sticker is a WebP picture")
    return Found("sticker" if sticker else kind_of(mime_type), mime_type, name)


def received(kind: MediaKind, declared: str | None, name: str | None, head: bytes) -> Found | None:
    """What a contact's file is, if it is what its message says; None if it is something else."""
    shown = type_of(head)
    if kind == "document":
        declared_type = plain(declared) or (name and _type_of_name(name)) or BINARY
        # A name for people; nothing is ever run by it, for files are only given out as downloads.
        return Found(kind, shown or declared_type, name or f"documento.{ending_of(shown or declared_type)}")
    allowed = {"sticker": "image", "image": "image", "audio": "audio", "video": "video"}[kind]
    family = _family(shown) if shown else None
    if kind == "audio" and shown in ("video/mp4", "video/webm", "video/3gpp"):
        family, shown = "audio", shown.replace("video", "audio")
    if shown is None or family != allowed:
        return None
    return Found(kind, shown, name or f"{_NAMES[kind]}.{ending_of(shown)}")


_NAMES = {"image": "foto", "audio": "audio", "video": "video", "sticker": "figurinha"}


def kind_of(mime_type: str) -> MediaKind:
    """What a file of this type is sent as."""
    if mime_type in ("image/jpeg", "image/png", "image/webp"):
        return "image"
    if mime_type in ("video/mp4", "video/3gpp"):
        return "video"
    return "audio" if mime_type.startswith("audio/") else "document"


def plain(mime_type: str | None) -> str | None:
    """Without parameters, in lower case; None for what is no type."""
    found = (mime_type or "").partition(";")[0].strip().lower()
    return found if found.count("/") == 1 and len(found) <= 100 and found.isascii() and " " not in found else None


def ending_of(mime_type: str) -> str:
    return _ENDINGS.get(mime_type) or (mimetypes.guess_extension(mime_type) or ".bin")[1:]


def _family(mime_type: str) -> str:
    return "pdf" if mime_type == "application/pdf" else mime_type.partition("/")[0]


def _type_of_name(name: str) -> str | None:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    ours = next((mime_type for mime_type, known in _ENDINGS.items() if known == ending), None)
    return ours or mimetypes.guess_type(f"file.{ending}")[0]
