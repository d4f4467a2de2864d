"""Health: is the process alive, can it work."""

from __future__ import annotations

from typing import Literal

from litestar import Response, get

from evoai.kit.crypto import same
from evoai.kit.errors import NotFound, Unauthenticated
from evoai.kit.http import AnyRequest, resources_of
from evoai.kit.schema import Out
from evoai.ops.service import Health, health_of, metrics_of


class LiveOut(Out):
    status: Literal["ok"] = "ok"


@get("/health/live", operation_id="health.live", public=True, unlimited=True, tags=["Operations"])
async def live() -> LiveOut:
    """The loop answers; nothing else is asked."""
    return LiveOut()


@get("/health/ready", operation_id="health.ready", public=True, unlimited=True, tags=["Operations"])
async def ready(request: AnyRequest) -> Response[Health]:
    """The database answers and its schema is ours. Without Redis: ready, but degraded."""
    health = await health_of(resources_of(request))
    return Response(health, status_code=503 if health.status == "down" else 200)


@get("/health", operation_id="health", public=True, unlimited=True, tags=["Operations"])
async def health(request: AnyRequest) -> Response[Health]:
    """Both in one answer."""
    found = await health_of(resources_of(request))
    return Response(found, status_code=503 if found.status == "down" else 200)


@get("/metrics", operation_id="metrics", public=True, unlimited=True, include_in_schema=False)
async def metrics(request: AnyRequest) -> Response[str]:
    """What waits, everybody's, for Prometheus; the bearer is `METRICS_TOKEN`. Without one there is no such route."""
    resources = resources_of(request)
    token = resources.settings.metrics_token
    if token is None:
        raise NotFound()
    if not same(request.headers.get("authorization", ""), f"Bearer {token}"):
        raise Unauthenticated()
    return Response(await metrics_of(resources), media_type="text/plain; version=0.0.4; charset=utf-8")
