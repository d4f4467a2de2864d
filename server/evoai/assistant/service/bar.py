"""The bar that a draft has to pass to be published, and what of it a test run shows.

All cases marked as must-pass pass, at least the assistant's `pass_rate` percent of all do, and no fewer than the
published version passes of the same cases. Without cases there is no bar."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from evoai.assistant.models.tests import TestCase, TestResult, TestRun
from evoai.assistant.service.prompt import PROMPT_VERSION
from evoai.inbox.service.turns import Business
from evoai.kit.db import utcnow

FRESH = timedelta(hours=24)
"""How long a run speaks for its draft: what the assistant looks things up in changes, too."""
_NOT_SAID = frozenset({"enabled", "shadow", "hours", "quiet_seconds", "max_wait_seconds"})
"""Fields that say when it answers, and not what."""


def fingerprint(fields: Mapping[str, Any], business: Business) -> str:
    """The same for drafts that answer alike, as far as that hangs on them and on what the business says of itself."""
    said = {name: value for name, value in fields.items() if name not in _NOT_SAID}
    material = msgspec.json.encode([PROMPT_VERSION, said, business], order="sorted")
    return hashlib.sha256(material).hexdigest()


def case_hash(case: TestCase) -> str:
    """Of what is asked and expected: a case that was changed has not been run."""
    material = msgspec.json.encode([case.messages, case.expectations, case.contact_name], order="sorted")
    return hashlib.sha256(material).hexdigest()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run ended, measured by the bar."""

    total: int
    passed: int
    published_passed: int | None
    refused: tuple[str, ...]
    """Why it is below the bar, in words; empty: it may be published."""
    failures: tuple[dict[str, Any], ...]


def standing(results: Sequence[TestResult], pass_rate: int, must_pass: Mapping[UUID, bool] | None = None) -> Standing:
    """`must_pass` is what the cases say now, where that may have changed since the run."""
    draft = [row for row in results if row.subject == "draft"]
    published = {row.case_id: row for row in results if row.subject == "published" and row.passed is not None}
    passed = sum(row.passed is True for row in draft)
    failed = [row for row in draft if row.passed is not True]
    needed = [row for row in failed if (row.must_pass if must_pass is None else must_pass.get(row.case_id, False))]
    before = sum(row.passed is True for row in published.values()) if published else None
    refused: list[str] = []
    if needed:
        refused.append(f"{len(needed)} of the tests that must pass failed")
    if passed * 100 < pass_rate * len(draft):
        refused.append(f"{passed} of {len(draft)} tests passed, {pass_rate} % are needed")
    if before is not None and passed < before:
        refused.append(f"{passed} tests passed, {before} of the same do on the published version")
    failures: tuple[dict[str, Any], ...] = tuple(
        {
            "test_id": row.case_id,
            "name": row.name,
            "must_pass": row in needed,
            "passed_before": published[row.case_id].passed if row.case_id in published else None,
            "answer": row.answer,
            "reasons": [failure["reason"] for failure in row.failures],
        }
        for row in failed
    )
    return Standing(len(draft), passed, before, tuple(refused), failures)


def covers(results: Sequence[TestResult], cases: Sequence[TestCase]) -> bool:
    """Whether a run has all `cases` as they are now."""
    run = {(row.case_id, row.case_hash) for row in results if row.subject == "draft"}
    return all((case.id, case_hash(case)) in run for case in cases)


def is_fresh(run: TestRun) -> bool:
    return run.state == "finished" and run.finished_at is not None and run.finished_at > utcnow() - FRESH
