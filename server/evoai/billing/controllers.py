"""Plans, usage and the subscription over HTTP."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.billing import service
from evoai.billing.schemas import PlanList, SubscriptionOut, UsageOut
from evoai.kit.http import AnyRequest, Principal, resources_of
from evoai.tenants.guards import needs


class BillingController(Controller):
    path = ""
    tags = ["Plans"]  # noqa: RUF012

    @get("/plans", operation_id="plans.list", public=True)
    async def plans(self, request: AnyRequest) -> PlanList:
        async with resources_of(request).db.system_session("plans") as db:
            return PlanList(items=await service.list_plans(db))

    @get("/usage", operation_id="usage.get", guards=[needs("usage:read")])
    async def usage(self, db: NamedDependency[AsyncSession], principal: NamedDependency[Principal]) -> UsageOut:
        return await service.usage(db, principal.tenant_id)

    @get("/subscription", operation_id="subscription.get", guards=[needs("plans:read")])
    async def subscription(
        self, db: NamedDependency[AsyncSession], principal: NamedDependency[Principal]
    ) -> SubscriptionOut:
        return await service.read_subscription(db, principal.tenant_id)
