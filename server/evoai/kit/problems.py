"""Every refusal as an RFC 9457 problem document, whatever raised it: our families, the framework, the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from evoai.kit.errors import AppError, FieldError, Invalid
from evoai.kit.log import get_logger

log = get_logger(__name__)

T = TypeVar("T")
MEDIA_TYPE = "application/problem+json"

_CODES = {
    400: ("bad-request", "Request cannot be read"),
    401: ("unauthenticated", "Authentication is needed"),
    403: ("forbidden", "Not allowed"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "Method not allowed"),
    406: ("not-acceptable", "Nothing acceptable to answer with"),
    413: ("payload-too-large", "Body is too large"),
    414: ("uri-too-long", "Address is too long"),
    415: ("unsupported-media-type", "Media type is not supported"),
    429: ("rate-limited", "Too many requests"),
    431: ("headers-too-large", "Headers are too large"),
    503: ("unavailable", "Temporarily unavailable"),
}


def problem(
    request_id: str,
    status: int,
    code: str,
    title: str,
    detail: str | None = None,
    *,
    errors: tuple[FieldError, ...] = (),
    members: dict[str, object] | None = None,
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    """A problem document, ready to send. `Retry-After`, `Allow` and their like come in `headers`."""
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail or title,
        "code": code,
        "request_id": request_id,
        **(members or {}),
    }
    if errors:
        body["errors"] = errors
    extra = {"cache-control": "no-store", **(headers or {})}
    if status == HTTPStatus.UNAUTHORIZED:
        extra.setdefault("www-authenticate", 'Bearer realm="evoai"')
    return Response(msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=extra)


def request_id_of(request: Request[Any, Any, Any]) -> str:
    return request.scope["state"].get("request_id", "")


def _app_error(request: Request[Any, Any, Any], error: AppError) -> Response[bytes]:
    headers = {"retry-after": str(error.retry_after)} if error.retry_after is not None else {}
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("retry-after", "1")
    return problem(
        request_id_of(request),
        error.status,
        error.code,
        error.title,
        error.detail,
        errors=error.errors,
        members=error.members(),
        headers=headers,
    )


def _validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[bytes]:
    extra: list[dict[str, Any]] = list(error.extra) if isinstance(error.extra, list) else []
    fields = tuple(_field(item) for item in extra)
    return problem(
        request_id_of(request),
        422,
        "validation",
        "Request is not valid",
        f"{len(fields)} field(s) are invalid" if fields else "The body is not valid",
        errors=fields,
    )


_NAMED = re.compile(r"(unknown|missing required) field `(.*)`", re.DOTALL)


def _field(item: dict[str, Any]) -> FieldError:
    key, message = str(item.get("key") or ""), str(item.get("message") or "invalid")
    path = [part for part in key.replace("[", ".").replace("]", "").split(".") if part]
    named = _NAMED.search(message)
    if named is None:
        return FieldError(pointer=_pointer(path), code="invalid", detail=message[:200])
    # The reader points at the object that the field is too many in, or missing from; the body itself it calls `data`.
    owner = [] if path == ["data"] else path
    code = "unknown-field" if named[1] == "unknown" else "required"
    return FieldError(pointer=_pointer([*owner, named[2][:64]]), code=code, detail=message[:200])


def converted(value: Any, kind: type[T], name: str) -> T:
    """The field `name` of a body, whose type was not known when it was read. Raises `Invalid` as the reader of bodies
    would."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        field = _field({"key": f"{name}{path.rstrip('`')}", "message": message})
        raise Invalid(errors=(field,)) from None


def _pointer(path: list[str]) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    code, title = _CODES.get(error.status_code, ("bad-request", "Request cannot be read"))
    headers = {name.lower(): value for name, value in (error.headers or {}).items() if name.lower() in _KEPT_HEADERS}
    return problem(request_id_of(request), error.status_code, code, title, headers=headers)


_KEPT_HEADERS = {"allow", "retry-after", "www-authenticate"}


def _database(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None) or getattr(error, "sqlstate", None) or ""
    if sqlstate.startswith("23"):
        return problem(request_id_of(request), 409, "conflict", "Conflict with the current state")
    if isinstance(error, DBAPIError) and not (
        isinstance(error, InterfaceError | OperationalError) or sqlstate[:2] in ("08", "53", "57", "55")
    ):
        return _unexpected(request, error)
    log.warning("database.unavailable", sqlstate=sqlstate, error=type(error).__name__)
    return problem(request_id_of(request), 503, "unavailable", "Temporarily unavailable", headers={"retry-after": "1"})


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    # The route, never the path: a webhook's address is a secret.
    log.error("request.failed", route=request.scope["state"].get("route", ""), exc_info=error)
    return problem(request_id_of(request), 500, "internal", "Internal error", "Something went wrong on our side")


EXCEPTION_HANDLERS: dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[Any]]] = {
    AppError: _app_error,
    ValidationException: _validation,
    NotFoundException: _http,
    MethodNotAllowedException: _http,
    ClientException: _http,
    HTTPException: _http,
    DBAPIError: _database,
    PoolTimeout: _database,
    OSError: _database,
    Exception: _unexpected,
}


def render(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """What the framework would answer with, for what runs outside of it."""
    handler = next(EXCEPTION_HANDLERS[kind] for kind in type(error).__mro__ if kind in EXCEPTION_HANDLERS)
    return handler(request, error)
