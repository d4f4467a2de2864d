"""What the channels room plugs into the house."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels import jobs
from evoai.channels.controllers import ChannelController, receive_webhook
from evoai.channels.repository import events
from evoai.channels.service import reconcile, templates
from evoai.channels.service.events import FORGET, forget_messages
from evoai.channels.service.manage import remove_at_provider
from evoai.kit.jobs import Arg
from evoai.kit.module import Module
from evoai.kit.path import drain
from evoai.kit.sweep import Due


async def _due_events(db: AsyncSession) -> Sequence[tuple[Arg, ...]]:
    shards = await events.due_shards(db)
    return [tuple(shards)] if shards else []


MODULE = Module(
    name="channels",
    controllers=(ChannelController,),
    roots=(receive_webhook,),
    handlers={"channels.remove": remove_at_provider, FORGET: forget_messages},
    jobs=(jobs.reconcile, jobs.read_templates),
    due=(
        Due("events", drain, _due_events),
        Due("channels to reconcile", jobs.reconcile, reconcile.due),
        Due("templates to read", jobs.read_templates, templates.due),
    ),
)
