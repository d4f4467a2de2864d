"""What operators see: health without a token, metrics with one."""

from __future__ import annotations

from tests.house import House, Urls

TOKEN = "m7Qx2vKp9RtLw4Zc8YdHf3NsJb6UaGe5"


async def test_metrics_need_their_token_and_tell_what_waits(urls: Urls) -> None:
    async with House.open(urls, METRICS_TOKEN=TOKEN) as house:
        assert (await house.http.get(f"{house.base}/metrics")).status == 401
        wrong = await house.http.get(f"{house.base}/metrics", headers={"authorization": f"Bearer {TOKEN}x"})
        assert wrong.status == 401
        right = await house.http.get(f"{house.base}/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert right.status == 200
        lines = dict(line.rsplit(" ", 1) for line in (await right.text()).splitlines() if not line.startswith("#"))
        assert set(lines) == {
            f'{name}{{what="{what}"}}'
            for name in ("evoai_due", "evoai_oldest_due_seconds")
            for what in ("events", "turns", "deliveries", "outbox", "dead_letters")
        }


async def test_without_a_token_there_are_no_metrics(house: House) -> None:
    assert (await house.http.get(f"{house.base}/metrics")).status == 404


async def test_health_tells_what_works(house: House) -> None:
    for path in ("/health", "/health/ready"):
        answer = await house.client().get(path)
        assert (answer.status, answer.body) == (200, {"status": "ok", "database": True, "redis": True})
    assert (await house.client().get("/health/live")).body == {"status": "ok"}
