"""What a UAZAPI server has stored of a stretch of time, as the webhooks that should have brought it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from evoai.channels.adapters.bodies import storable
from evoai.channels.adapters.incoming import Envelope, Pulled
from evoai.channels.adapters.loose import Json, list_of, moment_of, object_of
from evoai.channels.adapters.protocol import Line
from evoai.channels.adapters.uazapi_events import Seal, message_id, truthy
from evoai.channels.adapters.uazapi_http import ask, good
from evoai.kit.net import Net

PAGE = 100
PAGES = 20

# The server's own book-keeping beside the message: what a webhook would not carry.
_NOT_SENT = frozenset({"sendPayload", "sendFunction", "send_folder_id", "ai_metadata", "fileURL", "error"})


async def pull(net: Net, line: Line, since: datetime, until: datetime) -> Pulled:
    """Pages come newest first and know no times, so they are read back until one is older."""
    found: dict[str, tuple[datetime, Json]] = {}
    for page in range(PAGES):
        answer = good(await ask(net, line, "POST", "/message/find", {"limit": PAGE, "offset": page * PAGE}))
        records = [object_of(record) for record in list_of(answer.get("messages"))]
        times: list[datetime] = []
        for record in records:
            at, provider_id = moment_of(record.get("messageTimestamp")), message_id(record.get("messageid"))
            if at is None or provider_id is None:
                continue
            times.append(at)
            # Both ends are asked for by whole seconds.
            if int(since.timestamp()) <= at.timestamp() < int(until.timestamp()) + 1:
                found[provider_id] = (at, record)
        more = answer.get("hasMore")
        last = len(records) < PAGE if more is None else not truthy(more)
        if last or not records or (times and max(times) < since):
            return Pulled(envelopes=_envelopes(found), complete=True)
    return Pulled(envelopes=_envelopes(found), complete=False)


def _envelopes(found: dict[str, tuple[datetime, Json]]) -> Sequence[Envelope]:
    # Within the same millisecond the later place on the pages is the older.
    records = list(found.values())[::-1]
    records.sort(key=lambda pair: pair[0])
    return [envelope for at, record in records for envelope in _as_webhook(record, at)]


def _as_webhook(record: Json, at: datetime) -> Sequence[Envelope]:
    message = {name: value for name, value in record.items() if name not in _NOT_SENT}
    raw = storable(msgspec.json.encode({"EventType": "messages", "message": message}))
    return Seal(msgspec.json.decode(raw, type=dict[str, msgspec.Raw]), at.astimezone(UTC)).split()
