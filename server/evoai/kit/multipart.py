"""Reading a form with one file as it arrives: counted, hashed and put into an unnamed temporary file, never held in
memory. What the file is, its room looks at."""

from __future__ import annotations

import hashlib
import re
import tempfile
import unicodedata
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any, cast

import multipart
from litestar.exceptions import ClientException, HTTPException

from evoai.kit.errors import BadRequest, FieldError, Invalid
from evoai.kit.http import AnyRequest

_FIELD_BYTES = 4000
_FORM_BYTES = 64_000
"""What a form may hold beside its file."""
_PARTS = 20
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came whole, readable from its beginning. `name` is for people alone."""

    file: IO[bytes]
    name: str
    size: int
    sha256: bytes
    fields: dict[str, str]

    @property
    def digest(self) -> bytes:
        """Of the whole form: the same form sent again has the same."""
        said = repr((self.name, self.size, sorted(self.fields.items()))).encode()
        return hashlib.sha256(self.sha256 + said).digest()

    @property
    def head(self) -> bytes:
        """Enough of the beginning to tell a format by."""
        self.file.seek(0)
        head = self.file.read(4096)
        self.file.seek(0)
        return head


@asynccontextmanager
async def receive_upload(request: AnyRequest, max_bytes: int) -> AsyncGenerator[Upload]:
    """The form's one part `file`, and its plain fields. The handler's own body limit must be at least
    `upload_limit(max_bytes)`. Raises `BadRequest`, `Invalid`, and 413 for what is too large."""
    # This function of the package has no types.
    read: Callable[[str], tuple[str, dict[str, str]]] = cast(Any, multipart).parse_options_header
    kind, options = read(request.headers.get("content-type", ""))
    if kind != "multipart/form-data":
        raise HTTPException(status_code=415)
    boundary = options.get("boundary", "")
    if not 1 <= len(boundary) <= 70:
        raise BadRequest(detail="The form names no boundary")
    # Unnamed from the start, so that a process that dies leaves nothing behind.
    with tempfile.TemporaryFile() as file:
        reader = _Reader(file, max_bytes)
        try:
            with multipart.PushMultipartParser(
                boundary, max_header_size=4096, max_header_count=8, max_segment_count=_PARTS
            ) as parser:
                async for chunk in request.stream():
                    for event in parser.parse(chunk):
                        reader.take(event)
        except multipart.MultipartError as error:
            raise BadRequest(detail=f"The form cannot be read: {error}"[:200]) from None
        except ClientException as error:
            if error.status_code != 400:
                raise
            raise BadRequest(detail="The form was cut off") from None
        yield reader.finish()


def upload_limit(max_bytes: int) -> int:
    """The body limit of a route that takes files of `max_bytes`."""
    return max_bytes + _FORM_BYTES


class _Reader:
    def __init__(self, file: IO[bytes], max_bytes: int) -> None:
        self._file, self._max = file, max_bytes
        self._part: multipart.MultipartSegment | None = None
        self._name: str | None = None
        self._size = 0
        self._hash = hashlib.sha256()
        self._field = bytearray()
        self._fields: dict[str, str] = {}

    def take(self, event: Any) -> None:
        if isinstance(event, multipart.MultipartSegment):
            self._begin(event)
        elif event is None:
            self._end()
        elif self._is_file:
            self._size += len(event)
            if self._size > self._max:
                raise HTTPException(status_code=413)
            self._hash.update(event)
            self._file.write(event)
        else:
            self._field += event
            if len(self._field) > _FIELD_BYTES:
                raise HTTPException(status_code=413)

    @property
    def _is_file(self) -> bool:
        return self._part is not None and self._part.name == "file"

    def _begin(self, part: multipart.MultipartSegment) -> None:
        self._part = part
        self._field.clear()
        if (part.name or "") in self._fields or (part.name == "file" and self._name is not None):
            raise BadRequest(detail=f"The form has two parts {(part.name or '')[:64]!r}")
        if part.name == "file":
            if part.filename is None:
                raise Invalid(errors=(FieldError("/file", "invalid", "A file is needed here, with a name"),))
            self._name = shown_name(part.filename)

    def _end(self) -> None:
        if self._part is not None and not self._is_file:
            try:
                self._fields[self._part.name or ""] = self._field.decode("utf-8")
            except UnicodeDecodeError:
                raise BadRequest(detail="A field of the form is not UTF-8") from None
        self._part = None

    def finish(self) -> Upload:
        if self._name is None:
            raise Invalid(errors=(FieldError("/file", "required", "The form has no part `file`"),))
        if self._size == 0:
            raise Invalid("empty-file", "The file is empty")
        self._file.flush()
        self._file.seek(0)
        return Upload(self._file, self._name, self._size, self._hash.digest(), self._fields)


_NAME, _ENDING = 255, 20


def shown_name(name: str) -> str:
    """A file's name as people may be shown it: no path, nothing invisible, at most 255 characters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    clean = _UNSHOWN.sub("", last).strip().rstrip(".")
    if len(clean) > _NAME:
        # What it ends with says what it is.
        stem, dot, ending = clean.rpartition(".")
        clean = f"{stem[: _NAME - len(ending) - 1]}.{ending}" if dot and len(ending) < _ENDING else clean[:_NAME]
    return clean or "file"
