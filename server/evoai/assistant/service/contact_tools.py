"""The room's own tools about the contact and the conversation. Each says what is to be changed; the answer's commit
changes it, for the conversation's own contact."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

import msgspec

from evoai.assistant.service.tools import Done, Tool
from evoai.assistant.service.versions import Published
from evoai.inbox.service.turns import ContactChange, Fact, TurnContext
from evoai.kit.db import utcnow

if TYPE_CHECKING:
    from evoai.resources import Resources

MOST_TAGS = 50
MOST_FACTS = 50
FACT = 300
"""Characters of what is remembered under one key."""

Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class TagArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tag: Tag


class UpdateContactArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | None = None
    fields: dict[Key, Annotated[str, msgspec.Meta(max_length=500)]] = {}


class RememberArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=40, description="What it is about, in a word or two.")]
    value: Annotated[str, msgspec.Meta(min_length=1, max_length=FACT)]


class NoArgs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


def one_line(text: str) -> str:
    """Without line breaks and what cannot be seen, so that nothing in it looks like more than a word of data."""
    seen = "".join(char if not unicodedata.category(char).startswith("C") else " " for char in text)
    return " ".join(seen.split())


async def _tag(resources: Resources, context: TurnContext, args: TagArgs) -> Done:
    tag = one_line(args.tag)
    if not tag or tag in context.known.tags:
        return Done(text="The contact has this tag already.")
    if len(context.known.tags) >= MOST_TAGS:
        return Done(text="The contact has as many tags as there may be.")
    return Done(text="The contact is tagged.", change=ContactChange(add_tags=(tag,)))


async def _untag(resources: Resources, context: TurnContext, args: TagArgs) -> Done:
    return Done(text="The tag is taken off.", change=ContactChange(drop_tags=(one_line(args.tag),)))


async def _remember(resources: Resources, context: TurnContext, args: RememberArgs) -> Done:
    key, value = one_line(args.key).lower(), one_line(args.value)
    if not key or not value:
        return Done(text="There is nothing to remember.")
    if key not in context.known.facts and len(context.known.facts) >= MOST_FACTS:
        return Done(text="No more can be remembered about the contact.")
    fact = Fact(value=value, learnt_at=utcnow(), conversation_id=context.conversation_id, seq=context.last_in_seq)
    return Done(text="It will be remembered.", change=ContactChange(facts={key: fact}))


async def _resolve(resources: Resources, context: TurnContext, args: NoArgs) -> Done:
    return Done(text="The conversation ends with your next words.", resolves=True)


TAG_CONTACT = Tool(
    name="tag_contact",
    description="Put a tag on this contact, for the business to sort by.",
    args=TagArgs,
    effect="writes",
    run=_tag,
    permission="contacts:write",
)
UNTAG_CONTACT = Tool(
    name="untag_contact",
    description="Take a tag off this contact.",
    args=TagArgs,
    effect="writes",
    run=_untag,
    permission="contacts:write",
)
REMEMBER = Tool(
    name="remember",
    description=(
        "Keep something that this contact said about themselves and that will matter another day: what they prefer, "
        "have, or plan. Nothing about health, money or documents unless they ask for it."
    ),
    args=RememberArgs,
    effect="writes",
    run=_remember,
    permission="contacts:write",
)
RESOLVE_CONVERSATION = Tool(
    name="resolve_conversation",
    description="End the conversation: all that the contact wanted is settled and they said goodbye.",
    args=NoArgs,
    effect="writes",
    run=_resolve,
    permission="conversations:write",
    per_turn=1,
)


@lru_cache(maxsize=500)
def _update_contact(allowed: tuple[str, ...]) -> Tool:
    """The tool where the fields in `allowed` may be filled in."""

    async def run(resources: Resources, context: TurnContext, args: UpdateContactArgs) -> Done:
        refused = [name for name in args.fields if name not in allowed]
        if refused:
            return Done(text=f"Nothing is changed: there is no such field. Fields: {', '.join(allowed) or 'none'}.")
        name = one_line(args.name or "") or None
        if name is None and not args.fields:
            return Done(text="There is nothing to change.")
        fields = {key: one_line(value) for key, value in args.fields.items()}
        return Done(text="The contact is updated.", change=ContactChange(name=name, fields=fields))

    also = f", and these fields: {', '.join(allowed)}" if allowed else "; it has no other fields"
    return Tool(
        name="update_contact",
        description=f"Correct what is kept about this contact after they told you: their name{also}.",
        args=UpdateContactArgs,
        effect="writes",
        run=run,
        permission="contacts:write",
    )


def _of_version(version: Published) -> Tool:
    return _update_contact(version.contact_fields)


UPDATE_CONTACT = replace(_update_contact(()), for_version=_of_version)

CONTACT_TOOLS = (TAG_CONTACT, UNTAG_CONTACT, UPDATE_CONTACT, REMEMBER, RESOLVE_CONVERSATION)
