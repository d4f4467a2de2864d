"""What no webhook brought is found at the provider, once and in order; and a silent channel is asked how it is."""

from __future__ import annotations

import time
from uuid import UUID

from tests.channels.silence import aged, calls, changed, channel, chatty, heard, looked_after, stored, text_event, told
from tests.house import House, eventually
from tests.inbox.scenes import ANA, BIA, answered, quiet, rest, state_is, switched


async def test_I12_what_no_webhook_brought_is_found_once_and_in_order_and_answered(house: House) -> None:
    clinic = await house.clinic(quiet=0.3)
    clinic.says(ANA, "bom dia")
    await answered(clinic, ANA)
    await quiet(clinic)
    house.sim.set(clinic.instance, silent=True)
    for n in range(3):
        clinic.says(ANA, f"abacaxi {n}")
        clinic.says(BIA, f"bicicleta {n}")
    house.sim.set(clinic.instance, silent=False)
    await looked_after(clinic)
    await answered(clinic, BIA)
    await answered(clinic, ANA, 2)
    await quiet(clinic)
    assert [m["text"] for m in await clinic.messages(BIA) if m["direction"] == "in"] == [
        f"bicicleta {n}" for n in range(3)
    ]
    assert [m["text"] for m in await clinic.messages(ANA) if m["direction"] == "in"][1:] == [
        f"abacaxi {n}" for n in range(3)
    ]
    found = [row for row in await clinic.events() if row["reconciled"]]
    assert len(found) == 6
    assert {(row["kind"], row["state"], row["reason"]) for row in found} == {("messages.upsert", "processed", None)}

    await looked_after(clinic)
    assert [row for row in await clinic.events() if row["reconciled"]] == found, "what is known is not stored again"
    assert len(clinic.sent_to(BIA)) == 1


async def test_a_webhook_that_comes_after_all_changes_nothing(house: House) -> None:
    clinic = await house.clinic(quiet=30, max_wait=60)
    house.sim.set(clinic.instance, silent=True)
    provider_id = clinic.says(ANA, "abacaxi azul")
    house.sim.set(clinic.instance, silent=False)
    await looked_after(clinic)
    await eventually(lambda: stored(clinic, 1))
    key = {"remoteJid": f"{ANA}@s.whatsapp.net", "fromMe": False, "id": provider_id}
    data = {"key": key, "pushName": "Ana", "message": {"conversation": "abacaxi azul"}, "messageType": "conversation"}
    assert (await clinic.hook({"event": "messages.upsert", "data": data})).status == 200
    await rest(0.5)
    assert len(await clinic.messages(ANA)) == 1
    assert [row["reconciled"] for row in await clinic.events() if row["kind"] == "messages.upsert"] == [True]


async def test_F12_what_is_stale_goes_to_people_in_order_and_is_not_answered(house: House) -> None:
    clinic = await house.clinic()
    await aged(clinic, hours=30)
    now = int(time.time())
    house.sim.set(clinic.instance, silent=True)
    for n, minutes in enumerate((26 * 60, 50, 40, 35)):
        clinic.says(ANA, f"abacaxi {n}", timestamp=now - minutes * 60)
    clinic.says(ANA, "alguém aí?")
    clinic.says(BIA, "bicicleta verde", timestamp=now - 20 * 60)
    house.sim.set(clinic.instance, silent=False)
    await looked_after(clinic)
    await answered(clinic, BIA)
    conversation = await state_is(clinic, ANA, "queued")
    await quiet(clinic)
    await rest(0.5)
    assert clinic.sent_to(ANA) == []
    assert (conversation["handoff"]["reason"], conversation["unread_count"]) == ("waited-too-long", 5)
    texts = [m["text"] for m in await clinic.messages(ANA)]
    assert texts == ["abacaxi 0", "abacaxi 1", "abacaxi 2", "abacaxi 3", "alguém aí?"]


async def test_nothing_from_before_the_channel_was_ours_is_fetched(house: House) -> None:
    clinic = await house.clinic()
    house.sim.set(clinic.instance, silent=True)
    clinic.says(ANA, "de ontem", timestamp=int(time.time()) - 3600)
    house.sim.set(clinic.instance, silent=False)
    await looked_after(clinic)
    assert [row for row in await clinic.events() if row["reconciled"]] == []


async def test_what_the_owner_wrote_meanwhile_is_found_and_our_own_sends_are_not_taken_for_it(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "bom dia")
    await answered(clinic, ANA)
    await quiet(clinic)
    # The answer's echo, and what the owner writes, are lost.
    house.sim.set(clinic.instance, silent=True)
    await clinic.hook(text_event("3EB0BIA", BIA, "abacaxi azul"))
    await answered(clinic, BIA)
    house.sim.owner_says(clinic.instance, ANA, "Oi, aqui é a dona", source="android")
    house.sim.set(clinic.instance, silent=False)
    await looked_after(clinic)
    await state_is(clinic, ANA, "human")
    last = (await clinic.messages(ANA))[-1]
    assert (last["author"], last["text"]) == ("phone", "Oi, aqui é a dona")
    assert (await clinic.conversation(BIA))["state"] == "bot"
    assert len(await clinic.messages(BIA)) == 2
    found = {(row["kind"], row["state"], row["reason"]) for row in await clinic.events() if row["reconciled"]}
    assert found <= {
        ("messages.upsert", "processed", None),
        ("send.message", "ignored", "echo"),
        ("send.message", "processed", None),
    }


async def test_what_the_owner_wrote_on_the_computer_is_known_under_either_key(house: House) -> None:
    clinic = await house.clinic()
    provider_id = house.sim.owner_says(clinic.instance, ANA, "Oi, aqui é a dona")
    await state_is(clinic, ANA, "human")
    kept = house.sim.instance(clinic.instance).messages[provider_id]
    kept.raw = kept.raw.replace(b'"source":"ios"', b'"source":"web"')
    assert b'"source":"web"' in kept.raw
    await looked_after(clinic)
    assert [row for row in await clinic.events() if row["reconciled"]] == []


async def test_a_number_that_reconnects_is_asked_at_once(house: House) -> None:
    clinic = await house.clinic()
    await looked_after(clinic)
    house.sim.set(clinic.instance, silent=True)
    clinic.says(ANA, "abacaxi azul")
    house.sim.set(clinic.instance, silent=False)
    await rest(1.2)
    assert clinic.sent_to(ANA) == []
    house.sim.engine.restart(house.sim.instance(clinic.instance))
    await answered(clinic, ANA)


async def test_the_first_word_after_a_long_silence_makes_us_ask(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(BIA, "bicicleta verde")
    await answered(clinic, BIA)
    await looked_after(clinic)
    house.sim.set(clinic.instance, silent=True)
    clinic.says(ANA, "abacaxi azul")
    house.sim.set(clinic.instance, silent=False)
    # Activity is noted once in 15 s.
    await rest(15)
    # The door was dark for longer than the provider repeats its webhooks.
    await changed(clinic, "last_event_at = now() - interval '25 min'")
    clinic.says(BIA, "bicicleta azul")
    await answered(clinic, BIA, 2)
    await answered(clinic, ANA)


async def test_more_than_the_provider_gives_at_once_comes_in_stretches(house: House) -> None:
    clinic = await house.clinic(quiet=30, max_wait=60)
    await aged(clinic, hours=2)
    now = int(time.time())
    house.sim.set(clinic.instance, silent=True)
    for n in range(1300):
        clinic.says(f"5511{980000000 + n % 130}", f"palavra {n // 130}", timestamp=now - 1300 + n)
    house.sim.set(clinic.instance, silent=False)
    await looked_after(clinic, seconds=60)
    await eventually(lambda: stored(clinic, 1300), 60)
    rows = await house.rows(
        "select conversation_id, text from messages where tenant_id = $1 order by conversation_id, seq",
        clinic.client.tenant_id,
    )
    told: dict[UUID, list[str]] = {}
    for row in rows:
        told.setdefault(row["conversation_id"], []).append(row["text"])
    assert len(told) == 130
    assert set(map(tuple, told.values())) == {tuple(f"palavra {n}" for n in range(10))}


async def test_a_provider_that_fails_is_asked_again_later_and_loses_nothing(house: House) -> None:
    clinic = await house.clinic()
    await looked_after(clinic)
    mark = (await channel(clinic))["reconciled_at"]
    house.sim.set(clinic.instance, silent=True)
    clinic.says(ANA, "abacaxi azul")
    house.sim.set(clinic.instance, silent=False)
    async with switched(house, error_rate=1.0, error_status=502):
        await looked_after(clinic)
    row = await channel(clinic)
    assert (row["state"], row["reconciled_at"]) == ("connected", mark)
    await looked_after(clinic)
    await answered(clinic, ANA)
    assert (await channel(clinic))["reconciled_at"] > mark


async def test_a_provider_that_rests_is_not_asked(house: House) -> None:
    clinic = await house.clinic()
    breaker = house.resources.breaker
    for _ in range(5):
        breaker.record(clinic.channel_id, ok=False)
    house.sim.log.clear()
    await looked_after(clinic)
    assert calls(clinic) == 0
    due = (
        await house.row("select reconcile_due_at - now() as left from channels where id = $1", UUID(clinic.channel_id))
    )["left"]
    assert 10 < due.total_seconds() < 60


async def test_a_silent_channel_that_is_gone_is_found_out(house: House) -> None:
    clinic = await chatty(house)
    instance = house.sim.instance(clinic.instance)
    house.sim.set(clinic.instance, silent=True)
    house.sim.drop(clinic.instance)
    await looked_after(clinic)
    assert (await channel(clinic))["state"] == "connected", "its silence is not longer than usual"
    await changed(clinic, "last_event_at = now() - interval '9 min'")
    await looked_after(clinic)
    assert (await channel(clinic))["state"] == "connected", "nobody is asked before ten minutes"
    await changed(clinic, "last_event_at = now() - interval '11 min'")
    async with heard(clinic) as told:
        await looked_after(clinic)
        await eventually(lambda: "channel.updated" in told)
    shown = await clinic.client.get(f"/channels/{clinic.channel_id}")
    assert shown["state"] == "disconnected"
    assert instance.state == "close"


async def test_a_channel_that_is_silent_for_less_than_its_usual_is_not_asked(house: House) -> None:
    clinic = await chatty(house, pause_minutes=30)
    house.sim.set(clinic.instance, silent=True)
    house.sim.drop(clinic.instance)
    await changed(clinic, "last_event_at = now() - interval '40 min'")
    await looked_after(clinic)
    assert (await channel(clinic))["state"] == "connected"
    await changed(clinic, "last_event_at = now() - interval '70 min'")
    await looked_after(clinic)
    assert (await channel(clinic))["state"] == "disconnected"


async def test_an_open_that_we_missed_is_found_out(house: House) -> None:
    clinic = await house.clinic()
    await changed(clinic, "state = 'connecting'")
    await looked_after(clinic)
    assert (await channel(clinic))["state"] == "connected"


async def test_health_shows_gaps_and_what_to_do(house: House) -> None:
    clinic = await house.clinic(quiet=30, max_wait=60)
    path = f"/channels/{clinic.channel_id}/health"
    # Activity is noted once in 15 s; what we fetch must not be taken for it.
    await rest(15)
    house.sim.set(clinic.instance, silent=True)
    clinic.says(ANA, "abacaxi azul")
    await looked_after(clinic)
    await eventually(lambda: stored(clinic, 1))
    shown = await clinic.client.get(path)
    assert (shown["gaps"]["messages"], shown["advice"], shown["breaker"]) == (1, "restart", "closed")
    assert shown["gaps"]["found_at"] > shown["last_event_at"], "what we fetched is no sign that webhooks come"
    assert shown["gaps"]["reconciled_at"] is not None
    house.sim.set(clinic.instance, silent=False)
    clinic.says(ANA, "abacaxi verde")
    await eventually(lambda: stored(clinic, 2))
    assert (await clinic.client.get(path))["advice"] is None

    # Another key at the provider.
    house.sim.world.api_key, key = "another", house.sim.world.api_key
    token, house.sim.instance(clinic.instance).token = house.sim.instance(clinic.instance).token, "another"
    try:
        await looked_after(clinic)
        assert (await clinic.client.get(path))["advice"] == "check-credentials"
    finally:
        house.sim.world.api_key, house.sim.instance(clinic.instance).token = key, token
    await looked_after(clinic)
    shown = await clinic.client.get(path)
    assert (shown["state"], shown["advice"]) == ("connected", None)


async def test_what_the_operator_is_told(house: House) -> None:
    clinic = await house.clinic(quiet=30, max_wait=60)
    # The figures are of all channels: nobody else's is looked after meanwhile.
    await house.rows(
        "update channels set reconcile_due_at = now() + interval '1 hour' where id <> $1 returning id",
        UUID(clinic.channel_id),
    )
    before = await told(house)
    house.sim.set(clinic.instance, silent=True)
    clinic.says(ANA, "abacaxi azul")
    house.sim.set(clinic.instance, silent=False)
    await looked_after(clinic)
    await eventually(lambda: stored(clinic, 1))
    after = await told(house)
    assert after.missing == before.missing + 1
    assert after.last_success == (await channel(clinic))["reconciled_at"]
