"""What is done to a message at a UAZAPI server: reactions, edits, deletions; and the file that it holds."""

from __future__ import annotations

from typing import Any

from evoai.channels.adapters.asking import file_of, unreached
from evoai.channels.adapters.loose import text_of
from evoai.channels.adapters.protocol import Fetched, Line, MediaGone, Target
from evoai.channels.adapters.uazapi_http import SERVER, ask, call, good
from evoai.kit.net import Net, NetError

FETCH_SECONDS = 60.0
"""The server fetches the file itself."""
_ABOUT_FILE = 64_000


async def react(net: Net, line: Line, target: Target, emoji: str) -> None:
    body = {"number": target.address, "id": target.provider_message_id, "text": emoji}
    good(await ask(net, line, "POST", "/message/react", body))


async def edit(net: Net, line: Line, target: Target, text: str) -> None:
    # The answer has an id of its own; ours stays the first one, which the echo names.
    good(await ask(net, line, "POST", "/message/edit", {"id": target.provider_message_id, "text": text}))


async def delete(net: Net, line: Line, target: Target) -> None:
    answer = await ask(net, line, "POST", "/message/delete", {"id": target.provider_message_id})
    if answer.status != 404:
        good(answer)


async def fetch_media(net: Net, line: Line, reference: dict[str, Any], max_bytes: int) -> Fetched:
    """As bytes in the answer: the link that could be had instead dies after two days, and leads anywhere."""
    body = {
        "id": text_of(reference.get("id")) or "",
        "return_base64": True,
        "return_link": False,
        # Otherwise a voice note comes as another format than it says.
        "generate_mp3": False,
    }
    most = max_bytes * 4 // 3 + _ABOUT_FILE
    try:
        answer = await call(net, line, "POST", "/message/download", body, timeout=FETCH_SECONDS, max_bytes=most)
    except NetError as error:
        if error.kind in ("too-large", "egress-denied"):
            raise MediaGone(error.kind) from None
        raise unreached(error, SERVER) from None
    if answer.status in (400, 404):
        raise MediaGone("not-a-file" if answer.status == 400 else "not-found")
    file = good(answer)
    found = file_of(file.get("base64Data"), max_bytes, SERVER)
    return Fetched(body=found, mime_type=text_of(file.get("mimetype")))
