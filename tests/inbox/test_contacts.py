"""Contacts as people keep them: found in any writing, taken from and given as CSV, erased."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from tests.house import Answer, Client, Clinic, House, eventually
from tests.inbox.people import Person, contacts, contacts_used, hears, without_assistant, words_left, worked
from tests.inbox.scenes import ANA, answered, quiet
from tests.tenants.people import add_member


@pytest.fixture
async def silent(house: House) -> Clinic:
    clinic = await house.clinic()
    await without_assistant(clinic)
    return clinic


async def names(client: Client, query: str) -> list[str]:
    answer = await client.get(f"/contacts?{query}")
    assert answer.status == 200, answer.body
    return sorted(item["name"] for item in answer["items"])


async def test_contacts_are_found_by_parts_of_names_and_phones_in_any_format(house: House) -> None:
    client = await house.sign_up()
    people = {
        "João Müller da Conceição": "+5511987650001",
        "joana conde": "+551187650002",
        "Ângela D'Ávila": "11 3265-0003",
        "Rui": "+351 912 345 678",
    }
    for name, phone in people.items():
        made = await client.post("/contacts", {"name": name, "phone": phone, "tags": ["Pós-venda"]})
        assert made.status == 201, made.body
    joao, joana, angela, rui = people
    assert await names(client, "q=joao") == [joao]
    assert await names(client, "q=JOÃO") == [joao]
    assert await names(client, "q=conc") == [joao]
    assert await names(client, "q=con") == sorted([joao, joana])
    assert await names(client, "q=muller%20jo") == [joao]
    assert await names(client, "q=avila") == [angela]
    assert await names(client, "q=ana") == []
    ways = "(11) 98765-0001|11987650001|+55 11 98765-0001|1187650001|98765-0001|0001|011987650001"
    for typed in ways.split("|"):
        assert await names(client, f"q={quote(typed)}") == [joao], typed
    assert await names(client, "q=11%2098765") == sorted([joao, joana])
    assert await names(client, "q=%2B55%2011") == sorted([joao, joana, angela])
    assert await names(client, "q=912345678") == [rui]
    assert await names(client, "q=%25") == []
    assert await names(client, "q=_") == []
    assert len(await names(client, "tag=p%C3%B3s-venda")) == 4
    assert await names(client, "tag=p%C3%B3s") == []
    changed = (await client.get("/contacts?q=rui"))["items"][0]["id"]
    assert (await client.patch(f"/contacts/{changed}", {"name": "Rosa", "tags": []})).status == 200
    assert await names(client, "q=rui") == []
    assert await names(client, "q=rosa") == ["Rosa"]
    assert len(await names(client, "tag=p%C3%B3s-venda")) == 3


async def test_who_writes_is_found_too_and_conversations_with_them(silent: Clinic) -> None:
    person = Person()
    await hears(silent, person.key("pL"), pushName="Zoraide Éfeso")
    await hears(silent, Person().key("L"), pushName="Zuleica sem número")
    await worked(silent)
    for typed in ("zoraide", "efeso%20zor", person.phone[-8:], person.phone, person.short):
        assert await names(silent.client, f"q={typed}") == ["Zoraide Éfeso"], typed
        found = (await silent.client.get(f"/conversations?q={typed}"))["items"]
        assert [item["contact"]["name"] for item in found] == ["Zoraide Éfeso"], typed
    assert await names(silent.client, "q=zuleica") == ["Zuleica sem número"]


async def test_a_phone_is_one_contacts_and_a_further_one_is_shown(house: House) -> None:
    client = await house.sign_up()
    made = await client.post("/contacts", {"name": "Ana", "phone": "+5521987650001"})
    other = await client.post("/contacts", {"name": "Bia", "phone": "+5521987650002"})
    again = await client.post("/contacts", {"name": "Ana de novo", "phone": "(21) 8765-0001"})
    assert (again.status, again["code"]) == (409, "conflict")
    taken = await client.patch(f"/contacts/{made['id']}", {"phone": "+5521987650002"})
    assert (taken.status, taken["code"]) == (409, "conflict")
    moved = await client.patch(f"/contacts/{made['id']}", {"phone": "21 98765-0003"})
    assert moved["phone"] == "+5521987650003"
    assert [alias["value"] for alias in moved["aliases"]] == ["5521987650001", "5521987650003"]
    assert other["phone"] == "+5521987650002"
    for phone in ("+55", "telefone", "12345678", "1" * 25, "120363@g.us"):
        refused = await client.post("/contacts", {"name": "X", "phone": phone})
        assert refused.status == 422, phone


async def upload(client: Client, raw: bytes | str, query: str = "", **headers: str) -> Answer:
    body = raw.encode() if isinstance(raw, str) else raw
    form = b'--b\r\ncontent-disposition: form-data; name="file"; filename="c.csv"\r\n\r\n' + body + b"\r\n--b--\r\n"
    sent = {"content_type": "multipart/form-data; boundary=b"} | headers
    return await client.call("POST", f"/contacts/import{query}", form, **sent)


CSV = """Nome;Telefone;Tags;Cidade
Ana Lima;(21) 98111-0001;vip, novo;Rio
Beto;+55 21 98111-0002;;Niterói
;21 3232-1010;;
Sem fone;;vip;
Errado;123;;
Repetido;+5521981110001;;
"Muitas";+5521981110003;;;a mais
=HYPERLINK("x");+5521981110004;;@soma
"""


async def test_an_import_takes_good_lines_and_lists_the_bad(house: House) -> None:
    client = await house.sign_up()
    known = await client.post("/contacts", {"name": "Beto Silva", "phone": "+5521981110002", "tags": ["antigo"]})
    tried = await upload(client, CSV, "?dry_run=true")
    assert tried.status == 200, tried.body
    assert (tried["dry_run"], tried["created"], tried["updated"], tried["failed"]) == (True, 3, 1, 4)
    assert len((await client.get("/contacts"))["items"]) == 1
    done = await upload(client, CSV, idempotency_key="import-1")
    assert {name: done[name] for name in ("created", "updated", "unchanged", "failed", "lines")} == {
        "created": 3,
        "updated": 1,
        "unchanged": 0,
        "failed": 4,
        "lines": 8,
    }
    assert [(error["line"], error["code"]) for error in done["errors"]] == [
        (5, "required"),
        (6, "phone-format"),
        (7, "duplicate"),
        (8, "columns"),
    ]
    assert (await upload(client, CSV, idempotency_key="import-1")).headers["idempotent-replayed"] == "true"
    again = await upload(client, CSV)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 4)
    items = {item["phone"]: item for item in (await client.get("/contacts"))["items"]}
    assert (items["+5521981110001"]["tags"], items["+5521981110001"]["fields"]) == (["vip", "novo"], {"Cidade": "Rio"})
    beto = items["+5521981110002"]
    assert (beto["id"], beto["name"], beto["fields"]) == (known["id"], "Beto Silva", {"Cidade": "Niterói"})
    assert items["+552132321010"]["name"] == "+552132321010"
    assert await names(client, "tag=vip") == ["Ana Lima"]
    actions = [entry["action"] for entry in (await client.get("/audit-log"))["items"]]
    assert actions.count("contacts.import") == 2


@pytest.mark.parametrize(
    ("raw", "status", "where"),
    [
        ("nome,cidade\nAna,Rio\n", 422, "/file/lines/1"),
        ('phone,name\n+5521981110009,"aberto\n', 422, "/file/lines/2"),
        (b"phone\n\x00\x01\x02\n", 422, "/file"),
        ("phone\n" + "+5521981110009\n" * 10_001, 422, "/file"),
        ("phone" + ",x" * 70 + "\n", 422, "/file/lines/1"),
        (b"phone,name\n" + b"x" * (5 * 1024 * 1024), 413, None),
        ("", 422, None),
    ],
)
async def test_B127_what_is_no_table_is_refused_with_its_line(
    house: House, raw: bytes | str, status: int, where: str | None
) -> None:
    client = await house.sign_up()
    answer = await upload(client, raw)
    assert answer.status == status, answer.body
    assert where is None or answer["errors"][0]["pointer"] == where
    assert (await client.get("/contacts"))["items"] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
async def test_whatever_a_spreadsheet_writes_is_read(house: House, encoding: str) -> None:
    client = await house.sign_up()
    done = await upload(client, "telefone\tnome\r\n21981110005\tJosé Conceição\r\n".encode(encoding))
    assert done["created"] == 1, done.body
    assert await names(client, "q=conceicao") == ["José Conceição"]


async def test_an_import_beyond_the_plan_takes_nothing(house: House) -> None:
    client = await house.sign_up()
    await house.run("update quotas set lim = 3 where tenant_id = $1 and kind = 'contacts'", client.tenant_id)
    lines = "".join(f"+55219820000{n:02d}\n" for n in range(4))
    for query in ("?dry_run=true", ""):
        refused = await upload(client, "phone\n" + lines, query)
        assert (refused.status, refused["code"], refused["resource"]) == (402, "plan-limit", "contacts")
    both = await asyncio.gather(
        upload(client, "phone\n+5521982000100\n+5521982000101\n"),
        upload(client, "phone\n+5521982000102\n+5521982000103\n"),
    )
    assert sorted(answer.status for answer in both) == [200, 402]
    row = await house.row("select used from quotas where tenant_id = $1 and kind = 'contacts'", client.tenant_id)
    assert row["used"] == len((await client.get("/contacts"))["items"]) == 2


def table(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


async def test_T56_an_export_is_all_of_it_and_no_formula(house: House) -> None:
    client = await house.sign_up()
    done = await upload(client, CSV)
    assert done["created"] == 4
    got = await client.get("/contacts/export")
    assert got.status == 200
    assert got.headers["content-type"].startswith("text/csv")
    assert "attachment" in got.headers["content-disposition"]
    rows = {row["phone"]: row for row in table(got.body)}
    assert len(rows) == 4
    for row in rows.values():
        assert [cell for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []
    tricky = rows["'+5521981110004"]
    assert (tricky["name"], tricky["Cidade"]) == ('\'=HYPERLINK("x")', "'@soma")
    only = table((await client.get("/contacts/export?tag=vip")).body)
    assert [row["name"] for row in only] == ["Ana Lima"]
    # What went out comes in again as it was.
    other = await house.sign_up()
    assert (await upload(other, got.body))["created"] == 4
    assert await names(other, "q=hyperlink") == ['=HYPERLINK("x")']
    actions = [entry["action"] for entry in (await client.get("/audit-log"))["items"]]
    assert actions.count("contacts.export") == 2


async def test_T72_an_erased_contact_leaves_nothing_but_numbers(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "meu segredo é abacaxi", name="Ana Secreta")
    await answered(clinic, ANA)
    clinic.says(ANA, "sair")
    await eventually(lambda: len(clinic.sent_to(ANA)) == 2)
    await quiet(clinic)
    (contact,) = await contacts(clinic)
    erased = await clinic.client.delete(f"/contacts/{contact['id']}")
    assert erased.status == 204, erased.body
    await worked(clinic)
    tenant = clinic.client.tenant_id
    for name in (
        *("contacts", "contact_aliases", "contact_words", "conversations", "messages", "turns", "deliveries"),
        *("consents", "contact_merges"),
    ):
        (row,) = await house.rows(f"select count(*) from {name} where tenant_id = $1", tenant)
        assert row[0] == 0, name
    bodies = await house.rows(
        "select kind from channel_events where tenant_id = $1 and message_id is not null and body_enc is not null",
        tenant,
    )
    assert bodies == []
    assert await contacts_used(clinic) == 0
    entries = (await clinic.client.get("/audit-log"))["items"]
    assert (entries[0]["action"], entries[0]["target_id"]) == ("contacts.erase", str(contact["id"]))
    assert "Secreta" not in str(entries)
    assert await words_left(clinic, "abacaxi", "Secreta", ANA[-8:]) == []
    # Whoever writes again is new.
    clinic.says(ANA, "oi de novo")
    await answered(clinic, ANA, 3)
    (fresh,) = await contacts(clinic)
    assert fresh["id"] != contact["id"]


async def test_agents_neither_erase_nor_carry_contacts_away(house: House) -> None:
    client = await house.sign_up()
    agent = await add_member(house, client, "agent")
    made = await client.post("/contacts", {"name": "Ana", "phone": "+5521987650001"})
    answers: list[Any] = [
        await agent.get("/contacts/export"),
        await upload(agent, "phone\n+5521987650009\n"),
        await agent.delete(f"/contacts/{made['id']}"),
    ]
    assert [answer.status for answer in answers] == [403, 403, 403]
    assert UUID((await agent.get(f"/contacts/{made['id']}"))["id"])
