"""The websocket of the web app: who gets in, what is told, what is caught up with, and when it ends."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from redis.asyncio import Redis

from tests.house import Client, House
from tests.inbox.scenes import ANA, answered, path_of, quiet
from tests.realtime.tabs import Tab, opened, signed_in
from tests.tenants.people import add_member


async def test_a_message_and_its_answer_are_told_as_rest_shows_them(house: House) -> None:
    clinic = await house.clinic()
    async with signed_in(house, clinic.client) as tab:
        clinic.says(ANA, "abacaxi azul", name="Ana")
        received = await tab.until("message.received")
        assert received["data"]["text"] == "abacaxi azul"
        assert received["seq"] > tab.ready["seq"]
        await tab.until("conversation.updated", state="bot")
        sent = await tab.until("message.sent")
        # Ticks change what a conversation shows of its last message.
        await house.sim.settled()
        await quiet(clinic)
        shown = (await clinic.messages(ANA))[-1]
        assert set(sent["data"]) == set(shown)
        assert (sent["data"]["id"], sent["data"]["text"]) == (shown["id"], shown["text"])
        conversation = await clinic.conversation(ANA)
        taken = await clinic.client.post(f"{await path_of(clinic, ANA)}/take-over", {})
        told = await tab.until("conversation.updated", state="human")
        assert told["data"] == taken.body
        assert set(told["data"]) == set(conversation)


async def test_nothing_falls_between_ready_and_the_first_event(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await quiet(clinic)
    path = await path_of(clinic, ANA)
    # Somebody else's socket keeps the hub busy listening while each new one comes.
    async with signed_in(house, await house.sign_up()):
        for n in range(8):
            async with signed_in(house, clinic.client) as tab:
                body = {"text": f"linha {n}", "client_id": uuid4().hex}
                written = await clinic.client.post(f"{path}/messages", body)
                assert written.status == 201
                await tab.until("message.queued", 3, id=written["id"])


async def test_a_gap_is_caught_up_with_and_an_unknown_epoch_is_fetched_anew(house: House) -> None:
    clinic = await house.clinic()
    async with signed_in(house, clinic.client) as tab:
        position = tab.ready
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await quiet(clinic)
    async with signed_in(house, clinic.client) as tab:
        assert tab.ready["epoch"] == position["epoch"]
        await tab.send(type="resume", epoch=position["epoch"], seq=position["seq"])
        missed: list[Any] = []
        while len(missed) < 3:
            frame = await tab.next()
            # A tick that comes meanwhile is live, and newer than what was missed.
            if frame["seq"] <= tab.ready["seq"]:
                missed.append(frame)
        assert [frame["seq"] for frame in missed] == [position["seq"] + n for n in (1, 2, 3)]
        assert any(frame["type"] == "message.received" for frame in missed)
        await tab.until("message.sent")
        await tab.send(type="resume", epoch="another", seq=1)
        await _until_resync(tab)
        await tab.send(type="resume", epoch=tab.ready["epoch"], seq=10**9)
        await _until_resync(tab)


async def test_after_a_loss_of_redis_the_epoch_is_new_and_resume_fetches_anew(house: House) -> None:
    clinic = await house.clinic()
    async with signed_in(house, clinic.client) as tab:
        before = tab.ready
    async with Redis.from_url(house.urls.redis) as redis:
        await redis.delete(*(await redis.keys(f"t:{clinic.client.tenant_id}:realtime:*")))
    async with signed_in(house, clinic.client) as tab:
        assert tab.ready["epoch"] != before["epoch"]
        await tab.send(type="resume", epoch=before["epoch"], seq=before["seq"])
        assert (await tab.next())["type"] == "resync"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
async def test_T59_a_foreign_origin_is_refused_at_the_handshake(house: House, origin: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with opened(house, origin):
            pass
    assert refused.value.status == 403


async def test_a_bad_token_or_another_first_frame_ends_the_socket_with_4401(house: House) -> None:
    client = await house.sign_up()
    for frame in ({"type": "auth", "token": "nonsense"}, {"type": "auth"}, {"type": "ping"}):
        async with opened(house) as tab:
            await tab.send(**frame)
            assert await tab.closed() == 4401, frame
    async with opened(house) as tab:
        began = monotonic()
        assert await tab.closed() == 4401
        assert 4 < monotonic() - began < 7
    other = await house.sign_up()
    async with signed_in(house, client) as tab:
        # A renewed token is one's own.
        await tab.send(type="auth", token=client.token)
        await tab.send(type="ping")
        assert (await tab.next())["type"] == "pong"
        await tab.send(type="auth", token=other.token)
        assert await tab.closed() == 4401


async def test_T21_a_revoked_session_loses_its_socket_within_five_seconds(house: House) -> None:
    client = await house.sign_up()
    async with signed_in(house, client) as tab:
        gone = await client.post("/auth/logout-all", {})
        if gone.status != 204:
            await house.rows("update sessions set revoked_at = now() where user_id = $1 returning id", _user(client))
        began = monotonic()
        assert await tab.closed() == 4401
        assert monotonic() - began < 5


async def test_somebody_who_is_no_member_any_more_loses_the_socket_with_4403(house: House) -> None:
    owner = await house.sign_up()
    agent = await add_member(house, owner, "agent")
    async with signed_in(house, agent) as tab:
        await house.rows(
            "delete from members where tenant_id = $1 and email = $2 returning id",
            owner.tenant_id,
            agent.user["email"],
        )
        assert await tab.closed() == 4403


async def test_T10_no_event_of_another_tenant_comes_and_its_ids_are_not_found(house: House) -> None:
    mine, theirs = await house.clinic(), await house.clinic()
    theirs.says(ANA, "abacaxi azul")
    await answered(theirs, ANA)
    foreign = (await theirs.conversation(ANA))["id"]
    async with signed_in(house, mine.client) as tab, signed_in(house, theirs.client) as other:
        for kind in ("typing", "viewing"):
            await tab.send(type=kind, conversation_id=foreign)
            assert await tab.next() == {"type": "error", "code": "not-found"}
        await tab.send(type="resume", epoch=other.ready["epoch"], seq=0)
        assert (await tab.next())["type"] == "resync"
        theirs.says(ANA, "bicicleta verde")
        await other.until("message.received")
        assert await tab.silent(1)


async def test_colleagues_see_who_types_and_who_looks(house: House) -> None:
    clinic = await house.clinic()
    agent = await add_member(house, clinic.client, "agent")
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await quiet(clinic)
    conversation_id = (await clinic.conversation(ANA))["id"]
    async with signed_in(house, clinic.client) as owner, signed_in(house, agent) as tab:
        for kind in ("typing", "viewing"):
            await tab.send(type=kind, conversation_id=conversation_id)
            frame = await owner.until(f"member.{kind}", conversation_id=conversation_id)
            assert frame["data"]["name"] == agent.user["name"]
            assert "seq" not in frame
        await tab.send(type="viewing", conversation_id=None)
        await owner.until("member.viewing", conversation_id=None)


async def test_unreadable_frames_get_an_error_and_then_the_end(house: House) -> None:
    client = await house.sign_up()
    async with signed_in(house, client) as tab:
        for _ in range(3):
            await tab.ws.send_str("{nonsense")
            assert await tab.next() == {"type": "error", "code": "bad-request"}
        await tab.ws.send_str("{nonsense")
        assert await tab.closed() == 1003


async def _until_resync(tab: Tab) -> None:
    async with asyncio.timeout(10):
        while (await tab.next())["type"] != "resync":
            continue


def _user(client: Client) -> Any:
    return client.user["id"]
