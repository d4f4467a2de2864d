"""Templates of a channel: read from the provider, shown, and filled for a send."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.channels.adapters.roles import HasTemplates, Template, TemplateButton
from evoai.channels.events import channel_updated
from evoai.channels.models import Template as Row
from evoai.channels.repository import channels
from evoai.channels.repository import templates as repository
from evoai.channels.schemas import TemplateButtonOut, TemplateOut
from evoai.kit.db import new_id, utcnow
from evoai.kit.errors import AppError, Conflict, FieldError, Invalid, NotFound
from evoai.kit.events import emit
from evoai.kit.log import get_logger

if TYPE_CHECKING:
    from evoai.resources import Resources

log = get_logger(__name__)

CHANNELS = 20
"""Read in one round of the sweep at most."""
_FRESH = 24 * 3600.0
_AGAIN = 300.0
_LONGEST = 1024
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,40})\s*\}\}")


class Parts(msgspec.Struct, kw_only=True):
    """What a template consists of, as it is stored."""

    header: str | None
    header_file: str | None
    body: str | None
    footer: str | None
    buttons: list[TemplateButton]
    variables: list[str]


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A template ready to send: its words as the contact reads them, and what the adapter needs."""

    text: str
    extra: dict[str, Any]


async def due(db: AsyncSession) -> Sequence[tuple[str, str]]:
    return [(str(tenant), str(channel)) for tenant, channel in await repository.due_channels(db, CHANNELS)]


async def keep_fresh(resources: Resources, tenant_id: UUID, channel_id: UUID) -> None:
    """Read a channel's templates, if they are due; one whose provider fails is tried again later."""
    async with resources.db.tenant_session(tenant_id) as db:
        if not await repository.set_templates_due(db, tenant_id, channel_id, _AGAIN):
            return
    try:
        await read_anew(resources, tenant_id, channel_id)
    except AppError as error:
        log.warning("templates.failed", channel_id=str(channel_id), code=error.code)


async def read_anew(resources: Resources, tenant_id: UUID, channel_id: UUID) -> None:
    """Raises `NotFound`, `Conflict` where the provider has none, and the adapter's errors."""
    async with resources.db.tenant_session(tenant_id) as db:
        await _channel(db, tenant_id, channel_id)
    opened = await resources.lines.by_id(tenant_id, channel_id)
    if opened is None or not isinstance(opened.adapter, HasTemplates):
        raise Conflict("conflict", "This provider has no templates")
    found = await opened.adapter.list_templates(resources.net, opened.line)
    rows = {(one.name, one.language): _row(one) for one in found}
    async with resources.db.tenant_session(tenant_id) as db:
        await repository.replace_templates(db, tenant_id, channel_id, list(rows.values()))
        await repository.set_templates_due(db, tenant_id, channel_id, _FRESH)
        emit(db, resources.publisher, channel_updated(tenant_id, channel_id))


async def page(
    db: AsyncSession, tenant_id: UUID, channel_id: UUID, after: tuple[str, str] | None, limit: int
) -> list[TemplateOut]:
    await _channel(db, tenant_id, channel_id)
    return [_out(row) for row in await repository.templates_page(db, tenant_id, channel_id, after, limit)]


async def fill(
    db: AsyncSession, tenant_id: UUID, channel_id: UUID, name: str, language: str, variables: Mapping[str, str]
) -> Filled:
    """Raises `Invalid` for a template that the channel lacks and for variables that are missing, empty or too many,
    `Conflict` for a template that may not be sent."""
    row = await repository.template(db, tenant_id, channel_id, name, language)
    if row is None:
        field = FieldError(pointer="/template/name", code="invalid", detail="The channel has no such template")
        raise Invalid(errors=(field,))
    if row.status != "approved":
        raise Conflict("template-not-approved", f"The template is {row.status}; only an approved one may be sent")
    parts = msgspec.convert(row.parts, Parts)
    unknown = [given for given in variables if given not in parts.variables]
    wrong = [_wrong(variable, "unknown-field", "The template has no such variable") for variable in unknown]
    for variable in parts.variables:
        value = variables.get(variable, "").strip()
        if not value:
            wrong.append(_wrong(variable, "required", "The template needs it"))
        elif len(value) > _LONGEST or "\n" in value or "\t" in value:
            wrong.append(_wrong(variable, "invalid", f"One line of at most {_LONGEST} characters"))
        elif variable == "header.media" and not value.startswith("https://"):
            wrong.append(_wrong(variable, "invalid", "The https address of a file"))
    if wrong:
        raise Invalid(errors=tuple(wrong))
    given = {variable: variables[variable].strip() for variable in parts.variables}
    words = [_words(parts.header, "header", given), _words(parts.body, "body", given), parts.footer]
    text = "\n\n".join(part for part in words if part)
    return Filled(text=text, extra={"name": name, "language": language, "variables": _addressed(parts, given)})


def _addressed(parts: Parts, given: dict[str, str]) -> dict[str, Any]:
    """Variables with what the adapter must know of their places."""
    found: dict[str, Any] = dict(given)
    for variable, value in given.items():
        place, _, name = variable.partition(".")
        if variable == "header.media":
            found[variable] = {"kind": parts.header_file or "image", "link": value}
        elif place == "button":
            found[variable] = {"kind": parts.buttons[int(name)].kind, "text": value}
    return found


def _words(text: str | None, place: str, given: dict[str, str]) -> str | None:
    return _VARIABLE.sub(lambda found: given.get(f"{place}.{found[1]}", found[0]), text) if text else None


def _wrong(variable: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer=f"/template/variables/{variable[:64]}", code=code, detail=detail)


def _row(one: Template) -> dict[str, Any]:
    parts = Parts(
        header=one.header,
        header_file=one.header_file,
        body=one.body,
        footer=one.footer,
        buttons=list(one.buttons),
        variables=list(one.variables),
    )
    now = utcnow()
    return {
        "id": new_id(),
        "name": one.name,
        "language": one.language,
        "category": one.category,
        "status": one.status,
        "quality": one.quality,
        "reason": one.reason,
        "parts": msgspec.to_builtins(parts),
        "created_at": now,
        "updated_at": now,
    }


def _out(row: Row) -> TemplateOut:
    parts = msgspec.convert(row.parts, Parts)
    return TemplateOut(
        name=row.name,
        language=row.language,
        category=row.category,
        status=row.status,
        quality=row.quality,
        reason=row.reason,
        header=parts.header,
        header_file=parts.header_file,  # type: ignore[arg-type]
        body=parts.body,
        footer=parts.footer,
        buttons=[TemplateButtonOut(kind=one.kind, title=one.title) for one in parts.buttons],
        variables=parts.variables,
        updated_at=row.updated_at,
    )


async def _channel(db: AsyncSession, tenant_id: UUID, channel_id: UUID) -> None:
    if await channels.channel(db, tenant_id, channel_id) is None:
        raise NotFound()
