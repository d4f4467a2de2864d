"""Every kind of message, seen and sent, on a desktop and on a phone."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from playwright.async_api import Page, expect

from evoai.simulator.files import page as pdf
from evoai.simulator.files import picture
from tests.e2e.conftest import Tenant
from tests.e2e.test_pages import checked

pytestmark = pytest.mark.e2e

PHONE = "5511955550077"
WAIT = 25_000


def bubbles(page: Page, kind: str = "") -> Any:
    return page.locator('[data-testid="bubble"]', has_text=kind) if kind else page.get_by_test_id("bubble")


async def to_end(page: Page) -> None:
    """Only the rows in sight are in the page, and looking at one scrolls to it."""
    await page.get_by_test_id("thread").evaluate("thread => { thread.scrollTop = thread.scrollHeight }")


async def written(tenant: Tenant, **message: Any) -> str:
    body = {"instance": tenant.instance, "from": PHONE, "name": "Ana Beatriz", **message}
    return (await tenant.simulator("/messages", body))["id"]


@pytest.mark.parametrize(("width", "locale"), [(1440, "pt-BR"), (390, "pt-BR")])
async def test_every_kind_is_seen_and_sent(visit: Any, tenant: Tenant, width: int, locale: str) -> None:
    person = await visit(width=width, locale=locale)
    page: Page = person.page
    await person.log_in(tenant.email, tenant.password)
    first = await written(tenant, text="Oi, tudo bem?")
    await person.open("/inbox")
    await page.get_by_test_id("conversation-row").first.click()
    await page.get_by_test_id("take-over").click()

    # The contact thinks better of what it wrote.
    slip = await written(tenant, text="engano")
    await expect(bubbles(page, "engano")).to_be_visible(timeout=WAIT)
    await tenant.simulator("/messages", {"instance": tenant.instance, "kind": "edit", "target": first, "text": "Olá!"})
    await tenant.simulator("/messages", {"instance": tenant.instance, "kind": "revoke", "target": slip})
    await expect(bubbles(page, "Olá!").first).to_contain_text("editada", timeout=WAIT)
    await expect(bubbles(page, "Mensagem apagada")).to_have_count(1, timeout=WAIT)

    await written(tenant, kind="button", text="Confirmar")
    await written(tenant, kind="image", text="a foto", words="pix de 90 reais")
    await written(tenant, kind="audio", words="quero marcar uma limpeza")
    await written(tenant, kind="document", words="Pedido de exame", file_name="pedido.pdf")
    await written(tenant, kind="video", words="fachada")
    await written(tenant, kind="sticker")
    await written(tenant, kind="location", text="Clínica")
    await written(tenant, kind="contact", text="Dra. Lia", phone="5511988887777")
    await written(tenant, kind="poll", text="Que dia?")
    await written(tenant, kind="image", view_once=True)
    await written(tenant, text="é este?", quoted=first, quoted_text="Oi, tudo bem?")
    await written(tenant, kind="reaction", text="👍", target=first, target_from_me=False)

    await expect(page.get_by_text("quero marcar uma limpeza")).to_be_visible(timeout=WAIT)
    await page.get_by_test_id("speed").click()
    await expect(page.get_by_test_id("speed")).to_have_text("1.5×")
    shown = page.get_by_test_id("open-image").locator("img")
    await expect(shown).to_have_js_property("naturalWidth", 160)
    await page.get_by_test_id("open-image").click()
    await page.get_by_test_id("zoom-in").click()
    await expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("150 %")
    assert await checked(page) == []
    await page.keyboard.press("Escape")
    await page.get_by_test_id("open-pdf").click()
    await expect(page.get_by_test_id("pdf-page")).to_have_js_property("naturalWidth", 1000)
    await expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("Página 1 de 1")
    narrow = await page.get_by_test_id("pdf-page").evaluate("page => page.clientWidth")
    await page.get_by_test_id("zoom-page").click()
    await expect(page.get_by_test_id("pdf-page")).to_have_js_property("clientWidth", 2 * narrow)
    assert await checked(page) == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("open-pdf")).to_be_focused()
    for words in ("Confirmar", "pedido.pdf", "Abrir no mapa", "Dra. Lia", "Que dia?"):
        await expect(bubbles(page, words).first).to_be_visible()
    assert await checked(page) == []
    await to_end(page)
    for words in ("visualização única", "é este?"):
        await expect(bubbles(page, words).first).to_be_visible()
    assert await checked(page) == []

    # A file from the composer, with its caption, as the answer to a message.
    await page.get_by_test_id("bubble").filter(has_text="é este?").first.hover()
    await page.get_by_test_id("bubble").filter(has_text="é este?").first.get_by_test_id("message-menu").click()
    await page.get_by_role("menuitem", name="Responder").click()
    await expect(page.get_by_test_id("reply-bar")).to_contain_text("é este?")
    jpeg = {"name": "sala.jpg", "mimeType": "image/jpeg", "buffer": picture("sala", Random(3))}
    await page.get_by_test_id("file").set_input_files(jpeg)  # type: ignore[arg-type]
    await expect(page.get_by_test_id("attachment")).to_have_attribute("data-ready", "true", timeout=WAIT)
    assert await checked(page) == []
    await page.get_by_test_id("composer").fill("a sala")
    await page.get_by_test_id("send").click()
    document = {"name": "orçamento.pdf", "mimeType": "application/pdf", "buffer": pdf("Total 120")}
    await page.get_by_test_id("file").set_input_files(document)  # type: ignore[arg-type]
    await expect(page.get_by_test_id("attachment")).to_have_attribute("data-ready", "true", timeout=WAIT)
    await page.get_by_test_id("send").click()
    await to_end(page)
    last = page.locator('[data-testid="bubble"][data-author="agent"]').last
    await expect(last).to_contain_text("orçamento.pdf")
    await expect(last).to_have_attribute("data-status", re.compile("sent|delivered|read"), timeout=WAIT)

    async def arrived() -> list[tuple[Any, Any]]:
        return [(entry.get("what"), entry.get("text")) for entry in await tenant.sent(PHONE)]

    assert [entry for entry in await arrived() if entry[0]] == [("image", "a sala"), ("document", "")]

    # Words that are edited, reacted to, and taken back.
    await page.get_by_test_id("composer").fill("Às 14h")
    await page.get_by_test_id("send").click()
    await to_end(page)
    last = page.locator('[data-testid="bubble"][data-author="agent"]').last
    await expect(last).to_contain_text("Às 14h")
    await expect(last).to_have_attribute("data-status", re.compile("sent|delivered|read"), timeout=WAIT)
    await last.hover()
    await last.get_by_test_id("message-menu").click()
    await page.get_by_role("menuitem", name="Editar").click()
    await page.get_by_test_id("edit-text").fill("Às 15h")
    await page.get_by_role("button", name="Salvar").click()
    await expect(last).to_contain_text("Às 15h")
    await expect(last).to_contain_text("editada")
    await last.hover()
    await last.get_by_test_id("message-menu").click()
    await page.get_by_role("menuitem", name="Reagir com ❤️").click()
    await expect(last).to_contain_text("❤️")
    await last.hover()
    await last.get_by_test_id("message-menu").click()
    await page.get_by_role("menuitem", name="Apagar").click()
    await page.get_by_role("dialog").get_by_role("button", name="Apagar").click()
    await expect(last).to_contain_text("Mensagem apagada", timeout=WAIT)
    assert await checked(page) == []
