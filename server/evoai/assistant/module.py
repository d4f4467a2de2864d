"""The room of the assistant."""

from __future__ import annotations

from evoai.assistant.controllers.assistants import AssistantController, TraceController
from evoai.assistant.service.drafts import new_tenant
from evoai.assistant.service.record import forget
from evoai.kit.module import Module

MODULE = Module("assistant", controllers=(AssistantController, TraceController), new_tenant=new_tenant, forget=forget)
