"""The adapter and the simulator, written apart from the same contract, speaking to each other over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from aiohttp import web

from evoai.channels.adapters.evolution import Evolution
from evoai.channels.adapters.incoming import Address, Connection, Event, Inbound, Receipt
from evoai.channels.adapters.protocol import Line, Outgoing, SendOutcome
from evoai.kit.errors import Conflict
from evoai.kit.net import Net
from evoai.simulator.app import Simulator
from tests.listening import listening

ANA = "5511987654321"
evolution = Evolution()


class Hooks:
    """A door: verifies, opens and parses what arrives."""

    def __init__(self) -> None:
        self.line: Line | None = None
        self.events: list[Event] = []
        self.refused = 0
        self.url = ""

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        assert self.line is not None
        if not evolution.verify(self.line, {k.lower(): v for k, v in request.headers.items()}, raw):
            self.refused += 1
            return web.Response(status=401)
        for envelope in evolution.open(self.line, raw, datetime.now(UTC)):
            assert envelope.quarantine is None, envelope
            self.events.append(evolution.parse(self.line, envelope.body))
        return web.Response()

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, scan_ms=0, server_ack_ms=0, delivery_ack_ms=5, read_ms=10) as running:
        yield running


@pytest.fixture
async def hooks() -> AsyncIterator[Hooks]:
    made = Hooks()
    async with listening(made.serve) as url:
        made.url = f"{url}/hooks/k"
        yield made


@pytest.fixture
async def line(sim: Simulator, net: Net, hooks: Hooks) -> Line:
    """A connected number."""
    bare = Line(
        tenant_id=UUID(int=1),
        channel_id=UUID(int=2),
        config={"base_url": f"{sim.url}/evolution", "instance": "clinica-1"},
        secrets={"api_key": "simulator-key", "hook_token": "hook-token-hook-token"},
    )
    hooks.line = bare
    secrets = await evolution.create(net, bare, hooks.url)  # type: ignore[attr-defined]
    made = Line(
        tenant_id=bare.tenant_id, channel_id=bare.channel_id, config=bare.config, secrets=bare.secrets | secrets
    )
    hooks.line = made
    assert secrets["instance_token"]
    for _ in range(20):
        pairing = await evolution.connect(net, made, None)
        if pairing.qr:
            break
    assert pairing.state == "connecting"
    sim.scan("clinica-1", phone="5511933334444", name="Clínica Sorriso")
    await sim.settled()
    assert hooks.refused == 0
    return made


def outgoing(text: str, address: str = f"{ANA}@s.whatsapp.net") -> Outgoing:
    return Outgoing(delivery_id=UUID(int=3), address=address, text=text)


async def test_a_number_lives(sim: Simulator, net: Net, line: Line, hooks: Hooks) -> None:
    connected = Connection(state="connected", phone="5511933334444", profile_name="Clínica Sorriso")
    assert connected in hooks.events
    assert await evolution.status(net, line) == connected
    assert (await evolution.connect(net, line, None)).phone == "5511933334444"
    await evolution.typing(net, line, f"{ANA}@s.whatsapp.net")
    await evolution.disconnect(net, line)
    await evolution.disconnect(net, line)
    assert (await evolution.status(net, line)).state == "disconnected"
    await evolution.remove(net, line)
    await evolution.remove(net, line)
    assert (await evolution.status(net, line)).reason == "unknown-instance"


async def test_create_again_adopts_and_a_wrong_key_does_not(net: Net, line: Line, hooks: Hooks) -> None:
    again = await evolution.create(net, line, hooks.url)  # type: ignore[attr-defined]
    assert again == {"instance_token": line.secrets["instance_token"]}
    thief = Line(
        tenant_id=UUID(int=9),
        channel_id=UUID(int=9),
        config=line.config,
        secrets={"api_key": "wrong", "hook_token": "x"},
    )
    with pytest.raises(Conflict):
        await evolution.create(net, thief, hooks.url)  # type: ignore[attr-defined]


@pytest.mark.parametrize("generation", ["2.2.3", "2.3.4", "2.3.6", "2.3.7", "2.4.0"])
@pytest.mark.parametrize("addressing", ["pn", "lid"])
async def test_a_contact_writes(sim: Simulator, line: Line, hooks: Hooks, generation: str, addressing: str) -> None:
    sim.set(key_generation=generation)
    provider_id = sim.say("clinica-1", ANA, "Oi, tudo bem? 😀", name="Ana", addressing=addressing)
    await sim.settled()
    (event,) = [event for event in hooks.of(Inbound) if isinstance(event, Inbound)]
    assert (event.provider_message_id, event.content.text, event.name) == (provider_id, "Oi, tudo bem? 😀", "Ana")
    assert event.chat is not None
    if generation == "2.2.3" and addressing == "lid":
        assert event.chat.phone is None
        assert event.chat.lid
    else:
        assert event.chat.phone == ANA
    assert event.at is not None
    assert abs((event.at - datetime.now(UTC)).total_seconds()) < 5


async def test_we_answer_and_hear_what_became_of_it(sim: Simulator, net: Net, line: Line, hooks: Hooks) -> None:
    sim.say("clinica-1", ANA, "Oi")
    sent = await evolution.send(net, line, outgoing("Olá, Ana!"), 5)
    assert sent.result == "accepted"
    await sim.settled()
    echo = [event for event in hooks.of(Inbound) if isinstance(event, Inbound) and event.by_api]
    assert [event.provider_message_id for event in echo] == [sent.provider_message_id]
    assert echo[0].chat == Address(phone=ANA)
    ticks = [event for event in hooks.of(Receipt) if isinstance(event, Receipt)]
    assert {tick.provider_message_id for tick in ticks} == {sent.provider_message_id}
    assert ticks[-1].status == "read"


async def test_doubtful_sends_are_found_or_not(sim: Simulator, net: Net, line: Line) -> None:
    sim.say("clinica-1", ANA, "Oi")
    since = datetime.now(UTC)
    for switch in ("hang_up_after_accept", "accept_then_400"):
        sim.set(**{switch: 1.0})
        lost = await evolution.send(net, line, outgoing(switch), 5)
        sim.set(**{switch: 0.0})
        assert lost.result == "unknown"
        found = await evolution.find_sent(net, line, outgoing(switch), since)
        assert isinstance(found, SendOutcome)
        assert found.result == "accepted"
    sim.set(hang_up_before_accept=1.0)
    assert (await evolution.send(net, line, outgoing("nunca"), 5)).result == "unknown"
    sim.set(hang_up_before_accept=0.0)
    assert await evolution.find_sent(net, line, outgoing("nunca"), since) is None


async def test_refusals(sim: Simulator, net: Net, line: Line) -> None:
    sim.set(missing_numbers=[ANA])
    assert (await evolution.send(net, line, outgoing("oi"), 5)).code == "not-on-whatsapp"
    sim.set(license_required=True)
    assert (await evolution.send(net, line, outgoing("oi"), 5)).code == "license-required"
    with pytest.raises(Conflict, match="integration-not-configured"):
        await evolution.status(net, line)
