"""People and tenants on the wire: sign-up, login, who I am, the tenant's profile."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from evoai.kit.schema import In, Out, Patch
from evoai.tenants.models import Language, Role

Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"\S")]
Email = Annotated[str, Meta(min_length=3, max_length=254)]


class SignupIn(In):
    company: Name
    name: Name
    email: Email
    password: Annotated[str, Meta(min_length=12, max_length=256)]


class LoginIn(In):
    email: Email
    password: Annotated[str, Meta(min_length=1, max_length=256)]


class SwitchIn(In):
    tenant_id: UUID


class UserOut(Out):
    id: UUID
    name: str
    email: str
    language: str


class TenantOut(Out):
    id: UUID
    name: str
    time_zone: str
    language: Language
    description: str
    """What the business is and offers, in its own words; the assistant reads it."""
    business_hours: dict[str, Any]
    """`{"mon": [["08:00", "18:00"]], …}`, local time; empty: always open."""
    asks_satisfaction: bool
    """Whether contacts are asked for a rating from 1 to 5 when their conversation is resolved."""
    plan: str
    created_at: datetime


class SessionOut(Out):
    access_token: str
    expires_in: int
    """Seconds."""
    user: UserOut
    tenant: TenantOut


class AccessOut(Out):
    access_token: str
    expires_in: int
    tenant: TenantOut


class MembershipOut(Out):
    tenant_id: UUID
    tenant_name: str
    role: Role


class MeOut(Out):
    user: UserOut
    tenant: TenantOut
    member_id: UUID
    role: Role
    permissions: list[str]
    memberships: list[MembershipOut]


class MePatch(Patch):
    name: Name | UnsetType = UNSET
    language: Language | UnsetType = UNSET


class TenantPatch(Patch):
    name: Name | UnsetType = UNSET
    time_zone: Annotated[str, Meta(min_length=1, max_length=60)] | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=4000)] | UnsetType = UNSET
    business_hours: dict[str, list[tuple[str, str]]] | UnsetType = UNSET
    asks_satisfaction: bool | UnsetType = UNSET


class MemberOut(Out):
    id: UUID
    user_id: UUID
    name: str
    email: str
    role: Role
    created_at: datetime


class MemberPage(Out):
    items: list[MemberOut]
    next_cursor: str | None


class AuditEntryOut(Out):
    id: UUID
    principal: str
    """`user:<id>` or `key:<id>`."""
    name: str
    address: str
    action: str
    target_kind: str
    target_id: UUID | None
    details: dict[str, Any]
    at: datetime


class AuditPage(Out):
    items: list[AuditEntryOut]
    next_cursor: str | None
