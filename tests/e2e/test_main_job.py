"""The main job in a real Chromium: connect by QR, three quick messages, one answer, take over and hand back."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Demo, Tenant

pytestmark = pytest.mark.e2e

WAIT = 25_000


def bubbles(page: Page, direction: str) -> Any:
    return page.locator(f'[data-testid="bubble"][data-direction="{direction}"]')


async def test_the_demo_from_login_to_answer_and_back(visit: Any, demo: Demo, http: aiohttp.ClientSession) -> None:
    person = await visit()
    page: Page = person.page
    await person.log_in(demo.email, demo.password)

    await person.open("/channels")
    await page.get_by_test_id("channel-connect").first.click()
    await page.get_by_test_id("qr").wait_for()
    phone: Page = await person.context.new_page()
    await phone.goto(f"{demo.phone}/")
    await phone.get_by_test_id("scan").click()
    await expect(page.get_by_test_id("channel-state").first).to_have_attribute("data-state", "connected", timeout=WAIT)

    await phone.locator('[data-testid^="contact-"]').first.click()
    said = ["Oi, bom dia!", "Vocês abrem sábado?", "Quanto custa a limpeza?"]
    await person.open("/inbox")
    for text in said:
        await phone.get_by_test_id("composer").fill(text)
        await phone.get_by_test_id("send").click()
    row = page.get_by_test_id("conversation-row").first
    await row.wait_for(timeout=WAIT)
    await row.click()
    await expect(bubbles(page, "out")).to_have_count(1, timeout=WAIT)
    await expect(bubbles(page, "in")).to_have_count(3)
    answer = await bubbles(page, "out").inner_text()
    assert "sábado das 8h às 12h" in answer
    assert "R$ 220,00" in answer
    assert re.search(r"\b(oi|olá|bom dia)\b", answer, re.IGNORECASE)
    await expect(bubbles(page, "out")).to_have_attribute("data-status", "read", timeout=WAIT)
    await expect(bubbles(phone, "in")).to_have_count(1)
    assert "R$ 220,00" in await bubbles(phone, "in").inner_text()

    # A person takes over, writes, and the assistant stays silent.
    await page.get_by_test_id("take-over").click()
    await expect(page.get_by_test_id("handoff-banner")).to_have_attribute("data-state", "human-me")
    await page.get_by_test_id("composer").fill("Aqui é a Ana, da recepção.")
    await page.get_by_test_id("composer").press("Enter")
    await expect(bubbles(phone, "in")).to_have_count(2, timeout=WAIT)
    await phone.get_by_test_id("composer").fill("Que bom falar com você!")
    await phone.get_by_test_id("send").click()
    await expect(bubbles(page, "in")).to_have_count(4, timeout=WAIT)
    await asyncio.sleep(7)
    await expect(bubbles(page, "out")).to_have_count(2)
    await expect(bubbles(phone, "in")).to_have_count(2)

    # Given back, it answers what waits.
    await page.get_by_test_id("hand-back").click()
    await expect(bubbles(page, "out")).to_have_count(3, timeout=WAIT)
    await expect(page.get_by_test_id("handoff-banner")).to_have_attribute("data-state", "bot")
    await expect(bubbles(phone, "in")).to_have_count(3, timeout=WAIT)


async def test_taken_over_during_the_model_call_nothing_is_sent(visit: Any, tenant: Tenant) -> None:
    """The API and the worker are processes of their own, so the turn is always another process's."""
    await tenant.simulator("/faults", {"model_ms": 4000})
    try:
        person = await visit()
        page: Page = person.page
        await person.log_in(tenant.email, tenant.password)
        await person.open("/inbox")
        await tenant.writes("5511912340001", "Quanto custa a limpeza?")
        await page.get_by_test_id("conversation-row").first.click(timeout=WAIT)
        await asyncio.sleep(1.5)
        await page.get_by_test_id("take-over").click()
        await expect(page.get_by_test_id("handoff-banner")).to_have_attribute("data-state", "human-me")
        await asyncio.sleep(6)
        await expect(bubbles(page, "out")).to_have_count(0)
        assert await tenant.sent("5511912340001") == []
    finally:
        await tenant.simulator("/faults", {"model_ms": 300})


async def test_an_optimistic_message_shows_once_and_gets_its_ticks(visit: Any, tenant: Tenant) -> None:
    person = await visit()
    page: Page = person.page
    await person.log_in(tenant.email, tenant.password)
    await tenant.writes("5511912340002", "Oi")
    await person.open("/inbox")
    await page.get_by_test_id("conversation-row").first.click(timeout=WAIT)
    await expect(bubbles(page, "out")).to_have_count(1, timeout=WAIT)
    await page.get_by_test_id("composer").fill("Confirmado para amanhã às 14h.")
    await page.get_by_test_id("send").click()
    await expect(bubbles(page, "out")).to_have_count(2)
    await expect(bubbles(page, "out").last).to_have_attribute("data-status", "read", timeout=WAIT)
    await expect(bubbles(page, "out")).to_have_count(2)
    assert len(await tenant.sent("5511912340002")) == 2


async def test_two_people_see_the_same_and_one_of_them_has_it(visit: Any, tenant: Tenant) -> None:
    first, second = await visit(), await visit()
    await first.log_in(tenant.email, tenant.password)
    await second.log_in(tenant.email, tenant.password)
    await tenant.writes("5511912340003", "Oi")
    for person in (first, second):
        await person.open("/inbox")
        await person.page.get_by_test_id("conversation-row").first.click(timeout=WAIT)
    await first.page.get_by_test_id("take-over").click()
    banner = second.page.get_by_test_id("handoff-banner")
    await expect(banner).to_have_attribute("data-state", "human-me", timeout=WAIT)
    await first.page.get_by_test_id("resolve").click()
    await expect(banner).to_have_attribute("data-state", "resolved", timeout=WAIT)
