"""Markdown, which models write whatever they are told, into what WhatsApp shows: *bold*, _italic_, ~struck~, `code`,
lists. Headings become bold lines, tables lists, links their text and address. Addresses and code stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable

# Characters that no cleaned text has, so that what is kept apart is found again.
_OPEN, _CLOSE = "\ue000", "\ue001"
_FENCE = re.compile(r"^[ ]{0,3}(`{3,}|~{3,})[ ]*[\w+#.-]*[ ]*\n(.*?)\n?[ ]{0,3}\1`*[ ]*$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"```[^`]+```")
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,200})\]\((https?://(?:[^\s()]|\([^\s()]*\)){1,2000})(?:[ ]+\"[^\"\n]*\")?\)")
_ANGLED = re.compile(r"<(https?://[^\s<>]{1,2000})>")
_ADDRESS = re.compile(r"https?://[^\s<>]{1,2000}")
_KEPT = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_BREAK = re.compile(r"<br[ ]*/?>", re.IGNORECASE)
_RULE = re.compile(r"^[ ]{0,3}([-*_])(?:[ ]*\1){2,}[ ]*$\n?", re.MULTILINE)
_HEADING = re.compile(r"^[ ]{0,3}#{1,6}[ ]+(.+?)[ ]*#*[ ]*$", re.MULTILINE)
_BOTH = re.compile(r"(?<![*\w])\*\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*\*(?![*\w])")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_UNDERLINED = re.compile(r"(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)")
_STRUCK = re.compile(r"~~(?=\S)(.+?)(?<=\S)~~")
_ITEM = re.compile(r"^([ ]*)[*+\u2022][ ]+(?=\S)", re.MULTILINE)
_TASK = re.compile(r"^([ ]*- )\[[ xX]\][ ]+", re.MULTILINE)
_ESCAPED = re.compile(r"\\([_#\[\](){}.!>+|-])")
_TABLE = re.compile(
    r"^[ ]*\|?(?P<head>[^\n|]*\|[^\n]*)\n[ ]*\|?[ ]*:?-{2,}:?[ ]*(?:\|[ ]*:?-{2,}:?[ ]*)*\|?[ ]*(?:\n|$)"
    r"(?P<rows>(?:[^\n]*\|[^\n]*(?:\n|$))*)",
    re.MULTILINE,
)


def as_whatsapp(text: str) -> str:
    """The same words; done twice it changes nothing more."""
    kept: list[str] = []

    def keep(written: str) -> str:
        kept.append(written)
        return f"{_OPEN}{len(kept) - 1}{_CLOSE}"

    text = _FENCE.sub(lambda found: keep(f"```{found[2].strip(chr(10))}```"), text)
    text = _BLOCK.sub(lambda found: keep(found[0]), text)
    text = _CODE.sub(lambda found: keep(found[0]), text)
    text = _LINK.sub(lambda found: _named(found[1], keep(found[2]), found[2]), text)
    text = _ANGLED.sub(lambda found: keep(found[1]), text)
    text = _ADDRESS.sub(lambda found: _address(found[0], keep), text)
    text = _BREAK.sub("\n", text)
    text = _TABLE.sub(_as_list, text)
    text = _ITEM.sub(r"\1- ", _RULE.sub("", text))
    text = _TASK.sub(r"\1", text)
    text = _BOTH.sub(r"*_\1_*", text)
    text = _UNDERLINED.sub(r"*\1*", _BOLD.sub(r"*\1*", text))
    text = _STRUCK.sub(r"~\1~", text)
    text = _HEADING.sub(lambda found: f"*{found[1].replace('*', '').strip()}*", text)
    text = _ESCAPED.sub(r"\1", text)
    # What was kept may hold what was kept before it.
    while _KEPT.search(text):
        text = _KEPT.sub(lambda found: kept[int(found[1])], text)
    return text


def _named(name: str, written: str, address: str) -> str:
    name = name.strip()
    return written if not name or name == address else f"{name}: {written}"


def _address(found: str, keep: Callable[[str], str]) -> str:
    """Without the emphasis that ends behind it."""
    address = found.rstrip("*_~")
    return keep(address) + found[len(address) :]


def _as_list(table: re.Match[str]) -> str:
    titles = _cells(table["head"])
    lines: list[str] = []
    for row in table["rows"].splitlines():
        cells = _cells(row)
        if not any(cells):
            continue
        first, rest = cells[0], list(zip(titles[1:], cells[1:], strict=False))
        said = [cell if len(titles) == 2 or not title else f"{title}: {cell}" for title, cell in rest if cell]
        lines.append(f"- {first}: {'; '.join(said)}" if first and said else f"- {first or '; '.join(said)}")
    return "\n".join(lines) + "\n"


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]
