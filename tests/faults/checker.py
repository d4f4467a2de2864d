"""Whether the guarantee held: compares what happened outside, what the provider received, and the tables at the end.

It shares no code with the product. `judge` is pure, so that the checker itself can be tested.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evoai.simulator.log import Entry
from tests.faults.history import WORD, Said
from tests.faults.rig import Rig

_MESSAGES = """
select m.tenant_id, m.id, m.conversation_id, m.seq, m.direction, m.author, m.text, m.status, m.provider_message_id,
       m.turn_id, d.state as delivery, d.provider_ref
  from messages m left join deliveries d on d.tenant_id = m.tenant_id and d.message_id = m.id
 order by m.conversation_id, m.seq
"""
# Every stored webhook falls into exactly one class, or into none, which is a defect. A message is in the hands of the
# turn that has its number; without one it reached people.
_CLASSES = """
select e.tenant_id, case
         when e.state in ('quarantined', 'dead') then e.state
         when e.state = 'ignored' then 'ignored'
         when e.state = 'received' then 'pending'
         when e.signal then 'signal'
         when m.id is null then 'none'
         when m.direction = 'out' then 'handed-over'
         when t.id is null then 'handed-over'
         when t.closed_at is null then 'pending'
         when t.outcome = 'answered' then 'answered'
         when t.outcome in ('handed-over', 'taken-over') then 'handed-over'
         else 'none' end as class, count(*) as events
  from channel_events e
  left join messages m on m.tenant_id = e.tenant_id and m.id = e.message_id
  left join lateral (select t.id, t.closed_at, t.outcome from turns t
                      where t.tenant_id = m.tenant_id and t.conversation_id = m.conversation_id
                        and m.seq between t.first_in_seq and t.last_in_seq
                      order by t.opened_at desc limit 1) t on true
 group by 1, 2
"""
_QUOTAS = """
select coalesce(sum(q.used), 0)::int as used,
       (select count(*) from messages where direction = 'out' and author <> 'phone') as rows
  from quotas q where q.kind = 'messages'
"""
# What the assistant spent stands in its traces and in the month's counters, and both are the same, whatever died.
_SPENT = """
select coalesce(sum(q.used), 0)::bigint as counted,
       (select coalesce(sum(t.input_tokens + t.output_tokens + coalesce(t.cost_micro_usd, 0)), 0) from traces t)::bigint
         as traced
  from quotas q where q.kind in ('assistant_tokens', 'assistant_cost')
"""


@dataclass
class Verdict:
    """Counts; those of `wrong` have to be zero."""

    counts: dict[str, int]
    wrong: dict[str, int]
    examples: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])

    def line(self) -> dict[str, Any]:
        """For the report."""
        return self.counts | {"wrong": {name: count for name, count in self.wrong.items() if count}}

    def holds(self, *, uncertain: int = 0) -> None:
        """`uncertain`: how many sends may be left to people."""
        allowed = {"uncertain": uncertain}
        broken = {name: count for name, count in self.wrong.items() if count > allowed.get(name, 0)}
        assert not broken, (broken, {name: self.examples.get(name, [])[:5] for name in broken}, self.counts)


class _Findings:
    def __init__(self) -> None:
        self.found: dict[str, list[Any]] = defaultdict(list)

    def add(self, name: str, items: Iterable[Any]) -> None:
        self.found[name].extend(items)


def judge(
    said: Mapping[str, Said],
    acked: Iterable[str],
    sends: Sequence[Entry],
    messages: Sequence[Mapping[str, Any]],
    *,
    answered: bool = True,
) -> Verdict:
    """`sends` are what really left, in order; `messages` rows of `_MESSAGES`. `answered`: the assistant had to speak to
    every message."""
    wrong = _Findings()
    inbound: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in messages:
        if row["direction"] == "in":
            inbound[row["provider_message_id"]].append(row)
    acked = set(acked)
    wrong.add("lost", [said[message_id] for message_id in acked if message_id not in inbound])
    wrong.add("stored twice", [pid for pid, rows in inbound.items() if len(rows) > 1])
    wrong.add("invented", [pid for pid in inbound if pid not in said])
    by_word = {one.word: one for one in said.values()}
    _sends(wrong, sends, messages)
    spoken = _words(wrong, sends, by_word, inbound)
    if answered:
        wrong.add("unanswered", _words_of(said, inbound) - spoken)
    out = [row for row in messages if row["delivery"] is not None]
    wrong.add("uncertain", [row["id"] for row in out if row["delivery"] == "uncertain"])
    wrong.add("not settled", [row["id"] for row in out if row["delivery"] in ("ready", "attempting")])
    counts = {
        "said": len(said),
        "accepted": len(acked),
        "stored": len(inbound),
        "sends": len(sends),
        "answers": len(out),
    }
    names = ("lost", "stored twice", "invented", "sent twice", "sent unknown", "not sent", "order of sends")
    names += ("spoken twice", "order of answers", "unanswered", "uncertain", "not settled")
    return Verdict(counts, {name: len(wrong.found[name]) for name in names}, dict(wrong.found))


def _words_of(said: Mapping[str, Said], stored: Iterable[str]) -> set[str]:
    return {said[pid].word for pid in stored if pid in said and said[pid].word}


def _sends(wrong: _Findings, sends: Sequence[Entry], messages: Sequence[Mapping[str, Any]]) -> None:
    """Each outgoing message left once, and those of a conversation in the order of their numbers."""
    of_id = {row["provider_message_id"]: row for row in messages if row["direction"] == "out"}
    times = Counter((entry.instance, entry.number, entry.text) for entry in sends)
    wrong.add("sent twice", [key for key, count in times.items() if count > 1])
    wrong.add("sent unknown", [entry for entry in sends if entry.id not in of_id])
    left = {entry.id for entry in sends}
    wrong.add(
        "not sent",
        [row["id"] for row in messages if row["delivery"] == "sent" and row["provider_message_id"] not in left],
    )
    last: dict[Any, int] = {}
    for entry in sends:
        row = of_id.get(entry.id)
        if row is not None:
            if row["seq"] <= last.get(row["conversation_id"], 0):
                wrong.add("order of sends", [entry])
            last[row["conversation_id"]] = row["seq"]


def _words(
    wrong: _Findings,
    sends: Sequence[Entry],
    by_word: Mapping[str, Said],
    inbound: Mapping[str, Sequence[Mapping[str, Any]]],
) -> set[str]:
    """What was spoken to: each message once, and none after a later one."""
    spoken: Counter[str] = Counter()
    heard_to: dict[Any, int] = {}
    for entry in sends:
        numbers: list[int] = []
        for word in WORD.findall(entry.text or ""):
            spoken[word] += 1
            one = by_word.get(word)
            rows = inbound.get(one.id, ()) if one is not None else ()
            numbers += [row["seq"] for row in rows]
        if not numbers:
            continue
        chat = (entry.instance, entry.number)
        if min(numbers) <= heard_to.get(chat, 0):
            wrong.add("order of answers", [entry])
        heard_to[chat] = max(*numbers, heard_to.get(chat, 0))
    wrong.add("spoken twice", [word for word, count in spoken.items() if count > 1])
    return set(spoken)


async def check(rig: Rig, *, answered: bool = True) -> Verdict:
    """Read everything and judge it. To be called when nothing is left to do."""
    house, history = rig.house, rig.history
    verdict = judge(history.said, history.acked, house.sim.sends(), await house.rows(_MESSAGES), answered=answered)
    verdict.wrong["not accepted"] = len(history.said) - len(history.acked)
    verdict.wrong["left to do"] = sum((await rig.left()).values())
    await _ledger(rig, verdict, answered)
    (quota,) = await house.rows(_QUOTAS)
    verdict.wrong["quota"] = abs(quota["used"] - quota["rows"])
    (spent,) = await house.rows(_SPENT)
    verdict.wrong["spent"] = abs(spent["counted"] - spent["traced"])
    verdict.counts["spent"] = spent["traced"]
    (letters,) = await house.rows("select count(*) as open from dead_letters")
    verdict.counts["dead letters"] = letters["open"]
    return verdict


async def _ledger(rig: Rig, verdict: Verdict, answered: bool) -> None:
    """Every webhook is accounted for."""
    classes: Counter[str] = Counter()
    for row in await rig.house.rows(_CLASSES):
        classes[row["class"]] += row["events"]
    (total,) = await rig.house.rows("select count(*) as events from channel_events")
    verdict.counts |= {f"ledger {name}": count for name, count in sorted(classes.items())}
    verdict.wrong["ledger"] = abs(total["events"] - sum(classes.values())) + classes["none"] + classes["pending"]
    verdict.wrong["quarantined or dead"] = classes["quarantined"] + classes["dead"]
    verdict.wrong["ledger as told"] = await _told(rig, classes)
    if answered:
        verdict.wrong["not answered in the ledger"] = len(rig.history.words) - classes["answered"]


async def _told(rig: Rig, classes: Counter[str]) -> int:
    """How far what the product tells of its webhooks is from closing to the unit, and from what is in the tables."""
    told: Counter[str] = Counter()
    off = 0
    for clinic in rig.history.clinics.values():
        answer = await clinic.client.get("/ledger")
        assert answer.status == 200, answer.body
        totals = answer["totals"]
        parts = {name: totals[name] for name in ("signals", "answered", "handed_over", "pending")}
        parts |= {"ignored": sum(totals["ignored"].values())} | {name: totals[name] for name in ("quarantined", "dead")}
        off += abs(totals["received"] - sum(parts.values()))
        told.update(parts)
    names = {"signals": "signal", "handed_over": "handed-over"}
    return off + sum(abs(count - classes[names.get(name, name)]) for name, count in told.items())
