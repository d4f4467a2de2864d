"""Published versions as turns need them, kept in the process: a version never changes, so it never grows stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from evoai.assistant.repository import assistants as repository
from evoai.assistant.schemas.assistants import Hours, Tone

if TYPE_CHECKING:
    from evoai.kit.db import Database

_KEPT = 2000


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a version. What later releases add has a default, so that older rows can still be read."""

    name: str
    instructions: str
    tone: Tone = "neutral"
    model: str
    fallback_models: tuple[str, ...] = ()
    quiet_seconds: float = 4.0
    max_wait_seconds: float = 20.0
    handoff_keywords: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    handoff_rules: tuple[str, ...] = ()
    hours: Hours = "always"
    shadow: bool = False
    enabled: bool = True
    tools: tuple[str, ...] | None = None
    """Names; None: all that the house has, and none from outside it."""
    contact_fields: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """In the order to try them, each once."""
        return tuple(dict.fromkeys((self.model, *self.fallback_models)))


def as_published(fields: dict[str, Any]) -> Published:
    return msgspec.convert(fields, Published)


class Versions:
    """A bounded cache; the least recently used version makes place."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._kept = kept
        self._held: dict[tuple[UUID, UUID, int], Published] = {}

    async def get(self, db: Database, tenant_id: UUID, assistant_id: UUID, number: int) -> Published | None:
        """None if there is no such version in this tenant."""
        key = (tenant_id, assistant_id, number)
        held = self._held.pop(key, None)
        if held is None:
            async with db.tenant_session(tenant_id) as session:
                row = await repository.get_version(session, tenant_id, assistant_id, number)
            if row is None:
                return None
            held = as_published(row.fields)
            self._held.pop(key, None)
        self._held[key] = held
        if len(self._held) > self._kept:
            self._held.pop(next(iter(self._held)))
        return held


VERSIONS = Versions()
"""This process's."""
