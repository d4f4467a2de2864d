"""An environment as typed values; every refusal is one line that begins with the name of what is wrong."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_WEAK_SECRETS = ("secret", "changeme", "change-me", "password", "default", "example", "your-", "12345678")
_DURATION = re.compile(r"([0-9]{1,9})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class SettingsError(Exception):
    """A wrong or missing setting; the message is one line that begins with its name."""


def origin_of(name: str, value: str) -> str:
    """Scheme, host and port. Raises `SettingsError`."""
    wrong = SettingsError(f"{name}: expected an origin such as https://api.example.com, got {value!r}")
    try:
        parts = urlsplit(value)
        _ = parts.port  # Raises for one that is none.
    except ValueError:
        raise wrong from None
    beyond = parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or not parts.hostname or "*" in parts.netloc or beyond:
        raise wrong
    return f"{parts.scheme}://{parts.netloc.lower()}"


class Environment:
    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def text(self, name: str, default: str | None = None) -> str:
        value = self._env.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise SettingsError(f"{name}: not set, and there is no default")
        return default

    def origin(self, name: str, *, required: bool) -> str:
        return origin_of(name, self.text(name, None if required else ""))

    def url(self, name: str, schemes: tuple[str, ...]) -> str:
        value = self.text(name)
        try:
            parts = urlsplit(value)
            known = parts.scheme in schemes and (parts.port or 0) >= 0  # `port` raises for one that is none
        except ValueError:
            known = False
        if not known:
            raise SettingsError(f"{name}: expected a URL that begins with {schemes[-1]}://")
        return value

    def secret(self, name: str, *, required: bool = False) -> str:
        value = self.text(name, None if required else "")
        if not value:
            return ""
        if len(value) < 32:
            raise SettingsError(f"{name}: at least 32 characters are needed, got {len(value)}")
        lowered = value.lower()
        if any(weak in lowered for weak in _WEAK_SECRETS) or len(set(value)) < 8:
            raise SettingsError(f"{name}: looks like a default or a pattern; use a random value")
        return value

    def key(self, name: str, *, required: bool = False) -> bytes | None:
        value = self.text(name, None if required else "")
        return self._key(name, value) if value else None

    def keys(self, name: str) -> tuple[bytes, ...]:
        """Comma-separated."""
        return tuple(self._key(name, part.strip()) for part in self.text(name, "").split(",") if part.strip())

    def _key(self, name: str, value: str) -> bytes:
        try:
            key = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32:
            raise SettingsError(f"{name}: expected 32 bytes in base64")
        if len(set(key)) < 8:
            raise SettingsError(f"{name}: looks like a pattern; use random bytes")
        return key

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        try:
            value = int(raw)
        except ValueError:
            raise SettingsError(f"{name}: expected a whole number, got {raw!r}") from None
        if not low <= value <= high:
            raise SettingsError(f"{name}: expected {low} to {high}, got {value}")
        return value

    def decimal(self, name: str) -> Decimal | None:
        raw = self.text(name, "")
        if not raw:
            return None
        try:
            value = Decimal(raw)
        except InvalidOperation:
            raise SettingsError(f"{name}: expected a number, got {raw!r}") from None
        if not value.is_finite() or value <= 0:
            raise SettingsError(f"{name}: expected a number above zero")
        return value

    def boolean(self, name: str, default: bool) -> bool:
        return self.choice(name, str(default).lower(), ("true", "false")) == "true"

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default).lower()
        if value not in allowed:
            raise SettingsError(f"{name}: expected one of {', '.join(allowed)}, got {value!r}")
        return value

    def duration(self, name: str, default: str, longest: str) -> int:
        """`15m`, `7d`, `30s`, `2h` in seconds."""
        raw = self.text(name, default)
        found = _DURATION.fullmatch(raw)
        if found is None or int(found[1]) == 0:
            raise SettingsError(f"{name}: expected a duration such as 15m or 7d, got {raw!r}")
        seconds = int(found[1]) * _UNITS[found[2]]
        if seconds > int(longest[:-1]) * _UNITS[longest[-1]]:
            raise SettingsError(f"{name}: expected at most {longest}, got {raw}")
        return seconds

    def networks(self, name: str) -> tuple[Network, ...]:
        out: list[Network] = []
        for part in filter(None, (piece.strip() for piece in self.text(name, "").split(","))):
            try:
                out.append(ipaddress.ip_network(part))
            except ValueError:
                raise SettingsError(f"{name}: {part!r} is not a network in CIDR form") from None
        return tuple(out)
