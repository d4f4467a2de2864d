"""Queries on turns and deliveries that are taken up again: by the sweep, by `reply` and by `delivery`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.inbox.models.contacts import Contact
from evoai.inbox.models.conversations import Conversation, Responder, Turn
from evoai.inbox.models.messages import Delivery, Message
from evoai.inbox.service.turns import LINES, SUSPECT, Business, Line
from evoai.kit import metrics
from evoai.kit.db import SCHEMA

_RETRY_UNSYNCED = {"synchronize_session": False}


async def due_turns(db: AsyncSession) -> Sequence[tuple[str, str]]:
    """Open turns whose quiet window is over, which wait for no file and whose conversation nobody holds."""
    rows = await db.execute(
        select(Turn.tenant_id, Turn.id)
        .join(Conversation, (Conversation.tenant_id == Turn.tenant_id) & (Conversation.id == Turn.conversation_id))
        .where(
            Turn.closed_at.is_(None),
            Turn.due_at <= func.now(),
            or_(Turn.waits_until.is_(None), Turn.waits_until <= func.now()),
            or_(Conversation.lease_until.is_(None), Conversation.lease_until < func.now()),
        )
        .order_by(Turn.due_at)
        .limit(200)
    )
    return [(str(tenant_id), str(turn_id)) for tenant_id, turn_id in rows]


async def due_deliveries(db: AsyncSession) -> Sequence[tuple[str, str]]:
    """Conversations with something ready to send, whose turn it is longest first."""
    rows = await db.execute(
        select(Delivery.tenant_id, Delivery.conversation_id)
        .where(Delivery.state == "ready", Delivery.due_at <= func.now())
        .group_by(Delivery.tenant_id, Delivery.conversation_id)
        .order_by(func.min(Delivery.due_at))
        .limit(500)
    )
    return [(str(tenant_id), str(conversation_id)) for tenant_id, conversation_id in rows]


async def doubtful_deliveries(db: AsyncSession) -> Sequence[tuple[str, str]]:
    """Sends without an outcome, past the moment from which a provider's 'no' counts."""
    rows = await db.execute(
        select(Delivery.tenant_id, Delivery.id)
        .where(Delivery.state == "attempting", Delivery.due_at <= func.now())
        .order_by(Delivery.due_at)
        .limit(500)
    )
    return [(str(tenant_id), str(delivery_id)) for tenant_id, delivery_id in rows]


async def conversation_of(db: AsyncSession, tenant_id: UUID, turn_id: UUID) -> UUID | None:
    return await db.scalar(select(Turn.conversation_id).where(Turn.tenant_id == tenant_id, Turn.id == turn_id))


async def claim_turn(
    db: AsyncSession, tenant_id: UUID, turn_id: UUID, owner: str, lease: float
) -> tuple[Turn, Conversation] | None:
    """Take an open turn up: its conversation is locked and leased, the fence raised, a death under the lease counted.
    None if it is closed, held, or being taken by somebody else at this moment."""
    turn = await db.scalar(select(Turn).where(Turn.tenant_id == tenant_id, Turn.id == turn_id))
    if turn is None:
        return None
    conversation = await db.scalar(
        select(Conversation)
        .where(
            Conversation.tenant_id == tenant_id,
            Conversation.id == turn.conversation_id,
            or_(Conversation.lease_until.is_(None), Conversation.lease_until < func.now()),
        )
        .with_for_update(skip_locked=True)
    )
    if conversation is None:
        return None
    await db.refresh(turn)
    now = (await db.execute(select(func.now()))).scalar_one()
    if turn.closed_at is not None or turn.due_at > now or (turn.waits_until is not None and turn.waits_until > now):
        return None
    if conversation.lease_owner is not None:
        # Who gave it back, or failed, said so: a lease that ran out belonged to a process that died.
        turn.deaths = turn.deaths + 1 if turn.alone else min(turn.deaths + 1, SUSPECT)
    turn.alone = False
    conversation.fence += 1
    # Whoever ends a lease in order names no owner any more.
    metrics.lease_expired.inc(conversation.lease_owner is not None)
    conversation.lease_owner = owner
    await db.execute(
        update(Conversation)
        .where(Conversation.tenant_id == tenant_id, Conversation.id == conversation.id)
        .values(lease_until=func.now() + timedelta(seconds=lease))
        .execution_options(**_RETRY_UNSYNCED)
    )
    return turn, conversation


async def lines(
    db: AsyncSession, tenant_id: UUID, conversation_id: UUID, first_in_seq: int, last_seq: int
) -> list[Line]:
    """The messages that a turn may speak from, newest first: the last `LINES` up to `last_seq`, and however many it
    waits to speak to."""
    rows = await db.execute(
        select(
            Message.seq,
            Message.author,
            Message.type,
            Message.text,
            Message.transcript,
            func.coalesce(Message.provider_at, Message.created_at),
        )
        .where(
            Message.tenant_id == tenant_id,
            Message.conversation_id == conversation_id,
            Message.seq <= last_seq,
            Message.deleted_at.is_(None),
            Message.status != "failed",
        )
        .order_by(Message.seq.desc())
        .limit(max(LINES, last_seq - first_in_seq + 1))
    )
    return [
        Line(seq=seq, author=author, type=kind, text=text_, transcript=transcript, at=at)
        for seq, author, kind, text_, transcript, at in rows
    ]


async def contact_of(db: AsyncSession, tenant_id: UUID, contact_id: UUID) -> Contact | None:
    return await db.scalar(select(Contact).where(Contact.tenant_id == tenant_id, Contact.id == contact_id))


async def responder_of(db: AsyncSession, tenant_id: UUID) -> Responder | None:
    return await db.scalar(select(Responder).where(Responder.tenant_id == tenant_id))


async def business_of(db: AsyncSession, tenant_id: UUID) -> Business:
    """The tenant's profile, from the table of the room below."""
    row = (
        await db.execute(
            text(
                f"select name, time_zone, language, description, business_hours from {SCHEMA}.tenants"  # noqa: S608
                " where id = :tenant_id"
            ),
            {"tenant_id": tenant_id},
        )
    ).one()
    return Business(
        name=row.name,
        time_zone=row.time_zone,
        language=row.language,
        description=row.description,
        business_hours=row.business_hours,
    )


_CLAIM_DELIVERY = text(f"""
update {SCHEMA}.deliveries d
   set state = 'attempting', attempt = d.attempt + 1,
       deadline = now() + make_interval(secs => :send), due_at = now() + make_interval(secs => :send + :settle)
 where d.tenant_id = :tenant_id and d.state = 'ready' and d.due_at <= now()
   and d.id = (select n.id from {SCHEMA}.deliveries n
                where n.tenant_id = :tenant_id and n.conversation_id = :conversation_id
                  and n.state in ('ready', 'attempting')
                order by n.seq limit 1)
returning d.id, d.attempt, d.message_id, d.channel_id, d.created_at
""")  # noqa: S608


async def claim_delivery(
    db: AsyncSession, tenant_id: UUID, conversation_id: UUID, send: float, settle: float
) -> Any | None:
    """Make the conversation's earliest unsettled delivery `attempting`, if it is ready: sends are serial, by the
    deliveries' own states."""
    return (
        await db.execute(
            _CLAIM_DELIVERY,
            {"tenant_id": tenant_id, "conversation_id": conversation_id, "send": send, "settle": settle},
        )
    ).one_or_none()


async def outgoing_of(db: AsyncSession, tenant_id: UUID, message_id: UUID) -> Any | None:
    """What a message to send holds, its author, its address, and whether its contact wants to be left alone."""
    return (
        await db.execute(
            select(
                Message.type,
                Message.text,
                Message.media_id,
                Message.extra,
                Message.author,
                Message.quoted_id,
                Conversation.address,
                Conversation.last_in_at,
                Conversation.id,
                Contact.opted_out_at.is_not(None).label("opted_out"),
            )
            .join(
                Conversation,
                (Conversation.tenant_id == Message.tenant_id) & (Conversation.id == Message.conversation_id),
            )
            .join(Contact, (Contact.tenant_id == Conversation.tenant_id) & (Contact.id == Conversation.contact_id))
            .where(Message.tenant_id == tenant_id, Message.id == message_id)
        )
    ).one_or_none()


async def delivery(db: AsyncSession, tenant_id: UUID, delivery_id: UUID) -> Delivery | None:
    return await db.scalar(select(Delivery).where(Delivery.tenant_id == tenant_id, Delivery.id == delivery_id))


async def set_doubtful(db: AsyncSession, tenant_id: UUID, delivery_id: UUID, of_attempt: int, **values: Any) -> bool:
    """Change a delivery that is still in doubt over attempt number `of_attempt`; whether it was."""
    changed = await db.scalar(
        update(Delivery)
        .where(
            Delivery.tenant_id == tenant_id,
            Delivery.id == delivery_id,
            Delivery.attempt == of_attempt,
            Delivery.state == "attempting",
        )
        .values(**values)
        .returning(Delivery.id)
        .execution_options(**_RETRY_UNSYNCED)
    )
    return changed is not None


async def open_one(db: AsyncSession, **values: Any) -> bool:
    """Open a turn in a locked conversation that has no open one. A turn that ended without speaking to this message (a
    person took over, and gave it back) begins anew, under a new id."""
    statement = insert(Turn).values(
        waits_until=None, attempts=0, deaths=0, alone=False, closed_at=None, outcome=None, **values
    )
    again = {name: statement.excluded[name] for name in ("id", *_BEGUN)}
    opened = await db.scalar(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "conversation_id", "last_in_seq"],
            set_=again,
            where=Turn.closed_at.is_not(None),
        ).returning(Turn.id)
    )
    return opened is not None


_BEGUN = (
    "first_in_seq",
    "opened_at",
    "due_at",
    "max_due_at",
    "waits_until",
    "attempts",
    "deaths",
    "alone",
    "closed_at",
    "outcome",
)


async def has_open(db: AsyncSession, tenant_id: UUID, channel_id: UUID, contact_id: UUID) -> bool:
    found = await db.scalar(
        select(Conversation.id).where(
            Conversation.tenant_id == tenant_id,
            Conversation.channel_id == channel_id,
            Conversation.contact_id == contact_id,
            Conversation.state != "resolved",
        )
    )
    return found is not None


async def give_back(db: AsyncSession, tenant_id: UUID, conversation_id: UUID, fence: int) -> bool:
    """End a lease that is still of `fence`; whether it was."""
    mine = await db.scalar(
        update(Conversation)
        .where(Conversation.tenant_id == tenant_id, Conversation.id == conversation_id, Conversation.fence == fence)
        .values(lease_owner=None, lease_until=None)
        .returning(Conversation.id)
        .execution_options(**_RETRY_UNSYNCED)
    )
    return mine is not None


async def open_turn(db: AsyncSession, tenant_id: UUID, turn_id: UUID) -> Turn | None:
    return await db.scalar(
        select(Turn).where(Turn.tenant_id == tenant_id, Turn.id == turn_id, Turn.closed_at.is_(None))
    )


async def note_alone(db: AsyncSession, tenant_id: UUID, turn_id: UUID, fence: int) -> bool:
    """Note that a suspect is answered alone from now on, if its conversation is still of `fence`; whether it was."""
    mine = await db.scalar(
        update(Turn)
        .where(
            Turn.tenant_id == tenant_id,
            Turn.id == turn_id,
            Turn.closed_at.is_(None),
            Conversation.tenant_id == tenant_id,
            Conversation.id == Turn.conversation_id,
            Conversation.fence == fence,
        )
        .values(alone=True)
        .returning(Turn.id)
        .execution_options(**_RETRY_UNSYNCED)
    )
    return mine is not None


async def postpone_turn(db: AsyncSession, tenant_id: UUID, turn_id: UUID, seconds: float) -> None:
    await db.execute(
        update(Turn)
        .where(Turn.tenant_id == tenant_id, Turn.id == turn_id, Turn.closed_at.is_(None))
        .values(due_at=func.now() + timedelta(seconds=seconds))
        .execution_options(**_RETRY_UNSYNCED)
    )


async def next_ready(db: AsyncSession, tenant_id: UUID, conversation_id: UUID) -> Any | None:
    """The conversation's earliest unsettled delivery, if it is ready; in `wait` the seconds until it is due."""
    row = (
        await db.execute(
            select(
                Delivery.channel_id,
                Delivery.created_at,
                Delivery.state,
                Delivery.opening,
                Message.author,
                Message.media_id,
                Conversation.address,
                func.extract("epoch", Delivery.due_at - func.now()).label("wait"),
            )
            .join(Message, (Message.tenant_id == Delivery.tenant_id) & (Message.id == Delivery.message_id))
            .join(
                Conversation,
                (Conversation.tenant_id == Delivery.tenant_id) & (Conversation.id == Delivery.conversation_id),
            )
            .where(
                Delivery.tenant_id == tenant_id,
                Delivery.conversation_id == conversation_id,
                Delivery.state.in_(("ready", "attempting")),
            )
            .order_by(Delivery.seq)
            .limit(1)
        )
    ).one_or_none()
    return row if row is not None and row.state == "ready" else None


async def put_off(db: AsyncSession, tenant_id: UUID, conversation_id: UUID, seconds: float) -> None:
    """Look at what the conversation has ready later."""
    await db.execute(
        update(Delivery)
        .where(
            Delivery.tenant_id == tenant_id,
            Delivery.conversation_id == conversation_id,
            Delivery.state == "ready",
            Delivery.due_at <= func.now(),
        )
        .values(due_at=func.now() + timedelta(seconds=seconds))
        .execution_options(**_RETRY_UNSYNCED)
    )
