"""Every table there is, for migrations and the architecture tests: importing a room's models registers them."""

from __future__ import annotations

from importlib import import_module

_HOMES = (
    "evoai.auth.models",
    "evoai.tenants.models",
    "evoai.billing.models",
    "evoai.channels.models",
    "evoai.inbox.models.contacts",
    "evoai.inbox.models.conversations",
    "evoai.inbox.models.messages",
    "evoai.knowledge.models",
    "evoai.assistant.models.assistants",
    "evoai.assistant.models.shadow",
    "evoai.assistant.models.tests",
    "evoai.assistant.models.tools",
    "evoai.assistant.models.traces",
    "evoai.kit.outbox",
    "evoai.kit.sweep",
    "evoai.kit.idempotency",
)


def load_tables() -> None:
    for home in _HOMES:
        import_module(home)
