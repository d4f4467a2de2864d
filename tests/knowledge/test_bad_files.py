"""Files that bite: each ends as a refusal or as `failed` with its reason, and the next document is worked."""

from __future__ import annotations

import zlib
from pathlib import Path
from uuid import UUID

import pytest

from evoai.knowledge.parsing.sandbox import parse
from tests.house import House, eventually
from tests.knowledge.files import archive, pdf, sheet, with_part, word
from tests.knowledge.forms import send_file, settled

ENCRYPTED = (Path(__file__).parent / "data" / "encrypted.pdf").read_bytes()
WORD = word(("Heading 1", "Trocas"), ("Normal", "Em trinta dias."))
ENTITY = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
LAUGHS = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>'
FAILED = {
    "B125 password": ("a.pdf", ENCRYPTED, "encrypted"),
    "B125 no text layer": ("a.pdf", pdf([[], []]), "needs-ocr"),
    "B125 5,000 pages": ("a.pdf", pdf([[("oi", 10)]] * 5000), "too-many-pages"),
    "B125 cut off": ("a.pdf", b"%PDF-1.7\n1 0 obj\n<<", "damaged"),
    "B123 bomb": ("a.docx", with_part(WORD, "word/media/a.bin", b"0" * 120_000_000), "too-large-inside"),
    "B123 2,000 entries": ("a.docx", archive({f"{i}": "x" for i in range(2000)}), "too-large-inside"),
    "B123 no document": ("a.docx", archive({"a.txt": "x"}), "damaged"),
    "B124 external entity": ("a.docx", with_part(WORD, "word/document.xml", ENTITY), "unsafe-file"),
    "B124 billion laughs": ("a.xlsx", with_part(sheet([["a"]]), "xl/workbook.xml", LAUGHS), "unsafe-file"),
    "B124 deep": ("a.docx", with_part(WORD, "word/document.xml", b"<a>" * 200_000), "damaged"),
    "B127 open quote": ("a.csv", b'a,b\n1,2\n"x,1\n', "bad-table"),
    "B127 columns": ("a.csv", b"a," * 100_000, "bad-table"),
    "nothing to read": ("a.html", b"<html><script>x()</script></html>", "no-text"),
}


@pytest.mark.parametrize("case", FAILED)
async def test_it_fails_with_its_reason(house: House, case: str) -> None:
    name, data, code = FAILED[case]
    client = await house.sign_up()
    added = await send_file(client, name, data)
    assert added.status == 201, added.body
    failed = await settled(client, added["id"])
    assert (failed["state"], failed["error"]["code"], failed["chunks"]) == ("failed", code, 0)
    if code == "bad-table":
        assert failed["error"]["detail"] in ("1", "3")
    good = await send_file(client, "bom.txt", b"Abrimos cedo.")
    assert (await settled(client, good["id"]))["state"] == "ready"


EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
REFUSED = {
    "B132 EICAR": ("a.txt", EICAR, 422, "unprocessable-file"),
    "B119 empty": ("a.txt", b"", 422, "empty-file"),
    "B119 too large": ("a.txt", b"a" * (25 * 1024 * 1024 + 1), 413, "payload-too-large"),
    "B120 program": ("a.pdf", b"MZ\x90\0" + b"\0" * 100, 422, "unprocessable-file"),
    "wrong ending": ("a.pdf", b"apenas texto", 422, "unprocessable-file"),
    "pdf as text": ("a.txt", ENCRYPTED, 422, "unprocessable-file"),
    "unknown": ("a.exe", b"MZ", 422, "unprocessable-file"),
    "old office": ("a.doc", b"\xd0\xcf\x11\xe0" + b"x" * 100, 422, "unprocessable-file"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_it_is_refused_at_the_door(house: House, case: str) -> None:
    name, data, status, code = REFUSED[case]
    client = await house.sign_up()
    answer = await send_file(client, name, data)
    assert (answer.status, answer["code"]) == (status, code)
    assert (await client.get("/documents"))["items"] == []
    assert (await client.get("/usage"))["documents"]["used"] == 0


async def test_F16_a_parser_that_dies_is_a_dead_letter_and_nothing_more(house: House) -> None:
    client = await house.sign_up()
    added = await send_file(client, "a.pdf", pdf([[], []]))
    await settled(client, added["id"])
    # No parser has this name, so its process ends with a traceback, as one with a defect would.
    await house.run("update documents set kind = 'no-such' where id = $1", UUID(added["id"]))
    assert (await client.post(f"/documents/{added['id']}/retry")).status == 200

    async def failed_again() -> bool:
        return (await client.get(f"/documents/{added['id']}"))["error"] == {"code": "parser-crashed", "detail": None}

    await eventually(failed_again, 60)
    letters = await house.rows("select kind, ref_id, reason from dead_letters where tenant_id = $1", client.tenant_id)
    assert [tuple(row) for row in letters] == [("document", UUID(added["id"]), "parser-crashed")]
    good = await send_file(client, "bom.txt", b"Abrimos cedo.")
    assert (await settled(client, good["id"]))["state"] == "ready"

    await house.run("update documents set kind = 'pdf' where id = $1", UUID(added["id"]))
    (letter,) = (await client.get("/dead-letters?state=open"))["items"]
    assert (await client.post(f"/dead-letters/{letter['id']}/replay"))["closed_as"] == "replayed"
    assert (await settled(client, added["id"]))["error"]["code"] == "needs-ocr"


async def test_T53_a_parser_that_runs_on_is_ended(house: House) -> None:
    parsed = await parse("html", b"<div>" * 1_000_000, seconds=1)
    assert parsed.refused == "took-too-long"


async def test_B126_one_line_of_ten_megabytes_is_cut_into_passages() -> None:
    parsed = await parse("txt", b"palavra " * 1_200_000)
    assert parsed.refused is None
    assert sum(len(block.text) for block in parsed.blocks) > 9_000_000


async def test_B125_a_pdf_of_noise_is_damaged() -> None:
    noise = zlib.compress(bytes(range(256)) * 1000)
    assert (await parse("pdf", b"%PDF-1.4\n" + noise)).refused == "damaged"
