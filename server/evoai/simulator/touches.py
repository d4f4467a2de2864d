"""What happens to messages that are there: reactions, edits, deletions, votes; and whether a file can be had yet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from evoai.simulator import bodies
from evoai.simulator.bodies import encode

if TYPE_CHECKING:
    from evoai.simulator.engine import Engine
    from evoai.simulator.world import Instance, Message


class Touches:
    """Each verb changes what the phone page shows, and tells it as the provider does."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._world, self._webhooks = engine.world, engine.webhooks
        self._failed: dict[str, int] = {}
        """How often each message's file could not be had."""
        self._votes: dict[str, dict[str, list[str]]] = {}

    def edit(self, instance: Instance, message: Message, text: str, *, by_api: bool = False) -> None:
        """Its author writes something else."""
        message.text = text
        if "edited" not in message.marks:
            message.marks.append("edited")
        self._engine.show(instance, message)
        self._engine.telling(instance).edited(instance, message, text, by_api=by_api)

    def revoke(self, instance: Instance, message: Message) -> None:
        """Its author deletes it for everyone."""
        self._gone(instance, message)
        self._engine.telling(instance).revoked(instance, message, by_api=False)

    def revoke_by_api(self, instance: Instance, message: Message) -> None:
        self._gone(instance, message)
        self._engine.telling(instance).revoked(instance, message, by_api=True)

    def _gone(self, instance: Instance, message: Message) -> None:
        message.text = "🚫 Mensagem apagada"
        message.marks = ["deleted"]
        message.shown.clear()
        self._world.files.drop(message.id)
        self._engine.show(instance, message)

    def react(self, instance: Instance, target: dict[str, Any], emoji: str) -> bytes:
        """Through the API: the answer, which is also `data` of send.message."""
        self.mark(instance, target["id"], "us", emoji)
        node = {"key": target, "text": emoji, "senderTimestampMs": str(int(time.time() * 1000))}
        content = ("reactionMessage", {"reactionMessage": node})
        message_id = "3EB0" + self._world.hex(18)
        data = encode(bodies.sent(instance, target["remoteJid"], message_id, "", int(time.time()), None, content))
        self._webhooks.emit(instance, "send.message", data)
        return data

    def mark(self, instance: Instance, message_id: str, author: str, emoji: str) -> None:
        """Show a reaction on its message, if that is still known."""
        message = instance.messages.get(message_id)
        if message is None:
            return
        message.reactions.pop(author, None)
        if emoji:
            message.reactions[author] = emoji
        self._engine.show(instance, message)

    def vote(self, instance: Instance, message: Message, phone: str, option: str) -> None:
        """A contact chooses an option of a poll of ours; raises `ValueError` for one that it has not."""
        options: list[str] = message.shown.get("options") or []
        if option not in options:
            raise ValueError("the poll has no such option")
        counts = self._votes.setdefault(message.id, {name: [] for name in options})
        for voters in counts.values():
            if phone in voters:
                voters.remove(phone)
        counts[option].append(phone)
        self._engine.telling(instance).voted(instance, message, phone, option, counts)

    def has_file(self, message_id: str) -> bool:
        """Whether the file of a message can be had this time, as the switch wants it."""
        failed = self._failed.get(message_id, 0)
        if failed < self._world.faults.media_fail_first:
            self._failed[message_id] = failed + 1
            return False
        return True
