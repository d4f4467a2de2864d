"""The room of the assistant."""

from __future__ import annotations

from evoai.assistant.controllers.assistants import AssistantController, TraceController
from evoai.assistant.controllers.tools import ToolController, ToolServerController
from evoai.assistant.jobs import refresh_servers
from evoai.assistant.service.contact_tools import CONTACT_TOOLS
from evoai.assistant.service.drafts import new_tenant
from evoai.assistant.service.record import SUMMARISE, forget
from evoai.assistant.service.summarise import summarise
from evoai.kit.module import Cron, Module

MODULE = Module(
    "assistant",
    controllers=(AssistantController, TraceController, ToolController, ToolServerController),
    jobs=(refresh_servers,),
    crons=(Cron("assistant.refresh_servers", 600, refresh_servers),),
    handlers={SUMMARISE: summarise},
    tools=CONTACT_TOOLS,
    new_tenant=new_tenant,
    forget=forget,
)
