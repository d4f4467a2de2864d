"""Who writes SAIR is left alone by everything but people, until they write VOLTAR."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from evoai.inbox.service.consent import wish_of
from evoai.inbox.service.intake import body_hash
from evoai.kit.db import new_id
from tests.house import Clinic, House, eventually
from tests.inbox.people import contacts
from tests.inbox.scenes import ANA, BIA, answered, path_of, quiet, state_is, switched, thinking, turns
from tests.tenants.people import change

OUT = """
SAIR|sair|Sair.|sair!|SAIR!!!|  sair  |*sair*|_sair_|"sair"|sair 😡|🙏 sair 🙏|Sair, por favor|por favor, sair
PARAR|parar!|Parar…|PÁRA|pára|pare|PARE!|STOP|stop|Stop.|ＳＴＯＰ|stop please|CANCELAR|cancelar|Cancela|cancele!
REMOVER|remover|me remova|UNSUBSCRIBE|unsubscribe|Descadastrar|quero sair|Quero sair!|opt-out|opt out|OPTOUT|quit
cancelar inscrição|Cancelar mensagens|remover meu número|Não quero mais receber mensagens|não quero mais mensagens
pare de mandar mensagens|Pare de me mandar mensagens!!|parar mensagens|não me mande mais mensagens
"""
NOT = """
quero sair do grupo|sair amanhã às 8h|posso cancelar a consulta?|cancelar consulta|parar na esquina|não para
stop motion|volta|vocês vão parar de abrir aos sábados?|como faço para sair da lista de espera|saindo|👍
SAIR SAIR agora não|cancelar minha consulta de amanhã por favor|remover tártaro
"""


def spoken(text: str) -> list[str]:
    return [word for line in text.strip().splitlines() for word in line.split("|")]


@pytest.mark.parametrize("text", spoken(OUT))
def test_T73_ways_to_leave(text: str) -> None:
    assert wish_of(text) == "out"


@pytest.mark.parametrize("text", [*spoken(NOT), "", "." * 99])
def test_T73_what_only_sounds_like_it(text: str) -> None:
    assert wish_of(text) is None


@pytest.mark.parametrize("text", ["VOLTAR", "voltar!", "Quero voltar", "START", "start.", "unstop", "voltar a receber"])
def test_T73_ways_to_come_back(text: str) -> None:
    assert wish_of(text) == "in"


async def system_messages(clinic: Clinic, phone: str) -> list[str]:
    return [message["text"] for message in await clinic.messages(phone) if message["author"] == "system"]


async def test_leaving_is_confirmed_once_logged_and_kept_until_coming_back(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi", name="Ana")
    await answered(clinic, ANA)
    clinic.says(ANA, "Sair!")
    await eventually(lambda: len(clinic.sent_to(ANA)) == 2)
    assert "VOLTAR" in clinic.sent_to(ANA)[1].text
    (contact,) = (await clinic.client.get("/contacts?opted_out=true"))["items"]
    assert contact["opted_out_at"]
    detail = await clinic.client.get(f"/contacts/{contact['id']}")
    said = next(message for message in await clinic.messages(ANA) if message["text"] == "Sair!")
    (noted,) = detail["consents"]
    assert (noted["wish"], noted["text"], noted["message_id"], noted["by"]) == ("out", "Sair!", said["id"], None)
    assert (await clinic.conversation(ANA))["contact"]["opted_out_at"]

    clinic.says(ANA, "PARAR")
    clinic.says(ANA, "na verdade, quanto custa?")
    # Nobody but people answers, and they are told why.
    conversation = await state_is(clinic, ANA, "queued")
    assert conversation["handoff"]["reason"] == "opted-out"
    written = {"text": "Sou a Bia, da recepção.", "client_id": "client-0001"}
    assert (await clinic.client.post(f"{await path_of(clinic, ANA)}/messages", written)).status == 201
    await eventually(lambda: len(clinic.sent_to(ANA)) == 3)
    assert clinic.sent_to(ANA)[2].text == written["text"]

    assert (await clinic.client.post(f"{await path_of(clinic, ANA)}/hand-back", None)).status == 409

    clinic.says(ANA, "voltar")
    await eventually(lambda: len(clinic.sent_to(ANA)) == 4)
    assert "SAIR" in clinic.sent_to(ANA)[3].text
    await quiet(clinic)
    assert (await clinic.client.get("/contacts?opted_out=true"))["items"] == []
    assert (await clinic.client.post(f"{await path_of(clinic, ANA)}/hand-back", None)).status == 200
    clinic.says(ANA, "e banana?")
    await eventually(lambda: len(clinic.sent_to(ANA)) >= 5)
    assert len(await system_messages(clinic, ANA)) == 2


async def test_leaving_ends_the_answer_that_is_being_written(house: House) -> None:
    async with switched(house, model_ms=900):
        clinic = await house.clinic()
        clinic.says(ANA, "conte tudo sobre abacaxi")
        await thinking(clinic, "conte tudo sobre abacaxi")
        clinic.says(ANA, "STOP")
        await eventually(lambda: clinic.sent_to(ANA))
        await quiet(clinic)
        assert [entry.text for entry in clinic.sent_to(ANA)] == await system_messages(clinic, ANA)
        assert [turn["outcome"] for turn in await turns(clinic)] == ["opted-out"]


async def test_the_first_message_of_all_may_be_the_wish(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(BIA, "descadastrar")
    await eventually(lambda: clinic.sent_to(BIA))
    (row,) = await contacts(clinic)
    assert row["opted_out_at"] is not None
    assert await turns(clinic) == []


async def start_sending(clinic: Clinic, phone: str, many: int) -> None:
    """Put down messages that we begin ourselves, as follow-ups and campaigns do."""
    conversation = await clinic.conversation(phone)
    for n in range(many):
        message, text = new_id(), f"promoção {n:03d}"
        ids = clinic.client.tenant_id, message, UUID(conversation["id"]), UUID(clinic.channel_id)
        await change(
            clinic.house,
            "with m as (insert into messages (tenant_id, id, conversation_id, channel_id, seq, direction, author, type,"
            " text, status, created_at) values ($1, $2, $3, $4, $5, 'out', 'system', 'text', $6, 'queued', now())),"
            " v as (update conversations set seq = $5 where tenant_id = $1 and id = $3)"
            " insert into deliveries (tenant_id, id, message_id, conversation_id, channel_id, seq, body_hash, state,"
            " due_at, created_at) values ($1, $7, $2, $3, $4, $5, $8, 'ready', now() + interval '2 s', now())",
            *ids,
            100 + n,
            text,
            new_id(),
            body_hash(text),
        )


async def test_after_the_wish_nothing_that_we_began_is_sent(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi")
    await answered(clinic, ANA)
    await quiet(clinic)
    await start_sending(clinic, ANA, 200)
    await eventually(lambda: len(clinic.sent_to(ANA)) > 5, 30)
    clinic.says(ANA, "PARAR")

    async def noted() -> bool:
        return any(row["opted_out_at"] for row in await contacts(clinic))

    await eventually(noted, 10, every=0.002)
    before = len(promotions(clinic))
    await quiet(clinic, 30)
    await asyncio.sleep(0.3)
    assert len(promotions(clinic)) <= before + 1
    assert len(promotions(clinic)) < 200
    rows = await house.rows(
        "select status, error ->> 'code' as code, count(*) as many from messages where tenant_id = $1"
        " and text like 'promo%' group by 1, 2",
        clinic.client.tenant_id,
    )
    withheld = sum(row["many"] for row in rows if (row["status"], row["code"]) == ("failed", "opted-out"))
    assert withheld == 200 - len(promotions(clinic))
    assert sum("VOLTAR" in entry.text for entry in clinic.sent_to(ANA)) == 1


def promotions(clinic: Clinic) -> list[str]:
    return [entry.text for entry in clinic.sent_to(ANA) if entry.text.startswith("promo")]


async def test_what_was_claimed_for_an_other_conversation_is_held_back_too(house: House) -> None:
    """The wish came on another channel, or a person noted it: what is ready is looked at when its turn comes."""
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi")
    await answered(clinic, ANA)
    await quiet(clinic)
    await change(house, "update contacts set opted_out_at = now() where tenant_id = $1", clinic.client.tenant_id)
    await start_sending(clinic, ANA, 3)
    await quiet(clinic, 20)
    assert promotions(clinic) == []


async def test_people_note_a_wish_with_its_reason(house: House) -> None:
    clinic = await house.clinic()
    made = await clinic.client.post("/contacts", {"name": "Zé", "phone": "(21) 99555-4433"})
    path = f"/contacts/{made['id']}"
    refused = await clinic.client.patch(path, {"opted_out": True})
    assert (refused.status, refused["errors"][0]["pointer"]) == (422, "/opt_out_reason")
    noted = await clinic.client.patch(path, {"opted_out": True, "opt_out_reason": "pediu na recepção"})
    assert noted["opted_out_at"]
    detail = await clinic.client.get(path)
    assert [(one["wish"], one["text"], one["by"]) for one in detail["consents"]] == [
        ("out", "pediu na recepção", "Ana Souza")
    ]
    back = await clinic.client.patch(path, {"opted_out": False, "opt_out_reason": "assinou a ficha"})
    assert back["opted_out_at"] is None
    actions = [entry["action"] for entry in (await clinic.client.get("/audit-log"))["items"]]
    assert actions[:2] == ["contacts.opt_in", "contacts.opt_out"]
