"""Every route is closed unless it is on the list here, names its permission, and can be posted twice without harm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import ASGIRoute

from evoai.app import create_api
from evoai.kit.jobs import QUEUES
from evoai.modules import MODULES
from evoai.settings import load_settings
from tests.house import Urls
from tests.house import test_env as env_of

PUBLIC = {
    "POST /api/v1/auth/signup": "how one gets in",
    "POST /api/v1/auth/login": "how one gets in",
    "POST /api/v1/auth/refresh": "the cookie is the proof",
    "POST /api/v1/auth/logout": "the cookie is the proof",
    "POST /api/v1/auth/logout-all": "the cookie is the proof",
    "GET /api/v1/plans": "a price list",
    "GET /api/v1/queue/health": "a member's token or the operator's bearer is the proof",
    "* /hooks": "the key and the token are the proof",
    "GET /files/{tenant_id}/{file_id}": "the signature in the link is the proof",
    "GET /metrics": "its own bearer is the proof",
    "GET /health": "for the platform",
    "GET /health/live": "for the platform",
    "GET /health/ready": "for the platform",
    "GET /openapi.json": "the API, described",
}


def handlers() -> Iterator[tuple[str, Any]]:
    urls = Urls("", "postgresql://evoai_app@/none?host=/nowhere", "", "redis://nowhere")
    api = create_api(load_settings(env_of(urls, 1, "http://127.0.0.1:1")))
    for route in api.routes:
        # The framework's own pages, which answer 404 to everybody (tests/kit/test_http.py).
        if route.path.startswith("/schema"):
            continue
        if isinstance(route, ASGIRoute) and route.path.startswith("/hooks"):
            yield "* /hooks", route.route_handler
        for handler in getattr(route, "route_handlers", []):
            for method in handler.http_methods - {"OPTIONS", "HEAD"}:
                yield f"{method} {route.path_format}", handler


ROUTES = sorted(handlers(), key=lambda pair: pair[0])
CLOSED = [(name, handler) for name, handler in ROUTES if name not in PUBLIC]


def test_the_public_routes_are_those_of_the_list() -> None:
    assert {name for name, handler in ROUTES if handler.opt.get("public")} == PUBLIC.keys()


@pytest.mark.parametrize(("name", "handler"), CLOSED, ids=[name for name, _ in CLOSED])
def test_a_closed_route_names_its_permission(name: str, handler: HTTPRouteHandler) -> None:
    permissions = [guard.__dict__.get("permission") for guard in handler.guards or ()]
    assert len(permissions) == 1, permissions
    assert permissions[0], permissions


@pytest.mark.parametrize(
    ("name", "handler"), [pair for pair in CLOSED if pair[0].startswith("POST ") and "/auth/" not in pair[0]], ids=str
)
def test_a_post_is_idempotent(name: str, handler: HTTPRouteHandler) -> None:
    assert handler.fn.__dict__.get("idempotent") is True


NAMED = [pair for pair in ROUTES if isinstance(pair[1], HTTPRouteHandler)]


@pytest.mark.parametrize(("name", "handler"), NAMED, ids=[name for name, _ in NAMED])
def test_an_operation_has_a_name_of_its_own(name: str, handler: HTTPRouteHandler) -> None:
    assert isinstance(handler.operation_id, str)
    assert [other for other, its in NAMED if its.operation_id == handler.operation_id] == [name]


def test_only_closed_routes_change_what_is_anybodys() -> None:
    assert {name.split(" ")[0] for name, _ in NAMED} <= {"GET", "POST", "PATCH", "PUT", "DELETE"}


JOBS = [job for module in MODULES for job in module.jobs]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_job_declares_what_it_is(job: Any) -> None:
    room, verb_noun = job.name.split(".")
    assert room in {module.name for module in MODULES}
    assert re.fullmatch("[a-z]+(_[a-z]+)*", verb_noun)
    assert job.queue in QUEUES
    assert 0 < job.timeout <= 600
    assert 1 <= job.attempts <= 50
    assert [other.name for other in JOBS].count(job.name) == 1


def test_only_what_is_public_and_unlimited_goes_past_the_layers_that_say_so() -> None:
    straight = {name: handler for name, handler in ROUTES if handler.opt.get("straight")}
    assert set(straight) == {"* /hooks"}
    assert all(handler.opt.get("public") and handler.opt.get("unlimited") for handler in straight.values())
