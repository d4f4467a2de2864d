"""What operators see: metrics of API and worker behind their token, and how queues do, one tenant's or everybody's."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from evoai.embedded import Embedded
from evoai.kit.db import utcnow
from evoai.migrate import migrate
from evoai.ops.worker_health import serve_worker_health
from tests.assistant.outside import give
from tests.cloud import cloud_clinic
from tests.contracts.of_uazapi import body as of_uazapi
from tests.house import SHORT, Clinic, House, Urls, eventually, free_port
from tests.inbox.poison import poisoned
from tests.inbox.scenes import ANA, answered, deliveries, quiet, state_is
from tests.tenants.people import add_member, change

TOKEN = "m7Qx2vKp9RtLw4Zc8YdHf3NsJb6UaGe5"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
async def watched(embedded: Embedded) -> AsyncIterator[House]:
    """A house with a token and a database of its own, in which nothing is swept: what is due stays so."""
    owner, app = embedded.create_database("watched")
    await asyncio.to_thread(migrate, {"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})
    joint = "&" if "?" in embedded.redis_url else "?"
    urls = Urls(owner=owner, app=app, admin=embedded.admin_url, redis=f"{embedded.redis_url}{joint}db=7")
    still = replace(SHORT, sweep=3600)
    env = {"METRICS_TOKEN": TOKEN, "USD_BRL_RATE": "5"}
    async with House.open(urls, timers=still, sim={"retry_time_factor": 0.002}, **env) as house:
        await asyncio.sleep(0.5)  # the one round that a worker begins with
        yield house


async def shown(house: House, base: str | None = None) -> dict[str, float]:
    """Samples by name and labels."""
    answer = await house.http.get(f"{base or house.base}/metrics", headers=BEARER)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line.rsplit(" ", 1) for line in (await answer.text()).splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


async def test_metrics_need_their_token(watched: House, house: House) -> None:
    for wrong in ({}, {"authorization": f"Bearer {TOKEN}x"}, {"authorization": TOKEN}):
        assert (await watched.http.get(f"{watched.base}/metrics", headers=wrong)).status == 401
    assert (await watched.http.get(f"{watched.base}/metrics", headers=BEARER)).status == 200
    assert (await house.http.get(f"{house.base}/metrics", headers=BEARER)).status == 404


async def test_a_worker_shows_its_own(watched: House) -> None:
    resources, port = watched.resources, free_port()
    resources.settings, before = replace(resources.settings, worker_port=port), resources.settings
    try:
        async with serve_worker_health(resources):
            base = f"http://127.0.0.1:{port}"
            assert (await watched.http.get(f"{base}/metrics")).status == 401
            assert "lease_expired_total" in await shown(watched, base)
            resources.settings = replace(resources.settings, metrics_token=None)
            assert (await watched.http.get(f"{base}/metrics", headers=BEARER)).status == 404
    finally:
        resources.settings = before


async def test_the_road_of_a_message_is_counted(house: House, watched: House) -> None:
    """API and worker of the tests share a process, and so their counters."""
    before = await shown(watched)
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    await clinic.hook({"event": "messages.invented", "data": {}})
    assert (await clinic.hook({}, x_hook_token="wrong" * 8)).status == 401
    async with poisoned(house, "data"):
        clinic.says(ANA, "poison")
        await eventually(lambda: _dead(clinic), 20)
    await quiet(clinic)
    after = await shown(watched)
    grown = {name: value - before.get(name, 0) for name, value in after.items()}
    assert grown['hook_ack_seconds_count{provider="evolution"}'] >= 3
    assert grown['hook_ack_seconds_bucket{le="+Inf",provider="evolution"}'] >= 3
    assert grown[f'hook_auth_fail_total{{channel_id="{clinic.channel_id}"}}'] == 1
    assert grown['channel_event_total{state="processed"}'] >= 1
    assert grown['channel_event_total{state="dead"}'] == 1
    assert grown['channel_event_quarantined_total{reason="unknown-event"}'] == 1
    assert grown["turn_seconds_count"] >= 1
    assert grown['model_call_total{outcome="answered"}'] >= 1
    assert grown['model_tokens_total{direction="input"}'] > 0
    assert grown["model_cost_micro_usd_total"] > 0
    assert grown['send_total{result="accepted"}'] >= 1
    assert grown['dead_letter_total{kind="event"}'] == 1


async def test_requests_and_refused_addresses_are_counted(watched: House) -> None:
    clinic = await watched.clinic()
    before = await shown(watched)
    await clinic.client.get("/conversations")
    assert (await clinic.client.get("/conversations?limit=0")).status == 422
    config = {"base_url": "https://169.254.169.254", "api_key": "k"}
    await clinic.client.post("/channels", {"name": "Two", "provider": "evolution", "config": config})
    after = await shown(watched)
    grown = {name: value - before.get(name, 0) for name, value in after.items()}
    assert grown['http_seconds_count{class="read"}'] == 2
    assert grown['http_seconds_count{class="write"}'] == 1
    assert grown['http_answer_total{status="2xx"}'] == 1
    assert grown['http_answer_total{status="4xx"}'] == 2
    assert grown["egress_denied_total"] >= 1


async def _dead(clinic: Clinic) -> bool:
    rows = await clinic.house.rows("select id from dead_letters where tenant_id = $1", clinic.client.tenant_id)
    return len(rows) == 1


async def test_an_open_breaker_shows(watched: House) -> None:
    base, port = watched.resources.settings, free_port()
    watched.resources.settings = replace(base, worker_port=port)
    target = str(uuid4())
    try:
        async with serve_worker_health(watched.resources):
            assert (await shown(watched, f"http://127.0.0.1:{port}"))['breaker_open{target="channel"}'] == 0
            for _ in range(5):
                watched.resources.breaker.record(target, ok=False)
            after = await shown(watched, f"http://127.0.0.1:{port}")
    finally:
        watched.resources.settings = base
    assert after['breaker_open{target="channel"}'] == 1
    assert after['breaker_open{target="model"}'] == 0


async def test_what_had_to_be_fetched_shows(watched: House) -> None:
    clinic = await watched.clinic()
    await clinic.hook({"event": "messages.invented", "data": {}})
    before = await shown(watched)
    tenant_id = clinic.client.tenant_id
    await change(watched, "update channels set reconciled_at = now() where tenant_id = $1", tenant_id)
    await change(
        watched,
        "update channel_events set reconciled = true where tenant_id = $1 and reason = 'unknown-event'",
        tenant_id,
    )
    after = await shown(watched)
    assert after["reconcile_missing_total"] - before["reconcile_missing_total"] == 1
    assert abs(after["reconcile_last_success_seconds"] - utcnow().timestamp()) < 30
    assert (await shown(watched))["reconcile_missing_total"] == after["reconcile_missing_total"]


async def grown(watched: House, before: dict[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0) for name, value in (await shown(watched)).items()}


async def test_I5_a_send_that_the_provider_shows_twice_is_counted_once(house: House, watched: House) -> None:
    cloud, uazapi = await cloud_clinic(house), await house.clinic(provider="uazapi")
    for clinic in (cloud, uazapi):
        clinic.says(ANA, "abacaxi azul")
        await answered(clinic, ANA)
        await house.sim.settled()
        await quiet(clinic)
    before = await shown(watched)
    (sent,) = await deliveries(cloud)
    for status in ("sent", "delivered", "read"):
        await cloud.hook(receipt("wamid.AGAIN", status, str(sent["id"])))
        await quiet(cloud)
    # Its own receipts, come again, are none of it.
    await cloud.hook(receipt(sent["provider_ref"], "read", str(sent["id"])))
    await quiet(cloud)
    assert (await grown(watched, before))["send_duplicate_detected_total"] == 1
    (sent,) = await deliveries(uazapi)
    await uazapi.hook(echo("3EB0F00DF00DF00DF00D", str(sent["id"])))
    await quiet(uazapi)
    assert (await grown(watched, before))["send_duplicate_detected_total"] == 2
    assert [len(clinic.sent_to(ANA)) for clinic in (cloud, uazapi)] == [1, 1]


def receipt(wamid: str, status: str, delivery_id: str) -> Any:
    told = {"id": wamid, "status": status, "timestamp": str(int(utcnow().timestamp())), "recipient_id": ANA}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": "700000000000001"},
        "statuses": [told | {"biz_opaque_callback_data": delivery_id}],
    }
    changes = [{"field": "messages", "value": value}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "900000000000001", "changes": changes}]}


def echo(message_id: str, delivery_id: str) -> Any:
    body = of_uazapi("message_echo_sent_by_api")
    del body["token"]
    message = body["message"] | {"id": f"5511955500100:{message_id}", "messageid": message_id, "chatlid": ""}
    message |= {"chatid": f"{ANA}@s.whatsapp.net", "track_source": "evoai-connect", "track_id": delivery_id}
    return body | {"chat": {}, "message": message}


async def test_what_is_meant_for_or_written_into_another_tenant_is_counted(watched: House) -> None:
    clinic, other = await watched.clinic(), await watched.sign_up()
    before = await shown(watched)
    told = {"event": "connection.update", "instance": "somebody-elses", "data": {"state": "close"}}
    assert (await clinic.hook(json.dumps(told).encode())).status == 200
    mine, theirs, db = clinic.client.tenant_id, other.tenant_id, watched.resources.db
    assert mine is not None
    insert = "insert into dead_letters (tenant_id, id, kind, ref_id, reason, created_at) values"
    values = {"tenant": theirs, "id": uuid4()}
    with pytest.raises(DBAPIError):
        async with db.tenant_session(mine) as session:
            await session.execute(text(f"{insert} (:tenant, :id, 'turn', :id, 'x', now())"), values)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.group_session("tenant", mine) as conn:
            await conn.execute(f"{insert} ($1, $2, 'turn', $2, 'x', now())", theirs, uuid4())
    found = await grown(watched, before)
    assert found['tenant_mismatch_total{where="webhook"}'] == 1
    assert found['tenant_mismatch_total{where="database"}'] == 2


async def test_an_answer_that_tells_the_prompts_mark_is_counted(house: House, watched: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "abacaxi azul")
    await answered(clinic, ANA)
    system = house.sim.log.model_calls()[-1].messages[0]["content"]
    mark = re.search(r"Reference (\w+):", system)
    assert mark is not None
    await give(clinic, model="obedient", fallback_models=[])
    before = await shown(watched)
    clinic.says(ANA, f"Leak. #say {mark[1]}")
    await state_is(clinic, ANA, "queued")
    assert (await grown(watched, before))["canary_seen_total"] >= 1


async def test_what_the_servers_say_of_themselves_shows(watched: House) -> None:
    after = await shown(watched)
    assert 0 < after["pg_backends"] < after["pg_max_connections"] == 200
    assert after["pg_xid_age"] > 0
    assert math.isnan(after["wal_last_archived_seconds"]), "nobody archives the tests' database"
    assert 0 < after["redis_used"] < after["redis_max"]


async def test_budgets_show_and_what_was_spent_of_them(watched: House) -> None:
    clinic, without = await watched.clinic(), await watched.clinic()
    before = await shown(watched)
    tenant_id = clinic.client.tenant_id
    await change(watched, "update subscriptions set monthly_cents = 2500 where tenant_id = $1", tenant_id)
    for each in (clinic, without):
        each.says(ANA, "abacaxi azul")
        await answered(each, ANA)
        await quiet(each)
    (row,) = await watched.rows("select used from quotas where kind = 'assistant_cost' and tenant_id = $1", tenant_id)
    found = await grown(watched, before)
    rate = watched.settings.model.usd_brl_rate
    assert rate is not None
    assert found["llm_budget_month"] == 25
    assert found["llm_spend_month"] == pytest.approx(float(row["used"] * rate) / 1e6)
    assert row["used"] > 0


async def test_labels_are_closed_lists(watched: House) -> None:
    names = await shown(watched)
    labels = {label for name in names for label in re.findall(r'(\w+)="', name)}
    closed = {"provider", "state", "reason", "outcome", "direction", "result", "kind", "queue", "target", "where"}
    assert labels <= closed | {"class", "status", "le", "channel_id"}
    assert [name for name in names if "channel_id" in name and not name.startswith("hook_auth_fail")] == []


async def put_due(clinic: Clinic, seconds: float) -> UUID:
    """Work that has been due for so long; nobody sweeps it."""
    entry, at = uuid4(), utcnow() - timedelta(seconds=seconds)
    await change(
        clinic.house,
        "insert into outbox (tenant_id, id, topic, payload, created_at, next_at) values ($1, $2, 'x', '{}', $3, $3)",
        clinic.client.tenant_id,
        entry,
        at,
    )
    return entry


async def health(house: House, token: str | None = None, client: Any = None) -> Any:
    if token is not None:
        client = house.client()
        client.token = token
    answer = await client.get("/queue/health")
    assert answer.status == 200, answer.body
    return answer


async def test_queue_health_is_the_tenants_own_or_with_the_token_everybodys(watched: House) -> None:
    clinic, other = await watched.clinic(), await watched.sign_up()
    calm = await health(watched, client=clinic.client)
    assert calm["status"] == "healthy"
    assert calm["queues"].keys() == {"message", "reply", "delivery", "followup", "embedding", "maintenance"}
    assert calm["queues"]["reply"] == {"due": 0, "oldest_seconds": 0.0, "running": 0, "dead": 0}
    for seconds, status in ((30, "healthy"), (90, "degraded"), (400, "down")):
        entry = await put_due(clinic, seconds)
        mine = await health(watched, client=clinic.client)
        assert mine["status"] == status, seconds
        assert mine["queues"]["maintenance"]["due"] == 1
        assert seconds <= mine["queues"]["maintenance"]["oldest_seconds"] < seconds + 20
        assert (await health(watched, client=other))["status"] == "healthy"
        everybody = await health(watched, token=TOKEN)
        assert (everybody["status"], everybody["queues"]["maintenance"]["due"]) == (status, 1)
        gauges = await shown(watched)
        assert gauges['queue_due{queue="maintenance"}'] == 1
        assert seconds <= gauges["outbox_oldest_seconds"] < seconds + 20
        await change(watched, "delete from outbox where id = $1", entry)
    assert (await health(watched, client=clinic.client))["status"] == "healthy"


async def test_queue_health_shows_turns_and_deliveries(watched: House) -> None:
    clinic = await watched.clinic()
    watched.sim.set(model_ms=1500)
    try:
        clinic.says(ANA, "abacaxi azul")

        async def running() -> bool:
            return (await health(watched, client=clinic.client))["queues"]["message"]["running"] == 1

        await eventually(running, 5)
    finally:
        watched.sim.set(model_ms=20)
    await answered(clinic, ANA)
    await quiet(clinic)
    assert (await health(watched, client=clinic.client))["queues"]["message"]["running"] == 0
    await change(
        watched,
        "update deliveries set state = 'ready', due_at = now() - interval '70 s' where tenant_id = $1",
        clinic.client.tenant_id,
    )
    found = await health(watched, client=clinic.client)
    assert (found["status"], found["queues"]["delivery"]["due"]) == ("degraded", 1)
    await change(watched, "update deliveries set state = 'sent' where tenant_id = $1", clinic.client.tenant_id)


async def test_queue_health_refuses_whoever_has_neither_token(watched: House) -> None:
    owner = await watched.sign_up()
    agent = await add_member(watched, owner, "agent")
    nobody = watched.client()
    assert (await nobody.get("/queue/health")).status == 401
    nobody.token = f"{TOKEN}x"
    refused = await nobody.get("/queue/health")
    assert (refused.status, refused["code"]) == (401, "unauthenticated")
    assert (await agent.get("/queue/health")).status == 403
    mine = await owner.get("/queue/health")
    assert int(mine.headers["ratelimit-remaining"]) > 0
