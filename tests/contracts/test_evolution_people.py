"""Who wrote to an Evolution server, under what name and when, in all the forms that the contract describes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from evoai.channels.adapters.incoming import Address, Unreadable
from tests.contracts.of_evolution import (
    ANA,
    LID,
    OWN,
    PN,
    Json,
    at,
    inbound,
    keyed,
    through,
)


@pytest.mark.parametrize(
    ("key", "phone", "lid"),
    [
        ({"remoteJid": LID}, None, ANA.lid),
        ({"remoteJid": LID, "senderPn": PN, "senderLid": LID}, ANA.phone, ANA.lid),
        ({"remoteJid": PN, "previousRemoteJid": LID, "senderPn": PN, "senderLid": LID}, ANA.phone, ANA.lid),
        ({"remoteJid": LID, "remoteJidAlt": PN, "addressingMode": "lid"}, ANA.phone, ANA.lid),
        ({"remoteJid": PN, "remoteJidAlt": PN, "addressingMode": "lid"}, ANA.phone, None),
        ({"remoteJid": PN, "remoteJidAlt": LID, "addressingMode": "pn"}, ANA.phone, ANA.lid),
        ({"remoteJid": "5511987654321:12@s.whatsapp.net"}, ANA.phone, None),
        ({"remoteJid": "5511987654321_1:3@S.WhatsApp.net"}, ANA.phone, None),
        ({"remoteJid": "5511987654321@c.us"}, ANA.phone, None),
        ({"remoteJid": "5511987654321@hosted"}, ANA.phone, None),
        ({"remoteJid": "128834450127931@hosted.lid"}, None, ANA.lid),
        ({"remoteJid": LID, "remoteJidAlt": None, "senderPn": ""}, None, ANA.lid),
        ({"remoteJid": LID, "senderPn": OWN}, None, ANA.lid),
        ({"remoteJid": OWN}, "5531988120045", None),
        ({"remoteJid": LID, "senderPn": OWN, "fromMe": True}, None, ANA.lid),
        ({"remoteJid": LID, "remoteJidAlt": PN, "fromMe": True}, ANA.phone, ANA.lid),
    ],
)
def test_key_generations(key: Json, phone: str | None, lid: str | None) -> None:
    assert inbound(keyed(key)).chat == Address(phone=phone, lid=lid)


def test_our_own_number_is_not_the_contact_even_without_its_ninth_digit() -> None:
    assert inbound(keyed({"remoteJid": LID, "senderPn": "553188120045@s.whatsapp.net"})).chat == Address(lid=ANA.lid)


def test_the_author_of_our_own_message_is_not_the_contact() -> None:
    envelope = keyed({"remoteJid": LID, "senderPn": OWN, "senderLid": "66120094417788@lid", "fromMe": True})
    del envelope["sender"]
    assert inbound(envelope).chat == Address(lid=ANA.lid)


@pytest.mark.parametrize(
    ("remote_jid", "reason"),
    [
        ("120363041122334455@g.us", "group"),
        ("5511987654321-1400000000@g.us", "group"),
        ("status@broadcast", "status-broadcast"),
        ("1763640000@broadcast", "broadcast"),
        ("120363999@newsletter", "newsletter"),
        ("867051314767696@bot", "bot"),
        ("0@s.whatsapp.net", "system"),
    ],
)
def test_what_is_none_of_our_business(remote_jid: str, reason: str) -> None:
    event = inbound(keyed({"remoteJid": remote_jid, "participant": LID, "participantAlt": PN}))
    assert (event.ignore, event.chat) == (reason, None)


@pytest.mark.parametrize("remote_jid", [None, "", "nobody", "x@s.whatsapp.net", "@lid", 17, "٣٤@lid"])
def test_a_message_of_nobody_is_unreadable(remote_jid: Any) -> None:
    with pytest.raises(Unreadable, match="no-address"):
        through(keyed({"remoteJid": remote_jid}))


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (1763640000, at(1763640000)),
        ("1763640000", at(1763640000)),
        ({"low": 1763640000, "high": 0, "unsigned": True}, at(1763640000)),
        (1763640000000, at(1763640000)),
        ("1763640000000", at(1763640000)),
        ({"low": -1591656448, "high": 410, "unsigned": False}, at(1763640000).replace(microsecond=0)),
        (1763640000.0, at(1763640000)),
        (1763640000000000, at(1763640000)),
        (0, None),
        (1, None),
        (-5, None),
        (86400, None),
        (4070908800, None),
        ("2025-11-20", None),
        ("", None),
        (None, None),
        (True, None),
        ([], None),
        ({"low": "x"}, None),
        (10**30, None),
        ("9" * 400, None),
        (1e308, None),
    ],
)
def test_timestamps(stamp: Any, expected: datetime | None) -> None:
    found = inbound(keyed({"remoteJid": PN}, messageTimestamp=stamp)).at
    if isinstance(stamp, dict) and stamp.get("high"):
        assert found is not None
        assert abs((found - at(410 * 2**32 // 1000 + (2**32 - 1591656448) // 1000)).total_seconds()) < 2
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("name", "from_me", "expected"),
    [
        ("Ana", False, "Ana"),
        ("  Ana  ", False, "Ana"),
        ("Ana", True, None),
        ("Você", False, None),
        ("5511987654321", False, None),
        ("+55 11 98765-4321", False, None),
        ("128834450127931@", False, None),
        ("", False, None),
        (None, False, None),
        (5, False, None),
        ("Loja 24h", False, "Loja 24h"),
        ("🌸", False, "🌸"),
    ],
)
def test_names(name: Any, from_me: bool, expected: str | None) -> None:
    assert inbound(keyed({"remoteJid": PN, "fromMe": from_me}, pushName=name)).name == expected
