"""The provider is gone for 35 minutes while people write, correct themselves and send files. When it is back, all of it
is here in order within 15 minutes; who can still be helped gets one answer, who waited too long gets a person."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest

from evoai.embedded import Embedded
from evoai.kit.breaker import CircuitBreaker
from evoai.migrate import migrate
from tests.faults.conftest import Report
from tests.house import SHORT, Clinic, House, Urls, eventually

pytestmark = [pytest.mark.faults, pytest.mark.full, pytest.mark.timeout(600)]

MINUTE = 2.0
"""Seconds that stand for a minute: each timer of production's that matters here is as much shorter."""
OUTAGE, STALE, ALLOWED = 35, 30, 15
PEOPLE, EACH = 30, 10
TIMERS = replace(
    SHORT,
    sweep=5 / 60 * MINUTE,
    reconcile=10 * MINUTE,
    reconcile_overlap=15 * MINUTE,
    reconcile_grace=1,
    backoff_cap=5 * MINUTE,
)


@pytest.mark.parametrize("provider", ["uazapi", "evolution"])
async def test_I11_an_outage_of_the_provider_leaves_nothing_behind(
    servers: Embedded, report: Report, provider: str
) -> None:
    owner, app = servers.create_database(f"outage_{provider}")
    await asyncio.to_thread(migrate, {"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})
    urls = Urls(owner=owner, app=app, admin=servers.admin_url, redis=f"{servers.redis_url}?db=13")
    stale = f"{int(STALE * MINUTE)}s"
    async with House.open(urls, timers=TIMERS, sim={"retry_time_factor": 0.002}, STALE_AFTER=stale) as house:
        house.resources.breaker = CircuitBreaker(
            house.resources.redis, window=0.5 * MINUTE, rest=0.5 * MINUTE, look=0.1, gentle=MINUTE
        )
        clinic = await house.clinic(quiet=0.5, provider=provider)
        await asyncio.sleep(TIMERS.reconcile_grace)
        early, late = [f"551198100{n:04d}" for n in range(15)], [f"551198200{n:04d}" for n in range(15)]
        assert len(early) + len(late) == PEOPLE

        house.sim.set(silent=True, error_rate=1.0, error_status=503)
        began = monotonic()
        await at_minute(began, 1)
        said = {phone: speak(clinic, phone) for phone in early}
        await at_minute(began, 20)
        said |= {phone: speak(clinic, phone) for phone in late}
        await at_minute(began, OUTAGE)
        assert await count(house, "messages") == 0
        house.sim.set(silent=False, error_rate=0.0)
        back = monotonic()

        async def done() -> bool:
            stored = await count(house, "messages", "direction = 'in'")
            open_turns = await count(house, "turns", "closed_at is null")
            unsent = await count(house, "deliveries", "state in ('ready', 'attempting')")
            answered = sum(bool(clinic.sent_to(phone)) for phone in late)
            return stored == PEOPLE * EACH and not open_turns and not unsent and answered == len(late)

        await eventually(done, 4 * ALLOWED * MINUTE, 0.25)
        took = (monotonic() - back) / MINUTE
        # Time for whatever should not come.
        await asyncio.sleep(2 * MINUTE)

        answers = {phone: len(clinic.sent_to(phone)) for phone in early + late}
        report(took_minutes=round(took, 1), answers=sum(answers.values()))
        assert took <= ALLOWED
        assert answers == dict.fromkeys(early, 0) | dict.fromkeys(late, 1)
        for phone, expected in said.items():
            assert await heard(clinic, phone) == expected, phone
        reasons = await house.rows("select handoff_reason, count(*) as n from conversations group by 1")
        assert {row["handoff_reason"]: row["n"] for row in reasons} == {"waited-too-long": 15, None: 15}


async def at_minute(began: float, minute: float) -> None:
    await asyncio.sleep(max(0.0, began + minute * MINUTE - monotonic()))


def speak(clinic: Clinic, phone: str) -> list[tuple[str, str | None]]:
    """What somebody says while nobody hears it, and how it has to stand in the end."""
    expected: list[tuple[str, str | None]] = []
    for n in range(EACH):
        kind = {4: "audio", 7: "image"}.get(n, "text")
        words = None if kind == "audio" else f"{phone[-4:]} diz {n}"
        said = clinic.says(phone, words or "", kind=kind)
        if n == 2 and clinic.provider == "uazapi":
            words = f"{phone[-4:]} corrige {n}"
            clinic.house.sim.edits(clinic.instance, said, words)
        expected.append((kind, words))
    return expected


async def heard(clinic: Clinic, phone: str) -> list[tuple[str, str | None]]:
    return [(m["type"], m["text"]) for m in await clinic.messages(phone) if m["direction"] == "in"]


async def count(house: House, table: str, where: str = "true") -> Any:
    return (await house.row(f"select count(*) as n from {table} where {where}"))["n"]
