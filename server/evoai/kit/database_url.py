"""A database's address, as people write it and as SQLAlchemy takes it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from sqlalchemy.engine import URL


def sqlalchemy_url(url: str) -> URL:
    """A libpq-style URL (`postgresql://user@/name?host=/dir`) for SQLAlchemy on asyncpg."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = parts.hostname or query.pop("host", None)
    query.pop("host", None)
    connect: dict[str, str] = {"ssl": query["sslmode"]} if "sslmode" in query else {}
    if host is not None and host.startswith("/"):
        connect["host"] = host
        host = None
    return URL.create(
        "postgresql+asyncpg",
        username=parts.username,
        password=parts.password,
        host=host,
        port=parts.port,
        database=parts.path.lstrip("/"),
        query=connect,
    )
