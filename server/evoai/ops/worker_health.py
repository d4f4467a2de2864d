"""Health and counters of a worker process, on `WORKER_PORT` where that is set."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from evoai.kit import metrics
from evoai.kit.crypto import same
from evoai.ops.service import gauges
from evoai.ops.service.health import health_of

if TYPE_CHECKING:
    from evoai.resources import Resources


@asynccontextmanager
async def serve_worker_health(resources: Resources) -> AsyncGenerator[None]:
    """Serve /health/live, /health/ready and /metrics while the worker runs; nothing if no port is set."""
    port = resources.settings.worker_port
    if port is None:
        yield
        return

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(_: web.Request) -> web.Response:
        health = await health_of(resources)
        status = 503 if health.status == "down" else 200
        return web.Response(body=msgspec.json.encode(health), status=status, content_type="application/json")

    async def show_metrics(request: web.Request) -> web.Response:
        token = resources.settings.metrics_token
        if token is None:
            return web.Response(status=404)
        if not same(request.headers.get("authorization", ""), f"Bearer {token}"):
            return web.Response(status=401, headers={"www-authenticate": "Bearer"})
        gauges.read_process(resources)
        return web.Response(body=metrics.shown(), headers={"content-type": metrics.MEDIA_TYPE})

    app = web.Application()
    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/metrics", show_metrics)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, resources.settings.host, port).start()
    try:
        yield
    finally:
        await runner.cleanup()
