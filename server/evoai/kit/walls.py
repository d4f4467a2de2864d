"""The statements that put a tenant's table behind the wall. Migrations call them for each new table."""

from __future__ import annotations

from evoai.kit.db import SCHEMA

# No sub-select: a distributed database refuses such a policy. `nullif` because the setting reads '' after the first
# transaction of a connection.
_MINE = "nullif(current_setting('app.tenant_id', true), '')::uuid"


def wall(table: str, *, column: str = "tenant_id", tenant: str = "select, insert, update, delete") -> list[str]:
    """Forced row-level security for `table`: role `tenant` sees its own rows and may do what `tenant` lists, role
    `system` all rows."""
    name = f"{SCHEMA}.{table}"
    mine = f"{column} = {_MINE}"
    return [
        f"alter table {name} enable row level security",
        f"alter table {name} force row level security",
        f"create policy tenant on {name} to tenant using ({mine}) with check ({mine})",
        f"create policy system on {name} to system using (true) with check (true)",
        f"grant {tenant} on {name} to tenant",
        f"grant select, insert, update, delete on {name} to system",
    ]


def door(table: str) -> list[str]:
    """Role `door` may insert into `table`, and nothing else: no read, so no `returning` and no conflict target."""
    name = f"{SCHEMA}.{table}"
    return [f"create policy door on {name} for insert to door with check (true)", f"grant insert on {name} to door"]


def shared(table: str, *, tenant: str = "") -> list[str]:
    """A global table: role `system` works it, role `tenant` may do what `tenant` lists."""
    name = f"{SCHEMA}.{table}"
    grants = [f"grant select, insert, update, delete on {name} to system"]
    if tenant:
        grants.append(f"grant {tenant} on {name} to tenant")
    return grants
