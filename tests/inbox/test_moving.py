"""All threads of a number go on on another channel: contacts stay, and nobody begins anew."""

from __future__ import annotations

from uuid import uuid4

from tests.house import Clinic, House, eventually
from tests.inbox.scenes import ANA, BIA, answered, path_of, quiet, state_is, switched


async def two_channels(house: House) -> tuple[Clinic, Clinic]:
    """One tenant, an old number and a new one."""
    old = await house.clinic()
    return old, await house.clinic(client=old.client, provider="uazapi")


async def test_threads_go_on_where_they_were(house: House) -> None:
    old, new = await two_channels(house)
    old.says(ANA, "quero falar com um atendente", name="Ana")
    await state_is(old, ANA, "queued")
    old.says(BIA, "Oi", name="Bia")
    await answered(old, BIA)
    await quiet(old)
    before = await old.conversation(ANA)
    contacts = (await old.client.get("/contacts"))["items"]

    moved = await old.client.post(f"/channels/{old.channel_id}/move", {"to": new.channel_id})
    assert (moved.status, moved.body) == (200, {"moved": 2, "left": 0})
    after = await old.conversation(ANA)
    assert (after["id"], after["channel"]["id"]) == (before["id"], new.channel_id)
    assert (await old.client.get("/contacts"))["items"] == contacts

    path = await path_of(old, ANA)
    await old.client.post(f"{path}/messages", {"text": "Pois não?", "client_id": uuid4().hex})
    await eventually(lambda: "Pois não?" in [entry.text for entry in new.sent_to(ANA)])
    new.says(ANA, "obrigada", name="Ana")
    await eventually(lambda: _count(old, ANA, 3))
    assert (await old.conversation(ANA))["id"] == before["id"]
    new.says(BIA, "e amanhã?", name="Bia")
    await answered(new, BIA)
    assert old.sent_to(BIA) != []
    audit = (await old.client.get("/audit-log"))["items"]
    assert "channels.move" in [entry["action"] for entry in audit]


async def test_what_waits_leaves_by_the_new_channel(house: House) -> None:
    old, new = await two_channels(house)
    old.says(ANA, "quero falar com um atendente", name="Ana")
    await state_is(old, ANA, "queued")
    await quiet(old)
    path = await path_of(old, ANA)
    async with switched(house, error_rate=1.0, error_status=503):
        await old.client.post(f"{path}/messages", {"text": "Já vai", "client_id": uuid4().hex})

        async def moved() -> bool:
            answer = await old.client.post(f"/channels/{old.channel_id}/move", {"to": new.channel_id})
            assert answer.status in (200, 409), answer.body
            return answer.status == 200

        await eventually(moved, 20, 0.1)

    async def left() -> bool:
        return "Já vai" in [entry.text for entry in new.sent_to(ANA)]

    await eventually(left, 30, 0.3)


async def test_who_is_there_already_stays_and_a_stranger_is_not_moved(house: House) -> None:
    old, new = await two_channels(house)
    other = await house.clinic()
    old.says(ANA, "Oi", name="Ana")
    await answered(old, ANA)
    new.says(ANA, "Oi por aqui", name="Ana")
    await answered(new, ANA)
    await quiet(old)
    for to in (other.channel_id, old.channel_id, str(uuid4())):
        refused = await old.client.post(f"/channels/{old.channel_id}/move", {"to": to})
        assert (refused.status, refused["errors"][0]["pointer"]) == (422, "/to")
    moved = await old.client.post(f"/channels/{old.channel_id}/move", {"to": new.channel_id})
    assert moved.body == {"moved": 0, "left": 1}


async def _count(clinic: Clinic, phone: str, count: int) -> bool:
    return len(await clinic.messages(phone)) >= count
