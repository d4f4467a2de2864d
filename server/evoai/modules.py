"""The rooms in floor order: the one list to change when a room is added. What the message path needs of two rooms is
brought together here, so that neither calls upwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evoai.assistant.module import MODULE as ASSISTANT
from evoai.assistant.service.record import record
from evoai.assistant.service.think import think
from evoai.auth.module import MODULE as AUTH
from evoai.billing.module import MODULE as BILLING
from evoai.channels.module import MODULE as CHANNELS
from evoai.inbox.module import MODULE as INBOX
from evoai.inbox.service.steps import InboxSteps
from evoai.kit.module import Module
from evoai.ops.module import MODULE as OPS
from evoai.realtime.module import MODULE as REALTIME
from evoai.tenants.module import MODULE as TENANTS

if TYPE_CHECKING:
    from evoai.resources import Resources

MODULES: tuple[Module, ...] = (AUTH, TENANTS, BILLING, CHANNELS, INBOX, ASSISTANT, REALTIME, OPS)


def path_steps(resources: Resources) -> InboxSteps:
    """The steps of the message path: the inbox's, with the assistant as the one who answers."""
    return InboxSteps(resources, think, record)
