"""Conversations that we begin, and what may be written once the contact's last word is a day old."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Person, Tenant
from tests.e2e.test_pages import checked

pytestmark = pytest.mark.e2e

ANA, BIA, LIA = "5511955550301", "5511955550302", "5511955550303"
WAIT = 25_000
LEFT = re.compile("sent|delivered|read")


def last(page: Page) -> Any:
    return page.locator('[data-testid="bubble"][data-direction="out"]').last


@pytest.mark.parametrize(("width", "locale"), [(1280, "pt-BR"), (390, "en")])
async def test_somebody_known_and_a_new_number_are_written_to_first(
    visit: Any, tenant: Tenant, width: int, locale: str
) -> None:
    person: Person = await visit(width=width, locale=locale)
    page = person.page
    await tenant.speaks(locale)
    await person.log_in(tenant.email, tenant.password)
    await tenant.call("POST", "/contacts", {"name": "Ana Beatriz", "phone": f"+{ANA}"})

    # From the contact's page.
    await person.open("/contacts")
    await page.get_by_test_id("contact-row").click()
    await page.get_by_test_id("write").click()
    await page.get_by_test_id("write-text").fill("Olá, Ana! Aqui é da clínica.")
    assert await checked(page) == []
    await page.get_by_test_id("write-send").click()
    await expect(last(page)).to_contain_text("Aqui é da clínica.")
    await expect(last(page)).to_have_attribute("data-status", LEFT, timeout=WAIT)
    await expect(page).to_have_url(re.compile(r"/inbox/[0-9a-f-]{36}$"))
    assert [entry["text"] for entry in await tenant.sent(ANA)] == ["Olá, Ana! Aqui é da clínica."]

    # From the inbox, by keyboard alone, to a number that nobody knows.
    await person.open("/inbox")
    await page.get_by_test_id("write-first").focus()
    await page.keyboard.press("Enter")
    await page.get_by_test_id("write-search").focus()
    await expect(page.get_by_test_id("write-choice")).to_have_count(1)
    await page.keyboard.type("(11) 95555-0302")
    await page.get_by_test_id("write-number").focus()
    assert await checked(page) == []
    await page.keyboard.press("Enter")
    await page.get_by_test_id("write-text").focus()
    await page.keyboard.type("Oi!")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(last(page)).to_contain_text("Oi!")
    assert [item["contact"]["phone"] for item in (await tenant.call("GET", "/conversations"))["items"]] == [
        f"+{BIA}",
        f"+{ANA}",
    ]


@pytest.mark.parametrize(("width", "locale"), [(1280, "pt-BR"), (390, "en")])
async def test_a_closed_window_leaves_templates(visit: Any, newcomer: Tenant, width: int, locale: str) -> None:
    person: Person = await visit(width=width, locale=locale)
    page, tenant = person.page, newcomer
    await tenant.adds_official()
    await tenant.speaks(locale)
    await person.log_in(tenant.email, tenant.password)
    for phone, name, hours in ((ANA, "Ana", 20.5), (BIA, "Bia", 25.0)):
        said = {"from": phone, "name": name, "text": "Oi", "timestamp": int(time.time() - hours * 3600)}
        await tenant.simulator("/messages", {"instance": tenant.instance, **said})
    await person.open("/inbox")
    await page.get_by_test_id("conversation-row").filter(has_text="Ana").click(timeout=WAIT)
    bar = page.get_by_test_id("window-bar")
    await expect(bar).to_contain_text(re.compile(r"3 h (29|30) min"))
    await expect(page.get_by_test_id("composer")).to_be_enabled()
    assert await checked(page) == []

    await person.open("/inbox")
    await page.get_by_test_id("conversation-row").filter(has_text="Bia").click(timeout=WAIT)
    await expect(bar).to_have_attribute("data-closed", "true")
    await expect(page.get_by_test_id("composer")).to_be_disabled()
    await page.get_by_test_id("template-open").click()
    await page.get_by_test_id("template-pedido_confirmado").click(timeout=WAIT)
    await page.get_by_test_id("template-send").click()
    await expect(page.locator("[aria-invalid=true]")).to_have_count(2)
    await page.get_by_test_id("template-body-1").fill("Bia")
    await page.get_by_test_id("template-body-2").fill("amanhã")
    assert await checked(page) == []
    await page.get_by_test_id("template-send").click()
    await expect(last(page)).to_contain_text("Olá, Bia! Seu horário de amanhã está confirmado.")
    await expect(last(page)).to_have_attribute("data-status", "read", timeout=WAIT)
    assert len(await tenant.sent(BIA)) == 1

    # Somebody who never wrote is begun with by a template alone.
    await tenant.call("POST", "/contacts", {"name": "Lia Prado", "phone": f"+{LIA}"})
    await person.open("/inbox")
    await page.get_by_test_id("write-first").click()
    await page.get_by_test_id("write-search").fill("lia")
    await page.get_by_test_id("write-choice").filter(has_text="Lia Prado").click()
    await page.get_by_test_id("template-pedido_confirmado").click()
    await page.get_by_test_id("template-body-1").fill("Lia")
    await page.get_by_test_id("template-body-2").fill("sexta")
    assert await checked(page) == []
    await page.get_by_test_id("template-send").click()
    await expect(last(page)).to_contain_text("Olá, Lia! Seu horário de sexta está confirmado.")
    await expect(last(page)).to_have_attribute("data-status", LEFT, timeout=WAIT)
    assert len(await tenant.sent(LIA)) == 1
