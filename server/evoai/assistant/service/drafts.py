"""What people do with assistants but publishing: make them, change the draft, archive them, see why one answered so."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.models.assistants import Assistant, AssistantVersion
from evoai.assistant.models.traces import Trace
from evoai.assistant.repository import assistants as repository
from evoai.assistant.schemas.assistants import (
    AssistantIn,
    AssistantOut,
    AssistantPage,
    AssistantPatch,
    TraceOut,
)
from evoai.assistant.service import manage_tools
from evoai.assistant.service.asked import normalise
from evoai.assistant.service.versions import as_published
from evoai.inbox.service import read, responders
from evoai.kit.db import new_id, utcnow
from evoai.kit.errors import Conflict, FieldError, Invalid, NotFound
from evoai.tenants import audit

if TYPE_CHECKING:
    from evoai.kit.http import Paging
    from evoai.resources import Resources
    from evoai.tenants.audit import Actor

FIELDS: Final = (
    "name",
    "instructions",
    "tone",
    "model",
    "fallback_models",
    "quiet_seconds",
    "max_wait_seconds",
    "handoff_keywords",
    "rules",
    "handoff_rules",
    "hours",
    "shadow",
    "enabled",
    "tools",
    "contact_fields",
)
"""What a version is made of."""

DEFAULT_TOOLS: Final = ("search_knowledge", "remember", "update_contact", "tag_contact")
"""What a first assistant may use, beside handing over, which every one can."""

DEFAULT_NAME = "Assistente"
DEFAULT_INSTRUCTIONS = """\
Cumprimente quem escreve pela primeira vez e pergunte como pode ajudar.
Responda em frases curtas, uma ideia de cada vez, e faça no máximo uma pergunta por mensagem.
Quando faltar uma informação, diga que vai verificar com a equipe.
Se a pessoa fizer uma reclamação ou precisar de algo fora do combinado, passe a conversa para a equipe."""


async def list_assistants(db: AsyncSession, tenant_id: UUID, paging: Paging) -> AssistantPage:
    """Oldest first."""
    rows = await repository.list_assistants(db, tenant_id, paging.after(datetime, UUID), paging.limit)
    rows, following = paging.cut(rows, lambda row: (row.created_at, row.id))
    published = await repository.published_of(db, tenant_id, rows)
    answering = await responders.answering(db, tenant_id)
    items = [_out(row, published.get(row.id), answering) for row in rows]
    return AssistantPage(items=items, next_cursor=following)


async def get_assistant(db: AsyncSession, tenant_id: UUID, assistant_id: UUID) -> AssistantOut:
    """Raises `NotFound`."""
    return await shown(db, tenant_id, await found(db, tenant_id, assistant_id))


async def make_assistant(resources: Resources, db: AsyncSession, tenant_id: UUID, data: AssistantIn) -> AssistantOut:
    """A draft that nobody meets yet. Raises `NotFound` for one to copy that is not there."""
    row = _new(resources, tenant_id, data.name)
    if data.copy_of is not None:
        source = await found(db, tenant_id, data.copy_of)
        for name in (*FIELDS, "pass_rate"):
            if name != "name":
                setattr(row, name, getattr(source, name))
    db.add(row)
    await db.flush()
    return await shown(db, tenant_id, row)


async def archive_assistant(db: AsyncSession, actor: Actor, assistant_id: UUID) -> None:
    """Take an assistant away; what it said and why stays. Raises `NotFound`, and `Conflict` for the one that answers
    contacts."""
    tenant_id = actor.principal.tenant_id
    row = await found(db, tenant_id, assistant_id, lock=True)
    if await responders.answering(db, tenant_id) == row.id:
        raise Conflict("conflict", "It answers the contacts; publish another one first")
    row.archived_at = utcnow()
    await audit.note(db, actor, "assistants.archive", "assistant", row.id, {"name": row.name})


async def change_assistant(
    resources: Resources, db: AsyncSession, tenant_id: UUID, assistant_id: UUID, patch: AssistantPatch
) -> AssistantOut:
    """Change the draft; contacts meet it once it is published. Raises `NotFound`, `Invalid`."""
    row = await found(db, tenant_id, assistant_id, lock=True)
    changes = patch.changes()
    offered = await manage_tools.names(resources, db, tenant_id) if "tools" in changes else frozenset[str]()
    _check(row, changes, offered)
    for name, value in changes.items():
        setattr(row, name, value)
    if changes:
        row.updated_at = utcnow()
        await db.flush()
    return await shown(db, tenant_id, row)


def _check(row: Assistant, changes: dict[str, Any], offered: frozenset[str]) -> None:
    """`offered` are the tools that there are."""
    errors: list[FieldError] = []
    if not changes.get("name", "-").strip():
        errors.append(FieldError("/name", "invalid", "A name needs at least one letter"))
    quiet, longest = (changes.get(name, getattr(row, name)) for name in ("quiet_seconds", "max_wait_seconds"))
    if longest < quiet:
        pointer = "/max_wait_seconds" if "max_wait_seconds" in changes else "/quiet_seconds"
        errors.append(FieldError(pointer, "range", "max_wait_seconds must not be less than quiet_seconds"))
    errors.extend(
        FieldError(f"/handoff_keywords/{index}", "invalid", "A keyword needs at least two letters")
        for index, keyword in enumerate(changes.get("handoff_keywords", ()))
        if len(normalise(keyword)) < 2
    )
    errors.extend(
        FieldError(f"/tools/{index}", "invalid", "There is no such tool")
        for index, name in enumerate(changes.get("tools", ()))
        # What it has already stays, though its tool be gone.
        if name not in offered and name not in row.tools
    )
    if errors:
        raise Invalid(errors=tuple(errors))


async def trace_of_message(
    db: AsyncSession, tenant_id: UUID, message_id: UUID, usd_brl_rate: Decimal | None = None
) -> TraceOut:
    """Raises `NotFound` for a message that is not there and for one that no assistant wrote."""
    trace_id = await read.trace_id_of(db, tenant_id, message_id)
    trace = await repository.get_trace(db, tenant_id, trace_id) if trace_id is not None else None
    if trace is None:
        raise NotFound
    return trace_out(trace, usd_brl_rate)


async def new_tenant(resources: Resources, db: AsyncSession, tenant_id: UUID) -> None:
    """A tenant's first assistant, published, answering on all channels. In sign-up's transaction."""
    row = _new(resources, tenant_id, DEFAULT_NAME)
    db.add(row)
    await db.flush()
    await store_version(db, row, draft_of(row), 1, None)


def _new(resources: Resources, tenant_id: UUID, name: str) -> Assistant:
    return Assistant(
        id=new_id(),
        tenant_id=tenant_id,
        name=name,
        instructions=DEFAULT_INSTRUCTIONS,
        tone="warm",
        model=resources.settings.model.name,
        fallback_models=[],
        quiet_seconds=4.0,
        max_wait_seconds=20.0,
        handoff_keywords=[],
        rules=[],
        handoff_rules=[],
        hours="always",
        shadow=False,
        enabled=True,
        tools=list(DEFAULT_TOOLS),
        contact_fields=[],
        pass_rate=80,
    )


def draft_of(row: Assistant) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}


async def store_version(
    db: AsyncSession, row: Assistant, fields: dict[str, Any], number: int, by: str | None, **more: Any
) -> None:
    """Make `fields` version `number` of a locked assistant, which contacts meet from the next turn on."""
    now = utcnow()
    db.add(
        AssistantVersion(
            id=new_id(),
            tenant_id=row.tenant_id,
            assistant_id=row.id,
            number=number,
            fields=fields,
            published_by=by,
            published_at=now,
            **more,
        )
    )
    row.published_version, row.published_at = number, now
    await db.flush()
    version = as_published(fields)
    await responders.set_responder(
        db,
        row.tenant_id,
        row.id,
        number,
        version.quiet_seconds,
        version.max_wait_seconds,
        version.enabled,
        version.hours,
        version.shadow,
    )


async def found(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, *, lock: bool = False) -> Assistant:
    row = await repository.get_assistant(db, tenant_id, assistant_id, lock=lock)
    if row is None:
        raise NotFound
    return row


async def shown(db: AsyncSession, tenant_id: UUID, row: Assistant) -> AssistantOut:
    published = await repository.published_of(db, tenant_id, [row])
    return _out(row, published.get(row.id), await responders.answering(db, tenant_id))


def _out(row: Assistant, published: dict[str, Any] | None, answering: UUID | None) -> AssistantOut:
    draft = draft_of(row)
    return AssistantOut(
        id=row.id,
        pass_rate=row.pass_rate,
        answers=row.id == answering,
        published_version=row.published_version,
        published_at=row.published_at,
        dirty=published is None or any(draft[name] != published.get(name) for name in FIELDS),
        updated_at=row.updated_at,
        **draft,
    )


def trace_out(row: Trace, usd_brl_rate: Decimal | None) -> TraceOut:
    fields = {name: getattr(row, name) for name in TraceOut.__struct_fields__ if name != "cost_micro_brl"}
    cost = row.cost_micro_usd
    fields["cost_micro_brl"] = round(cost * usd_brl_rate) if cost is not None and usd_brl_rate is not None else None
    return msgspec.convert(fields, TraceOut)
