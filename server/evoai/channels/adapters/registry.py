"""Which adapter speaks to which provider: ours, and those of installed packages (entry points `evoai.channels`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points

from evoai.channels.adapters.cloud import WhatsAppCloud
from evoai.channels.adapters.evolution import Evolution
from evoai.channels.adapters.protocol import Adapter
from evoai.channels.adapters.roles import Operator, SharesAddress
from evoai.channels.adapters.uazapi import Uazapi
from evoai.kit.errors import Invalid
from evoai.settings import Settings

GROUP = "evoai.channels"
BUILT_IN: dict[str, Callable[[], Adapter]] = {
    "evolution": Evolution,
    "uazapi": Uazapi,
    "whatsapp_cloud": WhatsAppCloud,
}


@cache
def adapter_for(provider: str) -> Adapter:
    """The one adapter of a provider; an entry point is named as the provider and loads to a class or a factory.
    Ours cannot be replaced. Raises `Invalid("unknown-provider")`."""
    make = BUILT_IN.get(provider)
    if make is None:
        found = next(iter(entry_points(group=GROUP, name=provider)), None)
        if found is None:
            raise Invalid("unknown-provider", f"no adapter speaks to {provider[:64]!r}")
        make = found.load()
    return make()


@cache
def providers() -> tuple[str, ...]:
    return tuple(sorted(BUILT_IN.keys() | {entry.name for entry in entry_points(group=GROUP)}))


def operator_of(adapter: Adapter, settings: Settings) -> Operator:
    """What the operator has set for a provider."""
    return adapter.operator(settings) if isinstance(adapter, SharesAddress) else Operator()
