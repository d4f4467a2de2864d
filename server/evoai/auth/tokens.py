"""Access tokens: short-lived signed claims about user, tenant and session. Whether the session still stands is asked
elsewhere; refresh tokens are random values and live in `service.py`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any, NoReturn, cast
from uuid import UUID

import jwt

from evoai.kit.errors import Unauthenticated

AUDIENCE = "evoai"
TYPE = "at+jwt"
LEEWAY = 10
"""Seconds by which clocks may differ."""

_MAX_LENGTH = 2048
_HEADER = {"alg", "typ", "kid"}
_CLAIMS = {"iss", "aud", "sub", "tid", "sid", "iat", "exp"}


@dataclass(frozen=True, slots=True)
class Claims:
    user_id: UUID
    tenant_id: UUID
    session_id: UUID
    expires_at: int
    """Seconds since 1970."""


class Tokens:
    """Issues with the current secret; verifies with it or the one before it. `kid` says which."""

    def __init__(self, secret: str, previous: str | None, *, issuer: str, lifetime: int) -> None:
        """`lifetime` in seconds; `issuer` is `API_URL`."""
        self._keys = {_key_id(key): key.encode() for key in (previous, secret) if key}
        self._current = _key_id(secret)
        self._issuer = issuer
        self.lifetime = lifetime

    def issue(self, user_id: UUID, tenant_id: UUID, session_id: UUID) -> str:
        now = int(time.time())
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "tid": str(tenant_id),
            "sid": str(session_id),
            "iat": now,
            "exp": now + self.lifetime,
        }
        return jwt.encode(
            claims, self._keys[self._current], algorithm="HS256", headers={"kid": self._current, "typ": TYPE}
        )

    def verify(self, token: str) -> Claims:
        """Raises `Unauthenticated`, with code `token-expired` only for a token that was ours and right.

        What we issue has one exact form, so everything else is refused before it is looked at: other header fields
        (`jku`, `jwk`, `crit`), other claims, double keys, numbers that are not integers, loose base64.
        """
        if len(token) > _MAX_LENGTH or token.count(".") != 2:
            raise Unauthenticated
        try:
            header_part, claims_part, signature_part = token.split(".")
            header, claims = _read(header_part), _read(claims_part)
            _decode(signature_part)
        except (ValueError, RecursionError):
            raise Unauthenticated from None
        if header.keys() != _HEADER or header["alg"] != "HS256" or header["typ"] != TYPE:
            raise Unauthenticated
        kid = header["kid"]
        key = self._keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise Unauthenticated
        try:
            jwt.decode(
                token,
                key,
                algorithms=["HS256"],
                audience=AUDIENCE,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": sorted(_CLAIMS)},
            )
        except jwt.ExpiredSignatureError:
            self._claims(claims)
            raise Unauthenticated("token-expired", "The access token has expired") from None
        except (jwt.PyJWTError, ValueError, OverflowError):
            raise Unauthenticated from None
        return self._claims(claims)

    def _claims(self, claims: dict[str, Any]) -> Claims:
        if claims.keys() != _CLAIMS or claims["aud"] != AUDIENCE:
            raise Unauthenticated
        issued, expires = claims["iat"], claims["exp"]
        if type(issued) is not int or type(expires) is not int or not 0 < expires - issued <= self.lifetime:
            raise Unauthenticated
        try:
            return Claims(_uuid(claims["sub"]), _uuid(claims["tid"]), _uuid(claims["sid"]), expires)
        except ValueError:
            raise Unauthenticated from None


def _key_id(secret: str) -> str:
    return hashlib.sha256(b"jwt-key-id" + secret.encode()).hexdigest()[:16]


def _decode(part: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))
    except binascii.Error as error:
        raise ValueError from error
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise ValueError("not canonical base64url")
    return raw


def _read(part: str) -> dict[str, Any]:
    value = json.loads(_decode(part).decode("utf-8"), object_pairs_hook=_no_double_keys, parse_constant=_refuse)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return cast(dict[str, Any], value)


def _no_double_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("double key")
    return out


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _uuid(value: object) -> UUID:
    if not isinstance(value, str) or len(value) != 36:
        raise ValueError("not an id")
    return UUID(value)
