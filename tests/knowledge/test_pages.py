"""Web pages and site maps as knowledge, and the addresses that are not called."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from aiohttp import web

from evoai.knowledge.jobs import refresh_pages
from tests.house import House
from tests.knowledge.forms import settled

# What `/news` shows; None takes the page away.
NEWS: list[str | None] = ["Fechamos no Natal."]
# What `/robots.txt` says; None where there is none.
RULES: list[str | None] = [None]
PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[str]:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text=PAGE.format("Trocas", "Em trinta dias."), content_type="text/html")

    async def hours(_: web.Request) -> web.Response:
        return web.Response(text=PAGE.format("Horário", "Das 8h às 18h."), content_type="text/html")

    async def news(_: web.Request) -> web.Response:
        if (said := NEWS[-1]) is None:
            raise web.HTTPGone
        return web.Response(text=PAGE.format("Avisos", said), content_type="text/html")

    async def robots(_: web.Request) -> web.Response:
        if (said := RULES[-1]) is None:
            raise web.HTTPNotFound
        return web.Response(text=said)

    async def moved(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query["to"])

    async def image(_: web.Request) -> web.Response:
        return web.Response(body=b"\x89PNG", content_type="image/png")

    async def site_map(request: web.Request) -> web.Response:
        base = f"http://{request.host}"
        links = "".join(
            f"<url><loc>{link}</loc></url>" for link in (f"{base}/a", f"{base}/b", f"{base}/none", "http://10.0.0.1/")
        )
        return web.Response(text=f"<?xml version='1.0'?><urlset>{links}</urlset>", content_type="application/xml")

    app = web.Application()
    app.add_routes(
        [
            web.get("/a", page),
            web.get("/b", hours),
            web.get("/news", news),
            web.get("/moved", moved),
            web.get("/image", image),
            web.get("/map.xml", site_map),
            web.get("/robots.txt", robots),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    # One of the ports that may be called is free on any machine that runs the tests.
    for port in (8080, 8443):
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            break
        except OSError:
            continue
    else:
        await runner.cleanup()
        pytest.skip("both of the ports that may be called are taken")
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


async def test_a_page_is_read_and_named_after_its_title(house: House, site: str) -> None:
    client = await house.sign_up()
    added = await client.post("/documents", {"url": f"{site}/moved?to=/a"})
    assert added.status == 201, added.body
    ready = await settled(client, added["id"])
    assert (ready["state"], ready["title"], ready["chunks"]) == ("ready", "Trocas", 1)


async def test_a_site_map_brings_its_own_pages(house: House, site: str) -> None:
    client = await house.sign_up()
    added = await client.post("/documents", {"url": f"{site}/map.xml", "title": "Site"})
    ready = await settled(client, added["id"])
    assert (ready["state"], ready["title"], ready["pages"]) == ("ready", "Site", 3)
    first = (await client.post("/knowledge/search", {"query": "que horas abre"}))["items"][0]
    assert first["text"] == "Das 8h às 18h."


async def test_pages_that_a_site_forbids_to_robots_are_left_out_of_its_map(house: House, site: str) -> None:
    client = await house.sign_up()
    added = await client.post("/documents", {"url": f"{site}/map.xml", "title": "Site"})
    assert (await settled(client, added["id"]))["pages"] == 3
    RULES.append("User-agent: *\nDisallow: /b\n")
    try:
        assert (await client.post(f"/documents/{added['id']}/refresh")).status == 200
        assert (await settled(client, added["id"]))["pages"] == 2
        found = (await client.post("/knowledge/search", {"query": "que horas abre"}))["items"]
        assert [item for item in found if "Das 8h" in item["text"]] == []
        RULES.append("User-agent: evoai-connect\nDisallow: /\n")
        other = await client.post("/documents", {"url": f"{site}/map.xml"})
        failed = await settled(client, other["id"])
        assert (failed["state"], failed["error"]) == ("failed", {"code": "page-refused", "detail": "robots.txt"})
        # One page that a person names is asked for by a person.
        named = await client.post("/documents", {"url": f"{site}/b"})
        assert (await settled(client, named["id"]))["state"] == "ready"
    finally:
        RULES[:] = [None]


async def test_a_page_is_read_again_and_keeps_what_it_had_when_it_is_gone(house: House, site: str) -> None:
    client = await house.sign_up()
    added = await client.post("/documents", {"url": f"{site}/news"})
    path = f"/documents/{added['id']}"

    async def found() -> list[str]:
        return [
            item["text"] for item in (await client.post("/knowledge/search", {"query": "fecham no natal"}))["items"]
        ]

    await settled(client, added["id"])
    for said in ("Fechamos no Natal e no Ano Novo.", None):
        NEWS.append(said)
        assert (await client.post(f"{path}/refresh")).status == 200
        page = await settled(client, added["id"])
        assert await found() == ["Fechamos no Natal e no Ano Novo."]
    assert (page["state"], page["error"]["code"], page["chunks"]) == ("ready", "page-refused", 1)
    NEWS.append("Aberto no Natal.")
    assert (await client.post(f"{path}/retry")).status == 200
    await settled(client, added["id"])
    assert await found() == ["Aberto no Natal."]


async def test_a_page_is_read_again_by_itself_and_says_what_changed(house: House, site: str) -> None:
    client = await house.sign_up()
    NEWS.append("Abrimos aos domingos.")
    often = await client.post("/documents", {"url": f"{site}/news", "refresh_days": 1})
    never = await client.post("/documents", {"url": f"{site}/news", "refresh_days": None})
    assert (await client.post("/documents", {"url": f"{site}/a"}))["refresh_days"] == 7
    for each in (often, never):
        assert (await settled(client, each["id"]))["changes"] is None

    async def time_passes() -> None:
        pages = [UUID(each["id"]) for each in (often, never)]
        await house.run("update documents set read_at = now() - interval '2 days' where id = any($1)", pages)
        await refresh_pages(house.resources)
        await settled(client, often["id"])
        read = "select id from documents where id = any($1) and read_at > now() - interval '1 hour'"
        assert [str(row["id"]) for row in await house.rows(read, pages)] == [often["id"]]

    chunks = "select id from chunks where document_id = $1"
    indexed = await house.rows(chunks, UUID(often["id"]))
    await time_passes()
    assert await house.rows(chunks, UUID(often["id"])) == indexed, "the page says what it said"
    assert (await client.get(f"/documents/{often['id']}"))["changes"] is None
    NEWS.append("Fechamos aos domingos.")
    await time_passes()
    changes = (await client.get(f"/documents/{often['id']}"))["changes"]
    assert [each["text"] for each in changes["added"]] == ["Fechamos aos domingos."]
    assert [each["text"] for each in changes["removed"]] == ["Abrimos aos domingos."]
    assert (changes["added_count"], changes["removed_count"]) == (1, 1)
    asked = await client.patch(f"/documents/{often['id']}", {"refresh_days": None})
    assert (asked.status, asked["refresh_days"], asked["state"]) == (200, None, "ready")


async def test_only_pages_are_read_again(house: House) -> None:
    client = await house.sign_up()
    pair = await client.post("/documents", {"question": "Abrem hoje?", "answer": "Sim."})
    assert pair["refresh_days"] is None
    refused = await client.patch(f"/documents/{pair['id']}", {"refresh_days": 7})
    assert (refused.status, refused["errors"][0]["pointer"]) == (422, "/refresh_days")
    for days in (0, 91, "7"):
        refused = await client.post("/documents", {"url": "https://example.com/", "refresh_days": days})
        assert refused.status == 422


@pytest.mark.parametrize(
    ("path", "code"),
    [("/moved?to=http://10.0.0.1/", "page-forbidden"), ("/image", "not-a-page"), ("/no", "page-refused")],
)
async def test_T43_a_page_that_may_not_or_cannot_be_read(house: House, site: str, path: str, code: str) -> None:
    client = await house.sign_up()
    added = await client.post("/documents", {"url": f"{site}{path}"})
    failed = await settled(client, added["id"])
    assert (failed["state"], failed["error"]["code"]) == ("failed", code)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/a", "ftp://example.com/a", "https://169.254.169.254/", "http://[::1]:1/"]
)
async def test_T40_a_private_address_is_refused_at_once(house: House, url: str) -> None:
    client = await house.sign_up()
    answer = await client.post("/documents", {"url": url})
    assert (answer.status, answer["code"]) == (422, "egress-denied")
