"""The Cloud API adapter's verbs against a small Graph server on a real socket: what goes out, and what each answer
means."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
from aiohttp import web

from evoai.channels.adapters.cloud import WhatsAppCloud
from evoai.channels.adapters.cloud_http import MEANINGS
from evoai.channels.adapters.incoming import Connection
from evoai.channels.adapters.protocol import File, Line, Outgoing, Target
from evoai.kit.errors import Conflict
from evoai.kit.net import Net
from tests.listening import listening

NUMBER, ACCOUNT = "700000000000001", "900000000000001"
JOANA = "5521955500201"
DELIVERY = UUID("0199f3a2-7b1c-7d3e-8f4a-1b2c3d4e5f60")
Json = dict[str, Any]
cloud = WhatsAppCloud()


class Graph:
    """Answers by method and path what the test wrote down."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[str, str, bytes]] = []
        self.url = ""

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.calls.append((request.method, request.raw_path, await request.read()))
        assert request.headers.get("Authorization") == "Bearer the-token-of-the-number"
        answer = self.answers.get(f"{request.method} {request.path}")
        if answer == "drop":
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if answer is None:
            return web.json_response({"error": {"code": 100, "message": "Unsupported get request"}}, status=404)
        status, body, *headers = answer
        if isinstance(body, bytes):
            return web.Response(status=status, body=body)
        return web.json_response(body, status=status, headers=headers[0] if headers else None)

    @property
    def sent(self) -> Json:
        return msgspec.json.decode(self.calls[-1][2])


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    made = Graph()
    async with listening(made.serve) as url:
        made.url = url
        yield made


@pytest.fixture
def line(graph: Graph) -> Line:
    return Line(
        tenant_id=UUID(int=1),
        channel_id=UUID(int=2),
        config={
            "graph_url": graph.url,
            "graph_version": "v24.0",
            "phone_number_id": NUMBER,
            "waba_id": ACCOUNT,
        },
        secrets={"access_token": "the-token-of-the-number"},
    )


SEND = f"POST /v24.0/{NUMBER}/messages"
TAKEN = (200, {"messaging_product": "whatsapp", "contacts": [{"wa_id": JOANA}], "messages": [{"id": "wamid.X"}]})


def message(text: str = "Olá", **more: Any) -> Outgoing:
    return Outgoing(delivery_id=DELIVERY, address=more.pop("address", JOANA), text=text, **more)


FILE = File(kind="image", mime_type="image/png", name="foto.png", body=b"\x89PNG bytes")


@pytest.mark.parametrize(
    ("outgoing", "expected"),
    [
        (message(), {"type": "text", "text": {"body": "Olá", "preview_url": False}}),
        (message("veja https://x.br"), {"type": "text", "text": {"body": "veja https://x.br", "preview_url": True}}),
        (
            message(quoted_id="wamid.Q"),
            {"type": "text", "text": {"body": "Olá", "preview_url": False}, "context": {"message_id": "wamid.Q"}},
        ),
        (
            message("", type="location", extra={"latitude": -1.5, "longitude": 2.5, "name": "Aqui"}),
            {"type": "location", "location": {"latitude": -1.5, "longitude": 2.5, "name": "Aqui"}},
        ),
        (
            message("", type="location", extra={"latitude": 0.0, "longitude": 0, "name": ""}),
            {"type": "location", "location": {"latitude": 0.0, "longitude": 0}},
        ),
        (
            message("", type="contact", extra={"contacts": [{"name": "Zé", "phones": ["+55 11 91234-5678"]}]}),
            {
                "type": "contacts",
                "contacts": [
                    {
                        "name": {"formatted_name": "Zé", "first_name": "Zé"},
                        "phones": [{"phone": "+55 11 91234-5678", "type": "CELL", "wa_id": "5511912345678"}],
                    }
                ],
            },
        ),
        (
            message("Confirma?", type="interactive", extra={"buttons": [{"id": "s", "title": "Sim"}], "footer": "F"}),
            {
                "type": "interactive",
                "interactive": {
                    "type": "button",
                    "body": {"text": "Confirma?"},
                    "footer": {"text": "F"},
                    "action": {"buttons": [{"type": "reply", "reply": {"id": "s", "title": "Sim"}}]},
                },
            },
        ),
        (
            message(
                "Qual?",
                type="interactive",
                extra={
                    "button": "Ver",
                    "sections": [{"title": "A", "rows": [{"id": "1", "title": "Um", "description": "d"}]}],
                },
            ),
            {
                "type": "interactive",
                "interactive": {
                    "type": "list",
                    "body": {"text": "Qual?"},
                    "action": {
                        "button": "Ver",
                        "sections": [{"title": "A", "rows": [{"id": "1", "title": "Um", "description": "d"}]}],
                    },
                },
            },
        ),
        (
            message(
                "Oi, Ana",
                type="template",
                extra={
                    "name": "retomar",
                    "language": "pt_BR",
                    "variables": {
                        "header.media": {"kind": "image", "link": "https://x.br/a.png"},
                        "body.1": "Ana",
                        "body.dia": "terça",
                        "button.0": {"kind": "url", "text": "abc"},
                        "button.1": {"kind": "copy-code", "text": "DEZ"},
                    },
                },
            ),
            {
                "type": "template",
                "template": {
                    "name": "retomar",
                    "language": {"code": "pt_BR"},
                    "components": [
                        {
                            "type": "header",
                            "parameters": [{"type": "image", "image": {"link": "https://x.br/a.png"}}],
                        },
                        {
                            "type": "body",
                            "parameters": [
                                {"type": "text", "text": "Ana"},
                                {"type": "text", "text": "terça", "parameter_name": "dia"},
                            ],
                        },
                        {
                            "type": "button",
                            "sub_type": "url",
                            "index": "0",
                            "parameters": [{"type": "text", "text": "abc"}],
                        },
                        {
                            "type": "button",
                            "sub_type": "copy_code",
                            "index": "1",
                            "parameters": [{"type": "coupon_code", "coupon_code": "DEZ"}],
                        },
                    ],
                },
            },
        ),
        (
            message("", type="template", extra={"name": "oi", "language": "en", "variables": {}}),
            {"type": "template", "template": {"name": "oi", "language": {"code": "en"}}},
        ),
    ],
)
async def test_what_is_sent(net: Net, graph: Graph, line: Line, outgoing: Outgoing, expected: Json) -> None:
    graph.answers[SEND] = TAKEN
    how = await cloud.send(net, line, outgoing, 5)
    assert (how.result, how.provider_message_id, how.address) == ("accepted", "wamid.X", None)
    base = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": JOANA,
        "biz_opaque_callback_data": str(DELIVERY),
    }
    assert graph.sent == base | expected


async def test_a_list_keeps_to_its_limits(net: Net, graph: Graph, line: Line) -> None:
    rows = [{"id": str(n), "title": "x" * 40} for n in range(8)]
    sections = [{"title": "A", "rows": rows}, {"title": "B", "rows": rows}, {"title": "C", "rows": rows}]
    graph.answers[SEND] = TAKEN
    await cloud.send(net, line, message("?", type="interactive", extra={"button": "Ver", "sections": sections}), 5)
    sent = graph.sent["interactive"]["action"]["sections"]
    assert [len(section["rows"]) for section in sent] == [8, 2]
    assert {len(row["title"]) for section in sent for row in section["rows"]} == {24}


async def test_who_has_no_phone_is_named_by_the_id(net: Net, graph: Graph, line: Line) -> None:
    graph.answers[SEND] = (200, {"contacts": [{"user_id": "BR.15"}], "messages": [{"id": "wamid.X"}]})
    how = await cloud.send(net, line, message(address="BR.15"), 5)
    assert (how.result, how.address) == ("accepted", None)
    assert (graph.sent["recipient"], "to" in graph.sent) == ("BR.15", False)


async def test_the_number_that_whatsapp_has_is_told(net: Net, graph: Graph, line: Line) -> None:
    graph.answers[SEND] = (200, {"contacts": [{"wa_id": "552155500201"}], "messages": [{"id": "wamid.X"}]})
    assert (await cloud.send(net, line, message(), 5)).address == "552155500201"


async def test_a_file_is_brought_first(net: Net, graph: Graph, line: Line) -> None:
    graph.answers[f"POST /v24.0/{NUMBER}/media"] = (200, {"id": "555"})
    graph.answers[SEND] = TAKEN
    how = await cloud.send(net, line, message("legenda", type="image", file=FILE), 5)
    assert how.result == "accepted"
    form = graph.calls[0][2]
    assert b"\x89PNG bytes" in form
    assert b'name="messaging_product"' in form
    assert graph.sent["image"] == {"id": "555", "caption": "legenda"}


@pytest.mark.parametrize(
    ("answer", "result", "code"),
    [
        ("drop", "not_delivered", "media-upload-failed"),
        ((500, {}), "not_delivered", "media-upload-failed"),
        ((200, {}), "not_delivered", "media-upload-failed"),
        ((400, {"error": {"code": 131053, "message": "bad"}}), "final", "unsupported-media"),
        ((401, {"error": {"code": 190}}), "not_delivered", "credentials-refused"),
    ],
)
async def test_a_file_that_does_not_arrive_is_no_doubt(
    net: Net, graph: Graph, line: Line, answer: Any, result: str, code: str
) -> None:
    graph.answers[f"POST /v24.0/{NUMBER}/media"] = answer
    how = await cloud.send(net, line, message(type="image", file=FILE), 5)
    assert (how.result, how.code) == (result, code)
    assert len(graph.calls) == 1


def failed(code: int, status: int = 400, **more: Any) -> tuple[Any, ...]:
    return status, {"error": {"code": code, "message": f"(#{code})", "error_data": {"details": "why"}} | more}


RETRIED = {4: 60, 80007: 60, 130429: 5, 131056: 6, 131057: 60, 131000: None, 131016: None, 1: None, 2: None}
RETRIED |= {135000: None, 131052: None}
PAUSED = {
    190: ("disconnected", "credentials-refused"),
    0: ("disconnected", "credentials-refused"),
    3: ("disconnected", "credentials-refused"),
    10: ("disconnected", "credentials-refused"),
    200: ("disconnected", "credentials-refused"),
    299: ("disconnected", "credentials-refused"),
    131005: ("disconnected", "credentials-refused"),
    131031: ("banned", "account-restricted"),
    368: ("banned", "account-restricted"),
    130497: ("banned", "account-restricted"),
    131042: ("reconnecting", "payment-required"),
    131048: ("reconnecting", "spam-limited"),
    131045: ("disconnected", "not-registered"),
    133010: ("disconnected", "not-registered"),
}
STOPPED = {
    33: "unknown-instance",
    100: "invalid-request",
    130472: "experiment",
    131008: "invalid-request",
    131009: "invalid-request",
    131021: "own-number",
    131026: "not-on-whatsapp",
    131030: "not-in-test-list",
    131037: "name-not-approved",
    131047: "window-closed",
    131049: "marketing-limited",
    131050: "marketing-refused",
    131051: "unsupported-message",
    131053: "unsupported-media",
    131062: "needs-phone",
    131063: "marketing-disabled",
    131064: "template-paused",
    132000: "template-invalid",
    132001: "template-invalid",
    132005: "template-invalid",
    132007: "template-invalid",
    132008: "template-invalid",
    132012: "template-invalid",
    132015: "template-paused",
    132016: "template-paused",
    137000: "identity-changed",
}


def test_every_code_of_the_contract_is_tried_here() -> None:
    assert MEANINGS.keys() == (RETRIED.keys() | PAUSED.keys() | STOPPED.keys()) - {200, 299}


@pytest.mark.parametrize("code", RETRIED)
async def test_what_may_be_sent_again(net: Net, graph: Graph, line: Line, code: int) -> None:
    graph.answers[SEND] = failed(code, 500 if code < 3 else 400)
    how = await cloud.send(net, line, message(), 5)
    assert (how.result, how.retry_after, how.trouble) == ("not_delivered", RETRIED[code], None)
    assert how.detail == f"{code} why"


@pytest.mark.parametrize("code", PAUSED)
async def test_what_waits_until_the_number_is_mended(net: Net, graph: Graph, line: Line, code: int) -> None:
    graph.answers[SEND] = failed(code, 401 if code == 190 else 403)
    how = await cloud.send(net, line, message(), 5)
    state, reason = PAUSED[code]
    assert (how.result, how.code) == ("not_delivered", reason)
    assert how.trouble == Connection(state=state, reason=reason)  # type: ignore[arg-type]
    assert (how.retry_after or 0) >= 60


@pytest.mark.parametrize("code", STOPPED)
async def test_what_never_arrives(net: Net, graph: Graph, line: Line, code: int) -> None:
    graph.answers[SEND] = failed(code)
    how = await cloud.send(net, line, message(), 5)
    assert (how.result, how.code, how.trouble) == ("final", STOPPED[code], None)


@pytest.mark.parametrize(
    ("answer", "result", "code"),
    [
        (failed(999001), "final", "provider-refused"),
        (failed(999001, 500), "unknown", "answered-500"),
        ((429, {}), "not_delivered", "rate-limited"),
        ((503, b"<html>"), "not_delivered", "unavailable"),
        ((502, b""), "unknown", "answered-502"),
        ((400, b"<html>"), "unknown", "answered-400"),
        ((200, {"messages": []}), "unknown", "unreadable-answer"),
        ((200, b"OK"), "unknown", "unreadable-answer"),
        ("drop", "unknown", "broken"),
    ],
)
async def test_other_answers(net: Net, graph: Graph, line: Line, answer: Any, result: str, code: str) -> None:
    graph.answers[SEND] = answer
    how = await cloud.send(net, line, message(), 5)
    assert (how.result, how.code) == (result, code)


async def test_the_provider_says_how_long_to_wait(net: Net, graph: Graph, line: Line) -> None:
    status, body = failed(130429, 429)
    graph.answers[SEND] = (status, body, {"retry-after": "17"})
    assert (await cloud.send(net, line, message(), 5)).retry_after == 17


async def test_nobody_there_is_no_doubt(net: Net, line: Line) -> None:
    gone = msgspec.structs.replace(line, config=line.config | {"graph_url": "http://127.0.0.1:9"})
    how = await cloud.send(net, gone, message(), 5)
    assert (how.result, how.code) == ("not_delivered", "connection-refused")


async def test_a_reaction_and_its_end(net: Net, graph: Graph, line: Line) -> None:
    graph.answers[SEND] = TAKEN
    target = Target(provider_message_id="wamid.T", address=JOANA, from_me=False)
    for emoji in ("👍", ""):
        await cloud.react(net, line, target, emoji)
        assert graph.sent["reaction"] == {"message_id": "wamid.T", "emoji": emoji}
        assert graph.sent["to"] == JOANA
    for verb in (cloud.edit(net, line, target, "x"), cloud.delete(net, line, target)):
        with pytest.raises(Conflict):
            await verb


async def test_typing_needs_what_is_answered(net: Net, graph: Graph, line: Line) -> None:
    graph.answers[SEND] = (200, {"success": True})
    await cloud.typing(net, line, JOANA)
    assert graph.calls == []
    await cloud.typing(net, line, JOANA, "wamid.H")
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.H"}
    assert graph.sent == read | {"typing_indicator": {"type": "text"}}
    await cloud.mark_read(net, line, "wamid.H")
    assert graph.sent == read
    graph.answers[SEND] = "drop"
    await cloud.mark_read(net, line, "wamid.H")
