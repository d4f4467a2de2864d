"""A model for tests: says what it was told to say, in order, and remembers what it was asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from evoai.assistant.llm.protocol import Completion, ModelError, Say, ToolCall, ToolSpec

Reply = str | ToolCall | Completion | ModelError


class FakeModel:
    """`asked` holds `(model, messages, tools)` of each call; with nothing left to say it repeats the last reply."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = deque(replies)
        self.asked: list[tuple[str, tuple[Say, ...], tuple[ToolSpec, ...]]] = []

    def then(self, replies: Iterable[Reply]) -> None:
        self._replies.extend(replies)

    async def start(self) -> None:
        return None

    async def complete(
        self, model: str, messages: Sequence[Say], tools: Sequence[ToolSpec], timeout: float, max_tokens: int
    ) -> Completion:
        self.asked.append((model, tuple(messages), tuple(tools)))
        reply = self._replies.popleft() if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, ModelError):
            raise reply
        if isinstance(reply, Completion):
            return reply
        text, calls = (reply, ()) if isinstance(reply, str) else ("", (reply,))
        return Completion(text=text, tool_calls=calls, input_tokens=100, output_tokens=10, request_id="fake")

    async def close(self) -> None:
        return None
