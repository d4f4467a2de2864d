"""Health of a worker process, on `WORKER_PORT` where that is set."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from evoai.ops.service import health_of

if TYPE_CHECKING:
    from evoai.resources import Resources


@asynccontextmanager
async def serve_worker_health(resources: Resources) -> AsyncGenerator[None]:
    """Serve /health/live and /health/ready while the worker runs; nothing if no port is set."""
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

    app = web.Application()
    app.router.add_get("/health/live", live)
    app.router.add_get("/health/ready", ready)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, resources.settings.host, port).start()
    try:
        yield
    finally:
        await runner.cleanup()
