"""Queries on users, sessions and refresh tokens; always in a system session, since no tenant owns these rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.auth.models import RefreshToken, User, UserSession


async def now(db: AsyncSession) -> datetime:
    """The database's clock; lives and graces of tokens are judged by it alone."""
    return (await db.execute(select(func.clock_timestamp()))).scalar_one()


async def add_user(db: AsyncSession, user_id: UUID, values: dict[str, Any]) -> bool:
    """False when the e-mail is taken."""
    row = await db.execute(insert(User).values(id=user_id, **values).on_conflict_do_nothing().returning(User.id))
    return row.scalar_one_or_none() is not None


async def user_by_email(db: AsyncSession, email: str) -> User | None:
    return await db.scalar(select(User).where(func.lower(User.email) == email))


async def user_by_id(db: AsyncSession, user_id: UUID) -> User | None:
    return await db.scalar(select(User).where(User.id == user_id))


async def change_user(db: AsyncSession, user_id: UUID, values: dict[str, Any]) -> None:
    await db.execute(update(User).where(User.id == user_id).values(**values, updated_at=func.now()))


async def session_stands(db: AsyncSession, session_id: UUID, user_id: UUID) -> bool:
    """Neither revoked nor past its end."""
    row = await db.execute(
        select(UserSession.id).where(
            UserSession.id == session_id,
            UserSession.user_id == user_id,
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > func.now(),
        )
    )
    return row.scalar_one_or_none() is not None


async def session_by_id(db: AsyncSession, session_id: UUID) -> UserSession | None:
    return await db.scalar(select(UserSession).where(UserSession.id == session_id))


async def last_tenant(db: AsyncSession, user_id: UUID) -> UUID | None:
    """Where the user's latest session works."""
    return await db.scalar(
        select(UserSession.tenant_id)
        .where(UserSession.user_id == user_id)
        .order_by(UserSession.created_at.desc(), UserSession.id.desc())
        .limit(1)
    )


async def change_session(db: AsyncSession, session_id: UUID, values: dict[str, Any]) -> None:
    await db.execute(update(UserSession).where(UserSession.id == session_id).values(**values))


async def revoke_session(db: AsyncSession, session_id: UUID) -> None:
    await db.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )


async def revoke_sessions_of(db: AsyncSession, user_id: UUID) -> list[UUID]:
    """The sessions that were live until now."""
    rows = await db.execute(
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(UserSession.id)
    )
    return list(rows.scalars())


async def refresh_token(db: AsyncSession, token_hash: bytes, *, lock: bool = False) -> RefreshToken | None:
    """`lock` makes parallel refreshes with one token wait for each other."""
    statement = select(RefreshToken).where(RefreshToken.token_hash == token_hash)
    return await db.scalar(statement.with_for_update() if lock else statement)


async def rotate_token(db: AsyncSession, token_id: UUID, at: datetime, successor_id: UUID, sealed: bytes) -> None:
    await db.execute(
        update(RefreshToken)
        .where(RefreshToken.id == token_id)
        .values(rotated_at=at, successor=sealed, successor_id=successor_id)
    )


async def delete_sessions(db: AsyncSession, until: datetime, limit: int) -> int:
    """Forget sessions that ended before `until`, and their tokens with them; `limit` at most, how many."""
    old = select(UserSession.id).where(UserSession.expires_at < until).limit(limit)
    gone = await db.scalars(delete(UserSession).where(UserSession.id.in_(old)).returning(UserSession.id))
    return len(gone.all())
