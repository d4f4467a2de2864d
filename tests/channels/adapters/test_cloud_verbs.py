"""The Cloud API adapter's verbs against a small Graph server on a real socket: what goes out, and what each answer
means."""

from __future__ import annotations

from typing import Any

import pytest

from evoai.channels.adapters.protocol import File, Line, Outgoing, Target
from evoai.kit.errors import Conflict
from evoai.kit.net import Net
from tests.channels.adapters.of_cloud import (
    DELIVERY,
    JOANA,
    NUMBER,
    SEND,
    TAKEN,
    Graph,
    Json,
    cloud,
    graph,
    line,
    message,
)

__all__ = ["graph", "line"]

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
