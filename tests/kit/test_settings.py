"""Settings: each is read, a wrong one is one line that names it, and nothing secret is in that line."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from evoai.settings import Bucket, Settings, SettingsError, load_settings

GOOD = {
    "API_URL": "https://api.example.com",
    "FRONTEND_URL": "https://app.example.com",
    "DATABASE_URL": "postgresql://evoai_app:pw@db/evoai",
    "REDIS_URL": "redis://cache:6379/0",
    "JWT_SECRET": "kq3vX9pLmZr7TfWc2HbNs8YdGj5RuAe4",
    "ENCRYPTION_KEY": "dGhpcyBpcyAzMiBieXRlcyBvZiB0ZXN0IGtleSEhIS4=",
}
OTHER_SECRET = "pW8sQ2xKf6VbTnY4cRjM9hLgZd3EuA7t"
OTHER_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

CHANGES = {
    "OPENAI_TRANSCRIPTION_MODEL": "gpt-4o-transcribe",
    "FILE_SCANNER": "none",
    "HOST": "0.0.0.0",
    "PORT": "9000",
    "WORKER_PORT": "9001",
    "API_URL": "https://other.example.com",
    "FRONTEND_URL": "https://a.example.com, https://b.example.com",
    "DATABASE_URL": "postgres://x@y/z",
    "REDIS_URL": "unix:///run/redis.sock",
    "JWT_SECRET": OTHER_SECRET,
    "JWT_SECRET_PREVIOUS": OTHER_SECRET,
    "JWT_EXPIRES_IN": "10m",
    "JWT_REFRESH_EXPIRES_IN": "2d",
    "ENCRYPTION_KEY": OTHER_KEY,
    "ENCRYPTION_KEY_PREVIOUS": f"{OTHER_KEY}, {OTHER_KEY}",
    "LOG_LEVEL": "WARNING",
    "RATE_LIMIT_WINDOW": "30000",
    "RATE_LIMIT_MAX": "7",
    "RATE_LIMIT_HOUR_MAX": "70",
    "AUTH_RATE_LIMIT_MAX": "3",
    "AUTH_RATE_LIMIT_HOUR_MAX": "30",
    "MESSAGE_WORKER_CONCURRENCY": "11",
    "REPLY_WORKER_CONCURRENCY": "12",
    "DELIVERY_WORKER_CONCURRENCY": "13",
    "FOLLOWUP_WORKER_CONCURRENCY": "14",
    "EMBEDDING_WORKER_CONCURRENCY": "15",
    "MAINTENANCE_WORKER_CONCURRENCY": "16",
    "OPENAI_API_KEY": "sk-test",
    "OPENAI_BASE_URL": "https://models.example.com/v1/",
    "OPENAI_MODEL": "gpt-4o",
    "USD_BRL_RATE": "5.43",
    "OPENAI_EMBEDDING_MODEL": "text-embedding-3-large",
    "EMBEDDING_DIMENSIONS": "256",
    "TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8",
    "EGRESS_ALLOW_PRIVATE": "192.168.1.0/24",
    "EGRESS_ALLOW_HTTP": "true",
    "SIGNUP_PLAN": "none",
    "STALE_AFTER": "2h",
    "DATABASE_DISTRIBUTED": "true",
    "METRICS_TOKEN": OTHER_SECRET,
    "META_VERIFY_TOKEN": OTHER_SECRET,
    "META_GRAPH_URL": "https://graph.example.com",
    "DATA_DIR": "/var/lib/evoai",
    "SIMULATOR_PORT": "4000",
}


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    if is_dataclass(value):
        return {k: v for f in fields(value) for k, v in leaves(getattr(value, f.name), f"{path}.{f.name}").items()}
    return {path: value}


@pytest.mark.parametrize("name", CHANGES)
def test_each_setting_changes_exactly_one_thing(name: str) -> None:
    before, after = leaves(load_settings(GOOD)), leaves(load_settings(GOOD | {name: CHANGES[name]}))
    assert len([path for path in before if before[path] != after[path]]) == 1


def test_every_leaf_of_the_tree_has_a_setting() -> None:
    before, changed = leaves(load_settings(GOOD)), set[str]()
    for name, value in CHANGES.items():
        after = leaves(load_settings(GOOD | {name: value}))
        changed |= {path for path in before if before[path] != after[path]}
    # Not one by one: see below.
    assert changed | {".bucket", ".ai_analysis", ".meta.app_secret"} == set(before)


def test_an_app_secret_needs_its_verify_token() -> None:
    both = {"META_APP_SECRET": OTHER_SECRET, "META_VERIFY_TOKEN": OTHER_SECRET}
    assert load_settings(GOOD | both).meta.app_secret == OTHER_SECRET
    with pytest.raises(SettingsError, match="META_VERIFY_TOKEN"):
        load_settings(GOOD | {"META_APP_SECRET": OTHER_SECRET})


def test_every_setting_of_a_bucket_is_read() -> None:
    given = {
        "STORAGE_PROVIDER": "s3",
        "S3_BUCKET": "files",
        "S3_REGION": "sa-east-1",
        "S3_ENDPOINT_URL": "https://s3.example.com",
        "S3_ACCESS_KEY": "key",
        "S3_SECRET_KEY": "secret",
    }
    found = Bucket("files", "sa-east-1", "https://s3.example.com", "key", "secret")
    assert load_settings(GOOD | given).bucket == found
    assert load_settings(GOOD | given | {"STORAGE_PROVIDER": "local"}).bucket is None
    for name, told in (("S3_BUCKET", "S3_BUCKET"), ("S3_ACCESS_KEY", "S3_ACCESS_KEY"), ("S3_ENDPOINT_URL", "")):
        less = {key: value for key, value in (GOOD | given).items() if key != name}
        if told:
            with pytest.raises(SettingsError, match=told):
                load_settings(less)
        else:
            assert load_settings(less).bucket == Bucket("files", "sa-east-1", None, "key", "secret")


def test_hearing_and_seeing_can_be_switched_off() -> None:
    quiet = load_settings(GOOD | {"ENABLE_AI_ANALYSIS": "false"})
    assert (quiet.ai_analysis, quiet.model.transcription_model) == (False, None)


def test_a_scanner_has_to_be_there() -> None:
    with pytest.raises(SettingsError, match=r"FILE_SCANNER: expected one of eicar, none"):
        load_settings(GOOD | {"FILE_SCANNER": "clamav"})


def test_embeddings_can_be_switched_off() -> None:
    assert load_settings(GOOD | {"ENABLE_EMBEDDINGS": "false"}).model.embedding_model is None


def test_the_defaults_are_the_products() -> None:
    settings = load_settings(GOOD)
    assert (settings.host, settings.jwt_expires_seconds, settings.jwt_refresh_expires_seconds) == (
        "127.0.0.1",
        900,
        604_800,
    )
    limits = settings.limits
    assert (limits.api_window_ms, limits.api_max, limits.api_hour_max) == (60_000, 100, 1000)
    assert (limits.auth_max, limits.auth_hour_max) == (5, 100)
    assert (settings.model.name, settings.model.api_key, settings.signup_plan) == ("gpt-4o-mini", None, "free")
    assert (settings.trusted_proxies, settings.egress_allow_private, settings.egress_allow_http) == ((), (), False)
    assert settings.cookie_secure


BAD = [
    ("JWT_SECRET", None),
    ("JWT_SECRET", "short"),
    ("JWT_SECRET", "changeme-changeme-changeme-changeme"),
    ("JWT_SECRET", "a" * 40),
    ("JWT_SECRET_PREVIOUS", "short"),
    ("ENCRYPTION_KEY", None),
    ("ENCRYPTION_KEY", "not base64!"),
    ("ENCRYPTION_KEY", "c2hvcnQ="),
    ("ENCRYPTION_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ("ENCRYPTION_KEY_PREVIOUS", f"{OTHER_KEY},c2hvcnQ="),
    ("STALE_AFTER", "half an hour"),
    ("API_URL", None),
    ("API_URL", "http://api.example.com"),
    ("API_URL", "https://api.example.com/base"),
    ("API_URL", "https://["),
    ("FRONTEND_URL", None),
    ("FRONTEND_URL", "*"),
    ("FRONTEND_URL", "https://*.example.com"),
    ("FRONTEND_URL", "https://user@app.example.com"),
    ("FRONTEND_URL", "https://app.example.com#x"),
    ("FRONTEND_URL", "https://app.example.com:99999"),
    ("FRONTEND_URL", "https://app.example.com,"),
    ("DATABASE_URL", None),
    ("DATABASE_URL", "mysql://x@y/z"),
    ("DATABASE_URL", "postgresql://x@[y/z"),
    ("REDIS_URL", None),
    ("REDIS_URL", "http://cache"),
    ("PORT", "http"),
    ("PORT", "70000"),
    ("RATE_LIMIT_MAX", "0"),
    ("RATE_LIMIT_WINDOW", "1"),
    ("JWT_EXPIRES_IN", "15"),
    ("JWT_EXPIRES_IN", "²m"),
    ("JWT_EXPIRES_IN", "2d"),
    ("JWT_REFRESH_EXPIRES_IN", "999999999d"),
    ("LOG_LEVEL", "loud"),
    ("SIGNUP_PLAN", "gold"),
    ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ("TRUSTED_PROXIES", "*"),
    ("EGRESS_ALLOW_HTTP", "yes"),
    ("USD_BRL_RATE", "NaN"),
    ("USD_BRL_RATE", "0"),
    ("METRICS_TOKEN", "123"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_T74_a_wrong_setting_is_one_line_that_names_it(name: str, value: str | None) -> None:
    env = GOOD | {name: value} if value is not None else {k: v for k, v in GOOD.items() if k != name}
    with pytest.raises(SettingsError) as refused:
        load_settings(env)  # type: ignore[arg-type]
    line = str(refused.value)
    assert line.startswith(f"{name}: ")
    assert "\n" not in line
    if value and ("SECRET" in name or "KEY" in name or "TOKEN" in name or "DATABASE" in name):
        assert value not in line


def test_plain_http_is_for_loopback() -> None:
    for url in ("http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"):
        settings: Settings = load_settings(GOOD | {"API_URL": url})
        assert not settings.cookie_secure


def test_no_secret_is_shown_where_settings_are() -> None:
    shown = repr(load_settings(GOOD | {"OPENAI_API_KEY": "sk-abc", "METRICS_TOKEN": OTHER_SECRET}))
    for secret in (GOOD["JWT_SECRET"], ":pw@", "sk-abc", OTHER_SECRET, "this is 32 bytes"):
        assert secret not in shown
