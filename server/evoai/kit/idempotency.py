"""Idempotency keys: a repeated POST gets the first answer, and a failed one leaves no trace."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar, cast
from uuid import UUID

import msgspec
from litestar import Response
from sqlalchemy import Index, LargeBinary, UniqueConstraint, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import SCHEMA, TenantModel, new_id, utcnow
from evoai.kit.errors import BadRequest, Conflict
from evoai.kit.http import AnyRequest, Principal, principal_of, resources_of

P = ParamSpec("P")
R = TypeVar("R")

_KEPT = timedelta(hours=24)
_RUNNING = timedelta(seconds=60)
_KEY = msgspec.json.Decoder(type=Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")])


class IdempotencyKey(TenantModel):
    """What a POST with an `Idempotency-Key` answered, kept 24 h. `status` is null while the first call runs."""

    __tablename__ = "idempotency_keys"

    principal: Mapped[str]
    route: Mapped[str]
    key: Mapped[str]
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            UniqueConstraint("tenant_id", "principal", "route", "key"),
            Index(None, "tenant_id", "expires_at"),
        )


def idempotent(fn: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """For POST handlers that take `request` and `db`: the key's row is written in the transaction that has the
    effect, answer included, so a repeated call gets the first answer and a failed one leaves no trace."""

    @wraps(fn)
    async def handler(*args: P.args, **kwargs: P.kwargs) -> R:
        request, db = cast(AnyRequest, kwargs["request"]), cast(AsyncSession, kwargs["db"])
        if "idempotency-key" not in request.headers:
            return await fn(*args, **kwargs)
        call = _call(request, hashlib.sha256(await request.body()).digest())
        assert call is not None
        replay = await _claim(db, call, _KEPT)
        if replay is not None:
            return cast(R, replay)
        result = await fn(*args, **kwargs)
        await _finish(db, call, request, result)
        return result

    handler.__dict__["idempotent"] = True
    return handler


def idempotent_over_network(fn: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """For POST handlers whose effect needs the network and that take `request` and no `db`: the row is committed
    first and frees itself after 60 s, so that a crash in between does not block the key for a day."""

    @wraps(fn)
    async def handler(*args: P.args, **kwargs: P.kwargs) -> R:
        request = cast(AnyRequest, kwargs["request"])
        if "idempotency-key" not in request.headers:
            return await fn(*args, **kwargs)
        digest = hashlib.sha256(await request.body()).digest()
        return await answer_once(request, digest, lambda: fn(*args, **kwargs))

    handler.__dict__["idempotent"] = True
    return handler


def idempotent_by_itself(fn: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """For POST handlers whose body is a file: it is hashed while it arrives, and they call `answer_once` themselves."""
    fn.__dict__["idempotent"] = True
    return fn


async def answer_once(request: AnyRequest, body_hash: bytes, answer: Callable[[], Awaitable[R]]) -> R:
    """What the first call with this `Idempotency-Key` answered, or now `answer()`, whose effect needs the network."""
    call = _call(request, body_hash)
    if call is None:
        return await answer()
    database = resources_of(request).db
    async with database.tenant_session(call.principal.tenant_id) as db:
        replay = await _claim(db, call, _RUNNING)
    if replay is not None:
        return cast(R, replay)
    try:
        result = await answer()
    except BaseException:
        async with database.tenant_session(call.principal.tenant_id) as db:
            await _forget(db, call)
        raise
    async with database.tenant_session(call.principal.tenant_id) as db:
        await _finish(db, call, request, result)
    return result


async def empty_answers(db: AsyncSession, tenant_id: UUID, ids: Sequence[UUID]) -> None:
    """Whoever or whatever these ids stood for is erased: of calls whose answers name one it is kept that they were
    made, so that none is done again, and not what was answered."""
    await db.execute(
        text(
            f"update {SCHEMA}.idempotency_keys set answer = '' where tenant_id = :tenant_id and exists ("  # noqa: S608
            " select from unnest(cast(:ids as text[])) id where position(convert_to(id, 'UTF8') in answer) > 0)"
        ),
        {"tenant_id": tenant_id, "ids": [str(one) for one in ids]},
    )


@dataclass(frozen=True, slots=True)
class _Call:
    principal: Principal
    route: str
    key: str
    body_hash: bytes


def _call(request: AnyRequest, body_hash: bytes) -> _Call | None:
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    try:
        _KEY.decode(msgspec.json.encode(key))
    except msgspec.ValidationError:
        raise BadRequest(detail="Idempotency-Key: 1 to 128 visible ASCII characters") from None
    return _Call(principal_of(request), f"{request.method} {request.url.path}", key, body_hash)


async def _claim(db: AsyncSession, call: _Call, kept: timedelta) -> Response[bytes] | None:
    now = utcnow()
    values = {
        "tenant_id": call.principal.tenant_id,
        "principal": str(call.principal),
        "route": call.route,
        "key": call.key,
    }
    await db.execute(
        # An expired key is free again, so its row makes place for the new claim.
        IdempotencyKey.__table__.delete().where(  # type: ignore[attr-defined]
            *(getattr(IdempotencyKey, name) == value for name, value in values.items()),
            IdempotencyKey.expires_at < now,
        )
    )
    statement = insert(IdempotencyKey).values(
        id=new_id(), body_hash=call.body_hash, created_at=now, expires_at=now + kept, **values
    )
    claimed = await db.scalar(statement.on_conflict_do_nothing().returning(IdempotencyKey.id))
    if claimed is not None:
        return None
    row = await db.scalar(select(IdempotencyKey).filter_by(**values))
    if row is None or row.status is None:
        raise Conflict("idempotency-in-progress", "The first call with this key is still running", retry_after=1)
    if row.body_hash != call.body_hash:
        raise Conflict("idempotency-mismatch", "This key was used with another body")
    return Response(
        row.answer or b"",
        status_code=row.status,
        media_type="application/json",
        headers={"idempotent-replayed": "true"},
    )


async def _finish(db: AsyncSession, call: _Call, request: AnyRequest, result: object) -> None:
    status: int = request.route_handler.status_code or 200
    content: object = result
    if isinstance(result, Response):
        content, status = cast(Any, result).content, result.status_code or status
    answer = content if isinstance(content, bytes) else b"" if content is None else msgspec.json.encode(content)
    await db.execute(
        update(IdempotencyKey)
        .where(*_is(call))
        .values(status=status, answer=answer, expires_at=utcnow() + _KEPT)
        .execution_options(synchronize_session=False)
    )


async def _forget(db: AsyncSession, call: _Call) -> None:
    await db.execute(IdempotencyKey.__table__.delete().where(*_is(call)))  # type: ignore[attr-defined]


def _is(call: _Call) -> tuple[Any, ...]:
    return (
        IdempotencyKey.tenant_id == call.principal.tenant_id,
        IdempotencyKey.principal == str(call.principal),
        IdempotencyKey.route == call.route,
        IdempotencyKey.key == call.key,
    )
