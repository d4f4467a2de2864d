"""The timers of leases, sweeps and settling, in one place; tests shorten them. All in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timers:
    lease: float = 45
    """How long a conversation's lease lasts without renewal."""
    renew: float = 15
    sweep: float = 5
    sweep_without_redis: float = 2
    send: float = 30
    """How long a provider may take to answer a send."""
    send_file: float = 120
    """The same for a message with a file."""
    settle: float = 30
    """After a send's deadline, how long until a provider's 'no' counts."""
    ask_again: float = 20
    """Between two times a provider denies a send before it may be tried again."""
    backoff_first: float = 2
    backoff_cap: float = 300
    media_first: float = 5
    """After the first failure of a file's fetching, how long until the next try."""
    media_cap: float = 1800
    media_wait: float = 45
    """How long a turn waits for a file to be put into words."""
    picture: float = 15
    """How long it may take to look at a picture."""
    model: float = 40
    """How long one call of a model may take."""
    typing_speed: float = 60
    """Characters a second at which a further bubble is typed, which people see before it comes."""
    typing_longest: float = 4
    """The longest that a bubble is typed."""
    turn: float = 90
    """How long a turn may take in all."""
    reconcile: float = 600
    """Between two times a channel's provider is asked for what it has and we lack."""
    reconcile_overlap: float = 900
    """How far before the last time it is asked about, for what was stored late over there."""
    reconcile_grace: float = 30
    """What is younger than this may still be on its way, and is not asked about."""
    start_gap: float = 20
    """Between two people that a new number writes to first, on average."""
    pairing_look: float = 4
    """Between two looks at the code of a provider that does not tell when it changes."""
    silence: float = 600
    """The least silence of a channel that is asked whether it is still connected."""


PRODUCTION = Timers()
