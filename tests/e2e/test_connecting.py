"""Numbers of every provider: connected from the form, looked after, moved, disconnected and deleted."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from evoai.simulator.cloud import APP_SECRET, TOKEN
from tests.e2e.conftest import Person, Tenant, some_number
from tests.e2e.test_pages import checked

pytestmark = pytest.mark.e2e

WAIT = 25_000
SECRET_WORDS = {"pt-BR": "recusou", "en": "refused"}


async def fill(page: Page, provider: str, **values: str) -> None:
    await page.get_by_test_id("channel-create").click()
    await page.get_by_test_id(f"provider-{provider}").check()
    for name, value in values.items():
        await page.get_by_test_id(f"channel-{name.replace('_', '-')}").fill(value)
    await page.get_by_test_id("channel-submit").click()


def card(page: Page, name: str) -> Any:
    return page.locator("main li").filter(has_text=name).first


async def state_is(page: Page, name: str, state: str) -> None:
    await expect(card(page, name).get_by_test_id("channel-state")).to_have_attribute("data-state", state, timeout=WAIT)


async def scanned(tenant: Tenant) -> None:
    """The phone scans the code of the number that was made last."""
    async with tenant.http.get(f"{tenant.demo.phone}/_sim/state") as answer:
        waiting = [each["name"] for each in (await answer.json())["instances"] if each["qr"]]
    await tenant.simulator(f"/instances/{waiting[-1]}/scan", {})


@pytest.mark.parametrize(("width", "locale"), [(1280, "pt-BR"), (390, "en")])
async def test_each_provider_is_connected_from_its_form(visit: Any, newcomer: Tenant, width: int, locale: str) -> None:
    person: Person = await visit(width=width, locale=locale)
    page, sim = person.page, newcomer.demo.phone
    await newcomer.speaks(locale)
    await person.log_in(newcomer.email, newcomer.password)
    await person.open("/channels")

    # Evolution: a wrong key in clear words, then a code that the phone scans.
    evolution = {
        "name": "Recepção",
        "base_url": f"{sim}/evolution/",
        "api_key": "wrong",
        "instance_name": newcomer.instance,
    }
    await fill(page, "evolution", **evolution)
    await expect(page.get_by_role("alert")).to_contain_text(SECRET_WORDS[locale])
    assert await checked(page) == []
    await page.get_by_test_id("channel-api-key").fill("simulator-key")
    await page.get_by_test_id("channel-submit").click()
    await page.get_by_test_id("qr").wait_for()
    assert await checked(page) == []
    await newcomer.simulator(f"/instances/{newcomer.instance}/scan", {})
    await page.get_by_role("dialog").get_by_role("status").get_by_role("button").click(timeout=WAIT)
    await state_is(page, "Recepção", "connected")

    # UAZAPI: without a token the form says so; the code comes by looking.
    await fill(page, "uazapi", name="Vendas", base_url=f"{sim}/uazapi")
    await expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    await page.get_by_test_id("channel-admin-token").fill("simulator-key")
    await page.get_by_test_id("channel-submit").click()
    await page.get_by_test_id("qr").wait_for()
    await scanned(newcomer)
    await page.get_by_role("dialog").get_by_role("status").get_by_role("button").click(timeout=WAIT)
    await state_is(page, "Vendas", "connected")

    # The Cloud API with an app of one's own: connected at once, and what to set at Meta is shown.
    number = some_number()
    official = {"name": "Oficial", "phone_number_id": number, "waba_id": f"9{number[1:]}"}
    await fill(page, "whatsapp_cloud", **official, access_token="not-the-token-of-it", app_secret=APP_SECRET)
    await expect(page.get_by_role("alert")).to_contain_text(SECRET_WORDS[locale])
    await page.get_by_test_id("channel-access-token").fill(TOKEN)
    await page.get_by_test_id("channel-submit").click()
    await expect(page.get_by_test_id("channel-webhook")).to_contain_text(re.compile(r"/hooks/[0-9a-f]{32}\.\S{20,}"))
    assert await checked(page) == []
    await page.keyboard.press("Escape")
    await state_is(page, "Oficial", "connected")
    await expect(card(page, "Oficial")).to_contain_text("Clínica Sorriso")

    # And in the operator's app: nothing to set.
    number = some_number()
    shared = {"name": "Segunda", "phone_number_id": number, "waba_id": f"9{number[1:]}"}
    await fill(page, "whatsapp_cloud", **shared, access_token=TOKEN)
    await page.get_by_role("dialog").get_by_role("status").wait_for()
    await expect(page.get_by_test_id("channel-webhook")).to_have_count(0)
    await page.keyboard.press("Escape")
    await state_is(page, "Segunda", "connected")
    assert await checked(page) == []

    # What each says comes in at the same place.
    await newcomer.writes("5511955550101", "Oi pela Evolution", "Ana")
    await newcomer.simulator(
        "/messages",
        {"instance": official["phone_number_id"], "from": "5511955550102", "name": "Bia", "text": "Oi, Meta"},
    )
    await person.open("/inbox")
    for words in ("Ana", "Bia"):
        await expect(page.get_by_test_id("conversation-row").filter(has_text=words)).to_have_count(1, timeout=WAIT)


async def test_a_number_is_looked_after_moved_disconnected_and_deleted(visit: Any, tenant: Tenant) -> None:
    person: Person = await visit(width=1280)
    page = person.page
    await person.log_in(tenant.email, tenant.password)
    await tenant.writes("5511955550111", "Oi", "Ana")
    instance = tenant.instance
    await tenant.adds_official()
    await person.open("/channels")
    await expect(card(page, "Recepção").get_by_test_id("channel-health")).to_contain_text("iniciar em 24 horas: 20")

    # The threads go on at the official number.
    async def on(name: str) -> list[Any]:
        channels = (await tenant.call("GET", "/channels"))["items"]
        (found,) = [each["id"] for each in channels if each["name"] == name]
        return (await tenant.call("GET", f"/conversations?channel={found}"))["items"]

    while not await on("Recepção"):
        await asyncio.sleep(0.05)
    await card(page, "Recepção").get_by_role("button", name="Mais ações").click()
    await page.get_by_role("menuitem", name="Mover conversas").click()
    await expect(page.get_by_role("combobox").locator("option:checked")).to_have_text("Oficial")
    assert await checked(page) == []
    await page.get_by_test_id("channel-move").click()
    await expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("1 conversa movida")
    assert [len(await on("Recepção")), len(await on("Oficial"))] == [0, 1]
    await page.get_by_role("button", name="Concluir").click()

    # The phone logs it out: one cause, one thing to do.
    await tenant.simulator(f"/instances/{instance}/drop", {"reason": 401})
    await state_is(page, "Recepção", "disconnected")
    await expect(card(page, "Recepção")).to_contain_text("Este aparelho foi desconectado no celular.", timeout=WAIT)
    await expect(card(page, "Recepção")).to_contain_text("Leia o código QR de novo.")
    await page.get_by_role("button", name="Reconectar: Recepção").click()
    await page.get_by_test_id("qr").wait_for()
    await tenant.simulator(f"/instances/{instance}/scan", {})
    await page.get_by_role("button", name="Concluir").click(timeout=WAIT)
    await state_is(page, "Recepção", "connected")

    # Disconnecting keeps it, deleting does not, and wants its name.
    await card(page, "Recepção").get_by_role("button", name="Mais ações").click()
    await page.get_by_role("menuitem", name="Desconectar").click()
    await page.get_by_role("dialog").get_by_role("button", name="Desconectar").click()
    await state_is(page, "Recepção", "disconnected")
    await card(page, "Recepção").get_by_role("button", name="Mais ações").click()
    await page.get_by_role("menuitem", name="Excluir canal").click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("Recepção")
    await page.get_by_role("dialog").get_by_role("button", name="Excluir canal").click()
    await expect(page.locator("main li").filter(has_text="Recepção")).to_have_count(0)
    assert [each["name"] for each in (await tenant.call("GET", "/channels"))["items"]] == ["Oficial"]
    async with tenant.http.get(f"{tenant.demo.phone}/_sim/state") as answer:
        left = [each["name"] for each in (await answer.json())["instances"]]
    assert instance not in left
