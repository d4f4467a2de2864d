"""What the room asks of a model, whoever serves it: one completion for a list of messages. No product words in here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

FailureKind = Literal[
    "timeout",
    "rate-limited",
    "server-error",
    "connection",
    "refused",
    "bad-request",
    "context-too-long",
    "empty",
    "malformed",
    "paused",
]


class ModelError(Exception):
    """A model did not give a usable completion.

    `refused` is a key, a permission or a name that the endpoint does not take (401, 403, 404); `paused` means that the
    model failed so often just now that it was not asked. `detail` is for logs, never for contacts.
    """

    def __init__(self, kind: FailureKind, detail: str = "", *, input_tokens: int = 0, output_tokens: int = 0) -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind: FailureKind = kind
        self.detail = detail
        self.input_tokens, self.output_tokens = input_tokens, output_tokens


class ToolCall(msgspec.Struct, frozen=True):
    """A tool that the model wants run; `arguments` is JSON as the model wrote it, checked by nobody yet."""

    id: str
    name: str
    arguments: str


class Say(msgspec.Struct, frozen=True, kw_only=True):
    """One message to the model. `tool_calls` stand in an assistant's message, `tool_call_id` in the tool's answer."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool as the model is shown it; `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """What a model said: text, tools to run, or both; never neither."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    input_tokens: int
    output_tokens: int
    request_id: str | None
    cut: bool = False
    """The text ends where `max_tokens` was reached, in the middle of something."""


class LLM(Protocol):
    """A model endpoint. One value serves a whole process."""

    async def start(self) -> None: ...

    async def complete(
        self, model: str, messages: Sequence[Say], tools: Sequence[ToolSpec], timeout: float, max_tokens: int
    ) -> Completion:
        """One completion within `timeout` seconds in all. Raises `ModelError`; a cancellation ends the request."""
        ...

    async def close(self) -> None: ...
