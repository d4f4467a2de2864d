"""What every HTTP room shares: who asks, the `db` dependency, pages of lists."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, overload
from uuid import UUID

import msgspec
from litestar import Request
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, Parameter
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.crypto import same
from evoai.kit.errors import BadRequest

if TYPE_CHECKING:
    from evoai.resources import Resources

A = TypeVar("A")
B = TypeVar("B")
AnyRequest = Request[Any, Any, Any]
PageCursor = Annotated[str, Parameter(max_length=600)]
PageLimit = Annotated[int, Parameter(ge=1, le=100)]


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


class Cursors:
    """Signed cursors: one that is made up, altered, of another tenant, list or filter is refused."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"cursor" + secret.encode()).digest()

    def encode(self, tenant_id: UUID, scope: str, values: Sequence[Any]) -> str:
        body = msgspec.json.encode(list(values))
        return base64.urlsafe_b64encode(self._mac(tenant_id, scope, body) + body).rstrip(b"=").decode()

    def decode(self, tenant_id: UUID, scope: str, cursor: str, kinds: tuple[type, ...]) -> tuple[Any, ...]:
        """The values of the last row seen. Raises `BadRequest`."""
        try:
            raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            mac, body = raw[:12], raw[12:]
            if not same(mac, self._mac(tenant_id, scope, body)):
                raise ValueError
            return msgspec.json.decode(body, type=tuple[kinds])
        except (ValueError, UnicodeEncodeError, msgspec.MsgspecError):
            raise BadRequest(detail="The cursor is not one of this list's") from None

    def _mac(self, tenant_id: UUID, scope: str, body: bytes) -> bytes:
        return hmac.digest(self._key, tenant_id.bytes + scope.encode() + b"\0" + body, "sha256")[:12]


@dataclass(frozen=True, slots=True)
class Paging:
    """Where somebody is in a list. A cursor holds for the tenant, the path and the filters that it was made for."""

    cursors: Cursors
    tenant_id: UUID
    scope: str
    cursor: str | None
    shown: int

    @property
    def limit(self) -> int:
        """Rows to read: one more than are shown, which tells whether a page follows."""
        return self.shown + 1

    @overload
    def after(self, kind: type[A], /) -> A | None: ...
    @overload
    def after(self, first: type[A], second: type[B], /) -> tuple[A, B] | None: ...
    def after(self, *kinds: type) -> Any:
        """The last row's key on the page before, None on the first page. Raises `BadRequest`."""
        if self.cursor is None:
            return None
        values = self.cursors.decode(self.tenant_id, self.scope, self.cursor, kinds)
        return values if len(kinds) > 1 else values[0]

    def cut(self, rows: Sequence[A], key: Callable[[A], Sequence[Any]]) -> tuple[list[A], str | None]:
        """The rows that are shown, and the cursor of the page that follows them."""
        shown = list(rows[: self.shown])
        if len(rows) == len(shown):
            return shown, None
        return shown, self.cursors.encode(self.tenant_id, self.scope, key(shown[-1]))


async def provide_paging(
    request: AnyRequest, cursor: FromQuery[PageCursor | None] = None, limit: FromQuery[PageLimit] = 50
) -> Paging:
    filters = sorted(item for item in request.query_params.items() if item[0] not in ("cursor", "limit"))
    tenant_id, cursors = principal_of(request).tenant_id, resources_of(request).cursors
    return Paging(cursors, tenant_id, f"{request.url.path} {filters}", cursor, limit)


DEPENDENCIES = {
    "db": Provide(provide_db),
    "principal": Provide(provide_principal),
    "paging": Provide(provide_paging),
}
Db = NamedDependency[AsyncSession]
Asker = NamedDependency[Principal]
Pages = NamedDependency[Paging]
"""What handlers take as `db`, `principal` and `paging`."""
