"""What the message step (group transaction 2) writes, in the two forms of `kit/sql.py`; the answer step opens the next
turn by it, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from evoai.inbox.service.turns import LINES
from evoai.kit.sql import Rows, Writes, scoped

_IDS = Rows(tenant_id="uuid", id="uuid")


_CONVERSATION = Rows(
    tenant_id="uuid",
    id="uuid",
    channel_id="uuid",
    contact_id="uuid",
    state="text",
    address="text",
    last_activity_at="timestamptz",
    created_at="timestamptz",
    updated_at="timestamptz",
)


def insert_conversations(writes: Writes, rows: Sequence[Any], *, grouped: bool) -> None:
    writes.add(*_CONVERSATION.insert("conversations", rows, grouped=grouped))


_MESSAGE = Rows(
    tenant_id="uuid",
    id="uuid",
    conversation_id="uuid",
    channel_id="uuid",
    seq="int8",
    direction="text",
    author="text",
    type="text",
    text="text",
    media_id="uuid",
    extra="jsonb",
    provider_message_id="text",
    quoted_id="text",
    status="text",
    provider_at="timestamptz",
    created_at="timestamptz",
)


def insert_messages(writes: Writes, rows: Sequence[Any], *, grouped: bool) -> None:
    """`extra` is JSON text."""
    writes.add(*_MESSAGE.insert("messages", rows, grouped=grouped))


_MEDIA = Rows(
    tenant_id="uuid",
    id="uuid",
    channel_id="uuid",
    kind="text",
    mime_type="text",
    size="int8",
    name="text",
    seconds="int4",
    voice="bool",
    reference="jsonb",
    state="text",
    error="text",
    next_at="timestamptz",
    created_at="timestamptz",
)


def insert_media(writes: Writes, rows: Sequence[Any], *, grouped: bool) -> None:
    """Before the messages that name them. `reference` is JSON text."""
    writes.add(*_MEDIA.insert("media", rows, grouped=grouped))


_TURN = Rows(
    tenant_id="uuid",
    id="uuid",
    conversation_id="uuid",
    first_in_seq="int8",
    last_in_seq="int8",
    opened_at="timestamptz",
    due_at="timestamptz",
    max_due_at="timestamptz",
    waits_until="timestamptz",
)


def open_turns(writes: Writes, rows: Sequence[Any], *, grouped: bool) -> None:
    """Open a turn for each conversation, or let newer messages join its open one. One whose longest wait is over is
    not joined, and not returned, unless it waits for files; for those it waits twice as long as for one at most."""
    writes.add(
        *_TURN.insert(
            "turns as t",
            rows,
            grouped=grouped,
            then="on conflict (tenant_id, conversation_id) where closed_at is null"
            " do update set last_in_seq = excluded.last_in_seq, due_at = least(excluded.due_at, t.max_due_at),"
            " alone = false,"
            " waits_until = case when excluded.waits_until is null then t.waits_until else"
            "   greatest(t.waits_until, least(excluded.waits_until,"
            "     t.opened_at + 2 * (excluded.waits_until - excluded.opened_at))) end"
            " where t.max_due_at > excluded.opened_at or t.waits_until > excluded.opened_at"
            f" returning {_OPENED}",
        )
    )


_OPENED = "t.id, t.conversation_id, t.first_in_seq, t.last_in_seq, t.due_at, t.waits_until, t.deaths"
_RENEWED = Rows(tenant_id="uuid", id="uuid", seq="int8", at="timestamptz", due_at="timestamptz")


async def renew_turns(conn: Any, rows: Sequence[Any], tenant_id: UUID | None) -> list[Any]:
    """For (tenant, conversation, seq, now, due): the open turns that wait to speak to message `seq`, due again after
    another quiet window, as if the message had just come."""
    source, args = _RENEWED.source(rows, grouped=tenant_id is None)
    scope = scoped(args, tenant_id, "t")
    return await conn.fetch(
        f"update turns t set due_at = least(r.due_at, t.max_due_at), alone = false from {source}"  # noqa: S608
        " where t.tenant_id = r.tenant_id and t.conversation_id = r.id and t.closed_at is null"
        f" and r.seq between t.first_in_seq and t.last_in_seq and t.max_due_at > r.at{scope} returning {_OPENED}",
        *args,
    )


_CHANGE = Rows(
    tenant_id="uuid",
    id="uuid",
    state="text",
    seq="int8",
    last_in_seq="int8",
    fence="int8",
    lease_owner="text",
    lease="text",
    lease_until="timestamptz",
    unread_count="int4",
    last_message_id="uuid",
    handoff_reason="text",
    handoff="text",
    address="text",
    rating="int2",
    at="timestamptz",
    last_in_at="timestamptz",
)


def update_conversations(writes: Writes, rows: Sequence[Any], *, grouped: bool) -> None:
    """`handoff` is 'set' (reason and time), 'clear' or 'keep'; `lease` is 'take' (owner and end), 'end' or 'keep'; a
    null `last_message_id` means that nothing was said."""
    source, args = _CHANGE.source(rows, grouped=grouped)
    scope = scoped(args, None if grouped else rows[0][0], "v")
    writes.add(
        "update conversations v set state = r.state, seq = r.seq, last_in_seq = r.last_in_seq, fence = r.fence,"  # noqa: S608
        " lease_owner = case r.lease when 'keep' then v.lease_owner else r.lease_owner end,"
        " lease_until = case r.lease when 'keep' then v.lease_until else r.lease_until end,"
        " unread_count = r.unread_count, last_message_id = coalesce(r.last_message_id, v.last_message_id),"
        " handoff_reason = case r.handoff when 'set' then r.handoff_reason when 'clear' then null"
        "   else v.handoff_reason end,"
        " handoff_note = case r.handoff when 'keep' then v.handoff_note else null end,"
        " handoff_at = case r.handoff when 'set' then r.at when 'clear' then null else v.handoff_at end,"
        " assignee_id = case when r.handoff = 'clear' then null else v.assignee_id end,"
        " resolved_at = case when r.state = 'resolved' then v.resolved_at else null end,"
        " address = r.address, satisfaction = coalesce(r.rating, v.satisfaction), last_in_at = r.last_in_at,"
        " last_activity_at = case when r.last_message_id is null then v.last_activity_at else r.at end,"
        " updated_at = r.at"
        f" from {source} where v.tenant_id = r.tenant_id and v.id = r.id{scope}",
        args,
    )


async def close_turns(conn: Any, ids: Sequence[tuple[UUID, UUID]], outcome: str, tenant_id: UUID | None) -> None:
    """Close the open turns of these conversations."""
    source, args = _IDS.source(ids, grouped=tenant_id is None)
    args.append(outcome)
    place = len(args)
    scope = scoped(args, tenant_id, "t")
    await conn.execute(
        f"update turns t set closed_at = now(), outcome = ${place}::text from {source}"  # noqa: S608
        f" where t.tenant_id = r.tenant_id and t.conversation_id = r.id and t.closed_at is null{scope}",
        *args,
    )


async def withdraw_deliveries(
    conn: Any, ids: Sequence[tuple[UUID, UUID]], because: str, tenant_id: UUID | None
) -> list[Any]:
    """Take back what the assistant, or for who opted out anything but a person, has ready in these conversations; what
    is `attempting` counts as said."""
    source, args = _IDS.source(ids, grouped=tenant_id is None)
    args += [because, ["assistant", "system"] if because == "opted-out" else ["assistant"]]
    place = len(args)
    scope = scoped(args, tenant_id, "d")
    rows = await conn.fetch(
        f"update deliveries d set state = 'rejected', evidence = ${place - 1}::text from {source}, messages m"  # noqa: S608
        " where d.tenant_id = r.tenant_id and d.conversation_id = r.id and d.state = 'ready'"
        f" and m.tenant_id = d.tenant_id and m.id = d.message_id and m.author = any(${place}::text[]){scope}"
        " returning d.tenant_id, d.message_id, d.conversation_id",
        *args,
    )
    if rows:
        failed = [(row["tenant_id"], row["message_id"]) for row in rows]
        source, args = _IDS.source(failed, grouped=tenant_id is None)
        args.append(because)
        place = len(args)
        scope = scoped(args, tenant_id, "m")
        await conn.execute(
            f"update messages m set status = 'failed', error = jsonb_build_object('code', ${place}::text)"  # noqa: S608
            f" from {source} where m.tenant_id = r.tenant_id and m.id = r.id{scope}",
            *args,
        )
    return rows


_CONTEXT = Rows(tenant_id="uuid", id="uuid", first_in_seq="int8", last_seq="int8")


def recent_lines(writes: Writes, rows: Sequence[Any], tenant_id: UUID | None) -> None:
    """The messages that a turn may speak from, newest first within each conversation: the last `LINES` up to
    `last_seq`, and however many it waits to speak to. Reads what earlier statements wrote, not these `writes`."""
    source, args = _CONTEXT.source(rows, grouped=tenant_id is None)
    tenant = "r.tenant_id"
    if tenant_id is not None:
        args.append(tenant_id)
        tenant = f"${len(args)}"
    writes.add(
        "select r.id as conversation_id, l.seq, l.author, l.type, l.text, l.transcript, l.at"  # noqa: S608
        f" from {source} cross join lateral (select m.seq, m.author, m.type, m.text, m.transcript,"
        "     coalesce(m.provider_at, m.created_at) as at"
        f"   from messages m where m.tenant_id = {tenant} and m.conversation_id = r.id and m.seq <= r.last_seq"
        "   and m.deleted_at is null and m.status <> 'failed'"
        f"   order by m.seq desc limit greatest({LINES}, r.last_seq - r.first_in_seq + 1)) l"
        " order by r.id, l.seq desc",
        args,
    )
