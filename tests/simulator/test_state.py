"""What survives a restart of the simulator in its state file, and the server in front of aiohttp."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from evoai.simulator.app import Simulator
from evoai.simulator.keeping import StateError

from .conftest import EVENTS, KEY, Caller, Receiver, until

ANA = "5511987654321"
QUICK = {"model_ms": 0, "scan_ms": 1, "server_ack_ms": 1, "delivery_ack_ms": 5, "read_ms": 10}


async def connect(simulator: Simulator, session: aiohttp.ClientSession, url: str, name: str = "clinica-1") -> str:
    """A connected instance; its token."""
    hook = {"url": url, "headers": {"X-Hook-Token": "s3cret"}, "events": EVENTS}
    body = {"instanceName": name, "integration": "WHATSAPP-BAILEYS", "qrcode": True, "webhook": hook}
    call = Caller(f"{simulator.evolution_url}/", session)
    status, created = await call("POST", "instance/create", body)
    assert status == 201
    simulator.scan(name, phone="5511933334444", name="Clínica Sorriso")
    await simulator.settled()
    return created["hash"]


async def test_a_restarted_simulator_goes_on_as_the_same_phone(
    tmp_path: Path, session: aiohttp.ClientSession, receiver: Receiver
) -> None:
    state = tmp_path / "simulator.json"
    async with Simulator(state=state, **QUICK) as before:
        token = await connect(before, session, receiver.url)
        first = before.say("clinica-1", "5531977776666", "oi", name="Rita", addressing="lid")
        call = Caller(f"{before.evolution_url}/", session)
        _, sent = await call("POST", "message/sendText/clinica-1", {"number": "5531977776666", "text": "Olá, Rita!"})
        await before.settled()
        lid = before.world.person("5531977776666").lid
    receiver.bodies.clear()
    receiver.requests.clear()
    async with Simulator(state=state, **QUICK) as after:
        instance = after.instance("clinica-1")
        assert (instance.state, instance.owner_phone) == ("open", "5511933334444")
        person = after.world.person("5531977776666")
        assert (person.name, person.lid, person.addressing) == ("Rita", lid, "lid")
        second = after.say("clinica-1", "5531977776666", "ainda aí?")
        await after.settled()
        (body,) = receiver.of("messages.upsert")
        assert body["data"]["key"]["id"] == second != first
        assert receiver.requests[0][0] == "/hooks/secret"
        assert receiver.requests[0][1]["x-hook-token"] == "s3cret"
        call = Caller(f"{after.evolution_url}/", session)
        key = {"apikey": token}
        answer = {"number": "5531977776666", "text": "Sim!"}
        status, again = await call("POST", "message/sendText/clinica-1", answer, headers=key)
        assert (status, again["key"]["id"] != sent["key"]["id"]) == (201, True)
        where = {"where": {"key": {"id": sent["key"]["id"]}}}
        _, found = await call("POST", "chat/findMessages/clinica-1", where, headers=key)
        (record,) = found["messages"]["records"]
        assert record["message"] == {"conversation": "Olá, Rita!"}
        assert {u["status"] for u in record["MessageUpdate"]} == {"SERVER_ACK", "DELIVERY_ACK", "READ"}
        assert list(instance.messages)[:2] == [first, sent["key"]["id"]]


async def test_changes_are_on_disk_within_a_second(
    tmp_path: Path, session: aiohttp.ClientSession, receiver: Receiver
) -> None:
    state = tmp_path / "simulator.json"
    async with Simulator(state=state, **QUICK) as simulator:
        await connect(simulator, session, receiver.url)
        await until(state.exists)
        wa_id = simulator.say("clinica-1", ANA, "acabei de escrever")
        await until(lambda: wa_id in state.read_text(), 1.2)
        call = Caller(f"{simulator.evolution_url}/", session)
        hook = {"enabled": True, "url": receiver.url, "events": ["CALL"]}
        assert (await call("POST", "webhook/set/clinica-1", {"webhook": hook}))[0] == 201
        await until(lambda: '"events":["CALL"]' in state.read_text(), 1.2)
        assert state.stat().st_mode & 0o777 == 0o600
        simulator.drop("clinica-1")
    assert msgspec.json.decode(state.read_bytes())["instances"][0]["state"] == "close"


async def test_a_pairing_begins_anew_and_a_deleted_instance_stays_away(
    tmp_path: Path, session: aiohttp.ClientSession, receiver: Receiver
) -> None:
    state = tmp_path / "simulator.json"
    async with Simulator(state=state, **QUICK) as before:
        await connect(before, session, receiver.url, "gone")
        call = Caller(f"{before.evolution_url}/", session)
        new = {"instanceName": "nova", "integration": "WHATSAPP-BAILEYS", "qrcode": True}
        code = (await call("POST", "instance/create", new))[1]["qrcode"]["code"]
        assert (await call("DELETE", "instance/delete/gone"))[0] == 200
        await before.settled()
    async with Simulator(state=state, **QUICK) as after:
        assert list(after.world.instances) == ["nova"]
        assert after.instance("nova").state == "connecting"
        assert after.instance("nova").qr_code not in (None, code)


async def test_a_damaged_file_and_a_fixed_seed_are_refused(tmp_path: Path) -> None:
    state = tmp_path / "simulator.json"
    with pytest.raises(StateError, match="seed"):
        Simulator(state=state, seed=1)
    state.write_text('{"instances": 5}')
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "evoai.simulator", "--port", "0", "--state", str(state)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 1
    assert said.decode().startswith(f"simulator: {state} is damaged")
    assert state.read_text() == '{"instances": 5}'


async def test_killed_after_a_second_it_remembers(
    tmp_path: Path, session: aiohttp.ClientSession, receiver: Receiver
) -> None:
    state = tmp_path / "simulator.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "evoai.simulator", "--port", "0", "--state", str(state)), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await asyncio.wait_for(process.stdout.readline(), 10)).decode().removeprefix("simulator: ").strip()
    call = Caller(f"{url}/evolution/", session)
    assert (await call("POST", "instance/create", {"instanceName": "a", "integration": "WHATSAPP-BAILEYS"}))[0] == 201
    await until(lambda: state.exists() and b'"name":"a"' in state.read_bytes())
    process.send_signal(signal.SIGKILL)
    await process.wait()
    async with Simulator(state=state) as after:
        assert list(after.world.instances) == ["a"]


async def raw(simulator: Simulator, *parts: bytes, answers: int = 1) -> list[tuple[int, Any]]:
    """Write these bytes, a moment apart, on one connection; the answers in order."""
    reader, writer = await asyncio.open_connection(simulator.host, simulator.port)
    for part in parts:
        writer.write(part)
        await asyncio.sleep(0.02)
    got: list[tuple[int, Any]] = []
    async with asyncio.timeout(5):
        for _ in range(answers):
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            got.append((int(head[9:12]), msgspec.json.decode(await reader.readexactly(length))))
    writer.close()
    return got


def request(method: bytes, path: bytes, body: bytes = b"", chunked: bool = False) -> bytes:
    head = b"%b %b HTTP/1.1\r\nhost: x\r\napikey: simulator-key\r\nauthorization: Bearer x\r\n" % (method, path)
    if chunked:
        return head + b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    return head + b"content-length: %d\r\n\r\n%b" % (len(body), body)


ASK = b'{"model":"gpt-4o-mini","messages":[{"role":"user","content":"oi"}]}'
SAY = b'{"number":"5511987654321","text":"oi"}'
CHAT, SEND = b"/v1/chat/completions", b"/evolution/message/sendText/clinica-1"


async def test_hot_and_other_requests_share_a_connection(clinic: str, sim: Simulator) -> None:
    cold = request(b"GET", b"/evolution/instance/connectionState/clinica-1")
    parts = [request(b"POST", SEND, SAY), cold, request(b"POST", CHAT, ASK), cold, request(b"POST", SEND, SAY)]
    got = await raw(sim, *parts, answers=5)
    assert [status for status, _ in got] == [201, 200, 200, 200, 201]
    assert got[1][1]["instance"]["state"] == "open"
    assert got[2][1]["choices"][0]["message"]["content"].startswith("Oi")
    assert len(sim.sends(ANA)) == 2


async def test_a_hot_request_may_come_in_pieces(clinic: str, sim: Simulator) -> None:
    whole = request(b"POST", SEND, SAY)
    pieces = [whole[:9], whole[9:30], whole[30:120], whole[120:-5], whole[-5:]]
    assert [status for status, _ in await raw(sim, *pieces)] == [201]
    whole = request(b"POST", b"/evolution/instance/create", b'{"instanceName":"b","integration":"EVOLUTION"}')
    assert [status for status, _ in await raw(sim, whole[:20], whole[20:90], whole[90:])] == [201]
    assert len(sim.sends(ANA)) == 1


async def test_chunked_pipelined_and_broken_requests_are_answered_too(clinic: str, sim: Simulator) -> None:
    chunked = request(b"POST", SEND, SAY, chunked=True)
    assert [status for status, _ in await raw(sim, chunked)] == [201]
    two = request(b"POST", SEND, SAY) * 2
    assert [status for status, _ in await raw(sim, two, answers=2)] == [201, 201]
    sim.set(model_ms=100)
    early = [request(b"POST", CHAT, ASK), request(b"POST", SEND, SAY)]
    assert [status for status, _ in await raw(sim, *early, answers=2)] == [200, 201]
    assert len(sim.sends(ANA)) == 4
    reader, writer = await asyncio.open_connection(sim.host, sim.port)
    writer.write(b"NONSENSE\r\n\r\n")
    assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.0 400")
    writer.close()


async def test_wrong_key_at_the_hot_routes(clinic: str, sim: Simulator) -> None:
    wrong = request(b"POST", SEND, SAY).replace(b"simulator-key", b"simulator-kex")
    assert [status for status, _ in await raw(sim, wrong)] == [401]
    wrong = request(b"POST", CHAT, ASK).replace(b"Bearer x", b"Bearer wrong")
    assert [status for status, _ in await raw(sim, wrong)] == [401]
    assert KEY["apikey"] == sim.world.api_key
