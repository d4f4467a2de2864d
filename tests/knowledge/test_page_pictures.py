"""A message's PDF is looked into page by page, as pictures; what does not open says so."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from evoai.simulator.files import tone
from tests.house import House
from tests.knowledge.files import pdf

ENCRYPTED = (Path(__file__).parent / "data" / "encrypted.pdf").read_bytes()


async def test_each_page_is_a_picture(house: House) -> None:
    client = await house.sign_up()
    media = await client.send_file("/media", "a.pdf", pdf([[("Total 120", 30)], [], [("Obrigado", 12)]]))
    shown = []
    for number in (1, 2, 3):
        page = await client.get(f"/media/{media['id']}/pages/{number}")
        assert (page.status, page.headers["content-type"], page.headers["x-pages"]) == (200, "image/png", "3")
        assert page.body.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", page.body[16:24])
        assert (width, 1000 <= height <= 2000) == (1000, True)
        (size,) = struct.unpack(">I", page.body[33:37])
        lines = zlib.decompress(page.body[41 : 41 + size])
        assert len(lines) == height * (1 + 3 * width)
        shown.append(b"\0\0\0" in lines)
    # Black on white where there are words, white alone where there are none.
    assert shown == [True, False, True]
    for number in (0, 4):
        assert (await client.get(f"/media/{media['id']}/pages/{number}")).status == 404


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.pdf", ENCRYPTED), ("a.pdf", b"%PDF-1.7\n1 0 obj\n<<"), ("a.wav", tone("oi", 1)), ("a.txt", b"texto")],
)
async def test_what_has_no_pages_says_so(house: House, name: str, data: bytes) -> None:
    client = await house.sign_up()
    media = await client.send_file("/media", name, data)
    answer = await client.get(f"/media/{media['id']}/pages/1")
    assert (answer.status, answer["code"]) == (422, "unprocessable-file")
