"""The simulated Graph API: its handshake, its signatures, its windows, its errors, its files."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import msgspec
import pytest
from aiohttp import web

from evoai.simulator.app import Simulator
from evoai.simulator.cloud import APP_SECRET, TOKEN
from tests.listening import listening

from .conftest import Caller, until

NUMBER, WABA = "700000000000001", "900000000000001"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ANA = "5511987654321"


class App:
    """A Meta app's address: agrees when it is asked with its token, and keeps what came."""

    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[Any] = []
        self.signed: list[bool] = []
        self.answers: list[int] = []

    async def serve(self, request: web.BaseRequest) -> web.Response:
        if request.method == "GET":
            query = {name: values[0] for name, values in parse_qs(urlsplit(request.raw_path).query).items()}
            good = query["hub.verify_token"] == "good"
            return web.Response(text=query["hub.challenge"] if good else "no", status=200 if good else 403)
        raw = await request.read()
        mac = hmac.digest(APP_SECRET.encode(), raw, hashlib.sha256).hex()
        self.signed.append(request.headers["X-Hub-Signature-256"] == f"sha256={mac}")
        assert raw.isascii()
        self.bodies.append(msgspec.json.decode(raw))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    @property
    def values(self) -> list[Any]:
        return [c["value"] for body in self.bodies for entry in body["entry"] for c in entry["changes"]]

    @property
    def statuses(self) -> list[Any]:
        return [status for value in self.values for status in value.get("statuses", [])]


@pytest.fixture
async def app() -> AsyncIterator[App]:
    made = App()
    async with listening(made.serve) as url:
        made.url = f"{url}/hook"
        yield made


@pytest.fixture
def graph(sim: Simulator, session: aiohttp.ClientSession) -> Caller:
    return Caller(f"{sim.url}/v25.0/", session)


@pytest.fixture
async def number(graph: Caller, app: App) -> str:
    hook = {"webhook_configuration": {"override_callback_uri": app.url, "verify_token": "good"}}
    assert await graph("POST", NUMBER, hook, headers=BEARER) == (200, {"success": True})
    return NUMBER


def text(to: str = ANA, body: str = "oi", **more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": body}} | more


async def code_of(graph: Caller, body: Any, headers: dict[str, str] = BEARER) -> tuple[int, int]:
    status, answer = await graph("POST", f"{NUMBER}/messages", body, headers=headers)
    return status, answer.get("error", {}).get("code", 0)


async def test_an_address_is_asked_before_it_counts(graph: Caller, app: App, sim: Simulator) -> None:
    for token, status in (("bad", 400), ("good", 200)):
        hook = {"webhook_configuration": {"override_callback_uri": app.url, "verify_token": token}}
        assert (await graph("POST", NUMBER, hook, headers=BEARER))[0] == status
    assert sim.instance(NUMBER).settings["callback"] == app.url


async def test_what_is_said_is_signed_over_its_escapes(sim: Simulator, number: str, app: App) -> None:
    sim.say(number, ANA, "Olá 👋")
    sim.say(number, ANA, "e eu", addressing="bsuid")
    sim.owner_says(number, ANA, "já vai")
    await sim.settled()
    assert app.signed == [True] * 3
    first, second, third = sorted(app.values, key=lambda value: "message_echoes" in value)
    messages = [first["messages"][0], second["messages"][0]]
    with_phone = next(m for m in messages if "from" in m)
    without = next(m for m in messages if "from" not in m)
    assert with_phone["text"]["body"] == "Olá 👋"
    assert without["from_user_id"] == with_phone["from_user_id"]
    assert third["message_echoes"][0]["to_user_id"] == with_phone["from_user_id"]


async def test_a_send_is_told_of_by_its_own_name(sim: Simulator, graph: Caller, number: str, app: App) -> None:
    sim.say(number, ANA, "oi")
    await sim.settled()
    app.bodies.clear()
    status, answer = await graph("POST", f"{number}/messages", text(biz_opaque_callback_data="ours-1"), headers=BEARER)
    assert (status, answer["contacts"][0]["wa_id"]) == (200, ANA)
    await sim.settled()
    told = {one["status"]: one for one in app.statuses}
    assert told.keys() == {"sent", "delivered", "read"}
    assert {one["biz_opaque_callback_data"] for one in told.values()} == {"ours-1"}
    assert {one["id"] for one in told.values()} == {answer["messages"][0]["id"]}
    assert told["sent"]["pricing"]["pricing_model"] == "PMP"


async def test_its_errors(sim: Simulator, graph: Caller, number: str) -> None:
    assert await code_of(graph, text(), {"Authorization": "Bearer x"}) == (401, 190)
    assert await code_of(graph, text()) == (400, 131047)
    sim.say(number, ANA, "oi")
    assert await code_of(graph, text()) == (200, 0)
    assert await code_of(graph, text(to="123")) == (400, 131026)
    assert await code_of(graph, text(body=" ")) == (400, 100)
    assert await code_of(graph, {"type": "text"}) == (400, 100)
    template = {"name": "pedido_confirmado", "language": {"code": "pt_BR"}}
    asked = {"messaging_product": "whatsapp", "to": ANA, "type": "template"}
    assert await code_of(graph, asked | {"template": template}) == (400, 132000)
    assert await code_of(graph, asked | {"template": template | {"name": "nada"}}) == (400, 132001)
    assert await code_of(graph, asked | {"template": template | {"name": "promocao_verao"}}) == (400, 132015)
    sim.set(cloud_pair_limit=2)
    codes = [(await code_of(graph, text()))[1] for _ in range(3)]
    assert codes == [0, 0, 131056]
    sim.set(cloud_error=131042)
    assert await code_of(graph, text()) == (400, 131042)


async def test_a_late_error_is_a_status(sim: Simulator, graph: Caller, number: str, app: App) -> None:
    sim.say(number, ANA, "oi")
    sim.set(NUMBER, cloud_error=131026, cloud_error_late=True)
    assert await code_of(graph, text()) == (200, 0)
    await sim.settled()
    (failed,) = app.statuses
    assert (failed["status"], failed["errors"][0]["code"]) == ("failed", 131026)


async def test_webhooks_come_again_until_they_are_taken(sim: Simulator, number: str, app: App) -> None:
    sim.set(retry_time_factor=0.001)
    app.answers = [401, 500, 404, 200]
    sim.say(number, ANA, "oi")
    await sim.settled()
    assert len(app.bodies) == 4


async def test_several_in_one_body(sim: Simulator, number: str, app: App) -> None:
    sim.set(cloud_batch_ms=20)
    for word in "abc":
        sim.say(number, ANA, word)
    await sim.settled()
    assert len(app.bodies) == 1
    assert len(app.values) == 3


async def test_a_file_lives_behind_the_token(
    sim: Simulator, graph: Caller, number: str, session: aiohttp.ClientSession
) -> None:
    form = aiohttp.FormData({"messaging_product": "whatsapp", "type": "image/png"})
    form.add_field("file", b"\x89PNG", filename="a.png", content_type="image/png")
    async with session.post(f"{graph.base}{number}/media", data=form, headers=BEARER) as answer:
        media_id = (await answer.json())["id"]
    _, told = await graph("GET", media_id, headers=BEARER)
    assert (told["mime_type"], told["file_size"]) == ("image/png", "4")
    async with session.get(told["url"], headers=BEARER) as file:
        assert await file.read() == b"\x89PNG"
    for url, headers in ((told["url"], {}), (told["url"].replace("ext=", "ext=1&x="), BEARER)):
        async with session.get(url, headers=headers) as refused:
            assert refused.status in (401, 404)


async def test_reading_and_typing(sim: Simulator, graph: Caller, number: str) -> None:
    said = sim.say(number, ANA, "oi")
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": said}
    typing = read | {"typing_indicator": {"type": "text"}}
    assert await graph("POST", f"{number}/messages", typing, headers=BEARER) == (200, {"success": True})
    await until(lambda: "READ" in sim.instance(number).messages[said].statuses)
    assert [entry.kind for entry in sim.log if entry.instance == number][-2:] == ["read", "presence"]
    assert await code_of(graph, read | {"message_id": "wamid.x"}) == (400, 100)


async def test_the_window_is_a_day(sim: Simulator, graph: Caller, number: str) -> None:
    sim.say(number, ANA, "ontem", timestamp=int(time.time()) - 25 * 3600)
    assert await code_of(graph, text()) == (400, 131047)
