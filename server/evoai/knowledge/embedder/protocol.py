"""The model that turns texts into vectors, behind a protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from evoai.billing.purchases import CallFailed


class EmbeddingError(CallFailed):
    """No vectors. `lasting`: the same call will fail again (a refused key, a model without these dimensions)."""

    def __init__(self, detail: str, *, lasting: bool, charged: bool = False) -> None:
        super().__init__(detail)
        self.lasting, self.charged = lasting, charged


class Embedded(NamedTuple):
    vectors: list[str]
    """One for each text, in pgvector's text form."""
    tokens: int
    """That the model read; 0 where its endpoint does not say."""


class Embedder(Protocol):
    @property
    def name(self) -> str:
        """Of the model and its dimensions: vectors of two names are never compared."""
        ...

    @property
    def model(self) -> str: ...

    def under(self, name: str) -> Embedder:
        """The same endpoint with the model and dimensions of another `name`. Closed with this one."""
        ...

    async def embed(self, texts: Sequence[str], timeout: float) -> Embedded:
        """`timeout` in seconds. Raises `EmbeddingError`."""
        ...

    async def close(self) -> None: ...
