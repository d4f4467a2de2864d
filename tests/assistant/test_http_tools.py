"""Tools that are HTTP requests: defined over the API, called in turns; the host, the secrets and the count hold."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from evoai.assistant.service.arguments import JsonArguments
from evoai.assistant.service.http_tools import address, places
from tests.assistant.outside import SECRET, Outside, add_tool, give, opened, order_tool, trace_of_last
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import answered, rest, switched, thinking

PHONE = "5511987652001"


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with opened() as place:
        yield place


async def shop(house: House, outside: Outside, **more: Any) -> Clinic:
    house.sim.log.clear()
    clinic = await house.clinic()
    await add_tool(clinic.client, order_tool(outside.base, **more))
    await give(clinic, "find_order")
    return clinic


async def test_a_turn_calls_a_tool_and_answers_from_what_it_gave(house: House, outside: Outside) -> None:
    outside.answers["/orders/A%2D1"] = outside.answers["/orders/A-1"] = {"onde": "Saiu para entrega"}
    clinic = await shop(house, outside)
    clinic.says(PHONE, '#tool:find_order {"order_id": "A-1", "lang": "pt"}')
    assert "Saiu para entrega" in (await answered(clinic, PHONE))[0]
    ((method, path, headers, body),) = outside.asked
    assert (method, path, body) == ("GET", "/orders/A-1?lang=pt", None)
    assert headers["authorization"] == SECRET
    assert [t["outcome"] for t in (await trace_of_last(clinic, PHONE))["tools"]] == ["done"]


async def test_a_secret_goes_in_and_never_comes_out(house: House, outside: Outside) -> None:
    outside.answers["/orders/1"] = lambda body, headers: {"echo": headers["authorization"]}
    clinic = await shop(house, outside)
    client = clinic.client
    tool = (await client.get("/tools"))["items"][0]
    assert (tool["header_names"], "headers" in tool) == (["Authorization"], False)
    tried = await client.post(f"/tools/{tool['id']}/try", {"arguments": {"order_id": "1"}})
    assert (tried["state"], tried["status"]) == ("done", 200)
    clinic.says(PHONE, '#tool:find_order {"order_id": "1"}')
    await answered(clinic, PHONE)
    assert [headers["authorization"] for _, _, headers, _ in outside.asked] == [SECRET, SECRET]
    bare = SECRET.removeprefix("Bearer ")
    told = [str((await client.get(path)).body) for path in ("/tools", "/audit-log", "/tools/catalog")]
    prompts = [str(call.messages) for call in house.sim.log.model_calls()]
    assert [text for text in (*told, *prompts, str(tried.body), clinic.sent_to(PHONE)[0].text) if bare in text] == []
    row = await house.row("select t::text as said from http_tools t where tenant_id = $1", client.tenant_id)
    assert bare not in row["said"]
    actions = {entry["action"] for entry in (await client.get("/audit-log"))["items"]}
    assert {"tools.create", "tools.try"} <= actions


async def test_T46_another_host_does_not_get_the_secret(house: House, outside: Outside) -> None:
    client = await house.sign_up()
    tool = await add_tool(client, order_tool(outside.base))
    async with opened() as thief:
        moved = await client.patch(f"/tools/{tool}", {"url": f"{thief.base}/orders/{{order_id}}"})
        assert moved["header_names"] == []
        await client.post(f"/tools/{tool}/try", {"arguments": {"order_id": "1"}})
        assert "authorization" not in thief.asked[0][2]
        outside.answers["/orders/1"] = web.Response(status=302, headers={"location": f"{thief.base}/orders/2"})
        other = await add_tool(client, order_tool(outside.base, name="find_again"))
        tried = await client.post(f"/tools/{other}/try", {"arguments": {"order_id": "1"}})
        assert (tried["status"], len(thief.asked)) == (302, 1)


async def test_a_redirection_within_the_host_is_followed(house: House, outside: Outside) -> None:
    client = await house.sign_up()
    tool = await add_tool(client, order_tool(outside.base))
    outside.answers["/orders/1"] = web.Response(status=307, headers={"location": "/orders/2"})
    tried = await client.post(f"/tools/{tool}/try", {"arguments": {"order_id": "1"}})
    assert (tried["state"], outside.paths()) == ("done", ["/orders/1", "/orders/2"])


WRONG = ["../admin", "a/b", "..", ".", "", "a\\b", "x\ny"]


@pytest.mark.parametrize("value", WRONG)
async def test_arguments_lead_nowhere_else(house: House, outside: Outside, value: str) -> None:
    client = await house.sign_up()
    tool = await add_tool(client, order_tool(outside.base))
    tried = await client.post(f"/tools/{tool}/try", {"arguments": {"order_id": value}})
    assert (tried.status, tried["state"], outside.asked) == (200, "refused", [])


def test_what_goes_into_an_address_is_escaped() -> None:
    url = "https://a.example/o/{id}?q={q}"
    assert address("GET", url, {"id": "é @?#%2e%2e", "q": "a&b=c #", "n": 3}) == (
        "https://a.example/o/%C3%A9%20%40%3F%23%252e%252e?q=a%26b%3Dc%20%23&n=3",
        {},
    )
    assert address("POST", url, {"id": "1", "q": "x", "n": [1]}) == ("https://a.example/o/1?q=x", {"n": [1]})
    for bad in ("https://{h}/x", "https://a.example:{p}/", "{s}://a.example/", "https://a.example/#{f}", "https://a/{"):
        with pytest.raises(ValueError):
            places(bad)


SCHEMAS = [
    {"type": "string"},
    {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1/x"}}},
    {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}},
    {"type": "object", "properties": {"a": {"type": "text"}}},
    {"type": "object", "properties": {"a": {"pattern": "(?=x)"}}},
    {"type": "object", "properties": {"a": {"pattern": "^.{0,404600}$"}}},
    {"type": "object", "$schema": "https://example.com/mine"},
    {"type": "object", "description": "x" * 20_000},
]


@pytest.mark.parametrize("schema", SCHEMAS)
async def test_a_schema_that_cannot_be_used_is_refused(house: House, outside: Outside, schema: dict[str, Any]) -> None:
    client = await house.sign_up()
    body = order_tool(outside.base, parameters=schema, url=f"{outside.base}/x")
    refused = await client.post("/tools", body)
    assert (refused.status, refused["errors"][0]["pointer"]) == (422, "/parameters"), refused.body


def test_a_pattern_cannot_be_made_to_take_long() -> None:
    args = JsonArguments({"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}})
    with pytest.raises(ValueError):
        args.check({"a": "a" * 10_000 + "!"})


async def test_T40_an_address_in_our_network_is_refused(house: House) -> None:
    client = await house.sign_up()
    for url in ("https://10.0.0.1/{order_id}", "https://169.254.169.254/{order_id}", "ftp://x.example/{order_id}"):
        refused = await client.post("/tools", order_tool("", url=url))
        assert (refused.status, refused["code"]) == (422, "egress-denied"), url
    named = await client.post("/tools", order_tool("https://x.example", name="remember"))
    assert named.status == 409


async def test_headers_that_would_change_the_request_are_refused(house: House, outside: Outside) -> None:
    client = await house.sign_up()
    for name in ("Host", "content-length", "Mcp-Session-Id"):
        refused = await client.post("/tools", order_tool(outside.base, headers=[{"name": name, "value": "x"}]))
        assert (refused.status, refused["errors"][0]["pointer"]) == (422, "/headers/0/name")


async def test_a_call_that_writes_is_made_once_though_the_turn_is_thought_over_again(
    house: House, outside: Outside
) -> None:
    clinic = await shop(house, outside, method="POST", url=f"{outside.base}/orders")
    async with switched(house, model_ms=500):
        clinic.says(PHONE, '#tool:find_order {"order_id": "A-1"}')
        await eventually(lambda: outside.asked)
        clinic.says(PHONE, "abacaxi azul")
        said = await answered(clinic, PHONE)
        await rest(1)
    assert "abacaxi azul" in said[0]
    assert len(clinic.sent_to(PHONE)) == 1
    ((method, path, headers, body),) = outside.asked
    assert (method, path, body) == ("POST", "/orders", {"order_id": "A-1"})
    assert len(headers["idempotency-key"]) == 36


async def test_a_broken_tool_does_not_break_the_turn(house: House, outside: Outside) -> None:
    async def slow(body: Any, headers: Any) -> Any:
        await asyncio.sleep(30)

    clinic = await shop(house, outside, timeout_seconds=1)
    for name, answer in (("s", slow), ("e", web.Response(status=500, text="x")), ("b", web.Response(body=b"\xff\xfe"))):
        outside.answers[f"/orders/{name}"] = answer
        before = len(clinic.sent_to(PHONE))
        clinic.says(PHONE, f'#tool:find_order {{"order_id": "{name}"}}')
        await answered(clinic, PHONE, before + 1)
    assert (await clinic.conversation(PHONE))["state"] == "bot"


async def test_a_tool_that_is_switched_off_or_gone_is_not_offered(house: House, outside: Outside) -> None:
    clinic = await shop(house, outside)
    tool = (await clinic.client.get("/tools"))["items"][0]
    assert (await clinic.client.delete(f"/tools/{tool['id']}")).status == 204
    clinic.says(PHONE, '#tool:find_order {"order_id": "1"}')
    await thinking(clinic, "#tool:find_order")
    await answered(clinic, PHONE)
    assert outside.asked == []
    assert (await clinic.client.get(f"/tools/{tool['id']}")).status == 404
