"""What the inbox asks of whoever hears and sees for it: a file in words. No product words in here."""

from __future__ import annotations

from typing import Protocol


class ReadingError(Exception):
    """No words could be had. `lasting`: the same file will do no better later."""

    def __init__(self, detail: str, *, lasting: bool) -> None:
        super().__init__(detail)
        self.detail = detail
        self.lasting = lasting


class Reader(Protocol):
    """One value serves a whole process. Verbs raise `ReadingError`."""

    async def transcribe(self, audio: bytes, name: str, mime_type: str, language: str, timeout: float) -> str:
        """What is said; '' for nothing. `language` is the one that is likely, as in 'pt-BR'."""
        ...

    async def describe(self, image: bytes, mime_type: str, language: str, timeout: float) -> str:
        """What a picture shows, with the text that stands in it, in `language`."""
        ...

    async def close(self) -> None: ...
