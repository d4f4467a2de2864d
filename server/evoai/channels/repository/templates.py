"""The queries on templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.models import Channel, Template

_UNSYNCED = {"synchronize_session": False}
_TOLD = ("category", "status", "quality", "reason", "parts", "updated_at")


async def templates_page(
    db: AsyncSession, tenant_id: UUID, channel_id: UUID, after: tuple[str, str] | None, limit: int
) -> Sequence[Template]:
    """By name and language."""
    query = select(Template).where(Template.tenant_id == tenant_id, Template.channel_id == channel_id)
    if after is not None:
        query = query.where(tuple_(Template.name, Template.language) > after)
    return (await db.scalars(query.order_by(Template.name, Template.language).limit(limit))).all()


async def template(db: AsyncSession, tenant_id: UUID, channel_id: UUID, name: str, language: str) -> Template | None:
    return await db.scalar(
        select(Template).where(
            Template.tenant_id == tenant_id,
            Template.channel_id == channel_id,
            Template.name == name,
            Template.language == language,
        )
    )


async def replace_templates(
    db: AsyncSession, tenant_id: UUID, channel_id: UUID, rows: Sequence[dict[str, Any]]
) -> None:
    """What the provider lists is what there is; known ones keep their ids."""
    listed = [(row["name"], row["language"]) for row in rows]
    gone = delete(Template).where(Template.tenant_id == tenant_id, Template.channel_id == channel_id)
    if listed:
        gone = gone.where(tuple_(Template.name, Template.language).not_in(listed))
    await db.execute(gone.execution_options(**_UNSYNCED))
    for row in rows:
        statement = insert(Template).values(tenant_id=tenant_id, channel_id=channel_id, **row)
        await db.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant_id", "channel_id", "name", "language"],
                set_={name: statement.excluded[name] for name in _TOLD},
            )
        )


async def due_channels(db: AsyncSession, limit: int) -> Sequence[tuple[UUID, UUID]]:
    """Channels whose templates are to be read, longest due first."""
    rows = await db.execute(
        select(Channel.tenant_id, Channel.id)
        .where(Channel.templates_due_at <= func.now(), Channel.deleted_at.is_(None), Channel.state == "connected")
        .order_by(Channel.templates_due_at)
        .limit(limit)
    )
    return [(tenant_id, channel_id) for tenant_id, channel_id in rows]


async def set_templates_due(db: AsyncSession, tenant_id: UUID, channel_id: UUID, seconds: float) -> bool:
    """Whether the channel has templates at all."""
    found = await db.scalar(
        update(Channel)
        .where(
            Channel.tenant_id == tenant_id,
            Channel.id == channel_id,
            Channel.deleted_at.is_(None),
            Channel.templates_due_at.is_not(None),
        )
        .values(templates_due_at=func.now() + timedelta(seconds=seconds))
        .returning(Channel.id)
        .execution_options(**_UNSYNCED)
    )
    return found is not None


async def change_template(
    conn: Any,
    tenant_id: UUID,
    channel_id: UUID,
    name: str,
    language: str,
    status: str | None,
    category: str | None,
    quality: str | None,
    reason: str | None,
) -> None:
    """What a webhook told of a template; null is not told. One that is not known has all of them read again soon."""
    changed: str = await conn.execute(
        "update templates set status = coalesce($5, status), category = coalesce($6, category),"
        " quality = coalesce($7, quality), reason = case when $5::text is null then reason else $8 end,"
        " updated_at = now()"
        " where tenant_id = $1 and channel_id = $2 and name = $3 and language = $4",
        tenant_id,
        channel_id,
        name,
        language,
        status,
        category,
        quality,
        reason,
    )
    if changed.endswith(" 0"):
        await conn.execute(
            "update channels set templates_due_at = now()"
            " where tenant_id = $1 and id = $2 and templates_due_at is not null",
            tenant_id,
            channel_id,
        )
