"""Files that people gave us, behind one Protocol: a folder of this machine, or a bucket that speaks S3.

Keys are `<tenant>/<uuid>`. What a file is, and who may see it, is its room's to say; a link opens one file for minutes.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec
import obstore
from obstore.store import S3Store

from evoai.kit.crypto import same
from evoai.settings import Settings

LINK_SECONDS = 300

_KEY = re.compile(r"[0-9a-f-]{36}/[0-9a-f-]{36}")
_SECONDS = 60


class StorageError(Exception):
    """The storage does not answer, or refuses us; the same call may do well later."""


class Link(msgspec.Struct, frozen=True):
    url: str
    expires_at: datetime


class Storage(Protocol):
    """Verbs raise `StorageError`; `get` raises `FileNotFoundError` for a key that is not there."""

    async def put(self, key: str, file: IO[bytes], *, name: str, mime_type: str) -> None:
        """Store all of `file`, whole or not at all. The same key twice keeps the later one."""
        ...

    async def get(self, key: str) -> bytes: ...

    async def delete(self, key: str) -> None:
        """Absent already is as good."""
        ...

    async def link(self, key: str, *, name: str, mime_type: str) -> Link:
        """An address that opens this file for anybody for `LINK_SECONDS`, always as a download."""
        ...


def key_of(tenant_id: UUID, file_id: UUID) -> str:
    return f"{tenant_id}/{file_id}"


def attachment(name: str) -> str:
    """The value of Content-Disposition (RFC 6266) for any name."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)[:100] or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


class LocalStorage:
    """A folder. Links lead to `/files` on the API, which asks `verify`."""

    def __init__(self, folder: Path, api_url: str, secret: str) -> None:
        self._folder = folder
        self._api_url = api_url
        self._secret = hashlib.sha256(b"files" + secret.encode()).digest()

    async def put(self, key: str, file: IO[bytes], *, name: str, mime_type: str) -> None:
        def write() -> None:
            target = self._path(key)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = target.with_suffix(".part")
            with part.open("wb") as out:
                shutil.copyfileobj(file, out)
            part.replace(target)

        await _in_thread(write)

    async def get(self, key: str) -> bytes:
        return await _in_thread(self._path(key).read_bytes)

    async def delete(self, key: str) -> None:
        def remove() -> None:
            self._path(key).unlink(missing_ok=True)
            self._path(key).with_suffix(".part").unlink(missing_ok=True)

        await _in_thread(remove)

    async def link(self, key: str, *, name: str, mime_type: str) -> Link:
        until = int(time.time()) + LINK_SECONDS
        query = {"until": until, "name": name, "type": mime_type, "mac": self._mac(key, until, name, mime_type)}
        return Link(f"{self._api_url}/files/{key}?{urlencode(query)}", datetime.fromtimestamp(until, UTC))

    def verify(self, key: str, until: int, name: str, mime_type: str, mac: str) -> bool:
        """Whether `link` gave this out, and lately."""
        right = same(mac.encode("utf-8", "replace"), self._mac(key, until, name, mime_type).encode())
        return right and until >= time.time()

    def _mac(self, key: str, until: int, name: str, mime_type: str) -> str:
        said = msgspec.json.encode((key, until, name, mime_type))
        return hmac.digest(self._secret, said, "sha256").hex()

    def _path(self, key: str) -> Path:
        # The only part of a path that may come from outside; no dots, so nothing leads out of the folder.
        if not _KEY.fullmatch(key):
            raise FileNotFoundError(key)
        return self._folder / key


class BucketStorage:
    """A bucket. Links lead there, so their files come from another host than the web app's."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    async def put(self, key: str, file: IO[bytes], *, name: str, mime_type: str) -> None:
        about: Any = {"Content-Type": mime_type, "Content-Disposition": attachment(name)}
        await _told(obstore.put_async(self._store, key, file, attributes=about))

    async def get(self, key: str) -> bytes:
        async def read() -> bytes:
            answer = await obstore.get_async(self._store, key)
            return bytes(await answer.bytes_async())

        return await _told(read())

    async def delete(self, key: str) -> None:
        try:
            await _told(obstore.delete_async(self._store, key))
        except FileNotFoundError:
            return

    async def link(self, key: str, *, name: str, mime_type: str) -> Link:
        lasts = timedelta(seconds=LINK_SECONDS)
        until = datetime.now(UTC) + lasts
        return Link(await _told(obstore.sign_async(self._store, "GET", key, lasts)), until)


def open_storage(settings: Settings) -> Storage:
    """Nothing is connected yet."""
    bucket = settings.bucket
    if bucket is None:
        return LocalStorage(settings.data_dir / "files", settings.api_url, settings.jwt_secret)
    given: dict[str, Any] = {
        "endpoint": bucket.endpoint_url,
        "access_key_id": bucket.access_key,
        "secret_access_key": bucket.secret_key,
    }
    plain = (bucket.endpoint_url or "").startswith("http:")
    return BucketStorage(
        S3Store(
            bucket.name,
            region=bucket.region,
            virtual_hosted_style_request=False,
            client_options={"timeout": f"{_SECONDS}s", "connect_timeout": "5s", "allow_http": plain},
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=_SECONDS)},
            **{name: value for name, value in given.items() if value is not None},
        )
    )


async def _in_thread(work: Any) -> Any:
    try:
        return await asyncio.to_thread(work)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageError(type(error).__name__) from error


async def _told(answer: Any) -> Any:
    try:
        async with asyncio.timeout(_SECONDS):
            return await answer
    except FileNotFoundError:
        raise
    except (obstore.exceptions.BaseError, OSError, TimeoutError) as error:
        raise StorageError(type(error).__name__) from error
