"""One frozen Settings tree, read from the environment and refused at start with one line that names what is wrong.

Names are those that operators already use; their meaning stands in README. Nothing else in the product reads the
environment.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from evoai.environment import Environment, Network, SettingsError, origin_of
from evoai.kit.scanner import scanners


@dataclass(frozen=True, slots=True)
class Limits:
    """Speed limits, per principal."""

    api_window_ms: int
    api_max: int
    api_hour_max: int
    auth_max: int
    auth_hour_max: int


@dataclass(frozen=True, slots=True)
class Concurrency:
    """Slots per queue in one worker process. For `message` they are turns in flight."""

    message: int
    reply: int
    delivery: int
    followup: int
    embedding: int
    maintenance: int


@dataclass(frozen=True, slots=True)
class Model:
    """The OpenAI-compatible endpoint. Without a key conversations go to people."""

    api_key: str | None = field(repr=False)
    base_url: str
    name: str
    usd_brl_rate: Decimal | None
    transcription_model: str | None
    """None where voice notes and pictures are not put into words."""
    embedding_model: str | None
    """None where embeddings are switched off: documents are then found by their words alone."""
    embedding_dimensions: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where files go that speaks S3. Without an endpoint it is Amazon's, without keys the machine's role counts."""

    name: str
    region: str
    endpoint_url: str | None
    access_key: str | None = field(repr=False)
    secret_key: str | None = field(repr=False)

    @property
    def origin(self) -> str:
        """Where its links lead."""
        return self.endpoint_url or f"https://s3.{self.region}.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Meta:
    """The operator's own Meta app, which all numbers without one belong to; without its secret there is none."""

    app_secret: str | None = field(repr=False)
    verify_token: str | None = field(repr=False)
    graph_url: str


@dataclass(frozen=True, slots=True)
class Settings:
    host: str
    port: int
    worker_port: int | None
    api_url: str
    frontend_urls: tuple[str, ...]
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    jwt_secret: str = field(repr=False)
    jwt_secret_previous: str | None = field(repr=False)
    jwt_expires_seconds: int
    jwt_refresh_expires_seconds: int
    encryption_key: bytes = field(repr=False)
    encryption_keys_previous: tuple[bytes, ...] = field(repr=False)
    log_level: str
    limits: Limits
    concurrency: Concurrency
    model: Model
    bucket: Bucket | None
    """None: files lie in a folder below `data_dir`."""
    meta: Meta
    trusted_proxies: tuple[Network, ...]
    egress_allow_private: tuple[Network, ...]
    egress_allow_http: bool
    signup_plan: str | None
    ai_analysis: bool
    """Whether a model looks at conversations once they are resolved."""
    stale_after: timedelta
    """How old a message or a turn may be for the assistant to answer it; what is older is a person's."""
    database_distributed: bool
    metrics_token: str | None = field(repr=False)
    file_scanner: str
    data_dir: Path
    simulator_port: int | None
    """Where the demo's simulator listens; unset outside demo and tests."""

    @property
    def cookie_secure(self) -> bool:
        return self.api_url.startswith("https:")


def load_settings(env: Mapping[str, str]) -> Settings:
    """Read and check every setting. Raises `SettingsError` for the first one that is wrong or missing."""
    read = Environment(env)
    api_url = read.origin("API_URL", required=True)
    if api_url.startswith("http:") and not _is_loopback(api_url):
        raise SettingsError("API_URL: plain http is for loopback only; use https")
    jwt_secret = read.secret("JWT_SECRET", required=True)
    database_url = read.url("DATABASE_URL", ("postgres", "postgresql"))
    frontend = tuple(origin_of("FRONTEND_URL", part.strip()) for part in read.text("FRONTEND_URL").split(","))
    return Settings(
        host=read.text("HOST", "127.0.0.1"),
        port=read.integer("PORT", 8000, 0, 65535),
        worker_port=read.integer("WORKER_PORT", 0, 0, 65535) or None,
        api_url=api_url,
        frontend_urls=frontend,
        database_url=database_url,
        redis_url=read.url("REDIS_URL", ("redis", "rediss", "unix")),
        jwt_secret=jwt_secret,
        jwt_secret_previous=read.secret("JWT_SECRET_PREVIOUS") or None,
        jwt_expires_seconds=read.duration("JWT_EXPIRES_IN", "15m", "1d"),
        jwt_refresh_expires_seconds=read.duration("JWT_REFRESH_EXPIRES_IN", "7d", "30d"),
        encryption_key=read.key("ENCRYPTION_KEY", required=True) or b"",
        encryption_keys_previous=read.keys("ENCRYPTION_KEY_PREVIOUS"),
        log_level=read.choice("LOG_LEVEL", "info", ("debug", "info", "warning", "error")),
        limits=Limits(
            api_window_ms=read.integer("RATE_LIMIT_WINDOW", 60_000, 1000, 3_600_000),
            api_max=read.integer("RATE_LIMIT_MAX", 100, 1, 10**9),
            api_hour_max=read.integer("RATE_LIMIT_HOUR_MAX", 1000, 1, 10**9),
            auth_max=read.integer("AUTH_RATE_LIMIT_MAX", 5, 1, 10**9),
            auth_hour_max=read.integer("AUTH_RATE_LIMIT_HOUR_MAX", 100, 1, 10**9),
        ),
        concurrency=Concurrency(
            message=read.integer("MESSAGE_WORKER_CONCURRENCY", 200, 1, 2000),
            reply=read.integer("REPLY_WORKER_CONCURRENCY", 10, 1, 200),
            delivery=read.integer("DELIVERY_WORKER_CONCURRENCY", 10, 1, 200),
            followup=read.integer("FOLLOWUP_WORKER_CONCURRENCY", 4, 1, 200),
            embedding=read.integer("EMBEDDING_WORKER_CONCURRENCY", 2, 1, 50),
            maintenance=read.integer("MAINTENANCE_WORKER_CONCURRENCY", 2, 1, 50),
        ),
        model=Model(
            api_key=read.text("OPENAI_API_KEY", "") or None,
            base_url=read.text("OPENAI_BASE_URL", "https://api.openai.com/v1").rstrip("/"),
            name=read.text("OPENAI_MODEL", "gpt-4o-mini"),
            usd_brl_rate=read.decimal("USD_BRL_RATE"),
            transcription_model=_transcription_model(read),
            embedding_model=_embedding_model(read),
            embedding_dimensions=read.integer("EMBEDDING_DIMENSIONS", 512, 64, 4000),
        ),
        bucket=_bucket(read),
        meta=_meta(read),
        trusted_proxies=read.networks("TRUSTED_PROXIES"),
        egress_allow_private=read.networks("EGRESS_ALLOW_PRIVATE"),
        egress_allow_http=read.boolean("EGRESS_ALLOW_HTTP", False),
        signup_plan=_plan(read.choice("SIGNUP_PLAN", "free", ("free", "pro", "business", "enterprise", "none"))),
        ai_analysis=read.boolean("ENABLE_AI_ANALYSIS", True),
        stale_after=timedelta(seconds=read.duration("STALE_AFTER", "30m", "30d")),
        database_distributed=read.boolean("DATABASE_DISTRIBUTED", False),
        metrics_token=read.secret("METRICS_TOKEN") or None,
        file_scanner=_scanner(read),
        data_dir=Path(read.text("DATA_DIR", ".data")),
        simulator_port=read.integer("SIMULATOR_PORT", 0, 0, 65535) or None,
    )


def migration_database_url(env: Mapping[str, str]) -> str:
    """The owner's login, for `evoai db migrate` alone."""
    return Environment(env).url("MIGRATION_DATABASE_URL", ("postgres", "postgresql"))


def _embedding_model(read: Environment) -> str | None:
    name = read.text("OPENAI_EMBEDDING_MODEL", "text-embedding-3-small")
    return name if read.boolean("ENABLE_EMBEDDINGS", True) else None


def _transcription_model(read: Environment) -> str | None:
    name = read.text("OPENAI_TRANSCRIPTION_MODEL", "whisper-1")
    return name if read.boolean("ENABLE_AI_ANALYSIS", True) else None


def _scanner(read: Environment) -> str:
    name, known = read.text("FILE_SCANNER", "eicar"), scanners()
    if name not in known:
        raise SettingsError(f"FILE_SCANNER: expected one of {', '.join(known)}, got {name!r}")
    return name


def _bucket(read: Environment) -> Bucket | None:
    if read.choice("STORAGE_PROVIDER", "local", ("local", "s3")) == "local":
        return None
    endpoint = read.text("S3_ENDPOINT_URL", "")
    access_key, secret_key = read.text("S3_ACCESS_KEY", "") or None, read.text("S3_SECRET_KEY", "") or None
    if (access_key is None) != (secret_key is None):
        raise SettingsError(f"S3_{'SECRET' if secret_key is None else 'ACCESS'}_KEY: not set, though the other key is")
    return Bucket(
        name=read.text("S3_BUCKET"),
        region=read.text("S3_REGION", "us-east-1"),
        endpoint_url=origin_of("S3_ENDPOINT_URL", endpoint) if endpoint else None,
        access_key=access_key,
        secret_key=secret_key,
    )


def _meta(read: Environment) -> Meta:
    secret, token = read.secret("META_APP_SECRET") or None, read.secret("META_VERIFY_TOKEN") or None
    if secret is not None and token is None:
        raise SettingsError("META_VERIFY_TOKEN: not set, though META_APP_SECRET is")
    graph_url = origin_of("META_GRAPH_URL", read.text("META_GRAPH_URL", "https://graph.facebook.com"))
    return Meta(app_secret=secret, verify_token=token, graph_url=graph_url)


def _plan(value: str) -> str | None:
    return None if value == "none" else value


def _is_loopback(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
