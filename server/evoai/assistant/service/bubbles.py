"""What a model wrote, made fit for WhatsApp: cleaned, and cut into bubbles where a person would begin a new message."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator

from evoai.assistant.service.markdown import as_whatsapp

BUBBLE = 1000
"""Characters; a text up to here stays in one bubble."""
LONGEST = 4096
MOST = 4
_WORD_AT_MOST = 60

_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_TRAILING = re.compile(r"[ \t]+\n")
# A heading, or what announces something, stays with what follows.
_PARAGRAPH = re.compile(r"(?<=[^:\n*]\n\n)")
# What an item of a list says goes on in lines that are set back.
_LINE = re.compile(r"(?<=\n)(?![ ]+\S)")
_SENTENCE = re.compile(r"(?<=[.!?…])(?=\s)")
# Between digits, or a sign of money and its digits, there is a space within one number.
_WORD = re.compile(r"(?<=\s)(?=\S)(?<!\d\s)(?<!\$\s)(?<!€\s)|(?<=\d\s)(?=[^\s\d])")
# So does the number of an item end, and an initial.
_ABBREVIATION = re.compile(
    r"(?:^|\s)(?:dra?|sra?|av|r|prof|profa|ex|n|no|art|tel|mr|mrs|ms|st|vs|pág|obs|[a-zà-ú])\.$|(?:^|\n)[ ]*\d{1,3}\.$",
    re.IGNORECASE,
)
# Told apart from emoji joiners (U+200D) and variation selectors, which are kept.
_DROPPED = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, 0x200B, 0x200E, 0x200F, 0x2060}
_TAGS = range(0xE0000, 0xE0080)
_VOWEL_AM = "\u0e33\u0eb3"
"""Thai and Lao: letters by category, yet part of the character before."""


def clean(text: str) -> str:
    """Without control characters, direction overrides and what only Markdown understands; may be empty."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    text = "".join(char for char in text if _kept(char))
    return _BLANK_LINES.sub("\n\n", _TRAILING.sub("\n", as_whatsapp(text))).strip()


def _kept(char: str) -> bool:
    if char == "\n":
        return True
    return unicodedata.category(char) not in ("Cc", "Cs", "Co") and ord(char) not in _DROPPED


def until_last_sentence(text: str) -> str:
    """A text that was cut off, up to where it still made sense; the whole where no sentence ends."""
    ends = [part for part in _split(text, _SENTENCE) if part.strip()]
    kept = "".join(ends[:-1]) if len(ends) > 1 and not text.rstrip().endswith((".", "!", "?", "…")) else text
    return kept.rstrip()


def split_bubbles(text: str) -> tuple[str, ...]:
    """`text` in at most four bubbles: one up to 1,000 characters, else cut at paragraphs, then sentences, then words;
    what is left goes into the last, of at most 4,096. Links and graphemes stay whole. A text too long even for that
    gets larger bubbles, and beyond 16,384 characters its end is lost."""
    text = text.strip()
    if not text:
        return ()
    limit = BUBBLE
    while True:
        bubbles = _not_alone(_pack(text, limit))
        if len(bubbles) > MOST:
            rest = text[sum(len(bubble) for bubble in bubbles[: MOST - 1]) :]
            bubbles = [*bubbles[: MOST - 1], rest]
        if len(bubbles[-1].strip()) <= LONGEST:
            return tuple(bubble.strip() for bubble in bubbles if bubble.strip())
        if limit == LONGEST:
            last = next(_cut(bubbles[-1].strip(), LONGEST))
            return (*(bubble.strip() for bubble in bubbles[:-1]), last)
        limit = min(LONGEST, math.ceil(limit * 1.5))


def _pack(text: str, limit: int) -> list[str]:
    """Consecutive parts of `text` of at most `limit` characters without their surrounding white space."""
    bubbles = [""]
    for piece in _pieces(text, limit, (_PARAGRAPH, _LINE, _SENTENCE, _WORD)):
        if len((bubbles[-1] + piece).strip()) > limit and bubbles[-1].strip():
            bubbles.append("")
        bubbles[-1] += piece
    return bubbles


def _not_alone(bubbles: list[str]) -> list[str]:
    """A word by itself goes with what stands before it, or else behind."""
    found: list[str] = []
    for bubble in bubbles:
        if found and (_alone(bubble) or _alone(found[-1])) and len((found[-1] + bubble).strip()) <= LONGEST:
            found[-1] += bubble
        else:
            found.append(bubble)
    return found


def _alone(bubble: str) -> bool:
    return len(bubble.strip()) <= _WORD_AT_MOST and len(bubble.split()) < 2


def _pieces(text: str, limit: int, borders: tuple[re.Pattern[str], ...]) -> Iterator[str]:
    if len(text.strip()) <= limit:
        yield text
    elif borders:
        for part in _split(text, borders[0]):
            yield from _pieces(part, limit, borders[1:])
    elif len(text) <= LONGEST and "://" in text:
        yield text
    else:
        yield from _cut(text, limit)


def _split(text: str, border: re.Pattern[str]) -> list[str]:
    parts: list[str] = []
    for part in border.split(text):
        if parts and border is _SENTENCE and _ABBREVIATION.search(parts[-1]):
            parts[-1] += part
        else:
            parts.append(part)
    return parts


def _cut(text: str, limit: int) -> Iterator[str]:
    """Pieces of a text without any border, never inside what is seen as one character."""
    while len(text) > limit:
        end = limit
        while end > 1 and _joined(text, end):
            end -= 1
        # A heap of marks longer than a bubble is no character anybody reads.
        end = limit if end == 1 else end
        yield text[:end]
        text = text[end:]
    yield text


def _joined(text: str, at: int) -> bool:
    """Whether a cut before `text[at]` would tear a grapheme."""
    char, before = text[at], text[at - 1]
    if before == "\u200d" or char == "\u200d" or unicodedata.category(char).startswith("M") or ord(char) in _TAGS:
        return True
    if "\U0001f3fb" <= char <= "\U0001f3ff" or char in _VOWEL_AM:
        return True
    if _is_flag(char) and _is_flag(before):
        run = at
        while run and _is_flag(text[run - 1]):
            run -= 1
        return (at - run) % 2 == 1
    return False


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
