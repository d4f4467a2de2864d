"""What every route does with a request that cannot be read, and the shape of every refusal."""

from __future__ import annotations

import asyncio
import json
from time import perf_counter
from typing import Any
from uuid import UUID

import httpx2
import pytest
from litestar import get

from evoai.app import create_app
from evoai.kit.module import Module
from evoai.modules import MODULES
from evoai.settings import load_settings
from tests.house import Answer, Client, House
from tests.house import test_env as env_of

MEMBERS = {"type", "title", "status", "detail", "code", "request_id"}


def is_problem(answer: Answer, status: int, code: str) -> None:
    assert (answer.status, answer["code"]) == (status, code), answer.body
    assert answer.headers["content-type"].split(";")[0] == "application/problem+json"
    assert answer.body.keys() >= MEMBERS
    assert (answer["status"], answer["type"]) == (status, f"/problems/{code}")
    assert answer["request_id"] == answer.headers["x-request-id"]
    assert "no-store" in answer.headers["cache-control"]
    assert len(answer["detail"]) < 300
    for word in ("Traceback", "litestar", "msgspec", "asyncpg", "/server/evoai", "select "):
        assert word not in json.dumps(answer.body)


@pytest.fixture(scope="module")
async def ana(house: House) -> Client:
    return await house.sign_up()


def contact(**more: Any) -> dict[str, Any]:
    return {"name": "Zé", "phone": "+5511955550000"} | more


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": "x",}',
        b"// no\n{}",
        b'{"name": "x", "name": "y"}',
        b"\xef\xbb\xbf{}",
        '{"name": "x"}'.encode("utf-16"),
        b'{"name": "\xff"}',
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": ' + b"9" * 10_000 + b"}",
        b"[" * 100_000,
        b'{"name":' * 50_000,
    ],
    ids=range(12),
)
@pytest.mark.parametrize("path", ["/contacts", "/auth/login"])
async def test_B040_to_B045_what_parsers_disagree_on_is_400(ana: Client, path: str, body: bytes) -> None:
    started = perf_counter()
    is_problem(await ana.post(path, body), 400, "bad-request")
    assert perf_counter() - started < 1


async def test_B041_an_empty_body_where_one_is_needed_is_400(ana: Client) -> None:
    is_problem(await ana.post("/contacts", b""), 400, "bad-request")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (contact(nmae="x"), None),
        (contact(name=None), "/name"),
        (contact(name=7), "/name"),
        (contact(name={}), "/name"),
        (contact(name="a\x00b"), "/name"),
        (b'{"name": "\\ud800", "phone": "+5511955550000"}', "/name"),
        (contact(tags=["ok", 5]), "/tags/1"),
        (contact(phone="+55"), "/phone"),
        (contact(phone="+55１１955550000"), "/phone"),
        (b'{"__proto__": {}}', None),
        (b'{"$ne": 1}', None),
        (b"[]", None),
        (b'"x"', None),
        (b"null", None),
    ],
    ids=range(14),
)
async def test_B047_to_B050_B074_B075_what_is_not_valid_is_422_and_says_where(
    ana: Client, body: Any, pointer: str | None
) -> None:
    answer = await ana.post("/contacts", body)
    is_problem(answer, 422, "validation")
    if pointer is not None:
        assert [error["pointer"] for error in answer["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        ("/contacts", {"name": "Zé", "phone": "+5511955550000", "nmae": "x"}, ("/nmae", "unknown-field")),
        ("/contacts", {"name": "Zé", "phone": "+5511955550000", "a/b~c": "x"}, ("/a~1b~0c", "unknown-field")),
        ("/channels", {"name": "X", "provider": "evolution", "config": {"bse": ""}}, ("/config/bse", "unknown-field")),
        ("/channels", {"name": "X", "provider": "evolution", "config": {}}, ("/config/base_url", "required")),
        ("/channels", {"name": "X", "provider": "evolution"}, ("/config", "required")),
    ],
)
async def test_B047_B050_an_unknown_or_missing_field_is_named(
    ana: Client, path: str, body: Any, error: tuple[str, str]
) -> None:
    answer = await ana.post(path, body)
    is_problem(answer, 422, "validation")
    assert [(each["pointer"], each["code"]) for each in answer["errors"]] == [error]


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/json; charset=utf-7", "x"],
)
async def test_B051_B053_another_content_type_is_415(ana: Client, kind: str) -> None:
    is_problem(await ana.post("/contacts", contact(), content_type=kind), 415, "unsupported-media-type")


async def test_B054_a_body_over_the_limit_is_413(ana: Client) -> None:
    is_problem(await ana.post("/contacts", contact(name="x" * (2 * 1024 * 1024 + 1))), 413, "payload-too-large")


@pytest.mark.parametrize(
    "query", ["x=1", "limit=10&limit=10", "limit=10&LIMIT=5", "access_token=x", "offset=5", "page=2"]
)
async def test_B065_B066_a_query_that_is_unknown_or_double_is_400(ana: Client, query: str) -> None:
    is_problem(await ana.get(f"/contacts?{query}"), 400, "bad-request")


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1000000000", "abc", "", "1.5", "١"])
@pytest.mark.parametrize("path", ["/contacts", "/conversations", "/channels"])
async def test_B087_a_limit_out_of_bounds_is_422(ana: Client, path: str, limit: str) -> None:
    is_problem(await ana.get(f"{path}?limit={limit}"), 422, "validation")


@pytest.mark.parametrize("cursor", ["x", "", "%00", "AAAA", "A" * 200, "é", "' OR 1=1--", "[1]"])
async def test_B088_a_cursor_that_is_made_up_is_400(ana: Client, cursor: str) -> None:
    is_problem(await ana.get(f"/contacts?cursor={cursor}"), 400, "bad-request")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/contacts"), ("POST", "/tenant"), ("DELETE", "/me"), ("TRACE", "/me")]
)
async def test_B060_another_method_is_405_and_says_which(ana: Client, method: str, path: str) -> None:
    answer = await ana.call(method, path)
    is_problem(answer, 405, "method-not-allowed")
    assert "GET" in answer.headers["allow"]


async def test_B061_a_method_in_a_header_is_not_listened_to(ana: Client) -> None:
    answer = await ana.get("/contacts", x_http_method_override="DELETE")
    assert answer.status == 200


@pytest.mark.parametrize(
    "path", ["/nothing", "/contacts/../nothing", "/contacts/%2e%2e/nothing", "/contacts/%252e%252e", "/contacts;x=1"]
)
async def test_B063_B064_no_route_is_404(ana: Client, path: str) -> None:
    is_problem(await ana.get(path), 404, "not-found")


@pytest.mark.parametrize("path", ["/schema", "/schema/swagger", "/schema/openapi.json", "/schema/x"])
async def test_the_frameworks_own_pages_are_not_there(house: House, path: str) -> None:
    async with house.http.get(house.base + path) as got:
        assert (got.status, (await got.json(content_type=None))["code"]) == (404, "not-found")


async def test_B003_two_authorizations_are_refused(house: House, ana: Client) -> None:
    headers = [("authorization", f"Bearer {ana.token}"), ("authorization", f"Bearer {ana.token}")]
    async with house.http.get(f"{house.base}/api/v1/me", headers=headers) as got:
        assert got.status in (400, 401)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "apiX127.0.0.1", ""])
async def test_B062_a_foreign_host_is_400(ana: Client, host: str) -> None:
    answer = await ana.get("/me", host=host, x_forwarded_host="127.0.0.1")
    is_problem(answer, 400, "bad-request")


@pytest.mark.parametrize(
    ("given", "kept"), [("abcdefgh-123", True), ("short", False), ("a b c d e f", False), ("x" * 65, False)]
)
async def test_a_request_id_is_echoed_if_it_is_plain(ana: Client, given: str, kept: bool) -> None:
    answer = await ana.get("/nothing", x_request_id=given)
    assert (answer.headers["x-request-id"] == given) is kept
    is_problem(answer, 404, "not-found")
    if not kept:
        assert UUID(answer["request_id"]).version == 7


@get("/raises", operation_id="raises", public=True)
async def raises() -> None:
    raise KeyError("secret-in-an-exception")


async def test_an_error_nobody_expected_is_500_and_says_nothing(house: House) -> None:
    settings = load_settings(env_of(house.urls, 1, house.sim.url, API_URL="http://127.0.0.1:1"))
    app = create_app(settings, modules=[*MODULES, Module("raises", controllers=[raises])], web=None)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with app_running(app), httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as http:
        got = await http.get("/api/v1/raises")
    answer = Answer(got.status_code, got.headers, got.json())
    is_problem(answer, 500, "internal")
    assert "secret" not in got.text
    has_security_headers(answer)


def app_running(app: Any) -> Any:
    """The app's own resources, without a server."""
    return app._app.lifespan()


def has_security_headers(answer: Answer) -> None:
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"]
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["x-request-id"]


async def test_security_headers_are_on_every_answer(house: House, ana: Client) -> None:
    for answer in (
        await ana.get("/me"),
        await house.client().get("/me"),
        await ana.get("/nothing"),
        await ana.post("/contacts", b"{"),
        await ana.get("/me", host="evil.example"),
        await house.client().get("/health"),
    ):
        has_security_headers(answer)


async def count(house: House, client: Client, phone: str) -> int:
    rows = await house.rows("select id from contacts where tenant_id = $1 and phone = $2", client.tenant_id, phone)
    return len(rows)


@pytest.mark.parametrize("key", ["", "x" * 129, "x" * 300, "a b", "chave-é"])
async def test_B069_a_key_that_is_none_is_400(ana: Client, key: str) -> None:
    is_problem(await ana.post("/contacts", contact(phone="+5511955550010"), idempotency_key=key), 400, "bad-request")


async def test_B070_the_same_key_gives_the_first_answer_and_another_body_409(house: House, ana: Client) -> None:
    body = contact(phone="+5511955550011")
    first = await ana.post("/contacts", body, idempotency_key="key-70")
    again = await ana.post("/contacts", body, idempotency_key="key-70")
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    other = await ana.post("/contacts", contact(phone="+5511955550012"), idempotency_key="key-70")
    is_problem(other, 409, "idempotency-mismatch")
    assert await count(house, ana, "+5511955550011") == 1
    assert await count(house, ana, "+5511955550012") == 0


async def test_B071_one_key_ten_times_at_once_is_one_effect(house: House, ana: Client) -> None:
    body = contact(phone="+5511955550013")
    answers = await asyncio.gather(*(ana.post("/contacts", body, idempotency_key="key-71") for _ in range(10)))
    for answer in answers:
        if answer.status != 201:
            is_problem(answer, 409, "idempotency-in-progress")
            assert answer.headers["retry-after"]
    assert len({answer["id"] for answer in answers if answer.status == 201}) == 1
    assert await count(house, ana, "+5511955550013") == 1


async def test_B072_another_tenant_may_use_the_same_key(house: House, ana: Client) -> None:
    other, body = await house.sign_up(), contact(phone="+5511955550014")
    answers = [await client.post("/contacts", body, idempotency_key="key-72") for client in (ana, other)]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0]["id"] != answers[1]["id"]


async def test_a_refused_call_leaves_its_key_free(house: House, ana: Client) -> None:
    assert (await ana.post("/contacts", contact(phone="+55"), idempotency_key="key-free")).status == 422
    good = await ana.post("/contacts", contact(phone="+5511955550015"), idempotency_key="key-free")
    assert good.status == 201
