"""OpenAI-compatible embeddings through the openai client. Its own retries are off: the row of the document is what
is tried again, and a question that waits too long is answered from words."""

from __future__ import annotations

import asyncio
import base64
import math
from array import array
from collections.abc import Sequence
from copy import copy
from typing import Final

import aiohttp
import httpx2
import msgspec
import openai

from evoai.knowledge.embedder.protocol import Embedded, EmbeddingError
from evoai.settings import Model

_HEADERS: Final = {"content-type": "application/json"}


class _Request(msgspec.Struct):
    model: str
    input: Sequence[str]
    dimensions: int
    encoding_format: str = "base64"


class _Vector(msgspec.Struct):
    index: int
    embedding: str | list[float]


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None


class _Response(msgspec.Struct):
    data: list[_Vector]
    usage: _Usage | None = None


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(_Response)


class OpenAIEmbedder:
    """One client for the whole process; the key goes where the settings point and nowhere else."""

    def __init__(self, settings: Model, model: str) -> None:
        self._client = openai.AsyncOpenAI(
            api_key=settings.api_key,
            base_url=settings.base_url,
            max_retries=0,
            http_client=openai.DefaultAioHttpClient(
                timeout=httpx2.Timeout(None, connect=5.0), follow_redirects=False, trust_env=False
            ),
        )
        # The client reads these from the environment when it is not told; ours comes from the settings alone.
        self._client.organization = self._client.project = None
        self.model = model
        self._dimensions = settings.embedding_dimensions

    def under(self, name: str) -> OpenAIEmbedder:
        model, _, dimensions = name.rpartition(":")
        other = copy(self)
        other.model, other._dimensions = model, int(dimensions)
        return other

    @property
    def name(self) -> str:
        return f"{self.model}:{self._dimensions}"

    async def close(self) -> None:
        await self._client.close()

    async def embed(self, texts: Sequence[str], timeout: float) -> Embedded:
        body = _ENCODER.encode(_Request(self.model, texts, self._dimensions))
        try:
            async with asyncio.timeout(timeout):
                response = await self._client.post(
                    "/embeddings", cast_to=httpx2.Response, content=body, options={"headers": _HEADERS}
                )
            said = _DECODER.decode(response.content)
        except TimeoutError:
            raise EmbeddingError(f"no answer in {timeout:.0f} s", lasting=False, charged=True) from None
        except openai.APIStatusError as error:
            lasting = error.status_code < 500 and error.status_code not in (408, 409, 429)
            raise EmbeddingError(f"{error.status_code} {error.message}"[:300], lasting=lasting) from None
        except (openai.OpenAIError, httpx2.HTTPError, aiohttp.ClientError, OSError) as error:
            raise EmbeddingError(type(error).__name__, lasting=False) from error
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise EmbeddingError("the answer cannot be read", lasting=False, charged=True) from None
        found = {entry.index: _floats(entry.embedding) for entry in said.data}
        if sorted(found) != list(range(len(texts))):
            raise EmbeddingError("not one vector for each text", lasting=True, charged=True)
        if any(len(vector) != self._dimensions or not all(map(math.isfinite, vector)) for vector in found.values()):
            raise EmbeddingError(f"vectors of other than {self._dimensions} numbers", lasting=True, charged=True)
        tokens = max(0, said.usage.prompt_tokens or 0) if said.usage is not None else 0
        return Embedded([_written(found[i]) for i in range(len(texts))], tokens)


def _floats(value: str | list[float]) -> Sequence[float]:
    if isinstance(value, list):
        return value
    try:
        return array("f", base64.b64decode(value, validate=True))
    except ValueError:
        raise EmbeddingError("a vector cannot be read", lasting=False, charged=True) from None


def _written(vector: Sequence[float]) -> str:
    return "[" + ",".join(f"{number:.7g}" for number in vector) + "]"
