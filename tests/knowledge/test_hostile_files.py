"""Files that are read although they mean harm: of each only what people see becomes knowledge, nothing of it is run or
fetched, and it is given out as a download alone."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from typing import Any
from uuid import UUID

import pytest

from tests.house import Client, House
from tests.knowledge.files import archive, assembled, pdf, with_part, word
from tests.knowledge.forms import send_file, send_form, settled

RULE = "Trocas em até trinta dias."
WORD = word(("Normal", RULE))
GUIDE = pdf([[(RULE, 12)]])


def _content(text: str) -> list[bytes]:
    """The objects of one page with a line of text, the catalog left out."""
    drawn = f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET".encode("cp1252")
    return [
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]


def acting(action: str) -> bytes:
    """A PDF that wants something done when it is opened."""
    return assembled([f"<</Type/Catalog/Pages 2 0 R/OpenAction {action}>>".encode(), *_content(RULE)])


def with_file() -> bytes:
    """A PDF that carries another file."""
    inner = b"segredo do anexo"
    names = "/Names<</EmbeddedFiles<</Names[(a.txt) 6 0 R]>>>>"
    return assembled(
        [
            f"<</Type/Catalog/Pages 2 0 R{names}>>".encode(),
            *_content(RULE),
            b"<</Type/Filespec/F(a.txt)/EF<</F 7 0 R>>>>",
            b"<</Type/EmbeddedFile/Length %d>>stream\n%s\nendstream" % (len(inner), inner),
        ]
    )


def large_picture() -> bytes:
    """One picture of 20,000 by 20,000 points, which unpacks to 400 MB, and no text."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(400)) + packer.flush()
    drawn = b"q 500 0 0 500 0 0 cm /I Do Q"
    return assembled(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>",
            b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
            b"<</Type/XObject/Subtype/Image/Width 20000/Height 20000/ColorSpace/DeviceGray/BitsPerComponent 8"
            b"/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(data), data),
        ]
    )


def many_pages(count: int) -> bytes:
    """The same page again and again."""
    catalog, pages, *rest = [b"<</Type/Catalog/Pages 2 0 R>>", *_content(RULE)]
    kids = b"3 0 R " * count
    return assembled([catalog, pages.replace(b"Count 1", b"Count %d" % count).replace(b"3 0 R", kids), *rest])


def locked_zip() -> bytes:
    """An archive whose entries say that they are encrypted."""
    data = bytearray(WORD)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + at] |= 1
            place = data.find(mark, place + 4)
    return bytes(data)


def twice() -> bytes:
    """An archive with two entries of one name, one of which brings in a file."""
    out = io.BytesIO(WORD)
    entity = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", entity)
    return out.getvalue()


def nested() -> bytes:
    """An archive in an archive, six deep."""
    inner = archive({"a.txt": "segredo do anexo"})
    for level in range(6):
        inner = archive({f"{level}.zip": inner})
    return with_part(WORD, "word/embeddings/a.zip", inner)


def linked(name: str) -> bytes:
    """With a symbolic link to a file outside."""
    out = io.BytesIO(WORD)
    with zipfile.ZipFile(out, "a") as file:
        link = zipfile.ZipInfo(name)
        link.create_system, link.external_attr = 3, 0o120777 << 16
        file.writestr(link, "/etc/passwd")
    return out.getvalue()


TEMPLATE = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"'
    b' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"'
    b' Target="http://127.0.0.1:9/evil.dotm" TargetMode="External"/></Relationships>'
)
DRAWING = (
    f"<svg xmlns='http://www.w3.org/2000/svg' onload='segredo()'><script>segredo()</script><text>{RULE}</text></svg>"
).encode()
SCRIPTS = (
    f"<html><body onload='segredo()'><script>segredo()</script><iframe src='http://127.0.0.1:9/'></iframe>"
    f"<p>{RULE}</p><a href='javascript:segredo()'>ler</a></body></html>"
).encode()
READ: dict[str, tuple[str, bytes]] = {
    "B120 HTML named txt": ("a.txt", SCRIPTS),
    "B120 PDF with a tail of HTML": ("a.pdf", GUIDE + b"\n" + SCRIPTS.replace(RULE.encode(), b"segredo")),
    "B121 SVG": ("a.svg", DRAWING),
    "B121 HTML with scripts": ("a.html", SCRIPTS),
    "B123 archives six deep": ("a.docx", nested()),
    "B123 a link": ("a.docx", linked("word/link.xml")),
    "B123 a path outside": ("a.docx", with_part(WORD, "../../../tmp/segredo.txt", b"segredo")),
    "B123 an absolute path": ("a.docx", with_part(WORD, "/tmp/segredo.txt", b"segredo")),
    "B124 a template from outside": ("a.docx", with_part(WORD, "word/_rels/settings.xml.rels", TEMPLATE)),
    "B125 JavaScript": ("a.pdf", acting("<</S/JavaScript/JS(segredo\\(\\))>>")),
    "B125 a launch": ("a.pdf", acting("<</S/Launch/F(/bin/segredo)>>")),
    "B125 a file within": ("a.pdf", with_file()),
    "B125 a table that names itself": ("a.pdf", GUIDE.replace(b"trailer<<", b"trailer<</Prev 9 ")),
    "B126 UTF-16 without its mark": ("a.txt", RULE.encode("utf-16-le")),
    "B126 Latin-1": ("a.txt", RULE.encode("latin-1")),
    "B126 wrong bytes here and there": ("a.txt", (RULE * 40).encode() + b"\xff\xc3" + RULE.encode()),
    "B126 a charset that is not the page's": (
        "a.html",
        f"<meta charset='no-such'><p>{RULE}</p>".encode(),
    ),
    "B127 a formula": ("a.csv", f'regra,valor\n"{RULE}","=HYPERLINK(""http://127.0.0.1:9"")"\n'.encode()),
    "B127 another delimiter": ("a.csv", f"regra\tvalor\n{RULE}\t1,5\n".encode()),
}
FAILED: dict[str, tuple[str, bytes, str]] = {
    "B123 encrypted": ("a.docx", locked_zip(), "encrypted"),
    "B123 names twice": ("a.docx", twice(), "unsafe-file"),
    "B123 20,000 entries": ("a.docx", archive({f"{i}": "" for i in range(20_000)}), "too-large-inside"),
    "B124 1 GB of XML": ("a.docx", with_part(WORD, "word/a.xml", b" " * 150_000_000), "too-large-inside"),
    "B125 100,000 pages": ("a.pdf", many_pages(100_000), "too-many-pages"),
    "B125 a picture of 20,000 by 20,000": ("a.pdf", large_picture(), "needs-ocr"),
}


@pytest.mark.parametrize("case", READ)
async def test_only_what_people_see_is_read(house: House, case: str) -> None:
    name, data = READ[case]
    client = await house.sign_up()
    added = await send_file(client, name, data)
    assert added.status == 201, added.body
    ready = await settled(client, added["id"])
    assert (ready["state"], ready["error"]) == ("ready", None)
    said = " ".join(row["text"] for row in await _chunks(house, client))
    assert RULE in said
    assert "segredo" not in said
    file = (await client.get(f"/documents/{added['id']}"))["file"]
    status, body, headers = await client.open(file["url"])
    assert (status, body) == (200, data)
    assert headers["content-disposition"].startswith("attachment")
    assert "sandbox" in headers["content-security-policy"]


@pytest.mark.parametrize("case", FAILED)
async def test_it_fails_with_its_reason(house: House, case: str) -> None:
    name, data, code = FAILED[case]
    client = await house.sign_up()
    added = await send_file(client, name, data)
    assert added.status == 201, added.body
    failed = await settled(client, added["id"])
    assert (failed["state"], failed["error"]["code"], failed["chunks"]) == ("failed", code, 0)


async def test_B119_one_byte_is_no_document(house: House) -> None:
    client = await house.sign_up()
    for name in ("a.pdf", "a.docx", "a.xlsx"):
        answer = await send_file(client, name, b"x")
        assert (answer.status, answer["code"]) == (422, "unprocessable-file")


NAMES = ["../../a.txt", "C:\\a.txt", ".htaccess.txt", "a" * 300 + ".txt"]


@pytest.mark.parametrize("name", NAMES)
async def test_B122_a_name_is_shown_and_opens_nothing(house: House, name: str) -> None:
    client = await house.sign_up()
    added = await send_file(client, name, RULE.encode())
    assert added.status == 201, added.body
    shown: str = added["file_name"]
    assert len(shown) <= 255
    assert not set(shown) & set("/\\\0\r\n")
    stored = house.resources.settings.data_dir / "files" / str(client.tenant_id)
    assert [path.name for path in stored.iterdir()] == [str(UUID(added["id"]))]


async def test_B122_a_zero_in_a_name_is_not_shown(house: House) -> None:
    client = await house.sign_up()
    head = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a\0b.txt"\r\n\r\n'
    answer = await send_form(client, head + b"oi\r\n--x--\r\n", content_type="multipart/form-data; boundary=x")
    assert (answer.status, answer["file_name"], answer["title"]) == (201, "ab.txt", "ab")


async def _chunks(house: House, client: Client) -> list[Any]:
    return await house.rows("select text from chunks where tenant_id = $1 order by position", client.tenant_id)
