"""What people send besides words: dropped, pasted, recorded, refused, and sent again."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest
from playwright.async_api import Page, expect

from evoai.simulator.files import page as pdf
from evoai.simulator.files import picture
from tests.e2e.conftest import Person, Tenant
from tests.e2e.test_pages import checked

pytestmark = pytest.mark.e2e

ANA = "5511955550201"
WAIT = 25_000
LEFT = re.compile("sent|delivered|read")
# Files as a browser hands them over: [name, type, bytes].
_TRANSFER = """(files) => {
  const data = new DataTransfer()
  for (const [name, type, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name, { type }))
  return data
}"""


async def transfer(page: Page, *files: tuple[str, str, bytes]) -> Any:
    return await page.evaluate_handle(_TRANSFER, [[name, kind, list(data)] for name, kind, data in files])


async def talking(person: Person, tenant: Tenant) -> None:
    """Ana's conversation is open, and a person has it."""
    page = person.page
    await person.log_in(tenant.email, tenant.password)
    await tenant.writes(ANA, "Oi, tudo bem?")
    await person.open("/inbox")
    await page.get_by_test_id("conversation-row").first.click()
    await page.get_by_test_id("take-over").click()
    await expect(page.get_by_test_id("handoff-banner")).to_have_attribute("data-state", "human-me")


def attachments(page: Page, *, ready: bool = True) -> Any:
    return page.locator(f'[data-testid="attachment"][data-ready="{str(ready).lower()}"]')


def last(page: Page) -> Any:
    return page.locator('[data-testid="bubble"][data-author="agent"]').last


async def file_of(tenant: Tenant, message_id: str) -> bytes:
    """The bytes as they are on the contact's phone."""
    async with tenant.http.get(f"{tenant.demo.phone}/_sim/file?id={message_id}") as answer:
        assert answer.status == 200
        return await answer.read()


async def recorded(page: Page, seconds: int = 2) -> None:
    await page.get_by_test_id("record").click()
    await expect(page.get_by_test_id("recording").get_by_role("timer")).to_have_text(f"0:0{seconds}")
    await page.get_by_test_id("stop-recording").click()
    await expect(attachments(page)).to_have_count(1, timeout=WAIT)


@pytest.mark.parametrize("width", [1280, 390])
async def test_files_are_dropped_pasted_and_recorded(visit: Any, tenant: Tenant, width: int) -> None:
    person: Person = await visit(width=width)
    page = person.page
    await talking(person, tenant)
    before = len(await tenant.sent(ANA))
    jpeg, document = picture("sala", Random(3)), pdf("Total 120")

    # Dropped on the thread, not only on the field: two at once, and one caption.
    held = await transfer(page, ("sala.jpg", "image/jpeg", jpeg), ("orçamento.pdf", "application/pdf", document))
    await page.get_by_test_id("thread").dispatch_event("dragover", {"dataTransfer": held})
    await expect(page.get_by_text("Solte aqui para anexar")).to_be_visible()
    await page.get_by_test_id("thread").dispatch_event("drop", {"dataTransfer": held})
    await expect(page.get_by_text("Solte aqui para anexar")).to_have_count(0)
    await expect(attachments(page)).to_have_count(2, timeout=WAIT)
    assert await checked(page) == []
    await page.get_by_test_id("composer").fill("a sala e o orçamento")
    await page.get_by_test_id("send").click()
    await expect(last(page)).to_contain_text("orçamento.pdf")
    await expect(last(page)).to_have_attribute("data-status", LEFT, timeout=WAIT)

    # Pasted.
    pasted = await transfer(page, ("image.png", "image/png", picture("print", Random(4))))
    await page.get_by_test_id("composer").evaluate(
        "(field, data) => field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }))",
        pasted,
    )
    await expect(attachments(page)).to_have_count(1, timeout=WAIT)
    await page.get_by_test_id("send").click()
    await expect(page.locator('[data-testid="bubble"][data-author="agent"]')).to_have_count(3)
    await expect(last(page)).to_have_attribute("data-status", LEFT, timeout=WAIT)

    # Recorded, and heard again in the thread.
    await recorded(page)
    await page.get_by_test_id("send").click()
    await expect(last(page).get_by_test_id("audio")).to_be_visible()
    await expect(last(page)).to_have_attribute("data-status", LEFT, timeout=WAIT)
    await last(page).get_by_test_id("play").click()
    await expect(last(page).get_by_role("slider")).not_to_have_value("0")

    arrived = (await tenant.sent(ANA))[before:]
    assert [(entry["what"], entry.get("text", "")) for entry in arrived] == [
        ("image", "a sala e o orçamento"),
        ("document", ""),
        ("image", ""),
        ("audio", ""),
    ]
    assert await file_of(tenant, arrived[0]["id"]) == jpeg
    assert await file_of(tenant, arrived[1]["id"]) == document
    sound = await file_of(tenant, arrived[3]["id"])
    assert sound.startswith(b"OggS")
    assert b"OpusHead" in sound[:64]


async def test_what_cannot_be_sent_is_said_before_it_is_sent(visit: Any, tenant: Tenant) -> None:
    person: Person = await visit(width=390, locale="en")
    page = person.page
    await tenant.speaks("en")
    await talking(person, tenant)
    large = await page.evaluate_handle(
        """() => {
          const data = new DataTransfer()
          data.items.add(new File([new Uint8Array(17 * 1024 * 1024)], 'grande.png', { type: 'image/png' }))
          return data
        }"""
    )
    await page.get_by_test_id("thread").dispatch_event("drop", {"dataTransfer": large})
    await expect(attachments(page, ready=False)).to_contain_text("Over 16 MB.")
    await expect(page.get_by_test_id("send")).to_be_disabled()
    await page.get_by_role("button", name="Remove grande.png").click()
    program = {"name": "jogo.exe", "mimeType": "application/octet-stream", "buffer": b"MZ" + bytes(100)}
    await page.get_by_test_id("file").set_input_files(program)  # type: ignore[arg-type]
    await expect(attachments(page, ready=False)).to_contain_text("This type of file cannot be sent.", timeout=WAIT)
    await expect(page.get_by_role("button", name="again")).to_have_count(0)
    liar = {"name": "foto.png", "mimeType": "image/png", "buffer": b"no picture at all"}
    await page.get_by_test_id("file").set_input_files(liar)  # type: ignore[arg-type]
    await expect(attachments(page, ready=False).last).to_contain_text("is not what its name says", timeout=WAIT)
    assert await checked(page) == []
    await page.get_by_role("button", name="Remove jogo.exe").click()
    await page.get_by_role("button", name="Remove foto.png").click()
    # A recording that is thrown away goes nowhere.
    await page.get_by_test_id("record").click()
    await page.get_by_role("button", name="Discard the recording").click()
    await expect(page.get_by_test_id("recording")).to_have_count(0)
    await expect(page.get_by_test_id("attachment")).to_have_count(0)


async def test_a_refused_voice_note_is_sent_again_on_an_official_number(visit: Any, newcomer: Tenant) -> None:
    person: Person = await visit()
    page, tenant = person.page, newcomer
    await tenant.adds_official()
    await talking(person, tenant)
    await tenant.simulator("/faults", {"instance": tenant.instance, "cloud_error": 131049})
    await recorded(page)
    await page.get_by_test_id("send").click()
    await expect(last(page)).to_have_attribute("data-status", "failed", timeout=WAIT)
    await expect(page.get_by_text("para evitar excesso de marketing")).to_be_visible()
    assert await checked(page) == []
    await tenant.simulator("/faults", {"instance": tenant.instance, "cloud_error": 0})
    await page.get_by_test_id("resend").click()
    await expect(last(page)).to_have_attribute("data-status", LEFT, timeout=WAIT)
    sound = await file_of(tenant, (await tenant.sent(ANA))[-1]["id"])
    assert sound.startswith(b"OggS")
