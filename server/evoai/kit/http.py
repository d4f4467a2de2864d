"""What every HTTP room shares: who asks, the `db` dependency, cursor pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request
from litestar.di import Provide
from litestar.params import Parameter
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.kit.crypto import same
from evoai.kit.errors import BadRequest

if TYPE_CHECKING:
    from evoai.resources import Resources

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
