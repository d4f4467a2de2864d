"""What people send besides words, and what they do to messages that are there: asserted on the contact's phone."""

from __future__ import annotations

from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from evoai.inbox.service import files
from evoai.kit.scanner import _EICAR as EICAR
from evoai.simulator.files import page, picture, tone
from tests.house import Answer, Clinic, House, eventually
from tests.inbox.scenes import ANA, answered, switched

JPEG = picture("sala", Random(7))


async def talking(house: House) -> tuple[Clinic, str]:
    """A clinic, and the address of its conversation with Ana, whom a person answers."""
    clinic = await house.clinic()
    clinic.says(ANA, "Oi")
    await answered(clinic, ANA)
    path = f"/conversations/{(await clinic.conversation(ANA))['id']}"
    assert (await clinic.client.post(f"{path}/take-over")).status == 200
    return clinic, f"{path}/messages"


async def send(clinic: Clinic, path: str, **body: Any) -> Answer:
    answer = await clinic.client.post(path, {"client_id": uuid4().hex, **body})
    assert answer.status == 201, answer.body
    return answer


async def arrived(clinic: Clinic, count: int = 2) -> Any:
    """The last thing that arrived on the phone."""
    await eventually(lambda: len(clinic.sent_to(ANA)) >= count)
    return clinic.sent_to(ANA)[-1]


async def status_of(clinic: Clinic, message_id: str, status: str) -> dict[str, Any]:
    async def found() -> dict[str, Any] | None:
        message = next(m for m in await clinic.messages(ANA) if m["id"] == message_id)
        return message if message["status"] == status else None

    return await eventually(found)


@pytest.mark.parametrize(
    ("name", "data", "fields", "kind", "caption"),
    [
        ("sala.jpg", JPEG, {}, "image", "a sala"),
        ("aviso.wav", tone("oi", 1), {}, "audio", None),
        ("recado.wav", tone("oi", 1), {"voice": "true"}, "audio", None),
        ("orçamento.pdf", page("Total 120"), {}, "document", "segue"),
        ("notas.txt", "São Paulo".encode(), {}, "document", None),
    ],
)
async def test_a_file_arrives_as_it_was(
    house: House, name: str, data: bytes, fields: dict[str, str], kind: str, caption: str | None
) -> None:
    clinic, path = await talking(house)
    media = await clinic.client.send_file("/media", name, data, **fields)
    assert (media.status, media["kind"], media["name"], media["size"]) == (201, kind, name, len(data))
    assert (await clinic.client.open(media["url"]))[1] == data
    sent = await send(clinic, path, media_id=media["id"], **({"text": caption} if caption else {}))
    assert (sent["type"], sent["text"], sent["media"]["id"]) == (kind, caption, media["id"])
    entry = await arrived(clinic)
    assert (entry.what, entry.text, house.sim.file_of(entry.id)) == (kind, caption or "", data)
    await status_of(clinic, sent["id"], "read")
    # Its echo is known by what it is, so no second message stands in the thread.
    assert [m["type"] for m in await clinic.messages(ANA)] == ["text", "text", kind]


async def test_a_file_whose_answer_got_lost_is_found_by_what_it_is(house: House) -> None:
    clinic, path = await talking(house)
    media = await clinic.client.send_file("/media", "sala.jpg", JPEG)
    async with switched(house, hang_up_after_accept=1.0):
        sent = await send(clinic, path, media_id=media["id"], text="a sala")
        await status_of(clinic, sent["id"], "read")
    assert len([entry for entry in clinic.sent_to(ANA) if entry.what == "image"]) == 1
    assert [m["type"] for m in await clinic.messages(ANA)] == ["text", "text", "image"]


@pytest.mark.parametrize(
    ("body", "what", "text"),
    [
        ({"location": {"latitude": -23.56, "longitude": -46.65, "name": "Clínica"}}, "location", "Clínica"),
        ({"contacts": [{"name": "Dra. Lia", "phones": ["+55 11 98888-7777"]}]}, "contact", "Dra. Lia"),
        ({"text": "Que dia?", "poll": {"options": ["Seg", "Ter"]}}, "poll", "Que dia?"),
        (
            {
                "text": "Confirma?",
                "interactive": {"buttons": [{"id": "s", "title": "Sim"}, {"id": "n", "title": "Não"}]},
            },
            "buttons",
            "Confirma?",
        ),
        (
            {
                "text": "Escolha",
                "interactive": {"button": "Ver", "sections": [{"rows": [{"id": "a", "title": "Limpeza"}]}]},
            },
            "list",
            "Escolha",
        ),
    ],
)
async def test_what_is_no_text_and_no_file(house: House, body: dict[str, Any], what: str, text: str) -> None:
    clinic, path = await talking(house)
    sent = await send(clinic, path, **body)
    entry = await arrived(clinic)
    assert (entry.what, entry.text) == (what, text)
    await status_of(clinic, sent["id"], "read")
    assert len(await clinic.messages(ANA)) == 3


async def test_votes_stand_on_the_poll(house: House) -> None:
    clinic, path = await talking(house)
    sent = await send(clinic, path, text="Que dia?", poll={"options": ["Seg", "Ter"]})
    entry = await arrived(clinic)
    await status_of(clinic, sent["id"], "read")
    house.sim.votes(clinic.instance, ANA, entry.id, "Ter")

    async def voted() -> bool:
        return ((await clinic.messages(ANA))[-1]["extra"] or {}).get("votes") == {"Seg": 0, "Ter": 1}

    await eventually(voted)


async def test_a_reply_quotes_what_it_answers(house: House) -> None:
    clinic, path = await talking(house)
    first = (await clinic.messages(ANA))[0]
    sent = await send(clinic, path, text="Oi, Ana!", reply_to=first["id"])
    quote = {"message_id": first["id"], "author": "contact", "type": "text", "text": "Oi"}
    assert sent["quote"] == quote
    entry = await arrived(clinic)
    assert entry.quoted is not None
    assert (
        await clinic.client.post(path, {"client_id": uuid4().hex, "text": "x", "reply_to": str(uuid4())})
    ).status == 404


async def test_reactions_are_set_changed_and_removed(house: House) -> None:
    clinic, _ = await talking(house)
    first = (await clinic.messages(ANA))[0]
    for emoji, expected in (("👍", ["👍"]), ("❤️", ["❤️"]), ("", [])):
        answer = await clinic.client.post(f"/messages/{first['id']}/reaction", {"emoji": emoji})
        assert answer.status == 200, answer.body
        assert [reaction["emoji"] for reaction in answer["reactions"]] == expected
    await clinic.events()
    touched = [entry.text for entry in house.sim.log if entry.kind == "touch"]
    assert touched == ["👍", "❤️", ""]
    messages = await clinic.messages(ANA)
    assert [m["type"] for m in messages] == ["text", "text"]
    assert messages[0]["reactions"] == []


async def test_the_phones_reaction_takes_the_place_of_ours(house: House) -> None:
    clinic, _ = await talking(house)
    first = (await clinic.messages(ANA))[0]
    await clinic.client.post(f"/messages/{first['id']}/reaction", {"emoji": "👍"})
    await clinic.events()
    provider_id = (await house.row("select provider_message_id p from messages where id = $1", UUID(first["id"])))["p"]
    house.sim.owner_says(clinic.instance, ANA, "🙏", kind="reaction", target=provider_id, target_from_me=False)

    async def replaced() -> bool:
        reactions = (await clinic.messages(ANA))[0]["reactions"]
        return reactions == [{"author": "phone", "emoji": "🙏"}]

    await eventually(replaced)


async def test_what_was_sent_is_edited_and_taken_back(house: House) -> None:
    clinic, path = await talking(house)
    sent = await send(clinic, path, text="As 14h")
    entry = await arrived(clinic)
    await status_of(clinic, sent["id"], "read")
    edited = await clinic.client.patch(f"/messages/{sent['id']}", {"text": "Às 15h"})
    assert (edited.status, edited["text"], edited["edited_at"] is not None) == (200, "Às 15h", True)
    gone = await clinic.client.delete(f"/messages/{sent['id']}")
    assert (gone.status, gone["text"], gone["deleted_at"] is not None) == (200, None, True)
    assert [(e.what, e.id, e.text) for e in house.sim.log if e.kind == "touch"] == [
        ("edit", entry.id, "Às 15h"),
        ("delete", entry.id, None),
    ]
    actions = [row["action"] for row in (await clinic.client.get("/audit-log"))["items"]]
    assert actions[:2] == ["messages.delete", "messages.edit"]
    again = await clinic.client.patch(f"/messages/{sent['id']}", {"text": "x"})
    assert again.status == 409


async def test_only_our_own_is_edited_or_taken_back(house: House) -> None:
    clinic, _ = await talking(house)
    first = (await clinic.messages(ANA))[0]
    assert (await clinic.client.patch(f"/messages/{first['id']}", {"text": "x"})).status == 409
    assert (await clinic.client.delete(f"/messages/{first['id']}")).status == 409
    assert [entry for entry in house.sim.log if entry.kind == "touch"] == []


async def test_what_did_not_leave_is_withdrawn(house: House) -> None:
    clinic, path = await talking(house)
    async with switched(house, error_rate=1.0, error_status=503):
        sent = await send(clinic, path, text="nunca sai")
        gone = await clinic.client.delete(f"/messages/{sent['id']}")
        while gone.status == 409:
            gone = await clinic.client.delete(f"/messages/{sent['id']}")
        assert (gone.status, gone["status"], gone["error"]["code"]) == (200, "failed", "withdrawn")
    assert (await clinic.client.post(f"/messages/{sent['id']}/resend")).status == 409
    assert len(clinic.sent_to(ANA)) == 1


@pytest.mark.parametrize(
    ("name", "data", "fields", "status", "code"),
    [
        ("vazio.txt", b"", {}, 422, "empty-file"),
        ("programa.exe", b"MZ\x90\0", {}, 415, "unsupported-media-type"),
        ("pagina.html", b"<html>", {}, 415, "unsupported-media-type"),
        ("laudo.pdf", b"MZ\x90\0", {}, 422, "unprocessable-file"),
        ("foto.jpg", b"<html><script>", {}, 422, "unprocessable-file"),
        ("laudo.txt", EICAR, {}, 422, "unprocessable-file"),
        ("foto.jpg", JPEG, {"voice": "true"}, 422, "unprocessable-file"),
        ("foto.jpg", JPEG, {"sticker": "true"}, 422, "unprocessable-file"),
        ("foto.jpg", JPEG, {"tamanho": "1"}, 422, "validation"),
        ("foto.jpg", JPEG, {"voice": "sim"}, 422, "validation"),
        ("foto.jpg", JPEG + b"\0" * files.LIMITS["image"], {}, 413, "payload-too-large"),
    ],
)
async def test_files_that_are_not_taken(
    house: House, name: str, data: bytes, fields: dict[str, str], status: int, code: str
) -> None:
    client = await house.sign_up()
    answer = await client.send_file("/media", name, data, **fields)
    assert (answer.status, answer["code"]) == (status, code)
    assert await house.rows("select id from media where tenant_id = $1", client.tenant_id) == []


async def test_one_byte_is_a_file_and_the_same_key_gives_the_same(house: House) -> None:
    client = await house.sign_up()
    first = await client.send_file("/media", "a.txt", b"x", key="upload-0001")
    again = await client.send_file("/media", "a.txt", b"x", key="upload-0001")
    assert (first.status, again.status, again["id"]) == (201, 201, first["id"])
    other = await client.send_file("/media", "a.txt", b"y", key="upload-0001")
    assert (other.status, other["code"]) == (409, "idempotency-mismatch")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"location": {"latitude": 91, "longitude": 0}},
        {"poll": {"options": ["a", "b"]}},
        {"text": "?", "poll": {"options": ["a", "a"]}},
        {"text": "?", "interactive": {}},
        {"text": "?", "interactive": {"buttons": [{"id": "a", "title": "A"}], "button": "Ver", "sections": []}},
        {"text": "?", "interactive": {"button": "Ver"}},
        {"location": {"latitude": 1, "longitude": 1}, "poll": {"options": ["a", "b"]}, "text": "x"},
        {"contacts": []},
    ],
)
async def test_messages_that_are_none(house: House, body: dict[str, Any]) -> None:
    clinic, path = await talking(house)
    answer = await clinic.client.post(path, {"client_id": uuid4().hex, **body})
    assert answer.status == 422, answer.body
    assert len(await clinic.messages(ANA)) == 2


async def test_B131_a_file_of_another_tenant_is_none_and_one_file_serves_two_messages(house: House) -> None:
    clinic, path = await talking(house)
    other = await house.sign_up()
    theirs = await other.send_file("/media", "a.txt", b"deles")
    refused = await clinic.client.post(path, {"client_id": uuid4().hex, "media_id": theirs["id"]})
    assert (refused.status, refused["code"]) == (404, "not-found")
    ours = await clinic.client.send_file("/media", "a.txt", b"nosso")
    for _ in range(2):
        await send(clinic, path, media_id=ours["id"])
    await arrived(clinic, 3)
    assert [m["media"]["id"] for m in await clinic.messages(ANA) if m["media"]] == [ours["id"]] * 2
    audio = await clinic.client.send_file("/media", "a.wav", tone("", 1))
    captioned = await clinic.client.post(path, {"client_id": uuid4().hex, "media_id": audio["id"], "text": "x"})
    assert captioned.status == 422
