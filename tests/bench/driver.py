"""The load, in a process of its own: a provider that posts webhooks, or people and programs at the API.

`python -m tests.bench.driver` reads one `Job` as JSON on standard input and writes one `Result` to standard output.
"""

from __future__ import annotations

import gc
import itertools
import random
import sys
import time
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

import msgspec
import uvloop

from evoai.simulator import bodies
from evoai.simulator.contents import Coder
from evoai.simulator.world import Contact, Hook, Instance, Said, World
from tests.bench.wire import Result, Sent, closed, paced


class Target(msgspec.Struct):
    """A channel's door. `headers` go with every post."""

    url: str
    headers: dict[str, str]
    instance: str
    phone: str


MESSAGES = 1_000_000
"""How many numbers each job has for its messages."""
PEOPLE = 50_000
"""How many each job has for its contacts: nobody is in two, lest who wrote much before is taken for a flood."""


class Hooks(msgspec.Struct, tag="hooks"):
    """Messages of contacts; `contacts` people take turns, and each always writes to the same channel."""

    targets: list[Target]
    first: int
    """The number of the first message; texts, ids and people are made of it, so that no two jobs share any."""
    contacts: int = 1000

    @property
    def first_contact(self) -> int:
        return self.first // MESSAGES * PEOPLE


class Place(msgspec.Struct):
    """What people of one tenant ask for, by ids."""

    conversations: list[str]
    unresolved: list[str]
    contacts: list[str]


class Asks(msgspec.Struct, tag="asks"):
    """Calls of the API by `people`, each a token and the number of its place. Without places, one bare GET."""

    url: str
    people: list[tuple[str, int]]
    places: list[Place]
    seed: int = 1


class Job(msgspec.Struct):
    """`closed`: `connections` that ask again as soon as they are answered. `paced`: `rate` per second at random
    moments, whatever the answers."""

    mode: Literal["closed", "paced"]
    source: Hooks | Asks
    seconds: float
    connections: int = 32
    rate: float = 0
    seed: int = 1


def messages(job: Hooks) -> Iterator[Sent]:
    """Texts that the scripted model quotes: `Protocolo zq0000042`."""
    world = World(seed=1)
    now = int(time.time())
    coder = Coder(world.random, "2.3.7")
    stamp = b'"messageTimestamp":%d' % now
    made: list[tuple[bytes, bytes]] = []
    for target in job.targets:
        events = frozenset(bodies.ALL_EVENTS)
        hook = Hook(
            id="h", url=target.url, headers={}, enabled=True, events=events, by_events=False, base64=False,
            created_at="", updated_at="",
        )  # fmt: skip
        instance = Instance(name=target.instance, id=world.row_id(), token="", created_at="", hook=hook)
        instance.owner_phone = target.phone
        who = Contact("PHONE", "Contato PHONE", "LID@lid")
        said = Said("ACIDNUMBER", "text", {"text": "Protocolo zqNUMBER"}, False, now)
        data = bodies.upsert(instance, who, said, coder=coder, generation="2.3.7")
        body = bodies.envelope(instance, "messages.upsert", bodies.encode(data), "http://127.0.0.1", -180)
        parts = urlsplit(target.url)
        lines = [f"POST {parts.path} HTTP/1.1", f"host: {parts.netloc}", "content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in target.headers.items()]
        made.append(("\r\n".join(lines).encode(), body))
    for number in itertools.count(job.first):
        contact = number % job.contacts
        person = job.first_contact + contact
        head, body = made[contact % len(made)]
        filled = (
            body.replace(b"ACIDNUMBER", b"AC%030X" % number)
            .replace(b"NUMBER", b"%07d" % number)
            .replace(b"PHONE", b"55119%08d" % (60_000_000 + person))
            .replace(b"LID@lid", b"%d@lid" % (10**14 + person))
            .replace(stamp, b'"messageTimestamp":%d' % time.time())
        )
        yield Sent(head + b"\r\ncontent-length: %d\r\n\r\n" % len(filled) + filled)


# Eighty of a hundred calls read, fifteen write, five search.
MIX = {
    "read conversations.list": 30,
    "read messages.list": 28,
    "read conversations.get": 8,
    "read conversations.counts": 8,
    "read contacts.list": 4,
    "read me.get": 2,
    "write conversations.read": 6,
    "write contacts.change": 5,
    "write conversations.write": 4,
    "search conversations.list": 5,
}
WORDS = ("Ana", "Souza 1", "Concei", "5511090", "Hugo", "Prado", "inexistente")


def calls(job: Asks) -> Iterator[Sent]:
    host = urlsplit(job.url).netloc
    if not job.places:
        raw = f"GET {urlsplit(job.url).path} HTTP/1.1\r\nhost: {host}\r\n\r\n".encode()
        while True:
            yield Sent(raw, "bare")
    chance = random.Random(job.seed)
    kinds, weights = list(MIX), list(MIX.values())
    for number in itertools.count():
        token, at = chance.choice(job.people)
        (kind,) = chance.choices(kinds, weights)
        method, path, body = _call(kind, job.places[at], chance, f"bench-{job.seed}-{number}")
        raw = msgspec.json.encode(body) if body is not None else b""
        head = f"{method} /api/v1{path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n"
        if method != "GET":
            head += f"content-type: application/json\r\ncontent-length: {len(raw)}\r\n"
        yield Sent(f"{head}\r\n".encode() + raw, kind)


def _call(kind: str, place: Place, chance: random.Random, unique: str) -> tuple[str, str, object]:
    """Method, path and body; a place that has nothing of the sort is asked for its list."""
    match kind.partition(" ")[2]:
        case "messages.list" if place.conversations:
            return "GET", f"/conversations/{chance.choice(place.conversations)}/messages", None
        case "conversations.get" if place.conversations:
            return "GET", f"/conversations/{chance.choice(place.conversations)}", None
        case "conversations.counts":
            return "GET", "/conversations/counts", None
        case "contacts.list":
            return "GET", "/contacts", None
        case "me.get":
            return "GET", "/me", None
        case "conversations.read" if place.conversations:
            return "POST", f"/conversations/{chance.choice(place.conversations)}/read", None
        case "contacts.change" if place.contacts:
            tags = {"tags": [f"etiqueta {chance.randrange(20)}"]}
            return "PATCH", f"/contacts/{chance.choice(place.contacts)}", tags
        case "conversations.write" if place.unresolved:
            text = {"text": "Já verifico para você.", "client_id": unique}
            return "POST", f"/conversations/{chance.choice(place.unresolved)}/messages", text
        case _ if kind.startswith("search"):
            return "GET", f"/conversations?q={chance.choice(WORDS).replace(' ', '%20')}", None
        case _:
            return "GET", "/conversations", None


async def drive(job: Job) -> Result:
    source = job.source
    parts = urlsplit(source.targets[0].url if isinstance(source, Hooks) else source.url)
    requests = messages(source) if isinstance(source, Hooks) else calls(source)
    host, port = parts.hostname or "", parts.port or 80
    if job.mode == "closed":
        return await closed(requests, host, port, job.connections, job.seconds)
    return await paced(requests, host, port, job.rate, job.seconds, job.seed)


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    gc.disable()
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(drive(job))))


if __name__ == "__main__":
    main()
