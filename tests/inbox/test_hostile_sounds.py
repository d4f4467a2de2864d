"""Sounds that cost or that are none: hours of Opus, broken boxes, recordings of nothing. A contact's is kept and
answered unheard, and nobody is paid for hearing it; a member's without any sound is refused."""

from __future__ import annotations

import base64
import struct

import pytest

from evoai.inbox.service.sounds import seconds_of
from evoai.simulator.files import tone
from tests.house import House, eventually
from tests.inbox.scenes import ANA, answered, settled, switched, thoughts

RATE = 48_000
HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, RATE, 0, 0)
HOURS = 10 * 3600
_SILENCE = b"\xfb\x06"
"""Six frames of 20 ms without a byte."""
_A_PAGE = 255
_PAGE_SECONDS = _A_PAGE * 0.12


def page(position: int, packets: list[bytes], kind: int = 0) -> bytes:
    """Of packets under 255 bytes; nobody checks its checksum here."""
    table = bytes(len(packet) for packet in packets)
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, kind, position, 1, 0, 0, len(table))
    return head + table + b"".join(packets)


def opus(seconds: float, *, told: float | None = None) -> bytes:
    """Silence; its pages tell another length with `told`."""
    heads = page(0, [HEAD], 2) + page(0, [b"OpusTags" + bytes(8)])
    position = round((seconds if told is None else told) * RATE)
    return heads + page(position, [_SILENCE] * _A_PAGE) * round(seconds / _PAGE_SECONDS)


NOTHING = opus(0)
WAV = tone("", 1)
UNHEARD = {
    "B129 ten hours": opus(HOURS),
    "B129 ten hours that claim to be two seconds": opus(HOURS, told=2),
    "B129 half an hour that claims to be ten": opus(1800, told=HOURS),
    "B129 noise in a box": b"OggS" + bytes(range(256)) * 40,
    "B129 a head and noise": page(0, [HEAD], 2) + bytes(range(256)) * 40,
    "B129 a page that ends too early": opus(60)[:200],
    "B129 a voice note of nothing": NOTHING,
    "B129 WAV of nothing": WAV[: WAV.index(b"data") + 4] + bytes(4),
    "B129 WAV cut off in its head": WAV[:30],
}
SILENT = [case for case in UNHEARD if "hour" not in case]


@pytest.mark.parametrize("case", UNHEARD)
async def test_B129_a_sound_that_nobody_should_hear_is_answered_unheard(house: House, case: str) -> None:
    clinic = await house.clinic()
    body, before = UNHEARD[case], heard(house)
    clinic.says(ANA, "", kind="audio", data=base64.b64encode(body).decode(), seconds=2)
    message = await settled(clinic)
    await answered(clinic, ANA)
    told = message["media"]
    assert (told["state"], told["error"], message["transcript"]) == ("ready", "not-read", None)
    assert (await clinic.client.open(told["url"]))[1] == body
    assert heard(house) == before
    assert await house.rows("select purpose from charges where tenant_id = $1", clinic.client.tenant_id) == []
    (thought,) = [call for call in thoughts(clinic, "[áudio]") if call.messages[-1]["content"] == "[áudio]"][-1:]
    assert thought.messages[-1]["role"] == "user"


async def test_B129_a_voice_note_without_a_byte_is_asked_for_again_and_then_given_up(house: House) -> None:
    clinic, before = await house.clinic(), heard(house)
    tenant_id = clinic.client.tenant_id
    async with switched(house, media_wrong="empty"):
        clinic.says(ANA, "", kind="audio")
        await eventually(lambda: house.rows("select id from media where tenant_id = $1", tenant_id))
        await house.run("update media set attempts = 9 where tenant_id = $1", tenant_id)
        message = await settled(clinic, failed=True)
        await answered(clinic, ANA)
    assert (message["media"]["error"], message["media"]["url"]) == ("not-fetched", None)
    assert heard(house) == before


@pytest.mark.parametrize("voice", ["true", "false"])
@pytest.mark.parametrize("case", SILENT)
async def test_B129_a_members_sound_without_any_is_refused(house: House, case: str, voice: str) -> None:
    client = await house.sign_up()
    name = "a.wav" if "WAV" in case else "a.ogg"
    answer = await client.send_file("/media", name, UNHEARD[case], voice=voice)
    assert (answer.status, answer["code"]) == (422, "unprocessable-file")
    assert await house.rows("select id from media where tenant_id = $1", client.tenant_id) == []


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (opus(61.2), 61.2),
        (opus(61.2, told=61.5), 61.5),
        (opus(61.2, told=0)[:-10], _PAGE_SECONDS),
        (page(0, [b"\x01vorbis" + bytes(23)], 2) + bytes(3942), 2.0),
        (tone("oi", 3), 3.0),
        (b"ID3" + bytes(7997), 4.0),
    ],
)
def test_how_long_a_sound_is(body: bytes, seconds: float) -> None:
    assert seconds_of(body, None) == pytest.approx(seconds, abs=0.02)


def test_counting_ends_once_a_sound_is_too_long() -> None:
    assert 60 <= seconds_of(opus(HOURS, told=0), None, 60) < 120


def heard(house: House) -> int:
    return sum(1 for entry in house.sim.log if entry.kind == "hearing")
