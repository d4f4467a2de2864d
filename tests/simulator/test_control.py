"""The control routes, the faults of the wire, the page, and the simulator as its own process."""

from __future__ import annotations

import asyncio
import signal
import sys

import aiohttp
import msgspec
import pytest

from evoai.simulator.app import Simulator
from evoai.simulator.log import Log
from evoai.simulator.qr import EXP, LOG, VERSIONS, matrix, words

from .conftest import KEY, Caller, Receiver, until

ANA = "5511987654321"


async def test_state(clinic: str, control: Caller) -> None:
    status, state = await control("GET", "state")
    assert status == 200
    assert [(i["name"], i["state"]) for i in state["instances"]] == [(clinic, "open")]
    assert [c["name"] for c in state["contacts"]] == ["Ana Beatriz", "João Pereira", "Mariana Souza"]
    assert state["faults"]["error_rate"] == 0


async def test_scan_and_drop(sim: Simulator, call: Caller, control: Caller, session: aiohttp.ClientSession) -> None:
    new = {"instanceName": "loja um", "integration": "WHATSAPP-BAILEYS", "qrcode": True}
    await call("POST", "instance/create", new)
    async with session.get(f"{sim.url}/_sim/instances/loja%20um/qr.png") as response:
        assert (response.content_type, (await response.read())[:4]) == ("image/png", b"\x89PNG")
    assert (await control("POST", "instances/loja%20um/scan", {"phone": "5511900001111"}))[0] == 200
    await until(lambda: sim.instance("loja um").state == "open")
    assert sim.instance("loja um").owner_phone == "5511900001111"
    assert (await control("POST", "instances/loja%20um/scan"))[0] == 409
    _, state = await control("POST", "instances/loja%20um/drop")
    assert state["state"] == "close"
    assert (await control("POST", "instances/ghost/scan"))[0] == 404


async def test_write_as_contact_and_owner(clinic: str, sim: Simulator, control: Caller, receiver: Receiver) -> None:
    body = {"instance": clinic, "from": "5531977776666", "name": "Rita", "text": "oi"}
    status, one = await control("POST", "messages", body)
    _, two = await control("POST", "messages", {**body, "text": "olá", "from_me": True})
    await sim.settled()
    got = {b["data"]["key"]["id"]: b["data"] for b in receiver.of("messages.upsert")}
    assert status == 201
    assert (got[one["id"]]["pushName"], got[one["id"]]["key"]["fromMe"]) == ("Rita", False)
    assert got[two["id"]]["key"]["fromMe"] is True
    _, page = await control("GET", f"messages?instance={clinic}&phone=5531977776666")
    assert [(m["text"], m["direction"]) for m in page["items"]] == [("oi", "out"), ("olá", "in")]


async def test_bad_writes(clinic: str, sim: Simulator, control: Caller) -> None:
    for body in ({"from": "abc", "text": "x"}, {"from": ANA}, {"from": ANA, "kind": "nope", "text": "x"}):
        assert (await control("POST", "messages", body))[0] == 400
    assert (await control("POST", "messages", {"instance": "ghost", "from": ANA, "text": "x"}))[0] == 404
    sim.drop(clinic)
    assert (await control("POST", "messages", {"from": ANA, "text": "x"}))[0] == 409


async def test_faults_are_changed_in_part(clinic: str, sim: Simulator, control: Caller) -> None:
    status, faults = await control("POST", "faults", {"latency_ms": 5, "model_error": "429"})
    assert (status, faults["latency_ms"], faults["model_error"], faults["qr_limit"]) == (200, 5, "429", 30)
    assert (await control("POST", "faults", {"latency_ms": "x"}))[0] == 400
    assert (await control("POST", "faults", {"nonsense": 1}))[0] == 400
    assert (await control("POST", "faults", {"instance": clinic, "duplicate_rate": 0.5}))[0] == 200
    assert (sim.instance(clinic).overrides, sim.faults.duplicate_rate) == ({"duplicate_rate": 0.5}, 0)
    assert (await control("POST", "faults", {"instance": clinic, "latency_ms": 1}))[0] == 400


async def post(session: aiohttp.ClientSession, sim: Simulator, clinic: str, seconds: float = 5) -> int:
    url = f"{sim.evolution_url}/message/sendText/{clinic}"
    timeout = aiohttp.ClientTimeout(seconds)
    async with session.post(url, json={"number": ANA, "text": "oi"}, headers=KEY, timeout=timeout) as response:
        await response.read()
        return response.status


async def test_errors_before_anything_happened(clinic: str, sim: Simulator, session: aiohttp.ClientSession) -> None:
    sim.set(error_rate=1.0)
    assert {await post(session, sim, clinic) for _ in range(20)} == {500, 503}
    sim.set(error_status=503)
    assert {await post(session, sim, clinic) for _ in range(5)} == {503}
    sim.set(error_rate=0, hang_up_before_accept=1.0)
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(session, sim, clinic)
    assert sim.sends() == []
    assert len(sim.log.sends(accepted=False)) == 25


@pytest.mark.parametrize(
    ("switch", "outcome"),
    [("hang_up_after_accept", "hang-up"), ("drop_answers", "no-answer"), ("accept_then_400", "400")],
)
async def test_accepted_but_not_told(
    clinic: str, sim: Simulator, session: aiohttp.ClientSession, receiver: Receiver, switch: str, outcome: str
) -> None:
    sim.set(**{switch: 1.0})
    if outcome == "hang-up":
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await post(session, sim, clinic)
    elif outcome == "no-answer":
        with pytest.raises(TimeoutError):
            await post(session, sim, clinic, 0.2)
    else:
        assert await post(session, sim, clinic) == 400
    assert [(e.accepted, e.outcome) for e in sim.sends(ANA)] == [(True, outcome)]
    sim.set(**{switch: 0.0})
    await sim.settled()
    assert len(receiver.of("send.message")) == 1
    assert await post(session, sim, clinic) == 201


async def test_log_over_http(clinic: str, sim: Simulator, call: Caller, control: Caller) -> None:
    for i in range(3):
        await call("POST", f"message/sendText/{clinic}", {"number": ANA, "text": f"m{i}"})
    body = {"model": "m", "messages": [{"role": "user", "content": "oi"}]}
    async with call.session.post(
        f"{sim.model_url}/chat/completions", json=body, headers={"authorization": "Bearer x"}
    ) as response:
        assert response.status == 200
    _, log = await control("GET", "log")
    assert [e["kind"] for e in log["items"]] == ["send", "send", "send", "model"]
    assert log["items"][3]["messages"] == body["messages"]
    assert {"at", "number", "text", "instance", "accepted", "id"} <= log["items"][0].keys()
    _, rest = await control("GET", f"log?since={log['items'][1]['seq']}&kind=send")
    assert [e["text"] for e in rest["items"]] == ["m2"]
    assert (await control("DELETE", "log"))[0] == 204
    _, log = await control("GET", f"log?since={log['seq']}")
    assert log["items"] == []


async def test_the_log_is_a_ring() -> None:
    log = Log(size=10)
    for i in range(25):
        log.add("send", number=str(i), accepted=True)
    assert [e.number for e in log] == [str(i) for i in range(15, 25)]
    assert [e.seq for e in log.since(22)] == [23, 24, 25]
    assert len(log.since(0)) == 10
    log.clear()
    assert log.add("send").seq == 26


async def test_events_reach_the_page(clinic: str, sim: Simulator, session: aiohttp.ClientSession) -> None:
    async with session.get(f"{sim.url}/_sim/events") as response:
        assert response.content_type == "text/event-stream"
        await response.content.readuntil(b"\n\n")
        await until(lambda: bool(sim.world.watchers))
        sim.say(clinic, ANA, "oi")
        line = await response.content.readuntil(b"\n\n")
        event = msgspec.json.decode(line.removeprefix(b"data: ").strip())
        assert (event["type"], event["message"]["text"], event["message"]["direction"]) == ("message", "oi", "out")
    await until(lambda: not sim.world.watchers)


async def test_the_page_needs_nothing_from_elsewhere(sim: Simulator, session: aiohttp.ClientSession) -> None:
    for path, kind in (("", "text/html"), ("style.css", "text/css"), ("app.js", "text/javascript")):
        async with session.get(f"{sim.url}/{path}") as response:
            text = await response.text()
            assert (response.status, response.content_type) == (200, kind)
            assert response.headers["content-security-policy"] == "default-src 'self'"
            assert "https://" not in text
            assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    async with session.get(f"{sim.url}/nothing") as response:
        assert response.status == 404


async def test_as_a_process() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "evoai.simulator", "--port", "0", "--seed", "7", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 10)).decode().strip()
    assert line.startswith("simulator: http://127.0.0.1:")
    async with (
        aiohttp.ClientSession() as session,
        session.get(line.removeprefix("simulator: ") + "/_sim/state") as response,
    ):
        assert response.status == 200
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 5) == 0


def test_qr_error_words_have_no_syndromes() -> None:
    data = b"2@" + b"x" * 180
    version = next(v for v in VERSIONS if len(data) <= 230 and v == 9)
    error_words, groups, _ = VERSIONS[version]
    stream = words(data, version)
    count, length = groups[0]
    for block in range(count):
        code = [stream[i * count + block] for i in range(length)]
        code += [stream[count * length + i * count + block] for i in range(error_words)]
        for power in range(error_words):
            value = 0
            for word in code:
                value = (EXP[(LOG[value] + power) % 255] if value else 0) ^ word
            assert value == 0


def test_qr_matrix_reads_back() -> None:
    text = b"https://wa.me/5511987654321"
    grid = matrix(text)
    size = len(grid)
    assert size == 17 + 4 * 4
    assert [grid[0][x] for x in range(8)] == [True] * 7 + [False]
    # Level L and mask 0, as every reader finds them beside the upper left eye.
    row = [grid[8][x] for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [grid[y][8] for y in (7, 5, 4, 3, 2, 1, 0)]
    assert "".join("1" if bit else "0" for bit in row) == "111011111000100"
