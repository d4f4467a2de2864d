"""SSRF by way of a channel's base URL: whatever it looks like, wherever its name leads, nobody is called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest

from evoai.channels.adapters.evolution import Evolution
from evoai.channels.adapters.protocol import Line, Outgoing
from evoai.channels.adapters.uazapi import Uazapi
from evoai.kit.errors import AppError, Invalid
from evoai.kit.net import Net
from tests.house import House
from tests.kit.wire import DENIED, NIP, Names, answering, ok, started

CONFIGS = {
    "evolution": {"api_key": "k" * 16},
    "uazapi": {"instance_token": "k" * 16},
}
ADAPTERS = {"evolution": Evolution(), "uazapi": Uazapi(pause=0.01)}
NOW = datetime.now(UTC)


@pytest.mark.parametrize("provider", sorted(CONFIGS))
async def test_T40_the_corpus_adds_no_channel_and_makes_no_connection(shut: House, provider: str) -> None:
    client = await shut.sign_up()
    async with answering(ok()) as listener:
        for template in DENIED:
            url = template.replace("{p}", str(listener.port))
            config = {"base_url": url, **CONFIGS[provider]}
            answer = await client.post("/channels", {"name": "X", "provider": provider, "config": config})
            assert (answer.status, answer["code"]) in ((422, "egress-denied"), (422, "validation")), (url, answer.body)
        assert listener.connections == 0
    assert (await client.get("/channels"))["items"] == []


@asynccontextmanager
async def calling(names: dict[str, list[list[str]]], *allowed: str) -> AsyncIterator[Net]:
    ours = Names()
    ours.names = {name: list(answers) for name, answers in names.items()}
    async with started(Net(tuple(ip_network(one) for one in allowed), allow_http=bool(allowed), names=ours)) as net:
        yield net


def line_to(provider: str, url: str) -> Line:
    return Line(
        tenant_id=UUID(int=1),
        channel_id=UUID(int=2),
        config={"base_url": url, "instance": "evoai_x"},
        secrets={"api_key": "k", "hook_token": "h", "instance_token": "t", "admin_token": "a"},
    )


async def every_verb(net: Net, adapter: Any, line: Line) -> list[str]:
    """What each verb that calls the provider says."""
    message = Outgoing(delivery_id=UUID(int=3), address="5511987654321", text="oi")
    said: list[str] = []
    for verb in (
        lambda: adapter.create(net, line, "https://api.example.com/hooks/x"),
        lambda: adapter.set_webhook(net, line, "https://api.example.com/hooks/x"),
        lambda: adapter.connect(net, line, None),
        lambda: adapter.connect(net, line, "5511987654321"),
        lambda: adapter.status(net, line),
        lambda: adapter.restart(net, line),
        lambda: adapter.disconnect(net, line),
        lambda: adapter.remove(net, line),
        lambda: adapter.pull(net, line, NOW, NOW),
    ):
        try:
            await verb()
        except AppError as error:
            said.append(error.code)
        else:
            said.append("done")
    await adapter.typing(net, line, "5511987654321")
    said.append((await adapter.send(net, line, message, 1)).code or "accepted")
    found = await adapter.find_sent(net, line, message, NOW)
    said.append(found if isinstance(found, str) else "found")
    return said


@pytest.mark.parametrize("provider", sorted(ADAPTERS))
@pytest.mark.parametrize("name", sorted(NIP))
async def test_T40_a_name_that_leads_inside_is_called_by_no_verb(provider: str, name: str) -> None:
    async with answering(ok()) as listener, calling({name: [NIP[name]]}) as net:
        said = await every_verb(net, ADAPTERS[provider], line_to(provider, f"https://{name}:{listener.port}"))
        assert listener.connections == 0
    assert set(said) == {"egress-denied", "unknown"}


@pytest.mark.parametrize("provider", sorted(ADAPTERS))
async def test_T42_a_name_that_changes_its_mind_between_look_up_and_connect_is_not_followed(provider: str) -> None:
    # 192.0.2.1 stands for a public address here: allowed, and nobody is there.
    names = {"rebind.example": [["192.0.2.1"], ["127.0.0.1"]]}
    async with answering(ok()) as listener, calling(names, "192.0.2.1/32") as net:
        url = f"http://rebind.example:{listener.port}"
        assert await net.check_reachable(url, provider_base=True)
        said = await every_verb(net, ADAPTERS[provider], line_to(provider, url))
        assert listener.connections == 0
    assert set(said) == {"egress-denied", "unknown"}


@pytest.mark.parametrize("provider", sorted(ADAPTERS))
async def test_T43_a_provider_that_sends_us_elsewhere_is_not_followed(provider: str) -> None:
    async with answering(*[ok()] * 50) as inside:
        place = f"http://127.0.0.2:{inside.port}/"
        moved = f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()
        async with answering(*[moved] * 50) as outside, calling({}, "127.0.0.1/32") as net:
            said = await every_verb(net, ADAPTERS[provider], line_to(provider, f"http://127.0.0.1:{outside.port}"))
        assert inside.connections == 0
        assert outside.connections > 0
    assert "done" not in said
    assert "accepted" not in said


async def test_T40_the_canonical_address_is_what_is_stored_and_called() -> None:
    net = Net((), False)
    assert net.check_url("HTTPS://Evo.Example.com:443/x/", provider_base=True) == "https://evo.example.com/x/"
    with pytest.raises(Invalid, match="egress-denied"):
        net.check_url("https://[::ffff:169.254.169.254]/", provider_base=True)
    await asyncio.sleep(0)
