"""Passwords: argon2id in threads of its own, so that hashing neither blocks the loop nor takes every core."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from evoai.kit.crypto import random_token
from evoai.kit.errors import FieldError, Invalid, Unavailable

T = TypeVar("T")

MIN_LENGTH, MAX_LENGTH = 12, 256
_AT_ONCE = 2
_MAX_WAITING = 64

# OWASP's second choice: about 20 ms and 19 MiB for each hash.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class _Pool(ThreadPoolExecutor):
    waiting = 0


@cache
def _pool() -> _Pool:
    return _Pool(max_workers=_AT_ONCE, thread_name_prefix="argon2")


@cache
def _decoy() -> str:
    return _hasher.hash(random_token())


async def hash_password(password: str) -> str:
    """Raises `Invalid` for one that cannot be a password, `Unavailable` when too many wait."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(errors=(FieldError("/password", "length", f"Expected {MIN_LENGTH} to {MAX_LENGTH} characters"),))
    _check(password)
    return await _in_pool(lambda: _hasher.hash(password))


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether it fits; None (nobody has this e-mail) costs the same and never does."""
    _check(password)

    def work() -> bool:
        decoy = _decoy()
        try:
            return _hasher.verify(password_hash or decoy, password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False

    return await _in_pool(work)


def outdated(password_hash: str) -> bool:
    """Made with other parameters than today's, so worth hashing anew at the next login."""
    return _hasher.check_needs_rehash(password_hash)


def _check(password: str) -> None:
    if "\0" in password or any("\ud800" <= char <= "\udfff" for char in password):
        raise Invalid(errors=(FieldError("/password", "text", "NUL or a lone surrogate"),))


async def _in_pool(work: Callable[[], T]) -> T:
    pool = _pool()
    if pool.waiting >= _MAX_WAITING:
        raise Unavailable(detail="Too many logins at once", retry_after=2)
    pool.waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(pool, work)
    finally:
        pool.waiting -= 1
