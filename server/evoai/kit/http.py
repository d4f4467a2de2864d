"""What every HTTP room shares: who asks, the `db` dependency, cursor pages, strict reading, idempotency keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, ParamSpec, TypeVar, cast
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter
from sqlalchemy import Index, LargeBinary, UniqueConstraint, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.crypto import same
from evoai.kit.db import TenantModel, new_id, utcnow
from evoai.kit.errors import BadRequest, Conflict, FieldError, Invalid

if TYPE_CHECKING:
    from evoai.resources import Resources

P = ParamSpec("P")
R = TypeVar("R")
AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: a user in a tenant, or an API key."""

    kind: Literal["user", "key"]
    id: UUID
    tenant_id: UUID
    member_id: UUID | None
    name: str
    role: str
    permissions: frozenset[str]
    session_id: UUID | None

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def principal_of(request: AnyRequest) -> Principal:
    """The authenticated principal; routes that are not public always have one."""
    return request.scope["state"]["principal"]


def resources_of(request: AnyRequest) -> Resources:
    return request.app.state["resources"]


async def provide_db(request: AnyRequest) -> AsyncGenerator[AsyncSession, None]:
    """One transaction of the caller's tenant. It commits before the response is sent, so a failed commit is an
    error that the client sees. The only generator dependency: with several, clean-ups would run side by side."""
    async with resources_of(request).db.tenant_session(principal_of(request).tenant_id) as db:
        yield db


async def provide_principal(request: AnyRequest) -> Principal:
    return principal_of(request)


async def provide_resources(request: AnyRequest) -> Any:
    return resources_of(request)


DEPENDENCIES = {
    "db": Provide(provide_db),
    "principal": Provide(provide_principal),
    "resources": Provide(provide_resources),
}

# ------------------------------------------------------------------------------------------------ pages

PageLimit = Annotated[int, Parameter(ge=1, le=100)]
PageCursor = Annotated[str, Parameter(max_length=600)]


class Cursors:
    """Signed cursors: one that is made up, altered, of another tenant, list or filter is refused."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"cursor" + secret.encode()).digest()

    def encode(self, tenant_id: UUID, scope: str, values: Sequence[Any]) -> str:
        body = msgspec.json.encode(list(values))
        return base64.urlsafe_b64encode(self._mac(tenant_id, scope, body) + body).rstrip(b"=").decode()

    def decode(self, tenant_id: UUID, scope: str, cursor: str | None, kinds: tuple[type, ...]) -> list[Any] | None:
        """The values of the last row seen, or None for the first page. Raises `BadRequest`."""
        if cursor is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            mac, body = raw[:12], raw[12:]
            if not same(mac, self._mac(tenant_id, scope, body)):
                raise ValueError
            return list(msgspec.json.decode(body, type=tuple[kinds]))
        except (ValueError, UnicodeEncodeError, msgspec.MsgspecError):
            raise BadRequest(detail="The cursor is not one of this list's") from None

    def _mac(self, tenant_id: UUID, scope: str, body: bytes) -> bytes:
        return hmac.digest(self._key, tenant_id.bytes + scope.encode() + b"\0" + body, "sha256")[:12]


# ------------------------------------------------------------------------------------------------ strict reading

_allowed: dict[HTTPRouteHandler, frozenset[str]] = {}
_OURS = {"request", "db", "principal", "resources", "data", "self", "scope", "headers", "cookies", "body"}


async def read_strictly(request: AnyRequest) -> None:
    """Before each handler: refuse what could be read in two ways. Query names that are unknown or repeated, header
    fields given twice, and JSON with double keys, other numbers, other encodings, or text no database can store."""
    handler = request.route_handler
    _check_query(request, handler)
    if sum(1 for name, _ in request.scope["headers"] if name == b"authorization") > 1:
        raise BadRequest(detail="Two Authorization headers")
    if handler.parsed_data_field is None or handler.opt.get("raw_body"):
        return
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    body = await request.body()
    if not body:
        if not handler.parsed_data_field.is_optional:
            raise BadRequest(detail="A body is needed")
        return
    if kind != "application/json" or "charset=utf-7" in request.headers.get("content-type", "").lower():
        raise HTTPException(status_code=415)
    check_json(body)


def _check_query(request: AnyRequest, handler: HTTPRouteHandler) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    if not names:
        return
    allowed = _allowed.get(handler)
    if allowed is None:
        fields = handler.parsed_fn_signature.parameters.items()
        allowed = _allowed[handler] = frozenset(_query_name(name, field) for name, field in fields) - _OURS
    unknown = [name for name in names if name not in allowed]
    if unknown:
        raise BadRequest(detail=f"Unknown query parameter {unknown[0][:64]!r}")
    if len(set(names)) != len(names):
        raise BadRequest(detail="A query parameter is given twice")


def _query_name(name: str, field: Any) -> str:
    return getattr(field.kwarg_definition, "query", None) or name


def check_json(body: bytes) -> None:
    """Raises `BadRequest` for JSON that parsers disagree on, `Invalid` for text that cannot be stored."""
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_no_double_keys, parse_constant=_no_constants, parse_int=_number
        )
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BadRequest(detail="The body is not JSON") from None
    _check_text(value, "")


def _no_double_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("double key")
    return out


def _no_constants(name: str) -> NoReturn:
    raise ValueError(name)


def _number(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("number too long")
    return int(digits)


def _check_text(value: Any, pointer: str) -> None:
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise Invalid(errors=(FieldError(pointer=pointer, code="text", detail="NUL or a lone surrogate"),))
    elif isinstance(value, dict):
        for key, item in cast(dict[str, Any], value).items():
            _check_text(key, pointer)
            _check_text(item, f"{pointer}/{key[:64]}")
    elif isinstance(value, list):
        for index, item in enumerate(cast(list[Any], value)):
            _check_text(item, f"{pointer}/{index}")


# ------------------------------------------------------------------------------------------------ idempotency keys

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
