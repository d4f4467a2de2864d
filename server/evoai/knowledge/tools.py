"""What the assistant is given of this room: passages for a question. The assistant stands above, so its `Tool` is made
of these parts in `modules.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import msgspec

from evoai.knowledge.schemas import Found
from evoai.knowledge.service.search import Vector, look_up

if TYPE_CHECKING:
    from evoai.resources import Resources

NAME = "search_knowledge"
DESCRIPTION = (
    "Look up what the business itself has written: prices, hours, rules, services, answers to common questions. Use it "
    "before you say anything about the business that you were not told here; what it does not find, you do not know."
)
_PASSAGES = 5


class SearchKnowledgeArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    query: Annotated[
        str,
        msgspec.Meta(
            min_length=1, max_length=500, description="What the contact wants to know, in Portuguese, in full words."
        ),
    ]


async def search_knowledge(
    resources: Resources, tenant_id: UUID, args: SearchKnowledgeArgs
) -> tuple[list[Found], list[Vector]]:
    """Passages, best first, and the question's vectors."""
    found, vectors = await look_up(resources, tenant_id, args.query, _PASSAGES)
    return found.items, vectors
