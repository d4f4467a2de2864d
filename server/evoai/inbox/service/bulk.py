"""Many contacts at once: taken from a CSV, all good lines in one transaction, and given as one, page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing import service as billing
from evoai.inbox.events import contact_updated
from evoai.inbox.models.contacts import Contact
from evoai.inbox.repository import contacts as sql
from evoai.inbox.schemas.contacts import ImportErrorOut, ImportOut
from evoai.inbox.service import csv_lines, search
from evoai.inbox.service.csv_lines import Line
from evoai.kit import phones
from evoai.kit.db import new_id, utcnow
from evoai.kit.errors import Conflict
from evoai.kit.events import emit
from evoai.tenants import audit

if TYPE_CHECKING:
    from evoai.resources import Resources
    from evoai.tenants.audit import Actor

MAX_FILE = 5 * 1024 * 1024
_SHOWN_ERRORS = 200
_TOLD = 50
"""Beyond this many, clients are not told of each; whoever imports fetches again."""
_PAGE = 1000
_FIXED = ("id", "name", "phone", "tags", "username", "opted_out_at", "blocked_at", "created_at")


class _DryRun(Exception):
    """Takes back all that was done."""


async def take_in(resources: Resources, actor: Actor, raw: bytes, *, dry_run: bool) -> ImportOut:
    """New phones become contacts, known ones get what they lack. Raises `Invalid` for a file that is no table, and
    `LimitReached`, for a dry run too, if not all that are new have room: then none is taken."""
    lines = csv_lines.read(raw)
    good = [line for line in lines if line.error is None]
    tenant_id = actor.principal.tenant_id
    created = updated = 0
    try:
        async with resources.db.tenant_session(tenant_id) as db:
            known = await _known(db, tenant_id, good)
            new = [line for line in good if phones.canonical(line.digits) not in known]
            if new:
                await billing.take(db, tenant_id, "contacts", len(new), publisher=resources.publisher)
            ids = await _add(db, tenant_id, new)
            changed = await _complete(
                db, tenant_id, [line for line in good if phones.canonical(line.digits) in known], known
            )
            created, updated = len(ids), len(changed)
            if dry_run:
                raise _DryRun
            await audit.note(db, actor, "contacts.import", "contact", None, {"created": created, "updated": updated})
            emit(db, resources.publisher, *(contact_updated(tenant_id, one) for one in [*ids, *changed][:_TOLD]))
    except _DryRun:
        pass
    failed = [(line.number, *line.error) for line in lines if line.error is not None]
    return ImportOut(
        dry_run=dry_run,
        lines=len(lines),
        created=created,
        updated=updated,
        unchanged=len(good) - created - updated,
        failed=len(failed),
        errors=[ImportErrorOut(line=line, code=code, detail=detail) for line, code, detail in failed[:_SHOWN_ERRORS]],
    )


async def _known(db: AsyncSession, tenant_id: UUID, lines: Sequence[Line]) -> dict[str, UUID]:
    found: dict[str, UUID] = {}
    for some in _slices(lines):
        found |= await sql.by_phones(db, tenant_id, [phones.canonical(line.digits) for line in some])
    return found


async def _add(db: AsyncSession, tenant_id: UUID, lines: Sequence[Line]) -> list[UUID]:
    ids: list[UUID] = []
    for some in _slices(lines):
        now = utcnow()
        rows = [(new_id(), line) for line in some]
        made = [
            {
                "tenant_id": tenant_id,
                "id": contact_id,
                "name": line.name,
                "phone": phones.shown(line.digits),
                "tags": line.tags,
                "fields": line.fields,
                "created_at": now,
                "updated_at": now,
            }
            for contact_id, line in rows
        ]
        numbers = [(contact_id, phones.canonical(line.digits), line.digits) for contact_id, line in rows]
        if not await sql.add(db, tenant_id, made, numbers):
            raise Conflict("conflict", "One of these contacts wrote at this moment; try again")
        words = [
            (tenant_id, contact_id, word)
            for contact_id, line in rows
            for word in search.words_of(line.name, [phones.canonical(line.digits)], None, line.tags)
        ]
        await sql.add_words(db, words)
        ids += [contact_id for contact_id, _ in rows]
    return ids


async def _complete(db: AsyncSession, tenant_id: UUID, lines: Sequence[Line], known: dict[str, UUID]) -> list[UUID]:
    """Give known contacts a name if they have none, further tags, and fields as the file has them."""
    changed: dict[UUID, list[str]] = {}
    for some in _slices(lines):
        by_id = {known[phones.canonical(line.digits)]: line for line in some}
        for contact in await sql.lock(db, tenant_id, by_id):
            line = by_id[contact.id]
            tags = list(dict.fromkeys([*contact.tags, *line.tags]))
            fields: dict[str, Any] = contact.fields | line.fields
            name = contact.name or line.name
            if (name, tags, fields) != (contact.name, contact.tags, contact.fields):
                contact.name, contact.tags, contact.fields, contact.updated_at = name, tags, fields, utcnow()
                changed[contact.id] = search.words_of(name, [], None, line.tags)
    await db.flush()
    await sql.add_words(db, [(tenant_id, one, word) for one, words in changed.items() for word in words])
    return list(changed)


def _slices(lines: Sequence[Line]) -> list[Sequence[Line]]:
    return [lines[first : first + _PAGE] for first in range(0, len(lines), _PAGE)]


async def give_out(
    resources: Resources, actor: Actor, *, typed: str | None, tag: str | None, opted_out: bool | None
) -> AsyncGenerator[bytes]:
    """All contacts that match as CSV, newest first, in a transaction a page, so that a slow reader holds nothing."""
    tenant_id = actor.principal.tenant_id
    async with resources.db.tenant_session(tenant_id) as db:
        await audit.note(db, actor, "contacts.export", "contact", None, {"filtered": bool(typed or tag or opted_out)})
        names = await sql.field_names(db, tenant_id)
    # The mark by which spreadsheets know UTF-8.
    yield ("\ufeff" + csv_lines.write([[*_FIXED, *names]])).encode()
    before: UUID | None = None
    while True:
        async with resources.db.tenant_session(tenant_id) as db:
            rows = await sql.page(db, tenant_id, typed=typed, tag=tag, opted_out=opted_out, before=before, limit=_PAGE)
        if rows:
            yield csv_lines.write([_cells(row, names) for row in rows]).encode()
        if len(rows) < _PAGE:
            return
        before = rows[-1].id


def _cells(row: Contact, names: Sequence[str]) -> list[str]:
    times = (row.opted_out_at, row.blocked_at, row.created_at)
    told = [at.isoformat(timespec="seconds") if at else "" for at in times]
    fields = ["" if (value := row.fields.get(name)) is None else str(value) for name in names]
    return [str(row.id), row.name, row.phone or "", ",".join(map(str, row.tags)), row.username or "", *told, *fields]
