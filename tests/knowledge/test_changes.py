"""Documents change: titles, tags and answers by hand, filters over them, and deletion as other tabs hear of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from evoai.knowledge.parsing.blocks import Block
from evoai.knowledge.service import indexing
from evoai.knowledge.service.chunks import Passage
from tests.house import Client, House
from tests.knowledge.forms import send_file, settled

PAIR = {"question": "Vocês têm estacionamento?", "answer": "Sim, grátis no subsolo.", "tags": ["loja"]}
ASK = {"query": "onde paro o carro"}


async def add_pair(client: Client) -> str:
    added = await client.post("/documents", PAIR)
    await settled(client, added["id"])
    return added["id"]


async def test_a_new_answer_takes_the_place_of_the_old(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await house.sign_up()
    pair = await add_pair(client)
    searched, split = threading.Event(), indexing.split

    def split_later(blocks: Sequence[Block]) -> list[Passage]:
        searched.wait(20)
        return split(blocks)

    monkeypatch.setattr(indexing, "split", split_later)
    changed = await client.patch(f"/documents/{pair}", {"answer": "Não, mas há vagas na rua."})
    assert (changed.status, changed["state"], changed["chunks"]) == (200, "uploaded", 1), changed.body
    # Until the new text is in, the old one is found.
    assert len((await client.post("/knowledge/search", ASK))["items"]) == 1
    searched.set()
    await settled(client, pair)
    found = (await client.post("/knowledge/search", ASK))["items"]
    assert [each["text"] for each in found] == ["Não, mas há vagas na rua."]


async def test_a_pair_without_a_name_goes_by_its_question(house: House) -> None:
    client = await house.sign_up()
    pair = await add_pair(client)
    changed = await client.patch(f"/documents/{pair}", {"question": "Onde posso estacionar?"})
    assert changed["title"] == "Onde posso estacionar?"
    named = await client.patch(f"/documents/{pair}", {"title": "Vagas", "question": "Há vagas?"})
    assert (named["title"], named["question"]) == ("Vagas", "Há vagas?")


async def test_tags_are_changed_without_reading_anew(house: House) -> None:
    client = await house.sign_up()
    pair = await add_pair(client)
    changed = await client.patch(f"/documents/{pair}", {"tags": ["clínica", "clínica", "preços"]})
    assert (changed["tags"], changed["state"]) == (["clínica", "preços"], "ready")
    assert (await client.post("/knowledge/search", ASK | {"tags": ["loja"]}))["items"] == []
    assert (await client.get("/knowledge/tags"))["items"] == [
        {"tag": "clínica", "documents": 1},
        {"tag": "preços", "documents": 1},
    ]


@pytest.mark.parametrize("body", [{"answer": "x"}, {"question": "Qual?"}, {"title": ""}, {"state": "ready"}])
async def test_what_a_file_does_not_have_is_not_changed(house: House, body: dict[str, Any]) -> None:
    client = await house.sign_up()
    added = await send_file(client, "a.txt", b"Abrimos cedo.")
    answer = await client.patch(f"/documents/{added['id']}", body)
    assert (answer.status, answer["code"]) == (422, "validation")


async def test_a_page_of_documents_is_narrowed(house: House) -> None:
    client = await house.sign_up()
    await add_pair(client)
    await settled(client, (await send_file(client, "tabela de preços.txt", b"Limpeza: R$ 180."))["id"])
    await settled(client, (await send_file(client, "vazio.txt", b"   "))["id"])

    async def titles(query: str) -> list[str]:
        return [each["title"] for each in (await client.get(f"/documents?{query}"))["items"]]

    assert await titles("source=pair") == [PAIR["question"]]
    assert await titles("tag=loja") == [PAIR["question"]]
    assert await titles("q=PRE%C3%87OS") == ["tabela de preços"]
    assert await titles("q=%25") == []
    assert await titles("state=failed") == ["vazio"]
    assert await titles("state=failed&source=pair") == []


async def test_only_a_page_is_read_again(house: House) -> None:
    client = await house.sign_up()
    pair = await add_pair(client)
    answer = await client.post(f"/documents/{pair}/refresh")
    assert (answer.status, answer["code"]) == (409, "conflict")


async def test_others_hear_that_it_was_deleted(house: House) -> None:
    client = await house.sign_up()
    pair = await add_pair(client)
    async with client._http.ws_connect(
        f"{client._base}/api/v1/realtime".replace("http", "ws", 1), headers={"origin": client._base}
    ) as socket:
        await socket.send_json({"type": "auth", "token": client.token})
        assert (await socket.receive_json(timeout=10))["type"] == "ready"
        assert (await client.delete(f"/documents/{pair}")).status == 204
        frame = await socket.receive_json(timeout=10)
    assert (frame["type"], frame["data"]) == ("document.updated", {"id": pair, "deleted": True})


async def test_a_passage_is_read_until_its_document_says_something_else(house: House) -> None:
    client = await house.sign_up()
    pair = await add_pair(client)
    found = (await client.post("/knowledge/search", ASK))["items"][0]
    path = f"/documents/{pair}/passages/{found['chunk_id']}"
    passage = await client.get(path)
    assert (passage["title"], passage["text"], passage["page"]) == (PAIR["question"], PAIR["answer"], None)
    other = await add_pair(client)
    assert (await client.get(f"/documents/{other}/passages/{found['chunk_id']}")).status == 404
    await client.patch(f"/documents/{pair}", {"answer": "Não."})
    await settled(client, pair)
    assert (await client.get(path)).status == 404
