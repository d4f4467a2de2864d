"""Publishing: a draft becomes what contacts meet, if its tests allow; versions, and the way back to one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.models.assistants import AssistantVersion
from evoai.assistant.repository import assistants as repository
from evoai.assistant.schemas.assistants import (
    AssistantOut,
    DiffOut,
    FieldChangeOut,
    PublishIn,
    RestoreIn,
    VersionOut,
    VersionPage,
)
from evoai.assistant.service import runs
from evoai.assistant.service.drafts import FIELDS, draft_of, found, shown, store_version
from evoai.kit.db import utcnow
from evoai.kit.errors import AppError, Forbidden, NotFound
from evoai.tenants import audit

if TYPE_CHECKING:
    from evoai.kit.http import Paging
    from evoai.resources import Resources
    from evoai.tenants.audit import Actor


async def publish(resources: Resources, actor: Actor, assistant_id: UUID, data: PublishIn) -> AssistantOut:
    """Make the draft what contacts meet from the next turn on; two at once are numbered one after the other. Raises
    `NotFound`, `Conflict` below the bar and where the draft has not been tested, for which a run is begun then, and
    `Forbidden` where somebody but an owner overrides."""
    refusal: AppError | None = None
    async with resources.db.tenant_session(actor.principal.tenant_id) as db:
        row = await found(db, actor.principal.tenant_id, assistant_id, lock=True)
        refusal = await runs.refusal(resources, db, row, actor.principal.name, begin=data.override_reason is None)
        overridden = refusal is not None and data.override_reason is not None
        if overridden:
            await _allow_override(db, actor, row.id, data.override_reason or "", refusal)
        if refusal is None or overridden:
            number = await repository.last_number(db, row.tenant_id, row.id) + 1
            reason = data.override_reason if overridden else None
            by = actor.principal.name
            await store_version(db, row, draft_of(row), number, by, note=data.note, override_reason=reason)
            await audit.note(db, actor, "assistants.publish", "assistant", row.id, {"version": number})
            return await shown(db, row.tenant_id, row)
    # Raised outside, so that the run which was begun is not undone.
    assert refusal is not None
    raise refusal


async def _allow_override(
    db: AsyncSession, actor: Actor, assistant_id: UUID, reason: str, refusal: AppError | None
) -> None:
    if actor.principal.role != "owner":
        raise Forbidden("forbidden", "Only an owner publishes below the bar")
    details = {"reason": reason, "refused_with": refusal.code if refusal is not None else None}
    await audit.note(db, actor, "assistants.override-tests", "assistant", assistant_id, details)


async def restore(db: AsyncSession, actor: Actor, assistant_id: UUID, data: RestoreIn) -> AssistantOut:
    """Publish a version again, as a new one, or make it the draft. Without tests: contacts have met it before. Raises
    `NotFound`."""
    tenant_id = actor.principal.tenant_id
    row = await found(db, tenant_id, assistant_id, lock=True)
    version = await _version(db, tenant_id, assistant_id, data.version)
    details = {"version": version.number, "published": data.publish}
    await audit.note(db, actor, "assistants.restore", "assistant", row.id, details)
    if data.publish:
        number = await repository.last_number(db, tenant_id, assistant_id) + 1
        by = actor.principal.name
        await store_version(db, row, version.fields, number, by, note=data.note, restored_from=version.number)
    else:
        for name in FIELDS:
            if name in version.fields:
                setattr(row, name, version.fields[name])
        row.updated_at = utcnow()
        await db.flush()
    return await shown(db, tenant_id, row)


async def list_versions(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, paging: Paging) -> VersionPage:
    """Newest first. Raises `NotFound`."""
    await found(db, tenant_id, assistant_id)
    rows = await repository.list_versions(db, tenant_id, assistant_id, paging.after(int), paging.limit)
    shown, following = paging.cut(rows, lambda row: (row.number,))
    return VersionPage(items=[_version_out(row) for row in shown], next_cursor=following)


async def diff(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, number: int, to: int | None) -> DiffOut:
    """What changed from version `number` to version `to`, or to the draft, field by field. Raises `NotFound`."""
    row = await found(db, tenant_id, assistant_id)
    before = (await _version(db, tenant_id, assistant_id, number)).fields
    after = draft_of(row) if to is None else (await _version(db, tenant_id, assistant_id, to)).fields
    changes = [
        FieldChangeOut(field=name, before=before.get(name), after=after.get(name))
        for name in FIELDS
        if before.get(name) != after.get(name)
    ]
    return DiffOut(from_version=number, to_version=to, changes=changes)


async def _version(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, number: int) -> AssistantVersion:
    within = 1 <= number < 2**31
    version = await repository.get_version(db, tenant_id, assistant_id, number) if within else None
    if version is None:
        raise NotFound
    return version


def _version_out(row: AssistantVersion) -> VersionOut:
    return VersionOut(
        number=row.number,
        published_at=row.published_at,
        published_by=row.published_by,
        note=row.note,
        restored_from=row.restored_from,
        override_reason=row.override_reason,
        fields=row.fields,
    )
