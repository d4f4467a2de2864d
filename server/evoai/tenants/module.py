"""What tenants plug into the house."""

from __future__ import annotations

from evoai.kit.module import Module
from evoai.tenants.controllers import (
    AuditController,
    AuthController,
    MeController,
    MemberController,
    TenantController,
)

MODULE = Module(
    name="tenants",
    controllers=(AuthController, MeController, TenantController, MemberController, AuditController),
)
