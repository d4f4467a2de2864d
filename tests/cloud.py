"""A tenant whose number is at the Cloud API, with an own Meta app or in the operator's."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from evoai.simulator.cloud import APP_SECRET, TOKEN
from tests.house import OPERATOR_SECRET, VERIFY_TOKEN, Answer, Client, Clinic, House

Json = dict[str, Any]
SHARED = "/hooks/whatsapp_cloud"


def signed(secret: str, raw: bytes) -> str:
    return f"sha256={hmac.digest(secret.encode(), raw, hashlib.sha256).hex()}"


def escaped(body: Any) -> bytes:
    """As Meta writes it."""
    return json.dumps(body, separators=(",", ":")).encode()


def account_of(number: str) -> str:
    return "9" + number[1:]


@dataclass
class CloudClinic(Clinic):
    """`instance` is the phone_number_id."""

    shared: bool = False

    @property
    def hook_path(self) -> str:
        if self.shared:
            return SHARED
        return urlsplit(self.house.sim.instance(self.instance).settings["callback"]).path

    @property
    def secret(self) -> str:
        return OPERATOR_SECRET if self.shared else APP_SECRET

    def mine(self, body: Json) -> Json:
        """A contract's body, made this number's and this account's."""
        text = json.dumps(body)
        text = text.replace("700000000000001", self.instance).replace("900000000000001", account_of(self.instance))
        return json.loads(text)

    async def hook(self, body: bytes | Json, **headers: str) -> Answer:
        raw = body if isinstance(body, bytes) else escaped(self.mine(body))
        sent = {"content-type": "application/json", "x_hub_signature_256": signed(self.secret, raw)} | headers
        return await self.house.client().call("POST", self.hook_path, raw, **sent)


def config_of(number: str, *, shared: bool = False, **more: Any) -> Json:
    own = {} if shared else {"app_secret": APP_SECRET}
    return {"phone_number_id": number, "waba_id": account_of(number), "access_token": TOKEN} | own | more


async def cloud_clinic(
    house: House,
    *,
    quiet: float = 0,
    max_wait: float = 20,
    client: Client | None = None,
    shared: bool = False,
    number: str | None = None,
) -> CloudClinic:
    client = client or await house.ready(quiet=quiet, max_wait=max_wait)
    house.numbers += 1
    number = number or f"7{house.numbers:014d}"
    if shared and house.sim.world.meta.callback is None:
        assert await house.sim.cloud.set_callback(f"{house.base}{SHARED}", VERIFY_TOKEN)
    config = config_of(number, shared=shared)
    created = await client.post("/channels", {"name": "Oficial", "provider": "whatsapp_cloud", "config": config})
    assert created.status == 201, created.body
    phone = house.sim.instance(number).owner_phone or ""
    return CloudClinic(client, created["id"], number, phone, house, shared=shared)


async def post(clinic: CloudClinic, phone: str, body: Json) -> Any:
    conversation = await clinic.conversation(phone)
    return await clinic.client.post(f"/conversations/{conversation['id']}/messages", body | {"client_id": uuid4().hex})


async def arrived(clinic: CloudClinic) -> None:
    """What the contacts wrote is stored."""
    await clinic.house.sim.settled()
    await clinic.events()


async def age(clinic: CloudClinic, hours: float) -> None:
    """Let the contacts have written that long ago, here and at Meta."""
    await clinic.house.run(
        "update conversations set last_in_at = last_in_at - make_interval(secs => $2) where channel_id = $1",
        UUID(clinic.channel_id),
        hours * 3600.0,
    )
    heard = clinic.house.sim.instance(clinic.instance).settings["heard"]
    for phone in heard:
        heard[phone] -= hours * 3600


async def synced(clinic: CloudClinic) -> list[Json]:
    done = await clinic.client.post(f"/channels/{clinic.channel_id}/templates/sync")
    assert done.status == 204
    return (await clinic.client.get(f"/channels/{clinic.channel_id}/templates"))["items"]
