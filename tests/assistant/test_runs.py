"""Test runs and cases over the front door: what they cost and show, how they are made, cut short and resumed."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.assistant.studio import CASES, Studio, case, open_studio
from tests.house import House, eventually
from tests.realtime.tabs import signed_in


@pytest.fixture(scope="module")
async def studio(house: House) -> Studio:
    return await open_studio(house)


async def test_a_run_says_what_each_case_gave_and_what_it_cost(studio: Studio, house: House) -> None:
    before = await studio.client.get("/usage")
    estimate = await studio.client.get(f"{studio.path}/test-runs/estimate")
    assert (estimate["cases"], estimate["tokens"] > 0, estimate["cost_micro_usd"] > 0) == (len(CASES), True, True)
    run = await studio.run()
    assert (run["done"], run["total"], run["published_passed"]) == (len(CASES), len(CASES), None)
    results = {result["name"]: result for result in run["results"]}
    price = results["Quanto custa a limpeza?"]
    assert (price["passed"], price["handed_over"], price["failures"]) == (True, False, [])
    assert "R$ 180" in price["answer"]
    assert results["Preciso da nota fiscal"]["tools"] == ["hand_over"]
    assert sum(result["tokens"] for result in run["results"]) == run["tokens"]
    # What was spent is in the tenant's usage, to the token, and each call has its trace.
    spent = (await studio.client.get("/usage"))["assistant_tokens"]["used"] - before["assistant_tokens"]["used"]
    assert spent == run["tokens"]
    row = await house.row(
        "select sum(input_tokens + output_tokens) from traces where tenant_id = $1 and purpose = 'test'"
        " and turn_id = $2",
        studio.client.tenant_id,
        UUID(run["id"]),
    )
    assert row[0] == run["tokens"]
    measured = await studio.client.get(f"{studio.path}/test-runs/estimate")
    assert abs(measured["tokens"] - run["tokens"]) < run["tokens"] / 2


async def test_how_far_a_run_is_is_told_as_it_goes(studio: Studio, house: House) -> None:
    async with signed_in(house, studio.client) as tab:
        started = await studio.client.post(f"{studio.path}/test-runs", {})
        assert started.status == 202, started.body
        seen = [await tab.until("test_run.updated", 30, id=started["id"])]
        while seen[-1]["data"]["state"] in ("queued", "running"):
            seen.append(await tab.until("test_run.updated", 30, id=started["id"]))
    done = [frame["data"]["done"] for frame in seen]
    assert done == sorted(done)
    assert len(set(done)) > 2
    shown = (await studio.client.get(f"/test-runs/{started['id']}")).body
    assert {name: shown[name] for name in seen[-1]["data"]} == seen[-1]["data"]


async def test_failures_say_why(house: House) -> None:
    studio = await open_studio(
        house,
        cases=[
            case("Quanto custa a limpeza?", ("contains", "R$ 200"), ("not_contains", "180"), ("handed_over", "")),
            case("Preciso da nota fiscal", ("not_handed_over", ""), ("tool_not_called", "hand_over")),
            case("O estacionamento é gratuito?", ("tool_called", "hand_over"), ("criterion", "Diz que custa R$ 10")),
        ],
    )
    run = await studio.run()
    assert (run["passed"], run["failed"], run["publishable"]) == (0, 3, False)
    found = {result["name"]: [failure["reason"] for failure in result["failures"]] for result in run["results"]}
    assert found["Quanto custa a limpeza?"] == [
        "The answer does not say “R$ 200”",
        "The answer says “180”",
        "It answered instead of handing over",
    ]
    assert found["Preciso da nota fiscal"] == ["It handed over instead of answering", "It called hand_over"]
    assert found["O estacionamento é gratuito?"][0] == "It did not call hand_over"
    assert "R$ 10" in found["O estacionamento é gratuito?"][1]


async def test_a_case_is_made_of_a_conversation_in_one_call(house: House) -> None:
    clinic = await house.clinic()
    studio = await open_studio(house, clinic.client, cases=[])
    phone = "5511987650088"
    clinic.says(phone, "Quanto custa a limpeza?", name="Ana")
    await eventually(lambda: clinic.sent_to(phone))
    clinic.says(phone, "Preciso da nota fiscal")
    await eventually(lambda: len(clinic.sent_to(phone)) == 2 or None)
    conversation = await clinic.conversation(phone)
    said = await clinic.messages(phone)
    answer = next(message for message in said if message["author"] == "assistant")
    body = {"conversation_id": conversation["id"], "message_id": answer["id"]}
    made = await clinic.client.post(f"{studio.path}/tests", body)
    assert made.status == 201, made.body
    assert made["messages"] == [{"author": "contact", "text": "Quanto custa a limpeza?"}]
    assert made["expectations"] == [{"kind": "contains", "value": "R$ 180"}]
    assert (made["name"], made["contact_name"]) == ("Quanto custa a limpeza?", "Ana")
    last = await clinic.client.post(f"{studio.path}/tests", {"conversation_id": conversation["id"]})
    assert [line["author"] for line in last["messages"]] == ["contact", "assistant", "contact"]
    assert last["expectations"] == [{"kind": "handed_over", "value": ""}]
    run = await studio.run()
    assert (run["passed"], run["failed"]) == (2, 0)


async def test_a_case_that_cannot_be_is_refused(studio: Studio) -> None:
    contact, assistant = {"author": "contact", "text": "Oi"}, {"author": "assistant", "text": "Olá"}
    nobody = "00000000-0000-7000-8000-000000000000"
    for body, status in (
        ({}, 422),
        ({"message_id": nobody}, 422),
        ({"conversation_id": nobody}, 404),
        ({"messages": []}, 422),
        ({"messages": [contact, assistant]}, 422),
        ({"messages": [{"author": "system", "text": "Oi"}]}, 422),
        ({"messages": [contact], "expectations": [{"kind": "contains", "value": " "}]}, 422),
        ({"messages": [contact], "expectations": [{"kind": "guessed", "value": "x"}]}, 422),
        ({"messages": [contact], "expectations": [{"kind": "cites_document", "value": nobody}]}, 422),
    ):
        answer = await studio.client.post(f"{studio.path}/tests", body)
        assert answer.status == status, (body, answer.body)
    [test_id] = await studio.add(case("Oi"))
    path = f"{studio.path}/tests/{test_id}"
    assert (await studio.client.patch(path, {"messages": [contact, assistant]})).status == 422
    changed = await studio.client.patch(path, {"name": "Saudação", "must_pass": False})
    assert (changed["name"], changed["must_pass"], changed["messages"]) == ("Saudação", False, [contact])
    assert (await studio.client.delete(path)).status == 204
    assert (await studio.client.patch(path, {"name": "x"})).status == 404
    started = await studio.client.post(f"{studio.path}/test-runs", {"test_ids": [test_id]})
    assert started.status == 404


async def test_a_run_is_cancelled_and_nothing_more_is_asked(house: House) -> None:
    studio = await open_studio(house, cases=CASES[:8])
    house.sim.set(model_ms=300)
    try:
        started = await studio.client.post(f"{studio.path}/test-runs", {})
        cancelled = await studio.client.post(f"/test-runs/{started['id']}/cancel")
        assert (cancelled.status, cancelled["state"]) == (200, "cancelled")
        again = await studio.client.post(f"/test-runs/{started['id']}/cancel")
        assert (again.status, again["code"]) == (409, "conflict")
    finally:
        house.sim.set(model_ms=20)
    run = await studio.ended(started["id"])
    assert (run["state"], run["done"] < run["total"], run["publishable"]) == ("cancelled", True, None)


async def test_a_run_that_a_dead_process_left_goes_on_where_it_stood(studio: Studio, house: House) -> None:
    run = await studio.run()
    tenant, run_id = studio.client.tenant_id, UUID(run["id"])
    kept = await house.rows("select id, finished_at from test_results where run_id = $1 order by id limit 5", run_id)
    await house.run(
        "update test_results set passed = null, answer = null, finished_at = null"
        " where tenant_id = $1 and run_id = $2 and not id = any($3)",
        tenant,
        run_id,
        [row["id"] for row in kept],
    )
    await house.run(
        "update test_runs set state = 'running', attempts = 1, lease_until = now() - interval '1 s', finished_at = null"
        " where tenant_id = $1 and id = $2",
        tenant,
        run_id,
    )
    again = await studio.ended(run["id"])
    assert (again["state"], again["passed"]) == ("finished", len(CASES))
    assert (
        await house.rows("select id, finished_at from test_results where run_id = $1 order by id limit 5", run_id)
        == kept
    )


async def test_without_room_in_the_plan_nothing_is_run(house: House) -> None:
    studio = await open_studio(house, cases=CASES[:1])
    tenant = studio.client.tenant_id
    await house.run("update subscriptions set plan_code = 'free' where tenant_id = $1", tenant)
    await house.run("update quotas set used = 1e9 where tenant_id = $1 and kind = 'assistant_tokens'", tenant)
    started = await studio.client.post(f"{studio.path}/test-runs", {})
    assert (started.status, started["code"], started["resource"]) == (402, "plan-limit", "assistant_tokens")
    played = await studio.client.post(f"{studio.path}/playground", {"messages": [{"author": "contact", "text": "Oi"}]})
    assert played.status == 402
