"""Files of the Cloud API: brought before they are sent, and fetched after they came."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from evoai.channels.adapters.asking import json_of, unreached, unsent
from evoai.channels.adapters.cloud_http import SERVER, TIMEOUT, call, meaning_of, number_path, part, url_of
from evoai.channels.adapters.cloud_outcomes import outcome_of
from evoai.channels.adapters.loose import integer_of, object_of, text_of
from evoai.channels.adapters.protocol import Fetched, File, Line, MediaGone, SendOutcome
from evoai.kit.errors import UpstreamFailed
from evoai.kit.net import Net, NetError

_HOSTS = (".fbsbx.com", ".facebook.com", ".whatsapp.net")


async def upload(net: Net, line: Line, file: File, timeout: float) -> str | SendOutcome:
    """The file's id at the provider. What fails here has sent nothing."""
    form = _form(file)
    try:
        answer = await call(net, line, "POST", number_path(line, "/media"), form=form, timeout=timeout)
    except NetError as error:
        if error.kind == "egress-denied":
            return unsent(error)
        return SendOutcome(result="not_delivered", code="media-upload-failed", detail=error.detail)
    media_id = text_of(object_of(json_of(answer)).get("id"))
    if answer.status in (200, 201) and media_id:
        return media_id
    refused = outcome_of(answer, "")
    # An upload in doubt is no message in doubt.
    doubtful = refused.result in ("unknown", "accepted")
    return SendOutcome(result="not_delivered", code="media-upload-failed") if doubtful else refused


def _form(file: File) -> tuple[str, bytes]:
    """Media type and bytes of a form with the file. Its name goes apart, with the message, so none stands here."""
    edge = f"----evoai{secrets.token_hex(16)}"
    fields = {"messaging_product": "whatsapp", "type": file.mime_type}
    head = ""
    for name, value in fields.items():
        head += f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
    head += f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'
    head += f"Content-Type: {file.mime_type}\r\n\r\n"
    return f"multipart/form-data; boundary={edge}", head.encode() + file.body + f"\r\n--{edge}--\r\n".encode()


async def fetch(net: Net, line: Line, reference: dict[str, Any], max_bytes: int) -> Fetched:
    """A file's address lives 5 minutes, so it is asked for anew each time; like the file it wants the token."""
    try:
        url, mime_type = await _look_up(net, line, text_of(reference.get("id")) or "", max_bytes)
        file = await net.request(
            "GET",
            url,
            headers={"Authorization": f"Bearer {line.secrets['access_token']}"},
            timeout=TIMEOUT * 3,
            max_bytes=max_bytes,
            provider_base=True,
        )
    except NetError as failed:
        if failed.kind == "too-large":
            raise MediaGone("too-large") from None
        raise unreached(failed, SERVER) from None
    if file.status in (404, 410):
        raise MediaGone("expired")
    if file.status != 200:
        raise UpstreamFailed(detail=f"{SERVER} answered {file.status} for a file")
    return Fetched(body=file.body, mime_type=mime_type)


async def _look_up(net: Net, line: Line, media_id: str, max_bytes: int) -> tuple[str, str | None]:
    """Where the file is, and what it is said to be."""
    answer = await call(net, line, "GET", f"/{part(media_id)}?phone_number_id={part(line.config['phone_number_id'])}")
    told = object_of(json_of(answer))
    error = object_of(told.get("error"))
    meaning = meaning_of(integer_of(error.get("code")))
    if answer.status == 404 or (error and meaning is not None and meaning.act == "stop"):
        raise MediaGone("expired")
    url = text_of(told.get("url"))
    if answer.status != 200 or not url:
        raise UpstreamFailed(detail=f"{SERVER} answered {answer.status} for a file")
    if (integer_of(told.get("file_size")) or 0) > max_bytes:
        raise MediaGone("too-large")
    if not _is_theirs(line, url):
        raise MediaGone("foreign-address")
    return url, text_of(told.get("mime_type"))


def _is_theirs(line: Line, url: str) -> bool:
    """The token goes to nobody but the provider."""
    found, graph = urlsplit(url), urlsplit(url_of(line, ""))
    if (found.scheme, found.netloc) == (graph.scheme, graph.netloc):
        return True
    return found.scheme == "https" and (found.hostname or "").endswith(_HOSTS)
