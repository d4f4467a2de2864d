"""What billing plugs into the house."""

from __future__ import annotations

from evoai.billing.controllers import BillingController
from evoai.billing.service import new_tenant
from evoai.kit.module import Module

MODULE = Module(name="billing", controllers=(BillingController,), new_tenant=new_tenant)
