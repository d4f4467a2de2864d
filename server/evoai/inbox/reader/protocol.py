"""What the inbox asks of whoever hears and sees for it: a file in words. No product words in here."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from evoai.billing.purchases import CallFailed

DESCRIPTION = 400
"""Tokens of a description at most."""


class ReadingError(CallFailed):
    """No words could be had. `lasting`: the same file will do no better later."""

    def __init__(self, detail: str, *, lasting: bool, charged: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.lasting, self.charged = lasting, charged


class Heard(NamedTuple):
    """What a file says or shows; '' for nothing. Tokens are 0 where the endpoint does not say."""

    text: str
    input_tokens: int
    output_tokens: int


class Reader(Protocol):
    """One value serves a whole process. Verbs raise `ReadingError`."""

    @property
    def hears_with(self) -> str:
        """The model that transcribes."""
        ...

    @property
    def sees_with(self) -> str:
        """The model that describes."""
        ...

    async def transcribe(self, audio: bytes, name: str, mime_type: str, language: str, timeout: float) -> Heard:
        """What is said. `language` is the one that is likely, as in 'pt-BR'."""
        ...

    async def describe(self, image: bytes, mime_type: str, language: str, timeout: float) -> Heard:
        """What a picture shows, with the text that stands in it, in `language`."""
        ...

    async def close(self) -> None: ...
