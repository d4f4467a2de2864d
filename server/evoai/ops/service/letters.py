"""Dead letters: work that failed for good, until a person has it done again or lets it go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.service import events as stored
from evoai.inbox.service import again as inbox
from evoai.inbox.service import media
from evoai.kit import outbox
from evoai.kit.db import utcnow
from evoai.kit.errors import Conflict, NotFound
from evoai.kit.outbox import DeadLetter
from evoai.knowledge.service import documents
from evoai.ops import repository
from evoai.ops.schemas import DeadLetterOut
from evoai.tenants import audit
from evoai.tenants.audit import Actor

if TYPE_CHECKING:
    from evoai.resources import Resources


async def _do_again(resources: Resources, db: AsyncSession, tenant_id: UUID, entry_id: UUID) -> None:
    if not await outbox.do_again(db, resources.bell, tenant_id, entry_id):
        raise Conflict("not-replayable", "Its work is no longer there")


Replay = Callable[["Resources", AsyncSession, UUID, UUID], Awaitable[object]]
_REPLAYS: dict[str, Replay] = {
    # The event is due again, as if it had just come.
    "event": stored.replay,
    # The conversation goes back to the assistant, which answers what waits.
    "turn": inbox.answer_again,
    # The entry is due again, with all its attempts.
    "outbox": _do_again,
    # The document is read from its beginning.
    "document": documents.retry,
    # The provider is asked for the file once more.
    "media": media.fetch_again,
}


async def page(
    db: AsyncSession, tenant_id: UUID, *, state: str | None, before: UUID | None, limit: int
) -> list[DeadLetterOut]:
    """Newest first."""
    closed = None if state is None else state == "closed"
    rows = await repository.letters_page(db, tenant_id, closed=closed, before=before, limit=limit)
    return [letter_out(row) for row in rows]


async def replay(resources: Resources, db: AsyncSession, actor: Actor, letter_id: UUID) -> DeadLetterOut:
    """Have the work done again and close the letter. Raises `NotFound`, `Conflict`."""
    tenant_id = actor.principal.tenant_id
    letter = await _open(db, tenant_id, letter_id)
    again = _REPLAYS.get(letter.kind)
    if again is None:
        raise Conflict("not-replayable", f"There is no doing {letter.kind[:40]} again")
    try:
        await again(resources, db, tenant_id, letter.ref_id)
    except NotFound:
        raise Conflict("not-replayable", "Its work is no longer there") from None
    return await _close(db, actor, letter, "replayed")


async def discard(db: AsyncSession, actor: Actor, letter_id: UUID) -> DeadLetterOut:
    """Close the letter; what it is about stays as it is. Raises `NotFound`, `Conflict`."""
    return await _close(db, actor, await _open(db, actor.principal.tenant_id, letter_id), "discarded")


async def _open(db: AsyncSession, tenant_id: UUID, letter_id: UUID) -> DeadLetter:
    letter = await repository.letter(db, tenant_id, letter_id)
    if letter is None:
        raise NotFound()
    if letter.closed_at is not None:
        raise Conflict("conflict", f"It was {letter.closed_as} already")
    return letter


async def _close(db: AsyncSession, actor: Actor, letter: DeadLetter, closed_as: str) -> DeadLetterOut:
    letter.closed_at, letter.closed_as = utcnow(), closed_as
    action = "dead-letters.replay" if closed_as == "replayed" else "dead-letters.discard"
    await audit.note(db, actor, action, "dead-letter", letter.id, {"kind": letter.kind, "ref_id": str(letter.ref_id)})
    await db.flush()
    return letter_out(letter)


def letter_out(row: DeadLetter) -> DeadLetterOut:
    return DeadLetterOut(
        id=row.id,
        kind=row.kind,
        ref_id=row.ref_id,
        reason=row.reason,
        created_at=row.created_at,
        closed_at=row.closed_at,
        closed_as=row.closed_as,  # type: ignore[arg-type]
    )
