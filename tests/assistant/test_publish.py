"""What publishing refuses and what it lets through, over the front door: planted regressions, the bar, overrides."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from tests.assistant.studio import CASES, DRAFT, HANDOFF_RULES, INSTRUCTIONS, RULES, Studio, open_studio
from tests.house import House, eventually
from tests.tenants.people import add_member


@pytest.fixture(scope="module")
async def studio(house: House) -> Studio:
    return await open_studio(house)


def without(*words: str) -> str:
    return "\n".join(line for line in INSTRUCTIONS.splitlines() if not any(word in line for word in words))


REGRESSIONS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a wrong price": ({"instructions": INSTRUCTIONS.replace("R$ 180", "R$ 280")}, {"Quanto custa a limpeza?"}),
    "a digit lost": ({"instructions": INSTRUCTIONS.replace("2.500", "250")}, {"Quanto custa o implante?"}),
    "invented hours": ({"instructions": INSTRUCTIONS.replace("8h às 12h", "8h às 18h")}, {"Vocês abrem sábado?"}),
    "another street": (
        {"instructions": INSTRUCTIONS.replace("Rua das Flores, 120", "Rua das Palmeiras, 7")},
        {"Onde fica a Rua das Flores?"},
    ),
    "a lost sentence": ({"instructions": without("Parcelamos")}, {"Parcelam no cartão?"}),
    "a lost meaning": (
        {"instructions": INSTRUCTIONS.replace("gratuito por 2 horas", "pago, R$ 10 a hora")},
        {"O estacionamento é gratuito?"},
    ),
    "a dropped rule": ({"rules": RULES[1:]}, {"Quanto custa o clareamento?"}),
    "a dropped ban": ({"rules": RULES[:1]}, {"Tem desconto para estudantes?"}),
    "a missing handoff": ({"handoff_rules": HANDOFF_RULES[1:]}, {"Estou com dor depois do tratamento"}),
    "no handoff at all": (
        {"handoff_rules": []},
        {"Estou com dor depois do tratamento", "Preciso da nota fiscal"},
    ),
    "a missing keyword": ({"handoff_keywords": []}, {"É uma urgência, quebrei um dente"}),
    "a dead model": (
        {"model": "broken-1"},
        {item["messages"][0]["text"] for item in CASES} - {"É uma urgência, quebrei um dente"},
    ),
}


@pytest.mark.parametrize("name", REGRESSIONS)
async def test_a_planted_regression_is_refused(studio: Studio, name: str) -> None:
    before = (await studio.client.get(studio.path)).body
    change, broken = REGRESSIONS[name]
    await studio.change(**change)
    refused = await studio.tested()
    assert (refused.status, refused["code"]) == (409, "tests-failed"), refused.body
    failures = {failure["name"]: failure for failure in refused["failures"]}
    # A handoff's case expects nothing else of the answer, so that a dead model hands it over just the same.
    assert failures.keys() >= broken - ({"Bom dia!"} if name != "a dead model" else set())
    assert all(failure["reasons"] for failure in failures.values())
    assert all(failure["passed_before"] for failure in failures.values())
    assert (await studio.client.get(studio.path))["published_version"] == before["published_version"]
    await studio.change(**DRAFT | {"model": before["model"]})


async def test_an_unchanged_assistant_passes_every_time(studio: Studio) -> None:
    for _ in range(20):
        run = await studio.run()
        assert (run["state"], run["passed"], run["failed"], run["publishable"]) == ("finished", len(CASES), 0, True)
    published = await studio.publish()
    assert published.status == 200, published.body


async def test_thirty_cases_are_run_in_time(house: House) -> None:
    thirty = [item | {"name": f"Caso {number}"} for number, item in enumerate((CASES * 3)[:30])]
    studio = await open_studio(house, cases=thirty)
    began = monotonic()
    run = await studio.run()
    took = monotonic() - began
    assert (run["total"], run["done"], run["passed"]) == (30, 30, 30)
    assert took < 180
    assert run["tokens"] > 0
    assert run["cost_micro_usd"] > 0


async def test_the_way_back_takes_seconds(house: House) -> None:
    clinic = await house.clinic()
    studio = await open_studio(house, clinic.client, cases=[])
    good = (await clinic.client.get(studio.path))["published_version"]
    await studio.change(instructions=INSTRUCTIONS.replace("R$ 180", "R$ 999"), quiet_seconds=0)
    assert (await studio.publish()).status == 200
    began = monotonic()
    restored = await clinic.client.post(f"{studio.path}/restore", {"version": good, "note": "Preço errado"})
    assert restored.status == 200, restored.body
    phone = "5511987650077"
    clinic.says(phone, "Quanto custa a limpeza?")
    await eventually(lambda: clinic.sent_to(phone))
    assert "R$ 180" in clinic.sent_to(phone)[0].text
    assert monotonic() - began < 5
    versions = (await clinic.client.get(f"{studio.path}/versions"))["items"]
    assert (versions[0]["restored_from"], versions[0]["note"]) == (good, "Preço errado")
    # Work on the draft is not lost by it.
    assert (await clinic.client.get(studio.path))["instructions"].count("R$ 999") == 1


async def test_an_owner_may_override_and_has_to_say_why(house: House) -> None:
    studio = await open_studio(house)
    admin = await add_member(house, studio.client, "admin")
    await studio.change(instructions=INSTRUCTIONS.replace("R$ 180", "R$ 200"))
    assert (await studio.tested())["code"] == "tests-failed"
    reason = {"override_reason": "O preço mudou hoje, o teste muda amanhã"}
    refused = await admin.post(f"{studio.path}/publish", reason)
    assert (refused.status, refused["code"]) == (403, "forbidden")
    published = await studio.publish(**reason)
    assert (published.status, published["published_version"], published["dirty"]) == (200, 3, False)
    [newest, *_] = (await studio.client.get(f"{studio.path}/versions"))["items"]
    assert newest["override_reason"] == reason["override_reason"]
    entries = (await studio.client.get("/audit-log"))["items"]
    [entry] = [entry for entry in entries if entry["action"] == "assistants.override-tests"]
    assert entry["details"] == {"reason": reason["override_reason"], "refused_with": "tests-failed"}


async def test_the_bar_is_a_share_of_all_and_no_step_back(house: House) -> None:
    loose = [item | {"must_pass": False} for item in CASES]
    studio = await open_studio(house, cases=loose)
    await studio.change(pass_rate=50, instructions=INSTRUCTIONS.replace("R$ 180", "R$ 200"))
    refused = await studio.tested()
    # 11 of 12 are far over 50 %, but what contacts meet now passes all of them.
    assert (refused["code"], refused["passed"], refused["published_passed"]) == ("tests-failed", 11, 12)
    assert (await studio.publish(override_reason="Assim mesmo")).status == 200
    await studio.change(tone="formal")
    again = await studio.tested()
    assert again.status == 200, again.body
    await studio.change(pass_rate=95, tone="neutral")
    refused = await studio.tested()
    assert (refused["code"], refused["passed"], refused["pass_rate"]) == ("tests-failed", 11, 95)


async def test_a_run_speaks_for_its_draft_and_its_cases_only(house: House) -> None:
    studio = await open_studio(house, cases=CASES[:2])
    await studio.change(tone="formal")
    run = await studio.run()
    assert (run["publishable"], run["stale"]) == (True, False)
    await studio.change(tone="playful")
    waiting = await studio.publish()
    assert (waiting.status, waiting["code"]) == (409, "conflict")
    assert waiting["test_run_id"] != run["id"]
    assert (await studio.client.get(f"/test-runs/{run['id']}"))["stale"] is True
    await studio.ended(waiting["test_run_id"])
    [test_id] = await studio.add(CASES[3])
    another = await studio.publish()
    assert another["code"] == "conflict", another.body
    await studio.ended(another["test_run_id"])
    # When it answers is no part of what it answers.
    await studio.change(quiet_seconds=1, hours="business")
    assert (await studio.publish()).status == 200
    assert (await studio.client.delete(f"{studio.path}/tests/{test_id}")).status == 204


async def test_one_run_waits_for_a_publication_and_not_two(house: House) -> None:
    studio = await open_studio(house, cases=CASES[:1])
    await studio.change(tone="formal")
    house.sim.set(model_ms=500)
    try:
        first, second = await studio.publish(), await studio.publish()
    finally:
        house.sim.set(model_ms=20)
    assert first["test_run_id"] == second["test_run_id"]
    await studio.ended(first["test_run_id"])
