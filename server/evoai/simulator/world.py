"""The state of the simulated world: instances, people, messages. No HTTP, and nothing happens by itself here."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from evoai.simulator.faults import INSTANCE_FAULTS, Faults
from evoai.simulator.files import File, Files
from evoai.simulator.log import Log
from evoai.simulator.phones import person_key, registered, same_person

State = Literal["open", "connecting", "close"]
Wire = Literal["evolution", "uazapi", "cloud"]

MESSAGES_PER_INSTANCE = 20_000
MESSAGES_PER_CHAT = 500


class Contact(msgspec.Struct):
    """A person with a WhatsApp. `phone` is the registered form, which may lack the ninth digit."""

    phone: str
    name: str
    lid: str
    addressing: Literal["pn", "lid", "bsuid"] = "pn"
    """How the person is told of: by phone, by LID first, or (Cloud API) by an id alone."""

    @property
    def jid(self) -> str:
        return f"{self.phone}@s.whatsapp.net"

    @property
    def bsuid(self) -> str:
        """The id under which businesses know the person."""
        return f"BR.9{self.lid.partition('@')[0]}"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says, before a provider puts it into its own form; `options` go with the kind."""

    id: str
    kind: str
    options: dict[str, Any]
    from_me: bool
    at: float
    file: File | None = None


@dataclass(slots=True, kw_only=True)
class Message:
    """One stored message; `raw` is the encoded `data` of its webhook."""

    id: str
    row_id: str
    jid: str
    phone: str
    from_me: bool
    via: Literal["api", "phone", "contact"]
    kind: str
    text: str
    at: float
    raw: bytes
    statuses: list[str] = field(default_factory=list[str])
    quoted: str | None = None
    reactions: dict[str, str] = field(default_factory=dict[str, str])
    """Emoji by 'us' and 'contact'."""
    marks: list[str] = field(default_factory=list[str])
    """'edited', 'deleted'."""
    shown: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the phone page draws beside the text: a file's name, a place, options."""


@dataclass(slots=True, kw_only=True)
class Hook:
    """The stored webhook row of an instance."""

    id: str
    url: str
    headers: dict[str, str]
    enabled: bool
    events: frozenset[str]
    by_events: bool
    base64: bool
    created_at: str
    updated_at: str


@dataclass(slots=True, kw_only=True)
class Instance:
    name: str
    id: str
    token: str
    created_at: str
    state: State = "close"
    number: str | None = None
    owner_phone: str | None = None
    profile_name: str | None = None
    hook: Hook | None = None
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    qr_code: str | None = None
    qr_count: int = 0
    pairing_code: str | None = None
    not_ready: int = 0
    disconnected_at: str | None = None
    wire: Wire = "evolution"
    """Which provider it was made at."""
    admin_fields: dict[str, str] = field(default_factory=dict[str, str])
    errors: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=20))
    """Webhooks that were given up, as UAZAPI shows them."""
    overrides: dict[str, Any] = field(default_factory=dict[str, Any])
    messages: dict[str, Message] = field(default_factory=dict[str, Message])
    by_jid: dict[str, deque[Message]] = field(default_factory=dict[str, "deque[Message]"])
    """The newest messages of each chat, by the address that the provider stored them under."""

    @property
    def owner_jid(self) -> str | None:
        return f"{self.owner_phone}@s.whatsapp.net" if self.owner_phone else None

    def keep(self, message: Message) -> None:
        self.messages[message.id] = message
        self.by_jid.setdefault(message.jid, deque(maxlen=MESSAGES_PER_CHAT)).append(message)
        if len(self.messages) > MESSAGES_PER_INSTANCE:
            del self.messages[next(iter(self.messages))]


@dataclass(slots=True)
class MetaApp:
    """The Meta app that numbers without an address of their own belong to."""

    secret: str = "f3b1c09d7e5a4826b0d1e7f29c3a5846"  # noqa: S105
    callback: str | None = None


class World:
    """All state of one simulator. Used from one event loop only."""

    def __init__(self, seed: int | None = None, api_key: str = "simulator-key", log_size: int = 200_000) -> None:
        self.api_key = api_key
        self.url = ""
        self.random = random.Random(seed)
        self.faults = Faults()
        self.instances: dict[str, Instance] = {}
        self.log = Log(log_size)
        self.files = Files()
        self.meta = MetaApp()
        self.people: dict[str, Contact] = {}
        self.by_lid: dict[str, Contact] = {}
        self.watchers: set[Callable[[dict[str, Any]], None]] = set()
        self.on_change: Callable[[], None] | None = None
        self.person("5511987654321", "Ana Beatriz")
        self.person("553199887766", "João Pereira").addressing = "lid"
        self.person("5521970001122", "Mariana Souza")

    def changed(self) -> None:
        """Something was changed that outlives a restart."""
        if self.on_change is not None:
            self.on_change()

    def watch(self, **event: Any) -> None:
        """Tell the open phone pages."""
        for watcher in self.watchers:
            watcher(event)

    def fault(self, instance: Instance, name: str) -> Any:
        """A switch as it stands for one instance."""
        overrides = instance.overrides
        return overrides[name] if overrides and name in overrides else getattr(self.faults, name)

    def chance(self, rate: float) -> bool:
        return rate > 0 and self.random.random() < rate

    def untold(self) -> Literal["hang-up", "no-answer"] | None:
        """How the caller of an accepted send is left without its answer, if the switches have it so."""
        if self.chance(self.faults.hang_up_after_accept):
            return "hang-up"
        return "no-answer" if self.chance(self.faults.drop_answers) else None

    def set_faults(self, patch: dict[str, Any], instance: Instance | None = None) -> None:
        """Change some switches, for all or for one instance; raises `msgspec.ValidationError` on a wrong one."""
        checked = msgspec.convert({**msgspec.to_builtins(self.faults), **patch}, Faults)
        if instance is None:
            for name in patch:
                setattr(self.faults, name, getattr(checked, name))
            return
        if wrong := patch.keys() - INSTANCE_FAULTS:
            raise msgspec.ValidationError(f"not a switch of one instance: {', '.join(sorted(wrong))}")
        instance.overrides.update(patch)

    def hex(self, length: int) -> str:
        return f"{self.random.getrandbits(length * 4):0{length}X}"

    def row_id(self) -> str:
        return f"cm{self.random.getrandbits(112):023x}"[:25]

    def person(self, phone: str, name: str | None = None) -> Contact:
        """The person with this number, made up where unknown; the ninth digit does not matter."""
        found = self.people.get(person_key(phone))
        if found is None:
            digest = blake2b(person_key(phone).encode(), digest_size=6).digest()
            lid = 10**14 + int.from_bytes(digest, "big") % (9 * 10**14)
            found = Contact(registered(phone), name or phone, f"{lid}@lid")
            self.people[person_key(phone)] = found
            self.by_lid[found.lid] = found
            self.changed()
        elif name and name != found.name:
            found.name = name
            self.changed()
        return found

    def resolve(self, number: str) -> str | None:
        """The JID that WhatsApp has for a number or JID; None where nobody is there."""
        if number.endswith(("@lid", "@g.us")):
            return number
        digits = "".join(filter(str.isdigit, number.partition("@")[0].partition(":")[0]))
        if not 10 <= len(digits) <= 15 or any(same_person(digits, n) for n in self.faults.missing_numbers):
            return None
        known = self.people.get(person_key(digits))
        return known.jid if known else f"{registered(digits)}@s.whatsapp.net"

    def phone_of(self, jid: str) -> str:
        known = self.by_lid.get(jid)
        return known.phone if known else jid.partition("@")[0]
