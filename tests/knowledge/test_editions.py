"""A document that is read anew: found as it was until all of the new text is in, and nothing is done twice."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from evoai.knowledge.embedder.protocol import EmbeddingError
from evoai.knowledge.service import indexing
from tests.house import Client, House, eventually
from tests.knowledge.forms import send_file, settled
from tests.knowledge.test_index import assert_exact

PAIR = {"question": "Quanto custa a limpeza?", "answer": "Custa 90 reais."}
ASK = {"query": "quanto custa a limpeza"}


async def answers(client: Client) -> list[str]:
    return [each["text"] for each in (await client.post("/knowledge/search", ASK))["items"]]


async def chunk_ids(house: House, document_id: str) -> list[UUID]:
    chunks = "select id from chunks where document_id = $1 order by edition, position"
    rows = await house.rows(chunks, UUID(document_id))
    return [row["id"] for row in rows]


async def test_the_old_words_are_found_until_all_of_the_new_are_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await house.sign_up()
    pair = (await client.post("/documents", PAIR))["id"]
    await settled(client, pair)
    reached, let, embed = asyncio.Event(), asyncio.Event(), indexing.embed

    async def embed_later(*args: Any) -> None:
        await embed(*args)
        reached.set()
        await let.wait()

    monkeypatch.setattr(indexing, "embed", embed_later)
    assert (await client.patch(f"/documents/{pair}", {"answer": "Custa 120 reais."})).status == 200
    await asyncio.wait_for(reached.wait(), 20)
    assert len(await chunk_ids(house, pair)) == 2
    assert await answers(client) == ["Custa 90 reais."]
    let.set()
    await settled(client, pair)
    assert await answers(client) == ["Custa 120 reais."]
    assert len(await chunk_ids(house, pair)) == 1
    await assert_exact(house, client)


async def test_an_attempt_goes_on_from_what_the_one_before_put_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await house.sign_up()
    embed, seen = indexing.embed, list[list[UUID]]()

    async def embed_at_last(*args: Any) -> None:
        seen.append(await chunk_ids(house, str(args[3])))
        if len(seen) < 3:
            raise EmbeddingError("away")
        await embed(*args)

    monkeypatch.setattr(indexing, "embed", embed_at_last)
    text = "\n\n".join(f"# Regra {i}\n\nA regra {i} vale na loja." for i in range(120))
    document = (await send_file(client, "regras.md", text.encode()))["id"]
    ready = await settled(client, document)
    assert (ready["state"], ready["error"], ready["chunks"]) == ("ready", None, 120)
    assert seen == [seen[0]] * 3
    assert await chunk_ids(house, document) == seen[0]
    await assert_exact(house, client)


async def test_a_worker_that_lost_the_document_takes_nothing_of_its_next_edition(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await house.sign_up()
    pair = (await client.post("/documents", PAIR))["id"]
    await settled(client, pair)
    loop, split, stolen = asyncio.get_running_loop(), indexing.split, asyncio.Event()

    async def steal() -> None:
        """As if this worker stood still here until another had read the document again."""
        await house.run(
            "update documents set edition = 2, leased_by = 'another', lease_until = now() + interval '1 hour'"
            " where id = $1",
            UUID(pair),
        )
        await house.run("update chunks set edition = 2 where document_id = $1", UUID(pair))
        stolen.set()

    def split_late(blocks: Any) -> Any:
        asyncio.run_coroutine_threadsafe(steal(), loop).result(20)
        return split(blocks)

    monkeypatch.setattr(indexing, "split", split_late)
    await house.run("update documents set state = 'uploaded', attempts = 0, next_at = now() where id = $1", UUID(pair))
    await asyncio.wait_for(stolen.wait(), 20)
    await asyncio.sleep(1)
    assert len(await chunk_ids(house, pair)) == 1
    await assert_exact(house, client)
    assert await answers(client) == ["Custa 90 reais."]


async def test_what_failed_to_be_read_anew_leaves_the_old_words_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await house.sign_up()
    pair = (await client.post("/documents", PAIR))["id"]
    await settled(client, pair)
    before = await chunk_ids(house, pair)

    async def embed_nothing(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(indexing, "embed", embed_nothing)
    monkeypatch.setattr(indexing, "ATTEMPTS", 2)
    assert (await client.patch(f"/documents/{pair}", {"answer": "Custa 120 reais."})).status == 200

    async def flawed() -> bool:
        shown = await client.get(f"/documents/{pair}")
        return shown["error"] is not None

    await eventually(flawed, 20)
    assert (await settled(client, pair))["state"] == "ready"
    assert await answers(client) == ["Custa 90 reais."]
    assert await chunk_ids(house, pair) == before
    await assert_exact(house, client)


async def test_documents_without_a_word_that_counts_are_no_error(house: House) -> None:
    client = await house.sign_up()
    pair = (await client.post("/documents", {"question": "???", "answer": "!!!"}))["id"]
    assert (await settled(client, pair))["chunks"] == 1
    assert (await house.row("select length from corpora where tenant_id = $1", client.tenant_id))["length"] == 0
    found = await client.post("/knowledge/search", ASK)
    assert found.status == 200, found.body
