"""What the inbox's tests do again and again: wait for answers, read rows, turn switches and turn them back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
from asyncpg import Record

from evoai.embedded import Embedded
from evoai.migrate import migrate
from tests.house import Clinic, House, Urls, eventually

ANA = "5511987654321"
BIA = "5521970001122"


@asynccontextmanager
async def own_house(embedded: Embedded, name: str, redis: int, **env: str) -> AsyncIterator[House]:
    """A house with a database and Redis keys of its own, so that no other worker takes its work."""
    owner, app = embedded.create_database(name)
    await asyncio.to_thread(migrate, {"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})
    urls = Urls(owner=owner, app=app, admin=embedded.admin_url, redis=f"{embedded.redis_url}?db={redis}")
    async with House.open(urls, sim={"retry_time_factor": 0.002}, **env) as opened:
        yield opened


@asynccontextmanager
async def switched(house: House, **faults: Any) -> AsyncIterator[None]:
    """Turn switches of the simulated world, and turn them back."""
    before = {name: getattr(house.sim.faults, name) for name in faults}
    house.sim.set(**faults)
    try:
        yield
    finally:
        house.sim.set(**before)


def thoughts(clinic: Clinic, words: str) -> list[Any]:
    """The model calls that had `words` in what was said."""
    return [
        call for call in clinic.house.sim.log.model_calls() if any(words in str(m["content"]) for m in call.messages)
    ]


async def answered(clinic: Clinic, phone: str, count: int = 1, seconds: float = 15) -> list[str]:
    """Wait for `count` answers on the phone; what they say."""
    await eventually(lambda: len(clinic.sent_to(phone)) >= count, seconds)
    return [entry.text for entry in clinic.sent_to(phone)]


async def state_is(clinic: Clinic, phone: str, state: str, seconds: float = 15) -> dict[str, Any]:
    """Wait until the contact's conversation is in `state`; the conversation."""

    async def found() -> dict[str, Any] | None:
        page = await clinic.client.get("/conversations?limit=100")
        for item in page["items"]:
            if item["contact"]["phone"] == f"+{phone}":
                return item if item["state"] == state else None
        return None

    return await eventually(found, seconds)


async def turns(clinic: Clinic) -> list[Record]:
    return await clinic.house.rows(
        "select * from turns where tenant_id = $1 order by opened_at", clinic.client.tenant_id
    )


async def deliveries(clinic: Clinic) -> list[Record]:
    """With the text and status of their messages, in order."""
    return await clinic.house.rows(
        "select d.*, m.text, m.status, m.author, m.error from deliveries d"
        " join messages m on m.tenant_id = d.tenant_id and m.id = d.message_id"
        " where d.tenant_id = $1 order by d.seq",
        clinic.client.tenant_id,
    )


async def quiet(clinic: Clinic, seconds: float = 20) -> None:
    """Wait until no webhook is under way, and the tenant has no event to work, no open turn and no delivery."""
    tenant_id = clinic.client.tenant_id

    async def calm() -> bool:
        # Stored before they are answered, so whatever was said before is a row by then.
        if clinic.house.sim.webhooks.tally.pending:
            return False
        (row,) = await clinic.house.rows(
            "select (select count(*) from channel_events where tenant_id = $1 and state = 'received')"
            " + (select count(*) from turns where tenant_id = $1 and closed_at is null)"
            " + (select count(*) from deliveries where tenant_id = $1 and state in ('ready', 'attempting')) as left",
            tenant_id,
        )
        return row["left"] == 0

    await eventually(calm, seconds)


async def messages_used(clinic: Clinic) -> int:
    (row,) = await clinic.house.rows(
        "select used from quotas where tenant_id = $1 and kind = 'messages'", clinic.client.tenant_id
    )
    return row["used"]


async def path_of(clinic: Clinic, phone: str) -> str:
    """The address of the contact's conversation in the API."""
    return f"/conversations/{(await clinic.conversation(phone))['id']}"


async def thinking(clinic: Clinic, words: str, calls: int = 1) -> None:
    """Wait until the model is being asked about `words`."""
    await eventually(lambda: len(thoughts(clinic, words)) >= calls)


async def rest(seconds: float) -> None:
    """Time in which something that must not happen could happen."""
    await asyncio.sleep(seconds)


def edit(message_id: str, text: str) -> dict[str, Any]:
    """The webhook by which a contact corrects a message."""
    return {
        "event": "messages.edited",
        "data": {
            "key": {"remoteJid": f"{ANA}@s.whatsapp.net", "fromMe": False, "id": message_id},
            "type": "MESSAGE_EDIT",
            "editedMessage": {"conversation": text},
        },
    }


@asynccontextmanager
async def locked(clinic: Clinic, sql: str) -> AsyncIterator[asyncpg.Connection[Record]]:
    """Hold what `sql` locks, given the tenant; what is changed meanwhile is committed at the end."""
    urls = clinic.house.urls
    conn = await asyncpg.connect(urls.admin, database=urls.database, server_settings={"search_path": "app"})
    try:
        async with conn.transaction():
            assert await conn.fetch(sql, clinic.client.tenant_id)
            yield conn
    finally:
        await conn.close()


async def waits_for_lock(clinic: Clinic, words: str) -> bool:
    """Whether a statement with these words waits for somebody's lock at this moment."""
    rows = await clinic.house.rows(
        "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        " and strpos(query, $1) > 0",
        words,
    )
    return bool(rows)


async def due_now(clinic: Clinic) -> None:
    """Let no send wait any longer."""
    await clinic.house.rows(
        "update deliveries set due_at = now() where tenant_id = $1 and state = 'ready' returning id",
        clinic.client.tenant_id,
    )


def said_by_people(text: str) -> dict[str, str]:
    """What the web app posts of a text that a member writes."""
    return {"text": text, "client_id": uuid4().hex}


async def tried(clinic: Clinic) -> bool:
    """Whether the last send was tried."""
    return (await deliveries(clinic))[-1]["attempt"] >= 1


async def settled(clinic: Clinic, phone: str = ANA, *, failed: bool = False) -> dict[str, Any]:
    """The contact's last message with a file, once it is here with its words, or failed."""

    async def found() -> dict[str, Any] | None:
        page = await clinic.client.get("/conversations?limit=100")
        if not page["items"]:
            return None
        messages = await clinic.messages(phone)
        last = next((m for m in reversed(messages) if m["media"] and m["direction"] == "in"), None)
        if last is None or last["media"]["reading"]:
            return None
        return last if last["media"]["state"] == ("failed" if failed else "ready") else None

    message = await eventually(found, 20)
    # Its words came with its state; what was read just before may not show them yet.
    return next(m for m in await clinic.messages(phone) if m["id"] == message["id"])
