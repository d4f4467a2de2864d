"""The knowledge room's HTTP: documents, search, and the files of local storage, which stand outside /api/v1."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, patch, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery, JSONBody, Parameter
from msgspec import Meta

from evoai.kit.errors import FieldError, Invalid, NotFound
from evoai.kit.http import AnyRequest, Asker, Db, Pages, resources_of
from evoai.kit.idempotency import answer_once, idempotent, idempotent_by_itself, idempotent_over_network
from evoai.kit.multipart import Upload, receive_upload, upload_limit
from evoai.kit.reading import check_json
from evoai.kit.storage import LocalStorage, attachment, key_of
from evoai.knowledge.repository.documents import Filters
from evoai.knowledge.schemas import (
    DocumentDetailOut,
    DocumentIn,
    DocumentOut,
    DocumentPage,
    DocumentPatch,
    DocumentState,
    PassageOut,
    SearchIn,
    SearchOut,
    Source,
    Tag,
    TagList,
)
from evoai.knowledge.service import documents, read
from evoai.knowledge.service.search import search
from evoai.tenants.guards import needs

# `state` is a name that Litestar keeps for itself.
OfState = Annotated[DocumentState | None, Parameter(query="state")]
Words = Annotated[str, Meta(min_length=1, max_length=200)]
_FILE_FIELDS = {"title", "tags"}
_MAX_JSON = 64_000


class DocumentController(Controller):
    path = "/documents"
    tags = ["Knowledge"]  # noqa: RUF012

    @get("/", operation_id="documents.list", guards=[needs("documents:read")])
    async def page(
        self,
        db: Db,
        principal: Asker,
        paging: Pages,
        of_state: OfState = None,
        source: FromQuery[Source | None] = None,
        tag: FromQuery[Tag | None] = None,
        q: FromQuery[Words | None] = None,
    ) -> DocumentPage:
        filters = Filters(of_state, source, tag, q)
        before = paging.after(datetime, UUID)
        rows = await read.page(db, principal.tenant_id, filters, before, paging.limit)
        items, following = paging.cut(rows, lambda row: (row.created_at, row.id))
        return DocumentPage(items=items, next_cursor=following)

    @post(
        "/",
        operation_id="documents.add",
        guards=[needs("documents:write")],
        request_max_body_size=upload_limit(documents.MAX_FILE),
    )
    @idempotent_by_itself
    async def add(self, request: AnyRequest, principal: Asker) -> DocumentOut:
        """A file as `multipart/form-data` in the part `file` (PDF, DOCX, XLSX, TXT, MD, HTML, CSV; at most 25 MB),
        with `title` and `tags` (a list in JSON) beside it; or as JSON `{url}` or `{question, answer}`."""
        resources = resources_of(request)
        kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
        if kind == "application/json":
            data, digest = await _read_json(request)
            return await answer_once(request, digest, lambda: documents.add(resources, principal.tenant_id, data))
        async with receive_upload(request, documents.MAX_FILE) as upload:
            title, tags = _fields_of(upload)
            return await answer_once(
                request,
                upload.digest,
                lambda: documents.add_file(
                    resources,
                    principal.tenant_id,
                    upload.file,
                    name=upload.name,
                    head=upload.head,
                    size=upload.size,
                    sha256=upload.sha256,
                    title=title,
                    tags=tags,
                ),
            )

    @get("/{document_id:uuid}", operation_id="documents.get", guards=[needs("documents:read")])
    async def read(self, request: AnyRequest, document_id: FromPath[UUID], principal: Asker) -> DocumentDetailOut:
        return await read.detail(resources_of(request), principal.tenant_id, document_id)

    @get(
        "/{document_id:uuid}/passages/{chunk_id:uuid}",
        operation_id="documents.passage",
        guards=[needs("documents:read")],
    )
    async def passage(
        self, document_id: FromPath[UUID], chunk_id: FromPath[UUID], db: Db, principal: Asker
    ) -> PassageOut:
        return await read.passage(db, principal.tenant_id, document_id, chunk_id)

    @patch("/{document_id:uuid}", operation_id="documents.change", guards=[needs("documents:write")])
    async def change(
        self, request: AnyRequest, document_id: FromPath[UUID], data: JSONBody[DocumentPatch], db: Db, principal: Asker
    ) -> DocumentOut:
        return await documents.change(resources_of(request), db, principal.tenant_id, document_id, data)

    @delete("/{document_id:uuid}", operation_id="documents.delete", guards=[needs("documents:write")])
    async def delete(self, request: AnyRequest, document_id: FromPath[UUID], db: Db, principal: Asker) -> None:
        await documents.delete(resources_of(request), db, principal.tenant_id, document_id)

    @post(
        "/{document_id:uuid}/retry",
        operation_id="documents.retry",
        status_code=200,
        guards=[needs("documents:write")],
    )
    @idempotent
    async def retry(self, request: AnyRequest, document_id: FromPath[UUID], db: Db, principal: Asker) -> DocumentOut:
        return await documents.retry(resources_of(request), db, principal.tenant_id, document_id)

    @post(
        "/{document_id:uuid}/refresh",
        operation_id="documents.refresh",
        status_code=200,
        guards=[needs("documents:write")],
    )
    @idempotent
    async def refresh(self, request: AnyRequest, document_id: FromPath[UUID], db: Db, principal: Asker) -> DocumentOut:
        """Read a page again."""
        return await documents.refresh(resources_of(request), db, principal.tenant_id, document_id)


async def _read_json(request: AnyRequest) -> tuple[DocumentIn, bytes]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_JSON:
            raise HTTPException(status_code=413)
    check_json(bytes(body))
    try:
        data = msgspec.json.decode(bytes(body), type=DocumentIn)
    except msgspec.ValidationError as error:
        detail = str(error)
        code = "unknown-field" if "unknown field" in detail else "invalid"
        raise Invalid(errors=(FieldError("", code, detail[:200]),)) from None
    return data, hashlib.sha256(body).digest()


def _fields_of(upload: Upload) -> tuple[str | None, list[str]]:
    unknown = sorted(upload.fields.keys() - _FILE_FIELDS)
    if unknown:
        raise Invalid(errors=(FieldError(f"/{unknown[0][:64]}", "unknown-field", "The form has no such part"),))
    title = upload.fields.get("title", "").strip() or None
    if title is not None and (len(title) > 200 or "\0" in title):
        raise Invalid(errors=(FieldError("/title", "length", "1 to 200 characters"),))
    return title, documents.read_tags(upload.fields.get("tags", ""))


class KnowledgeController(Controller):
    path = "/knowledge"
    tags = ["Knowledge"]  # noqa: RUF012

    @get("/tags", operation_id="knowledge.tags", guards=[needs("documents:read")])
    async def list_tags(self, db: Db, principal: Asker) -> TagList:
        """Those that documents carry, with their number."""
        return await read.tags(db, principal.tenant_id)

    @post("/search", operation_id="knowledge.search", status_code=200, guards=[needs("documents:read")])
    @idempotent_over_network
    async def search(self, request: AnyRequest, data: JSONBody[SearchIn], principal: Asker) -> SearchOut:
        """The passages that answer best, as the assistant finds them."""
        return await search(
            resources_of(request),
            principal.tenant_id,
            data.query,
            data.limit,
            documents=data.documents,
            tags=data.tags,
        )


@get(
    "/files/{tenant_id:uuid}/{file_id:uuid}",
    operation_id="files.get",
    public=True,
    unlimited=True,
    include_in_schema=False,
)
async def read_file(
    request: AnyRequest,
    tenant_id: FromPath[UUID],
    file_id: FromPath[UUID],
    until: FromQuery[int],
    name: FromQuery[str],
    of_type: Annotated[str, Parameter(query="type")],
    mac: FromQuery[str],
) -> Response[bytes]:
    """A file of local storage, for who holds a link that `Storage.link` gave out within five minutes."""
    storage, key = resources_of(request).storage, key_of(tenant_id, file_id)
    if not isinstance(storage, LocalStorage) or not storage.verify(key, until, name, of_type, mac):
        raise NotFound()
    try:
        body = await storage.get(key)
    except FileNotFoundError:
        raise NotFound() from None
    return Response(
        body,
        media_type=of_type,
        headers={
            "content-disposition": attachment(name),
            "content-security-policy": "sandbox; default-src 'none'",
            "cache-control": "private, no-store",
            "cross-origin-resource-policy": "cross-origin",
        },
    )
