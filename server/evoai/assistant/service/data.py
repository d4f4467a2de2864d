"""Other people's words on their way into a prompt: data, that can neither be taken for the prompt's own marks nor hide
what it says from whoever reads it."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
_ANGLES = str.maketrans(dict.fromkeys("＜〈⟨《≺", "‹") | dict.fromkeys("＞〉⟩》≻", "›"))
# What could open or close a mark: "a < b" and "<3" stay as they are.
_MARK = re.compile(r"<(?=\s*[/!?]?\s*[^\W\d_])")


def as_data(text: str, most: int | None = None) -> str:
    """`text` without what cannot be seen and with its angle brackets blunted; at most `most` characters."""
    if most is not None and len(text) > most:
        text = f"{text[:most]} […]"
    if not text.isascii():
        text = "".join(char for char in text if _seen(char)).translate(_ANGLES)
    elif not text.isprintable():
        text = "".join(char for char in text if char.isprintable() or char in "\n\t")
    return _MARK.sub("‹", text)


def _seen(char: str) -> bool:
    if char in "\n\t" or char in _JOINERS:
        return True
    # Format characters, among them zero-width ones, direction overrides and tags, and all controls.
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
