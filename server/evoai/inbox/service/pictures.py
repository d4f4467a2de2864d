"""Pictures of strangers before anybody else gets them: whether they can be shown at all, and without what tells where
and by whom they were taken."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from evoai.inbox.pictures.seen import Seen
from evoai.kit import sandbox

if TYPE_CHECKING:
    from evoai.resources import Resources

_CHILD = "evoai.inbox.pictures.child"
_KINDS = {"image/jpeg": "jpeg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
_TOO_LARGE = "too-large-inside"
_UNTOLD = ("took-too-long", "parser-crashed")


class BadPicture(Exception):
    """`reason` is one of `media.error`; not `lasting` is what another try may end better."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.reason = "too-large" if code == _TOO_LARGE else "damaged"
        self.lasting = code not in _UNTOLD


async def cleaned(resources: Resources, tenant_id: UUID, mime_type: str, body: bytes) -> bytes:
    """The picture upright and without metadata, `body` itself where it came so; any other file as it is. Raises
    `BadPicture`."""
    kind = _KINDS.get(mime_type)
    if kind is None:
        return body
    async with resources.pictures_open.take(tenant_id):
        seen = await sandbox.run(_CHILD, Seen, body, kind, seconds=resources.timers.picture)
    if seen.refused is not None:
        raise BadPicture(seen.refused)
    return body if seen.body is None else seen.body
