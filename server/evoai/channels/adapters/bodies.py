"""Webhook bodies at the door, whichever provider sent them: cleaned of secrets and of what PostgreSQL cannot store."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

import msgspec

from evoai.channels.adapters.incoming import Envelope, Unreadable
from evoai.channels.adapters.loose import Json

_SECRET_TEXT = re.compile(
    r'("(?:apikey|api_key|openai_apikey|token|admintoken|jwt_key|authorization|x-hook-token|destination)"\s*:\s*")'
    r'[^"]*',
    re.I,
)
_SECRET_LENGTH = 16
_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_ESCAPE = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"  # a whole pair stays
    rb"|\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|(\\.)",  # any other escape is passed over whole, so that `\\u0000` (a backslash, then text) stays
    re.DOTALL,
)
_REPLACEMENT = "\ufffd".encode()
_KEPT_OF_UNREADABLE = 65_536
_LONGEST_ID = 80

_encode = msgspec.json.Encoder().encode


def storable(raw: bytes) -> bytes:
    """The same text without NUL, lone surrogates and broken UTF-8: each becomes U+FFFD."""
    if not raw.isascii():
        try:
            raw.decode()
        except UnicodeDecodeError:
            raw = raw.decode("utf-8", "replace").encode()
    if b"\0" in raw:
        raw = raw.replace(b"\0", _REPLACEMENT)
    if _UNSTORABLE.search(raw):
        raw = _ESCAPE.sub(lambda found: found[1] or found[2] or _REPLACEMENT, raw)
    return raw


def masked(raw: bytes, secrets: Iterable[str]) -> bytes:
    """The body with the line's own secrets blotted out, wherever they stand."""
    for secret in secrets:
        if len(secret) >= _SECRET_LENGTH and secret.encode() in raw:
            raw = raw.replace(secret.encode(), b"***")
    return raw


def stored_object(body: bytes) -> Json:
    """One stored event, for `parse`. Raises `Unreadable`."""
    try:
        read: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unreadable("not-json") from None
    if not isinstance(read, dict):
        raise Unreadable("not-json")
    return cast(Json, read)


def without(value: Any, names: frozenset[str]) -> Any:
    """The value without the fields of these names, at any depth."""
    if isinstance(value, dict):
        fields = cast(Json, value)
        return {k: without(v, names) for k, v in fields.items() if k.lower() not in names}
    if isinstance(value, list):
        return [without(item, names) for item in cast(list[Any], value)]
    return value


def unreadable(raw: bytes, received_at: datetime) -> Envelope:
    """The beginning of a body that is no JSON object, kept for people."""
    text = _SECRET_TEXT.sub(r"\1***", raw[:_KEPT_OF_UNREADABLE].decode("utf-8", "replace"))
    return Envelope(
        kind="unreadable",
        dedupe_key=f"unreadable:{received_at:%Y%m%d%H}:{sha256(raw).hexdigest()}",
        chat="unreadable",
        body=_encode(text),
        quarantine="not-json",
    )


def printable(value: Any) -> str:
    """A provider's word, made fit for a kind or a key."""
    text = value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
    return re.sub(r"[^A-Za-z0-9._-]", "", text)[:40] or "unknown"


def short_id(value: str) -> str:
    """A provider's id, made fit for a key."""
    return value if len(value) <= _LONGEST_ID else sha256(value.encode()).hexdigest()
