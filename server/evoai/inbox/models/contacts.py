"""People who write, the addresses they write from, and what they wished."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from evoai.kit.db import TenantModel, belongs_to, utcnow

AliasKind = Literal["phone", "lid", "bsuid"]
Wish = Literal["out", "in"]

_EMPTY_LIST = text("'[]'::jsonb")
_EMPTY_OBJECT = text("'{}'::jsonb")


class Contact(TenantModel):
    """A person who writes to the tenant. Not an address: those are aliases, and the phone may be unknown."""

    __tablename__ = "contacts"

    name: Mapped[str]
    phone: Mapped[str | None]
    """E.164, the newest one; Brazilian mobiles always with the ninth digit."""
    username: Mapped[str | None]
    """As last heard. It can pass to somebody else, so it is no alias."""
    tags: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=_EMPTY_LIST)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=_EMPTY_OBJECT)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default=_EMPTY_OBJECT)
    """What the assistant learnt, by key: see `Fact` in service/turns.py."""
    blocked_at: Mapped[datetime | None]
    opted_out_at: Mapped[datetime | None]
    over_limit: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=utcnow)

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (Index("ix_contacts_opted_out", "tenant_id", "id", postgresql_where=text("opted_out_at is not null")),)


class ContactAlias(TenantModel):
    """One address of a contact. `value` is the canonical form to match by, `address` what a provider is given."""

    __tablename__ = "contact_aliases"

    contact_id: Mapped[UUID]
    kind: Mapped[AliasKind]
    value: Mapped[str]
    address: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    gone_at: Mapped[datetime | None]
    """When the contact moved to another number; who writes from this one later is somebody else."""

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("contact_id", "contacts"),
            UniqueConstraint("tenant_id", "kind", "value"),
            Index(None, "tenant_id", "contact_id"),
            CheckConstraint("kind in ('phone', 'lid', 'bsuid')", name="kind"),
        )


class ContactWord(TenantModel):
    """A word that a contact is found by, as `service/search.py` makes them. By ranges of words, because behind
    row-level security neither `like` nor `@@` could use an index."""

    __tablename__ = "contact_words"

    contact_id: Mapped[UUID]
    word: Mapped[str] = mapped_column(String(collation="C"))

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("contact_id", "contacts"),
            UniqueConstraint("tenant_id", "contact_id", "word"),
            Index(None, "tenant_id", "word", "contact_id"),
        )


class ContactMerge(TenantModel):
    """Two contacts became one: `lost_id` went into `kept_id`. `before` has what undoing it needs."""

    __tablename__ = "contact_merges"

    kept_id: Mapped[UUID]
    lost_id: Mapped[UUID]
    lost_name: Mapped[str]
    by: Mapped[str | None]
    """Who asked for it, as the audit log names them; None: a message carried both addresses."""
    before: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
    undone_at: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("kept_id", "contacts"),
            Index(None, "tenant_id", "kept_id"),
        )


class Consent(TenantModel):
    """A contact asked to be left alone, or to be written to again; or a person noted that it did."""

    __tablename__ = "consents"

    contact_id: Mapped[UUID]
    wish: Mapped[Wish]
    message_id: Mapped[UUID | None]
    """What the contact wrote; kept when the message is not."""
    text: Mapped[str | None]
    """The contact's words, or a person's reason."""
    by: Mapped[str | None]
    """The person who noted it; None: the contact itself."""
    at: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[Any, ...]:
        return (
            belongs_to("contact_id", "contacts"),
            Index(None, "tenant_id", "contact_id", "id"),
            CheckConstraint("wish in ('out', 'in')", name="wish"),
        )
