"""Every page: no axe violation, no sideways scroll, no error in the console, in both languages and themes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Demo, Tenant, axe

pytestmark = pytest.mark.e2e

OPEN = ("/login", "/signup")
CLOSED = (
    *(
        "/first-steps",
        "/inbox",
        "/contacts",
        "/assistant",
        "/assistant?section=try",
        "/assistant?section=tests",
        "/assistant?section=versions",
        "/assistant/tools",
        "/knowledge",
        "/knowledge?part=gaps",
        "/knowledge?part=test",
        "/channels",
    ),
    *("/ledger", "/events", "/usage", "/settings"),
)
LOOKS = [(1440, "pt-BR", "light"), (1440, "en", "dark"), (390, "pt-BR", "dark"), (390, "en", "light")]


@pytest.mark.parametrize(("width", "locale", "color"), LOOKS)
async def test_every_page_is_accessible(visit: Any, tenant: Tenant, width: int, locale: str, color: str) -> None:
    person = await visit(width=width, locale=locale, color=color)
    page: Page = person.page
    found: dict[str, list[str]] = {}
    for path in OPEN:
        await page.goto(f"{person.demo.app}{path}")
        await page.get_by_role("heading").first.wait_for()
        found[path] = await checked(page)
    await tenant.speaks(locale)
    await person.log_in(tenant.email, tenant.password)
    await tenant.writes("5511955550001", "Oi, tudo bem?")
    for path in CLOSED:
        await person.open(path)
        await page.wait_for_load_state("networkidle")
        found[path] = await checked(page)
    await person.open("/inbox")
    await page.get_by_test_id("conversation-row").first.click()
    await page.locator('[data-testid="bubble"][data-direction="out"]').first.wait_for(timeout=25_000)
    found["conversation"] = await checked(page)
    await person.open("/contacts")
    await page.get_by_test_id("contact-row").first.click()
    await page.get_by_test_id("consent-change").wait_for()
    found["contact"] = await checked(page)
    await page.get_by_test_id("merge").click()
    await page.get_by_role("dialog").last.get_by_role("searchbox").wait_for()
    # A dialog above a sheet: while both appear, what is seen through them has no contrast of its own.
    await page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))")
    found["merge"] = await checked(page)
    await person.open("/events")
    await page.get_by_test_id("event-row").first.click()
    await page.get_by_test_id("event-body").wait_for()
    found["event"] = await checked(page)
    await person.open("/events?tab=letters")
    await page.wait_for_load_state("networkidle")
    found["dead letters"] = await checked(page)
    assert {path: issues for path, issues in found.items() if issues} == {}


_AT_REST = """() => Promise.all(document.getAnimations()
  .filter((one) => one.effect.getTiming().iterations !== Infinity)
  .map((one) => one.finished.catch(() => null)))"""


async def checked(page: Page) -> list[str]:
    await page.evaluate(_AT_REST)
    issues = await axe(page)
    sideways = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if sideways > 0:
        issues.append(f"scrolls sideways by {sideways} px")
    return issues


async def test_login_says_the_same_for_a_wrong_password_and_an_unknown_e_mail(visit: Any, tenant: Tenant) -> None:
    person = await visit()
    page: Page = person.page
    words = []
    for email in (tenant.email, "ninguem@clinica.example"):
        await page.goto(f"{person.demo.app}/login")
        await page.get_by_test_id("login-email").fill(email)
        await page.get_by_test_id("login-password").fill("uma senha errada")
        await page.get_by_test_id("login-submit").click()
        words.append(await page.get_by_role("alert").first.inner_text())
    assert words[0] == words[1]


async def test_a_link_from_outside_leads_back_after_login_and_only_inside(visit: Any, tenant: Tenant) -> None:
    person = await visit()
    page: Page = person.page
    await page.goto(f"{person.demo.app}/assistant")
    await page.wait_for_url(re.compile(r"/login"))
    await page.get_by_test_id("login-email").fill(tenant.email)
    await page.get_by_test_id("login-password").fill(tenant.password)
    await page.get_by_test_id("login-submit").click()
    await page.wait_for_url(re.compile(r"/assistant"))
    other = await visit()
    await other.page.goto(f"{person.demo.app}/login?next=//evil.example/x")
    await other.page.get_by_test_id("login-email").fill(tenant.email)
    await other.page.get_by_test_id("login-password").fill(tenant.password)
    await other.page.get_by_test_id("login-submit").click()
    await other.page.wait_for_url(re.compile(re.escape(person.demo.app) + "/(first-steps|inbox)"))


async def test_sign_up_logs_in_and_shows_the_first_steps(visit: Any, demo: Demo) -> None:
    person = await visit(width=390)
    page: Page = person.page
    await page.goto(f"{demo.app}/signup")
    await page.get_by_test_id("signup-company").fill("Padaria Sol & Mar")
    await page.get_by_test_id("signup-name").fill("Rui Costa")
    await page.get_by_test_id("signup-email").fill("rui.costa@padaria.example")
    await page.get_by_test_id("signup-password").fill("pão de queijo quente")
    await page.get_by_test_id("signup-submit").click()
    await page.wait_for_url(re.compile(r"/first-steps"))
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    # The session outlives the tab's memory: the cookie brings it back.
    await page.reload()
    await page.wait_for_url(re.compile(r"/first-steps"))


@pytest.mark.parametrize("width", [1440, 390])
async def test_the_assistant_is_changed_and_published(visit: Any, tenant: Tenant, width: int) -> None:
    person = await visit(width=width)
    page: Page = person.page
    await person.log_in(tenant.email, tenant.password)
    await person.open("/assistant")
    await page.get_by_test_id("assistant-name").fill("Sofia")
    await page.get_by_role("button", name="Salvar", exact=True).click()
    await page.get_by_test_id("assistant-publish").click()
    await expect(page.get_by_test_id("changes")).to_contain_text("Sofia")
    await page.get_by_test_id("publish-confirm").click()
    await expect(page.get_by_text(re.compile("vers[aã]o 3", re.IGNORECASE)).first).to_be_visible()
    assistant = (await tenant.call("GET", "/assistants"))["items"][0]
    assert (assistant["name"], assistant["published_version"], assistant["dirty"]) == ("Sofia", 3, False)


@pytest.mark.parametrize("width", [1440, 390])
async def test_a_question_of_the_playground_becomes_a_test_that_runs(visit: Any, tenant: Tenant, width: int) -> None:
    person = await visit(width=width)
    page: Page = person.page
    await person.log_in(tenant.email, tenant.password)
    await person.open("/assistant?section=try")
    await page.get_by_test_id("playground-message").fill("Qual é o horário de vocês?")
    await page.get_by_role("button", name="Enviar", exact=True).click()
    await page.get_by_test_id("playground-answer").wait_for()
    await page.get_by_role("button", name="Salvar como teste").click()
    await page.get_by_role("button", name="Expectativa").click()
    await page.get_by_test_id("case-value").fill("qualquer hora")
    await page.get_by_test_id("case-save").click()
    await page.get_by_test_id("section-tests").click()
    await page.get_by_test_id("run-all").click()
    await page.get_by_role("dialog").get_by_role("button", name="Rodar todos").click()
    await expect(page.get_by_test_id("run")).to_have_attribute("data-state", "finished", timeout=20_000)
    assistant = (await tenant.call("GET", "/assistants"))["items"][0]
    runs = (await tenant.call("GET", f"/assistants/{assistant['id']}/test-runs"))["items"]
    assert [(run["state"], run["passed"]) for run in runs] == [("finished", 1)]


CSV = """nome;telefone;tags
Ângela Souza;(21) 98111-0001;vip
Angela S.;(21) 98111-0002;
Sem telefone;;
"""


@pytest.mark.parametrize("width", [1440, 390])
async def test_contacts_are_imported_found_merged_taken_apart_and_erased(
    visit: Any, tenant: Tenant, width: int
) -> None:
    person = await visit(width=width)
    page: Page = person.page
    await person.log_in(tenant.email, tenant.password)
    await person.open("/contacts")
    await page.get_by_role("button", name="Importar").click()
    file = {"name": "contatos.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    await page.get_by_test_id("import-file").set_input_files(file)  # type: ignore[arg-type]
    await expect(page.get_by_test_id("import-report")).to_contain_text("Linha 4")
    assert (await tenant.call("GET", "/contacts?q=angela"))["items"] == []
    await page.get_by_test_id("import-run").click()
    await expect(page.get_by_test_id("import-report")).to_contain_text("criados")
    await page.get_by_role("button", name="Fechar").last.click()
    await page.get_by_test_id("contact-search").fill("98111-0001")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("contact-row")).to_have_count(1)
    await page.get_by_test_id("contact-row").click()
    await page.get_by_test_id("merge").click()
    await page.get_by_role("dialog").last.get_by_role("searchbox").fill("angela s")
    await page.keyboard.press("Enter")
    await page.get_by_test_id("merge-choice").click()
    await expect(page.get_by_test_id("merge-preview")).to_contain_text("98111-0002")
    await page.get_by_test_id("merge-confirm").click()
    await expect(page.get_by_test_id("undo-merge")).to_be_visible()
    assert len((await tenant.call("GET", "/contacts?q=angela"))["items"]) == 1
    await page.get_by_test_id("undo-merge").click()
    await page.get_by_role("dialog").last.get_by_role("button", name="Separar").click()
    await expect(page.get_by_test_id("undo-merge")).to_have_count(0)
    assert len((await tenant.call("GET", "/contacts?q=angela"))["items"]) == 2
    await page.get_by_test_id("consent-change").click()
    await page.get_by_role("dialog").last.get_by_role("textbox").fill("pediu no balcão")
    await page.get_by_role("button", name="Salvar").click()
    await expect(page.get_by_text("pediu no balcão")).to_be_visible()
    await page.get_by_test_id("erase").click()
    await page.get_by_role("dialog").last.get_by_role("textbox").fill("Ângela Souza")
    await page.get_by_role("button", name="Apagar para sempre").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    left = (await tenant.call("GET", "/contacts?q=angela"))["items"]
    assert [item["name"] for item in left] == ["Angela S."]


async def test_the_inbox_works_by_keyboard_alone(visit: Any, tenant: Tenant) -> None:
    person = await visit()
    page: Page = person.page
    await person.log_in(tenant.email, tenant.password)
    await tenant.writes("5511955550002", "Oi")
    await person.open("/inbox")
    await page.get_by_test_id("conversation-row").first.wait_for()
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.locator('[data-testid="bubble"]').first.wait_for()
    await page.keyboard.press("r")
    await expect(page.get_by_test_id("composer")).to_be_focused()
    await page.keyboard.type("Resposta pelo teclado")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Resposta pelo teclado").first).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
