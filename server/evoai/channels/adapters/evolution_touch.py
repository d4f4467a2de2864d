"""What is done to a message at an Evolution server: reactions, edits, deletions; and the file that it holds."""

from __future__ import annotations

from typing import Any

from evoai.channels.adapters.asking import file_of, json_of, unreached
from evoai.channels.adapters.evolution_http import SERVER, ask, call, good, name_of
from evoai.channels.adapters.loose import Json, list_of, object_of, text_of
from evoai.channels.adapters.protocol import Fetched, Line, MediaGone, Target
from evoai.kit.errors import UpstreamFailed
from evoai.kit.net import Net, NetError

FETCH_SECONDS = 60.0
"""The server fetches the file itself, and may wait for the phone."""
_ABOUT_FILE = 64_000
_NEVER = ("The message is not of the media type",)


async def react(net: Net, line: Line, target: Target, emoji: str) -> None:
    body = {"key": _key(target), "reaction": emoji}
    good(await ask(net, line, "POST", f"/message/sendReaction/{name_of(line)}", body))


async def edit(net: Net, line: Line, target: Target, text: str) -> None:
    body = {"number": target.address, "text": text, "key": _key(target)}
    good(await ask(net, line, "POST", f"/chat/updateMessage/{name_of(line)}", body))


async def delete(net: Net, line: Line, target: Target) -> None:
    good(await ask(net, line, "DELETE", f"/chat/deleteMessageForEveryone/{name_of(line)}", _key(target)))


def _key(target: Target) -> Json:
    address = target.address
    jid = address if "@" in address else f"{address}@s.whatsapp.net"
    return {"id": target.provider_message_id, "remoteJid": jid, "fromMe": target.from_me}


async def fetch_media(net: Net, line: Line, reference: dict[str, Any], max_bytes: int) -> Fetched:
    """The whole message is given, which works also where the server stores none."""
    path, body = f"/chat/getBase64FromMediaMessage/{name_of(line)}", {"message": reference}
    most = max_bytes * 4 // 3 + _ABOUT_FILE
    try:
        answer = await call(net, line, "POST", path, body, timeout=FETCH_SECONDS, max_bytes=most)
    except NetError as error:
        if error.kind in ("too-large", "egress-denied"):
            raise MediaGone(error.kind) from None
        raise unreached(error, SERVER) from None
    if answer.status == 400:
        told = next(iter(list_of(object_of(object_of(json_of(answer)).get("response")).get("message"))), None)
        if told in _NEVER:
            raise MediaGone("not-a-file")
        # An expired file is uploaded anew when the phone is next online, so the same call may do well later.
        raise UpstreamFailed(detail=f"{SERVER} has no file: {told}"[:200])
    file = good(answer)
    found = file_of(file.get("base64"), max_bytes, SERVER)
    return Fetched(body=found, mime_type=text_of(file.get("mimetype")), name=text_of(file.get("fileName")))
