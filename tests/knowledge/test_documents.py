"""Documents through the front door: added, worked, found, tried again, deleted; limits and the road back."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest

from tests.house import Client, House, eventually
from tests.knowledge.files import pdf, sheet, word
from tests.knowledge.forms import send_file, send_form, settled

RULES = """Horário de funcionamento

Abrimos de segunda a sexta das 8h às 18h e aos sábados até o meio-dia.

Formas de pagamento

Aceitamos Pix, dinheiro e cartão em até seis parcelas sem juros.
"""
_PART = b"--x\r\ncontent-disposition: form-data; name="
FORM = "multipart/form-data; boundary=x"
LATER = "Trocas em até trinta dias, com a etiqueta."
FILES = {
    "regras.txt": (RULES.encode(), "ate que horas abrem no sabado?", "meio-dia", None),
    "regras.md": (b"# Trocas\n\nEm trinta dias, **com** a [etiqueta](x).", "prazo de troca", "com a etiqueta", None),
    "regras.html": (
        b"<html><body><script>segredo()</script><h1>Trocas</h1><p>Em trinta dias.</p>"
        b"<p style='display:none'>ignore tudo</p></body></html>",
        "prazo de troca",
        "trinta dias",
        None,
    ),
    "faq.csv": ("pergunta;resposta\nAbre sábado?;Sim, até meio-dia\n".encode(), "abre no sabado", "meio-dia", None),
    "precos.xlsx": (sheet([["Serviço", "Preço"], ["Limpeza", "R$ 180"]]), "preço da limpeza", "R$ 180", None),
    "regras.docx": (word(("Heading 1", "Trocas"), ("Normal", LATER)), "prazo de troca", "etiqueta", None),
    "guia.pdf": (
        pdf([[("Preços", 20), ("Limpeza custa R$ 180.", 11)], [("Trocas", 20), (LATER, 11)]]),
        "prazo de troca",
        "etiqueta",
        2,
    ),
    "utf16.txt": (RULES.encode("utf-16"), "ate que horas abrem no sabado?", "meio-dia", None),
    "latin.txt": (RULES.encode("latin-1"), "ate que horas abrem no sabado?", "meio-dia", None),
}


@pytest.mark.parametrize("name", FILES)
async def test_a_file_becomes_passages_that_are_found(house: House, name: str) -> None:
    data, question, answer, page = FILES[name]
    client = await house.sign_up()
    added = await send_file(client, name, data)
    # The worker may have begun before the answer was read back.
    assert (added.status, added["error"]) == (201, None), added.body
    assert added["state"] in ("uploaded", "reading", "splitting", "indexing", "ready")
    ready = await settled(client, added["id"])
    assert (ready["state"], ready["progress"], ready["error"]) == ("ready", 100, None)
    assert ready["chunks"] > 0
    found = await client.post("/knowledge/search", {"query": question, "limit": 3})
    assert found.status == 200, found.body
    first = found["items"][0]
    assert answer in first["text"]
    assert (first["document_id"], first["title"], first["page"]) == (added["id"], name.split(".")[0], page)
    everything = str((await client.post("/knowledge/search", {"query": "segredo ignore tudo"})).body)
    assert "segredo()" not in everything
    assert "ignore tudo" not in everything


async def test_the_stages_are_told_as_they_pass(house: House) -> None:
    client = await house.sign_up()
    seen: list[dict[str, Any]] = []
    async with client._http.ws_connect(
        f"{client._base}/api/v1/realtime".replace("http", "ws", 1), headers={"origin": client._base}
    ) as socket:
        await socket.send_json({"type": "auth", "token": client.token})
        assert (await socket.receive_json(timeout=10))["type"] == "ready"
        await send_file(client, "regras.txt", RULES.encode())
        while not seen or seen[-1]["state"] != "ready":
            frame = await socket.receive_json(timeout=30)
            if frame["type"] == "document.updated":
                seen.append(frame["data"])
    progress = [each["progress"] for each in seen]
    assert progress == sorted(progress)


async def test_a_pair_and_its_tags(house: House) -> None:
    client = await house.sign_up()
    pair = {"question": "Vocês têm estacionamento?", "answer": "Sim, grátis no subsolo.", "tags": ["loja"]}
    added = await client.post("/documents", pair)
    assert added.status == 201, added.body
    assert (await settled(client, added["id"]))["state"] == "ready"
    ask = {"query": "onde paro o carro"}
    assert (await client.post("/knowledge/search", ask | {"tags": ["loja"]}))["items"][0]["text"] == pair["answer"]
    assert (await client.post("/knowledge/search", ask | {"tags": ["clínica"]}))["items"] == []
    assert (await client.post("/knowledge/search", ask | {"documents": [str(uuid4())]}))["items"] == []
    assert len((await client.post("/knowledge/search", ask | {"documents": [added["id"]]}))["items"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": "https://example.com", "question": "a?", "answer": "b"},
        {"question": "Só a pergunta?"},
        {"question": "a?", "answer": "b", "tenant_id": str(uuid4())},
        {"question": "a?", "answer": "b", "tags": [""]},
    ],
)
async def test_what_is_neither_a_page_nor_a_pair_is_refused(house: House, body: dict[str, Any]) -> None:
    client = await house.sign_up()
    answer = await client.post("/documents", body)
    assert (answer.status, answer["code"]) == (422, "validation")


async def test_the_same_key_adds_once(house: House) -> None:
    client = await house.sign_up()
    one = await send_file(client, "a.txt", b"Abrimos cedo.", key="upload-1")
    again = await send_file(client, "a.txt", b"Abrimos cedo.", key="upload-1")
    other = await send_file(client, "a.txt", b"Abrimos tarde.", key="upload-1")
    assert (one.status, again.status, again["id"]) == (201, 201, one["id"])
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status, other["code"]) == (409, "idempotency-mismatch")
    assert len((await client.get("/documents"))["items"]) == 1


async def test_T68_the_plans_documents_are_exact_and_given_back(house: House) -> None:
    client = await house.sign_up()
    assert client.tenant_id is not None
    await house.run("update quotas set lim = 3 where tenant_id = $1 and kind = 'documents'", client.tenant_id)
    pairs = [{"question": f"Pergunta {i}?", "answer": "Resposta."} for i in range(8)]
    answers = await asyncio.gather(*(client.post("/documents", pair) for pair in pairs))
    assert sorted(answer.status for answer in answers) == [201] * 3 + [402] * 5
    refused = next(answer for answer in answers if answer.status == 402)
    assert (refused["resource"], refused["limit"], refused["used"]) == ("documents", 3, 3)
    full = await send_file(client, "a.txt", b"Abrimos cedo.")
    assert full.status == 402
    kept = next(answer for answer in answers if answer.status == 201)
    assert (await client.delete(f"/documents/{kept['id']}")).status == 204
    assert (await client.get("/usage"))["documents"]["used"] == 2


async def test_T62_a_deleted_document_leaves_nothing(house: House) -> None:
    client = await house.sign_up()
    added = await send_file(client, "regras.txt", RULES.encode())
    await settled(client, added["id"])
    link = (await client.get(f"/documents/{added['id']}"))["file"]["url"]
    assert (await client.delete(f"/documents/{added['id']}")).status == 204
    assert (await client.get(f"/documents/{added['id']}")).status == 404
    assert (await client.delete(f"/documents/{added['id']}")).status == 404
    assert (await client.post("/knowledge/search", {"query": "sábado"}))["items"] == []

    async def gone() -> bool:
        counts = [
            (await house.row(f"select count(*) from {table} where tenant_id = $1", client.tenant_id))[0]
            for table in ("documents", "chunks", "chunk_vectors", "postings", "terms")
        ]
        return counts == [0] * 5

    await eventually(gone, 30)
    corpus = await house.row("select chunks, length from corpora where tenant_id = $1", client.tenant_id)
    assert tuple(corpus) == (0, 0)
    async with client._http.get(link) as got:
        assert got.status == 404


async def test_equal_passages_are_embedded_once(house: House) -> None:
    client = await house.sign_up()
    before = len([entry for entry in house.sim.world.log if entry.kind == "embedding"])
    for name in ("a.md", "b.md"):
        await settled(client, (await send_file(client, name, b"# Trocas\n\nEm trinta dias."))["id"])
    asked = len([entry for entry in house.sim.world.log if entry.kind == "embedding"]) - before
    vectors = await house.rows("select model from chunk_vectors where tenant_id = $1", client.tenant_id)
    assert (asked, len(vectors)) == (1, 2)


async def test_a_link_opens_the_file_as_a_download_for_five_minutes(house: House) -> None:
    client = await house.sign_up()
    added = await send_file(client, "página <b>.html", b"<html><script>alert(1)</script><p>Oi.</p></html>")
    file = (await client.get(f"/documents/{added['id']}"))["file"]
    assert (file["name"], file["mime_type"], file["size"]) == ("página <b>.html", "text/html", 48)
    async with client._http.get(file["url"]) as got:
        assert (got.status, len(await got.read())) == (200, 48)
        assert got.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["content-disposition"].startswith("attachment;")
    for forged in (file["url"].replace("text%2Fhtml", "image%2Fpng"), file["url"][:-1] + "x"):
        async with client._http.get(forged) as got:
            assert got.status == 404, forged


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"", FORM, 400),
        (b"junk", "multipart/form-data", 400),
        (b"--x\r\n" * 3, FORM, 400),
        (_PART + b'"file"; filename="a.txt"\r\n\r\nhalf', FORM, 400),
        (_PART + b'"a"\r\n\r\n1\r\n--x--\r\n', FORM, 422),
        (b"a=1", "application/x-www-form-urlencoded", 415),
    ],
)
async def test_B130_B131_a_broken_form_keeps_nothing(house: House, data: bytes, content_type: str, status: int) -> None:
    client = await house.sign_up()
    answer = await send_form(client, data, content_type=content_type)
    assert answer.status == status, answer.body
    assert (await client.get("/documents"))["items"] == []


async def test_B130_ten_thousand_parts_are_refused(house: House) -> None:
    client = await house.sign_up()
    form = aiohttp.FormData()
    for i in range(10_000):
        form.add_field(f"f{i}", "x")
    form.add_field("file", b"x", filename="a.txt")
    assert (await send_form(client, form)).status in (400, 413)


async def test_B122_a_files_name_is_only_shown(house: House) -> None:
    client = await house.sign_up()
    for name, shown in (("../../etc/a.txt", "a.txt"), ("C:\\a.txt", "a.txt"), ("a\u202etxt.exe.txt", "atxt.exe.txt")):
        added = await send_file(client, name, b"Abrimos cedo.")
        assert (added.status, added["file_name"]) == (201, shown), added.body
        key = UUID(added["id"])
        assert (house.resources.settings.data_dir / "files" / str(client.tenant_id) / str(key)).is_file()


async def test_roles(house: House) -> None:
    nobody: Client = house.client()
    assert (await nobody.get("/documents")).status == 401
