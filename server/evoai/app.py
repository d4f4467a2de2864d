"""create_app(): the HTTP process, put together from the rooms."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

from litestar import Litestar, Router, get
from litestar.config.compression import CompressionConfig
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from evoai.edge import Edge, Straight
from evoai.kit.errors import NotFound
from evoai.kit.http import DEPENDENCIES
from evoai.kit.module import Module
from evoai.kit.problems import EXCEPTION_HANDLERS
from evoai.kit.reading import read_strictly
from evoai.kit.timers import PRODUCTION, Timers
from evoai.modules import MODULES
from evoai.realtime.service import Hub
from evoai.resources import open_resources
from evoai.settings import Settings
from evoai.tenants.guards import Authentication

VERSION = package_version("evoai-connect")
WEB = Path(__file__).resolve().parents[2] / "client" / "dist"
MAX_BODY = 2 * 1024 * 1024


@get(
    "/openapi.json", operation_id="openapi", public=True, unlimited=True, include_in_schema=False, sync_to_thread=False
)
def openapi_document(request: Any) -> dict[str, Any]:
    """The API, described."""
    return request.app.openapi_schema.to_schema()


def _absent(_: Any, __: Any) -> None:
    """The framework's own pages about the API cannot be left out, and load scripts from elsewhere."""
    raise NotFound()


def create_api(settings: Settings, *, modules: Sequence[Module] = MODULES, timers: Timers = PRODUCTION) -> Litestar:
    """The Litestar app without what wraps it; its lifespan opens and closes the resources."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None]:
        async with open_resources(settings, modules, process="api", timers=timers) as resources:
            app.state["resources"] = resources
            hub = app.state["hub"] = Hub(resources)
            hub.start()
            try:
                yield
            finally:
                await hub.stop()

    api = Router(path="/api/v1", route_handlers=[controller for module in modules for controller in module.controllers])
    return Litestar(
        route_handlers=[api, openapi_document, *(root for module in modules for root in module.roots)],
        lifespan=[lifespan],
        dependencies=DEPENDENCIES,
        exception_handlers=EXCEPTION_HANDLERS,
        middleware=[Authentication()],
        before_request=read_strictly,
        request_max_body_size=MAX_BODY,
        state=State({"settings": settings}),
        cors_config=CORSConfig(
            allow_origins=list(settings.frontend_urls),
            allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
            allow_headers=["authorization", "content-type", "idempotency-key", "x-requested-with", "x-api-key"],
            expose_headers=[
                "x-request-id",
                "ratelimit-limit",
                "ratelimit-remaining",
                "ratelimit-reset",
                "retry-after",
                "x-pages",
            ],
            allow_credentials=True,
            max_age=600,
        ),
        compression_config=CompressionConfig(backend="gzip", minimum_size=1000, exclude=["^/hooks/"]),
        openapi_config=OpenAPIConfig(
            title="EvoAI Connect",
            version=VERSION,
            openapi_router=Router(
                "/schema",
                route_handlers=[],
                guards=[_absent],
                include_in_schema=False,
                opt={"public": True, "unlimited": True},
            ),
            components=Components(
                security_schemes={
                    "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                }
            ),
        ),
        logging_config=None,
    )


def create_app(
    settings: Settings,
    *,
    modules: Sequence[Module] = MODULES,
    timers: Timers = PRODUCTION,
    web: Path | None = WEB,
) -> Edge:
    """The whole HTTP process as one ASGI app."""
    api = create_api(settings, modules=modules, timers=timers)
    return Edge(api, Straight(api, modules), settings, VERSION, web)
