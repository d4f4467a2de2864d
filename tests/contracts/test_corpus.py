"""All shapes of three providers' bodies into one tenant, twice and backwards: each message once, each person once."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from tests.cloud import cloud_clinic
from tests.contracts import shapes_of_cloud, shapes_of_evolution, shapes_of_uazapi
from tests.contracts.corpus import Json, Said, Shape
from tests.contracts.of_uazapi import PREFIX
from tests.house import Clinic, House
from tests.inbox.people import contacts_used, without_assistant, worked

CORPUS: dict[str, list[Shape]] = {
    "evolution": shapes_of_evolution.shapes(),
    "uazapi": shapes_of_uazapi.shapes(),
    "whatsapp_cloud": shapes_of_cloud.shapes(),
}
# One body of the contract takes back what another said.
TAKEN_BACK = {f"{PREFIX}0B02"}
_MESSAGES = """
select m.provider_message_id as pid, m.type, m.text, m.author, v.contact_id
  from messages m join conversations v on v.tenant_id = m.tenant_id and v.id = m.conversation_id
 where m.channel_id = $1
"""


def test_there_are_two_hundred_shapes_and_more_each_with_its_expectation() -> None:
    counts = {provider: len(shapes) for provider, shapes in CORPUS.items()}
    assert sum(counts.values()) >= 300, counts
    for provider, shapes in CORPUS.items():
        assert counts[provider] >= 80, counts
        assert len({shape.name for shape in shapes}) == len(shapes)
        said = [said.pid for shape in shapes for said in shape.said]
        assert len(set(said)) == len(said), provider


async def posted(channels: dict[str, Clinic], *, backwards: bool = False) -> None:
    for provider, clinic in channels.items():
        for shape in reversed(CORPUS[provider]) if backwards else CORPUS[provider]:
            answer = await clinic.hook(shape.body)
            assert answer.status == 200, (shape.name, answer.body)
    for clinic in channels.values():
        await worked(clinic)


async def left(channels: dict[str, Clinic], earlier: frozenset[UUID]) -> Json:
    """Events by what became of them, messages by the provider's id, and who everybody is."""
    found: Json = {"events": {}, "messages": {}}
    for provider, clinic in channels.items():
        rows = [row for row in await clinic.events() if row["id"] not in earlier]
        states = ((row["state"], None if row["reason"] == "old" else row["reason"], row["signal"]) for row in rows)
        found["events"][provider] = Counter(states)
        stored = await clinic.house.rows(_MESSAGES, UUID(clinic.channel_id))
        found["messages"][provider] = {row["pid"]: row for row in stored}
        assert len(stored) == len(found["messages"][provider]), "a message is there twice"
    return found


def check(found: Json) -> None:
    people: dict[str, set[UUID]] = {}
    for provider, shapes in CORPUS.items():
        wanted = Counter(event for shape in shapes for event in shape.events)
        assert found["events"][provider] == wanted, provider
        rows: dict[str, Any] = found["messages"][provider]
        for shape in shapes:
            for said in shape.said:
                row = rows.pop(said.pid, None)
                assert row is not None, (provider, shape.name)
                _check_message(shape, said, row)
                people.setdefault(said.who, set()).add(row["contact_id"])
        assert not rows, (provider, "messages that no shape says")
    assert {who: len(ids) for who, ids in people.items()} == dict.fromkeys(people, 1), "somebody is there twice"
    everybody = [one for ids in people.values() for one in ids]
    assert len(set(everybody)) == len(everybody), "two people became one"


def _check_message(shape: Shape, said: Said, row: Any) -> None:
    text = None if said.pid in TAKEN_BACK else said.text
    assert (row["type"], row["text"], row["author"]) == (said.type, text, said.author), shape.name


@pytest.mark.parametrize("backwards", [False, True])
async def test_the_corpus_posted_twice_leaves_each_message_and_each_person_once(house: House, backwards: bool) -> None:
    client = await house.sign_up()
    channels: dict[str, Clinic] = {
        "evolution": await house.clinic(client=client),
        "uazapi": await house.clinic(client=client, provider="uazapi"),
        "whatsapp_cloud": await cloud_clinic(house, client=await house.ready(client=client)),
    }
    await without_assistant(channels["evolution"])
    await house.sim.settled()
    before = frozenset([row["id"] for clinic in channels.values() for row in await clinic.events()])
    people = {said.who for shapes in CORPUS.values() for shape in shapes for said in shape.said}

    await posted(channels, backwards=backwards)
    check(await left(channels, before))
    # What the second post brings was there already, in whichever order it comes.
    await posted(channels, backwards=not backwards)
    check(await left(channels, before))
    (row,) = await house.rows("select count(*) as many from contacts where tenant_id = $1", client.tenant_id)
    assert row["many"] == await contacts_used(channels["evolution"]) == len(people)
