"""Both storages keep the same promises; the bucket is moto's server."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import aiohttp
import pytest

from evoai.kit.storage import BucketStorage, LocalStorage, Storage, StorageError, key_of, open_storage
from evoai.settings import Bucket
from tests.house import House, eventually, free_port


@pytest.fixture(scope="module")
async def bucket() -> AsyncIterator[Bucket]:
    port = free_port()
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    found = Bucket("files", "us-east-1", f"http://127.0.0.1:{port}", "test", "test")
    try:
        async with aiohttp.ClientSession() as http:

            async def made() -> bool:
                try:
                    async with http.put(f"{found.endpoint_url}/files") as got:
                        return got.status == 200
                except aiohttp.ClientError:
                    return False

            await eventually(made, 60, 0.3)
        yield found
    finally:
        server.kill()
        await server.wait()


@pytest.fixture(params=["local", "bucket"])
async def storage(request: pytest.FixtureRequest, house: House, bucket: Bucket) -> Storage:
    chosen = bucket if request.param == "bucket" else None
    return open_storage(replace(house.settings, bucket=chosen))


async def test_a_file_is_kept_linked_and_deleted(storage: Storage) -> None:
    key = key_of(uuid4(), uuid4())
    await storage.put(key, io.BytesIO(b"um"), name="á.txt", mime_type="text/plain")
    await storage.put(key, io.BytesIO(b"dois"), name="á.txt", mime_type="text/plain")
    assert await storage.get(key) == b"dois"
    link = await storage.link(key, name="á.txt", mime_type="text/plain")
    async with aiohttp.ClientSession() as http, http.get(link.url) as got:
        assert (got.status, await got.read()) == (200, b"dois")
        assert got.headers["content-disposition"].startswith("attachment;")
    await storage.delete(key)
    await storage.delete(key)
    with pytest.raises(FileNotFoundError):
        await storage.get(key)


async def test_T51_no_key_leads_out_of_the_folder(house: House) -> None:
    storage = open_storage(replace(house.settings, bucket=None))
    assert isinstance(storage, LocalStorage)
    for key in ("../../etc/passwd", "/etc/passwd", f"{uuid4()}/../../x", f"{uuid4()}/{uuid4()}/x"):
        with pytest.raises(FileNotFoundError):
            await storage.get(key)


async def test_a_bucket_that_is_away_is_told_as_such(house: House) -> None:
    away = Bucket("files", "us-east-1", f"http://127.0.0.1:{free_port()}", "test", "test")
    storage = open_storage(replace(house.settings, bucket=away))
    assert isinstance(storage, BucketStorage)
    with pytest.raises(StorageError):
        await storage.get(key_of(uuid4(), uuid4()))
