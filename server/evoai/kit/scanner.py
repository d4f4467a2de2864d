"""Whether a file is harmful, as far as a scanner can tell: ours, or one of an installed package (`evoai.scanners`)."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Literal, Protocol

from evoai.kit.errors import Invalid, Unavailable

Verdict = Literal["clean", "infected", "error"]

GROUP = "evoai.scanners"

# In two parts, so that no scanner takes this file for what it looks for.
_EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_LOOKED_AT = 4096


class Scanner(Protocol):
    async def scan(self, body: bytes, name: str) -> Verdict:
        """`error` when it cannot tell now; the file is then not served, and looked at again later."""
        ...


class Eicar:
    """Knows the standard test file alone, so that the road of an infected file can be walked without a scanner."""

    async def scan(self, body: bytes, name: str) -> Verdict:
        return "infected" if _EICAR in body[:_LOOKED_AT] else "clean"


class Nobody:
    """Looks at nothing."""

    async def scan(self, body: bytes, name: str) -> Verdict:
        return "clean"


OURS: dict[str, Callable[[], Scanner]] = {"eicar": Eicar, "none": Nobody}


async def refuse_harm(scanner: Scanner, body: bytes, name: str) -> None:
    """For a file that somebody uploads. Raises `Invalid("unprocessable-file")`, or `Unavailable` if it cannot tell."""
    verdict = await scanner.scan(body, name)
    if verdict == "infected":
        raise Invalid("unprocessable-file", "The file is harmful, as the scanner says")
    if verdict == "error":
        raise Unavailable(detail="The file could not be scanned", retry_after=5)


def scanners() -> tuple[str, ...]:
    return (*OURS, *sorted(entry.name for entry in entry_points(group=GROUP) if entry.name not in OURS))


def open_scanner(name: str) -> Scanner:
    """One of `scanners()`; an entry point loads to a class or a factory."""
    make = OURS.get(name) or next(iter(entry_points(group=GROUP, name=name))).load()
    return make()
