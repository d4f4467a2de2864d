"""Where nothing that leaves may go, however its address is written."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from evoai.kit.errors import Invalid
from evoai.kit.net import Net, NetError
from tests.kit.wire import DENIED, LOOPBACK, NIP, SPACED, Names, answering, kind_of, ok, started


async def test_the_corpus_is_denied_and_nothing_is_sent() -> None:
    assert len(DENIED) + len(SPACED) + len(NIP) >= 120
    names = Names()
    names.names = {name: [answer] for name, answer in NIP.items()}
    async with answering(ok()) as listener, started(Net((), False, names)) as net:
        let_through: list[str] = []
        for template in DENIED + SPACED:
            url = template.replace("{p}", str(listener.port))
            try:
                let_through.append(f"{url!r} -> {net.check_url(url, provider_base=True)}")
            except Invalid as denied:
                if denied.code != "egress-denied":
                    raise
            if await _kind_or_answer(net, url) != "egress-denied":
                let_through.append(url)
        assert let_through == []
        for name in NIP:
            url = f"https://{name}:{listener.port}/"
            with pytest.raises(Invalid, match="egress-denied"):
                await net.check_reachable(url, provider_base=True)
            assert await _kind_or_answer(net, url) == "egress-denied"
        assert listener.connections == 0


async def _kind_or_answer(net: Net, url: str) -> str:
    try:
        answer = await net.request("GET", url, timeout=1, provider_base=True)
    except NetError as error:
        return error.kind
    return f"answered {answer.status}"


async def test_ports_are_few_but_for_a_providers_base() -> None:
    net = Net((), False)
    for port in (443, 80, 8080, 8443):
        net.check_url(f"https://example.com:{port}/")
    for port in (22, 25, 5432, 6379, 8081):
        with pytest.raises(Invalid, match="egress-denied"):
            net.check_url(f"https://example.com:{port}/")
        assert net.check_url(f"https://example.com:{port}/", provider_base=True)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://Example.COM", "https://example.com/"),
        ("HTTPS://example.com:443/A?b=C", "https://example.com/A?b=C"),
        ("https://example.com./x", "https://example.com/x"),
        ("https://example.com:8443/evo", "https://example.com:8443/evo"),
        ("https://ação.example/é", "https://xn--ao-siap.example/%C3%A9"),
        ("https://ｅxample.com/", "https://example.com/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/"),
        ("https://evolution/", "https://evolution/"),
        ("https://a_b.example/", "https://a_b.example/"),
        ("https://1.example/", "https://1.example/"),
        ("https://example.com/a@b?c=@", "https://example.com/a@b?c=@"),
    ],
)
def test_public_urls_pass_in_one_form(url: str, canonical: str) -> None:
    net = Net((), False)
    assert net.check_url(url) == canonical
    assert net.check_url(canonical) == canonical


async def test_http_reaches_allowed_networks_only_and_only_if_switched_on() -> None:
    names = Names(inside_example=[["127.0.0.1"]], outside_example=[["93.184.216.34"]])
    async with answering(ok(), ok()) as listener:
        async with started(Net(LOOPBACK, True, names)) as net:
            url = f"http://inside.example:{listener.port}/"
            assert (await net.request("GET", url, timeout=2, provider_base=True)).status == 200
            assert await kind_of(net, f"http://outside.example:{listener.port}/") == "egress-denied"
            assert await kind_of(net, "http://8.8.8.8/") == "egress-denied"
        async with started(Net(LOOPBACK, False, names)) as net:
            assert await kind_of(net, f"http://inside.example:{listener.port}/") == "egress-denied"
        async with started(Net((), True, names)) as net:
            assert await kind_of(net, f"http://inside.example:{listener.port}/") == "egress-denied"
    assert listener.connections == 1


async def test_a_name_that_changes_its_mind_is_checked_again_and_the_checked_address_is_the_connected_one() -> None:
    # 192.0.2.1 stands for a public address here: allowed, and nobody is there.
    allowed = (ip_network("192.0.2.1/32"),)
    names = Names(rebind_example=[["192.0.2.1"], ["127.0.0.1"]])
    async with answering(ok()) as listener, started(Net(allowed, True, names)) as net:
        url = f"http://rebind.example:{listener.port}/"
        assert await net.check_reachable(url, provider_base=True) == url
        assert await kind_of(net, url, timeout=0.5) == "egress-denied"
    assert listener.connections == 0
    assert names.asked == ["rebind.example", "rebind.example"]
