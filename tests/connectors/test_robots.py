"""robots.txt: asked for pages that a source links to, and for the source itself only where that is wanted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.base import Found, Options, Refusal, Target
from connectors.feeds import FeedConnector
from connectors.http import Fetcher
from pipeline.errors import BadInput, Unreachable
from pipeline.records import Article
from pipeline.settings import Settings

from .conftest import Site, body, status
from .test_feeds import LONG, item, page, rss

RULES = b"User-agent: *\nDisallow: /private/\nCrawl-delay: 0.2\nSitemap: https://gazette.example/news.xml\n"


def test_pages_are_asked_for_only_if_robots_txt_allows(site: Site, read: Callable[..., list[Found]]) -> None:
    site.pages["/robots.txt"] = RULES
    site.pages["/a"] = site.pages["/private/b"] = page(LONG)
    links = [site.url("/a"), site.url("/private/b")]
    site.pages["/feed"] = rss(*(item(link, content="") for link in links)).encode()
    found = read(site.url("/feed"))
    assert [type(thing) for thing in found] == [Article, Refusal]
    assert "robots.txt disallows it" in str(found[1])
    assert site.paths() == ["/feed", "/robots.txt", "/a"]


def test_rules_for_us_by_name(site: Site, settings: Settings) -> None:
    site.pages["/robots.txt"] = b"User-agent: *\nAllow: /\n\nUser-agent: demarche\nDisallow: /\n"
    with Fetcher(settings) as fetcher, pytest.raises(BadInput, match="disallows"):
        fetcher.get(site.url("/a"), robots=True)


@pytest.mark.parametrize("answer, allowed", [(status(404), True), (status(403), True), (status(500), False)])
def test_a_robots_txt_that_is_not_there(site: Site, settings: Settings, answer: object, allowed: bool) -> None:
    site.pages["/robots.txt"] = answer  # type: ignore[assignment]
    site.pages["/a"] = body(b"here")
    with Fetcher(settings) as fetcher:
        for _ in range(2):
            if allowed:
                assert fetcher.get(site.url("/a"), robots=True).body == b"here"
            else:
                with pytest.raises(Unreachable, match=r"robots.txt cannot be read"):
                    fetcher.get(site.url("/a"), robots=True)
    assert site.paths().count("/robots.txt") == 1


def test_redirects_lead_around_no_rule(site: Site, settings: Settings) -> None:
    site.pages["/robots.txt"] = RULES
    site.pages["/a"] = status(302, Location="/private/b")
    site.pages["/private/b"] = body(b"secret")
    with Fetcher(settings) as fetcher, pytest.raises(BadInput, match="disallows"):
        fetcher.get(site.url("/a"), robots=True)


@pytest.mark.parametrize(
    "asked_of_all, of_this, obeyed",
    [(False, None, False), (True, None, True), (True, False, False), (False, True, True)],
)
def test_a_source_that_the_user_named(
    site: Site, settings: Settings, asked_of_all: bool, of_this: bool | None, obeyed: bool
) -> None:
    site.pages["/robots.txt"] = b"User-agent: *\nDisallow: /\n"
    site.pages["/feed"] = rss(item("https://gazette.example/a")).encode()
    options = settings.model_copy(update={"robots_for_sources": asked_of_all})
    with Fetcher(options) as fetcher:
        target = Target(site.url("/feed"), options, fetcher, options=Options(robots=of_this))
        (found,) = FeedConnector(target).read({})
    assert isinstance(found, Refusal) is obeyed


def test_the_sitemaps_that_a_site_names(site: Site, settings: Settings) -> None:
    site.pages["/robots.txt"] = RULES
    with Fetcher(settings) as fetcher:
        assert fetcher.sitemaps(site.url("/a")) == ["https://gazette.example/news.xml"]
