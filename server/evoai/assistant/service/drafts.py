"""What people do with assistants: read and change the draft, publish it, look at what was published and why it
answered so."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.models import Assistant, AssistantVersion, Trace
from evoai.assistant.repository import assistants as repository
from evoai.assistant.schemas.assistants import (
    AssistantOut,
    AssistantPage,
    AssistantPatch,
    TraceOut,
    VersionOut,
    VersionPage,
)
from evoai.assistant.service import manage_tools
from evoai.assistant.service.asked import normalise
from evoai.inbox.service import read
from evoai.inbox.service.responders import set_responder
from evoai.kit.db import new_id, utcnow
from evoai.kit.errors import FieldError, Invalid, NotFound

if TYPE_CHECKING:
    from evoai.kit.http import Cursors
    from evoai.resources import Resources

FIELDS: Final = (
    "name",
    "instructions",
    "tone",
    "model",
    "fallback_models",
    "quiet_seconds",
    "max_wait_seconds",
    "handoff_keywords",
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


async def list_assistants(
    cursors: Cursors, db: AsyncSession, tenant_id: UUID, cursor: str | None, limit: int
) -> AssistantPage:
    """Oldest first."""
    seen = cursors.decode(tenant_id, "assistants", cursor, (datetime, UUID))
    after = (seen[0], seen[1]) if seen else None
    rows = list(await repository.list_assistants(db, tenant_id, after, limit + 1))
    more, rows = len(rows) > limit, rows[:limit]
    published = await repository.published_of(db, tenant_id, rows)
    return AssistantPage(
        items=[_out(row, published.get(row.id)) for row in rows],
        next_cursor=cursors.encode(tenant_id, "assistants", (rows[-1].created_at, rows[-1].id)) if more else None,
    )


async def get_assistant(db: AsyncSession, tenant_id: UUID, assistant_id: UUID) -> AssistantOut:
    """Raises `NotFound`."""
    return await _shown(db, tenant_id, await _found(db, tenant_id, assistant_id))


async def change_assistant(
    resources: Resources, db: AsyncSession, tenant_id: UUID, assistant_id: UUID, patch: AssistantPatch
) -> AssistantOut:
    """Change the draft; contacts meet it once it is published. Raises `NotFound`, `Invalid`."""
    row = await _found(db, tenant_id, assistant_id, lock=True)
    changes = patch.changes()
    offered = await manage_tools.names(resources, db, tenant_id) if "tools" in changes else frozenset[str]()
    _check(row, changes, offered)
    for name, value in changes.items():
        setattr(row, name, value)
    if changes:
        row.updated_at = utcnow()
        await db.flush()
    return await _shown(db, tenant_id, row)


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


async def publish(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, by: str | None) -> AssistantOut:
    """Make the draft what contacts meet from the next turn on. `by` is shown in the list of versions. Raises
    `NotFound`; two at once are numbered one after the other."""
    row = await _found(db, tenant_id, assistant_id, lock=True)
    await _publish(db, row, await repository.last_number(db, tenant_id, assistant_id) + 1, by)
    return await _shown(db, tenant_id, row)


async def _publish(db: AsyncSession, row: Assistant, number: int, by: str | None) -> None:
    now = utcnow()
    db.add(
        AssistantVersion(
            id=new_id(),
            tenant_id=row.tenant_id,
            assistant_id=row.id,
            number=number,
            fields={name: getattr(row, name) for name in FIELDS},
            published_by=by,
            published_at=now,
        )
    )
    row.published_version, row.published_at = number, now
    await db.flush()
    await set_responder(db, row.tenant_id, row.id, number, row.quiet_seconds, row.max_wait_seconds, row.enabled)


async def list_versions(
    cursors: Cursors, db: AsyncSession, tenant_id: UUID, assistant_id: UUID, cursor: str | None, limit: int
) -> VersionPage:
    """Newest first. Raises `NotFound`."""
    await _found(db, tenant_id, assistant_id)
    scope = f"versions {assistant_id}"
    seen = cursors.decode(tenant_id, scope, cursor, (int,))
    rows = list(await repository.list_versions(db, tenant_id, assistant_id, seen[0] if seen else None, limit + 1))
    more, rows = len(rows) > limit, rows[:limit]
    return VersionPage(
        items=[
            VersionOut(
                number=row.number, published_at=row.published_at, published_by=row.published_by, fields=row.fields
            )
            for row in rows
        ],
        next_cursor=cursors.encode(tenant_id, scope, (rows[-1].number,)) if more else None,
    )


async def trace_of_message(
    db: AsyncSession, tenant_id: UUID, message_id: UUID, usd_brl_rate: Decimal | None = None
) -> TraceOut:
    """Raises `NotFound` for a message that is not there and for one that no assistant wrote."""
    trace_id = await read.trace_id_of(db, tenant_id, message_id)
    trace = await repository.get_trace(db, tenant_id, trace_id) if trace_id is not None else None
    if trace is None:
        raise NotFound
    return _trace_out(trace, usd_brl_rate)


async def new_tenant(resources: Resources, db: AsyncSession, tenant_id: UUID) -> None:
    """A tenant's first assistant, published, answering on all channels. In sign-up's transaction."""
    row = Assistant(
        id=new_id(),
        tenant_id=tenant_id,
        name=DEFAULT_NAME,
        instructions=DEFAULT_INSTRUCTIONS,
        tone="warm",
        model=resources.settings.model.name,
        fallback_models=[],
        quiet_seconds=4.0,
        max_wait_seconds=20.0,
        handoff_keywords=[],
        enabled=True,
        tools=list(DEFAULT_TOOLS),
        contact_fields=[],
    )
    db.add(row)
    await db.flush()
    await _publish(db, row, 1, None)


async def _found(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, *, lock: bool = False) -> Assistant:
    row = await repository.get_assistant(db, tenant_id, assistant_id, lock=lock)
    if row is None:
        raise NotFound
    return row


async def _shown(db: AsyncSession, tenant_id: UUID, row: Assistant) -> AssistantOut:
    return _out(row, (await repository.published_of(db, tenant_id, [row])).get(row.id))


def _out(row: Assistant, published: dict[str, Any] | None) -> AssistantOut:
    draft: dict[str, Any] = {name: getattr(row, name) for name in FIELDS}
    return AssistantOut(
        id=row.id,
        published_version=row.published_version,
        published_at=row.published_at,
        dirty=published is None or any(draft[name] != published.get(name) for name in FIELDS),
        updated_at=row.updated_at,
        **draft,
    )


def _trace_out(row: Trace, usd_brl_rate: Decimal | None) -> TraceOut:
    fields = {name: getattr(row, name) for name in TraceOut.__struct_fields__ if name != "cost_micro_brl"}
    cost = row.cost_micro_usd
    fields["cost_micro_brl"] = round(cost * usd_brl_rate) if cost is not None and usd_brl_rate is not None else None
    return msgspec.convert(fields, TraceOut)
