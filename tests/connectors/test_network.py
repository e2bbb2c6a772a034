"""Which addresses are connected to."""

from __future__ import annotations

import ipaddress
import socket
import time
from http.server import BaseHTTPRequestHandler

import pytest

from connectors import network
from connectors.http import Fetcher
from connectors.network import Forbidden, Guard, as_networks
from pipeline.errors import BadInput, BadSetting, Unreachable
from pipeline.settings import Settings, load_settings

from .conftest import Site, body, status

PRIVATE = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.0.192",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
]
PUBLIC = ["8.8.8.8", "192.0.66.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not Guard().permits(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_permitted(address: str) -> None:
    assert Guard().permits(ipaddress.ip_address(address))


def test_networks_of_ones_own_are_permitted_also_as_ipv6() -> None:
    guard = Guard(as_networks(["10.20.0.0/16", "fd00:1::/32"]))
    for address in ("10.20.30.40", "::ffff:10.20.30.40", "fd00:1::7"):
        assert guard.permits(ipaddress.ip_address(address))
    for address in ("10.21.0.1", "127.0.0.1", "fd00:2::7"):
        assert not guard.permits(ipaddress.ip_address(address))


def test_a_setting_that_is_no_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMARCHE_PRIVATE_NETWORKS", "10.0.0.0/8,192.168.0.0/16")
    assert load_settings().private_networks == ("10.0.0.0/8", "192.168.0.0/16")
    monkeypatch.setenv("DEMARCHE_PRIVATE_NETWORKS", "10.0.0.0/8,inside")
    with pytest.raises(BadSetting, match="private_networks"):
        load_settings()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names that resolve to what a test says; a list is used up address by address, as by a name that rebinds."""
    answers: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *arguments: object, **named: object) -> list:
        if host not in answers:
            return real(host, port, *arguments, **named)  # type: ignore[arg-type]
        now = answers[host]
        address = now.pop(0) if len(now) > 1 else now[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in address.split()]

    monkeypatch.setattr(network.socket, "getaddrinfo", resolve)
    return answers


@pytest.fixture
def strict(settings: Settings) -> Settings:
    """127.0.0.1 may be asked, and nothing else that is not public."""
    return settings.model_copy(update={"private_networks": ("127.0.0.1/32",)})


def test_every_hop_is_checked(site: Site, strict: Settings, names: dict[str, list[str]]) -> None:
    names["inner.example"] = ["10.0.0.5"]
    names["mapped.example"] = ["127.0.0.2"]
    port = site.address.rpartition(":")[2]
    site.pages["/a"] = status(302, Location="http://inner.example/")
    site.pages["/b"] = status(302, Location=f"http://mapped.example:{port}/feed")
    site.pages["/c"] = status(302, Location="http://[::ffff:169.254.169.254]/latest/meta-data")
    site.pages["/d"] = status(302, Location="http://2130706434/")
    with Fetcher(strict) as fetcher:
        for path in ("/a", "/b", "/c", "/d"):
            with pytest.raises(BadInput, match="not a public address"):
                fetcher.get(site.url(path))


def test_a_name_that_changes_its_mind_gains_nothing(site: Site, strict: Settings, names: dict[str, list[str]]) -> None:
    """Resolved once: the connection goes to the address that was checked, and the Host header keeps the name."""
    port = site.address.rpartition(":")[2]
    site.pages["/feed"] = body(b"here")
    names["rebinding.example"] = ["127.0.0.1", "10.0.0.1"]
    with Fetcher(strict) as fetcher:
        assert fetcher.get(f"http://rebinding.example:{port}/feed").body == b"here"
    assert site.requests[0][1]["Host"] == f"rebinding.example:{port}"
    with Fetcher(strict) as fetcher, pytest.raises(Forbidden):
        fetcher.get(f"http://rebinding.example:{port}/feed")


def test_of_several_addresses_the_permitted_one_is_asked(
    site: Site, strict: Settings, names: dict[str, list[str]]
) -> None:
    names["both.example"] = ["10.0.0.1 127.0.0.1"]
    site.pages["/feed"] = body(b"here")
    with Fetcher(strict) as fetcher:
        assert fetcher.get(f"http://both.example:{site.address.rpartition(':')[2]}/feed").body == b"here"


def test_headers_that_drip_end_with_the_requests_time(site: Site, settings: Settings) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100):
            handler.wfile.write(f"X-{number}: 1\r\n".encode())
            time.sleep(0.1)

    site.pages["/feed"] = drip
    started = time.monotonic()
    with Fetcher(settings.model_copy(update={"request_timeout_s": 0.5})) as fetcher:
        with pytest.raises(Unreachable, match=r"within 0\.5 seconds"):
            fetcher.get(site.url("/feed"))
        assert time.monotonic() - started < 2


def test_the_environments_proxy_is_not_used(site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    site.pages["/feed"] = body(b"here")
    with Fetcher(settings) as fetcher:
        assert fetcher.get(site.url("/feed")).body == b"here"
