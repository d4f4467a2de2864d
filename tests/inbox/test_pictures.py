"""Pictures that bite, and pictures that tell too much: a member's is refused and a contact's has failed; what is kept
shows what it showed, and says nothing of where it was taken."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from functools import cache
from uuid import UUID

import pytest

from evoai.inbox.service import files, media
from evoai.kit.errors import Invalid
from evoai.kit.storage import key_of
from tests.house import Clinic, House
from tests.inbox.photos import HIGH, SECRET, WIDE, film, gif_of, photo, png_of, says_it_is, seen
from tests.inbox.scenes import ANA, answered, settled

JPEG = photo("jpeg")
BAD = {
    "B128 bomb of 50,000 by 50,000": ("png", lambda: png_of(50_000, 50_000), "too-large"),
    "B128 a head that says 60,000 by 60,000": ("jpg", lambda: says_it_is(JPEG, 60_000, 60_000), "too-large"),
    "B128 WebP of 16,000 by 16,000": ("webp", lambda: huge_webp(), "too-large"),
    "B128 GIF of 10,000 frames": ("gif", lambda: gif_of(10_000), "too-large"),
    "B128 WebP of 501 frames": ("webp", lambda: film("webp", 501, lossless=True, minimize_size=False), "too-large"),
    "B128 APNG of 501 frames": ("png", lambda: film("png", 501), "too-large"),
    "B128 JPEG cut off": ("jpg", lambda: JPEG[: len(JPEG) * 2 // 3], "damaged"),
    "B128 JPEG of noise": ("jpg", lambda: b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20, "damaged"),
    "B128 PNG cut off": ("png", lambda: photo("png")[:-40], "damaged"),
    "B128 GIF cut off": ("gif", lambda: gif_of(3)[:-8], "damaged"),
    "B128 WebP without a picture": ("webp", lambda: b"RIFF\x04\0\0\0WEBP", "damaged"),
}


def huge_webp() -> bytes:
    still = photo("webp", 1)
    at = still.index(b"VP8X") + 12
    return still[:at] + (15_999).to_bytes(3, "little") * 2 + still[at + 6 :]


@cache
def bad(case: str) -> bytes:
    return BAD[case][1]()


@pytest.mark.parametrize("case", BAD)
async def test_B128_a_members_hostile_picture_is_refused(house: House, case: str) -> None:
    client = await house.sign_up()
    answer = await client.send_file("/media", f"foto.{BAD[case][0]}", bad(case))
    assert (answer.status, answer["code"]) == (422, "unprocessable-file")
    assert await house.rows("select id from media where tenant_id = $1", client.tenant_id) == []
    good = await client.send_file("/media", "foto.jpg", JPEG)
    assert good.status == 201, good.body


@pytest.mark.parametrize("case", BAD)
async def test_B128_a_contacts_hostile_picture_is_not_kept(house: House, case: str) -> None:
    clinic = await house.clinic()
    _, _, reason = BAD[case]
    says(clinic, bad(case), text="olha")
    message = await settled(clinic, failed=True)
    await answered(clinic, ANA)
    told = message["media"]
    assert (told["error"], told["url"], told["retryable"], message["transcript"]) == (reason, None, False, None)
    with pytest.raises(FileNotFoundError):
        await stored(clinic, told["id"])
    letters = (await clinic.client.get("/dead-letters"))["items"]
    assert [(letter["kind"], letter["reason"]) for letter in letters] == [("media", reason)]


TURNS = {
    1: ((WIDE, HIGH), "upper left"),
    3: ((WIDE, HIGH), "lower right"),
    5: ((HIGH, WIDE), "upper left"),
    6: ((HIGH, WIDE), "upper right"),
    8: ((HIGH, WIDE), "lower left"),
}


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
async def test_B128_an_upload_says_nothing_of_its_place_and_stands_upright(house: House, kind: str, turn: int) -> None:
    client, data = await house.sign_up(), photo(kind, turn)
    assert SECRET.encode() in data
    media = await client.send_file("/media", f"foto.{kind}", data)
    assert (media.status, media["kind"], media["mime_type"]) == (201, "image", f"image/{kind}")
    status, body, headers = await client.open(media["url"])
    assert (status, headers["content-type"], len(body)) == (200, f"image/{kind}", media["size"])
    assert seen(body) == (*TURNS[turn], {})
    assert SECRET.encode() not in body
    if turn == 1 and kind != "webp":
        # Nothing was encoded anew: it is what the same picture would be that never had any.
        assert body == photo(kind)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("sent_as", ["image", "document"])
async def test_B128_a_contacts_photo_says_nothing_of_its_place(house: House, kind: str, sent_as: str) -> None:
    clinic = await house.clinic()
    says(clinic, photo(kind, 6), kind=sent_as, file_name=f"foto.{kind}")
    told = (await settled(clinic))["media"]
    assert (told["kind"], told["mime_type"]) == (sent_as, f"image/{kind}")
    status, body, _ = await clinic.client.open(told["url"])
    assert (status, len(body)) == (200, told["size"])
    assert seen(body) == (*TURNS[6], {})
    assert SECRET.encode() not in body
    assert await stored(clinic, told["id"]) == body


async def test_B128_what_follows_a_picture_goes_with_its_metadata(house: House) -> None:
    client = await house.sign_up()
    still = await client.send_file("/media", "foto.jpg", JPEG + photo("jpeg", 3))
    assert (await client.open(still["url"]))[1] == JPEG
    moving = film("gif", 3, comment=SECRET.encode())
    assert SECRET.encode() in moving
    kept = (await client.open((await client.send_file("/media", "a.gif", moving))["url"]))[1]
    assert SECRET.encode() not in kept
    assert kept == film("gif", 3)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jpg", JPEG),
        ("a.jpg", photo("jpeg", progressive=True, quality=95, subsampling=0, icc_profile=b"profile" * 30)),
        ("a.png", photo("png")),
        ("a.png", film("png", 4)),
        ("a.webp", photo("webp", lossless=True)),
        ("a.webp", film("webp", 4)),
        ("a.gif", film("gif", 4)),
        ("a.gif", gif_of(500)),
    ],
)
async def test_a_picture_without_metadata_is_kept_byte_for_byte(house: House, name: str, data: bytes) -> None:
    client = await house.sign_up()
    media = await client.send_file("/media", name, data)
    assert (media.status, (await client.open(media["url"]))[1]) == (201, data)


async def test_B128_a_look_that_takes_too_long_is_a_refusal_and_may_be_tried_again(house: House) -> None:
    clinic, timers = await house.clinic(), house.resources.timers
    house.resources.timers = replace(timers, picture=0.001)
    try:
        says(clinic, JPEG)
        told = (await settled(clinic, failed=True))["media"]
        with pytest.raises(Invalid, match="unprocessable-file"):
            await media.upload(
                house.resources,
                clinic.client.tenant_id,  # type: ignore[arg-type]
                io.BytesIO(JPEG),
                files.Found("image", "image/jpeg", "a.jpg"),
                voice=False,
            )
    finally:
        house.resources.timers = timers
    assert (told["error"], told["retryable"]) == ("damaged", True)
    assert (await clinic.client.post(f"/media/{told['id']}/retry")).status == 200
    assert (await clinic.client.open((await settled(clinic))["media"]["url"]))[1] == JPEG


def says(clinic: Clinic, data: bytes, *, text: str = "", kind: str = "image", **more: str) -> None:
    clinic.says(ANA, text, kind=kind, data=base64.b64encode(data).decode(), **more)


async def stored(clinic: Clinic, media_id: str) -> bytes:
    tenant_id = clinic.client.tenant_id
    assert tenant_id is not None
    return await clinic.house.resources.storage.get(key_of(tenant_id, UUID(media_id)))
