"""A rating from 1 to 5 in what a contact wrote, and nothing else beside it."""

from __future__ import annotations

import re
import unicodedata

_WORDS = {
    "um": 1,
    "uma": 1,
    "dois": 2,
    "duas": 2,
    "tres": 3,
    "quatro": 4,
    "cinco": 5,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
}
_RATING = re.compile(
    rf"(?:(?:a )?(?:minha )?nota(?: e)? |dou (?:nota )?)?([1-5]|{'|'.join(_WORDS)})"
    r"(?: ?/ ?5| de 5| estrelas?| stars?)?(?: (?:obrigad[oa]|valeu))?"
)
_STARS = "⭐★🌟"


def rating_of(text: str | None) -> int | None:
    """None where it says anything else, so that a question with a number in it is never taken for a rating."""
    if not text or len(text) > 40:
        return None
    said = text.strip()
    stars = sum(said.count(star) for star in _STARS)
    if stars and not any(char.isalnum() for char in said):
        return stars if 1 <= stars <= 5 else None
    bare = unicodedata.normalize("NFKD", said).lower()
    # A keycap is a digit with two signs that are not seen.
    kept = "".join(char for char in bare if char.isascii())
    found = _RATING.fullmatch(" ".join(re.sub(r"[^\w/]+", " ", kept).split()))
    if found is None:
        return None
    return _WORDS.get(found[1]) or int(found[1])
