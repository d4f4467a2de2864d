"""What is pulled from an Evolution server: filtered again, oldest first, under the keys that its webhooks have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evoai.channels.adapters.evolution_events import open_body
from evoai.channels.adapters.evolution_history import PAGE, PAGES
from evoai.channels.adapters.incoming import Inbound
from evoai.channels.adapters.protocol import Line
from evoai.kit.errors import Conflict, UpstreamFailed
from evoai.kit.net import Net
from tests.channels.adapters.of_evolution import (
    FIND,
    NAME,
    NOW,
    PN,
    Server,
    evolution,
    line,
    problem,
    record,
    server,
)

__all__ = ["line", "server"]

SINCE = NOW - timedelta(minutes=20)


def page(number: int, pages: int, *records: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, {"messages": {"total": 9, "pages": pages, "currentPage": number, "records": list(records)}}


async def test_pages_come_newest_first_and_leave_oldest_first(net: Net, server: Server, line: Line) -> None:
    server.on(
        FIND,
        page(1, 2, record("D", "d", -5, from_me=False), record("C", "c", -10, from_me=False)),
        page(2, 2, record("B", "b", -10, from_me=False), record("A", "a", -60, from_me=False)),
    )
    pulled = await evolution.pull(net, line, SINCE, NOW)
    assert pulled.complete
    assert [one.dedupe_key for one in pulled.envelopes] == [f"message:{letter}:0" for letter in "ABCD"]
    said = [evolution.parse(line, one.body) for one in pulled.envelopes]
    assert [one.content.text for one in said if isinstance(one, Inbound)] == ["a", "b", "c", "d"]
    where = {
        "messageTimestamp": {
            name: at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            for name, at in (("gte", SINCE), ("lte", NOW))
        }
    }
    assert [body for _, _, body in server.calls] == [{"where": where, "page": n, "offset": PAGE} for n in (1, 2)]


@pytest.mark.parametrize(
    "wrong",
    [
        record(seconds=-1201, from_me=False),
        record(seconds=1, from_me=False),
        record(from_me=False) | {"messageTimestamp": None},
        record(from_me=False) | {"key": {"remoteJid": PN, "fromMe": False}},
    ],
)
async def test_what_the_server_lets_through_is_filtered(net: Net, server: Server, line: Line, wrong: Any) -> None:
    server.on(FIND, page(1, 1, wrong, record("A", from_me=False)))
    pulled = await evolution.pull(net, line, SINCE, NOW)
    assert [one.dedupe_key for one in pulled.envelopes] == ["message:A:0"]


async def test_a_server_that_ignores_times_is_read_until_they_are_past(net: Net, server: Server, line: Line) -> None:
    server.on(FIND, page(1, 500, record("A", from_me=False)), page(2, 500, record("B", seconds=-5000, from_me=False)))
    pulled = await evolution.pull(net, line, SINCE, NOW)
    assert (pulled.complete, len(pulled.envelopes), len(server.calls)) == (True, 1, 2)


async def test_more_than_is_read_at_once_is_said_to_be_more(net: Net, server: Server, line: Line) -> None:
    server.on(FIND, page(1, 500, record("A", from_me=False)))
    pulled = await evolution.pull(net, line, SINCE, NOW)
    assert (pulled.complete, len(server.calls)) == (False, PAGES)


@pytest.mark.parametrize(
    ("source", "key", "other", "by_api"),
    [
        ("android", "message:A:1", "sent:A:1", False),
        ("ios", "message:A:1", "sent:A:1", False),
        ("web", "sent:A:1", "message:A:1", True),
        ("unknown", "sent:A:1", "message:A:1", True),
    ],
)
async def test_what_we_may_have_sent_is_not_taken_for_the_owners(
    net: Net, server: Server, line: Line, source: str, key: str, other: str, by_api: bool
) -> None:
    server.on(FIND, page(1, 1, record("A") | {"source": source}))
    (one,) = (await evolution.pull(net, line, SINCE, NOW)).envelopes
    assert (one.dedupe_key, one.also_known_as) == (key, other)
    said = evolution.parse(line, one.body)
    assert isinstance(said, Inbound)
    assert (said.from_me, said.by_api) == (True, by_api)


async def test_the_key_is_that_of_the_webhook_that_should_have_come(net: Net, server: Server, line: Line) -> None:
    lid = record("A", from_me=False) | {
        "key": {"id": "A", "remoteJid": "90211876540032@lid", "remoteJidAlt": PN, "fromMe": False},
        "MessageUpdate": [{"status": "READ"}],
    }
    server.on(FIND, page(1, 1, lid))
    (pulled,) = (await evolution.pull(net, line, SINCE, NOW)).envelopes
    body = b'{"event":"messages.upsert","instance":"%b","data":{"key":{"id":"A","remoteJid":"%b","fromMe":false}}}' % (
        NAME.encode(),
        PN.encode(),
    )
    (told,) = open_body(line, body, datetime.now(UTC))
    assert (pulled.dedupe_key, pulled.chat) == (told.dedupe_key, told.chat)


async def test_a_server_without_messages_and_one_that_refuses(net: Net, server: Server, line: Line) -> None:
    server.on(FIND, page(1, 0))
    assert (await evolution.pull(net, line, SINCE, NOW)).complete
    server.on(FIND, (401, problem(401, "Unauthorized")))
    with pytest.raises(Conflict):
        await evolution.pull(net, line, SINCE, NOW)
    server.on(FIND, (500, problem(500, "Connection Closed")))
    with pytest.raises(UpstreamFailed):
        await evolution.pull(net, line, SINCE, NOW)
