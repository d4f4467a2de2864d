"""The yardstick: the product's own application with its middleware, and instead of its rooms a POST that reads the
same body and a GET, each answered with a constant; nothing is stored or read."""

from __future__ import annotations

import os
import sys
from typing import Any

import uvicorn
from litestar import Request, Response, get, post
from litestar.params import FromPath

from evoai.app import VERSION, create_app
from evoai.kit.log import set_up_logging
from evoai.kit.module import Module
from evoai.settings import load_settings


@post("/hooks/{channel_key:str}", status_code=200, public=True, unlimited=True)
async def take(request: Request[Any, Any, Any], channel_key: FromPath[str]) -> Response[bytes]:
    await request.body()
    return Response(b'{"ok":true}', status_code=200, media_type="application/json")


@get("/hooks/bare", public=True, unlimited=True)
async def give() -> Response[bytes]:
    return Response(b'{"ok":true}', status_code=200, media_type="application/json")


def main() -> None:
    settings = load_settings(os.environ | {"PORT": sys.argv[1]})
    set_up_logging(settings.log_level, "bare", VERSION)
    # As `evoai api` is served.
    uvicorn.run(
        create_app(settings, modules=(Module("bare", roots=(take, give)),), web=None),
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
