"""The Cloud API adapter's files, templates and states of a number, against a small Graph server on a real socket."""

from __future__ import annotations

from typing import Any

import pytest

from evoai.channels.adapters.incoming import Connection
from evoai.channels.adapters.protocol import Line, MediaGone
from evoai.kit.errors import Conflict, UpstreamFailed
from evoai.kit.net import Net
from tests.channels.adapters.of_cloud import ACCOUNT, NUMBER, Graph, cloud, failed, graph, line

__all__ = ["graph", "line"]

MEDIA = "/v24.0/800"


async def test_a_file_is_fetched_by_its_own_short_lived_address(net: Net, graph: Graph, line: Line) -> None:
    url = f"{graph.url}/file?x=1"
    graph.answers[f"GET {MEDIA}"] = (200, {"url": url, "mime_type": "image/png", "file_size": "5"})
    graph.answers["GET /file"] = (200, b"bytes")
    found = await cloud.fetch_media(net, line, {"id": "800"}, 100)
    assert (found.body, found.mime_type) == (b"bytes", "image/png")
    assert graph.calls[0][1] == f"{MEDIA}?phone_number_id={NUMBER}"


@pytest.mark.parametrize(
    ("told", "file", "gone"),
    [
        ((404, {"error": {"code": 100}}), None, "expired"),
        (failed(100), None, "expired"),
        ((200, {"url": "{here}/file", "file_size": 101}), None, "too-large"),
        ((200, {"url": "{here}/file"}), (200, b"x" * 101), "too-large"),
        ((200, {"url": "{here}/file"}), (404, b""), "expired"),
        ((200, {"url": "https://evil.example/file"}), None, "foreign-address"),
        ((200, {"url": "http://lookaside.fbsbx.com/file"}), None, "foreign-address"),
        ((200, {"url": "https://lookaside.fbsbx.com.evil.example/f"}), None, "foreign-address"),
        ((200, {"url": "https://evilfbsbx.com/f"}), None, "foreign-address"),
    ],
)
async def test_files_that_never_come(net: Net, graph: Graph, line: Line, told: Any, file: Any, gone: str) -> None:
    status, body = told
    if "url" in body:
        body = body | {"url": body["url"].replace("{here}", graph.url)}
    graph.answers[f"GET {MEDIA}"] = (status, body)
    if file:
        graph.answers["GET /file"] = file
    with pytest.raises(MediaGone) as raised:
        await cloud.fetch_media(net, line, {"id": "800"}, 100)
    assert raised.value.reason == gone
    assert len(graph.calls) == (2 if file else 1)


@pytest.mark.parametrize("told", [(500, {}), (200, {}), "drop", (429, {"error": {"code": 4}})])
async def test_files_that_may_come_later(net: Net, graph: Graph, line: Line, told: Any) -> None:
    graph.answers[f"GET {MEDIA}"] = told
    with pytest.raises(UpstreamFailed):
        await cloud.fetch_media(net, line, {"id": "800"}, 100)


TEMPLATES = f"GET /v24.0/{ACCOUNT}/message_templates"


async def test_templates_are_read_to_the_last_page(net: Net, graph: Graph, line: Line) -> None:
    parts = [
        {"type": "HEADER", "format": "DOCUMENT"},
        {"type": "BODY", "text": "Oi {{1}}, {{ dia }} e {{1}}"},
        {"type": "FOOTER", "text": "fim"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Sim"},
                {"type": "URL", "text": "Ver", "url": "https://x.br/{{1}}"},
                {"type": "COPY_CODE", "text": "Copiar"},
            ],
        },
        {"type": "LIMITED_TIME_OFFER"},
        "x",
    ]
    row = {"id": "1", "name": "a", "language": "pt_BR", "category": "UTILITY", "status": "PENDING_DELETION"}
    graph.answers[TEMPLATES] = (
        200,
        {"data": [row | {"components": parts, "quality_score": {"score": "GREEN"}}, {"name": "b"}, 5]},
    )
    (found,) = await cloud.list_templates(net, line)
    assert (found.status, found.category, found.quality, found.header_file) == (
        "pending-deletion",
        "utility",
        "green",
        "document",
    )
    assert found.variables == ("header.media", "body.1", "body.dia", "button.1", "button.2")
    assert [button.kind for button in found.buttons] == ["quick-reply", "url", "copy-code"]
    paged = {"cursors": {"after": "NEXT"}, "next": "https://graph.facebook.com/…"}
    graph.answers[TEMPLATES] = (200, {"data": [row], "paging": paged})
    graph.calls.clear()
    assert len(await cloud.list_templates(net, line)) == 20
    assert "after=NEXT" in graph.calls[1][1]


async def test_the_state_of_a_number(net: Net, graph: Graph, line: Line) -> None:
    path = f"GET /v24.0/{NUMBER}"
    row = {"display_phone_number": "+55 11 3000-0001", "verified_name": "Clínica", "status": "CONNECTED"}
    told = {"quality_rating": "YELLOW", "whatsapp_business_manager_messaging_limit": "TIER_10K"}
    graph.answers[path] = (200, row | told)
    assert await cloud.status(net, line) == Connection(
        state="connected", phone="551130000001", profile_name="Clínica", quality="medium", messaging_limit=10_000
    )
    for status, state, reason in (
        ("BANNED", "banned", "account-restricted"),
        ("PENDING", "disconnected", "not-registered"),
    ):
        graph.answers[path] = (200, row | {"status": status})
        told_state = await cloud.status(net, line)
        assert (told_state.state, told_state.reason) == (state, reason)
    graph.answers[path] = failed(190, 401)
    with pytest.raises(Conflict, match="integration-not-configured"):
        await cloud.status(net, line)
    graph.answers[path] = (500, b"")
    with pytest.raises(UpstreamFailed):
        await cloud.status(net, line)
