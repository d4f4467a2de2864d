"""What of a channel only the inbox knows, on the wire."""

from __future__ import annotations

from uuid import UUID

from evoai.kit.schema import In, Out


class MoveIn(In):
    to: UUID
    """The channel on which the conversations go on."""


class MovedOut(Out):
    moved: int
    left: int
    """Conversations that stay: of people who have an open one there already, or whom that channel cannot reach."""
