"""The UAZAPI adapter and the simulator, written apart from the same contract, speaking to each other over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from aiohttp import web

from evoai.channels.adapters.incoming import Address, Connection, Deletion, Edit, Event, Inbound, MediaKind, Qr, Receipt
from evoai.channels.adapters.protocol import File, Line, MediaGone, Outgoing, SendOutcome, Target
from evoai.channels.adapters.uazapi import Uazapi
from evoai.kit.errors import Conflict
from evoai.kit.net import Net
from evoai.simulator.app import Simulator
from tests.listening import listening

ANA = "5511987654321"
NAME = "evoai_loja"
uazapi = Uazapi()


class Hooks:
    """A door: verifies, opens and parses what arrives."""

    def __init__(self) -> None:
        self.url = ""
        self.line: Line | None = None
        self.events: list[Event] = []
        self.status = 200

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        assert self.line is not None
        assert request.headers["user-agent"] == "uazapiGO-Webhook/1.0"
        if self.status != 200:
            return web.Response(status=self.status)
        assert uazapi.verify(self.line, {}, raw)
        for envelope in uazapi.open(self.line, raw, datetime.now(UTC)):
            assert envelope.quarantine is None, envelope
            self.events.append(uazapi.parse(self.line, envelope.body))
        return web.Response()

    def messages(self) -> list[Inbound]:
        return [event for event in self.events if isinstance(event, Inbound)]

    def ticks(self) -> list[Receipt]:
        return [event for event in self.events if isinstance(event, Receipt)]


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(
        seed=1, scan_ms=0, delivery_ack_ms=5, read_ms=40, qr_seconds=0.2, retry_time_factor=0.001
    ) as running:
        yield running


@pytest.fixture
async def hooks() -> AsyncIterator[Hooks]:
    made = Hooks()
    async with listening(made.serve) as url:
        made.url = f"{url}/hooks/k"
        yield made


@pytest.fixture
async def bare(sim: Simulator, net: Net, hooks: Hooks) -> Line:
    """An instance that nobody paired."""
    line = Line(
        tenant_id=UUID(int=1),
        channel_id=UUID(int=2),
        config={"base_url": sim.uazapi_url, "instance": NAME},
        secrets={"admin_token": "simulator-key"},
    )
    given = await uazapi.create(net, line, hooks.url)
    hooks.line = msgspec.structs.replace(line, secrets={"instance_token": given["instance_token"]})
    return hooks.line


@pytest.fixture
async def line(sim: Simulator, net: Net, hooks: Hooks, bare: Line) -> Line:
    """A connected number."""
    pairing = await uazapi.connect(net, bare, None)
    assert pairing.qr is not None
    assert pairing.qr.code.startswith("data:image/png;base64,")
    sim.scan(NAME, phone="5511933334444", name="Loja Aurora")
    await sim.settled()
    return bare


def _file(kind: MediaKind, mime_type: str, body: bytes) -> File:
    return File(kind=kind, mime_type=mime_type, name="arquivo", body=body)


def outgoing(text: str, number: int = 3) -> Outgoing:
    return Outgoing(delivery_id=UUID(int=number), address=ANA, text=text)


async def test_a_number_lives(sim: Simulator, net: Net, line: Line, hooks: Hooks) -> None:
    connected = Connection(state="connected", phone="5511933334444", profile_name="Loja Aurora")
    assert connected in hooks.events
    assert await uazapi.status(net, line) == connected
    assert (await uazapi.connect(net, line, None)).phone == "5511933334444"
    await uazapi.restart(net, line)
    await uazapi.typing(net, line, ANA)
    assert [entry.text for entry in sim.log if entry.kind == "presence"] == ["composing"]
    await uazapi.disconnect(net, line)
    await uazapi.disconnect(net, line)
    assert (await uazapi.status(net, line)).reason == "logged-out"
    await sim.settled()
    assert Connection(state="disconnected", reason="logged-out") in hooks.events
    await uazapi.remove(net, line)
    await uazapi.remove(net, line)
    with pytest.raises(Conflict):
        await uazapi.status(net, line)


async def test_codes_turn_and_only_the_first_is_told(sim: Simulator, net: Net, bare: Line, hooks: Hooks) -> None:
    first = (await uazapi.connect(net, bare, None)).qr
    await asyncio.sleep(0.5)
    later = (await uazapi.status(net, bare)).qr
    assert first is not None
    assert later is not None
    assert first.code != later.code
    await sim.settled()
    assert [event.code for event in hooks.events if isinstance(event, Qr)] == [first.code]


async def test_a_code_to_type_after_a_picture(net: Net, bare: Line) -> None:
    assert (await uazapi.connect(net, bare, None)).qr is not None
    pairing = await uazapi.connect(net, bare, "5511933334444")
    assert pairing.qr is not None
    assert pairing.qr.pairing_code


async def test_an_older_edition_makes_instances_too(sim: Simulator, net: Net) -> None:
    sim.set(uazapi_init=True)
    line = Line(
        tenant_id=UUID(int=1),
        channel_id=UUID(int=2),
        config={"base_url": sim.uazapi_url, "instance": "evoai_old"},
        secrets={"admin_token": "simulator-key"},
    )
    assert (await uazapi.create(net, line, "http://127.0.0.1:9/hooks/k"))["instance_token"]


async def test_an_instance_is_adopted_and_a_strangers_is_not(net: Net, line: Line, hooks: Hooks) -> None:
    assert await uazapi.create(net, line, hooks.url) == {"admin_token": ""}
    for secrets in ({"instance_token": "wrong"}, {"admin_token": "wrong"}):
        with pytest.raises(Conflict):
            await uazapi.create(net, msgspec.structs.replace(line, secrets=secrets), hooks.url)


@pytest.mark.parametrize("addressing", ["pn", "lid"])
async def test_a_contact_writes(sim: Simulator, line: Line, hooks: Hooks, addressing: str) -> None:
    provider_id = sim.say(NAME, ANA, "Oi, tudo bem? 😀", name="Ana", addressing=addressing)
    await sim.settled()
    (event,) = hooks.messages()
    assert (event.provider_message_id, event.content.text, event.name) == (provider_id, "Oi, tudo bem? 😀", "Ana")
    assert event.chat is not None
    assert event.chat.phone == ANA
    assert event.at is not None
    assert abs((event.at - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.parametrize("kind", ["audio", "image", "video", "document", "sticker", "location", "contact"])
async def test_a_contact_sends_more_than_words(sim: Simulator, line: Line, hooks: Hooks, kind: str) -> None:
    sim.say(NAME, ANA, "", kind=kind)
    await sim.settled()
    assert [event.content.type for event in hooks.messages()] == [kind]


async def test_what_is_taken_back_and_reacted_to(sim: Simulator, net: Net, line: Line, hooks: Hooks) -> None:
    provider_id = sim.say(NAME, ANA, "ops")
    sim.engine.revoke(sim.instance(NAME), provider_id)
    sent = await uazapi.send(net, line, outgoing("Olá!"), 5)
    sim.say(NAME, ANA, "👍", kind="reaction")
    await sim.settled()
    assert Deletion(provider_message_id=provider_id) in hooks.events
    (reaction,) = [event for event in hooks.messages() if event.content.type == "reaction"]
    assert (reaction.target_id, reaction.content.text) == (sent.provider_message_id, "👍")


@pytest.mark.parametrize("words", [False, True])
async def test_we_answer_and_hear_what_became_of_it(
    sim: Simulator,
    net: Net,
    line: Line,
    hooks: Hooks,
    words: bool,
) -> None:
    sim.set(uazapi_words=words)
    sim.say(NAME, ANA, "Oi")
    sent = [await uazapi.send(net, line, outgoing(f"Olá {n}", n), 5) for n in range(3)]
    assert {how.result for how in sent} == {"accepted"}
    await sim.settled()
    echoes = [event for event in hooks.messages() if event.by_api]
    assert {event.provider_message_id for event in echoes} == {how.provider_message_id for how in sent}
    assert {event.delivery_id for event in echoes} == {UUID(int=n) for n in range(3)}
    assert {event.chat for event in echoes} == {Address(phone=ANA, lid=sim.world.person(ANA).lid.partition("@")[0])}
    for how in sent:
        states = [tick.status for tick in hooks.ticks() if tick.provider_message_id == how.provider_message_id]
        assert sorted(set(states)) == ["delivered", "read"]


async def test_doubtful_sends_are_found_or_not(sim: Simulator, net: Net, line: Line) -> None:
    sim.say(NAME, ANA, "Oi")
    since = datetime.now(UTC)
    for number, switch in enumerate(("hang_up_after_accept", "accept_then_400"), start=10):
        sim.set(**{switch: 1.0})
        lost = await uazapi.send(net, line, outgoing(switch, number), 5)
        sim.set(**{switch: 0.0})
        assert lost.result == "unknown"
        found = await uazapi.find_sent(net, line, outgoing(switch, number), since)
        assert isinstance(found, SendOutcome)
        assert found.result == "accepted"
    sim.set(hang_up_before_accept=1.0)
    assert (await uazapi.send(net, line, outgoing("nunca", 12), 5)).result == "unknown"
    sim.set(hang_up_before_accept=0.0)
    assert await uazapi.find_sent(net, line, outgoing("nunca", 12), since) is None


async def test_refusals(sim: Simulator, net: Net, line: Line) -> None:
    sim.set(reachout_timelock=True)
    how = await uazapi.send(net, line, outgoing("oi"), 5)
    assert (how.result, how.code) == ("final", "reachout-timelock")
    assert how.restriction is not None
    assert how.restriction.until is not None
    assert how.restriction.until > datetime.now(UTC)
    status = await uazapi.status(net, line)
    assert status.restriction is not None
    sim.say(NAME, ANA, "Oi")
    assert (await uazapi.send(net, line, outgoing("oi"), 5)).result == "accepted", "who wrote is answered"
    sim.set(missing_numbers=[ANA])
    assert (await uazapi.send(net, line, outgoing("oi"), 5)).code == "not-on-whatsapp"
    sim.drop(NAME)
    assert (await uazapi.send(net, line, outgoing("oi"), 5)).code == "not-connected"


async def test_placeholders_of_people_arrive_as_they_were_written(sim: Simulator, net: Net, line: Line) -> None:
    await uazapi.send(net, line, outgoing("use {{nome}} aqui"), 5)
    (entry,) = sim.sends(ANA)
    assert entry.text is not None
    assert entry.text.replace("\u200b", "") == "use {{nome}} aqui"


async def test_what_was_not_told_can_be_pulled(sim: Simulator, net: Net, line: Line, hooks: Hooks) -> None:
    began = datetime.now(UTC) - timedelta(seconds=5)
    sim.set(NAME, silent=True)
    ids = [sim.say(NAME, ANA, f"abacaxi {n}") for n in range(3)]
    await uazapi.send(net, line, outgoing("Olá"), 5)
    await sim.settled()
    pulled = await uazapi.pull(net, line, began, datetime.now(UTC))
    assert pulled.complete
    events = [uazapi.parse(line, one.body) for one in pulled.envelopes]
    messages = [event for event in events if isinstance(event, Inbound)]
    assert [event.provider_message_id for event in messages[:3]] == ids
    assert messages[3].delivery_id == UUID(int=3)
    assert hooks.messages() == []


async def test_a_webhook_is_tried_three_times_then_shown_as_lost(sim: Simulator, line: Line, hooks: Hooks) -> None:
    hooks.status = 422
    before = sim.webhooks.tally.attempts
    sim.say(NAME, ANA, "Oi")
    await sim.settled()
    assert sim.webhooks.tally.attempts - before == 3
    assert [error["status_code"] for error in sim.instance(NAME).errors] == [422]


PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
KINDS = [
    Outgoing(delivery_id=UUID(int=3), address=ANA, type="image", text="Foto", file=_file("image", "image/png", PNG)),
    Outgoing(delivery_id=UUID(int=3), address=ANA, type="audio", text="", file=_file("audio", "audio/ogg", b"OggS")),
    Outgoing(
        delivery_id=UUID(int=3), address=ANA, type="document", text="", file=_file("document", "text/plain", b"x")
    ),
    Outgoing(
        delivery_id=UUID(int=3),
        address=ANA,
        type="location",
        text="",
        extra={"latitude": -23.5, "longitude": -46.6, "name": "Loja"},
    ),
    Outgoing(
        delivery_id=UUID(int=3),
        address=ANA,
        type="contact",
        text="",
        extra={"contacts": [{"name": "Bia", "phones": ["+5511911112222"]}]},
    ),
    Outgoing(
        delivery_id=UUID(int=3), address=ANA, type="poll", text="Qual?", extra={"options": ["A", "B"], "selectable": 1}
    ),
]


@pytest.mark.parametrize("message", KINDS, ids=lambda message: message.type)
async def test_every_kind_leaves_and_comes_back_as_what_it_is(
    sim: Simulator, net: Net, line: Line, hooks: Hooks, message: Outgoing
) -> None:
    how = await uazapi.send(net, line, message, 5)
    assert how.result == "accepted", how
    await sim.settled()
    (echo,) = [event for event in hooks.messages() if event.by_api]
    assert (echo.content.type, echo.delivery_id) == (message.type, message.delivery_id)
    if message.file is not None:
        assert echo.content.media is not None
        fetched = await uazapi.fetch_media(net, line, echo.content.media.reference, 1000)
        assert fetched.body == message.file.body


async def test_what_is_done_to_a_message(sim: Simulator, net: Net, line: Line, hooks: Hooks) -> None:
    theirs = sim.say(NAME, ANA, "Oi")
    ours = await uazapi.send(net, line, outgoing("Ola"), 5)
    assert ours.provider_message_id is not None
    mine = Target(provider_message_id=ours.provider_message_id, address=ANA, from_me=True)
    await uazapi.react(net, line, Target(provider_message_id=theirs, address=ANA, from_me=False), "👍")
    await uazapi.edit(net, line, mine, "Olá")
    await uazapi.delete(net, line, mine)
    await uazapi.delete(net, line, msgspec.structs.replace(mine, provider_message_id="gone"))
    await sim.settled()
    assert Edit(provider_message_id=ours.provider_message_id, text="Olá") in hooks.events
    assert Deletion(provider_message_id=ours.provider_message_id) in hooks.events
    (reaction,) = [event for event in hooks.messages() if event.content.type == "reaction"]
    assert (reaction.target_id, reaction.from_me, reaction.content.text) == (theirs, True, "👍")


async def test_a_contacts_file_is_had_and_one_that_is_none_is_not(sim: Simulator, net: Net, line: Line) -> None:
    image, text = sim.say(NAME, ANA, "Foto", kind="image"), sim.say(NAME, ANA, "Oi")
    fetched = await uazapi.fetch_media(net, line, {"id": image}, 100_000)
    assert (fetched.mime_type, fetched.body) == ("image/jpeg", sim.file_of(image))
    for reference, most, reason in ((text, 1000, "not-a-file"), ("gone", 1000, "not-found"), (image, 10, "too-large")):
        with pytest.raises(MediaGone) as raised:
            await uazapi.fetch_media(net, line, {"id": reference}, most)
        assert raised.value.reason == reason
