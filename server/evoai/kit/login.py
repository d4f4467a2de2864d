"""Whether the login that the product runs under is as weak as row-level security needs it."""

from __future__ import annotations

from evoai.kit.db import SCHEMA, Database


async def refuse_powerful_login(db: Database) -> str | None:
    """Why the runtime's login may not be used (superuser, owner, bypasses row security), or None."""
    async with db.engine.connect() as conn:
        row = (
            await conn.exec_driver_sql(
                "select rolsuper or rolbypassrls or rolcreaterole as powerful, rolinherit, exists ("  # noqa: S608
                "  select from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                f"  where n.nspname = '{SCHEMA}' and pg_has_role(session_user, c.relowner, 'usage')) as owns"
                " from pg_roles where rolname = session_user"
            )
        ).one()
    if row.powerful:
        return "DATABASE_URL: its login is a superuser, bypasses row security or creates roles; use a plain login"
    if row.owns:
        return "DATABASE_URL: its login owns tables; use another login than MIGRATION_DATABASE_URL's"
    if row.rolinherit:
        return "DATABASE_URL: its login inherits its roles' rights; run `evoai db migrate`, which takes that away"
    return None
