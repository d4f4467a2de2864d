"""A turn never ends in silence: the next model, or a person and a polite word."""

from __future__ import annotations

from typing import Any

from tests.house import Clinic, House
from tests.inbox.scenes import ANA, answered, quiet, rest, state_is, switched


async def test_a_contact_who_asks_for_a_person_is_queued_and_told_so(house: House) -> None:
    clinic = await house.clinic()
    clinic.says(ANA, "quero falar com um atendente")
    conversation = await state_is(clinic, ANA, "queued")
    assert conversation["handoff"]["reason"] == "requested-by-contact"
    (said,) = await answered(clinic, ANA)
    assert said.strip()
    clinic.says(ANA, "ainda está aí?")
    await quiet(clinic)
    await rest(0.5)
    assert len(clinic.sent_to(ANA)) == 1, "who waits for a person is not answered by the assistant"


async def test_where_the_first_model_fails_the_next_one_answers(house: House) -> None:
    clinic = await house.clinic()
    await _models(clinic, "broken-model", ["gpt-4o-mini"])
    clinic.says(ANA, "abacaxi azul")
    (said,) = await answered(clinic, ANA)
    assert "“abacaxi azul”" in said
    assert {call.model for call in house.sim.log.model_calls()} == {"broken-model", "gpt-4o-mini"}
    assert (await clinic.conversation(ANA))["state"] == "bot"


async def test_where_every_model_fails_a_person_gets_the_conversation_and_the_contact_a_polite_word(
    house: House,
) -> None:
    for fault in ("500", "429", "malformed", "empty"):
        clinic = await house.clinic()
        async with switched(house, model_error=fault):
            clinic.says(ANA, "abacaxi azul")
            conversation = await state_is(clinic, ANA, "queued")
            assert conversation["handoff"]["reason"] == "model-failed", fault
            (said,) = await answered(clinic, ANA)
        assert "abacaxi" not in said


async def test_without_a_published_assistant_that_is_on_conversations_go_to_people(house: House) -> None:
    clinic = await house.clinic()
    await _change(clinic, enabled=False)
    clinic.says(ANA, "abacaxi azul")
    conversation = await state_is(clinic, ANA, "queued")
    assert conversation["handoff"]["reason"] == "assistant-off"
    await rest(0.5)
    assert clinic.sent_to(ANA) == []
    back = await clinic.client.post(f"/conversations/{conversation['id']}/hand-back", {})
    assert back.status == 409


async def _models(clinic: Clinic, model: str, fallbacks: list[str]) -> None:
    await _change(clinic, model=model, fallback_models=fallbacks)


async def _change(clinic: Clinic, **changes: Any) -> None:
    assistant = (await clinic.client.get("/assistants"))["items"][0]
    changed = await clinic.client.patch(f"/assistants/{assistant['id']}", changes)
    assert changed.status == 200, changed.body
    published = await clinic.client.post(f"/assistants/{assistant['id']}/publish", {})
    assert published.status == 200, published.body
