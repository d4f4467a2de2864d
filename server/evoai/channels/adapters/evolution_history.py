"""What an Evolution server has stored of a stretch of time, as the webhooks that should have brought it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from evoai.channels.adapters.evolution_events import open_body
from evoai.channels.adapters.evolution_http import ask, good, name_of
from evoai.channels.adapters.incoming import Envelope, Pulled
from evoai.channels.adapters.loose import Json, integer_of, list_of, moment_of, object_of, text_of
from evoai.channels.adapters.protocol import Line
from evoai.kit.net import Net

PAGE = 100
PAGES = 10

# The owner's own phone. Anything else may be what we sent, or another program at the same server.
_PHONES = ("android", "ios")
_FIELDS = (
    "key",
    "pushName",
    "message",
    "contextInfo",
    "messageType",
    "messageTimestamp",
    "instanceId",
    "source",
)


async def pull(net: Net, line: Line, since: datetime, until: datetime) -> Pulled:
    """Pages come newest first. The server's filters let others through, so all is filtered again here."""
    where: Json = {"messageTimestamp": {"gte": _iso(since), "lte": _iso(until)}}
    first, last = int(since.timestamp()), int(until.timestamp())
    found: dict[str, tuple[float, Json]] = {}
    for page in range(1, PAGES + 1):
        records, more = await _page(net, line, where, page)
        times: list[float] = []
        for record in records:
            at = moment_of(record.get("messageTimestamp"))
            provider_id = text_of(object_of(record.get("key")).get("id"))
            if at is not None:
                times.append(at.timestamp())
                if provider_id and first <= at.timestamp() <= last:
                    found[provider_id] = (at.timestamp(), record)
        if not more or (times and max(times) < first):
            return Pulled(envelopes=_envelopes(line, found), complete=True)
    return Pulled(envelopes=_envelopes(line, found), complete=False)


async def _page(net: Net, line: Line, where: Json, page: int) -> tuple[list[Json], bool]:
    """The records of a page, and whether another follows."""
    # `offset` is the size of a page.
    body = {"where": where, "page": page, "offset": PAGE}
    answer = good(await ask(net, line, "POST", f"/chat/findMessages/{name_of(line)}", body))
    messages = object_of(answer.get("messages"))
    records = [object_of(record) for record in list_of(messages.get("records"))]
    pages = integer_of(messages.get("pages"))
    return records, bool(records) and (page < pages if pages is not None else len(records) >= PAGE)


def _envelopes(line: Line, found: dict[str, tuple[float, Json]]) -> Sequence[Envelope]:
    # The clock counts whole seconds; within one the later page, and the later place on it, is the older.
    records = list(found.values())[::-1]
    records.sort(key=lambda pair: pair[0])
    return [one for at, record in records for one in _as_webhook(line, record, datetime.fromtimestamp(at, UTC))]


def _as_webhook(line: Line, record: Json, at: datetime) -> Sequence[Envelope]:
    """`at` stands in for the time of receipt, so that what has no id of its own has the same key each time."""
    key = object_of(record.get("key"))
    ours = key.get("fromMe") is True
    by_api = ours and record.get("source") not in _PHONES
    body = {
        "event": "send.message" if by_api else "messages.upsert",
        "instance": line.config["instance"],
        "data": {name: record[name] for name in _FIELDS if record.get(name) is not None},
    }
    envelopes = open_body(line, msgspec.json.encode(body), at)
    if not ours:
        return envelopes
    return [
        msgspec.structs.replace(envelope, also_known_as=_other_family(envelope.dedupe_key)) for envelope in envelopes
    ]


def _other_family(dedupe_key: str) -> str | None:
    family, _, rest = dedupe_key.partition(":")
    other = {"message": "sent", "sent": "message"}.get(family)
    return f"{other}:{rest}" if other else None


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
