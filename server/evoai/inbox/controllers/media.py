"""/media: files of messages, in as a form and out as links."""

from __future__ import annotations

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from evoai.inbox.schemas.messages import MediaOut
from evoai.inbox.service import files, media
from evoai.kit.errors import FieldError, Invalid
from evoai.kit.http import AnyRequest, Asker, Db, resources_of
from evoai.kit.idempotency import answer_once, idempotent, idempotent_by_itself
from evoai.kit.multipart import Upload, receive_upload, upload_limit
from evoai.tenants.guards import needs

_FLAGS = {"voice", "sticker"}


class MediaController(Controller):
    path = "/media"
    tags = ["Inbox"]  # noqa: RUF012

    @post(
        "/",
        operation_id="media.upload",
        guards=[needs("conversations:write")],
        request_max_body_size=upload_limit(files.LARGEST),
    )
    @idempotent_by_itself
    async def upload(self, request: AnyRequest, principal: Asker) -> MediaOut:
        """A file as `multipart/form-data` in the part `file`: pictures and sounds up to 16 MB, films and documents up
        to 64 MB. With `voice` (`true`) a sound is sent as a voice note, with `sticker` a WebP picture as a sticker."""
        resources = resources_of(request)
        async with receive_upload(request, files.LARGEST) as upload:
            voice, sticker = _flag(upload, "voice"), _flag(upload, "sticker")
            found = files.uploaded(upload.name, upload.head, voice=voice, sticker=sticker)
            if found is None:
                raise HTTPException(status_code=415)
            if upload.size > files.LIMITS[found.kind]:
                raise HTTPException(status_code=413)
            return await answer_once(
                request,
                upload.digest,
                lambda: media.upload(resources, principal.tenant_id, upload.file, found, voice=voice),
            )

    @get("/{media_id:uuid}", operation_id="media.get", guards=[needs("conversations:read")])
    async def read(self, request: AnyRequest, media_id: FromPath[UUID], db: Db, principal: Asker) -> MediaOut:
        """With a fresh link."""
        return await media.read(resources_of(request), db, principal.tenant_id, media_id)

    @get(
        "/{media_id:uuid}/pages/{number:int}",
        operation_id="media.page",
        media_type="image/png",
        guards=[needs("conversations:read")],
    )
    async def page(
        self, request: AnyRequest, media_id: FromPath[UUID], number: FromPath[int], principal: Asker
    ) -> Response[bytes]:
        """A page of a PDF as PNG, the first is 1; the header `X-Pages` says how many there are."""
        png, pages = await media.page(resources_of(request), principal.tenant_id, media_id, number)
        headers = {"x-pages": str(pages), "cache-control": "private, max-age=3600"}
        return Response(png, media_type="image/png", headers=headers)

    @post("/{media_id:uuid}/retry", operation_id="media.retry", status_code=200, guards=[needs("conversations:write")])
    @idempotent
    async def retry(self, request: AnyRequest, media_id: FromPath[UUID], db: Db, principal: Asker) -> MediaOut:
        """Have a file that failed fetched again."""
        return await media.fetch_again(resources_of(request), db, principal.tenant_id, media_id)


def _flag(upload: Upload, name: str) -> bool:
    unknown = sorted(upload.fields.keys() - _FLAGS)
    if unknown:
        raise Invalid(errors=(FieldError(f"/{unknown[0][:64]}", "unknown-field", "The form has no such part"),))
    value = upload.fields.get(name, "false")
    if value not in ("true", "false"):
        raise Invalid(errors=(FieldError(f"/{name}", "invalid", "Expected true or false"),))
    return value == "true"
