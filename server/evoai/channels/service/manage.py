"""Connecting numbers: create, pair, restart, log out, close. The network is called between transactions."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing import service as billing
from evoai.channels.adapters.incoming import Connection
from evoai.channels.adapters.protocol import Adapter, Line
from evoai.channels.adapters.registry import adapter_for, operator_of
from evoai.channels.adapters.roles import Handshakes
from evoai.channels.events import channel_updated
from evoai.channels.models import Channel
from evoai.channels.schemas import (
    ChannelIn,
    ChannelOut,
    ChannelPatch,
    ConnectIn,
    PairingOut,
    QrOut,
    WebhookOut,
)
from evoai.channels.service.lines import open_line
from evoai.channels.service.read import channel_of, channel_out
from evoai.channels.service.states import REFUSED, store_state, take_state
from evoai.kit.crypto import Box, place, random_token, token_hash
from evoai.kit.db import new_id, utcnow
from evoai.kit.errors import Conflict
from evoai.kit.events import emit
from evoai.kit.outbox import enqueue
from evoai.kit.problems import converted

if TYPE_CHECKING:
    from evoai.resources import Resources


async def create(resources: Resources, tenant_id: UUID, data: ChannelIn) -> ChannelOut:
    """Store the channel, create or adopt its instance at the provider, keep what the provider gave. A refusal of the
    provider leaves nothing behind. Raises `LimitReached`, `Invalid("egress-denied")`, and the adapter's errors."""
    adapter = adapter_for(data.provider)
    channel_id, key = new_id(), random_token()
    shared = bool(operator_of(adapter, resources.settings).secrets)
    name = f"evoai_{random_token(15).lower().replace('-', '_')}"
    given = converted(data.config, adapter.config_type, "config")
    kept = adapter.settings(given, name=name, token=random_token(), shared=shared)
    config, secrets = dict(kept.config), kept.secrets
    if "base_url" in config:
        config["base_url"] = resources.net.check_url(config["base_url"], provider_base=True).rstrip("/")
    async with resources.db.tenant_session(tenant_id) as db:
        await billing.take(db, tenant_id, "channels", publisher=resources.publisher)
        box = await resources.keys.box(db, tenant_id)
        channel = Channel(
            tenant_id=tenant_id,
            id=channel_id,
            name=data.name,
            provider=data.provider,
            config=config,
            secrets_enc=_seal(box, tenant_id, channel_id, "secrets_enc", secrets),
            hook_key_hash=token_hash(key),
            hook_key_enc=_seal(box, tenant_id, channel_id, "hook_key_enc", {"key": key}),
            hook_group=kept.hook_group,
            templates_due_at=utcnow() if adapter.capabilities.templates else None,
        )
        db.add(channel)
        await db.flush()
        line = open_line(channel, box, resources.settings)
    try:
        more = await adapter.create(resources.net, line, hook_url(resources, tenant_id, key))
        told = None if adapter.capabilities.pairing else await adapter.status(resources.net, line)
    except BaseException:
        async with resources.db.tenant_session(tenant_id) as db:
            await _close(db, tenant_id, channel_id)
        raise
    # What is given back empty was needed once, and is not kept.
    secrets = {name: secret for name, secret in (secrets | more).items() if secret}
    async with resources.db.tenant_session(tenant_id) as db:
        channel = await channel_of(db, tenant_id, channel_id)
        channel.secrets_enc = _seal(box, tenant_id, channel_id, "secrets_enc", secrets)
        if told is not None:
            take_state(channel, told)
        emit(db, resources.publisher, channel_updated(tenant_id, channel_id))
        return channel_out(resources, channel)


def hook_url(resources: Resources, tenant_id: UUID, key: str) -> str:
    """The channel's own webhook address. It carries its tenant, so that looking it up asks one tenant only."""
    return f"{resources.settings.api_url}/hooks/{tenant_id.hex}.{key}"


async def connect(resources: Resources, tenant_id: UUID, channel_id: UUID, data: ConnectIn) -> PairingOut:
    adapter, line = await _line(resources, tenant_id, channel_id)
    if not adapter.capabilities.pairing:
        return await _verify(resources, adapter, line, data.access_token)
    async with _noting_refusals(resources, tenant_id, channel_id):
        pairing = await adapter.connect(resources.net, line, data.phone.lstrip("+") if data.phone else None)
    state = Connection(state=pairing.state, phone=pairing.phone, qr=pairing.qr)
    await store_state(resources, tenant_id, channel_id, state, asked=True)
    qr = pairing.qr
    shown = QrOut(code=qr.code, expires_at=utcnow() + timedelta(seconds=qr.seconds)) if qr and qr.code else None
    return PairingOut(state=pairing.state, qr=shown, pairing_code=qr.pairing_code if qr else None)


async def _verify(resources: Resources, adapter: Adapter, line: Line, access_token: str | None) -> PairingOut:
    """Connect a number that needs no pairing: its webhook is set again; a new token is kept if it opens the number."""
    tenant_id, channel_id = line.tenant_id, line.channel_id
    if access_token is not None:
        line = msgspec.structs.replace(line, secrets=line.secrets | {"access_token": access_token})
    async with _noting_refusals(resources, tenant_id, channel_id):
        await adapter.create(resources.net, line, await hook_of(resources, tenant_id, channel_id))
    told = await adapter.status(resources.net, line)
    async with resources.db.tenant_session(tenant_id) as db:
        channel = await channel_of(db, tenant_id, channel_id)
        box = await resources.keys.box(db, tenant_id)
        channel.secrets_enc = _seal(box, tenant_id, channel_id, "secrets_enc", line.secrets)
        channel.templates_due_at = utcnow() if adapter.capabilities.templates else None
    resources.lines.forget(tenant_id, channel_id)
    await store_state(resources, tenant_id, channel_id, told)
    return PairingOut(state=told.state, qr=None, pairing_code=None)


async def webhook(resources: Resources, db: AsyncSession, tenant_id: UUID, channel_id: UUID) -> WebhookOut:
    """For providers whose own pages must be given an address. Raises `Conflict` for those that are told by us."""
    channel = await channel_of(db, tenant_id, channel_id)
    if not isinstance(adapter_for(channel.provider), Handshakes):
        raise Conflict("conflict", "This provider's webhook is set from here")
    if channel.hook_group is not None:
        return WebhookOut(url=f"{resources.settings.api_url}/hooks/{channel.provider}", verify_token=None)
    secrets = open_line(channel, await resources.keys.box(db, tenant_id), resources.settings).secrets
    return WebhookOut(url=await hook_of(resources, tenant_id, channel_id), verify_token=secrets.get("verify_token"))


async def restart(resources: Resources, tenant_id: UUID, channel_id: UUID) -> ChannelOut:
    """What it may have forgotten is told again: where its webhooks go."""
    adapter, line = await _line(resources, tenant_id, channel_id)
    async with _noting_refusals(resources, tenant_id, channel_id):
        await adapter.set_webhook(resources.net, line, await hook_of(resources, tenant_id, channel_id))
        await adapter.restart(resources.net, line)
    return await store_state(resources, tenant_id, channel_id, await adapter.status(resources.net, line))


@asynccontextmanager
async def _noting_refusals(resources: Resources, tenant_id: UUID, channel_id: UUID) -> AsyncGenerator[None]:
    """Why a provider refuses us is kept, so that whoever asks later reads it."""
    try:
        yield
    except Conflict as error:
        if error.code == "integration-not-configured":
            async with resources.db.tenant_session(tenant_id) as db:
                channel = await channel_of(db, tenant_id, channel_id)
                channel.state_reason, channel.updated_at = error.cause or REFUSED, utcnow()
                emit(db, resources.publisher, channel_updated(tenant_id, channel_id))
        raise


async def hook_of(resources: Resources, tenant_id: UUID, channel_id: UUID) -> str:
    """The channel's own webhook address."""
    async with resources.db.tenant_session(tenant_id) as db:
        channel = await channel_of(db, tenant_id, channel_id)
        box = await resources.keys.box(db, tenant_id)
        opened = box.open(channel.hook_key_enc, place(tenant_id, "channels", "hook_key_enc", channel_id))
        return hook_url(resources, tenant_id, msgspec.json.decode(opened)["key"])


async def disconnect(resources: Resources, tenant_id: UUID, channel_id: UUID) -> ChannelOut:
    adapter, line = await _line(resources, tenant_id, channel_id)
    await adapter.disconnect(resources.net, line)
    state = Connection(state="disconnected", reason="logged-out")
    return await store_state(resources, tenant_id, channel_id, state)


async def change(resources: Resources, db: AsyncSession, tenant_id: UUID, channel_id: UUID, data: ChannelPatch) -> Any:
    channel = await channel_of(db, tenant_id, channel_id)
    for name, value in data.changes().items():
        setattr(channel, name, value)
    channel.updated_at = utcnow()
    emit(db, resources.publisher, channel_updated(tenant_id, channel_id))
    return channel_out(resources, channel)


async def close(resources: Resources, db: AsyncSession, tenant_id: UUID, channel_id: UUID) -> None:
    """Close the channel here and have it removed at the provider; its conversations stay."""
    await channel_of(db, tenant_id, channel_id)
    await _close(db, tenant_id, channel_id)
    await enqueue(db, resources.bell, "channels.remove", {"channel_id": str(channel_id)})
    resources.lines.forget(tenant_id, channel_id)


async def remove_at_provider(resources: Resources, tenant_id: UUID, payload: Any) -> None:
    """Handler of `channels.remove`."""
    opened = await resources.lines.by_id(tenant_id, UUID(payload["channel_id"]))
    if opened is not None:
        await opened.adapter.remove(resources.net, opened.line)


async def _close(db: AsyncSession, tenant_id: UUID, channel_id: UUID) -> None:
    channel = await channel_of(db, tenant_id, channel_id)
    channel.deleted_at = channel.updated_at = utcnow()
    channel.state = "disconnected"
    await billing.give_back(db, tenant_id, "channels")


async def _line(resources: Resources, tenant_id: UUID, channel_id: UUID) -> tuple[Adapter, Line]:
    async with resources.db.tenant_session(tenant_id) as db:
        channel = await channel_of(db, tenant_id, channel_id)
        box = await resources.keys.box(db, tenant_id)
        return adapter_for(channel.provider), open_line(channel, box, resources.settings)


def _seal(box: Box, tenant_id: UUID, channel_id: UUID, column: str, value: dict[str, str]) -> bytes:
    return box.seal(msgspec.json.encode(value), place(tenant_id, "channels", column, channel_id))
