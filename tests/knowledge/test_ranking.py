"""How often the right passage comes first, and among five, on questions as customers write them: by words alone, and
with vectors beside them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest

from evoai.knowledge.repository import search as ranking
from evoai.knowledge.schemas import Found
from evoai.knowledge.service.search import search
from tests.house import Client, House
from tests.knowledge.forms import send_file, settled
from tests.knowledge.questions import Business, businesses

BUSINESSES = businesses()


@pytest.fixture(scope="module")
async def tenants(house: House) -> dict[str, Client]:
    """Each business has put its texts into one document."""
    found: dict[str, Client] = {}
    for business in BUSINESSES:
        client = found[business.name] = await house.sign_up(business.title)
        added = await send_file(client, f"{business.name}.md", business.markdown.encode(), title=business.title)
        ready = await settled(client, added["id"])
        assert (ready["state"], ready["error"], ready["chunks"]) == ("ready", None, 40)
    return found


async def hits(house: House, tenants: dict[str, Client], *, vectors: bool) -> tuple[float, float]:
    """Shares of the questions whose passage came first, and among five."""
    resources = house.resources if vectors else replace(house.resources, embedder=None)

    async def ask(business: Business) -> list[int]:
        places: list[int] = []
        for asked in business.asked:
            tenant_id = tenants[business.name].tenant_id
            assert tenant_id is not None
            answer = await search(resources, tenant_id, asked.question, 5)
            places.append(place(answer.items, asked.heading))
        return places

    places = [at for found in await asyncio.gather(*map(ask, BUSINESSES)) for at in found]
    assert len(places) >= 300
    return places.count(0) / len(places), sum(at < 5 for at in places) / len(places)


def place(items: list[Found], heading: str) -> int:
    return next((i for i, item in enumerate(items) if item.heading == heading), 99)


async def test_words_alone_find_it_and_vectors_do_no_harm(house: House, tenants: dict[str, Client]) -> None:
    first, five = await hits(house, tenants, vectors=False)
    assert (first >= 0.78, five >= 0.95) == (True, True), (first, five)
    fused_first, fused_five = await hits(house, tenants, vectors=True)
    assert (fused_first >= first - 0.005, fused_five >= five - 0.005) == (True, True), (fused_first, fused_five)


async def test_the_codes_of_many_vectors_find_what_comparing_all_finds(
    house: House, tenants: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, asked = tenants[BUSINESSES[0].name], BUSINESSES[0].asked[:30]
    assert client.tenant_id is not None

    async def found() -> list[list[UUID]]:
        answers = [await search(house.resources, client.tenant_id, each.question, 3) for each in asked]
        return [[item.chunk_id for item in answer.items] for answer in answers]

    everything = await found()
    monkeypatch.setattr(ranking, "COMPARED", 0)
    assert await found() == everything
    monkeypatch.setattr(ranking, "NEAREST", 20)
    by_codes = await found()
    same = sum(len(set(few) & set(all_)) for few, all_ in zip(by_codes, everything, strict=True))
    assert same >= 0.9 * sum(map(len, everything))
    monkeypatch.setattr(ranking, "NEAREST", 0)
    assert await found() != everything
