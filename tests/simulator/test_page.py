"""The phone page in a real browser, at 390 px and on a desktop."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from evoai.simulator.app import Simulator

from .conftest import KEY, Caller, until

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs a Chromium; set CHROMIUM to its path"),
]


@pytest.fixture(params=[390, 1200])
async def page(request: pytest.FixtureRequest, sim: Simulator) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": request.param, "height": 844}, locale="pt-BR")
        problems: list[str] = []
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: problems.append(str(e)))
        await page.goto(sim.url)
        yield page
        assert problems == []
        await browser.close()


async def tab(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name, exact=True)
    if await button.is_visible():
        await button.click()


async def test_scan_and_talk(page: Page, sim: Simulator, call: Caller) -> None:
    shots = os.environ.get("SHOTS")
    width = (page.viewport_size or {"width": 0})["width"]

    async def shot(name: str) -> None:
        if shots:
            await page.screenshot(path=f"{shots}/{name}-{width}.png")

    new = {"instanceName": "clinica-1", "integration": "WHATSAPP-BAILEYS", "qrcode": True}
    assert (await call("POST", "instance/create", new, headers=KEY))[0] == 201
    await expect(page.get_by_test_id("send")).to_be_disabled()
    await tab(page, "Número e falhas")
    await expect(page.get_by_test_id("instance-state")).to_have_text("Aguardando leitura do QR")
    await expect(page.get_by_alt_text("QR code esperando ser lido")).to_be_visible()
    await shot("qr")
    await page.get_by_test_id("scan").click()
    await expect(page.get_by_test_id("instance-state")).to_have_text("Conectado")
    await page.get_by_test_id("fault-model_ms").fill("50")
    await page.get_by_test_id("fault-model_ms").press("Enter")
    await page.get_by_test_id("fault-duplicate_rate").select_option("0.1")
    await until(lambda: sim.faults.duplicate_rate == 0.1 and sim.faults.model_ms == 50)
    await tab(page, "Telefone")

    await page.get_by_test_id("contact-2").click()
    await page.get_by_test_id("composer").fill("Oi, vocês abrem sábado?")
    await page.get_by_test_id("send").click()
    out = page.locator("[data-testid=bubble][data-direction=out]")
    await expect(out).to_have_count(1)
    await expect(out).to_contain_text("✓✓")
    (written,) = sim.instance("clinica-1").messages.values()
    assert (written.text, written.phone) == ("Oi, vocês abrem sábado?", "553199887766")

    presence = {"number": written.phone, "presence": "composing", "delay": 200}
    await call("POST", "chat/sendPresence/clinica-1", presence)
    await expect(page.get_by_test_id("typing")).to_be_visible()
    await shot("typing")
    answer = {"number": written.phone, "text": "Oi! Sábado abrimos das 8h às 12h. 😊\nPosso marcar um horário?"}
    assert (await call("POST", "message/sendText/clinica-1", answer))[0] == 201
    incoming = page.locator("[data-testid=bubble][data-direction=in]")
    await expect(incoming).to_contain_text("Sábado abrimos")
    await expect(page.get_by_test_id("typing")).to_be_hidden()

    await page.get_by_label("responder pelo celular do dono").check()
    await page.get_by_test_id("composer").fill("Aqui é o dono: pode vir!")
    await page.get_by_test_id("composer").press("Enter")
    await expect(incoming).to_have_count(2)
    await page.get_by_label("responder pelo celular do dono").uncheck()

    await call("POST", "message/sendText/clinica-1", {"number": "5511987654321", "text": "para a Ana"})
    await expect(page.get_by_test_id("contact-1").locator(".unread")).to_have_text("1")
    await shot("talk")

    await page.get_by_test_id("contact-new").click()
    await page.get_by_label("Nome").fill("Rita Alves")
    await page.get_by_label("Número", exact=True).fill("5521988887777")
    await page.get_by_role("button", name="Adicionar").click()
    await expect(page.get_by_test_id("contact-4")).to_have_attribute("aria-selected", "true")
    await page.get_by_test_id("composer").fill("primeira vez aqui")
    await page.get_by_test_id("send").click()
    await expect(out).to_have_text(["primeira vez aqui" + await out.locator("small").inner_text()])
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
