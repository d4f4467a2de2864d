"""Sending through UAZAPI: how each outcome is judged, what is asked of a doubtful one, every kind, and files."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from evoai.channels.adapters.incoming import MessageType, Restriction
from evoai.channels.adapters.protocol import File, Line, MediaGone, Outgoing, SendOutcome
from evoai.kit.errors import UpstreamFailed
from evoai.kit.net import Net
from tests.channels.adapters.of_uazapi import ANA, LOCK, UNTIL, Json, Uazapis, line, message, server, uazapi

__all__ = ["line", "server"]


def _of(kind: MessageType, text: str, **extra: Any) -> Outgoing:
    return Outgoing(delivery_id=UUID(int=3), address=ANA, type=kind, text=text, extra=extra or None)


async def test_a_text_carries_the_deliverys_id_and_what_it_replies_to(net: Net, server: Uazapis, line: Line) -> None:
    body = {"id": "5511955500100:3EB0X", "messageid": "3EB0X", "chatid": f"{ANA}@s.whatsapp.net", "status": "Pending"}
    server.on("POST /send/text", (200, body))
    how = await uazapi.send(net, line, message("Olá {{nome}}", quoted="AC5F"), 2)
    assert how == SendOutcome(result="accepted", provider_message_id="3EB0X")
    assert server.calls[-1][2] == {
        "number": ANA,
        "text": "Olá {\u200b{nome}}",
        "replyid": "AC5F",
        "track_source": "evoai-connect",
        "track_id": str(UUID(int=3)),
    }


async def test_the_address_that_WhatsApp_resolved_is_told(net: Net, server: Uazapis, line: Line) -> None:
    server.on(
        "POST /send/text",
        (200, {"messageid": "A", "chatid": "551187654321@s.whatsapp.net"}),
        (200, {"messageid": "B", "chatid": "104200000000201@lid"}),
    )
    assert (await uazapi.send(net, line, message(), 2)).address is None, "the ninth digit makes no other person"
    assert (await uazapi.send(net, line, message(), 2)).address == "104200000000201@lid"


REFUSED = {
    "error": "WhatsApp server error 463",
    "error_source": "whatsapp_server",
    "provider": "whatsapp",
    "provider_code": 463,
}
OUTCOMES: list[tuple[Any, str, str | None]] = [
    ((200, {"id": "5511955500100:3EB0X"}), "accepted", None),
    ((200, {"status": "Pending"}), "unknown", "unreadable-answer"),
    ((200, "<html>"), "unknown", "unreadable-answer"),
    ((400, {"error": "Missing number or text"}), "final", "invalid-request"),
    ((400, {"error": f"the number {ANA} is not on WhatsApp"}), "final", "not-on-whatsapp"),
    ((401, {"error": "Invalid token"}), "final", "credentials-refused"),
    ((401, {"error": "No session"}), "not_delivered", "not-connected"),
    ((403, {"error": "x"}), "final", "forbidden"),
    ((404, {"error": "x"}), "final", "unknown-instance"),
    ((405, {"error": "x"}), "final", "not-supported"),
    ((409, {"error": "x"}), "final", "invalid-request"),
    ((413, {"error": "x"}), "final", "too-large"),
    ((415, {"error": "x"}), "final", "unsupported-media"),
    ((422, {"error": "x"}), "final", "invalid-request"),
    ((429, {"error": "Rate limit exceeded"}), "not_delivered", "rate-limited"),
    ((500, {"error": "No session"}), "not_delivered", "not-connected"),
    ((500, {"error": "WhatsApp client is not connected"}), "not_delivered", "not-connected"),
    ((500, {"error": "connection closed"}), "unknown", "answered-500"),
    ((500, {"error": "Failed to send message"}), "unknown", "answered-500"),
    ((500, REFUSED), "final", "reachout-timelock"),
    ((500, REFUSED | {"provider_code": 479}), "final", "refused-by-whatsapp"),
    ((502, "<html>Bad Gateway</html>"), "unknown", "answered-502"),
    ((503, {"error": "x"}), "not_delivered", "unavailable"),
    ((504, {"error": "x"}), "unknown", "answered-504"),
    ("drop", "unknown", "broken"),
    ("hang", "unknown", "timeout"),
]


@pytest.mark.parametrize(("answer", "result", "code"), OUTCOMES, ids=lambda value: str(value)[:40])
async def test_outcomes(net: Net, server: Uazapis, line: Line, answer: Any, result: str, code: str | None) -> None:
    server.on("POST /send/text", answer)
    how = await uazapi.send(net, line, message(), 0.5)
    assert (how.result, how.code) == (result, code)


async def test_how_long_to_wait_is_told(net: Net, server: Uazapis, line: Line) -> None:
    server.on("POST /send/text", (429, {"error": "x"}, {"Retry-After": "7"}))
    assert (await uazapi.send(net, line, message(), 2)).retry_after == 7.0


async def test_WhatsApps_refusal_to_write_first_says_until_when(net: Net, server: Uazapis, line: Line) -> None:
    server.on("POST /send/text", (500, REFUSED | {"details": LOCK}), (500, REFUSED))
    how = await uazapi.send(net, line, message(), 2)
    assert how.restriction == Restriction(code="reachout-timelock", until=UNTIL)
    assert (await uazapi.send(net, line, message(), 2)).restriction == Restriction(code="reachout-timelock")


async def test_a_closed_port_and_a_forbidden_address_were_not_sent(net: Net, line: Line) -> None:
    shut = msgspec.structs.replace(line, config={"base_url": "http://127.0.0.1:9", "instance": "x"})
    assert (await uazapi.send(net, shut, message(), 2)).result == "not_delivered"
    inside = msgspec.structs.replace(line, config={"base_url": "http://10.0.0.1", "instance": "x"})
    assert (await uazapi.send(net, inside, message(), 2)).code == "egress-denied"


TRACKED = {"messageid": "3EB0X", "track_id": str(UUID(int=3)), "track_source": "evoai-connect", "status": "Sent"}
FOUND: list[tuple[list[Any], Any]] = [
    ([(200, {"messages": [TRACKED]})], SendOutcome(result="accepted", provider_message_id="3EB0X")),
    ([(200, {"messages": [TRACKED | {"status": "Failed"}]})], SendOutcome(result="final", code="not-delivered")),
    ([(200, {"messages": []}), (200, {"messages": [{"messageid": "X"}]})], None),
    ([(200, {"messages": []})], "unknown"),
    ([(200, {"messages": [TRACKED | {"track_id": "7"}]})], "unknown"),
    ([(404, {"error": "chat not found"})], "unknown"),
    ([(500, {"error": "x"})], "unknown"),
    ([(200, {"messages": "none"})], "unknown"),
    (["drop"], "unknown"),
]


@pytest.mark.parametrize(("answers", "found"), FOUND, ids=lambda value: str(value)[:50])
async def test_a_doubtful_send_is_looked_up_by_its_delivery(
    net: Net,
    server: Uazapis,
    line: Line,
    answers: list[Any],
    found: Any,
) -> None:
    server.on("POST /message/find", *answers)
    assert await uazapi.find_sent(net, line, message(), datetime.now(UTC)) == found
    assert server.calls[0][2] == {"track_source": "evoai-connect", "track_id": str(UUID(int=3)), "limit": 20}


MENUS: list[tuple[Outgoing, str, Json]] = [
    (
        _of(
            "interactive",
            "Como?",
            button="Ver",
            sections=[
                {
                    "title": "Opções",
                    "rows": [
                        {"id": "e", "title": "Entrega", "description": "Em casa"},
                        {"id": "r", "title": "Retirada | loja"},
                    ],
                }
            ],
        ),
        "/send/menu",
        {
            "type": "list",
            "text": "Como?",
            "listButton": "Ver",
            "choices": ["[Opções]", "Entrega|e|Em casa", "Retirada / loja|r"],
        },
    ),
    (
        _of(
            "interactive",
            "Ok?",
            footer="Loja",
            buttons=[
                {"id": "s", "title": "Sim"},
                {"title": "Site", "url": "https://x.example"},
                {"title": "Ligar", "phone": "+5511"},
                {"title": "Pix", "copy": "123"},
            ],
        ),
        "/send/menu",
        {
            "type": "button",
            "text": "Ok?",
            "footerText": "Loja",
            "choices": ["Sim|s", "Site|https://x.example", "Ligar|call:+5511", "Pix|copy:123"],
        },
    ),
    (
        _of("poll", "Dia?", options=["Hoje", "Amanhã"], selectable=0),
        "/send/menu",
        {"type": "poll", "text": "Dia?", "choices": ["Hoje", "Amanhã"], "selectableCount": 2},
    ),
    (
        _of("location", "", latitude=-23.5, longitude=-46.6, name="Loja"),
        "/send/location",
        {"latitude": -23.5, "longitude": -46.6, "name": "Loja"},
    ),
    (
        _of("contact", "", contacts=[{"name": "Bia", "phones": ["+5511", "+5521"]}]),
        "/send/contact",
        {"fullName": "Bia", "phoneNumber": "+5511,+5521"},
    ),
]


@pytest.mark.parametrize(("message", "path", "body"), MENUS, ids=lambda value: getattr(value, "type", None))
async def test_a_kind_as_the_server_takes_it(
    net: Net, server: Uazapis, line: Line, message: Outgoing, path: str, body: Json
) -> None:
    server.on(f"POST {path}", (200, {"messageid": "A"}))
    assert (await uazapi.send(net, line, message, 2)).result == "accepted"
    tracked = {"number": ANA, "track_source": "evoai-connect", "track_id": str(UUID(int=3))}
    assert server.calls[-1][1:] == (path, body | tracked)


async def test_a_file_goes_as_base64_under_its_own_kind(net: Net, server: Uazapis, line: Line) -> None:
    server.on("POST /send/media", (200, {"messageid": "A"}))
    for file, kind in (
        (File(kind="audio", mime_type="audio/ogg", name="a.ogg", body=b"abc", voice=True), "ptt"),
        (File(kind="audio", mime_type="audio/mpeg", name="a.mp3", body=b"abc"), "audio"),
        (File(kind="document", mime_type="application/pdf", name="a.pdf", body=b"abc"), "document"),
    ):
        sent = msgspec.structs.replace(message(""), type=file.kind, file=file)
        assert (await uazapi.send(net, line, sent, 2)).result == "accepted"
        body = server.calls[-1][2]
        assert (body["type"], body["file"], body["mimetype"]) == (kind, "YWJj", file.mime_type)
        assert body.get("docName") == ("a.pdf" if kind == "document" else None)
        assert "text" not in body


@pytest.mark.parametrize(
    "bad", [_of("contact", ""), _of("interactive", "x"), _of("template", "x"), _of("reaction", "x")]
)
async def test_what_cannot_be_put_so_is_refused_before_anything_is_sent(
    net: Net, server: Uazapis, line: Line, bad: Outgoing
) -> None:
    how = await uazapi.send(net, line, bad, 2)
    assert (how.result, how.code) == ("final", "invalid-request")
    assert server.calls == []


FILES: list[tuple[Any, str | None]] = [
    ((200, {"base64Data": "YWJj", "mimetype": "image/png"}), None),
    ((404, {"error": "Message not found"}), "not-found"),
    ((400, {"error": "x"}), "not-a-file"),
    ((200, {"base64Data": "YWJj" * 100, "mimetype": "image/png"}), "too-large"),
]


@pytest.mark.parametrize(("answer", "gone"), FILES, ids=["had", "not-found", "not-a-file", "too-large"])
async def test_a_file_is_fetched_in_the_answer(
    net: Net, server: Uazapis, line: Line, answer: Any, gone: str | None
) -> None:
    server.on("POST /message/download", answer)
    if gone is None:
        fetched = await uazapi.fetch_media(net, line, {"id": "A"}, 100)
        assert (fetched.body, fetched.mime_type) == (b"abc", "image/png")
    else:
        with pytest.raises(MediaGone) as raised:
            await uazapi.fetch_media(net, line, {"id": "A"}, 100)
        assert raised.value.reason == gone
    asked = {"id": "A", "return_base64": True, "return_link": False, "generate_mp3": False}
    assert server.calls[-1][2] == asked


@pytest.mark.parametrize(
    "answer", [(200, {}), (200, {"base64Data": "%%%"}), (200, {"base64": "YWJj"}), (502, "<html>"), "drop"]
)
async def test_a_file_that_may_come_later_is_asked_for_again(
    net: Net, server: Uazapis, line: Line, answer: Any
) -> None:
    server.on("POST /message/download", answer)
    with pytest.raises(UpstreamFailed):
        await uazapi.fetch_media(net, line, {"id": "A"}, 100)
