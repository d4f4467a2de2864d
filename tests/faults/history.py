"""What happened, as seen from outside the product: what contacts wrote, which webhooks were accepted, and when."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.house import Clinic

_MESSAGE = re.compile(rb'"event":"messages\.upsert".{0,400}?"id":"([0-9A-Z]+)"', re.DOTALL)
FLOOD = 40
"""Messages of one contact that are certainly answered within an hour."""
WORD = re.compile(r"zq\d{6}x")


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a contact. `word` is in no other; empty where no answer has to speak of it."""

    id: str
    instance: str
    phone: str
    word: str
    at: float


@dataclass
class History:
    random: random.Random
    said: dict[str, Said] = field(default_factory=dict[str, Said])
    """By the provider's id of the message."""
    acked: dict[str, float] = field(default_factory=dict[str, float])
    """When each was accepted first."""
    clinics: dict[str, Clinic] = field(default_factory=dict[str, Clinic])
    """Who was written to, by instance."""
    statuses: Counter[int] = field(default_factory=Counter[int])
    """What the provider's tries to post messages were answered with; 0 is no answer."""

    def heard(self, request: bytes, status: int) -> None:
        """What the simulator tells of each try."""
        found = _MESSAGE.search(request)
        if found is None:
            return
        self.statuses[status] += 1
        message_id = found[1].decode()
        if 200 <= status < 300 and message_id in self.said:
            self.acked.setdefault(message_id, time.time())

    def says(self, clinic: Clinic, phone: str, more: str = "") -> str:
        """A contact writes a word that nobody wrote before; the word."""
        word = f"zq{len(self.said):06d}x"
        self._note(clinic, phone, word, f"{word} {more}".strip())
        return word

    def utters(self, clinic: Clinic, phone: str, text: str) -> None:
        """A contact writes what is no word to be spoken to."""
        self._note(clinic, phone, "", text)

    def _note(self, clinic: Clinic, phone: str, word: str, text: str) -> None:
        at = time.time()
        self.clinics[clinic.instance] = clinic
        message_id = clinic.says(phone, text)
        self.said[message_id] = Said(message_id, clinic.instance, phone, word, at)

    @property
    def words(self) -> set[str]:
        return {one.word for one in self.said.values() if one.word}

    async def write(self, clinics: Sequence[Clinic], contacts: int, messages: int, rate: float) -> None:
        """At least so many contacts write at `rate` a second in all; each as often as the others, in an order that the
        seed decides, and none so often that it is taken for a flood."""
        contacts = max(contacts, messages // FLOOD)
        people = [(clinic, phone_of(n)) for n in range(contacts) for clinic in (clinics[n % len(clinics)],)]
        began, loop = asyncio.get_running_loop().time(), asyncio.get_running_loop()
        turn: list[tuple[Clinic, str]] = []
        for n in range(messages):
            if not turn:
                turn = people.copy()
                self.random.shuffle(turn)
            self.says(*turn.pop())
            wait = began + (n + 1) / rate - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)

    def waits(self) -> list[float]:
        """Seconds from when each message was written until it was accepted, the shortest first."""
        return sorted(at - self.said[message_id].at for message_id, at in self.acked.items())

    def p95(self) -> float:
        waits = self.waits()
        return waits[int(len(waits) * 0.95)] if waits else 0.0


def phone_of(number: int) -> str:
    return f"55119{61_000_000 + number}"
