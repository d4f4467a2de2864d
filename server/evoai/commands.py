"""What operators do from a shell, beyond starting processes: the demo's tenant, passwords, plans, the tray, checks."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from sqlalchemy import text

from evoai.auth import passwords
from evoai.auth import service as auth
from evoai.billing import service as billing
from evoai.billing import usage
from evoai.channels.schemas import ChannelIn
from evoai.channels.service import manage as channels
from evoai.environment import SettingsError
from evoai.kit.crypto import SealError
from evoai.kit.db import SCHEMA
from evoai.kit.errors import Invalid, NotFound
from evoai.kit.login import refuse_powerful_login
from evoai.modules import MODULES
from evoai.ops.service import recount
from evoai.ops.service.health import health_of
from evoai.resources import Resources, open_resources
from evoai.settings import Settings
from evoai.tenants.schemas import TenantPatch
from evoai.tenants.service import entry, tenants

DEMO_EMAIL = "ana@clinica.example"
DEMO_PASSWORD = "sorriso-demo-2026"  # noqa: S105 - printed by the demo, which listens on loopback alone
_CLINIC = """Clínica Sorriso: odontologia geral e estética, desde 2009.
Endereço: Rua Augusta, 1500, Consolação, São Paulo. Metrô Consolação a 5 minutos.
Funcionamos de segunda a sexta das 8h às 18h e sábado das 8h às 12h. Domingo não abrimos.
A limpeza (profilaxia) custa R$ 220,00 e leva 45 minutos.
O clareamento custa R$ 900,00 em duas sessões.
A primeira avaliação é gratuita.
A restauração custa a partir de R$ 280,00.
Aceitamos os convênios OdontoMais e Bradesco Dental. Não aceitamos Amil.
Pagamento por Pix, cartão de crédito em até 6 vezes ou dinheiro.
Temos estacionamento conveniado na Rua Bela Cintra, com a primeira hora grátis.
A Dra. Paula atende segunda, quarta e sexta. O Dr. Bruno atende terça, quinta e sábado.
Para cancelar, avise com 24 horas de antecedência."""


async def make_demo_tenant(settings: Settings) -> None:
    """Make the demo clinic unless it is there, and print its login."""
    async with open_resources(settings, MODULES, process="cli") as resources:
        async with resources.db.system_session("demo") as db:
            there = await auth.email_taken(db, DEMO_EMAIL)
        if not there:
            await _make_clinic(resources)
    print(DEMO_EMAIL, DEMO_PASSWORD)  # noqa: T201


async def _make_clinic(resources: Resources) -> None:
    hashed = await passwords.hash_password(DEMO_PASSWORD)
    async with resources.db.system_session("demo") as db:
        person = await auth.add_person(db, name="Ana Souza", email=DEMO_EMAIL, password_hash=hashed)
        plan = resources.settings.signup_plan or "enterprise"
        tenant = await entry.make_tenant(resources, db, "Clínica Sorriso", person, plan=plan)
    weekdays = {day: [("08:00", "18:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
    async with resources.db.tenant_session(tenant.id) as db:
        await tenants.change_tenant(
            db,
            tenant.id,
            TenantPatch(description=_CLINIC, business_hours=weekdays | {"sat": [("08:00", "12:00")]}),
        )
    if resources.settings.simulator_port is not None:
        # A number to pair at once: who tries the demo has no Evolution server to name.
        config = {
            "base_url": f"http://127.0.0.1:{resources.settings.simulator_port}/evolution",
            "api_key": "simulator-key",
            "instance_name": "clinica-sorriso",
        }
        await channels.create(resources, tenant.id, ChannelIn(name="Recepção", provider="evolution", config=config))


async def reset_password(settings: Settings, email: str) -> None:
    """Set a random password, end all sessions, print it."""
    password = secrets.token_urlsafe(15)
    async with open_resources(settings, MODULES, process="cli") as resources:
        hashed = await passwords.hash_password(password)
        async with resources.db.system_session("reset password") as db:
            try:
                found = await auth.find_for_login(db, auth.normal_email(email))
            except Invalid:
                found = None
            if found is None:
                raise SettingsError(f"{email}: nobody has this e-mail")
            await auth.keep_password(db, found[0].id, hashed)
            await auth.revoke_sessions_of(db, found[0].id)
    print(password)  # noqa: T201


async def rewrap_keys(settings: Settings) -> None:
    """Wrap every tenant's key by the present ENCRYPTION_KEY, one transaction each; raise `SettingsError` if any is left
    that none of the keys opens."""
    done, closed = 0, 0
    async with open_resources(settings, MODULES, process="cli") as resources:
        async with resources.db.system_session("rewrap keys") as db:
            outdated = await resources.keys.outdated(db)
        for tenant_id in outdated:
            try:
                async with resources.db.tenant_session(tenant_id) as db:
                    done += await resources.keys.renew(db, tenant_id)
            except SealError:
                closed += 1
    print(f"{done} keys wrapped anew")  # noqa: T201
    if closed:
        raise SettingsError(f"ENCRYPTION_KEY_PREVIOUS: {closed} tenants' keys are wrapped by a key that is not set")


async def list_plans(settings: Settings) -> None:
    async with (
        open_resources(settings, MODULES, process="cli") as resources,
        resources.db.system_session("plans") as db,
    ):
        for plan in await usage.list_plans(db):
            print(plan.code, _many(plan.channels), _many(plan.contacts), _many(plan.messages_per_month))  # noqa: T201


async def set_plan(settings: Settings, tenant_id: str, plan: str) -> None:
    try:
        tenant = UUID(tenant_id)
    except ValueError:
        raise SettingsError(f"{tenant_id}: not a tenant's id") from None
    async with open_resources(settings, MODULES, process="cli") as resources:
        try:
            async with resources.db.system_session("set plan") as db:
                await tenants.note_plan(db, tenant, plan)
                await billing.set_plan(db, tenant, plan)
        except NotFound:
            raise SettingsError(f"{tenant_id} {plan}: no such tenant or plan") from None
    print(f"{tenant} is on {plan}")  # noqa: T201


async def recount_plans(settings: Settings) -> None:
    """What the nightly recount does, now; what differed is printed."""
    async with open_resources(settings, MODULES, process="cli") as resources:
        found = await recount.everybody(resources)
    for one in found:
        print(f"{one.tenant_id} {one.kind}: {one.told} was said, {one.there} are there")  # noqa: T201
    print(f"{len(found)} differences")  # noqa: T201


async def show_outbox(settings: Settings) -> None:
    """What waits and what died, by kind."""
    async with (
        open_resources(settings, MODULES, process="cli") as resources,
        resources.db.system_session("outbox") as db,
    ):
        rows: Any = await db.execute(
            text(
                f"select topic, count(*) filter (where next_at <= now()) as due, count(*) as waiting"  # noqa: S608
                f" from {SCHEMA}.outbox where done_at is null group by topic order by topic"
            )
        )
        for row in rows:
            print(f"{row.topic}: {row.waiting} waiting, {row.due} due")  # noqa: T201
        rows = await db.execute(
            text(
                f"select kind, reason, count(*) as letters from {SCHEMA}.dead_letters"  # noqa: S608
                " where closed_at is null group by kind, reason order by kind, reason"
            )
        )
        for row in rows:
            print(f"dead {row.kind}: {row.letters} × {row.reason}")  # noqa: T201


async def doctor(settings: Settings) -> None:
    """Say what works; raise `SettingsError` for what does not."""
    async with open_resources(settings, MODULES, process="cli") as resources:
        health = await health_of(resources)
        reason = await refuse_powerful_login(resources.db) if health.database else None
    print(f"database {'ok' if health.database else 'down'}, redis {'ok' if health.redis else 'down'}")  # noqa: T201
    print(f"model {'set' if settings.model.api_key else 'not set: conversations go to people'}")  # noqa: T201
    if reason is not None:
        raise SettingsError(reason)
    if not health.database:
        raise SettingsError("DATABASE_URL: does not answer, or `evoai db migrate` has not run")


def _many(limit: int | None) -> str:
    return "unlimited" if limit is None else str(limit)
