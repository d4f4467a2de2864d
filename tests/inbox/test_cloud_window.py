"""The 24 hours in which a number at the Cloud API may write freely."""

from __future__ import annotations

from typing import Any

from tests.cloud import age, arrived, cloud_clinic, post, synced
from tests.house import House, eventually
from tests.inbox.scenes import ANA, BIA, answered, quiet, switched, tried

Json = dict[str, Any]


async def test_B115_outside_the_window_only_a_template_is_taken(house: House) -> None:
    clinic = await cloud_clinic(house)
    clinic.says(ANA, "oi")
    await answered(clinic, ANA)
    await quiet(clinic)
    await age(clinic, 23.9)
    assert (await post(clinic, ANA, {"text": "ainda"})).status == 201
    await eventually(lambda: len(clinic.sent_to(ANA)) >= 2)
    await age(clinic, 0.2)
    refused = await post(clinic, ANA, {"text": "tarde"})
    assert (refused.status, refused["code"]) == (409, "window-closed")
    template = {"name": "pedido_confirmado", "language": "pt_BR", "variables": {"body.1": "Ana", "body.2": "amanhã"}}
    await synced(clinic)
    sent = await post(clinic, ANA, {"template": template})
    assert (sent.status, sent["type"]) == (201, "template")
    words = "Olá, Ana! Seu horário de amanhã está confirmado."
    assert sent["text"] == f"{words}\n\nClínica Sorriso"
    await eventually(lambda: len(clinic.sent_to(ANA)) >= 3)
    assert clinic.sent_to(ANA)[-1].text == words
    # The contact answers, and the window is open again.
    clinic.says(ANA, "obrigada")

    async def open_again() -> bool:
        return (await post(clinic, ANA, {"text": "de nada"})).status == 201

    await eventually(open_again)


async def test_a_send_that_comes_up_after_the_window_is_not_posted(house: House) -> None:
    clinic = await cloud_clinic(house)
    clinic.says(ANA, "oi")
    await answered(clinic, ANA)
    await quiet(clinic)
    async with switched(house, error_rate=1.0, error_status=503):
        assert (await post(clinic, ANA, {"text": "quase"})).status == 201
        await eventually(lambda: tried(clinic))
        await age(clinic, 25)
    calls = len([entry for entry in house.sim.log if entry.kind == "send" and entry.instance == clinic.instance])

    async def failed() -> bool:
        return (await clinic.messages(ANA))[-1]["status"] == "failed"

    await eventually(failed)
    assert (await clinic.messages(ANA))[-1]["error"]["code"] == "window-closed"
    after = [entry for entry in house.sim.log if entry.kind == "send" and entry.instance == clinic.instance]
    assert len(after) == calls


async def test_the_window_counts_from_when_it_was_said(house: House) -> None:
    """Not from when it came, and never backwards."""
    clinic = await cloud_clinic(house, quiet=30, max_wait=60)
    clinic.says(ANA, "agora")
    await arrived(clinic)
    before = (await clinic.conversation(ANA))["window_expires_at"]
    now = int(house.sim.instance(clinic.instance).settings["heard"][ANA])
    clinic.says(ANA, "ontem", timestamp=now - 3600)
    await arrived(clinic)
    assert (await clinic.conversation(ANA))["window_expires_at"] == before
    clinic.says(BIA, "há pouco", timestamp=now - 7200)
    await arrived(clinic)
    assert (await clinic.conversation(BIA))["window_expires_at"] < before


async def test_the_provider_may_know_better(house: House) -> None:
    clinic = await cloud_clinic(house)
    clinic.says(ANA, "oi")
    await answered(clinic, ANA)
    await quiet(clinic)
    house.sim.instance(clinic.instance).settings["heard"].clear()
    assert (await post(clinic, ANA, {"text": "quem sabe"})).status == 201

    async def failed() -> bool:
        return (await clinic.messages(ANA))[-1]["status"] == "failed"

    await eventually(failed)
    assert (await clinic.messages(ANA))[-1]["error"]["code"] == "window-closed"
