"""Two contacts become one and are taken apart again, by people and because a message showed it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.house import Clinic, House, eventually
from tests.inbox.people import (
    Person,
    contact_of,
    contacts,
    contacts_used,
    hears,
    without_assistant,
    worked,
)
from tests.inbox.scenes import switched, thinking, turns


@pytest.fixture
async def silent(house: House) -> Clinic:
    clinic = await house.clinic()
    await without_assistant(clinic)
    return clinic


async def two(clinic: Clinic) -> tuple[str, str]:
    """Two contacts, each with a conversation of two messages; the second wrote last."""
    one, other = Person(), Person()
    for person in (one, other):
        for text in ("primeira", "segunda"):
            await hears(clinic, person.key("P"), f"{text} de {person.number}", pushName=f"Pessoa {person.number}")
            await clinic.events()
    await worked(clinic)
    found = [await contact_of(clinic, f"phone:{person.phone}") for person in (one, other)]
    return str(found[0]), str(found[1])


async def everything(clinic: Clinic) -> dict[str, Any]:
    """All rows that a merge could touch, but for when they were last changed."""
    found: dict[str, Any] = {}
    for table in ("contacts", "contact_aliases", "contact_words", "conversations", "messages", "consents"):
        rows = await clinic.house.rows(
            f"select to_jsonb(t) - array['updated_at', 'fence', 'id_of_word'] as row from {table} t"
            " where tenant_id = $1 order by id",
            clinic.client.tenant_id,
        )
        found[table] = sorted(row["row"] for row in rows)
    words = await clinic.house.rows(
        "select contact_id, word from contact_words where tenant_id = $1 order by 1, 2", clinic.client.tenant_id
    )
    found["contact_words"] = [tuple(row) for row in words]
    return found


async def test_a_merge_keeps_every_message_and_undo_restores_everything(silent: Clinic) -> None:
    kept, lost = await two(silent)
    client = silent.client
    assert (await client.patch(f"/contacts/{kept}", {"tags": ["vip"], "fields": {"cidade": "Rio"}})).status == 200
    changes = {"tags": ["vip", "novo"], "fields": {"cidade": "Niterói", "plano": "ouro"}, "blocked": False}
    assert (await client.patch(f"/contacts/{lost}", changes)).status == 200
    before, used = await everything(silent), await contacts_used(silent)

    merged = await client.post(f"/contacts/{kept}/merge", {"contact_id": lost})
    assert merged.status == 200, merged.body
    assert merged["tags"] == ["vip", "novo"]
    assert merged["fields"] == {"cidade": "Rio", "plano": "ouro"}
    assert len(merged["aliases"]) == 2
    assert (await client.get(f"/contacts/{lost}")).status == 404
    assert await contacts_used(silent) == used - 1
    conversations = (await client.get(f"/conversations?contact={kept}"))["items"]
    assert sorted(one["state"] for one in conversations) == ["queued", "resolved"]
    texts = [
        [message["text"] for message in (await client.get(f"/conversations/{one['id']}/messages"))["items"]]
        for one in conversations
    ]
    assert all([text.split()[0] for text in said] == ["segunda", "primeira"] for said in texts)
    detail = await client.get(f"/contacts/{kept}")
    assert [(one["can_undo"], one["by"]) for one in detail["merges"]] == [(True, "Ana Souza")]

    undone = await client.post(f"/contacts/{kept}/undo-merge", None)
    assert undone.status == 200, undone.body
    assert undone["restored"]["id"] == lost
    assert await everything(silent) == before
    assert await contacts_used(silent) == used
    assert (await client.post(f"/contacts/{kept}/undo-merge", None)).status == 409
    actions = [entry["action"] for entry in (await client.get("/audit-log"))["items"]]
    assert {"contacts.merge", "contacts.undo_merge"} <= set(actions)


async def test_what_came_since_the_merge_goes_to_whom_it_was_written_to(silent: Clinic) -> None:
    one, other = Person(), Person()
    for person in (one, other):
        await hears(silent, person.key("P"))
    await worked(silent)
    kept = str(await contact_of(silent, f"phone:{one.phone}"))
    lost = str(await contact_of(silent, f"phone:{other.phone}"))
    assert (await silent.client.post(f"/contacts/{kept}/merge", {"contact_id": lost})).status == 200
    await hears(silent, other.key("P"), "mais uma")
    await worked(silent)
    assert (await silent.client.post(f"/contacts/{kept}/undo-merge", None)).status == 200
    said = {str(row["id"]): row["said"] for row in await contacts(silent)}
    # It went into the conversation that was spoken in last, which was the other's.
    assert (said[kept], said[lost]) == (1, 2)
    await hears(silent, other.key("P"), "e outra")
    await worked(silent)
    said = {str(row["id"]): row["said"] for row in await contacts(silent)}
    assert (said[kept], said[lost]) == (1, 3)


async def test_merges_are_undone_in_turn(silent: Clinic) -> None:
    first, second = await two(silent)
    third, _ = await two(silent)
    before = await everything(silent)
    client = silent.client
    assert (await client.post(f"/contacts/{first}/merge", {"contact_id": second})).status == 200
    assert (await client.post(f"/contacts/{third}/merge", {"contact_id": first})).status == 200
    undone = await client.post(f"/contacts/{third}/undo-merge", None)
    assert undone["restored"]["id"] == first
    undone = await client.post(f"/contacts/{first}/undo-merge", None)
    assert undone["restored"]["id"] == second
    assert await everything(silent) == before


async def test_what_people_took_apart_no_message_puts_together_again(silent: Clinic) -> None:
    person = Person()
    await hears(silent, person.key("L"))
    await hears(silent, person.key("P"))
    await worked(silent)
    kept = str(await contact_of(silent, f"lid:{person.lid}"))
    lost = str(await contact_of(silent, f"phone:{person.phone}"))
    assert (await silent.client.post(f"/contacts/{kept}/merge", {"contact_id": lost})).status == 200
    assert (await silent.client.post(f"/contacts/{kept}/undo-merge", None)).status == 200
    await hears(silent, person.key("PL"))
    await worked(silent)
    mine = [row for row in await contacts(silent) if str(row["id"]) in (kept, lost)]
    assert len(mine) == 2


async def test_a_conversation_with_people_stays_with_them(silent: Clinic) -> None:
    kept, lost = await two(silent)
    client = silent.client
    theirs = (await client.get(f"/conversations?contact={kept}"))["items"][0]
    assert (await client.post(f"/conversations/{theirs['id']}/take-over", None)).status == 200
    assert (await client.post(f"/contacts/{kept}/merge", {"contact_id": lost})).status == 200
    rows = {one["state"]: one for one in (await client.get(f"/conversations?contact={kept}"))["items"]}
    assert rows.keys() == {"human", "resolved"}
    assert rows["human"]["assignee"] is not None
    assert rows["human"]["unread_count"] == 4
    assert rows["resolved"]["id"] == theirs["id"]


async def test_B116_with_oneself_or_another_tenants_is_refused(house: House, silent: Clinic) -> None:
    kept, lost = await two(silent)
    client = silent.client
    same = await client.post(f"/contacts/{kept}/merge", {"contact_id": kept})
    assert (same.status, same["code"]) == (422, "validation")
    stranger = await house.sign_up()
    made = await stranger.post("/contacts", {"name": "Zé", "phone": "+5511955554444"})
    for other in (made["id"], str(uuid4())):
        assert (await client.post(f"/contacts/{kept}/merge", {"contact_id": other})).status == 404
        assert (await stranger.post(f"/contacts/{other}/merge", {"contact_id": lost})).status == 404
    assert (await client.post(f"/contacts/{lost}/undo-merge", None)).status == 409


async def test_of_merges_at_the_same_time_one_wins_and_messages_go_on(silent: Clinic) -> None:
    kept, lost = await two(silent)
    phones = {row["phone"] for row in await contacts(silent) if str(row["id"]) in (kept, lost)}
    keys = [{"remoteJid": f"{phone[1:]}@s.whatsapp.net"} for phone in phones]
    merges = [silent.client.post(f"/contacts/{a}/merge", {"contact_id": b}) for a, b in ((kept, lost), (lost, kept))]
    answers = await asyncio.gather(*merges, *(hears(silent, key, f"n{n}") for n in range(10) for key in keys))
    statuses = sorted(answer.status for answer in answers[:2])
    assert statuses in ([200, 404], [200, 409])
    await worked(silent)
    (mine,) = [row for row in await contacts(silent) if str(row["id"]) in (kept, lost)]
    assert mine["said"] == 4 + 20


async def test_a_late_pairing_waits_for_the_answer_that_is_being_written(house: House) -> None:
    """The bot answers under both addresses; once it has, they are one contact with one open conversation."""
    clinic = await house.clinic()
    person = Person()
    async with switched(house, model_ms=900):
        await hears(clinic, person.key("L"), "abacaxi")
        await hears(clinic, person.key("P"), "banana")
        for word in ("abacaxi", "banana"):
            await thinking(clinic, word)
        await hears(clinic, person.key("PL"), "caju")

    async def one() -> bool:
        row = await house.row("select count(*) from contact_merges where tenant_id = $1", clinic.client.tenant_id)
        return row[0] == 1

    await eventually(one, 30)
    (mine,) = await contacts(clinic)
    assert mine["said"] == 3
    rows = await house.rows(
        "select m.text, m.author, v.state from messages m join conversations v"
        " on v.tenant_id = m.tenant_id and v.id = m.conversation_id where m.tenant_id = $1 order by m.id",
        clinic.client.tenant_id,
    )
    assert sum(row["author"] == "assistant" for row in rows) >= 2
    assert {turn["outcome"] for turn in await turns(clinic)} == {"answered"}
    states = await house.rows("select state from conversations where tenant_id = $1", clinic.client.tenant_id)
    assert sorted(row["state"] for row in states) == ["bot", "resolved"]
    row = await house.row(
        "select count(*) from contact_merges where tenant_id = $1 and by is null", clinic.client.tenant_id
    )
    assert row[0] == 1


async def test_whoever_points_at_a_contact_hands_it_on(silent: Clinic) -> None:
    """A new table that points at contacts or conversations needs its room's `join` or `forget` (kit/module.py)."""
    rows = await silent.house.rows(
        "select t.relname::text as tab, r.relname::text as target from pg_constraint k"
        " join pg_class t on t.oid = k.conrelid join pg_class r on r.oid = k.confrelid"
        " where k.contype = 'f' and t.relnamespace = 'app'::regnamespace"
        " and r.relname in ('contacts', 'conversations', 'messages')"
    )
    assert {(row["tab"], row["target"]) for row in rows} == {
        ("contact_aliases", "contacts"),
        ("contact_words", "contacts"),
        ("contact_merges", "contacts"),
        ("consents", "contacts"),
        ("conversations", "contacts"),
        ("messages", "conversations"),
        ("turns", "conversations"),
        ("traces", "conversations"),
        ("outside_calls", "conversations"),
        ("test_cases", "conversations"),
        ("shadow_drafts", "conversations"),
        ("deliveries", "messages"),
    }
