"""Logs: one JSON line an event on standard output, with the ids of the request or job, and without secrets."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
import structlog.tracebacks

_HIDDEN = frozenset(
    {
        "password",
        "token",
        "access_token",
        "refresh_token",
        "authorization",
        "cookie",
        "set-cookie",
        "apikey",
        "api_key",
        "secret",
        "secrets",
        "x-hook-token",
        "x-api-key",
        "jwt_key",
        "channel_key",
        "text",
        "body",
        "phone",
    }
)

# Without locals: frames hold settings, keys and what people wrote.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
)


def get_logger(name: str) -> Any:
    """A bound logger; the event is a dotted name (`channel.created`), everything else keyword arguments."""
    # Initial values are bound at first use, so a logger made at import still gets the process's configuration.
    return structlog.get_logger(module=name)


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in event:
        if key.lower() in _HIDDEN:
            event[key] = "[hidden]"
    return event


def set_up_logging(level: str, service: str, version: str) -> None:
    """Configure structlog and route the standard library's loggers through it. Call once, at a process's start."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
    ]
    structlog.configure(
        processors=[
            *shared,
            _TRACEBACKS,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, version=version)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _TRACEBACKS,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    # Libraries at info narrate each request and job; ours do that once, in our words.
    root.setLevel(max(number, logging.WARNING))
