"""Several rows as parameters of one statement, in the two forms that the message path needs, and several statements in
one round trip.

Grouped (several tenants in one transaction): `unnest`, one prepared statement for every size. Tenant by tenant:
multi-row `VALUES`, which a distributed database takes; sizes are padded by nothing, since these run rarely.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID


class Rows:
    """A row type: names and PostgreSQL types of columns. `tenant_id` comes first in rows of tenant tables."""

    def __init__(self, **columns: str) -> None:
        self.names = tuple(columns)
        self._types = tuple(columns.values())
        self._unnest = "unnest({}) as r({})".format(
            ", ".join(f"${i}::{kind}[]" for i, kind in enumerate(self._types, 1)), ", ".join(self.names)
        )

    def source(self, rows: Sequence[Sequence[Any]], *, grouped: bool) -> tuple[str, list[Any]]:
        """A FROM item named `r` and its arguments, which begin at $1."""
        if grouped:
            return self._unnest, self._columns(rows)
        return f"(values {self._tuples(len(rows))}) as r({', '.join(self.names)})", _flat(rows)

    def insert(
        self, table: str, rows: Sequence[Sequence[Any]], *, grouped: bool, then: str = ""
    ) -> tuple[str, list[Any]]:
        """An INSERT of the rows into `table` followed by `then` (`on conflict …`, `returning …`)."""
        names = ", ".join(self.names)
        if grouped:
            sql = f"insert into {table} ({names}) select {names} from {self._unnest} {then}"  # noqa: S608
            return sql, self._columns(rows)
        return f"insert into {table} ({names}) values {self._tuples(len(rows))} {then}", _flat(rows)  # noqa: S608

    def _columns(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in self.names]

    def _tuples(self, count: int) -> str:
        width = len(self.names)
        return ", ".join(
            "(" + ", ".join(f"${row * width + i + 1}::{kind}" for i, kind in enumerate(self._types)) + ")"
            for row in range(count)
        )


def _flat(rows: Sequence[Sequence[Any]]) -> list[Any]:
    return [value for row in rows for value in row]


def scoped(args: list[Any], tenant_id: UUID | None, alias: str) -> str:
    """The condition that names the tenant in the tenant-by-tenant form, its argument added; nothing when grouped."""
    if tenant_id is None:
        return ""
    args.append(tenant_id)
    return f" and {alias}.tenant_id = ${len(args)}"


class Writes:
    """Statements of one transaction that need nothing of each other: none reads or changes a row that another one
    changes. Grouped, they travel as one (each a `with` item: one round trip, one snapshot); tenant by tenant, one after
    the other, for a distributed database refuses the other form."""

    def __init__(self) -> None:
        self._parts: list[tuple[str, list[Any]]] = []

    def add(self, sql: str, args: list[Any]) -> None:
        """A statement whose parameters begin at $1."""
        self._parts.append((sql, args))

    async def run(self, conn: Any, *, grouped: bool) -> list[Any]:
        """Run them in the order they were added; what the last one returned."""
        if not self._parts:
            return []
        if grouped and len(self._parts) > 1:
            args = [value for _, part in self._parts for value in part]
            return await conn.fetch(_as_one(tuple((sql, len(part)) for sql, part in self._parts)), *args)
        for sql, part in self._parts[:-1]:
            await conn.execute(sql, *part)
        sql, part = self._parts[-1]
        return await conn.fetch(sql, *part)


@lru_cache(maxsize=256)
def _as_one(parts: tuple[tuple[str, int], ...]) -> str:
    """One statement of several with their numbers of parameters. Each mix of parts is prepared once a connection."""
    moved: list[str] = []
    before = 0
    for sql, count in parts:
        moved.append(_PARAMETER.sub(lambda found, before=before: f"${int(found[1]) + before}", sql))
        before += count
    items = ", ".join(f"w{place} as ({sql})" for place, sql in enumerate(moved[:-1]))
    return f"with {items} {moved[-1]}"


_PARAMETER = re.compile(r"\$(\d+)")
