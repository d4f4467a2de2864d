"""What the assistant room plugs into the house."""

from __future__ import annotations

from evoai.assistant.controllers.assistants import AssistantController, TraceController
from evoai.assistant.controllers.shadow import ShadowController
from evoai.assistant.controllers.tests import TestController, TestRunController
from evoai.assistant.controllers.tools import ToolController, ToolServerController
from evoai.assistant.jobs import RUNS_DUE, SHADOWS_DUE, draft_in_shadow, refresh_servers, run_tests
from evoai.assistant.service.analysis import analyse
from evoai.assistant.service.contact_tools import CONTACT_TOOLS
from evoai.assistant.service.drafts import new_tenant
from evoai.assistant.service.record import SUMMARISE, forget
from evoai.assistant.service.summarise import summarise
from evoai.inbox.events import RESOLVED
from evoai.kit.module import Cron, Module

MODULE = Module(
    "assistant",
    controllers=(
        AssistantController,
        TraceController,
        TestController,
        TestRunController,
        ShadowController,
        ToolController,
        ToolServerController,
    ),
    jobs=(refresh_servers, run_tests, draft_in_shadow),
    crons=(Cron("assistant.refresh_servers", 600, refresh_servers),),
    handlers={SUMMARISE: summarise, RESOLVED: analyse},
    due=(RUNS_DUE, SHADOWS_DUE),
    tools=CONTACT_TOOLS,
    new_tenant=new_tenant,
    forget=forget,
)
