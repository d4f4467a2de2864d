"""What somebody who adds a channel gives for each provider, as its adapter wants it: settings in clear, and secrets."""

from __future__ import annotations

from evoai.channels.schemas import ChannelIn, EvolutionIn, UazapiIn
from evoai.kit.crypto import random_token
from evoai.kit.errors import FieldError, Invalid
from evoai.kit.net import Net

Settings = tuple[dict[str, str], dict[str, str]]
"""Settings in clear, secrets."""


def settings_of(net: Net, data: ChannelIn) -> Settings:
    """Raises `Invalid`, with `egress-denied` for an address that may not be called."""
    match data:
        case EvolutionIn(config=config):
            clear = {"base_url": _base(net, config.base_url), "instance": config.instance_name or _unguessable()}
            return clear, {"api_key": config.api_key, "hook_token": random_token()}
        case UazapiIn(config=config):
            if not config.instance_token and not config.admin_token:
                why = "one of the two tokens is needed"
                raise Invalid(errors=(FieldError("/config/instance_token", "required", why),))
            secrets = {"instance_token": config.instance_token, "admin_token": config.admin_token}
            clear = {"base_url": _base(net, config.base_url), "instance": _unguessable()}
            return clear, {name: secret for name, secret in secrets.items() if secret}


def _base(net: Net, url: str) -> str:
    return net.check_url(url, provider_base=True).rstrip("/")


def _unguessable() -> str:
    return f"evoai_{random_token(15).lower().replace('-', '_')}"
