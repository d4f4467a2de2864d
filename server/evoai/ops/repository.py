"""Every query of operations: ledger, stored events, dead letters, queues, recounts. They read tables of the rooms below
and change none but those of the kit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.db import SCHEMA
from evoai.kit.idempotency import IdempotencyKey
from evoai.kit.ids import first_id_at
from evoai.kit.outbox import DeadLetter, OutboxEntry

# What became of an event `e`: each falls into exactly one class. A message's is that of the turn that speaks to it: the
# first to end behind it, or, where that one was not answered (a person took over and gave back), the latest. What came
# after an open turn's longest wait is the next turn's, which opens when that one ends. Sub-selects, so that each is one
# step in an index and is only made for rows that get so far.
_CLASS = f"""
case
  when e.state = 'received' then 'pending'
  when e.state in ('quarantined', 'dead', 'ignored') then e.state
  when e.reason = 'old' then 'ignored'
  when e.signal then 'signals'
  else coalesce((
    select case
        when m.type = 'reaction' then 'signals'
        when m.direction = 'out' then 'handed_over'
        else coalesce(
          (select case when t.closed_at is null then 'pending' when t.outcome = 'answered' then 'answered' end
             from {SCHEMA}.turns t
            where t.tenant_id = :tenant_id and t.conversation_id = m.conversation_id
              and t.last_in_seq >= m.seq and t.first_in_seq <= m.seq
            order by t.last_in_seq limit 1),
          (select case when t.closed_at is null then 'pending' when t.outcome = 'answered' then 'answered'
                  else 'handed_over' end
             from {SCHEMA}.turns t
            where t.tenant_id = :tenant_id and t.conversation_id = m.conversation_id
              and t.last_in_seq >= m.seq and t.first_in_seq <= m.seq
            order by t.last_in_seq desc limit 1),
          (select 'pending' from {SCHEMA}.turns t
            where t.tenant_id = :tenant_id and t.conversation_id = m.conversation_id
              and t.closed_at is null and t.last_in_seq < m.seq),
          'handed_over')
        end
      from {SCHEMA}.messages m where m.tenant_id = :tenant_id and m.id = e.message_id), 'handed_over')
end
"""  # noqa: S608

# The id of an event is made when it comes in; an hour on both sides is more than clocks differ in one process.
_SLACK = timedelta(hours=1)

_LEDGER = text(f"""
select day, channel_id, class, case when class = 'ignored' then coalesce(reason, 'unknown') end as reason,
       count(*) as events, count(*) filter (where state = 'processed') as processed
  from (select e.channel_id, e.state, e.reason, width_bucket(e.received_at, cast(:days as timestamptz[])) as day,
               {_CLASS} as class
          from {SCHEMA}.channel_events e
         where e.tenant_id = :tenant_id and e.id >= :low and e.id < :high
           and e.received_at >= :since and e.received_at < :until
        -- Keeps the planner from working the class out twice.
        offset 0) as told
 group by 1, 2, 3, 4
 order by 1, 2
""")  # noqa: S608


def _span(since: datetime, until: datetime) -> dict[str, Any]:
    return {"low": first_id_at(since - _SLACK), "high": first_id_at(until + _SLACK), "since": since, "until": until}


async def ledger(db: AsyncSession, tenant_id: UUID, days: Sequence[datetime]) -> Sequence[Any]:
    """Counts by number of the day (from 1), channel, class and, of ignored ones, reason. `days` are the moments at
    which the days begin, and the one at which the last ends."""
    values = {"tenant_id": tenant_id, "days": list(days), **_span(days[0], days[-1])}
    return (await db.execute(_LEDGER, values)).all()


_EVENT = f"""
select e.id, e.channel_id, e.kind, e.state, e.reason, e.attempts, e.received_at, e.next_at, e.processed_at, e.error,
       e.message_id, (select m.conversation_id from {SCHEMA}.messages m
                       where m.tenant_id = :tenant_id and m.id = e.message_id) as conversation_id,
       {_CLASS} as class
  from {SCHEMA}.channel_events e
 where e.tenant_id = :tenant_id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What a list of events is narrowed to. `day` is when it begins and ends."""

    state: str | None = None
    outcome: str | None = None
    channel_id: UUID | None = None
    day: tuple[datetime, datetime] | None = None
    reason: str | None = None


# A class says something about the state, and a state has an index or at least spares the look at the message.
_STATES_OF = {
    "signals": ("processed",),
    "answered": ("processed",),
    "handed_over": ("processed",),
    "ignored": ("ignored", "processed"),
    "pending": ("received", "processed"),
    "quarantined": ("quarantined",),
    "dead": ("dead",),
}


# Few events are pending and nearly all were processed: what open turns may speak to is looked up once.
_MAY_BE_PENDING = f"""
 and (e.state = 'received' or e.message_id in (
   select m.id from {SCHEMA}.turns t
     join {SCHEMA}.messages m on m.tenant_id = t.tenant_id and m.conversation_id = t.conversation_id
      and m.seq >= t.first_in_seq
    where t.tenant_id = :tenant_id and t.closed_at is null))
"""  # noqa: S608


async def events_page(
    db: AsyncSession, tenant_id: UUID, wanted: EventFilter, before: UUID | None, limit: int
) -> Sequence[Any]:
    """Newest first."""
    values: dict[str, Any] = {"tenant_id": tenant_id, "limit": limit}
    where = ""
    if wanted.state is not None:
        where += f" and e.state = '{wanted.state}'" if wanted.state in _STATES else " and false"
    if wanted.outcome is not None:
        where += f" and e.state in ({', '.join(repr(state) for state in _STATES_OF[wanted.outcome])})"
        where += f" and {_CLASS} = :outcome"
        values["outcome"] = wanted.outcome
    if wanted.outcome == "pending":
        where += _MAY_BE_PENDING
    if wanted.channel_id is not None:
        where += " and e.channel_id = :channel_id"
        values["channel_id"] = wanted.channel_id
    if wanted.reason is not None:
        where += " and e.reason = :reason"
        values["reason"] = wanted.reason
    if wanted.day is not None:
        where += " and e.id >= :low and e.id < :high and e.received_at >= :since and e.received_at < :until"
        values |= _span(*wanted.day)
    if before is not None:
        where += " and e.id < :before"
        values["before"] = before
    return (await db.execute(text(f"{_EVENT}{where} order by e.id desc limit :limit"), values)).all()


# Written as literals: a partial index is only used where the statement itself says its state.
_STATES = frozenset({"received", "processed", "ignored", "quarantined", "dead"})


async def event(db: AsyncSession, tenant_id: UUID, event_id: UUID) -> Any | None:
    values = {"tenant_id": tenant_id, "event_id": event_id}
    return (await db.execute(text(f"{_EVENT} and e.id = :event_id"), values)).one_or_none()


async def letters_page(
    db: AsyncSession, tenant_id: UUID, *, closed: bool | None, before: UUID | None, limit: int
) -> Sequence[DeadLetter]:
    """Newest first."""
    query = select(DeadLetter).where(DeadLetter.tenant_id == tenant_id)
    if closed is not None:
        query = query.where(DeadLetter.closed_at.is_not(None) if closed else DeadLetter.closed_at.is_(None))
    if before is not None:
        query = query.where(DeadLetter.id < before)
    return (await db.scalars(query.order_by(DeadLetter.id.desc()).limit(limit))).all()


async def letter(db: AsyncSession, tenant_id: UUID, letter_id: UUID) -> DeadLetter | None:
    """Locked, so that of two who decide about it one is told that it is closed."""
    return await db.scalar(
        select(DeadLetter).where(DeadLetter.tenant_id == tenant_id, DeadLetter.id == letter_id).with_for_update()
    )


async def forget_done(db: AsyncSession, tenant_id: UUID, entries: datetime, letters: datetime, limit: int) -> int:
    """Delete what was done before `entries`, letters closed before `letters` and idempotency keys past their time,
    `limit` of each at most; how many of the kind with most. What an open letter is about stays, to be done again."""
    spared = select(DeadLetter.ref_id).where(
        DeadLetter.tenant_id == tenant_id, DeadLetter.kind == "outbox", DeadLetter.closed_at.is_(None)
    )
    old: tuple[tuple[Any, tuple[Any, ...]], ...] = (
        (OutboxEntry, (OutboxEntry.done_at < entries, OutboxEntry.id.not_in(spared))),
        (DeadLetter, (DeadLetter.closed_at < letters,)),
        (IdempotencyKey, (IdempotencyKey.expires_at < func.now(),)),
    )
    most = 0
    for table, where in old:
        ids = select(table.id).where(table.tenant_id == tenant_id, *where).order_by(table.id).limit(limit)
        gone = await db.scalars(
            delete(table)
            .where(table.tenant_id == tenant_id, table.id.in_(ids))
            .returning(table.id)
            .execution_options(synchronize_session=False)
        )
        most = max(most, len(gone.all()))
    return most


# By queue: how much is due, since when, how much is being worked. What waits for its time is not due.
_QUEUES = """
select 'message' as queue, count(*) as due, extract(epoch from now() - min(e.next_at)) as age, 0 as running
  from {schema}.channel_events e where e.state = 'received' and e.next_at <= now(){e}
union all
select 'message', 0, null, count(*) filter (where t.attempts = 0 and v.lease_until > now())
  from {schema}.turns t join {schema}.conversations v on v.tenant_id = t.tenant_id and v.id = t.conversation_id
 where t.closed_at is null{t}
union all
select 'reply', count(*) filter (where t.due_at <= now() and (v.lease_until is null or v.lease_until <= now())),
       extract(epoch from now() - min(t.due_at) filter (
         where t.due_at <= now() and (v.lease_until is null or v.lease_until <= now()))),
       count(*) filter (where t.attempts > 0 and v.lease_until > now())
  from {schema}.turns t join {schema}.conversations v on v.tenant_id = t.tenant_id and v.id = t.conversation_id
 where t.closed_at is null{t}
union all
select 'delivery', count(*) filter (where d.due_at <= now()),
       extract(epoch from now() - min(d.due_at) filter (where d.due_at <= now())),
       count(*) filter (where d.state = 'attempting' and d.due_at > now())
  from {schema}.deliveries d where d.state in ('ready', 'attempting'){d}
union all
select 'maintenance', count(*), extract(epoch from now() - min(o.next_at)), 0
  from {schema}.outbox o where o.done_at is null and o.next_at <= now(){o}
"""
_DEAD = "select l.kind, count(*) as letters from {schema}.dead_letters l where l.closed_at is null{l} group by l.kind"


def _scoped(sql: str, tenant_id: UUID | None) -> Any:
    scopes = {alias: "" if tenant_id is None else f" and {alias}.tenant_id = :tenant_id" for alias in "etdol"}
    return text(sql.format(schema=SCHEMA, **scopes))


async def queues(db: AsyncSession, tenant_id: UUID | None) -> Sequence[Any]:
    """Rows of (queue, due, age, running), several of one queue to be added up; everybody's without a tenant, which
    needs a system session."""
    return (await db.execute(_scoped(_QUEUES, tenant_id), _of(tenant_id))).all()


async def open_letters(db: AsyncSession, tenant_id: UUID | None) -> dict[str, int]:
    """How many by kind."""
    rows = await db.execute(_scoped(_DEAD, tenant_id), _of(tenant_id))
    return {row.kind: row.letters for row in rows}


def _of(tenant_id: UUID | None) -> dict[str, Any]:
    return {} if tenant_id is None else {"tenant_id": tenant_id}


_TOKENS, _COST = "t.input_tokens + t.output_tokens", "t.cost_micro_usd"


def _spent(what: str, until: str = "") -> str:
    """What the month's paid calls took: those that traces tell of, and those that charges do."""
    of = (
        f"select {what} as amount from {SCHEMA}.{table} t"  # noqa: S608
        f" where t.tenant_id = :tenant_id and t.id >= :low and t.created_at >= :since{until}"
        for table in ("traces", "charges")
    )
    return f"(select coalesce(sum(s.amount), 0) from ({' union all '.join(of)}) s)"  # noqa: S608


# What is used and what is there, in one statement and so of one moment: both change in the same transactions. A month's
# messages count by their own time, and those of its first seconds may have been counted in the month before.
_COUNTED = text(f"""
select q.kind, q.used,
       case q.kind
         when 'channels' then (select count(*) from {SCHEMA}.channels c
                                where c.tenant_id = :tenant_id and c.deleted_at is null)
         when 'contacts' then (select count(*) from {SCHEMA}.contacts c
                                where c.tenant_id = :tenant_id and not c.over_limit)
         when 'documents' then (select count(*) from {SCHEMA}.documents d
                                 where d.tenant_id = :tenant_id and d.deleted_at is null)
         when 'assistant_tokens' then {_spent(_TOKENS)}
         when 'assistant_cost' then {_spent(_COST)}
         else (select count(*) from {SCHEMA}.messages m
                where m.tenant_id = :tenant_id and m.id >= :low and m.author = 'assistant' and m.created_at >= :since)
       end as there,
       case q.kind
         when 'messages' then (
           select count(*) from {SCHEMA}.messages m
            where m.tenant_id = :tenant_id and m.id >= :low and m.id < :early
              and m.author = 'assistant' and m.created_at >= :since)
         when 'assistant_tokens' then {_spent(_TOKENS, " and t.created_at < :soon")}
         when 'assistant_cost' then {_spent(_COST, " and t.created_at < :soon")}
         else 0 end as early
  from {SCHEMA}.quotas q
 where q.tenant_id = :tenant_id
   and (q.kind in ('channels', 'contacts', 'documents') or (q.kind in ('messages', 'assistant_tokens', 'assistant_cost')
     and q.period = :period))
""")  # noqa: S608
_EARLY = timedelta(seconds=10)


async def counted(db: AsyncSession, tenant_id: UUID, month: datetime) -> Sequence[Any]:
    """Rows of (kind, used, there, early): `early` of the messages that are there may belong to the month before."""
    values = {
        "tenant_id": tenant_id,
        "since": month,
        "period": month.date(),
        "low": first_id_at(month - _SLACK),
        "early": first_id_at(month + _EARLY),
        "soon": month + _EARLY,
    }
    return (await db.execute(_COUNTED, values)).all()
