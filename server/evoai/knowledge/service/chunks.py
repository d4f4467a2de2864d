"""Splitting what a parser gave into passages: along headings and pages, by tokens, each with a little of the one
before it, so that no answer is cut in two."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from evoai.knowledge.parsing.blocks import Block

TARGET = 320
"""Tokens of a passage: a section of a small business' document, and a few of them fit a prompt."""
OVERLAP = 48
MAX_CHUNKS = 5_000

_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|\n+")
_TOKENISH = re.compile(r"\w+|[^\w\s]")


def embedded(heading: str, text: str) -> str:
    """What the model is given of a passage."""
    return f"{heading}\n{text}" if heading else text


@dataclass(frozen=True, slots=True)
class Passage:
    heading: str
    """The headings above it, outermost first, joined by ` › `."""
    text: str
    page: int | None
    tokens: int

    @property
    def content_hash(self) -> bytes:
        return hashlib.sha256(embedded(self.heading, self.text).encode()).digest()


def count_tokens(text: str) -> int:
    """About as many as a model counts in Portuguese: a word of six letters or more is two or three."""
    return sum(max(1, math.ceil(len(part) / 4.5)) for part in _TOKENISH.findall(text))


def split(blocks: Sequence[Block]) -> list[Passage]:
    """Passages in reading order."""
    passages: list[Passage] = []
    for section in _sections(blocks):
        passages += _passages(section)
    return passages


@dataclass(slots=True)
class _Section:
    heading: str
    blocks: list[Block] = field(default_factory=list[Block])


def _sections(blocks: Iterable[Block]) -> Iterator[_Section]:
    path: list[Block] = []
    section = _Section("")
    for block in blocks:
        if not block.level:
            section.blocks.append(block)
            continue
        if section.blocks:
            yield section
        path = [above for above in path if above.level < block.level]
        path.append(block)
        section = _Section(" › ".join(above.text for above in path))
    # A heading with nothing below it may still be the answer.
    if section.blocks or section.heading:
        yield section


def _passages(section: _Section) -> Iterator[Passage]:
    pieces = [(piece, block.page) for block in section.blocks for piece in _pieces(block.text)]
    if not pieces:
        last = section.heading.rsplit(" › ", 1)[-1]
        yield Passage(section.heading, last, None, count_tokens(last))
        return
    waiting: list[tuple[str, int | None, int]] = []
    size = 0
    fresh = False
    for text, page in pieces:
        tokens = count_tokens(text)
        turns = bool(waiting) and page != waiting[-1][1]
        if waiting and (size + tokens > TARGET or (turns and size > TARGET // 2)):
            yield _passage(section.heading, waiting)
            waiting = [] if turns else _tail(waiting)
            size = sum(part[2] for part in waiting)
        waiting.append((text, page, tokens))
        size += tokens
        fresh = True
    if waiting and fresh:
        yield _passage(section.heading, waiting)


def _passage(heading: str, parts: list[tuple[str, int | None, int]]) -> Passage:
    text = "\n".join(part[0] for part in parts)
    return Passage(heading, text, parts[0][1], sum(part[2] for part in parts))


def _tail(parts: list[tuple[str, int | None, int]]) -> list[tuple[str, int | None, int]]:
    kept: list[tuple[str, int | None, int]] = []
    size = 0
    for part in reversed(parts):
        size += part[2]
        if size > OVERLAP:
            break
        kept.insert(0, part)
    return kept


def _pieces(text: str) -> Iterator[str]:
    """The text whole if it fits, else its sentences, those too long cut by words."""
    if count_tokens(text) <= TARGET // 2:
        yield text
        return
    for sentence in filter(None, (part.strip() for part in _SENTENCE.split(text))):
        if count_tokens(sentence) <= TARGET // 2:
            yield sentence
            continue
        taken: list[str] = []
        size = 0
        for word in re.findall(r"\S{1,200}", sentence):
            tokens = count_tokens(word)
            if taken and size + tokens > TARGET // 2:
                yield " ".join(taken)
                taken, size = [], 0
            taken.append(word)
            size += tokens
        if taken:
            yield " ".join(taken)
