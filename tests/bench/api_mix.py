"""People and programs at the API: four thousand principals of two hundred tenants read, write and search at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from uuid import UUID

from tests.bench import cpu
from tests.bench.driver import MIX, Asks, Job, Place
from tests.bench.figures import Figure, bare, medians, per_message, quantiles, spied
from tests.bench.prefill import AGENT, INSTANCE
from tests.bench.rig import KEY, OURS, Rig
from tests.bench.sizes import Sizes

HEADLINES = (
    "per_s", "ratio", "read.p50", "read.p95", "write.p50", "write.p95", "search.p50", "search.p95", "limited", "failed",
    "cpu_ms.total", "bare.per_s", "load",
)  # fmt: skip
IDS = 40
"""Of each sort that the people of a tenant ask for."""


async def measure(rig: Rig, sizes: Sizes) -> AsyncIterator[Figure]:
    """In a closed loop; the ratio is to a bare GET under as many connections."""
    people = await rig.tokens()
    places = await _places(rig)
    await _phones(rig)
    yield medians([await _once(rig, sizes, people, places, run) for run in range(sizes.runs)])


async def _once(rig: Rig, sizes: Sizes, people: list[tuple[str, UUID]], places: dict[UUID, Place], run: int) -> Figure:
    order = {tenant: at for at, tenant in enumerate(places)}
    who = [(token, order[tenant]) for token, tenant in people if tenant in order]
    source = Asks(rig.api_url, who, list(places.values()), seed=run)
    # A process keeps for seconds who somebody is, and plans for longer.
    await rig.drive(Job("closed", source, sizes.mix / 2))
    yardstick = await bare(rig, sizes.bare, method="GET")
    source.seed += 1000
    before = rig.cpu()
    async with spied(rig, "api-mix", sizes.mix):
        result = await rig.drive(Job("closed", source, sizes.mix))
    spent = {name: per_message(before, rig.cpu(), name, result.accepted) for name in OURS}
    per_s = result.accepted / result.seconds
    by_class: dict[str, list[float]] = defaultdict(list)
    by_call: dict[str, list[float]] = defaultdict(list)
    for kind, wait in zip(result.kinds, result.waits, strict=True):
        by_class[kind.partition(" ")[0]].append(wait)
        by_call[kind].append(wait)
    limited = result.statuses.get(429, 0)
    return {
        "figure": "api mix",
        "principals": len(who),
        "tenants": len(places),
        "connections": 32,
        "per_s": round(per_s),
        "ratio": round(per_s / yardstick["per_s"], 3),
        **{name: quantiles(by_class[name]) for name in ("read", "write", "search")},
        "calls": {name: quantiles(by_call[name]) for name in MIX},
        "limited": limited,
        "failed": result.refused,
        "statuses": {str(status): number for status, number in sorted(result.statuses.items())},
        "cpu_ms": {**spent, "total": round(sum(spent.values()), 2)},
        "fakes_cpu_ms": {"driver": round(result.cpu_seconds * 1000 / max(1, result.posted), 3)},
        "bare": yardstick,
        "load": round(cpu.load(), 2),
    }


async def _places(rig: Rig) -> dict[UUID, Place]:
    """Of each filled tenant, ids of what its people may ask for."""
    sql = (
        "select t.id, array(select v.id::text from app.conversations v where v.tenant_id = t.id"
        "   order by v.last_activity_at desc limit $1),"
        " array(select v.id::text from app.conversations v where v.tenant_id = t.id and v.state <> 'resolved'"
        "   order by v.last_activity_at desc limit $1),"
        " array(select c.id::text from app.contacts c where c.tenant_id = t.id order by c.id desc limit $1)"
        " from app.tenants t where exists (select from app.sessions s where s.tenant_id = t.id and s.user_agent = $2)"
    )
    async with rig.database() as db:
        return {row[0]: Place(row[1], row[2], row[3]) for row in await db.fetch(sql, IDS, AGENT)}


async def _phones(rig: Rig) -> None:
    """The filled tenants' numbers at the provider, so that what people write is sent."""
    known = {instance["name"] for instance in (await rig.sim("GET", "state"))["instances"]}
    async with rig.database() as db:
        channels = await db.fetchval("select count(*) from app.channels where config ->> 'instance' like 'bench-%'")
    for number in range(channels):
        name = INSTANCE.format(number)
        if name in known:
            continue
        body = {"instanceName": name, "integration": "WHATSAPP-BAILEYS", "qrcode": True}
        async with rig.http.post(f"{rig.sim_url}/evolution/instance/create", json=body, headers=KEY) as response:
            assert response.status == 201, await response.read()
        await rig.sim("POST", f"instances/{name}/scan", {"phone": f"55119{80_000_000 + number}", "name": "Clínica"})
