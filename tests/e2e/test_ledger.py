"""Ledger, incoming events and alerts in a real Chromium, over a product that really received something."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Tenant

pytestmark = pytest.mark.e2e

WAIT = 25_000


async def answered(person: Any, tenant: Tenant, phone: str, text: str) -> Page:
    """A contact wrote and was answered; the page stands on the conversation."""
    page: Page = person.page
    await person.log_in(tenant.email, tenant.password)
    await tenant.writes(phone, text)
    await person.open("/inbox")
    await page.get_by_test_id("conversation-row").first.click(timeout=WAIT)
    await page.locator('[data-testid="bubble"][data-direction="out"]').first.wait_for(timeout=WAIT)
    return page


async def provider_posts(tenant: Tenant, body: dict[str, Any]) -> None:
    """What the channel's provider would post, to the address and with the headers that it was given."""
    find = f"{tenant.demo.phone}/evolution/webhook/find/{tenant.instance}"
    async with tenant.http.get(find, headers={"apikey": "simulator-key"}) as answer:
        hook = await answer.json()
    async with tenant.http.post(hook["url"], json=body, headers=hook["headers"]) as answer:
        assert answer.status == 200, await answer.text()


async def rings(page: Page, tones: int) -> None:
    """Waits by asking anew: the page's own policy forbids what `wait_for_function` does."""
    until = time.monotonic() + WAIT / 1000
    while await page.evaluate("window.rung") != tones:
        assert time.monotonic() < until, "it did not ring"
        await asyncio.sleep(0.2)


async def test_the_ledger_closes_and_leads_to_the_message_and_its_conversation(visit: Any, tenant: Tenant) -> None:
    page = await answered(await visit(), tenant, "5511955560001", "Quanto custa a limpeza?")
    conversation = page.url.split("?")[0]

    await page.goto(f"{tenant.demo.app}/ledger")
    equation = page.get_by_role("region", name="A conta do período")
    await expect(equation.get_by_text("A conta fecha")).to_be_visible()
    received, *parts = [
        int(text.replace(".", "")) for text in await equation.locator("p.tabular-nums").all_inner_texts()
    ]
    assert received == sum(parts) > 1
    await page.get_by_role("table").get_by_role("link", name=re.compile("^1 Respondidos")).click()

    await expect(page).to_have_url(re.compile(r"/events\?class=answered&day=.*&channel="))
    row = page.get_by_test_id("event-row")
    await expect(row).to_have_count(1)
    await row.click()
    await expect(page.get_by_test_id("event-body")).to_contain_text("Quanto custa a limpeza?")
    await page.get_by_role("link", name="Abrir a conversa").click()
    await expect(page).to_have_url(re.compile(re.escape(conversation)))
    await page.locator('[data-testid="bubble"]').first.wait_for()


async def test_what_could_not_be_read_is_kept_shown_and_replayed(visit: Any, tenant: Tenant) -> None:
    person = await visit(width=390)
    page: Page = person.page
    await person.log_in(tenant.email, tenant.password)
    await provider_posts(tenant, {"event": "moon.landed", "instance": tenant.instance, "data": {"crater": "Tycho"}})
    await person.open("/events?class=quarantined")
    row = page.get_by_test_id("event-row")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("Tipo de evento desconhecido")
    await row.click()
    await expect(page.get_by_test_id("event-body")).to_contain_text('"crater": "Tycho"')
    before = (await tenant.call("GET", "/inbound-events?class=quarantined"))["items"][0]
    await page.get_by_test_id("replay").click()
    await page.get_by_role("dialog", name="Reprocessar este evento?").get_by_role("button", name="Reprocessar").click()
    await expect(page.get_by_text("O evento voltou para a fila.")).to_be_visible()
    # It is worked again, and still nobody knows what it means: kept as before.
    sheet = page.get_by_role("dialog", name="Evento")
    await expect(sheet.get_by_text("Guardado inteiro", exact=False)).to_be_visible(timeout=WAIT)
    after = await tenant.call("GET", f"/inbound-events/{before['id']}")
    assert (after["state"], after["reason"]) == ("quarantined", "unknown-event")
    ledger = (await tenant.call("GET", "/ledger"))["totals"]
    parts = ("signals", "answered", "handed_over", "pending", "quarantined", "dead")
    assert ledger["received"] == sum(ledger[part] for part in parts) + sum(ledger["ignored"].values())


async def test_ledger_and_events_work_by_keyboard_alone(visit: Any, tenant: Tenant) -> None:
    page = await answered(await visit(), tenant, "5511955560002", "Oi")
    await page.goto(f"{tenant.demo.app}/ledger")
    cell = page.get_by_role("table").get_by_role("link", name=re.compile("Respondidos")).first
    await cell.focus()
    await page.keyboard.press("Enter")
    row = page.get_by_test_id("event-row").first
    await row.focus()
    await page.keyboard.press("Enter")
    await page.get_by_test_id("event-body").wait_for()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(row).to_be_focused()


async def test_alerts_are_asked_for_by_a_click_and_ring_for_a_handoff(visit: Any, tenant: Tenant) -> None:
    person = await visit()
    page: Page = person.page
    await page.add_init_script(
        """
        window.rung = 0
        const start = OscillatorNode.prototype.start
        OscillatorNode.prototype.start = function (...when) { window.rung += 1; return start.apply(this, when) }
        """
    )
    await person.log_in(tenant.email, tenant.password)
    await person.open("/settings")
    sound = page.get_by_role("switch", name="Tocar um som")
    await expect(sound).not_to_be_checked()
    await page.get_by_text("Tocar um som").click()
    await expect(sound).to_be_checked()
    await rings(page, 2)
    await tenant.writes("5511955560003", "Quero falar com uma pessoa")
    await expect(page.get_by_text("precisa de uma pessoa.")).to_be_visible(timeout=WAIT)
    await rings(page, 4)
