"""Adapters by provider name: ours, and those of installed packages, down to a conversation through one of these."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from aiohttp import web

from evoai.channels.adapters.registry import adapter_for, providers
from evoai.kit.crypto import place
from evoai.kit.errors import Invalid
from tests.house import House, eventually
from tests.listening import listening

PACKAGE = Path(__file__).parent / "carrier_pigeon"
OURS = ("evolution", "uazapi", "whatsapp_cloud")


def install(folder: Path, extra: str = "") -> None:
    """What an installer leaves of the package: its module, and its metadata with the entry points it declares."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    (folder / "carrier_pigeon.py").write_text((PACKAGE / "carrier_pigeon.py").read_text())
    info = folder / f"carrier_pigeon-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    )
    (info / "entry_points.txt").write_text(points + extra)


@pytest.fixture
def package(tmp_path: Path) -> Iterator[None]:
    """Installed; it also tries to replace one of ours."""
    install(tmp_path, "evolution = carrier_pigeon:Pigeon\n")
    sys.path.insert(0, str(tmp_path))
    adapter_for.cache_clear()
    providers.cache_clear()
    yield
    sys.path.remove(str(tmp_path))
    sys.modules.pop("carrier_pigeon", None)
    adapter_for.cache_clear()
    providers.cache_clear()


def test_ours() -> None:
    for provider in OURS:
        adapter = adapter_for(provider)
        assert adapter.provider == provider
        assert adapter_for(provider) is adapter
    assert providers() == OURS


def test_unknown() -> None:
    with pytest.raises(Invalid, match="unknown-provider"):
        adapter_for("pigeon")


@pytest.mark.usefixtures("package")
def test_of_a_package() -> None:
    assert adapter_for("pigeon").provider == "pigeon"
    assert adapter_for("evolution").provider == "evolution"
    assert providers() == ("evolution", "pigeon", "uazapi", "whatsapp_cloud")


@pytest.fixture
async def loft() -> AsyncIterator[tuple[str, list[Any]]]:
    """Where pigeons land: its address, and the letters they brought."""
    letters: list[Any] = []

    async def serve(request: web.BaseRequest) -> web.StreamResponse:
        letters.append(msgspec.json.decode(await request.read()))
        return web.Response(status=204)

    async with listening(serve) as url:
        yield url, letters


@pytest.mark.usefixtures("package")
async def test_a_conversation_through_a_package(house: House, loft: tuple[str, list[Any]]) -> None:
    address, letters = loft
    client = await house.ready()
    config = {"base_url": address, "whistle": "fiu-fiu-fiu-fiu-fiu"}
    body = {"name": "Pombal", "provider": "pigeon", "config": config}
    wrong = await client.post("/channels", body | {"config": {"base_url": address}})
    assert (wrong.status, wrong["errors"][0]["pointer"]) == (422, "/config/whistle")
    made = await client.post("/channels", body)
    assert (made.status, made["state"], made["profile_name"]) == (201, "connected", "The loft")
    hook = await hook_of(house, client.tenant_id, UUID(made["id"]))
    letter = {"ring": "BR-1", "from": "5511955554444", "name": "Santos", "text": "Qual o horário?"}
    for _ in range(2):
        answer = await house.client().post(hook, letter, x_whistle=config["whistle"])
        assert answer.status == 200
    assert (await house.client().post(hook, letter, x_whistle="fiu")).status == 401
    await eventually(lambda: letters)
    assert letters[0]["to"] == "5511955554444"
    (conversation,) = (await client.get("/conversations"))["items"]
    thread = (await client.get(f"/conversations/{conversation['id']}/messages"))["items"]
    assert [message["author"] for message in reversed(thread)][:2] == ["contact", "assistant"]
    assert thread[-1]["text"] == "Qual o horário?"


async def hook_of(house: House, tenant_id: UUID | None, channel_id: UUID) -> str:
    """The channel's own address, which the API shows nobody."""
    assert tenant_id is not None
    row = await house.row("select hook_key_enc from channels where id = $1", channel_id)
    async with house.resources.db.tenant_session(tenant_id) as db:
        box = await house.resources.keys.box(db, tenant_id)
    opened = box.open(row["hook_key_enc"], place(tenant_id, "channels", "hook_key_enc", channel_id))
    return f"/hooks/{tenant_id.hex}.{msgspec.json.decode(opened)['key']}"
