"""Voice notes from browsers: what was recorded as WebM goes out as Ogg, packet for packet."""

from __future__ import annotations

import struct

import pytest

from tests.house import House

HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 48_000, 0, 0)
# One frame of 20 ms each; the sizes at which Ogg's table of lengths is easily wrong.
PACKETS = [b"\xf8" + bytes([number % 251]) * size for number, size in enumerate([3, 254, 255, 509, 510, 100] * 40)]
UNKNOWN = b"\x01\xff\xff\xff\xff\xff\xff\xff"


def element(name: int, body: bytes, size: bytes | None = None) -> bytes:
    own = name.to_bytes((name.bit_length() + 7) // 8)
    return own + (size or struct.pack(">Q", 1 << 56 | len(body))) + body


def webm(packets: list[bytes], *, codec: bytes = b"A_OPUS", head: bytes = HEAD, flags: int = 0x80) -> bytes:
    """As a browser writes it: nobody knows yet how long it will be, and clusters follow each other."""
    track = element(0xAE, element(0xD7, b"\x01") + element(0x86, codec) + element(0x63A2, head))
    clusters = b""
    for first in range(0, len(packets), 50):
        blocks = [
            element(0xA3, struct.pack(">BhB", 0x81, 20 * number, flags) + packet)
            for number, packet in enumerate(packets[first : first + 50])
        ]
        clusters += element(0x1F43B675, element(0xE7, b"\x00") + b"".join(blocks), UNKNOWN)
    return element(0x1A45DFA3, element(0x4282, b"webm")) + element(
        0x18538067, element(0x1654AE6B, track) + clusters, UNKNOWN
    )


def checksum(page: bytes) -> int:
    value = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x104C11DB7 if value & 0x80000000 else 0)
    return value


def opened(data: bytes) -> tuple[list[bytes], list[int], list[int]]:
    """Packets, and of each page its kind and the sample that it ends with."""
    packets, kinds, ends, at, held = list[bytes](), list[int](), list[int](), 0, b""
    while at < len(data):
        mark, _, kind, end, _, number, said, count = struct.unpack("<4sBBqIIIB", data[at : at + 27])
        assert (mark, number) == (b"OggS", len(kinds))
        table = data[at + 27 : at + 27 + count]
        body = at + 27 + count
        assert checksum(data[at : body + sum(table)]) == said
        at = body
        for size in table:
            held += data[at : at + size]
            at += size
            if size < 255:
                packets.append(held)
                held = b""
        kinds.append(kind)
        ends.append(end)
    return packets, kinds, ends


async def test_a_browsers_recording_goes_out_as_ogg(house: House) -> None:
    client = await house.sign_up()
    media = await client.send_file("/media", "voz.webm", webm(PACKETS), voice="true")
    assert (media.status, media["kind"], media["mime_type"], media["name"]) == (201, "audio", "audio/ogg", "voz.ogg")
    assert (media["voice"], media["seconds"]) == (True, 5)
    status, data, headers = await client.open(media["url"])
    assert (status, headers["content-type"], len(data)) == (200, "audio/ogg", media["size"])
    (head, tags, *packets), kinds, ends = opened(data)
    assert (head, tags[:8], packets) == (HEAD, b"OpusTags", PACKETS)
    assert (kinds[0], kinds[-1], set(kinds[1:-1])) == (2, 4, {0})
    assert ends == sorted(ends)
    assert ends[-1] == 960 * len(PACKETS)


@pytest.mark.parametrize(
    "data",
    [
        webm(PACKETS, codec=b"A_VORBIS"),
        webm(PACKETS, head=b"something"),
        webm(PACKETS, flags=0x82),
        webm([]),
        webm([b""]),
        webm(PACKETS)[:60],
        b"\x1aE\xdf\xa3" + bytes(50),
    ],
)
async def test_what_cannot_be_read_stays_what_it_was(house: House, data: bytes) -> None:
    client = await house.sign_up()
    media = await client.send_file("/media", "voz.webm", data, voice="true")
    assert (media.status, media["mime_type"], media["size"]) == (201, "audio/webm", len(data))


async def test_a_recording_cut_off_in_the_middle_keeps_what_is_there(house: House) -> None:
    client = await house.sign_up()
    media = await client.send_file("/media", "voz.webm", webm(PACKETS)[:-50], voice="true")
    packets, _, _ = opened((await client.open(media["url"]))[1])
    assert packets[2:] == PACKETS[:-1]
