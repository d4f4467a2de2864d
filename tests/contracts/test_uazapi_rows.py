"""Every webhook body of the UAZAPI contract through the door of a connected channel: the rows it leaves."""

from __future__ import annotations

import asyncio
import json
from itertools import permutations
from uuid import UUID

import pytest

from tests.contracts.posted import Posted
from tests.contracts.rows_of_uazapi import BODIES, EXPECTED, body
from tests.house import House


async def connected(house: House) -> Posted:
    clinic = await house.clinic(quiet=30, max_wait=60, provider="uazapi")
    await house.sim.settled()
    return Posted(clinic, frozenset(event["id"] for event in await clinic.events()))


def test_every_body_has_its_expectation() -> None:
    assert {path.stem for path in BODIES.glob("*.json")} == EXPECTED.keys()


@pytest.mark.parametrize("name", sorted(EXPECTED))
async def test_B137_a_body_leaves_its_rows_and_a_second_post_nothing(house: House, name: str) -> None:
    expected, posted = EXPECTED[name], await connected(house)
    many = 4 if name == "messages_update_read_batch" else 1
    await posted.post(body(name))
    left = await posted.left()
    states = {(state, reason if reason != "old" else None, signal) for state, reason, signal in left["events"]}
    assert states == {expected.event}
    assert len(left["events"]) == many
    assert left["channel"] == expected.channel
    assert [change for _, change in left["parked"]] == ([expected.parked] * many if expected.parked else [])
    if expected.message is None:
        assert (left["messages"], left["contacts"]) == ([], [])
    else:
        row = expected.message
        assert left["contacts"] == [row.contact]
        (stored,) = left["messages"]
        assert stored["pid"] == body(name)["message"]["messageid"]
        found = (stored["type"], stored["text"], stored["author"], stored["status"])
        assert found == (row.type, row.text, row.author, row.status)

    await posted.post(body(name))
    assert await posted.left() == left


async def test_T33_no_token_is_stored(house: House) -> None:
    posted = await connected(house)
    token = house.sim.instance(posted.clinic.instance).token
    await posted.post(body("message_text_conversation"), body("connection_connecting_qr"))
    await posted.clinic.events()
    for row in await house.rows("select id from channel_events where channel_id = $1", UUID(posted.clinic.channel_id)):
        shown = await posted.clinic.client.get(f"/inbound-events/{row['id']}")
        assert shown.status == 200
        assert token not in json.dumps(shown.body)


async def test_T30_wrong_missing_and_foreign_keys_are_one_and_the_same_401_and_leave_nothing(house: House) -> None:
    mine, theirs = await connected(house), await connected(house)
    raw = body("message_text_conversation")
    path = mine.clinic.hook_path
    tenant, secret = path.removeprefix("/hooks/").split(".")
    other_tenant, other_secret = theirs.clinic.hook_path.removeprefix("/hooks/").split(".")
    own = {"token": house.sim.instance(mine.clinic.instance).token}
    foreign = {"token": house.sim.instance(theirs.clinic.instance).token}
    before = (await mine.left(), await theirs.left())
    refused = [
        await house.client().call("POST", where, raw | token)
        for where, token in (
            (path, foreign),
            (path, {"token": "7d1f0a52-0000-4000-8000-000000000000"}),
            (path, {"token": 7}),
            ("/hooks/", own),
            (f"/hooks/{tenant}.{secret[:-1]}x", own),
            (f"/hooks/{tenant}.{other_secret}", own),
            (f"/hooks/{other_tenant}.{secret}", own),
            (f"/hooks/{tenant}", own),
        )
    ]
    bodies = [{k: v for k, v in answer.body.items() if k != "request_id"} for answer in refused]
    assert {answer.status for answer in refused} == {401}
    assert all(one == bodies[0] for one in bodies)
    assert (await mine.left(), await theirs.left()) == before


async def test_T30_a_readable_body_without_a_token_is_kept_and_not_worked(house: House) -> None:
    posted = await connected(house)
    answer = await house.client().call("POST", posted.clinic.hook_path, body("message_text_conversation"))
    assert answer.status == 200
    left = await posted.left()
    assert left["events"] == [("quarantined", "token-missing", False)]
    assert left["messages"] == []


async def test_a_body_over_the_limit_is_kept_for_people(house: House) -> None:
    posted = await connected(house)
    token = house.sim.instance(posted.clinic.instance).token
    large = json.dumps({"EventType": "messages", "token": token, "message": {"text": "x" * 3_200_000}}).encode()
    assert (await posted.clinic.hook(large)).status == 200
    assert (await posted.left())["events"] == [("quarantined", "too-large", False)]


SENT, READ, DELIVERED = "message_echo_sent_by_api", "messages_update_read_batch", "messages_update_delivered"


@pytest.mark.parametrize("order", sorted(permutations([SENT, READ, DELIVERED])), ids=lambda order: "-".join(order))
async def test_B138_ticks_find_their_message_in_any_order(house: House, order: tuple[str, ...]) -> None:
    posted = await connected(house)
    for name in order:
        await posted.post(body(name))
        await posted.clinic.events()
    left = await posted.left()
    assert [row["status"] for row in left["messages"]] == ["read"]
    assert len(left["parked"]) == 3, "what the batch says of messages that nobody knows"


@pytest.mark.parametrize("order", sorted(permutations(range(3))))
async def test_B138_an_edit_and_a_deletion_end_the_same_in_any_order(house: House, order: tuple[int, ...]) -> None:
    bodies = [body(f) for f in ("message_text_extended_reply", "message_edited", "messages_update_deleted")]
    posted = await connected(house)
    for index in order:
        await posted.post(bodies[index])
        await posted.clinic.events()
    left = await posted.left()
    (message,) = left["messages"]
    assert (message["text"], message["deleted"]) == (None, True)
    assert left["parked"] == []


async def test_B137_a_hundred_equal_posts_are_one_row_and_one_message(house: House) -> None:
    posted = await connected(house)
    await asyncio.gather(*(posted.post(body("message_text_conversation")) for _ in range(100)))
    left = await posted.left()
    assert (len(left["events"]), len(left["messages"])) == (1, 1)
