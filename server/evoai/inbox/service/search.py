"""How contacts are found: the words they are stored under, and what somebody typed as ranges of such words.

A name stands there word by word without accents, a phone by its digits from the last one on, so that its end finds it
in any format, a tag as a whole. The beginning of a phone is looked for among the aliases.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from evoai.kit import phones

_MOST = 12
_LONGEST = 40
_PHONE = "<"
_TAG = "#"
_BEHIND = "\U0010ffff"


class Range(NamedTuple):
    """Words from `low` on, up to but without `high`."""

    low: str
    high: str


class Wanted(NamedTuple):
    """What a contact must have: of each of `ranges` a word; or instead a phone that begins with one of `digits`."""

    ranges: list[Range]
    digits: list[Range]


def words_of(name: str, numbers: Iterable[str], username: str | None, tags: Iterable[str] = ()) -> list[str]:
    """`numbers` are digits with country code, canonical."""
    found = _words(name) + _words(username or "")
    found += [_PHONE + number[::-1] for number in numbers]
    found += [tag_word(tag) for tag in tags]
    return list(dict.fromkeys(found))


def tag_word(tag: str) -> str:
    return _TAG + " ".join(_words(tag))


def wanted(typed: str) -> Wanted:
    """What was typed into a search field; nothing in it that could be looked for: no ranges."""
    digits = phones.digits_in(typed)
    if len(digits) >= 3 and not any(char.isalpha() for char in typed):
        whole = phones.typed(typed)
        tail = phones.canonical(whole) if whole is not None else digits.lstrip("0") or digits
        return Wanted([_prefix(_PHONE + tail[::-1])], [_digits(each) for each in dict.fromkeys((tail, f"55{digits}"))])
    return Wanted([_prefix(word) for word in _words(typed)], [])


def _words(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    parts = "".join(char if char.isalnum() else " " for char in plain).split()
    return [part[:_LONGEST] for part in parts[:_MOST]]


def _prefix(word: str) -> Range:
    return Range(word, word + _BEHIND)


def _digits(number: str) -> Range:
    """Numbers that begin so, in whatever order the database has letters: digits come in theirs everywhere."""
    return Range(number, f"{number}a")
