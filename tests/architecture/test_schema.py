"""The catalogue of a migrated database: the wall, the keys that keep it, the roles, and that nothing stops sharding."""

from __future__ import annotations

from typing import Any

import pytest

from tests.house import Urls
from tests.isolation.logins import as_superuser

GLOBAL_TABLES = {
    "plans": "what is sold, the same for all",
    "schedules": "when crons and the sweep are due; no tenant's work",
    "users": "people, who may belong to several tenants",
    "sessions": "of people: found by a token before a tenant is known",
    "refresh_tokens": "of sessions",
    "alembic_version": "the migrations' own",
}
# The tenant itself: its wall stands on its id.
ROOT = "tenants"

_TABLES = """
select c.relname as name, c.relrowsecurity as walled, c.relforcerowsecurity as forced,
       pg_get_userbyid(c.relowner) as owner,
       exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
         as of_tenant
  from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p')
"""
_INDEXES = """
select t.relname as tab, i.relname as name, x.indisprimary,
       array(select a.attname::text from unnest(x.indkey::int2[]) with ordinality k(n, o)
             left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.n where k.o <= x.indnkeyatts order by k.o)
         as columns
  from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
 where t.relnamespace = 'app'::regnamespace and (x.indisunique or x.indisexclusion)
"""
_KEYS = """
select t.relname as tab, r.relname as target, k.conname as name, k.confdeltype::text as on_delete,
       array(select a.attname::text from unnest(k.conkey) with ordinality u(n, o)
             join pg_attribute a on a.attrelid = t.oid and a.attnum = u.n order by u.o) as columns
  from pg_constraint k join pg_class t on t.oid = k.conrelid join pg_class r on r.oid = k.confrelid
 where k.contype = 'f' and t.relnamespace = 'app'::regnamespace
"""


@pytest.fixture(scope="module")
async def tables(urls: Urls) -> dict[str, Any]:
    return {row["name"]: row for row in await as_superuser(urls, _TABLES)}


@pytest.fixture(scope="module")
async def of_tenants(tables: dict[str, Any]) -> set[str]:
    return tables.keys() - GLOBAL_TABLES.keys() - {ROOT}


def test_every_table_is_a_tenants_or_on_the_list_of_global_ones(tables: dict[str, Any], of_tenants: set[str]) -> None:
    assert tables.keys() >= GLOBAL_TABLES.keys() | {ROOT}
    assert [name for name in of_tenants if not tables[name]["of_tenant"]] == []
    assert len(of_tenants) > 15


def test_T06_every_tenant_table_stands_behind_a_forced_wall(tables: dict[str, Any], of_tenants: set[str]) -> None:
    walled = of_tenants | {ROOT}
    assert [name for name in walled if not (tables[name]["walled"] and tables[name]["forced"])] == []


async def test_T06_the_policies_are_the_tenants_own_rows_and_all_for_system(urls: Urls, of_tenants: set[str]) -> None:
    rows = await as_superuser(
        urls,
        "select tablename, policyname, cmd, roles::text[] as roles, qual, with_check, permissive from pg_policies"
        " where schemaname = 'app'",
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row["tablename"], {})[row["policyname"]] = row
    assert found.keys() == of_tenants | {ROOT}
    for table, policies in found.items():
        column = "id" if table == ROOT else "tenant_id"
        mine = f"({column} = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"
        tenant, system = policies.pop("tenant"), policies.pop("system")
        assert (tenant["roles"], tenant["cmd"], tenant["qual"], tenant["with_check"]) == (["tenant"], "ALL", mine, mine)
        assert (system["roles"], system["cmd"], system["qual"], system["with_check"]) == (
            ["system"],
            "ALL",
            "true",
            "true",
        )
        if table == "channel_events":
            door = policies.pop("door")
            assert (door["roles"], door["cmd"], door["qual"], door["with_check"]) == (["door"], "INSERT", None, "true")
        assert policies == {}, table


async def test_no_policy_holds_a_sub_select(urls: Urls) -> None:
    rows = await as_superuser(
        urls,
        "select polname, coalesce(pg_get_expr(polqual, polrelid), '') || coalesce(pg_get_expr(polwithcheck, polrelid),"
        " '') as said from pg_policy",
    )
    assert rows
    assert [row["polname"] for row in rows if "select" in row["said"].lower()] == []


async def test_no_trigger_but_those_of_constraints(urls: Urls) -> None:
    rows = await as_superuser(
        urls,
        "select tgname from pg_trigger g join pg_class c on c.oid = g.tgrelid"
        " where c.relnamespace = 'app'::regnamespace and not g.tgisinternal",
    )
    assert rows == []


async def test_T06_no_view_and_no_function_speaks_with_an_owners_rights(urls: Urls) -> None:
    views = await as_superuser(
        urls, "select relname from pg_class where relnamespace = 'app'::regnamespace and relkind in ('v', 'm')"
    )
    functions = await as_superuser(
        urls,
        "select proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where prosecdef and n.nspname not in ('pg_catalog', 'information_schema')",
    )
    assert (views, functions) == ([], [])


async def test_T17_every_unique_key_of_a_tenant_begins_with_its_tenant(urls: Urls, of_tenants: set[str]) -> None:
    rows = [row for row in await as_superuser(urls, _INDEXES) if row["tab"] in of_tenants]
    assert [row["name"] for row in rows if row["columns"][0] != "tenant_id"] == []
    primary = {row["tab"]: row["columns"] for row in rows if row["indisprimary"]}
    assert primary == {table: ["tenant_id", "id"] for table in of_tenants}


async def test_T16_every_reference_carries_its_tenant(urls: Urls, of_tenants: set[str]) -> None:
    rows = await as_superuser(urls, _KEYS)
    assert len(rows) > 20
    for row in rows:
        columns, target = row["columns"], row["target"]
        if row["tab"] in of_tenants and target in of_tenants:
            assert columns[0] == "tenant_id", row["name"]
            assert len(columns) == 2, row["name"]
            assert row["on_delete"] not in ("n", "d"), f"{row['name']}: SET NULL cannot be distributed"
        elif row["tab"] in of_tenants:
            assert target in GLOBAL_TABLES.keys() | {ROOT}, row["name"]
        else:
            assert target in GLOBAL_TABLES, f"{row['name']}: a global table points at a tenant's"
    orphans = of_tenants - {row["tab"] for row in rows}
    assert orphans == set(), "nothing vouches for the tenant of these tables"


async def test_identity_columns_are_none_and_sequences_none(urls: Urls) -> None:
    rows = await as_superuser(
        urls, "select relname from pg_class where relnamespace = 'app'::regnamespace and relkind = 'S'"
    )
    assert rows == []


async def test_roles_do_not_log_in_and_pass_no_wall(urls: Urls, tables: dict[str, Any]) -> None:
    rows = await as_superuser(
        urls,
        "select rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles"
        " where rolname in ('tenant', 'system', 'door')",
    )
    assert {row["rolname"] for row in rows} == {"tenant", "system", "door"}
    assert [row["rolname"] for row in rows if any(tuple(row)[1:])] == []
    (login,) = await as_superuser(urls, "select * from pg_roles where rolname = 'evoai_app'")
    powers = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolinherit", "rolreplication")
    assert [power for power in powers if login[power]] == []
    assert {row["owner"] for row in tables.values()} == {"evoai_owner"}
    memberships = await as_superuser(
        urls,
        "select r.rolname, m.inherit_option, m.set_option, m.admin_option from pg_auth_members m"
        " join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member where u.rolname = 'evoai_app'",
    )
    assert {tuple(row) for row in memberships} == {(role, False, True, False) for role in ("tenant", "system", "door")}


async def test_grants_are_as_narrow_as_they_are_meant(urls: Urls, of_tenants: set[str]) -> None:
    rows = await as_superuser(
        urls,
        "select grantee, table_name, array_agg(privilege_type::text order by privilege_type) as may"
        " from information_schema.role_table_grants where table_schema = 'app'"
        " and grantee not in ('evoai_owner') group by 1, 2",
    )
    may = {(row["grantee"], row["table_name"]): row["may"] for row in rows}
    assert {who for who, _ in may} == {"tenant", "system", "door"}
    assert {table for who, table in may if who == "door"} == {"channel_events"}
    assert may["door", "channel_events"] == ["INSERT"]
    assert {table for who, table in may if who == "tenant"} == of_tenants | {ROOT, "plans"}
    assert may["tenant", ROOT] == ["SELECT", "UPDATE"]
    assert may["tenant", "plans"] == ["SELECT"]
    columns = await as_superuser(
        urls,
        "select grantee from information_schema.column_privileges where grantee = 'PUBLIC' and table_schema = 'app'",
    )
    assert columns == []
