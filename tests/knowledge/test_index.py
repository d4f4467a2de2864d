"""The counts that ranking divides by are exact, whatever runs beside; what a dead worker leaves is taken up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from evoai.kit.db import utcnow
from evoai.knowledge.jobs import clean_up, embed_anew
from evoai.knowledge.service import indexing
from evoai.knowledge.service.models_in_use import MODELS
from tests.house import Client, House, eventually
from tests.knowledge.forms import send_file, settled


async def assert_exact(house: House, client: Client) -> None:
    tenant = client.tenant_id
    counted = await house.rows(
        "select term, count(*)::int as chunks from postings where tenant_id = $1 group by term order by term", tenant
    )
    kept = await house.rows("select term, chunks from terms where tenant_id = $1 order by term", tenant)
    assert [tuple(row) for row in counted] == [tuple(row) for row in kept]
    corpus = await house.row("select chunks, length from corpora where tenant_id = $1", tenant)
    there = await house.row(
        "select (select count(*) from chunks where tenant_id = $1)::int,"
        " (select coalesce(sum(tf), 0) from postings where tenant_id = $1)::int",
        tenant,
    )
    assert tuple(corpus) == tuple(there)


async def test_counts_are_exact_while_documents_come_and_go(house: House) -> None:
    client = await house.sign_up()
    texts = [f"# Troca {i}\n\nTroca em {i} dias.\n\n# Loja\n\nAbre às {i}h." for i in range(8)]
    added = await asyncio.gather(*(send_file(client, f"{i}.md", text.encode()) for i, text in enumerate(texts)))
    ids = [answer["id"] for answer in added]
    await settled(client, ids[0])
    await asyncio.gather(*(client.delete(f"/documents/{each}") for each in ids[:4]))
    for each in ids[4:]:
        assert (await settled(client, each))["state"] == "ready"

    async def gone() -> bool:
        return (await house.row("select count(*) from documents where tenant_id = $1", client.tenant_id))[0] == 4

    await eventually(gone, 60)
    await assert_exact(house, client)
    assert (await house.row("select chunks from corpora where tenant_id = $1", client.tenant_id))[0] == 8


async def test_I7_what_a_dead_worker_left_is_begun_anew(house: House) -> None:
    client = await house.sign_up()
    added = await send_file(client, "a.md", b"# Trocas\n\nEm trinta dias.")
    await settled(client, added["id"])
    # As a process leaves it that was killed after it had added chunks.
    await house.run(
        "update documents set state = 'indexing', attempts = 1, leased_by = 'dead', lease_until = now() where id = $1",
        UUID(added["id"]),
    )
    ready = await settled(client, added["id"])
    assert (ready["state"], ready["chunks"]) == ("ready", 1)
    await assert_exact(house, client)


async def test_F16_a_document_that_kills_its_worker_three_times_is_buried(house: House) -> None:
    client = await house.sign_up()
    added = await send_file(client, "a.txt", b"Abrimos cedo.")
    await settled(client, added["id"])
    await house.run(
        "update documents set state = 'reading', chunks = 0, attempts = 3, leased_by = 'dead', lease_until = now()"
        " where id = $1",
        UUID(added["id"]),
    )
    failed = await settled(client, added["id"])
    assert (failed["state"], failed["error"]["code"]) == ("failed", "worker-crashed")
    letters = await house.rows("select kind from dead_letters where tenant_id = $1", client.tenant_id)
    assert [row["kind"] for row in letters] == ["document"]
    assert (await client.post(f"/documents/{added['id']}/retry")).status == 200
    assert (await settled(client, added["id"]))["state"] == "ready"


async def test_a_worker_that_lost_its_lease_writes_nothing(house: House) -> None:
    client = await house.sign_up()
    added = await send_file(client, "a.txt", b"Abrimos cedo.")
    await settled(client, added["id"])
    assert client.tenant_id is not None
    other = replace(house.resources, process="another")
    await house.run(
        "update documents set state = 'reading', leased_by = 'alive', lease_until = now() + interval '1 hour'"
        " where id = $1",
        UUID(added["id"]),
    )
    await indexing.index_document(other, client.tenant_id, UUID(added["id"]))
    row = await house.row("select state, leased_by from documents where id = $1", UUID(added["id"]))
    assert tuple(row) == ("reading", "alive")


async def test_an_upload_that_never_ended_is_dropped(house: House) -> None:
    client = await house.sign_up()
    added = await send_file(client, "a.txt", b"Abrimos cedo.")
    await settled(client, added["id"])
    await house.run(
        "update documents set state = 'receiving', created_at = $2 where id = $1",
        UUID(added["id"]),
        utcnow() - timedelta(hours=2),
    )
    assert (await client.get("/documents"))["items"] == []
    await clean_up(house.resources)

    async def gone() -> bool:
        return (await house.row("select count(*) from documents where tenant_id = $1", client.tenant_id))[0] == 0

    await eventually(gone, 30)
    assert (await client.get("/usage"))["documents"]["used"] == 0


async def test_a_new_model_embeds_what_is_there_anew(house: House) -> None:
    client = await house.sign_up()
    added = await send_file(client, "a.md", b"# Trocas\n\nEm trinta dias.")
    await settled(client, added["id"])
    await house.run("update documents set embedded_with = 'old:512' where id = $1", UUID(added["id"]))
    await house.run("update chunk_vectors set model = 'old:512' where tenant_id = $1", client.tenant_id)
    assert client.tenant_id is not None
    MODELS.forget(client.tenant_id)
    house.sim.log.clear()
    # Words alone would make it 0.6: the old vectors are asked for in their own model's tongue.
    question = {"query": "prazo de trocas: em trinta dias?"}
    assert (await client.post("/knowledge/search", question))["items"][0]["score"] > 0.7
    assert {call.model for call in house.sim.log if call.kind == "embedding"} == {"old", "text-embedding-3-small"}
    await embed_anew(house.resources)
    MODELS.forget(client.tenant_id)
    rows = await house.rows("select model from chunk_vectors where tenant_id = $1", client.tenant_id)
    assert [row["model"] for row in rows] == ["text-embedding-3-small:512"]
    house.sim.log.clear()
    assert (await client.post("/knowledge/search", question))["items"][0]["score"] > 0.7
    assert [call.model for call in house.sim.log if call.kind == "embedding"] == ["text-embedding-3-small"]


async def test_without_a_model_words_are_enough(house: House) -> None:
    client = await house.sign_up()
    assert client.tenant_id is not None
    lexical = replace(house.resources, embedder=None, process="lexical")
    added = await send_file(client, "a.md", b"# Trocas\n\nEm trinta dias.")
    await settled(client, added["id"])
    await house.run(
        "update documents set state = 'uploaded', next_at = now() + interval '1 hour' where id = $1", UUID(added["id"])
    )
    await house.run("update documents set next_at = now() where id = $1", UUID(added["id"]))
    await indexing.index_document(lexical, client.tenant_id, UUID(added["id"]))
    assert (await settled(client, added["id"]))["state"] == "ready"
