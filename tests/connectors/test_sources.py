"""The list of sources and the commands that need no Kafka."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors import commands, source_commands
from connectors.commands import extract
from connectors.kinds import KINDS, kind_named
from connectors.source_commands import sources
from connectors.sources import Source, add_sources, load_sources
from pipeline.errors import BadInput, BadSetting
from pipeline.settings import Settings

from .conftest import Site

ARTICLE = "<p>The harbour authority warned ships on Thursday not to anchor north of the old light.</p>" * 20


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    for module in (commands, source_commands):
        monkeypatch.setattr(module, "settings", lambda: settings)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(sources, list(arguments), standalone_mode=False)


def feed(site: Site) -> str:
    entry = f"<item><title>Harbour warns</title><link>{site.url('/a')}</link><description>Short.</description></item>"
    site.pages["/a"] = f"<html><body><article>{ARTICLE}</article></body></html>".encode()
    site.pages["/feed"] = f"<rss version='2.0'><channel><title>G</title>{entry}<item/></channel></rss>".encode()
    return site.url("/feed")


def test_a_source_is_added_once_and_other_lines_stay(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    path.write_text("# our sources", "utf8")
    source = Source(url="https://gazette.example/feed", publisher="g", name='The "Gazette"', country="NZL", tags=("a",))
    assert add_sources(path, [source]) == [source]
    assert add_sources(path, [Source(url="HTTPS://gazette.example:443/feed")]) == []
    assert add_sources(path, [Source(url="https://gazette.example/page", kind="page")])
    assert path.read_text("utf8").startswith("# our sources\n")
    first, second = load_sources(path)
    assert first == source
    assert second.kind == "page"
    assert first.declared.publisher is not None
    assert first.declared.publisher.country == "NZL"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("[[sources]", "not valid TOML"),
        ("[[sources]]\nkind = 'feed'", "line 1, source 1: 'url'"),
        (
            "[[sources]]\nurl = 'https://a.example/'\nkind = 'telex'",
            "line 3, source 1: 'kind'.*files, folder, feed, .*page",
        ),
        ("[[sources]]\nurl = 'ftp://a.example/'", "line 2, source 1: 'url'.*not an http"),
        ("\n[[sources]]\nurl = 'https://a.example/'\ncountry = 'nz'", "line 4, source 1: 'country'"),
        ("[[sources]]\nurl = 'https://a.example/'\n[[sources]]\nurl = 'https://b.example/'\nevry = 5", "line 5.*evry"),
        ("[[sources]]\nurl = 'https://a.example/'\nevery_min = 0.1", "line 3, source 1: 'every_min'"),
        ("[[sources]]\nurl = 'https://u:pw@a.example/'", r"line 2.*'url'.*write \$\{NAME\}"),
        ("[[sources]]\nurl = 'https://a.example/'\npassword = 'pw'", r"line 3.*'password'.*write \$\{NAME\}"),
        ("[[sources]]\nurl = 'https://a.example/'\nname = 'A'", "line 1, source 1: it .*give 'publisher' too"),
        (
            "[[sources]]\nurl = 'https://a.example/'\n[[sources]]\nurl = 'https://A.example'",
            "line 4, source 2 is source 1 again",
        ),
        ("\nsource = 1", "line 2: 'source'"),
        ("sources = 1", "line 1: 'sources'"),
    ],
)
def test_a_list_with_a_mistake_is_refused_as_a_whole(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(text, "utf8")
    with pytest.raises(BadSetting, match=reason):
        load_sources(path)


def test_no_list_yet_is_an_empty_list(tmp_path: Path) -> None:
    assert load_sources(tmp_path / "sources.toml") == []


def test_kinds_have_names() -> None:
    assert [kind_named(kind.name) for kind in KINDS] == list(KINDS)
    with pytest.raises(BadSetting, match=r"files, folder, feed, .*page"):
        kind_named("telex")


def test_add_and_list(site: Site) -> None:
    assert "No sources yet" in invoke("list").output
    assert "Added the feed" in invoke("add", feed(site), "--publisher", "gazette").output
    assert "already" in invoke("add", feed(site)).output
    listed = invoke("list").output
    assert feed(site) in listed
    assert "1 sources" in listed


def test_what_cannot_be_added(site: Site, tmp_path: Path) -> None:
    for arguments, error in [
        ((str(tmp_path),), BadInput),
        ((site.url("/gone"),), BadInput),
        ((feed(site), "--publisher", "g", "--country", "nz"), BadInput),
    ]:
        assert isinstance(invoke("add", *arguments).exception, error)
    assert isinstance(invoke("add", feed(site), "--country", "NZL").exception, BadInput)
    assert "No sources yet" in invoke("list").output


def test_a_dry_run_shows_what_would_be_published(site: Site) -> None:
    result = invoke("test", feed(site))
    assert "Harbour warns" in result.output
    assert "refused: " in result.output
    assert "1 articles would be published, 1 inputs refused" in result.output


def test_extract_prints_the_article(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text(f"<html><head><title>T</title></head><body><article>{ARTICLE}</article></body></html>", "utf8")
    result = CliRunner().invoke(extract, [str(page), "--url", "https://gazette.example/a"], standalone_mode=False)
    article = json.loads(result.output)
    assert article["canonical_url"] == "https://gazette.example/a"
    assert "warned ships" in article["text"]
    page.write_text("<html></html>", "utf8")
    result = CliRunner().invoke(extract, [str(page), "--url", "https://gazette.example/a"], standalone_mode=False)
    assert isinstance(result.exception, BadInput)
    assert str(page) in str(result.exception)
