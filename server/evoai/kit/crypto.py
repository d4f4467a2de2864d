"""Sealing of stored secrets, hashing of tokens, constant-time compare. Knows no table: callers say what a value is of.

Each tenant has a data key; it is stored wrapped by the deployment's key (`ENCRYPTION_KEY`), so that rotating that
one re-wraps small rows and touches no sealed value.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class SealError(Exception):
    """A sealed value does not open: wrong key, wrong place or damaged."""


def random_token(size: int = 32) -> str:
    """URL-safe text with `size` bytes of randomness."""
    return secrets.token_urlsafe(size)


def token_hash(token: str) -> bytes:
    """SHA-256 of a random token, to look it up by; for passwords see `auth`."""
    return hashlib.sha256(token.encode()).digest()


def same(left: str | bytes, right: str | bytes) -> bool:
    """Equality in constant time."""
    a = left.encode() if isinstance(left, str) else left
    b = right.encode() if isinstance(right, str) else right
    return hmac.compare_digest(a, b)


def place(tenant_id: UUID, table: str, column: str, row_id: UUID) -> bytes:
    """Associated data that ties a sealed value to its row, so that a value copied elsewhere does not open."""
    return tenant_id.bytes + row_id.bytes + f"{table}.{column}".encode()


class Box:
    """Seals and opens with one tenant's data key (AES-256-GCM)."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, plain: bytes, at: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._aead.encrypt(nonce, plain, at)

    def open(self, sealed: bytes, at: bytes) -> bytes:
        """Raises `SealError` if `sealed` was not made by this key for this place."""
        try:
            return self._aead.decrypt(sealed[:_NONCE], sealed[_NONCE:], at)
        except (InvalidTag, ValueError) as error:
            raise SealError("sealed value does not open") from error


class Wrapping:
    """Wraps and unwraps tenants' data keys with the deployment's key, or one of those before it."""

    def __init__(self, key: bytes, previous: Sequence[bytes] = ()) -> None:
        self._keys = {_key_id(k): AESGCM(k) for k in (*previous, key)}
        self.current = _key_id(key)

    def new(self, tenant_id: UUID) -> tuple[str, bytes]:
        """A fresh data key, wrapped: the wrapping key's id and the wrapped bytes."""
        return self._wrap(tenant_id, AESGCM.generate_key(256))

    def open(self, tenant_id: UUID, key_id: str, wrapped: bytes) -> Box:
        """Raises `SealError` if the wrapping key is unknown or the row is another tenant's."""
        return Box(self._unwrap(tenant_id, key_id, wrapped))

    def renew(self, tenant_id: UUID, key_id: str, wrapped: bytes) -> tuple[str, bytes]:
        """The same data key, wrapped by the deployment's present key. Raises `SealError` as `open` does."""
        return self._wrap(tenant_id, self._unwrap(tenant_id, key_id, wrapped))

    def _wrap(self, tenant_id: UUID, key: bytes) -> tuple[str, bytes]:
        nonce = os.urandom(_NONCE)
        return self.current, nonce + self._keys[self.current].encrypt(nonce, key, tenant_id.bytes)

    def _unwrap(self, tenant_id: UUID, key_id: str, wrapped: bytes) -> bytes:
        aead = self._keys.get(key_id)
        if aead is None:
            raise SealError(f"no key {key_id}: is ENCRYPTION_KEY_PREVIOUS missing?")
        try:
            return aead.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], tenant_id.bytes)
        except InvalidTag as error:
            raise SealError("tenant key does not open") from error


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"key-id" + key).hexdigest()[:16]
