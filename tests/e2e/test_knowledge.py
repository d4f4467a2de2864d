"""Knowledge in a real Chromium: files are sent, read before one's eyes, asked about on the phone, cited, forgotten."""

from __future__ import annotations

import asyncio
import re
import time
from itertools import product
from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.e2e.conftest import Tenant, axe
from tests.knowledge.files import pdf, word

pytestmark = pytest.mark.e2e

WAIT = 40_000
WARRANTY = "a garantia é de dezoito meses."
WHATS = ("preparo", "duração", "anestesia", "retorno", "higiene", "alimentação", "dor", "garantia")
OFS = ("implante", "aparelho", "canal", "clareamento", "selante")
HANDBOOK = pdf(
    [
        [
            (f"{what.capitalize()} do {of}", 20),
            (f"Sobre {what} do {of}: {'a equipe explica na consulta.' if page != 39 else WARRANTY}", 11),
        ]
        for page, (what, of) in enumerate(product(WHATS, OFS), 1)
    ]
)
PARKING = word(("Heading 1", "Estacionamento"), ("Normal", "O estacionamento fica no subsolo da torre azul."))
PDF_TYPE = "application/pdf"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FILES: list[FilePayload] = [
    {"name": "Manual da clínica.pdf", "mimeType": PDF_TYPE, "buffer": HANDBOOK},
    {"name": "Como chegar.docx", "mimeType": WORD_TYPE, "buffer": PARKING},
]
WATCH = """
window.stages = {}
new MutationObserver(() => {
  for (const row of document.querySelectorAll('[data-testid="document-row"]')) {
    const seen = (window.stages[row.dataset.documentId] ??= [])
    if (seen.at(-1) !== row.dataset.state) seen.push(row.dataset.state)
  }
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] })
"""
ORDER = ["uploaded", "reading", "splitting", "indexing", "ready"]


def row_of(page: Page, title: str) -> Any:
    return page.get_by_test_id("document-row").filter(has_text=title)


async def send(page: Page, files: list[FilePayload]) -> None:
    await page.get_by_test_id("file-input").set_input_files(files)


async def is_ready(page: Page, title: str) -> None:
    await expect(row_of(page, title)).to_have_attribute("data-state", "ready", timeout=WAIT)


async def test_files_are_read_before_ones_eyes(visit: Any, tenant: Tenant) -> None:
    person = await visit()
    page: Page = person.page
    await page.add_init_script(WATCH)
    await person.log_in(tenant.email, tenant.password)
    await person.open("/knowledge")
    await send(page, FILES)
    for title in ("Manual da clínica", "Como chegar"):
        await is_ready(page, title)
    await expect(row_of(page, "Manual da clínica")).to_contain_text("40 páginas")
    stages: dict[str, list[str]] = await page.evaluate("window.stages")
    assert len(stages) == 2
    for seen in stages.values():
        assert seen[-1] == "ready"
        assert len(seen) > 1, "it was seen only once it was ready"
        assert seen == [stage for stage in ORDER if stage in seen], seen


async def test_what_cannot_be_read_says_what_helps(visit: Any, tenant: Tenant) -> None:
    person = await visit(width=390)
    page: Page = person.page
    await person.log_in(tenant.email, tenant.password)
    await person.open("/knowledge")
    await send(
        page,
        [
            {"name": "foto.png", "mimeType": "image/png", "buffer": b"\x89PNG"},
            {"name": "quebrado.pdf", "mimeType": PDF_TYPE, "buffer": b"%PDF-1.4\nnothing more"},
            {"name": "regras.txt", "mimeType": "text/plain", "buffer": b"Trocas em trinta dias."},
        ],
    )
    await expect(page.get_by_test_id("upload")).to_have_count(1)
    await expect(page.get_by_test_id("upload")).to_contain_text("Este formato não é lido")
    await is_ready(page, "regras")
    failed = row_of(page, "quebrado")
    await expect(failed).to_have_attribute("data-state", "failed", timeout=WAIT)
    await expect(failed.get_by_test_id("failure")).to_be_visible()
    await expect(failed.get_by_role("button", name="Tentar de novo")).to_be_visible()
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


async def test_files_go_on_while_another_page_is_open(visit: Any, tenant: Tenant) -> None:
    person = await visit()
    page: Page = person.page
    session = await person.context.new_cdp_session(page)
    await person.log_in(tenant.email, tenant.password)
    await person.open("/knowledge")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}
    await session.send("Network.emulateNetworkConditions", slow)
    large = b"Trocas em trinta dias.\n" * 60_000
    await send(page, [{"name": f"regras {n}.txt", "mimeType": "text/plain", "buffer": large} for n in range(3)])
    await expect(page.get_by_test_id("upload").first).to_have_attribute("data-state", "sending")
    await page.get_by_role("link", name="Canais").click()
    await expect(page.get_by_text(re.compile(r"^Enviando \d de 3 arquivos$"))).to_be_visible()
    await session.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    await expect(page.get_by_text("3 de 3 arquivos enviados")).to_be_visible(timeout=WAIT)
    documents = (await tenant.call("GET", "/documents"))["items"]
    assert sorted(each["title"] for each in documents) == ["regras 0", "regras 1", "regras 2"]


async def test_the_page_works_by_keyboard_alone(visit: Any, tenant: Tenant) -> None:
    person = await visit()
    page: Page = person.page
    await person.log_in(tenant.email, tenant.password)
    await person.open("/inbox")
    await page.keyboard.press("g")
    await page.keyboard.press("k")
    add = page.get_by_test_id("add-pair")
    await add.wait_for()
    await add.focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("dialog").wait_for()
    await page.keyboard.press("Tab")
    await expect(page.get_by_test_id("document-question")).to_be_focused()
    await page.keyboard.type("Vocês aceitam Pix?")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Sim, e parcelamos no cartão.")
    await page.keyboard.press("Tab")
    await page.keyboard.type("pagamento")
    await page.keyboard.press("Enter")
    await is_ready(page, "Vocês aceitam Pix?")
    await expect(add).to_be_focused()
    link = row_of(page, "Vocês aceitam Pix?").get_by_role("link")
    await link.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_contain_text("parcelamos")
    await page.keyboard.press("Escape")
    await expect(link).to_be_focused()
    await page.get_by_test_id("part-test").focus()
    await page.keyboard.press("Enter")
    await page.get_by_test_id("test-query").focus()
    await page.keyboard.type("dá para pagar com pix?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("passage").first).to_contain_text("parcelamos no cartão")


async def test_two_tabs_see_a_deletion_at_once(visit: Any, tenant: Tenant) -> None:
    await tenant.call("POST", "/documents", {"question": "Há vagas?", "answer": "Sim, no subsolo."})
    first, second = await visit(), await visit()
    for person in (first, second):
        await person.log_in(tenant.email, tenant.password)
        await person.open("/knowledge")
        await is_ready(person.page, "Há vagas?")
    await row_of(first.page, "Há vagas?").get_by_role("link").click()
    await first.page.get_by_test_id("document-delete").click()
    asking = first.page.get_by_role("dialog", name="Apagar “Há vagas?”?")
    await expect(asking).to_contain_text("Não dá para desfazer")
    await asking.get_by_role("button", name="Apagar").click()
    for person in (first, second):
        await expect(person.page.get_by_test_id("document-row")).to_have_count(0)
        await expect(person.page.get_by_text("Nenhum documento ainda")).to_be_visible()


async def phone_of(person: Any, tenant: Tenant) -> Page:
    """The contact's phone page, at the tenant's number."""
    phone: Page = await person.context.new_page()
    await phone.goto(f"{tenant.demo.phone}/")
    await phone.locator("#instance").select_option(tenant.instance)
    await phone.locator('[data-testid^="contact-"]').first.click()
    return phone


async def asks(phone: Page, text: str, answers: int) -> str:
    """All that stands on the phone once `answers` bubbles came in."""
    await phone.get_by_test_id("composer").fill(text)
    await phone.get_by_test_id("send").click()
    bubbles = phone.locator('[data-testid="bubble"][data-direction="in"]')
    until = time.monotonic() + WAIT / 1000
    while await bubbles.count() < answers:
        assert time.monotonic() < until, "no answer came"
        await asyncio.sleep(0.2)
    return await bubbles.nth(answers - 1).inner_text()


async def test_from_the_pdf_to_the_cited_answer_its_cost_and_its_end(visit: Any, tenant: Tenant) -> None:
    person = await visit()
    page: Page = person.page
    await person.log_in(tenant.email, tenant.password)
    await person.open("/knowledge")
    await send(page, FILES)
    for title in ("Manual da clínica", "Como chegar"):
        await is_ready(page, title)

    phone = await phone_of(person, tenant)
    answer = await asks(phone, "Qual é a garantia do clareamento?", 1)
    assert "dezoito meses" in answer
    assert "Manual da clínica, p. 39" in answer

    await person.open("/inbox")
    await page.get_by_test_id("conversation-row").first.click(timeout=WAIT)
    bubble = page.locator('[data-testid="bubble"][data-author="assistant"]').first
    await bubble.wait_for(timeout=WAIT)
    await bubble.get_by_role("button", name="Por que esta resposta?").click()
    trace = page.get_by_test_id("trace")
    cited = trace.locator('[data-testid="passage"][data-cited="true"]')
    await expect(cited).to_contain_text("Manual da clínica, p. 39")
    await expect(cited).to_contain_text("a garantia é de dezoito meses")
    await expect(trace).to_contain_text(re.compile(r"R\$\s?0,\d+ \(US\$\s?0,\d+\)"))
    assert await axe(page) == []
    await page.keyboard.press("Escape")

    await person.open("/usage")
    await expect(page.get_by_test_id("cost")).to_contain_text(re.compile(r"R\$\s?0,\d+"))

    await person.open("/knowledge")
    await row_of(page, "Manual da clínica").get_by_role("link").click()
    await page.get_by_test_id("document-delete").click()
    await page.get_by_role("dialog", name=re.compile("^Apagar")).get_by_role("button", name="Apagar").click()
    await expect(row_of(page, "Manual da clínica")).to_have_count(0)

    answer = await asks(phone, "E qual é mesmo a garantia do clareamento?", 2)
    assert "dezoito" not in answer
    assert "Manual da clínica" not in answer
    # What was cited is named still, but says nothing any more.
    await person.open("/inbox")
    await page.get_by_test_id("conversation-row").first.click(timeout=WAIT)
    await bubble.get_by_role("button", name="Por que esta resposta?").click()
    await expect(cited).to_contain_text("não existe mais")
