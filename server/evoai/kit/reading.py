"""Strict reading of requests: what two readers could understand in two ways is refused before the handler."""

from __future__ import annotations

import json
from typing import Any, NoReturn, cast

from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from evoai.kit.errors import BadRequest, FieldError, Invalid
from evoai.kit.http import AnyRequest

_allowed: dict[HTTPRouteHandler, frozenset[str]] = {}
_OURS = {"request", "db", "principal", "paging", "data", "self", "scope", "headers", "cookies", "body"}


async def read_strictly(request: AnyRequest) -> None:
    """Before each handler: refuse what could be read in two ways. Query names that are unknown or repeated, header
    fields given twice, and JSON with double keys, other numbers, other encodings, or text no database can store."""
    handler = request.route_handler
    _check_query(request, handler)
    if sum(1 for name, _ in request.scope["headers"] if name == b"authorization") > 1:
        raise BadRequest(detail="Two Authorization headers")
    if handler.parsed_data_field is None or handler.opt.get("raw_body"):
        return
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    body = await request.body()
    if not body:
        if not handler.parsed_data_field.is_optional:
            raise BadRequest(detail="A body is needed")
        return
    if kind != "application/json" or "charset=utf-7" in request.headers.get("content-type", "").lower():
        raise HTTPException(status_code=415)
    check_json(body)


def _check_query(request: AnyRequest, handler: HTTPRouteHandler) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    if not names:
        return
    allowed = _allowed.get(handler)
    if allowed is None:
        fields = dict(handler.parsed_fn_signature.parameters)
        for name, provider in handler.resolve_dependencies().items():
            if name in fields:
                fields |= provider.parsed_fn_signature.parameters
        allowed = _allowed[handler] = frozenset(_query_name(name, field) for name, field in fields.items()) - _OURS
    unknown = [name for name in names if name not in allowed]
    if unknown:
        raise BadRequest(detail=f"Unknown query parameter {unknown[0][:64]!r}")
    if len(set(names)) != len(names):
        raise BadRequest(detail="A query parameter is given twice")


def _query_name(name: str, field: Any) -> str:
    return getattr(field.kwarg_definition, "query", None) or name


def check_json(body: bytes) -> None:
    """Raises `BadRequest` for JSON that parsers disagree on, `Invalid` for text that cannot be stored."""
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_no_double_keys, parse_constant=_no_constants, parse_int=_number
        )
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise BadRequest(detail="The body is not JSON") from None
    _check_text(value, "")


def _no_double_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("double key")
    return out


def _no_constants(name: str) -> NoReturn:
    raise ValueError(name)


def _number(digits: str) -> int:
    if len(digits) > 20:
        raise ValueError("number too long")
    return int(digits)


def _check_text(value: Any, pointer: str) -> None:
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise Invalid(errors=(FieldError(pointer=pointer, code="text", detail="NUL or a lone surrogate"),))
    elif isinstance(value, dict):
        for key, item in cast(dict[str, Any], value).items():
            _check_text(key, pointer)
            _check_text(item, f"{pointer}/{key[:64]}")
    elif isinstance(value, list):
        for index, item in enumerate(cast(list[Any], value)):
            _check_text(item, f"{pointer}/{index}")
