"""Test cases: what people write down, or make of a conversation that really was."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from evoai.assistant.models.tests import TestCase
from evoai.assistant.repository import tests as repository
from evoai.assistant.schemas.tests import Expectation, SpokenLine, TestIn, TestOut, TestPage, TestPatch
from evoai.assistant.service.drafts import found
from evoai.assistant.service.expectations import suggested
from evoai.inbox.service import history
from evoai.inbox.service.turns import Line
from evoai.kit.db import new_id, utcnow
from evoai.kit.errors import Conflict, FieldError, Invalid, NotFound
from evoai.knowledge.service import read as documents

if TYPE_CHECKING:
    from evoai.kit.http import Paging

MOST = 200
"""Cases of one assistant."""
_NEEDS_VALUE = ("contains", "not_contains", "tool_called", "tool_not_called", "cites_document", "criterion")
_MARKS = {
    "image": "[imagem]",
    "audio": "[áudio]",
    "video": "[vídeo]",
    "document": "[documento]",
    "sticker": "[figurinha]",
    "location": "[localização]",
    "contact": "[cartão de contato]",
}


async def list_cases(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, paging: Paging) -> TestPage:
    """Oldest first. Raises `NotFound`."""
    await found(db, tenant_id, assistant_id)
    rows = await repository.cases_page(db, tenant_id, assistant_id, paging.after(datetime, UUID), paging.limit)
    shown, following = paging.cut(rows, lambda row: (row.created_at, row.id))
    return TestPage(items=[case_out(row) for row in shown], next_cursor=following)


async def add_case(db: AsyncSession, tenant_id: UUID, by: str, assistant_id: UUID, data: TestIn) -> TestOut:
    """Raises `NotFound` for an assistant, conversation or message that is not there, `Invalid`, and `Conflict` where
    there are too many."""
    await found(db, tenant_id, assistant_id, lock=True)
    if await repository.count_cases(db, tenant_id, assistant_id) >= MOST:
        raise Conflict("conflict", f"An assistant has at most {MOST} test cases")
    if data.conversation_id is not None:
        excerpt = await history.excerpt(db, tenant_id, data.conversation_id, data.message_id)
        messages = data.messages or spoken(excerpt.lines)
        expectations = data.expectations
        if expectations is None:
            expectations = suggested(excerpt.reply, excerpt.handed_over)
        contact_name = excerpt.contact_name[:80] if data.contact_name is None else data.contact_name
    elif data.message_id is not None:
        raise Invalid(errors=(FieldError("/conversation_id", "required", "Say which conversation the message is of"),))
    elif data.messages is None:
        raise Invalid(errors=(FieldError("/messages", "required", "A case needs messages, or a conversation"),))
    else:
        messages, expectations, contact_name = data.messages, data.expectations or [], data.contact_name or ""
    await _check(db, tenant_id, messages, expectations)
    row = TestCase(
        tenant_id=tenant_id,
        id=new_id(),
        assistant_id=assistant_id,
        name=data.name or _name_of(messages),
        contact_name=contact_name,
        messages=msgspec.to_builtins(messages),
        expectations=msgspec.to_builtins(expectations),
        must_pass=data.must_pass,
        conversation_id=data.conversation_id,
        created_by=by,
    )
    db.add(row)
    await db.flush()
    return case_out(row)


async def change_case(
    db: AsyncSession, tenant_id: UUID, assistant_id: UUID, case_id: UUID, patch: TestPatch
) -> TestOut:
    """Raises `NotFound`, `Invalid`."""
    row = await _case(db, tenant_id, assistant_id, case_id)
    changes: dict[str, Any] = patch.changes()
    shown = case_out(row)
    await _check(
        db, tenant_id, changes.get("messages", shown.messages), changes.get("expectations", shown.expectations)
    )
    for name, value in changes.items():
        setattr(row, name, msgspec.to_builtins(value))
    if changes:
        row.updated_at = utcnow()
        await db.flush()
    return case_out(row)


async def delete_case(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, case_id: UUID) -> None:
    """What runs have found of it stays; what was said in it does not. Raises `NotFound`."""
    row = await _case(db, tenant_id, assistant_id, case_id)
    row.deleted_at, row.messages, row.expectations, row.contact_name = utcnow(), [], [], ""
    await db.flush()


def case_out(row: TestCase) -> TestOut:
    return TestOut(
        id=row.id,
        assistant_id=row.assistant_id,
        name=row.name,
        contact_name=row.contact_name,
        messages=msgspec.convert(row.messages, list[SpokenLine]),
        expectations=msgspec.convert(row.expectations, list[Expectation]),
        must_pass=row.must_pass,
        conversation_id=row.conversation_id,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def _case(db: AsyncSession, tenant_id: UUID, assistant_id: UUID, case_id: UUID) -> TestCase:
    await found(db, tenant_id, assistant_id)
    row = await repository.get_case(db, tenant_id, assistant_id, case_id)
    if row is None:
        raise NotFound
    return row


def spoken(lines: tuple[Line, ...]) -> list[SpokenLine]:
    """What was said, as a case holds it; what is no text is told by its kind, as a turn would be told."""
    spoken: list[SpokenLine] = []
    for line in lines:
        text = " ".join(filter(None, (_MARKS.get(line.type, ""), (line.text or "").strip())))
        if not text or line.author == "system":
            continue
        author = line.author if line.author in ("contact", "assistant") else "agent"
        spoken.append(SpokenLine(author=author, text=text[:4096]))
    return spoken


def _name_of(messages: list[SpokenLine]) -> str:
    text = " ".join(messages[-1].text.split())
    return text if len(text) <= 80 else f"{text[:79]}…"


async def _check(
    db: AsyncSession, tenant_id: UUID, messages: list[SpokenLine], expectations: list[Expectation]
) -> None:
    errors = [*wrong_messages(messages)]
    for place, item in enumerate(expectations):
        pointer = f"/expectations/{place}/value"
        if item.kind in _NEEDS_VALUE and not item.value.strip():
            errors.append(FieldError(pointer, "required", f"{item.kind} needs a value"))
        elif item.kind == "cites_document" and not await _is_document(db, tenant_id, item.value):
            errors.append(FieldError(pointer, "invalid", "There is no such document"))
    if errors:
        raise Invalid(errors=tuple(errors))


def wrong_messages(messages: list[SpokenLine]) -> list[FieldError]:
    """The contact has the last word, or there is nothing to answer."""
    if messages and messages[-1].author == "contact":
        return []
    return [FieldError("/messages", "invalid", "The last message must be the contact's")]


async def _is_document(db: AsyncSession, tenant_id: UUID, value: str) -> bool:
    try:
        await documents.one(db, tenant_id, UUID(value))
    except (ValueError, NotFound):
        return False
    return True
