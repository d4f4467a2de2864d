"""The questions of tests/knowledge/data: passages of small businesses, each with what customers ask about it, some
written without accents and some mistyped."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Asked:
    question: str
    business: str
    heading: str
    how: str
    """`plain`, `bare` (no accents) or `mistyped`."""


@dataclass(frozen=True)
class Business:
    name: str
    title: str
    markdown: str
    asked: list[Asked]


def businesses() -> list[Business]:
    """The questions are given their faults by a fixed seed: every second loses its accents, every fourth is asked once
    more with two letters of a longer word swapped, dropped or doubled."""
    rng = random.Random(7)
    found: list[Business] = []
    number = 0
    for file in sorted(DATA.glob("*.txt")):
        lines, asked, heading, title = [], list[Asked](), "", ""
        for line in file.read_text().splitlines():
            if line.startswith("? "):
                number += 1
                question = line[2:]
                how = "bare" if number % 2 else "plain"
                asked.append(Asked(bare(question) if how == "bare" else question, file.stem, heading, how))
                if number % 4 == 0:
                    asked.append(Asked(mistyped(question, rng), file.stem, heading, "mistyped"))
            elif line.startswith("= "):
                title = line[2:]
            else:
                if line.startswith("# "):
                    heading = line[2:]
                lines.append(line)
        found.append(Business(file.stem, title, "\n\n".join(lines), asked))
    return found


def bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def mistyped(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    at = max(range(len(words)), key=lambda i: len(words[i]))
    word = words[at]
    if len(word) > 4:
        i = rng.randrange(1, len(word) - 2)
        fault = rng.choice(("swap", "drop", "double"))
        changed = {
            "swap": word[:i] + word[i + 1] + word[i] + word[i + 2 :],
            "drop": word[:i] + word[i + 1 :],
            "double": word[:i] + word[i] + word[i:],
        }
        words[at] = changed[fault]
    return " ".join(words)
