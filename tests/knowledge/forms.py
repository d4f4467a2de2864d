"""Sending files as a browser does, and waiting until they were worked."""

from __future__ import annotations

from typing import Any

import aiohttp
import msgspec

from tests.house import Answer, Client, eventually


async def send_file(client: Client, name: str, data: bytes, *, key: str | None = None, **fields: str) -> Answer:
    form = aiohttp.FormData(quote_fields=False)
    for field, value in fields.items():
        form.add_field(field, value)
    form.add_field("file", data, filename=name, content_type="application/octet-stream")
    return await send_form(client, form, key=key)


async def send_form(client: Client, form: Any, *, key: str | None = None, **headers: str) -> Answer:
    sent = {"authorization": f"Bearer {client.token}"} | {name.replace("_", "-"): v for name, v in headers.items()}
    if key is not None:
        sent["idempotency-key"] = key
    async with client._http.post(f"{client._base}/api/v1/documents", data=form, headers=sent) as got:
        return Answer(got.status, got.headers, msgspec.json.decode(await got.read()))


async def settled(client: Client, document_id: str) -> dict[str, Any]:
    """The document once it is ready or failed."""

    async def read() -> dict[str, Any] | None:
        got = await client.get(f"/documents/{document_id}")
        return got.body if got["state"] in ("ready", "failed") else None

    return await eventually(read, 60)
