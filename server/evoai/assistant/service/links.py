"""Links as phones make them of a text: with a scheme, and without one where a name ends as host names do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

# Endings that are hardly ever the end of a sentence that lacks a space; others count where a path follows.
_ENDINGS = (
    "com|net|org|info|biz|io|app|dev|xyz|top|site|online|shop|store|club|click|live|ru|cn|tk|ml|ga|cf|gq|icu|vip|fun|"
    "website|tech|mobi|br|pt|uk|de|fr|eu|ly|gl|gg|cc|tv|ws|page|cloud|digital|example|test|zip|mov|wiki|art|blog|edu|gov"
)
_PART = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_LINK = re.compile(
    rf"(?P<scheme>[a-z][a-z0-9+.-]{{1,20}}://|www\.)(?P<rest>[^\s<>\"'`]+)"
    rf"|(?<![@\w.-])(?P<bare>{_PART}(?:\.{_PART})*\.(?:(?:{_ENDINGS})(?![\w-])(?!\.\w)(?:[/?#:][^\s<>\"'`]*)?|[^\W\d_]{{2,24}}/[^\s<>\"'`]+))",
    re.IGNORECASE,
)
# Most texts hold nothing that this could begin with, and are done with at once.
_MAYBE = re.compile(r"[^\s.]\.[^\s.]|://")
_DOTS = str.maketrans({"。": ".", "．": ".", "｡": ".", "․": ".", "／": "/", "：": ":"})
# Hosts where anybody has a page: that one is named says nothing of the others.
_SHARED = re.compile(
    r"bit\.ly|tinyurl\.com|t\.co|goo\.gl|is\.gd|cutt\.ly|wa\.me|t\.me|linktr\.ee|linktree\.com|forms\.gle|"
    r"instagram\.com|facebook\.com|fb\.com|youtube\.com|youtu\.be|tiktok\.com|x\.com|twitter\.com|linkedin\.com|"
    r"github\.com|github\.io|gitlab\.io|netlify\.app|vercel\.app|web\.app|firebaseapp\.com|herokuapp\.com|"
    r"pages\.dev|workers\.dev|blogspot\.com|wordpress\.com|wixsite\.com|google\.com|docs\.google\.com|"
    r"drive\.google\.com|sites\.google\.com|maps\.google\.com|dropbox\.com|mega\.nz|pastebin\.com|ngrok\.io|"
    r"ngrok-free\.app|api\.whatsapp\.com|chat\.whatsapp\.com"
)


@dataclass(frozen=True, slots=True)
class Link:
    start: int
    end: int
    host: str
    tail: str
    """What follows the host."""


def find_links(text: str) -> list[Link]:
    """In the order of the text."""
    plain = text if text.isascii() else text.translate(_DOTS)
    return list(_links(plain)) if _MAYBE.search(plain) else []


@lru_cache(maxsize=2_000)
def links_in(text: str) -> tuple[Link, ...]:
    """The same for texts that are asked about again and again."""
    return tuple(find_links(text))


def _links(text: str) -> Iterable[Link]:
    for found in _LINK.finditer(text):
        whole = found[0].rstrip(".,;:!?…)]}*_~\\")
        body = whole.split("://", 1)[-1]
        cut = re.search(r"[/?#\\]", body)
        authority = body[: cut.start()] if cut else body
        host = authority.rpartition("@")[2].partition(":")[0].lower().rstrip(".")
        if host:
            tail = body[cut.start() :] if cut else ""
            yield Link(found.start(), found.start() + len(whole), _ascii(host), tail.rstrip("/"))


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def host_is(link: Link, host: str) -> bool:
    """Whether the link is of this host, or of one below it; never by the name of a host that everybody shares."""
    mine, theirs = link.host.removeprefix("www."), host.removeprefix("www.")
    return not _SHARED.fullmatch(theirs) and (mine == theirs or mine.endswith(f".{theirs}"))


def same_address(link: Link, other: Link) -> bool:
    return link.host.removeprefix("www.") == other.host.removeprefix("www.") and link.tail == other.tail
