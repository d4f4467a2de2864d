"""The queries on channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.adapters.incoming import Restriction
from evoai.channels.models import Channel


async def channel(
    db: AsyncSession, tenant_id: UUID, channel_id: UUID, *, closed: bool = False, lock: bool = False
) -> Channel | None:
    query = select(Channel).where(Channel.tenant_id == tenant_id, Channel.id == channel_id)
    if lock:
        query = query.with_for_update()
    found = await db.scalar(query)
    return found if found is not None and (closed or found.deleted_at is None) else None


async def channel_by_hook(db: AsyncSession, tenant_id: UUID, hook_key_hash: bytes) -> Channel | None:
    return await db.scalar(
        select(Channel).where(
            Channel.tenant_id == tenant_id, Channel.hook_key_hash == hook_key_hash, Channel.deleted_at.is_(None)
        )
    )


async def channels_by_group(db: AsyncSession, provider: str, group: str) -> Sequence[Channel]:
    """Every tenant's, as `system`: who a body at a shared address is for is not known before."""
    return (
        await db.scalars(
            select(Channel)
            .where(Channel.provider == provider, Channel.hook_group == group, Channel.deleted_at.is_(None))
            .order_by(Channel.created_at, Channel.id)
        )
    ).all()


async def channels_page(
    db: AsyncSession, tenant_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Channel]:
    """Oldest first."""
    query = select(Channel).where(Channel.tenant_id == tenant_id, Channel.deleted_at.is_(None))
    if after is not None:
        query = query.where(tuple_(Channel.created_at, Channel.id) > after)
    return (await db.scalars(query.order_by(Channel.created_at, Channel.id).limit(limit))).all()


async def channels_by_id(db: AsyncSession, tenant_id: UUID, ids: set[UUID]) -> Sequence[Channel]:
    return (await db.scalars(select(Channel).where(Channel.tenant_id == tenant_id, Channel.id.in_(ids)))).all()


async def note_activity(conn: Any, tenant_id: UUID, channel_id: UUID, at: datetime) -> None:
    """Renew `last_event_at`, unless another process has just done so. After a silence longer than a provider repeats
    its webhooks, it is asked at once for what got lost in it."""
    await conn.execute(
        "update channels set last_event_at = $3::timestamptz, reconcile_due_at = case"
        "   when last_event_at < $3::timestamptz - interval '20 min' then null else reconcile_due_at end"
        " where tenant_id = $1 and id = $2"
        " and (last_event_at is null or last_event_at < $3::timestamptz - interval '15 s')",
        tenant_id,
        channel_id,
        at,
    )


async def set_connection(
    conn: Any,
    tenant_id: UUID,
    channel_id: UUID,
    state: str,
    reason: str | None,
    phone: str | None,
    profile_name: str | None,
    at: datetime,
    ask_again_at: datetime | None,
    restriction: Restriction | None,
) -> bool:
    """Whether anything changed. A channel in another state than before is looked after at `ask_again_at`, None: at
    once."""
    status: str = await conn.execute(
        "update channels set state = $3, state_reason = $4, phone = coalesce($5, phone),"
        " reconcile_due_at = case when state = $3 then reconcile_due_at else $8::timestamptz end,"
        " restriction = coalesce($9::text, restriction),"
        " restricted_at = case when $9::text is null then restricted_at else $7::timestamptz end,"
        " restricted_until = case when $9::text is null then restricted_until else $10::timestamptz end,"
        " first_connected_at = case when $3 = 'connected' then coalesce(first_connected_at, $7::timestamptz)"
        "   else first_connected_at end,"
        " pairing_since = case when $3 <> 'connected' then pairing_since end,"
        " drops = case when state <> 'connected' or $3 = 'connected' then drops"
        "   when drops_since > $7::timestamptz - interval '1 hour' then drops + 1 else 1 end,"
        " drops_since = case when state <> 'connected' or $3 = 'connected'"
        "   or drops_since > $7::timestamptz - interval '1 hour' then drops_since else $7::timestamptz end,"
        " profile_name = coalesce($6, profile_name), updated_at = $7 where tenant_id = $1 and id = $2"
        " and deleted_at is null"
        " and ($9::text is not null or"
        "   (state, coalesce(state_reason, ''), coalesce(phone, ''), coalesce(profile_name, ''))"
        "   is distinct from ($3::text, coalesce($4::text, ''), coalesce($5::text, phone, ''),"
        "   coalesce($6::text, profile_name, '')))",
        tenant_id,
        channel_id,
        state,
        reason,
        phone,
        profile_name,
        at,
        ask_again_at,
        restriction.code if restriction is not None else None,
        restriction.until if restriction is not None else None,
    )
    return status.endswith("1")


async def note_code(conn: Any, tenant_id: UUID, channel_id: UUID, at: datetime) -> None:
    """A code to pair with was told."""
    await conn.execute("update channels set code_at = $3 where tenant_id = $1 and id = $2", tenant_id, channel_id, at)


async def set_rating(
    conn: Any,
    tenant_id: UUID,
    channel_id: UUID,
    quality: str | None,
    messaging_limit: int | None,
    phone: str | None,
    at: datetime,
) -> bool:
    """Whether anything changed; null is not told, and a `phone` that is not the channel's means another number."""
    status: str = await conn.execute(
        "update channels set quality = coalesce($3, quality), messaging_limit = coalesce($4, messaging_limit),"
        " updated_at = $6 where tenant_id = $1 and id = $2"
        " and deleted_at is null and ($5::text is null or phone is null or phone = $5)"
        " and (quality, messaging_limit) is distinct from"
        " (coalesce($3::text, quality), coalesce($4::int, messaging_limit))",
        tenant_id,
        channel_id,
        quality,
        messaging_limit,
        phone,
        at,
    )
    return status.endswith("1")
