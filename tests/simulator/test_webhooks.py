"""The webhook sender: retries, subscription, headers, and faults on the way."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac

import msgspec
import pytest

from evoai.simulator.app import Simulator
from evoai.simulator.posting import CONNECTIONS
from evoai.simulator.world import Instance
from tests.house import free_port

from .conftest import Caller, Receiver, until

ANA = "5511987654321"


async def subscribe(call: Caller, clinic: str, url: str, **more: object) -> None:
    hook = {"enabled": True, "url": url, "events": ["MESSAGES_UPSERT"], **more}
    assert (await call("POST", f"webhook/set/{clinic}", {"webhook": hook}))[0] == 201


async def test_retried_until_2xx_with_the_same_body(
    clinic: str, sim: Simulator, call: Caller, receiver: Receiver
) -> None:
    await subscribe(call, clinic, receiver.url)
    sim.set(retry_time_factor=0.001)
    receiver.answers = [503, 429, 409]
    sim.say(clinic, ANA, "oi")
    await sim.settled()
    assert len(receiver.bodies) == 4
    assert all(b == receiver.bodies[0] for b in receiver.bodies)


async def test_dropped_after_ten_tries(clinic: str, sim: Simulator, call: Caller, receiver: Receiver) -> None:
    await subscribe(call, clinic, receiver.url)
    sim.set(retry_time_factor=0.0001)
    receiver.answers = [500] * 20
    sim.say(clinic, ANA, "oi")
    await sim.settled()
    assert len(receiver.bodies) == 10
    assert sim.webhooks.tally.dropped == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_final_statuses(clinic: str, sim: Simulator, call: Caller, receiver: Receiver, status: int) -> None:
    await subscribe(call, clinic, receiver.url)
    receiver.answers = [status]
    sim.say(clinic, ANA, "oi")
    await sim.settled()
    assert len(receiver.bodies) == 1
    assert sim.webhooks.tally.refused == 1


async def test_waits_are_at_least_five_seconds_times_the_factor(
    clinic: str, sim: Simulator, call: Caller, receiver: Receiver
) -> None:
    await subscribe(call, clinic, receiver.url)
    sim.set(retry_time_factor=0.02)
    receiver.answers = [503]
    loop = asyncio.get_running_loop()
    begun = loop.time()
    sim.say(clinic, ANA, "oi")
    await sim.settled()
    assert 0.1 <= loop.time() - begun < 1.0


async def test_a_receiver_that_is_down_is_tried_again(clinic: str, sim: Simulator, call: Caller) -> None:
    seen: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        seen.append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
        await writer.drain()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    await subscribe(call, clinic, f"http://127.0.0.1:{port}/h")
    sim.set(retry_time_factor=0.02)
    sim.say(clinic, ANA, "oi")
    await until(lambda: sim.webhooks.tally.attempts > sim.webhooks.tally.delivered)
    server = await asyncio.start_server(take, "127.0.0.1", port)
    await sim.settled()
    assert len(seen) == 1
    server.close()


async def test_more_than_can_be_tried_at_once_at_a_dead_receiver_are_all_given_up(
    clinic: str, sim: Simulator, call: Caller
) -> None:
    await subscribe(call, clinic, f"http://127.0.0.1:{free_port()}/h")
    sim.set(retry_time_factor=0.0001)
    for n in range(3 * CONNECTIONS):
        sim.say(clinic, ANA, f"oi {n}")
    await sim.settled()
    assert sim.webhooks.tally.dropped == 3 * CONNECTIONS


async def test_only_subscribed_events_leave(clinic: str, sim: Simulator, call: Caller, receiver: Receiver) -> None:
    await subscribe(call, clinic, receiver.url)
    sim.say(clinic, ANA, "oi")
    await call("POST", f"message/sendText/{clinic}", {"number": ANA, "text": "olá"})
    await sim.settled()
    assert [b["event"] for b in receiver.bodies] == ["messages.upsert"]


async def test_by_events_adds_the_name_to_the_path(
    clinic: str, sim: Simulator, call: Caller, receiver: Receiver
) -> None:
    await subscribe(call, clinic, receiver.url, byEvents=True)
    sim.say(clinic, ANA, "oi")
    await sim.settled()
    assert receiver.requests[0][0] == "/hooks/secret/messages-upsert"
    assert receiver.bodies[0]["destination"] == receiver.url


async def test_jwt_key_becomes_a_bearer_token(clinic: str, sim: Simulator, call: Caller, receiver: Receiver) -> None:
    await subscribe(call, clinic, receiver.url, headers={"jwt_key": "k" * 32, "X-A": "1"})
    sim.say(clinic, ANA, "oi")
    await sim.settled()
    headers = receiver.requests[0][1]
    assert "jwt_key" not in headers
    assert headers["x-a"] == "1"
    signed, _, signature = headers["authorization"].removeprefix("Bearer ").rpartition(".")
    expected = hmac.digest(b"k" * 32, signed.encode(), hashlib.sha256)
    assert signature == base64.urlsafe_b64encode(expected).rstrip(b"=").decode()
    claims = msgspec.json.decode(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
    assert claims["exp"] - claims["iat"] == 600


async def test_duplicates_of_one_instance(clinic: str, sim: Simulator, call: Caller, receiver: Receiver) -> None:
    await subscribe(call, clinic, receiver.url)
    sim.set(instance=clinic, duplicate_rate=1.0)
    sim.say(clinic, ANA, "oi")
    await sim.settled()
    assert len(receiver.bodies) == 2
    assert receiver.bodies[0] == receiver.bodies[1]


async def test_reordering(clinic: str, sim: Simulator, call: Caller, receiver: Receiver) -> None:
    await subscribe(call, clinic, receiver.url)
    sim.set(reorder_rate=0.5, reorder_ms=100)
    sent = [sim.say(clinic, ANA, f"mensagem {i}") for i in range(30)]
    await sim.settled()
    got = [b["data"]["key"]["id"] for b in receiver.bodies]
    assert sorted(got) == sorted(sent)
    assert got != sent


async def test_silence(clinic: str, sim: Simulator, receiver: Receiver) -> None:
    sim.set(silent=True)
    sim.say(clinic, ANA, "oi")
    await sim.settled()
    assert receiver.bodies == []


async def test_many_at_once_arrive_once_each(clinic: str, sim: Simulator, call: Caller, receiver: Receiver) -> None:
    await subscribe(call, clinic, receiver.url)
    sent = {sim.say(clinic, ANA, f"m{i}") for i in range(300)}
    await sim.settled()
    got = [b["data"]["key"]["id"] for b in receiver.bodies]
    assert (len(got), set(got)) == (300, sent)


async def test_local_wall_clock_with_a_z(clinic: str, sim: Simulator, receiver: Receiver) -> None:
    sim.set(utc_offset_minutes=-180)
    sim.say(clinic, ANA, "oi")
    sim.set(utc_offset_minutes=0)
    sim.say(clinic, ANA, "oi")
    await sim.settled()
    early, late = sorted(b["date_time"] for b in receiver.of("messages.upsert"))
    assert early < late


async def test_an_instance_without_a_hook_stays_quiet(sim: Simulator) -> None:
    instance = Instance(name="x", id="1", token="t", created_at="")
    sim.webhooks.emit(instance, "connection.update", b"{}")
    assert sim.webhooks.tally.skipped == 1
