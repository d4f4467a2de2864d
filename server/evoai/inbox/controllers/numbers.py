"""What of a channel only the inbox knows: how its number is doing among people, and moving its threads to another."""

from __future__ import annotations

from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from evoai.channels.schemas import ChannelHealthOut
from evoai.channels.service import doctor
from evoai.inbox.schemas.numbers import MovedOut, MoveIn
from evoai.inbox.service import moving, starts
from evoai.kit.http import AnyRequest, Asker, Db, resources_of
from evoai.kit.idempotency import idempotent
from evoai.tenants.guards import actor_of, needs


class NumberController(Controller):
    path = "/channels"
    tags = ["Channels"]  # noqa: RUF012

    @get("/{channel_id:uuid}/health", operation_id="channels.health", guards=[needs("channels:read")])
    async def health(
        self, request: AnyRequest, channel_id: FromPath[UUID], db: Db, principal: Asker
    ) -> ChannelHealthOut:
        """The one thing that is most wrong with a number, and what to do about it."""
        begun = await starts.started(db, principal.tenant_id, channel_id)
        return await doctor.examine(resources_of(request), db, principal.tenant_id, channel_id, begun)

    @post(
        "/{channel_id:uuid}/move",
        operation_id="channels.move",
        status_code=200,
        guards=[needs("channels:write")],
    )
    @idempotent
    async def move(self, request: AnyRequest, channel_id: FromPath[UUID], data: JSONBody[MoveIn], db: Db) -> MovedOut:
        """Contacts stay as they are, and go on in the same threads, on another channel."""
        return await moving.move(resources_of(request), db, actor_of(request), channel_id, data.to)
