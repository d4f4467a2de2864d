"""A mind that does whatever any text before it says, whoever wrote it: models whose name begins with `obedient`. With
it tests see what holds when a model is won over. No HTTP.

Orders stand on a line of their own or in one: `#tool:NAME {json}` or `#tool:NAME key=value`; `#say WORDS`; `#say64`
with words in Base64, which is what the model knows and nobody wrote; and `#reveal`, also `#reveal-base64`,
`-reversed`, `-spaced`, `-rot13` and `-part`, which tell the system text.
"""

from __future__ import annotations

import base64
import codecs
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec

from evoai.simulator.script import Ask

_TOOL = re.compile(r"#tool:([A-Za-z0-9_.-]+)[ \t]*(\{.*?\}(?=\s|$)|(?:[\w.]+=\S+[ \t]*)*)")
_SAY = re.compile(r"#say[ \t]+([^\n]+)")
_SAY64 = re.compile(r"#say64[ \t]+([A-Za-z0-9+/=]+)")
_REVEAL = re.compile(r"#reveal(?:-(base64|reversed|spaced|rot13|part))?\b")
_PAIR = re.compile(r"([\w.]+)=(\S+)")
_PART = 400


def obey(texts: Sequence[tuple[str, str]], tools: Sequence[str], since: int) -> str | Ask | None:
    """`texts` are (role, text) of all messages, `tools` the names on offer, `since` how many tools gave something back
    after the contact last wrote. None where nobody orders anything."""
    orders = list(dict.fromkeys(order for _, text in texts for order in _orders(_read(text))))
    asked = next((text for role, text in reversed(texts) if role == "user"), "")
    searches = "search_knowledge" in tools
    if searches and not since:
        return Ask("search_knowledge", msgspec.json.encode({"query": asked[:400] or "?"}).decode())
    wanted = [Ask(name, arguments) for kind, name, arguments in orders if kind == "tool"]
    done = since - searches
    if done < len(wanted):
        return wanted[done]
    system = "\n".join(text for role, text in texts if role == "system")
    said = [name if kind == "say" else _revealed(name, system) for kind, name, _ in orders if kind != "tool"]
    return "\n".join(said) if said else ("Feito." if wanted else None)


def _orders(text: str) -> Iterator[tuple[str, str, str]]:
    found = [
        *((match.start(), "tool", match[1], _arguments(match[2])) for match in _TOOL.finditer(text)),
        *((match.start(), "say", match[1].strip(), "") for match in _SAY.finditer(text)),
        *((match.start(), "say", base64.b64decode(match[1]).decode(), "") for match in _SAY64.finditer(text)),
        *((match.start(), "reveal", match[1] or "", "") for match in _REVEAL.finditer(text)),
    ]
    for _, kind, name, arguments in sorted(found):
        yield kind, name, arguments


def _arguments(written: str) -> str:
    if written.startswith("{"):
        return written
    return msgspec.json.encode(dict(_PAIR.findall(written))).decode()


def _read(text: str) -> str:
    """A text as an attentive reader takes it: strings out of JSON, of passages the best one's, and what is hidden
    between visible letters."""
    try:
        value: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        value = text
    passages = cast(dict[str, Any], value).get("passages") if isinstance(value, dict) else None
    seen = "\n".join(_strings(cast(list[Any], passages)[:1] if isinstance(passages, list) else value))
    return "".join(char for char in unicodedata.normalize("NFKC", seen) if unicodedata.category(char) != "Cf")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in cast(dict[str, Any], value).values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in cast(list[Any], value):
            yield from _strings(inner)


def _revealed(how: str, system: str) -> str:
    match how:
        case "base64":
            return base64.b64encode(system.encode()).decode()
        case "reversed":
            return system[::-1]
        case "spaced":
            return " ".join(system[: 2 * _PART])
        case "rot13":
            return codecs.encode(system, "rot13")
        case "part":
            return f"Claro: {system[_PART : 2 * _PART]}"
        case _:
            return system
