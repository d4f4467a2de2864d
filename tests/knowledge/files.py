"""Files made by code: PDF, DOCX and XLSX small enough to read here, and hostile ones."""

from __future__ import annotations

import io
import zipfile
import zlib

import docx


def pdf(pages: list[list[tuple[str, int]]], *, white: bool = False, info: dict[str, str] | None = None) -> bytes:
    """One page for each list of (text, size of its letters); `white` on white, with `info` about itself."""
    objects: list[bytes] = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    kids: list[str] = []
    for lines in pages:
        y, drawn = 780, ["1 1 1 rg"] if white else []
        for text, size in lines:
            shown = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            drawn.append(f"BT /F1 {size} Tf 50 {y} Td ({shown}) Tj ET")
            y -= size + 8
        content = zlib.compress("\n".join(drawn).encode("cp1252"))
        number = len(objects) + 1
        kids.append(f"{number} 0 R")
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {number + 1} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>".encode()
        )
        objects.append(b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(content), content))
    told = "".join(f"/{name}<{text.encode('utf-16').hex()}>" for name, text in (info or {}).items())
    if told:
        objects.append(f"<<{told}>>".encode())
    objects[1] = f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(kids)}]>>".encode()
    return assembled(objects, f"/Info {len(objects)} 0 R" if told else "")


def assembled(objects: list[bytes], more: str = "") -> bytes:
    """A PDF of these objects, the first its catalog, with `more` in its trailer."""
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, 2)
    places: list[int] = []
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode())
    out.write(f"trailer<</Size {len(objects) + 1}/Root 1 0 R{more}>>\nstartxref\n{start}\n%%EOF".encode())
    return out.getvalue()


def word(*paragraphs: tuple[str, str]) -> bytes:
    """Paragraphs as (style, text)."""
    document = docx.Document()
    for style, text in paragraphs:
        document.add_paragraph(text, style=style)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


_SHEET = """<?xml version="1.0"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>"""


def sheet(rows: list[list[str]]) -> bytes:
    """A workbook of one sheet, `Preços`."""
    body = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in rows
    )
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return archive(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
            f'"application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
            f'ContentType="{main}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
            f'ContentType="{main}.worksheet+xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{kinds}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            f'xmlns:r="{kinds}"><sheets><sheet name="Preços" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{kinds}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": _SHEET.format(body),
        }
    )


def archive(entries: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return out.getvalue()


def with_part(original: bytes, name: str, data: bytes) -> bytes:
    """An archive with one entry replaced or added."""
    with zipfile.ZipFile(io.BytesIO(original)) as file:
        entries: dict[str, str | bytes] = {entry: file.read(entry) for entry in file.namelist()}
    return archive(entries | {name: data})
