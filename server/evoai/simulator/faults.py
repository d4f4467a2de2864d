"""The switches of the world, with their defaults. What they do stands where they are read."""

from __future__ import annotations

from typing import Literal

import msgspec

KeyGeneration = Literal["2.2.3", "2.3.4", "2.3.6", "2.3.7", "2.4.0"]
MediaWrong = Literal["", "html", "eicar", "empty", "huge", "null"]
ModelError = Literal["", "500", "429", "slow", "empty", "malformed"]


class Faults(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every switch of the world. Rates are shares from 0 to 1, `_ms` milliseconds, `_s` seconds."""

    latency_ms: int = 0
    error_rate: float = 0.0
    """Share of provider calls refused before anything happened, with `error_status` or, where 0, 500 or 503."""
    error_status: int = 0
    hang_up_before_accept: float = 0.0
    hang_up_after_accept: float = 0.0
    """Share of sends that are accepted, then the connection is closed without an answer."""
    drop_answers: float = 0.0
    """Share of sends that are accepted and never answered: the connection stays open for `hold_s`."""
    hold_s: float = 60.0
    accept_then_400: float = 0.0
    missing_numbers: list[str] = []
    license_required: bool = False
    cloud_error: int = 0
    """The code with which the Cloud API refuses sends; 0 for none."""
    cloud_error_late: bool = False
    """It takes the send first, and tells the refusal as a status."""
    cloud_pair_limit: int = 0
    """Sends to one person in four and a half minutes, over which it says that this is too fast; 0 for no limit."""
    cloud_batch_ms: int = 0
    """It gathers webhooks this long, and tells them in one body."""
    reachout_timelock: bool = False
    """WhatsApp refuses sends to people who never wrote to the number (UAZAPI tells so)."""
    uazapi_init: bool = False
    """A UAZAPI server of an older edition: instances are made at another address."""
    uazapi_words: bool = False
    """UAZAPI writes booleans of receipts as words, and their times as ISO text."""
    loose_find: bool = False
    """findMessages ignores a lone remoteJid, as the real one does."""

    connect_not_ready: int = 0
    """How many `connect` answers are `{"count":0}` before the first QR."""
    qr_seconds: float = 45.0
    qr_limit: int = 30
    scan_ms: int = 60

    silent: bool = False
    """No webhook leaves although all looks well."""
    duplicate_rate: float = 0.0
    reorder_rate: float = 0.0
    """Share of webhooks held back for up to `reorder_ms`, so that later ones overtake them."""
    reorder_ms: int = 400
    hook_delay_ms: int = 0
    hook_timeout_s: float = 30.0
    retry_time_factor: float = 1.0
    key_generation: KeyGeneration = "2.3.7"
    utc_offset_minutes: int = -180
    """Of the server's wall clock, which is written with a `Z` all the same."""

    media_fail_first: int = 0
    """How often the file of each message cannot be had before it can."""
    media_ms: int = 0
    media_wrong: MediaWrong = ""
    """What comes instead of a file, or of its answer."""

    receipts: bool = True
    server_ack_ms: int = 40
    delivery_ack_ms: int = 150
    read_ms: int = 1500
    receipt_loss: float = 0.0

    model_ms: int = 300
    model_error: ModelError = ""
    model_error_rate: float = 1.0
    """Share of the model calls that `model_error` hits."""
    model_slow_s: float = 60.0


INSTANCE_FAULTS = frozenset(
    {
        "silent",
        "reachout_timelock",
        "duplicate_rate",
        "reorder_rate",
        "reorder_ms",
        "hook_delay_ms",
        "key_generation",
        "receipts",
        "server_ack_ms",
        "delivery_ack_ms",
        "read_ms",
        "receipt_loss",
        "cloud_error",
        "cloud_error_late",
    }
)
