"""Login: one answer for every way to be wrong, and one spelling of an e-mail."""

from __future__ import annotations

import time
import unicodedata
from typing import Any
from uuid import uuid4

import pytest

from tests.house import House
from tests.tenants.people import PASSWORD, log_in


async def test_B010_T22_wrong_password_and_unknown_email_are_the_same_bytes(house: House) -> None:
    owner = await house.sign_up()
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    bodies = set()
    for _ in range(12):
        for kind, email in (("known", owner.user["email"]), ("unknown", f"{uuid4().hex[:12]}@clinica.example")):
            began = time.perf_counter()
            answer = await log_in(house, email, "não é esta senha")
            times[kind].append(time.perf_counter() - began)
            assert answer.status == 401
            bodies.add(str(sorted((k, v) for k, v in answer.body.items() if k != "request_id")))
    assert len(bodies) == 1
    # An unknown e-mail costs a hash as well; without it the difference is twentyfold.
    known, unknown = (sorted(times[kind])[6] for kind in ("known", "unknown"))
    assert 0.4 < unknown / known < 2.5


@pytest.mark.parametrize("spelling", ["upper", "spaces", "full width"])
async def test_B014_one_person_however_the_email_is_spelt(house: House, spelling: str) -> None:
    owner = await house.sign_up()
    email = owner.user["email"]
    spelt = {
        "upper": email.upper(),
        "spaces": f"  {email}\t",
        "full width": "".join(chr(ord(char) + 0xFEE0) if char.isalnum() else char for char in email),
    }[spelling]
    assert unicodedata.normalize("NFKC", spelt).strip().lower() == email
    answer = await log_in(house, spelt)
    assert (answer.status, answer["user"]["email"]) == (200, email)


@pytest.mark.parametrize(
    "email",
    ["аna@clinica.example", "ana@clinica", "ana", "a b@c.example", "@c.example", f"{'a' * 310}@c.example", "a\0@c.d"],
)
async def test_B014_what_is_no_email_is_refused(house: House, email: str) -> None:
    answer = await log_in(house, email)
    assert (answer.status, answer["code"]) == (422, "validation")


@pytest.mark.parametrize("body", [[], "text", None, 7, {}, {"email": "a@b.example"}, {"email": 1, "password": "x"}])
async def test_B015_a_body_of_another_shape(house: House, body: Any) -> None:
    data = b"null" if body is None else body
    answer = await house.client().post("/auth/login", data)
    assert (answer.status, answer["code"]) == (422, "validation")


async def test_B013_a_password_of_1_MB_is_not_hashed(house: House) -> None:
    owner = await house.sign_up()
    began = time.perf_counter()
    answer = await log_in(house, owner.user["email"], "a" * 1_000_000)
    assert answer.status == 422
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize("password", ["🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑", "a" * 64, " senha com espaços ", "ç" * 256])
async def test_B016_a_password_is_taken_exactly_as_sent(house: House, password: str) -> None:
    owner = await house.sign_up(password=password)
    assert (await log_in(house, owner.user["email"], password)).status == 200
    assert (await log_in(house, owner.user["email"], password.strip() + "x")).status in (401, 422)
    if password != password.strip():
        assert (await log_in(house, owner.user["email"], password.strip())).status == 401


@pytest.mark.parametrize("password", ["a" * 11, "a" * 257, "uma senha \0 longa", "", 7, None])
async def test_B016_what_cannot_be_a_password(house: House, password: Any) -> None:
    body = {"company": "X", "name": "Y", "email": f"{uuid4().hex}@x.example", "password": password}
    answer = await house.client().post("/auth/signup", body)
    assert (answer.status, answer["code"]) == (422, "validation")
    assert await house.rows("select 1 from users where email = $1", body["email"]) == []


@pytest.mark.parametrize("extra", ["tenant_id", "role", "plan", "id", "is_admin"])
async def test_T02_sign_up_takes_no_other_fields(house: House, extra: str) -> None:
    body = {"company": "X", "name": "Y", "email": f"{uuid4().hex}@x.example", "password": PASSWORD, extra: "owner"}
    answer = await house.client().post("/auth/signup", body)
    assert (answer.status, answer["code"]) == (422, "validation")
