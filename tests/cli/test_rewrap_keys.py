"""ENCRYPTION_KEY is rotated while tenants live: their keys are wrapped anew, and what they sealed still opens."""

from __future__ import annotations

import asyncio
import base64
import os

from evoai.embedded import Embedded
from evoai.migrate import migrate
from tests.cli.command_line import evoai
from tests.house import House, Urls, eventually
from tests.house import test_env as env_of

ANA = "5511987654321"


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


async def test_keys_are_wrapped_anew_and_the_old_value_is_needed_no_more(embedded: Embedded) -> None:
    owner, app = embedded.create_database("rewrap")
    await asyncio.to_thread(migrate, {"MIGRATION_DATABASE_URL": owner, "DATABASE_URL": app})
    urls = Urls(owner=owner, app=app, admin=embedded.admin_url, redis=embedded.redis_url)
    first, second, third = key(), key(), key()
    async with House.open(urls, ENCRYPTION_KEY=first) as house:
        clinic = await house.clinic()
        await house.sign_up("Outra clínica")
        sealed = await house.row("select secrets_enc from channels")
        env = env_of(urls, 0, house.sim.url)

        without = await evoai(env | {"ENCRYPTION_KEY": second}, "tenants", "rewrap-keys")
        assert (without.code, without.out) == (2, "0 keys wrapped anew\n")
        assert without.err.startswith("evoai: ENCRYPTION_KEY_PREVIOUS: 2 tenants' keys")

        # Two rotations at once: the rows are of the value before the last.
        rotating = env | {"ENCRYPTION_KEY": third, "ENCRYPTION_KEY_PREVIOUS": f"{second},{first}"}
        assert (await evoai(rotating, "tenants", "rewrap-keys")).out == "2 keys wrapped anew\n"
        assert (await evoai(rotating, "tenants", "rewrap-keys")).out == "0 keys wrapped anew\n"
        assert len(await house.rows("select distinct key_id from tenant_keys")) == 1
        assert await house.row("select secrets_enc from channels") == sealed
        # A process that has the tenant's key open goes on, whatever wraps it now.
        clinic.says(ANA, "abacaxi azul")
        await eventually(lambda: clinic.sent_to(ANA))

    async with House.open(urls, ENCRYPTION_KEY=third) as again:
        async with again.resources.db.tenant_session(clinic.client.tenant_id) as db:
            await again.resources.keys.box(db, clinic.client.tenant_id)
        (row,) = await again.rows("select id, tenant_id from channels")
        opened = await again.resources.lines.by_id(row["tenant_id"], row["id"])
        assert opened is not None
        assert opened.line.secrets["api_key"] == "simulator-key"
