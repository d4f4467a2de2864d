"""People: who somebody is, and the sessions in which they are logged in. Knows no tenant but as an id on a session.

Every function takes a system session as `db`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.auth import repository
from evoai.auth.models import RefreshToken, User, UserSession
from evoai.kit.crypto import Box, random_token, token_hash
from evoai.kit.db import new_id
from evoai.kit.errors import Conflict, FieldError, Invalid

SESSION_LIFE = timedelta(days=30)
GRACE = timedelta(seconds=10)
"""For how long the token just rotated still gets its successor: parallel tabs, and answers lost on the way."""

_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    name: str
    email: str
    language: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A live session and the refresh token that continues it."""

    session_id: UUID
    user_id: UUID
    tenant_id: UUID
    token: str
    lives: int
    """Seconds until the token ends."""


def normal_email(raw: str) -> str:
    """The one spelling of an e-mail: NFKC, trimmed, lower case, ASCII only, so that look-alikes are refused. Raises
    `Invalid`."""
    email = unicodedata.normalize("NFKC", raw).strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise Invalid(errors=(FieldError("/email", "email", "Expected an e-mail address"),))
    return email


async def email_taken(db: AsyncSession, email: str) -> bool:
    return await repository.user_by_email(db, email) is not None


async def add_person(db: AsyncSession, *, name: str, email: str, password_hash: str) -> Person:
    """Raises `Conflict` (`email-taken`). `email` is normalised."""
    person = Person(new_id(), name, email, "pt-BR")
    values = {"name": name, "email": email, "password_hash": password_hash, "language": person.language}
    if not await repository.add_user(db, person.id, values):
        raise taken()
    return person


def taken() -> Conflict:
    return Conflict("email-taken", "This e-mail is in use; log in instead")


async def find_for_login(db: AsyncSession, email: str) -> tuple[Person, str] | None:
    """The person and their password's hash."""
    user = await repository.user_by_email(db, email)
    return (_person(user), user.password_hash) if user is not None else None


async def find_person(db: AsyncSession, user_id: UUID) -> Person | None:
    user = await repository.user_by_id(db, user_id)
    return _person(user) if user is not None else None


async def change_person(db: AsyncSession, user_id: UUID, changes: dict[str, str]) -> None:
    """`changes`: name, language."""
    await repository.change_user(db, user_id, dict(changes))


async def keep_password(db: AsyncSession, user_id: UUID, password_hash: str) -> None:
    await repository.change_user(db, user_id, {"password_hash": password_hash})


def _person(user: User) -> Person:
    return Person(user.id, user.name, user.email, user.language)


async def open_session(
    db: AsyncSession, user_id: UUID, tenant_id: UUID, *, user_agent: str, token_life: timedelta
) -> Standing:
    now = await repository.now(db)
    session = UserSession(
        id=new_id(),
        user_id=user_id,
        tenant_id=tenant_id,
        user_agent=user_agent[:300],
        created_at=now,
        last_seen_at=now,
        expires_at=now + SESSION_LIFE,
    )
    db.add(session)
    await db.flush()
    token, row = _new_token(session, now, token_life)
    db.add(row)
    await db.flush()
    return _standing(session, token, row, now)


async def refresh(db: AsyncSession, token: str, *, token_life: timedelta) -> Standing | Literal["unknown", "reused"]:
    """Turn a refresh token into its successor. Locks the token's row.

    The token just rotated gets the same successor again within `GRACE`. An older one, or a later time, means that
    two parties hold it: the session is revoked and the answer is `reused`; the caller commits and then refuses.
    """
    row = await repository.refresh_token(db, token_hash(token), lock=True)
    session = await repository.session_by_id(db, row.session_id) if row is not None else None
    if row is None or session is None:
        return "unknown"
    now = await repository.now(db)
    if session.revoked_at is not None or session.expires_at <= now:
        return "unknown"
    if row.rotated_at is None:
        if row.expires_at <= now:
            return "unknown"
        child, child_row = _new_token(session, now, token_life)
        db.add(child_row)
        await db.flush()
        sealed = _successor_box(token).seal(child.encode(), row.id.bytes)
        await repository.rotate_token(db, row.id, now, child_row.id, sealed)
        await repository.change_session(db, session.id, {"last_seen_at": now})
        return _standing(session, child, child_row, now)
    if row.successor is None or row.successor_id is None or now - row.rotated_at > GRACE:
        await repository.revoke_session(db, session.id)
        return "reused"
    child = _successor_box(token).open(row.successor, row.id.bytes).decode()
    child_row = await repository.refresh_token(db, token_hash(child))
    if child_row is None or child_row.rotated_at is not None:
        await repository.revoke_session(db, session.id)
        return "reused"
    return _standing(session, child, child_row, now)


async def close_session(db: AsyncSession, token: str) -> UUID | None:
    """Revoke the session that `token` belongs to, whichever of its tokens it is; gives its id."""
    row = await repository.refresh_token(db, token_hash(token))
    if row is None:
        return None
    await repository.revoke_session(db, row.session_id)
    return row.session_id


async def close_all_sessions(db: AsyncSession, token: str) -> list[UUID] | Literal["unknown", "reused"]:
    """Revoke every session of the person whose live session `token` continues. A token that was rotated long ago is
    treated as in `refresh`."""
    row = await repository.refresh_token(db, token_hash(token))
    session = await repository.session_by_id(db, row.session_id) if row is not None else None
    now = await repository.now(db)
    if row is None or session is None or session.revoked_at is not None or session.expires_at <= now:
        return "unknown"
    if row.rotated_at is not None and now - row.rotated_at > GRACE:
        await repository.revoke_session(db, session.id)
        return "reused"
    if row.rotated_at is None and row.expires_at <= now:
        return "unknown"
    return await repository.revoke_sessions_of(db, session.user_id)


async def revoke_sessions_of(db: AsyncSession, user_id: UUID) -> list[UUID]:
    return await repository.revoke_sessions_of(db, user_id)


async def forget_ended(db: AsyncSession, limit: int) -> int:
    """Forget sessions 30 days after their end: until then a stolen token of theirs is still known as one. `limit` at
    most; how many."""
    return await repository.delete_sessions(db, await repository.now(db) - SESSION_LIFE, limit)


async def session_stands(db: AsyncSession, session_id: UUID, user_id: UUID) -> bool:
    return await repository.session_stands(db, session_id, user_id)


async def last_tenant(db: AsyncSession, user_id: UUID) -> UUID | None:
    return await repository.last_tenant(db, user_id)


async def move_session(db: AsyncSession, session_id: UUID, tenant_id: UUID) -> None:
    """The session works in `tenant_id` from now on; the caller has checked that the user is a member there."""
    await repository.change_session(db, session_id, {"tenant_id": tenant_id})


def _new_token(session: UserSession, now: datetime, life: timedelta) -> tuple[str, RefreshToken]:
    token = random_token()
    row = RefreshToken(
        id=new_id(),
        session_id=session.id,
        token_hash=token_hash(token),
        created_at=now,
        expires_at=min(now + life, session.expires_at),
    )
    return token, row


def _standing(session: UserSession, token: str, row: RefreshToken, now: datetime) -> Standing:
    lives = max(1, int((row.expires_at - now).total_seconds()))
    return Standing(session.id, session.user_id, session.tenant_id, token, lives)


def _successor_box(token: str) -> Box:
    # The parent token itself is stored nowhere, so what is at rest opens no session.
    return Box(hashlib.sha256(b"successor" + token.encode()).digest())
