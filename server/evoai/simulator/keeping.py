"""What the simulator keeps on disk: instances, people and the newest messages survive a restart; its log does not."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from evoai.simulator.world import MESSAGES_PER_CHAT, Contact, Hook, Instance, Message, State, Wire, World

WAIT_SECONDS = 0.8
"""From a change to the write, so that many changes are one write."""
MESSAGES_KEPT = 500
"""Of one instance."""


class StateError(ValueError):
    """The state file cannot be used; one line for the person who named it."""


class KeptInstance(msgspec.Struct, kw_only=True):
    """An `Instance` without its running pairing, its switches and its index of messages."""

    name: str
    id: str
    token: str
    created_at: str
    state: State
    number: str | None
    owner_phone: str | None
    profile_name: str | None
    hook: Hook | None
    settings: dict[str, Any]
    disconnected_at: str | None
    wire: Wire = "evolution"
    messages: list[Message]


NAMES = frozenset(KeptInstance.__struct_fields__) - {"messages"}


class Kept(msgspec.Struct):
    instances: list[KeptInstance]
    people: dict[str, Contact]


class Keeper:
    """Writes what `world` holds to `path` soon after each change, whole or not at all. Reads it once, at the start."""

    def __init__(self, path: Path, world: World) -> None:
        self.path = path
        self.world = world
        self._due: asyncio.TimerHandle | None = None

    def load(self) -> None:
        """Raises `StateError` where the file is not one of ours."""
        with contextlib.suppress(FileNotFoundError):
            try:
                self._restore(msgspec.json.decode(self.path.read_bytes(), type=Kept))
            except msgspec.MsgspecError as error:
                raise StateError(f"{self.path} is damaged ({error}): delete it to start over") from error
        self.world.on_change = self._changed

    def _restore(self, kept: Kept) -> None:
        world = self.world
        world.people = kept.people
        world.by_lid = {contact.lid: contact for contact in kept.people.values()}
        for one in kept.instances:
            values: dict[str, Any] = {name: getattr(one, name) for name in NAMES}
            instance = world.instances[one.name] = Instance(**values)
            for message in one.messages:
                instance.messages[message.id] = message
                chat = instance.by_jid.setdefault(message.jid, deque(maxlen=MESSAGES_PER_CHAT))
                chat.append(message)

    def _changed(self) -> None:
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(WAIT_SECONDS, self.write)

    def write(self) -> None:
        self._due = None
        instances: list[KeptInstance] = []
        for instance in self.world.instances.values():
            values: dict[str, Any] = {name: getattr(instance, name) for name in NAMES}
            newest = list(islice(reversed(instance.messages.values()), MESSAGES_KEPT))
            instances.append(KeptInstance(**values, messages=newest[::-1]))
        fresh = self.path.with_name(f"{self.path.name}.new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(Kept(instances, self.world.people)))
        fresh.replace(self.path)

    def close(self) -> None:
        """Write what is not written yet."""
        self.world.on_change = None
        if self._due is not None:
            self._due.cancel()
            self.write()
