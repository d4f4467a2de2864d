"""Every statement that the product runs, read from the server's own log: each names its tenant, none has a form that a
distributed database refuses."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import asyncpg
import pytest

from evoai.embedded import Embedded
from evoai.migrate import migrate
from evoai.ops.service import recount, retention
from tests.house import Clinic, House, Urls, eventually
from tests.tenants.people import change

PHONE = "5511987650002"
_LINE = re.compile(r"^\d{4}-\d\d-\d\d \S+ \S+ \[(\d+)\] (\w+):  (.*)", re.DOTALL)
_SAID = re.compile(r"^(?:statement|execute [^:]+): (.*)", re.DOTALL)
_DATA = re.compile(r"^\s*(select|insert|update|delete|with)\b", re.IGNORECASE)
# What a tenant's session may say without `tenant_id`, and why.
EXCEPTIONS = {
    r"\bfrom (app\.)?plans\b": "a global table",
    r"\b(from|update) (app\.)?tenants\b": "the tenant itself: its key is the tenant",
    r"^select pg_advisory_xact_lock\(": "a lock, no row",
    r"^select now\(\)( as \w+)?$": "the database's clock, no row",
}
# What the database driver asks by itself, once a connection, when it learns a type.
_DRIVER = re.compile(r"current_setting\('jit'\) AS cur|^WITH RECURSIVE typeinfo_tree")
# Retention goes over all tenants without locks: a distributed database takes it, and what fails is due again.
RETENTION = r"\bcreated_at < "
_VOLATILE = re.compile(r"\b(gen_random_uuid|clock_timestamp|random)\s*\(", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    role: str
    sql: str


def said_in(log: str) -> Iterator[Said]:
    """Statements with the role that their transaction had taken."""
    roles: dict[str, str] = {}
    entries: list[str] = []
    for line in log.splitlines():
        if _LINE.match(line):
            entries.append(line)
        elif entries:
            entries[-1] += "\n" + line
    for entry in entries:
        found = _LINE.match(entry)
        assert found
        said = _SAID.match(found[3]) if found[2] == "LOG" else None
        if said is None:
            continue
        for sql in [part.strip() for part in said[1].split(";") if part.strip()]:
            took = re.fullmatch(r"set local role (\w+)", sql, re.IGNORECASE)
            if took:
                roles[found[1]] = took[1].lower()
            elif re.fullmatch(r"(commit|rollback|begin.*)", sql, re.IGNORECASE):
                roles.pop(found[1], None)
                yield Said("", sql)
            else:
                yield Said(roles.get(found[1], ""), sql)


async def exercise(house: House) -> None:
    """The main job: a message, an answer, ticks, a person who takes over, writes, hands back; and every list."""
    clinic: Clinic = await house.clinic()
    clinic.says(PHONE, "Oi", name="Ana")
    await eventually(lambda: clinic.sent_to(PHONE))
    path = f"/conversations/{(await clinic.conversation(PHONE))['id']}"
    assert (await clinic.client.post(f"{path}/take-over", None, idempotency_key="take")).status < 300
    body = {"text": "Sou a Ana", "client_id": "client-0001"}
    assert (await clinic.client.post(f"{path}/messages", body)).status < 300
    await eventually(lambda: len(clinic.sent_to(PHONE)) == 2 or None)
    clinic.says(PHONE, "Obrigada")
    await house.sim.settled()
    await clinic.events()
    for action in ("read", "hand-back", "resolve", "reopen"):
        await clinic.client.post(f"{path}/{action}", None)
    for page in ("contacts", "conversations", "channels", "members", "assistants", "inbound-events", "usage", "tenant"):
        assert (await clinic.client.get(f"/{page}")).status == 200
    for page in ("ledger", "dead-letters", "audit-log", "queue/health", "inbound-events?class=answered"):
        assert (await clinic.client.get(f"/{page}")).status == 200
    assert (await clinic.client.post("/inbound-events/replay", {"state": "ignored"})).status == 200
    tenant_id = clinic.client.tenant_id
    assert tenant_id is not None
    await retention.forget(house.resources)
    await change(house, "update quotas set used = used + 1 where tenant_id = $1", tenant_id)
    assert await recount.one(house.resources, tenant_id)
    assert (await clinic.client.get("/contacts?q=Ana")).status == 200
    await exercise_contacts(clinic)
    await exercise_knowledge(clinic)
    await exercise_tests(clinic)


async def exercise_tests(clinic: Clinic) -> None:
    """A test case from its making to its run, and a draft that is published by it."""
    client = clinic.client
    path = f"/assistants/{(await client.get('/assistants'))['items'][0]['id']}"
    conversation = await clinic.conversation(PHONE)
    made = await client.post(f"{path}/tests", {"conversation_id": conversation["id"]})
    assert made.status == 201, made.body
    assert (await client.patch(f"{path}/tests/{made['id']}", {"expectations": []})).status == 200
    assert (await client.patch(path, {"tone": "formal"})).status == 200
    refused = await client.post(f"{path}/publish", {})
    assert refused.status == 409, refused.body

    async def over() -> bool:
        return (await client.get(f"/test-runs/{refused['test_run_id']}"))["state"] == "finished"

    await eventually(over, 30)
    assert (await client.post(f"{path}/publish", {})).status == 200
    assert (await client.post(f"{path}/restore", {"version": 1})).status == 200
    for page in ("tests", "test-runs", "test-runs/estimate", "versions", "versions/1/diff"):
        assert (await client.get(f"{path}/{page}")).status == 200
    messages = [{"author": "contact", "text": "Oi"}]
    assert (await client.post(f"{path}/playground", {"messages": messages})).status == 200
    assert (await client.delete(f"{path}/tests/{made['id']}")).status == 204


async def exercise_contacts(clinic: Clinic) -> None:
    """Contacts from their making to their end."""
    client = clinic.client
    phones = ("+5521987650011", "+5521987650012")
    made = [await client.post("/contacts", {"name": f"Rui {phone}", "phone": phone}) for phone in phones]
    path = f"/contacts/{made[0]['id']}"
    changes = {"phone": "+5521987650013", "opted_out": True, "opt_out_reason": "pediu", "tags": ["vip"]}
    assert (await client.patch(path, changes)).status == 200
    form = b'--b\r\ncontent-disposition: form-data; name="file"; filename="c.csv"\r\n\r\n%b\r\n--b--\r\n'
    lines = b"phone,name,city\n+5521987650011,Rui,Rio\n+5521987650014,Zoe,Rio"
    kind = {"content_type": "multipart/form-data; boundary=b"}
    assert (await client.call("POST", "/contacts/import", form % lines, **kind)).status == 200
    for page in ("?q=rui", "?q=98765-0011", "?tag=vip&opted_out=true", "/export"):
        assert (await client.get(f"/contacts{page}")).status == 200
    assert (await client.post(f"{path}/merge", {"contact_id": made[1]["id"]})).status == 200
    assert (await client.get(path)).status == 200
    assert (await client.post(f"{path}/undo-merge", None)).status == 200
    clinic.says(PHONE, "sair")
    await eventually(lambda: len(clinic.sent_to(PHONE)) >= 3 or None)
    phone, lid = {"remoteJid": "5521987650099@s.whatsapp.net"}, {"remoteJid": "77000000000001@lid"}
    both = lid | {"remoteJidAlt": phone["remoteJid"]}
    for number, key in enumerate((phone, lid, both)):
        data = {"key": key | {"id": f"PAIR{number}", "fromMe": False}, "message": {"conversation": "Oi"}}
        assert (await clinic.hook({"event": "messages.upsert", "data": data})).status == 200
        await clinic.events()

    async def one() -> bool:
        row = await clinic.house.row("select count(*) from contact_merges where tenant_id = $1", client.tenant_id)
        return row[0] >= 2

    await eventually(one, 30)
    assert (await client.delete(path)).status == 204


async def exercise_knowledge(clinic: Clinic) -> None:
    """A document from its first row to its last."""
    client = clinic.client
    added = await client.post("/documents", {"question": "Qual é o horário?", "answer": "Das 8h às 18h."})
    path = f"/documents/{added['id']}"

    async def ready() -> bool:
        return (await client.get(path))["state"] == "ready"

    await eventually(ready, 30)
    for more in ({}, {"tags": ["x"]}, {"documents": [added["id"]]}):
        found = await client.post("/knowledge/search", {"query": "hroario de atendimentto"} | more)
        assert found.status == 200
    passage = (await client.post("/knowledge/search", {"query": "horário"}))["items"][0]["chunk_id"]
    assert (await client.get(f"{path}/passages/{passage}")).status == 200
    assert (await client.get("/documents?source=pair&tag=x&q=hor")).status == 200
    assert (await client.get("/knowledge/tags")).status == 200
    assert (await client.patch(path, {"tags": ["x"]})).status == 200
    assert (await client.delete(path)).status == 204

    async def gone() -> bool:
        row = await clinic.house.row("select count(*) from documents where tenant_id = $1", client.tenant_id)
        return row[0] == 0

    await eventually(gone, 30)


@pytest.fixture(scope="module", params=["grouped", "distributed"])
async def heard(embedded: Embedded, request: pytest.FixtureRequest) -> tuple[str, list[Said]]:
    name = f"statements_{request.param}"
    owner, app = embedded.create_database(name)
    await _migrate(owner, app)
    admin = await asyncpg.connect(embedded.admin_url)
    await admin.execute(f"alter database {name} set log_statement = 'all'")
    await admin.close()
    log = embedded.logs / "postgres.log"
    start = log.stat().st_size
    urls = Urls(owner=owner, app=app, admin=embedded.admin_url, redis=_redis(embedded, request.param))
    async with House.open(urls, DATABASE_DISTRIBUTED=str(request.param == "distributed").lower()) as house:
        await exercise(house)
    with log.open("rb") as file:
        file.seek(start)
        text = file.read().decode("utf-8", "replace")
    return request.param, [
        said for said in said_in(text) if said.role in ("tenant", "system", "door") and not _DRIVER.search(said.sql)
    ]


async def _migrate(owner: str, app: str) -> None:
    await asyncio.to_thread(migrate, {"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})


def _redis(embedded: Embedded, param: str) -> str:
    """A Redis database of this house's own, so that it rings for nobody else."""
    assert urlsplit(embedded.redis_url).scheme in ("redis", "unix")
    joint = "&" if "?" in embedded.redis_url else "?"
    return f"{embedded.redis_url}{joint}db={5 if param == 'grouped' else 6}"


def test_the_log_shows_the_whole_job(heard: tuple[str, list[Said]]) -> None:
    tables = ("channel_events", "contacts", "conversations", "messages", "turns", "deliveries", "traces", "quotas")
    written = " ".join(said.sql.lower() for said in heard[1])
    assert [table for table in tables if f"insert into {table}" not in written.replace("app.", "")] == []
    assert {said.role for said in heard[1]} >= {"tenant", "system"}


def test_every_statement_of_a_tenant_names_its_tenant(heard: tuple[str, list[Said]]) -> None:
    silent = {
        said.sql
        for said in heard[1]
        if said.role == "tenant"
        and _DATA.match(said.sql)
        and "tenant_id" not in said.sql.lower()
        and not any(re.search(pattern, said.sql, re.IGNORECASE) for pattern in EXCEPTIONS)
    }
    assert silent == set()


def test_rows_are_locked_within_a_tenant_but_in_the_group_commits(heard: tuple[str, list[Said]]) -> None:
    locking = {said for said in heard[1] if re.search(r"\bfor (no key )?update\b", said.sql, re.IGNORECASE)}
    if heard[0] == "distributed":
        assert {said.sql for said in locking if said.role == "system"} == set()
    else:
        assert {said.role for said in locking} <= {"tenant", "system"}
    assert locking


def test_no_form_that_shards_refuse(heard: tuple[str, list[Said]]) -> None:
    refused: set[str] = set()
    for said in heard[1]:
        sql = " ".join(said.sql.lower().split())
        returning = sql.rpartition(" returning ")[2] if " returning " in sql else ""
        upsert = sql.partition(" do update set ")[2]
        changes = sql.partition(" set ")[2] if sql.startswith("update") else ""
        if "now()" in returning or "now()" in upsert or _VOLATILE.search(changes) or "set_config(" in sql:
            refused.add(said.sql)
        if said.role == "tenant" and re.search(r"insert into .* unnest\(", sql):
            refused.add(said.sql)
        if re.search(r"\bctid\b|^merge\b|^copy\b", sql):
            refused.add(said.sql)
    assert refused == set()


def test_the_distributed_house_writes_tenant_by_tenant(heard: tuple[str, list[Said]]) -> None:
    if heard[0] != "distributed":
        pytest.skip("the group commits write as system and door there")
    tables = ("channel_events", "messages", "turns", "deliveries", "contacts", "conversations", "traces")
    over_tenants = {
        said.sql
        for said in heard[1]
        if said.role in ("system", "door")
        and re.match(rf"(insert into|update|delete from) (app\.)?({'|'.join(tables)})\b", said.sql, re.IGNORECASE)
        and not re.search(RETENTION, said.sql)
    }
    assert over_tenants == set()
