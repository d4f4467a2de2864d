"""What a file is by its first bytes, and what is taken under which name."""

from __future__ import annotations

import pytest

from evoai.inbox.service import files
from evoai.kit.errors import Invalid

WEBM = b"\x1aE\xdf\xa3\x01\x00"
MP4 = b"\0\0\0\x18ftypisom"


@pytest.mark.parametrize(
    ("head", "mime_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"OggS\0\2", "audio/ogg"),
        (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"\0\0\0\x1cftypM4A ", "audio/mp4"),
        (b"\0\0\0\x14ftyp3gp4", "video/3gpp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (MP4, "video/mp4"),
        (WEBM, "video/webm"),
        (b"%PDF-1.7", "application/pdf"),
        (b"bom dia", None),
        (b"", None),
    ],
)
def test_types_by_their_first_bytes(head: bytes, mime_type: str | None) -> None:
    assert files.type_of(head) == mime_type


@pytest.mark.parametrize(
    ("name", "head", "flags", "kind", "mime_type"),
    [
        ("voz.webm", WEBM, {"voice": True}, "audio", "audio/webm"),
        ("voz.m4a", MP4, {"voice": True}, "audio", "audio/mp4"),
        ("tela.webm", WEBM, {}, "document", "video/webm"),
        ("filme.mp4", MP4, {}, "video", "video/mp4"),
        ("foto.heic", b"\0\0\0\x18ftypheic", {}, "document", "image/heic"),
        ("foto.png", b"\xff\xd8\xff\xe0", {}, "image", "image/jpeg"),
        ("notas", b"oi", {}, "document", "application/octet-stream"),
        ("tabela.csv", b"a;b", {}, "document", "text/csv"),
        ("figura.webp", b"RIFF\0\0\0\0WEBP", {"sticker": True}, "sticker", "image/webp"),
    ],
)
def test_what_an_upload_is_sent_as(name: str, head: bytes, flags: dict[str, bool], kind: str, mime_type: str) -> None:
    found = files.uploaded(name, head, **({"voice": False, "sticker": False} | flags))
    assert found == files.Found(kind, mime_type, name)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a.exe", "a.JS", "a.svg", "x.html", "b.apk"])
def test_what_would_run_is_not_taken(name: str) -> None:
    assert files.uploaded(name, b"x", voice=False, sticker=False) is None


@pytest.mark.parametrize(
    ("name", "head"), [("a.pdf", b"MZ"), ("a.jpg", b"<svg>"), ("a.mp3", b"#!/bin/sh"), ("sem-nome", b"\x7fELF")]
)
def test_what_is_not_what_its_name_says_is_refused(name: str, head: bytes) -> None:
    with pytest.raises(Invalid, match="unprocessable-file"):
        files.uploaded(name, head, voice=False, sticker=False)


def test_a_contacts_file_has_to_be_what_its_message_says() -> None:
    assert files.received("image", "image/jpeg", None, b"%PDF-1.7") is None
    assert files.received("audio", "audio/ogg", None, b"<html>") is None
    assert files.received("audio", "audio/ogg; codecs=opus", None, b"OggS") == files.Found(
        "audio", "audio/ogg", "audio.ogg"
    )
    document = files.received("document", "application/zip", "notas.zip", b"PK\3\4")
    assert document == files.Found("document", "application/zip", "notas.zip")
