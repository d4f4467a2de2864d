"""Files of contacts: fetched, looked at, scanned, kept, put into words, and answered."""

from __future__ import annotations

from uuid import UUID

import pytest

from evoai.embedded import Embedded
from evoai.inbox.service import media as service
from evoai.kit.db import utcnow
from evoai.kit.storage import key_of
from tests.house import Clinic, House, eventually
from tests.inbox.scenes import ANA, answered, own_house, rest, settled, switched, thinking, thoughts


@pytest.mark.parametrize(
    ("kind", "mime_type", "words"),
    [
        ("image", "image/jpeg", "Uma foto. comprovante de 120 reais"),
        ("audio", "audio/wav", "comprovante de 120 reais"),
        ("document", "application/pdf", "comprovante de 120 reais"),
        ("video", "video/mp4", None),
        ("sticker", "image/webp", None),
    ],
)
async def test_a_file_is_kept_and_put_into_words(house: House, kind: str, mime_type: str, words: str | None) -> None:
    clinic = await house.clinic()
    provider_id = clinic.says(ANA, "", kind=kind, words="comprovante de 120 reais")
    message = await settled(clinic)
    media = message["media"]
    assert (message["type"], media["kind"], media["mime_type"], media["error"]) == (kind, kind, mime_type, None)
    assert message["transcript"] == words
    body = house.sim.file_of(provider_id)
    assert media["size"] == len(body)
    status, given, headers = await clinic.client.open(media["url"])
    assert (status, given, headers["content-type"]) == (200, body, mime_type)
    assert headers["content-disposition"].startswith("attachment")
    assert "sandbox" in headers["content-security-policy"]
    await answered(clinic, ANA)


async def test_the_answer_is_to_what_the_voice_note_says(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, media_ms=400):
        clinic.says(ANA, "", kind="audio", words="quero marcar uma limpeza")
        await answered(clinic, ANA)
    (thought,) = thoughts(clinic, "quero marcar uma limpeza")
    assert "[áudio] quero marcar uma limpeza" in [m["content"] for m in thought.messages]
    assert len(clinic.sent_to(ANA)) == 1


async def test_a_burst_of_text_and_files_is_answered_once_when_all_are_read(house: House) -> None:
    clinic = await house.clinic(quiet=0.3)
    async with switched(house, media_ms=900):
        clinic.says(ANA, "segue o comprovante")
        clinic.says(ANA, "", kind="image", words="pix de 90 reais")
        clinic.says(ANA, "chegou?")
        await answered(clinic, ANA)
        await rest(0.8)
    assert len(clinic.sent_to(ANA)) == 1
    said = [m["content"] for m in thoughts(clinic, "pix de 90 reais")[-1].messages if m["role"] == "user"]
    assert said == ["segue o comprovante", "[imagem] Uma foto. pix de 90 reais", "chegou?"]


async def test_a_turn_that_begins_to_wait_for_a_file_is_given_back(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, model_ms=25_000):
        clinic.says(ANA, "quero marcar")
        await thinking(clinic, "quero marcar")
    clinic.says(ANA, "", kind="audio", words="uma limpeza")
    await answered(clinic, ANA)
    assert thoughts(clinic, "uma limpeza")
    # Its lease ended; one that ran out would have been a death.
    rows = await house.rows("select deaths, outcome from turns where tenant_id = $1", clinic.client.tenant_id)
    assert [tuple(row) for row in rows] == [(0, "answered")]


async def test_a_person_asked_for_in_a_voice_note_gets_it(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "", kind="audio", words="quero falar com um atendente")

    async def queued() -> bool:
        page = await clinic.client.get("/conversations?limit=10")
        return bool(page["items"]) and page["items"][0]["handoff"] is not None

    await eventually(queued)
    assert (await clinic.conversation(ANA))["handoff"]["reason"] == "requested-by-contact"


async def test_a_turn_does_not_wait_for_ever(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, media_ms=9000):
        clinic.says(ANA, "", kind="audio", words="nunca ouvido a tempo")
        await answered(clinic, ANA, seconds=12)
    (thought,) = house.sim.log.model_calls()
    assert thought.messages[-1]["content"] == "[áudio]"


async def test_a_file_that_comes_late_is_asked_for_again(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, media_fail_first=3):
        clinic.says(ANA, "", kind="audio", words="enfim")
        message = await settled(clinic)
    assert (message["transcript"], message["media"]["error"]) == ("enfim", None)
    calls = [entry for entry in house.sim.log if entry.text == "chat/getBase64FromMediaMessage"]
    assert len(calls) == 4


@pytest.mark.parametrize(
    ("wrong", "error"),
    [("html", "wrong-type"), ("eicar", "wrong-type"), ("huge", "too-large")],
)
async def test_what_is_no_picture_is_not_kept(house: House, wrong: str, error: str) -> None:
    clinic = await house.clinic()
    async with switched(house, media_wrong=wrong):
        clinic.says(ANA, "olha", kind="image")
        message = await settled(clinic, failed=True)
        await answered(clinic, ANA)
    assert (message["media"]["error"], message["media"]["url"], message["media"]["retryable"]) == (error, None, False)
    await _nothing_stored(clinic, message["media"]["id"])
    letters = (await clinic.client.get("/dead-letters"))["items"]
    assert [(letter["kind"], letter["reason"]) for letter in letters] == [("media", error)]


async def test_B132_an_infected_document_is_not_kept(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, media_wrong="eicar"):
        clinic.says(ANA, "", kind="document", file_name="laudo.pdf")
        message = await settled(clinic, failed=True)
    assert message["media"]["error"] == "infected"
    await _nothing_stored(clinic, message["media"]["id"])


async def test_a_file_that_never_comes_is_a_dead_letter_until_a_person_asks_again(house: House) -> None:
    clinic = await house.clinic()
    async with switched(house, media_wrong="null"):
        clinic.says(ANA, "", kind="image", words="enfim")
        await eventually(lambda: _row(clinic))
        await house.run("update media set attempts = 9 where tenant_id = $1", clinic.client.tenant_id)
        message = await settled(clinic, failed=True)
    media = message["media"]
    assert (media["error"], media["retryable"]) == ("not-fetched", True)
    (letter,) = (await clinic.client.get("/dead-letters"))["items"]
    assert (letter["kind"], letter["reason"], letter["ref_id"]) == ("media", "not-fetched", media["id"])
    again = await clinic.client.post(f"/media/{media['id']}/retry")
    assert (again.status, again["state"]) == (200, "pending")
    assert (await settled(clinic))["transcript"] == "Uma foto. enfim"
    assert (await clinic.client.get("/dead-letters?state=open"))["items"] == []
    assert (await clinic.client.post(f"/media/{media['id']}/retry")).status == 409


async def test_who_sends_files_without_end_is_not_read_without_end(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "", kind="audio", words="uma")
    first = await settled(clinic)
    await answered(clinic, ANA)
    await house.run(
        "insert into messages (tenant_id, id, conversation_id, channel_id, seq, direction, author, type, transcript,"
        " status, created_at) select tenant_id, gen_random_uuid(), conversation_id, channel_id, seq - 100 - n, 'in',"
        " 'contact', 'audio', 'x', 'received', now() from messages, generate_series(1, 19) n where id = $1",
        UUID(first["id"]),
    )
    clinic.says(ANA, "", kind="audio", words="outra")
    await answered(clinic, ANA, 2)
    last = await settled(clinic)
    assert (last["transcript"], last["media"]["state"], last["media"]["error"]) == (None, "ready", "too-many")


async def test_what_is_to_be_seen_once_is_not_kept(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "", kind="image", view_once=True)
    await answered(clinic, ANA)
    (message, _) = await clinic.messages(ANA)
    assert (message["type"], message["media"], message["extra"]) == ("image", None, {"view_once": True})
    assert await house.rows("select id from media where tenant_id = $1", clinic.client.tenant_id) == []


async def test_a_file_taken_back_is_gone_from_the_storage_within_a_day(house: House) -> None:
    clinic = await house.clinic()
    provider_id = clinic.says(ANA, "", kind="image")
    media_id = (await settled(clinic))["media"]["id"]
    house.sim.takes_back(clinic.instance, provider_id)

    async def emptied() -> bool:
        return (await clinic.messages(ANA))[0]["deleted_at"] is not None

    await eventually(emptied)
    assert (await clinic.messages(ANA))[0]["media"] is None
    old = utcnow() - service.UNNAMED * 2
    await house.run("update media set created_at = $2 where id = $1", UUID(media_id), old)
    await service.drop_unnamed(house.resources)
    await _nothing_stored(clinic, media_id)
    assert (await clinic.client.get(f"/media/{media_id}")).status == 404


async def test_an_erased_contacts_files_go_with_it(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "", kind="image", words="rosto")
    media_id = (await settled(clinic))["media"]["id"]
    contact = (await clinic.conversation(ANA))["contact"]["id"]
    assert (await clinic.client.delete(f"/contacts/{contact}")).status == 204

    async def gone() -> bool:
        return not await house.rows("select id from media where id = $1", UUID(media_id))

    await eventually(gone)
    await _nothing_stored(clinic, media_id)


async def test_a_link_is_signed_anew_and_only_for_its_tenant(house: House) -> None:
    clinic, other = await house.clinic(), await house.sign_up()
    clinic.says(ANA, "", kind="document", words="contrato")
    media = (await settled(clinic))["media"]
    fresh = await clinic.client.get(f"/media/{media['id']}")
    assert (fresh.status, (await clinic.client.open(fresh["url"]))[0]) == (200, 200)
    assert (await clinic.client.open(fresh["url"].replace("mac=", "mac=0")))[0] == 404
    assert (await other.get(f"/media/{media['id']}")).status == 404


async def _row(clinic: Clinic) -> bool:
    return bool(await clinic.house.rows("select id from media where tenant_id = $1", clinic.client.tenant_id))


async def _nothing_stored(clinic: Clinic, media_id: str) -> None:
    with pytest.raises(FileNotFoundError):
        await clinic.house.resources.storage.get(key_of(clinic.client.tenant_id, UUID(media_id)))  # type: ignore[arg-type]


async def test_without_analysis_a_file_is_kept_and_nothing_waits_for_its_words(embedded: Embedded) -> None:
    async with own_house(embedded, "deaf", 4, ENABLE_AI_ANALYSIS="false") as deaf:
        clinic = await deaf.clinic()
        async with switched(deaf, media_ms=1500):
            clinic.says(ANA, "", kind="audio", words="ninguém ouve")
            await answered(clinic, ANA, seconds=1.4)
            message = await settled(clinic)
    assert (message["transcript"], message["media"]["state"], message["media"]["error"]) == (None, "ready", None)
