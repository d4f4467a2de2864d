"""The provider's routes for an instance's webhook and settings."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from evoai.simulator import bodies
from evoai.simulator.wire import Call, Refused, answer, raw
from evoai.simulator.world import Hook, Instance, World

NO_LENGTH = "Cannot read properties of undefined (reading 'length')"
SETTINGS = ("rejectCall", "groupsIgnore", "alwaysOnline", "readMessages", "readStatus", "syncFullHistory")


def hook_row(world: World, webhook: dict[str, Any], before: Hook | None) -> Hook:
    enabled = bool(webhook.get("enabled", True))
    events: list[str] = list(webhook.get("events") or bodies.ALL_EVENTS) if enabled else []
    headers: dict[str, Any] = webhook.get("headers") or {}
    now = bodies.iso()
    return Hook(
        id=before.id if before else world.row_id(),
        url=str(webhook.get("url") or ""),
        headers={str(k): str(v) for k, v in headers.items()},
        enabled=enabled,
        events=frozenset(events),
        by_events=bool(webhook.get("byEvents", False)),
        base64=bool(webhook.get("base64", False)),
        created_at=before.created_at if before else now,
        updated_at=now,
    )


def hook_out(instance: Instance) -> bytes:
    hook = instance.hook
    if hook is None:
        return b"null"
    return bodies.encode(
        {
            "id": hook.id,
            "url": hook.url,
            "headers": hook.headers,
            "enabled": hook.enabled,
            "events": [e for e in bodies.ALL_EVENTS if e in hook.events],
            "webhookByEvents": hook.by_events,
            "webhookBase64": hook.base64,
            "createdAt": hook.created_at,
            "updatedAt": hook.updated_at,
            "instanceId": instance.id,
        }
    )


async def set_webhook(call: Call) -> web.Response:
    call.require("webhook")
    webhook: dict[str, Any] = call.body["webhook"]
    call.require("enabled", "url", within=webhook)
    for i, name in enumerate(webhook.get("events") or ()):
        if name not in bodies.ALL_EVENTS:
            values = ",".join(bodies.ALL_EVENTS)
            raise Refused(400, [[f"webhook.events[{i}] is not one of enum values: {values}"]])
    if webhook["enabled"] and not isinstance(webhook.get("events"), list):
        raise Refused(500, NO_LENGTH)
    call.instance.hook = hook_row(call.world, webhook, call.instance.hook)
    call.world.changed()
    return raw(201, hook_out(call.instance))


async def find_webhook(call: Call) -> web.Response:
    return raw(200, hook_out(call.instance))


async def set_settings(call: Call) -> web.Response:
    call.require(*SETTINGS)
    wanted = {k: call.body[k] for k in (*SETTINGS, "msgCall", "wavoipToken") if k in call.body}
    call.instance.settings |= wanted
    call.world.changed()
    settings = {"instanceName": call.instance.name, "settings": call.instance.settings}
    return answer(201, {"settings": settings})


async def find_settings(call: Call) -> web.Response:
    return answer(200, call.instance.settings or None)
