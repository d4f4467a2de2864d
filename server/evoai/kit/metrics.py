"""What this process counts, for Prometheus. Labels are closed lists, but for a channel's id on a counter of failures.

Each process shows its own counters; what waits in the database is read when the API is asked (`ops/service/gauges.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_REGISTRY = CollectorRegistry()
ProcessCollector(registry=_REGISTRY)

M = TypeVar("M", Counter, Gauge, Histogram)


class _By(dict[str, M]):
    """A metric with one label, by its value. Prometheus' own look-up costs several times the counting."""

    def __init__(self, metric: M) -> None:
        super().__init__()
        self._metric = metric

    def __missing__(self, value: str) -> M:
        child = self[value] = self._metric.labels(value)
        return child


def _counter(name: str, told: str) -> Counter:
    return Counter(name, told, registry=_REGISTRY)


def _counters(name: str, told: str, label: str) -> _By[Counter]:
    return _By(Counter(name, told, [label], registry=_REGISTRY))


def _gauges(name: str, told: str, label: str = "queue") -> _By[Gauge]:
    return _By(Gauge(name, told, [label], registry=_REGISTRY))


def _gauge(name: str, told: str) -> Gauge:
    return Gauge(name, told, registry=_REGISTRY)


_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_SLOW = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 90)

_hook_ack_seconds = _By(
    Histogram("hook_ack_seconds", "From a webhook to its commit", ["provider"], registry=_REGISTRY, buckets=_FAST)
)
_http_seconds = _By(
    Histogram("http_seconds", "From a request to its answer", ["class"], registry=_REGISTRY, buckets=_FAST)
)
_http_answer = _counters("http_answer", "Requests answered, by the hundreds of their status", "status")
_hook_auth_fail = _counters("hook_auth_fail", "Webhooks that were not authentic", "channel_id")
_channel_event = _counters("channel_event", "Events worked, by what became of them", "state")
_quarantined = _counters("channel_event_quarantined", "Events that cannot be worked", "reason")
_turn_seconds = Histogram(
    "turn_seconds", "From the end of the quiet window to the answer", registry=_REGISTRY, buckets=_SLOW
)
_model_call = _counters("model_call", "Calls of models, by outcome", "outcome")
_model_tokens = _counters("model_tokens", "Tokens in and out", "direction")
_model_cost = _counter("model_cost_micro_usd", "What models of known price cost")
_send = _counters("send", "Sends to providers, by outcome", "result")
_dead_letter = _counters("dead_letter", "Work that failed for good", "kind")
_tenant_mismatch = _counters("tenant_mismatch", "What was meant for, or written into, another tenant", "where")
_recount_difference = _counters("recount_difference", "Counters that did not match their rows", "kind")

send_uncertain = _counter("send_uncertain", "Sends of which nobody can say whether they arrived")
send_duplicate_detected = _counter("send_duplicate_detected", "Sends that the provider shows twice")
canary_seen = _counter("canary_seen", "Answers withheld because they told the prompt's mark")
egress_denied = _counter("egress_denied", "Outbound calls to addresses that may not be called")
lease_expired = _counter("lease_expired", "Turns taken up from a process that went silent")
refresh_reuse = _counter("refresh_reuse", "Refresh tokens that came twice")

_breaker_open = _gauges("breaker_open", "Whether any of these is left alone for a while", "target")
_queue_due = _gauges("queue_due", "Work that is due")
_queue_oldest_seconds = _gauges("queue_oldest_seconds", "How long work has been due")
_queue_running = _gauges("queue_running", "Work under way")
_queue_dead = _gauges("queue_dead", "Dead letters that wait for a person")
channel_event_oldest_seconds = _gauge("channel_event_oldest_seconds", "How long a stored webhook has been due")
outbox_oldest_seconds = _gauge("outbox_oldest_seconds", "How long other work has been due")
_reconcile_missing = _counter("reconcile_missing", "Messages that had to be fetched, for no webhook brought them")
_reconcile_last_success = _gauge("reconcile_last_success_seconds", "When a channel was last reconciled, Unix time")
_missing_before: list[int] = []
llm_spend_month = _gauge("llm_spend_month", "What models cost tenants with a budget this month, in reais")
llm_budget_month = _gauge("llm_budget_month", "What those tenants allow for it, in reais")
_database = {
    "backends": _gauge("pg_backends", "Connections to the database server"),
    "most": _gauge("pg_max_connections", "How many it accepts"),
    "xid_age": _gauge("pg_xid_age", "Transactions since the oldest row that is not frozen"),
    "archived": _gauge("wal_last_archived_seconds", "When its log was last archived, Unix time; NaN: it is not"),
}
_redis_used = _gauge("redis_used", "Bytes that Redis holds")
_redis_max = _gauge("redis_max", "Bytes that it may hold; without a limit of its own, the machine's")


def answered(method: str, status: int, seconds: float) -> None:
    """The API answered a request; webhooks have figures of their own."""
    _http_seconds["read" if method in ("GET", "HEAD") else "write"].observe(seconds)
    _http_answer[f"{status // 100}xx"].inc()


def not_authentic(channel_id: str) -> None:
    """A webhook was refused; 'unknown' where its address names no channel."""
    _hook_auth_fail[channel_id].inc()


def door_stored(provider: str, seconds: float, quarantines: Iterable[str | None]) -> None:
    """A webhook was stored: in how many seconds, and why its events were quarantined, None for those that were not."""
    _hook_ack_seconds[provider].observe(seconds)
    for reason in quarantines:
        if reason is not None:
            _quarantined[reason].inc()
        if reason == "instance-mismatch":
            mismatched("webhook")


def mismatched(where: Literal["webhook", "database"]) -> None:
    """A channel's webhook told of another number, or row security refused what was written."""
    _tenant_mismatch[where].inc()


def worked(state: str, reason: str | None) -> None:
    """The message step is done with an event."""
    _channel_event[state].inc()
    if state == "quarantined":
        _quarantined[reason or "unknown"].inc()


def thought(seconds: float, outcomes: Iterable[str], input_tokens: int, output_tokens: int, micro_usd: int) -> None:
    """A turn was thought through."""
    _turn_seconds.observe(seconds)
    for outcome in outcomes:
        _model_call[outcome].inc()
    _model_tokens["input"].inc(input_tokens)
    _model_tokens["output"].inc(output_tokens)
    _model_cost.inc(micro_usd)


def sent(result: str) -> None:
    """A send has an outcome."""
    _send[result].inc()


def died(kind: str) -> None:
    """A dead letter was written."""
    _dead_letter[kind].inc()


def differed(kind: str) -> None:
    """A recount found a difference."""
    _recount_difference[kind].inc()


def breakers(targets: Iterable[str]) -> None:
    """The open circuit breakers that this process knows: channels' ids, and `model:<name>`."""
    kinds = {"model" if target.startswith("model:") else "channel" for target in targets}
    for kind in ("channel", "model"):
        _breaker_open[kind].set(kind in kinds)


def waits(queue: str, due: int, oldest: float, running: int, dead: int) -> None:
    """How a queue does, everybody's."""
    _queue_due[queue].set(due)
    _queue_oldest_seconds[queue].set(oldest)
    _queue_running[queue].set(running)
    _queue_dead[queue].set(dead)


def database(row: Any) -> None:
    """What the server says of itself; see `kit/vitals.py`."""
    for name, gauge in _database.items():
        value = getattr(row, name)
        gauge.set(float("nan") if value is None else float(value))


def redis(used: int, most: int) -> None:
    _redis_used.set(used)
    _redis_max.set(most)


def reconciled(last_success: float | None, missing: int) -> None:
    """`missing` is how many are kept, which retention lessens: what it grows by since the last look is counted."""
    if last_success is not None:
        _reconcile_last_success.set(last_success)
    if _missing_before:
        _reconcile_missing.inc(max(0, missing - _missing_before.pop()))
    _missing_before.append(missing)


def shown() -> bytes:
    """All of it in Prometheus' text format."""
    return generate_latest(_REGISTRY)
