"""The yardstick of the door: a Litestar application that reads the same POST and answers a constant, stored nowhere."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from litestar import Litestar, Request, Response, post
from litestar.params import FromPath


@post("/hooks/{channel_key:str}", status_code=200)
async def take(request: Request[Any, Any, Any], channel_key: FromPath[str]) -> Response[bytes]:
    await request.body()
    return Response(b'{"ok":true}', status_code=200, media_type="application/json")


if __name__ == "__main__":
    app = Litestar([take], openapi_config=None, logging_config=None)
    # As `evoai api` is served.
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        backlog=2048,
    )
