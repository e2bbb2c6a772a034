"""From the address of a site to its feeds."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connectors import source_commands
from connectors.base import Target
from connectors.discovery import discover
from connectors.http import Fetcher
from connectors.source_commands import sources
from connectors.sources import load_sources
from pipeline.errors import BadInput
from pipeline.settings import Settings

from .conftest import Site, body
from .test_feeds import LONG, item, rss

FEED = rss(item("https://gazette.example/a")).encode()


def home(*links: str) -> bytes:
    return f"<html><head>{''.join(links)}</head><body><article>{LONG}</article></body></html>".encode()


def link(href: str, title: str = "", media_type: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{media_type}" title="{title}" href="{href}">'


def found(site: Site, settings: Settings, path: str = "/") -> list[tuple[str, str]]:
    with Fetcher(settings) as fetcher:
        return [
            (url.removeprefix(site.address), kind) for url, kind in discover(Target(site.url(path), settings, fetcher))
        ]


def test_what_the_page_names_comments_last_and_only_what_can_be_read(site: Site, settings: Settings) -> None:
    site.pages["/"] = home(
        link("/comments/feed", "Comments"),
        link("/gone.xml"),
        link("feed.xml", "News"),
        link("/es/", media_type="text/html"),
        link("/oembed", media_type="application/json+oembed"),
        link("javascript:alert(1)"),
    )
    site.pages["/feed.xml"] = site.pages["/comments/feed"] = FEED
    assert found(site, settings) == [("/feed.xml", "feed"), ("/comments/feed", "feed")]


def test_json_feeds_and_news_sitemaps(site: Site, settings: Settings) -> None:
    site.pages["/"] = home(link("/feed.json", media_type="application/feed+json"))
    site.pages["/feed.json"] = b'{"version": "https://jsonfeed.org/version/1.1", "title": "G", "items": []}'
    assert found(site, settings) == [("/feed.json", "json-feed")]
    site.pages["/"] = home()
    site.pages["/robots.txt"] = f"Sitemap: {site.url('/pages.xml')}\nSitemap: {site.url('/news.xml')}\n".encode()
    site.pages["/news.xml"] = site.pages["/pages.xml"] = (
        b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>"
    )
    assert found(site, settings) == [("/news.xml", "sitemap")]


def test_the_usual_places(site: Site, settings: Settings) -> None:
    site.pages["/world/"] = home()
    site.pages["/rss.xml"] = FEED
    site.pages["/feed"] = home()
    assert found(site, settings, "/world/") == [("/rss.xml", "feed")]


def test_a_site_without_feeds(site: Site, settings: Settings) -> None:
    site.pages["/"] = home()
    assert found(site, settings) == []
    site.pages["/"] = body(b"<<<<")
    assert found(site, settings) == []


@pytest.fixture
def path(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(source_commands, "settings", lambda: settings)
    return settings.home / "sources.toml"


def add(*arguments: str) -> Result:
    return CliRunner().invoke(sources, ["add", *arguments], standalone_mode=False)


def test_add_follows_the_feed_of_the_site(site: Site, path: Path) -> None:
    site.pages["/"] = home(link("/feed.xml"), link("/comments.xml"))
    site.pages["/feed.xml"] = site.pages["/comments.xml"] = FEED
    said = add(site.url("/"), "--publisher", "gazette").output
    assert f"Added the feed {site.url('/feed.xml')}" in said
    assert f"also has the feed {site.url('/comments.xml')}" in said
    assert "is in" in add(site.url("/")).output
    assert [one.url for one in load_sources(path)] == [site.url("/feed.xml")]


def test_add_takes_a_page_for_what_it_is_told_to_be(site: Site, path: Path) -> None:
    site.pages["/"] = home(link("/feed.xml"))
    site.pages["/feed.xml"] = FEED
    add(site.url("/"), "--kind", "page")
    assert [(one.url, one.kind) for one in load_sources(path)] == [(site.url("/"), "page")]


def test_add_follows_a_page_where_there_is_no_feed_and_says_so(site: Site, path: Path) -> None:
    site.pages["/"] = home()
    assert "No feed was found there" in add(site.url("/")).output
    assert [one.kind for one in load_sources(path)] == ["page"]


def test_remove_takes_out_the_table_and_its_comment(path: Path) -> None:
    path.parent.mkdir(parents=True)
    head, one, two = (
        "# Our sources\n\n",
        "[[sources]]\nurl = 'https://a.example/'\n\n",
        "[[sources]]\nurl = 'https://b.example/'\n",
    )
    path.write_text(f"{head}{one}# The port, daily\n{two}")
    remove = CliRunner().invoke(sources, ["remove", "HTTPS://b.example"], standalone_mode=False)
    assert "Removed" in remove.output
    assert path.read_text() == head + one
    gone = CliRunner().invoke(sources, ["remove", "https://b.example/"], standalone_mode=False)
    assert isinstance(gone.exception, BadInput)
