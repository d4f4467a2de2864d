"""Who asks: the principal of an access token, and whether it still stands."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from evoai.auth import service as auth
from evoai.kit.errors import Unauthenticated
from evoai.kit.http import Principal
from evoai.tenants import repository
from evoai.tenants.permissions import PERMISSIONS

if TYPE_CHECKING:
    from evoai.resources import Resources


class _Standing:
    """Who a session is, kept for so short that an end of it, or a change of role, shows within 5 s."""

    SECONDS = 3.0
    CAP = 50_000

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[UUID, UUID], tuple[float, Principal]] = OrderedDict()

    def get(self, session_id: UUID, tenant_id: UUID) -> Principal | None:
        kept = self._kept.get((session_id, tenant_id))
        return kept[1] if kept is not None and kept[0] > monotonic() else None

    def keep(self, session_id: UUID, tenant_id: UUID, principal: Principal) -> None:
        self._kept[(session_id, tenant_id)] = (monotonic() + self.SECONDS, principal)
        self._kept.move_to_end((session_id, tenant_id))
        if len(self._kept) > self.CAP:
            self._kept.popitem(last=False)

    def forget(self, session_id: UUID) -> None:
        for key in [key for key in self._kept if key[0] == session_id]:
            del self._kept[key]


STANDING = _Standing()


async def principal_for_token(resources: Resources, token: str) -> Principal:
    """The principal of an access token whose session and membership stand. Raises `Unauthenticated`."""
    claims = resources.tokens.verify(token)
    principal = STANDING.get(claims.session_id, claims.tenant_id)
    if principal is not None and principal.id == claims.user_id:
        return principal
    async with resources.db.system_session("who asks") as db:
        if not await auth.session_stands(db, claims.session_id, claims.user_id):
            raise Unauthenticated()
        member = await repository.member_of_user(db, claims.tenant_id, claims.user_id)
        if member is None:
            raise Unauthenticated()
    principal = Principal(
        kind="user",
        id=claims.user_id,
        tenant_id=claims.tenant_id,
        member_id=member.id,
        name=member.name,
        role=member.role,
        permissions=PERMISSIONS[member.role],
        session_id=claims.session_id,
    )
    STANDING.keep(claims.session_id, claims.tenant_id, principal)
    return principal


async def principal_stands(resources: Resources, principal: Principal) -> Literal["session", "member"] | None:
    """What of a principal stands no more: its session, its membership, or nothing."""
    assert principal.session_id is not None
    async with resources.db.system_session("who asks") as db:
        if not await auth.session_stands(db, principal.session_id, principal.id):
            return "session"
        member = await repository.member_of_user(db, principal.tenant_id, principal.id)
        return "member" if member is None else None
