"""Web pages and site maps. Nothing is run and nothing is fetched; what a reader would not see is left out."""

from __future__ import annotations

import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from evoai.knowledge.parsing.blocks import Block, Parsed, clean, from_table
from evoai.knowledge.parsing.text import decode

_UNREAD = (
    "script, style, noscript, template, nav, svg, iframe, object, embed, select, button, form, dialog, canvas,"
    " [hidden], [aria-hidden=true]"
)
_DRAWING = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<svg\b", re.I)
_UNREAD_IN_DRAWINGS = _UNREAD.replace("svg, ", "")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])", re.I)
_BLOCK_TAGS = """
address article aside blockquote body center dd details div dl dt fieldset figcaption figure footer header hr html li
main ol p pre section summary table tbody thead tfoot tr td th ul br title desc text
"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})""", re.I)
_LOCATION = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*([^<\]\s]+)", re.I)
_SITE_MAP = re.compile(rb"<(urlset|sitemapindex)\b")


def page(data: bytes) -> Parsed:
    if _SITE_MAP.search(data[:2000]):
        return Parsed(links=[link.replace("&amp;", "&") for link in _LOCATION.findall(decode(data))])
    tree = LexborHTMLParser(_text(data))
    title = tree.css_first("title")
    for node in tree.css(_UNREAD_IN_DRAWINGS if _DRAWING.match(data) else _UNREAD):
        node.decompose()
    for node in tree.css("[style]"):
        if _HIDDEN.search(node.attributes.get("style") or ""):
            node.decompose()
    walker = _Walker()
    if tree.body is not None:
        walker.walk(tree.body)
    walker.flush()
    return Parsed(blocks=walker.blocks, title=clean(title.text()) or None if title is not None else None)


def _text(data: bytes) -> str:
    named = _CHARSET.search(data[:4000])
    if named is not None and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return data.decode(named[1].decode("ascii"), "replace")
        except (LookupError, OSError):  # unknown, or none of those that were loaded beforehand
            pass
    return decode(data)


class _Walker:
    """Reads a tree in order without recursion: pages nest deeper than Python's stack."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._words: list[str] = []

    def walk(self, root: LexborNode) -> None:
        waiting: list[Any] = [root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, str):
                self.flush()
                continue
            tag = node.tag or ""
            if tag == "-text":
                self._words.append(re.sub(r"\s+", " ", node.text_content or ""))
            elif tag == "table" and node.css_first("table table") is None:
                self.flush()
                rows = [[cell.text(separator=" ") for cell in row.css("td, th")] for row in node.css("tr")]
                self.blocks.extend(from_table(rows))
            elif tag in _HEADINGS:
                self.flush()
                if text := clean(node.text(separator=" ")).replace("\n", " "):
                    self.blocks.append(Block(text[:300], _HEADINGS[tag]))
            else:
                block = tag in _BLOCKS
                if block:
                    self.flush()
                    waiting.append("end")
                waiting.extend(reversed(list(node.iter(include_text=True))))

    def flush(self) -> None:
        text = clean("".join(self._words))
        self._words.clear()
        if text:
            self.blocks.append(Block(text))
