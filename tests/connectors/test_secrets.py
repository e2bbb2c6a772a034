"""Passwords and tokens reach their server and nobody else."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import pytest

from connectors import secrets
from connectors.base import Options, Refusal, Target
from connectors.feeds import FeedConnector
from connectors.http import Fetcher
from connectors.publish import dead_letter
from connectors.secrets import HidingFilter, hide, reveal
from connectors.sources import Source
from pipeline.errors import BadInput, BadSetting
from pipeline.records import Article
from pipeline.settings import Settings

from .conftest import Site, body, status
from .test_feeds import LONG, item, page, rss

TOKEN = "s3cr/t+value"


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_known", {})
    monkeypatch.setenv("WIRE_TOKEN", TOKEN)


def test_placeholders_are_filled_from_environment_and_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n", "utf8")
    assert reveal("a=${WIRE_TOKEN}") == f"a={TOKEN}"
    assert reveal(f"b=${{file:{tmp_path}/token}}") == "b=from a file"
    assert hide(f"https://w.example/?a={TOKEN}&b=s3cr%2Ft%2Bvalue from%20a%20file") == (
        f"https://w.example/?a=${{WIRE_TOKEN}}&b=${{WIRE_TOKEN}} ${{file:{tmp_path}/token}}"
    )
    for missing in ("${NO_SUCH_TOKEN}", f"${{file:{tmp_path}/nothing}}"):
        with pytest.raises(BadSetting, match=r"\$\{"):
            reveal(missing)


def test_a_token_in_the_address_stays_out_of_every_record(site: Site, settings: Settings) -> None:
    site.pages[f"/feed?token={TOKEN}"] = rss(item("/a"), item("", "No link", extra=f"<x>{TOKEN}</x>")).encode()
    name = site.url("/feed?token=${WIRE_TOKEN}")
    with Fetcher(settings) as fetcher:
        target = Target(name, settings, fetcher)
        found = list(FeedConnector(target).read({}))
    assert target.answer is not None
    article, refusal = found
    assert isinstance(article, Article)
    assert isinstance(refusal, Refusal)
    said = [target.answer.url, article.to_json().decode(), dead_letter(refusal).to_json().decode()]
    raw = base64.b64decode(dead_letter(refusal).value).decode()
    assert [TOKEN in one for one in [*said, raw]] == [False] * 4
    assert article.source.id == name


def test_errors_name_no_secret(site: Site, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with Fetcher(settings) as fetcher, pytest.raises(BadInput) as error:
        fetcher.get(site.url("/gone?token=${WIRE_TOKEN}"))
    assert TOKEN not in str(error.value)
    assert "${WIRE_TOKEN}" in str(error.value)
    with Fetcher(settings) as fetcher, pytest.raises(BadInput) as error:
        fetcher.get("http://user:open-password@gazette.example/")
    assert "open-password" not in str(error.value)
    caplog.handler.addFilter(HidingFilter())
    logging.getLogger("any.library").warning("GET %s", f"https://w.example/{TOKEN}")
    assert TOKEN not in caplog.text


def test_credentials_go_to_the_sources_host_alone(site: Site, settings: Settings) -> None:
    other = site.url("/a").replace("127.0.0.1", "localhost")
    site.pages["/a"] = page(LONG)
    site.pages["/feed"] = rss(item("/a", content=""), item(other, content="")).encode()
    options = Options(user="desk", password="${WIRE_TOKEN}", headers={"X-Key": "${WIRE_TOKEN}"})
    local = settings.model_copy(update={"private_networks": ("127.0.0.0/8", "::1/128")})
    with Fetcher(local) as fetcher:
        list(FeedConnector(Target(site.url("/feed"), local, fetcher, options=options)).read({}))
    asked = [(headers["Host"], headers.get("Authorization"), headers.get("X-Key")) for _path, headers in site.requests]
    basic = "Basic " + base64.b64encode(f"desk:{TOKEN}".encode()).decode()
    ours = site.address.removeprefix("http://")
    assert (ours, basic, TOKEN) in asked
    assert {one[1:] for one in asked if one[0] != ours} == {(None, None)}
    assert hide(basic) != basic


def test_credentials_do_not_follow_a_redirect_to_another_host(site: Site, settings: Settings) -> None:
    site.pages["/feed"] = status(302, Location=site.url("/b").replace("127.0.0.1", "localhost"))
    site.pages["/b"] = body(b"x")
    local = settings.model_copy(update={"private_networks": ("127.0.0.0/8", "::1/128")})
    with Fetcher(local) as fetcher:
        fetcher.get(site.url("/feed"), headers={"Authorization": "${WIRE_TOKEN}"})
    assert [headers.get("Authorization") for _path, headers in site.requests] == [TOKEN, None]


def test_a_list_with_an_open_password_is_refused() -> None:
    for keys in ({"url": "https://u:pw@a.example/"}, {"url": "https://a.example/", "password": "pw"}):
        with pytest.raises(ValueError, match="NAME"):
            Source(**keys)
    assert Source(url="https://u:${PW}@a.example/feed", password="${file:/run/secrets/pw}")
