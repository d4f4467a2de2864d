"""The process that parses one file and ends: `python -m evoai.knowledge.parsing.child KIND`, the file on its standard
input, a `Parsed` on its standard output; with `page NUMBER` the `Picture` of a PDF's page."""

from __future__ import annotations

import codecs
import importlib
import sys
from collections.abc import Callable

from evoai.kit.confined import Made, Refused, answer, confine
from evoai.knowledge.parsing.blocks import MAX_TEXT, Parsed

_ENCODINGS = "utf-8 utf-8-sig utf-16 utf-16-le utf-16-be cp1252 latin-1 iso8859-15 ascii cp437"
_HOMES = {
    "pdf": ("pdf", "document"),
    "docx": ("office", "word"),
    "xlsx": ("office", "sheet"),
    "txt": ("text", "plain"),
    "md": ("text", "markdown"),
    "csv": ("text", "table"),
    "html": ("html", "page"),
    "page": ("picture", "page"),
}


def main(kind: str, *arguments: str) -> None:
    confine()
    home, name = _HOMES[kind]
    parse: Callable[..., Made] = getattr(importlib.import_module(f"evoai.knowledge.parsing.{home}"), name)
    _warm(kind)

    def work(data: bytes) -> Made:
        made = parse(data, *map(int, arguments))
        if isinstance(made, Parsed) and sum(len(block.text) for block in made.blocks) > MAX_TEXT:
            raise Refused("too-long")
        return made

    answer(work)


def _warm(kind: str) -> None:
    """Have loaded what a parser would open later."""
    for encoding in _ENCODINGS.split():
        codecs.lookup(encoding)
    if kind == "docx":
        importlib.import_module("docx.oxml")


if __name__ == "__main__":
    main(*sys.argv[1:])
