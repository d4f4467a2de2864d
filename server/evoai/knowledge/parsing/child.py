"""The process that parses one file and ends: `python -m evoai.knowledge.parsing.child KIND`, the file on its standard
input, a `Parsed` in MessagePack on its standard output; with `page NUMBER` the `Picture` of a PDF's page. It may crash;
it may not reach anything."""

from __future__ import annotations

import codecs
import ctypes
import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable

import msgspec

from evoai.knowledge.parsing.blocks import MAX_TEXT, Parsed, Picture, Refused

MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 30
_DEATH_SIGNAL = 1
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
    _limit()
    home, name = _HOMES[kind]
    parse: Callable[..., Parsed | Picture] = getattr(importlib.import_module(f"evoai.knowledge.parsing.{home}"), name)
    _warm(kind)
    data = sys.stdin.buffer.read()
    # All that is needed is open: from here on there is no file and no socket to be had.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    try:
        made = parse(data, *map(int, arguments))
        if isinstance(made, Parsed) and sum(len(block.text) for block in made.blocks) > MAX_TEXT:
            raise Refused("too-long")
    except Refused as refused:
        made = Parsed(refused=refused.code)
    except (MemoryError, RecursionError):
        made = Parsed(refused="too-large-inside")
    # A file that parses by the rules of no format raises whatever its parser meets there.
    except Exception:
        made = Parsed(refused="damaged")
    sys.stdout.buffer.write(msgspec.msgpack.encode(made))
    sys.stdout.buffer.flush()


def _limit() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.chdir("/")


def _warm(kind: str) -> None:
    """Have loaded what a parser would open later."""
    for encoding in _ENCODINGS.split():
        codecs.lookup(encoding)
    if kind == "docx":
        importlib.import_module("docx.oxml")


if __name__ == "__main__":
    main(*sys.argv[1:])
