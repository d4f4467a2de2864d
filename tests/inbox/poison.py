"""Messages that no code or no database can take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec

from evoai.channels.adapters.incoming import Inbound
from evoai.channels.service.lines import OpenLine
from tests.house import House


class _Unwritable:
    """An object that no encoder knows."""


class _PoisonAdapter:
    """The real adapter, but a message that says `poison` comes out of `parse` as something that cannot be written."""

    def __init__(self, adapter: Any, kind: str) -> None:
        self._adapter, self._kind = adapter, kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    def parse(self, line: Any, body: bytes) -> Any:
        parsed = self._adapter.parse(line, body)
        if isinstance(parsed, Inbound) and parsed.content.text == "poison":
            spoilt = {"text": "nul \0 here"} if self._kind == "data" else {"extra": {"x": _Unwritable()}}
            return msgspec.structs.replace(parsed, content=msgspec.structs.replace(parsed.content, **spoilt))
        return parsed


class _Lines:
    def __init__(self, lines: Any, kind: str) -> None:
        self._lines, self._kind = lines, kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lines, name)

    async def by_id(self, *ids: Any) -> OpenLine | None:
        opened = await self._lines.by_id(*ids)
        return opened and replace(opened, adapter=_PoisonAdapter(opened.adapter, self._kind))


@asynccontextmanager
async def poisoned(house: House, kind: str) -> AsyncIterator[None]:
    lines = house.resources.lines
    house.resources.lines = _Lines(lines, kind)  # type: ignore[assignment]
    try:
        yield
    finally:
        house.resources.lines = lines
