"""The nightly recount: what is used of the plan is what is there, and the ledger closes. A difference is a defect: it
is logged as an error and counted; quotas are put right, and whoever looks at them is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from evoai.billing import service as billing
from evoai.billing.events import usage_corrected
from evoai.kit import metrics
from evoai.kit.events import emit
from evoai.kit.log import get_logger
from evoai.ops import repository
from evoai.ops.service import ledger
from evoai.tenants.service import tenants

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Difference:
    """`kind` is a quota's, or 'ledger'."""

    tenant_id: UUID
    kind: str
    told: int
    there: int


async def everybody(resources: Resources) -> list[Difference]:
    """Recount all tenants, one after the other; what differed."""
    found: list[Difference] = []

    async def recount(tenant_id: UUID) -> None:
        found.extend(await one(resources, tenant_id))

    await tenants.for_each(resources.db, "recount", recount)
    return found


async def one(resources: Resources, tenant_id: UUID) -> list[Difference]:
    found: list[Difference] = []
    month = datetime.combine(billing.period_of("messages"), datetime.min.time(), UTC)
    async with resources.db.tenant_session(tenant_id) as db:
        # One statement sees one moment, so no lock is needed to compare.
        wrong = [row.kind for row in await repository.counted(db, tenant_id, month) if not _matches(row)]
        sums = (await ledger.read(db, tenant_id, None, None)).totals
    if off := ledger.difference(sums):
        found.append(Difference(tenant_id, "ledger", sums.received, sums.received - off))
    for kind in wrong:
        async with resources.db.tenant_session(tenant_id) as db:
            await billing.hold(db, tenant_id, kind)
            row = next((row for row in await repository.counted(db, tenant_id, month) if row.kind == kind), None)
            if row is not None and not _matches(row):
                # PostgreSQL's sums are decimals.
                there = int(row.there)
                await billing.correct(db, tenant_id, kind, there)
                emit(db, resources.publisher, usage_corrected(tenant_id, kind, row.used, there))
                found.append(Difference(tenant_id, kind, row.used, there))
    for one_of in found:
        log.error(
            "recount.difference",
            tenant_id=str(tenant_id),
            kind=one_of.kind,
            told=one_of.told,
            there=one_of.there,
        )
        metrics.differed(one_of.kind)
    return found


def _matches(row: Any) -> bool:
    return row.there - row.early <= row.used <= row.there
