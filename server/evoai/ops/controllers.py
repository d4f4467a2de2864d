"""Operations' HTTP: health and metrics at the top of the address; ledger, stored events, dead letters, queues."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from evoai.channels.schemas import EventState
from evoai.kit import metrics
from evoai.kit.crypto import same
from evoai.kit.errors import NotFound, Unauthenticated
from evoai.kit.http import AnyRequest, Asker, Db, Pages, resources_of
from evoai.kit.idempotency import idempotent
from evoai.kit.schema import Out
from evoai.ops.schemas import (
    DeadLetterOut,
    DeadLetterPage,
    EventClass,
    InboundEventDetail,
    InboundEventOut,
    InboundEventPage,
    LedgerOut,
    QueueHealthOut,
    ReplayIn,
    ReplayOut,
)
from evoai.ops.service import events, gauges, ledger, letters, queues
from evoai.ops.service.health import Health, health_of
from evoai.tenants.guards import actor_of, admit, needs

# Names that Python or Litestar keep for themselves.
OfState = Annotated[EventState | None, Parameter(query="state")]
OfClass = Annotated[EventClass | None, Parameter(query="class")]
OfLetters = Annotated[Literal["open", "closed"] | None, Parameter(query="state")]
From = Annotated[date | None, Parameter(query="from")]
Word = Annotated[str, Parameter(min_length=1, max_length=64)]


class LiveOut(Out):
    status: Literal["ok"] = "ok"


@get("/health/live", operation_id="health.live", public=True, unlimited=True, tags=["Operations"])
async def live() -> LiveOut:
    """The loop answers; nothing else is asked."""
    return LiveOut()


@get("/health/ready", operation_id="health.ready", public=True, unlimited=True, tags=["Operations"])
async def ready(request: AnyRequest) -> Response[Health]:
    """The database answers and its schema is ours. Without Redis: ready, but degraded."""
    health = await health_of(resources_of(request))
    return Response(health, status_code=503 if health.status == "down" else 200)


@get("/health", operation_id="health", public=True, unlimited=True, tags=["Operations"])
async def health(request: AnyRequest) -> Response[Health]:
    """Both in one answer."""
    found = await health_of(resources_of(request))
    return Response(found, status_code=503 if found.status == "down" else 200)


@get("/metrics", operation_id="metrics", public=True, unlimited=True, include_in_schema=False)
async def show_metrics(request: AnyRequest) -> Response[bytes]:
    """What this process counted, and what waits in the database, everybody's, for Prometheus; the bearer is
    `METRICS_TOKEN`. Without one there is no such route."""
    resources = resources_of(request)
    if resources.settings.metrics_token is None:
        raise NotFound()
    if not _is_operator(request):
        raise Unauthenticated()
    await gauges.read(resources)
    return Response(metrics.shown(), media_type=metrics.MEDIA_TYPE)


def _is_operator(request: AnyRequest) -> bool:
    token = resources_of(request).settings.metrics_token
    return token is not None and same(request.headers.get("authorization", ""), f"Bearer {token}")


class LedgerController(Controller):
    path = "/ledger"
    tags = ["Operations"]  # noqa: RUF012

    @get("/", operation_id="ledger.get", guards=[needs("operations:read")])
    async def read(self, db: Db, principal: Asker, first: From = None, to: FromQuery[date | None] = None) -> LedgerOut:
        """By day and channel, days in the tenant's time zone, both ends included: the last 7, at most 92."""
        return await ledger.read(db, principal.tenant_id, first, to)


class InboundEventController(Controller):
    path = "/inbound-events"
    tags = ["Operations"]  # noqa: RUF012

    @get("/", operation_id="inbound_events.list", guards=[needs("operations:read")])
    async def page(
        self,
        db: Db,
        principal: Asker,
        paging: Pages,
        of_state: OfState = None,
        of_class: OfClass = None,
        channel: FromQuery[UUID | None] = None,
        day: FromQuery[date | None] = None,
        reason: FromQuery[Word | None] = None,
    ) -> InboundEventPage:
        """Newest first; with `day`, `channel` and `class` the events of one cell of the ledger."""
        rows = await events.page(
            db,
            principal.tenant_id,
            state=of_state,
            outcome=of_class,
            channel_id=channel,
            day=day,
            reason=reason,
            before=paging.after(UUID),
            limit=paging.limit,
        )
        items, following = paging.cut(rows, lambda row: (row.id,))
        return InboundEventPage(items=items, next_cursor=following)

    @get("/{event_id:uuid}", operation_id="inbound_events.get", guards=[needs("operations:read")])
    async def read(self, request: AnyRequest, event_id: FromPath[UUID], db: Db, principal: Asker) -> InboundEventDetail:
        with_body = "channels:write" in principal.permissions
        return await events.read(resources_of(request), db, principal.tenant_id, event_id, with_body=with_body)

    @post(
        "/{event_id:uuid}/replay",
        operation_id="inbound_events.replay",
        status_code=200,
        guards=[needs("operations:write")],
    )
    @idempotent
    async def replay(self, request: AnyRequest, event_id: FromPath[UUID], db: Db) -> InboundEventOut:
        return await events.replay(resources_of(request), db, actor_of(request), event_id)

    @post(
        "/replay",
        operation_id="inbound_events.replay_all",
        status_code=200,
        guards=[needs("operations:write")],
    )
    @idempotent
    async def replay_all(self, request: AnyRequest, data: JSONBody[ReplayIn], db: Db) -> ReplayOut:
        """The oldest 1000 that match; ask again for the rest."""
        return ReplayOut(replayed=await events.replay_all(resources_of(request), db, actor_of(request), data))


class DeadLetterController(Controller):
    path = "/dead-letters"
    tags = ["Operations"]  # noqa: RUF012

    @get("/", operation_id="dead_letters.list", guards=[needs("operations:read")])
    async def page(self, db: Db, principal: Asker, paging: Pages, of_state: OfLetters = None) -> DeadLetterPage:
        """Newest first."""
        rows = await letters.page(
            db, principal.tenant_id, state=of_state, before=paging.after(UUID), limit=paging.limit
        )
        items, following = paging.cut(rows, lambda row: (row.id,))
        return DeadLetterPage(items=items, next_cursor=following)

    @post(
        "/{letter_id:uuid}/replay",
        operation_id="dead_letters.replay",
        status_code=200,
        guards=[needs("operations:write")],
    )
    @idempotent
    async def replay(self, request: AnyRequest, letter_id: FromPath[UUID], db: Db) -> DeadLetterOut:
        return await letters.replay(resources_of(request), db, actor_of(request), letter_id)

    @post(
        "/{letter_id:uuid}/discard",
        operation_id="dead_letters.discard",
        status_code=200,
        guards=[needs("operations:write")],
    )
    @idempotent
    async def discard(self, request: AnyRequest, letter_id: FromPath[UUID], db: Db) -> DeadLetterOut:
        return await letters.discard(db, actor_of(request), letter_id)


class QueueController(Controller):
    path = "/queue"
    tags = ["Operations"]  # noqa: RUF012

    @get("/health", operation_id="queue.health", public=True)
    async def health(self, request: AnyRequest) -> QueueHealthOut:
        """The caller's tenant's own queues, or with the bearer `METRICS_TOKEN` everybody's. `down`: something has been
        due for 5 minutes; `degraded`: for one, or a dead letter waits for a person."""
        resources = resources_of(request)
        if _is_operator(request):
            async with resources.db.system_session("queue health") as db:
                return await queues.read(db, None)
        principal = await admit(resources, request.scope, "operations:read")
        async with resources.db.tenant_session(principal.tenant_id) as db:
            return await queues.read(db, principal.tenant_id)
