"""Plans, usage and the subscription over HTTP."""

from __future__ import annotations

from litestar import Controller, get, patch
from litestar.params import JSONBody

from evoai.billing import usage
from evoai.billing.schemas import BudgetOut, BudgetPatch, PlanList, SubscriptionOut, UsageOut
from evoai.kit.http import AnyRequest, Asker, Db, resources_of
from evoai.tenants.guards import actor_of, needs


class BillingController(Controller):
    path = ""
    tags = ["Plans"]  # noqa: RUF012

    @get("/plans", operation_id="plans.list", public=True)
    async def plans(self, request: AnyRequest) -> PlanList:
        async with resources_of(request).db.system_session("plans") as db:
            return PlanList(items=await usage.list_plans(db))

    @get("/usage", operation_id="usage.get", guards=[needs("usage:read")])
    async def usage(self, request: AnyRequest, db: Db, principal: Asker) -> UsageOut:
        return await usage.read_usage(db, principal.tenant_id, resources_of(request).settings.model.usd_brl_rate)

    @get("/budget", operation_id="budget.get", guards=[needs("usage:read")])
    async def budget(self, db: Db, principal: Asker) -> BudgetOut:
        return await usage.read_budget(db, principal.tenant_id)

    @patch("/budget", operation_id="budget.update", guards=[needs("usage:write")])
    async def set_budget(self, request: AnyRequest, db: Db, data: JSONBody[BudgetPatch]) -> BudgetOut:
        rate = resources_of(request).settings.model.usd_brl_rate
        return await usage.set_budget(db, actor_of(request), data, rate)

    @get("/subscription", operation_id="subscription.get", guards=[needs("plans:read")])
    async def subscription(self, db: Db, principal: Asker) -> SubscriptionOut:
        return await usage.read_subscription(db, principal.tenant_id)
