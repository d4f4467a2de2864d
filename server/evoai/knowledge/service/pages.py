"""Fetching web pages for knowledge: checked at each hop, a site map's pages one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from evoai.kit.confined import Refused
from evoai.kit.errors import Invalid
from evoai.kit.net import NetError
from evoai.knowledge.service.formats import kind_of

if TYPE_CHECKING:
    from evoai.resources import Resources

HOPS = 3
SECONDS = 10.0
MAX_BYTES = 10_000_000
MAX_PAGES = 50
"""Of one site map."""
_ROBOT = "evoai-connect"
_RULES_BYTES = 500_000
_KINDS = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "txt",
    "text/markdown": "md",
    "text/csv": "csv",
    "application/pdf": "pdf",
    "application/xml": "html",
    "text/xml": "html",
}
_REDIRECTS = (301, 302, 303, 307, 308)


class Unreachable(Exception):
    """The page did not answer; later it may."""


async def fetch(resources: Resources, url: str) -> tuple[str, bytes]:
    """Its format and body. Raises `Refused` for what will not change, `Unreachable` for the rest."""
    for _ in range(HOPS + 1):
        try:
            answer = await resources.net.request("GET", url, timeout=SECONDS, max_bytes=MAX_BYTES)
        except NetError as error:
            if error.kind in ("egress-denied", "too-large"):
                raise Refused("page-forbidden" if error.kind == "egress-denied" else "too-large-inside") from None
            # One word for every way of not answering, so that nobody learns what lies in our network.
            raise Unreachable from None
        if answer.status in _REDIRECTS and (target := answer.headers.get("location")):
            url = _next(url, target)
            continue
        if answer.status >= 500 or answer.status == 429:
            raise Unreachable
        if answer.status != 200:
            raise Refused(f"page-refused:{answer.status}")
        return _kind(answer.headers.get("content-type", ""), answer.body), answer.body
    raise Refused("page-forbidden")


def _next(url: str, target: str) -> str:
    following = urljoin(url, target).split("#", 1)[0]
    if urlsplit(url).scheme == "https" and urlsplit(following).scheme != "https":
        raise Refused("page-forbidden")
    return following


def _kind(said: str, body: bytes) -> str:
    kind = _KINDS.get(said.partition(";")[0].strip().lower())
    if kind is None:
        raise Refused("not-a-page")
    try:
        kind_of(f"page.{kind}", body[:4096])
    except Invalid:
        raise Refused("not-a-page") from None
    return kind


async def of_same_site(resources: Resources, site_map: str, links: list[str]) -> list[str]:
    """The pages of a site map that are on its own host, each once, no further maps among them, and none that the site
    wants left alone by robots: nobody named them one by one. Raises `Refused` if all are, `Unreachable`."""
    host = urlsplit(site_map).hostname
    mine = [link for link in links if urlsplit(link).hostname == host and not link.endswith(".xml")]
    rules = await _rules(resources, site_map)
    allowed = [link for link in dict.fromkeys(mine) if rules.can_fetch(_ROBOT, link)]
    if mine and not allowed:
        raise Refused("page-refused:robots.txt")
    return allowed[:MAX_PAGES]


async def _rules(resources: Resources, url: str) -> RobotFileParser:
    """The site's robots.txt, after RFC 9309: a site without one forbids nothing, one that fails is asked later."""
    rules = RobotFileParser()
    try:
        answer = await resources.net.request(
            "GET", urljoin(url, "/robots.txt"), timeout=SECONDS, max_bytes=_RULES_BYTES
        )
    except NetError:
        raise Unreachable from None
    if answer.status >= 500:
        raise Unreachable
    rules.parse(answer.body.decode("utf-8", "replace").splitlines() if answer.status == 200 else [])
    return rules
