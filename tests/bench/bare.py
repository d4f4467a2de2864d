"""The yardstick: a Litestar application within the product's own edge, with a POST that reads the same body and a GET,
each answered with a constant. Nothing is stored or read, and nobody is asked who they are."""

from __future__ import annotations

import os
import sys
from typing import Any

import uvicorn
from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath

from evoai.app import VERSION
from evoai.edge import Edge, Straight
from evoai.kit.log import set_up_logging
from evoai.settings import load_settings


@post("/hooks/{channel_key:str}", status_code=200)
async def take(request: Request[Any, Any, Any], channel_key: FromPath[str]) -> Response[bytes]:
    await request.body()
    return Response(b'{"ok":true}', status_code=200, media_type="application/json")


@get("/hooks/bare")
async def give() -> Response[bytes]:
    return Response(b'{"ok":true}', status_code=200, media_type="application/json")


def main() -> None:
    settings = load_settings(os.environ | {"PORT": sys.argv[1]})
    set_up_logging(settings.log_level, "bare", VERSION)
    app = Litestar([take, give], openapi_config=None, logging_config=None)
    # As `evoai api` is served.
    uvicorn.run(
        Edge(app, Straight(app, ()), settings, VERSION, None),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=75,
        backlog=2048,
    )


if __name__ == "__main__":
    main()
