"""Finding the feeds of a site from the address of one of its pages.

1. what the page names in its head (`<link rel="alternate">`);
2. the news sitemaps that its robots.txt names;
3. the addresses where feeds usually are.
What was found is fetched and kept only if it can be read; feeds of comments come last.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin

import lxml.html

from connectors.base import Target
from connectors.http import Response
from connectors.kinds import kind_of
from pipeline.errors import DemarcheError
from pipeline.inputs import decode_page

_FEED_TYPES = {
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/json",
    "application/rdf+xml",
    "application/xml",
    "text/xml",
}
_LISTS = {"feed", "json-feed", "sitemap"}
"""Kinds that name articles one by one."""

_USUAL = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feeds/posts/default")
_MOST_NAMED = 10


def discover(target: Target) -> list[tuple[str, str]]:
    """Addresses of feeds and news sitemaps of the site that this page is of, each with its kind, the best first."""
    for candidates in (_named(target.response), _sitemaps(target), _usual(target.response)):
        found = [(url, kind) for url in candidates if (kind := _kind_at(url, target))]
        if found:
            return found
    return []


def _named(response: Response) -> list[str]:
    links = []
    for link in _links(response):
        kinds = link.get("rel", "").lower().split()
        media_type = link.get("type", "").partition(";")[0].strip().lower()
        if "alternate" in kinds and media_type in _FEED_TYPES and link.get("href", "").strip():
            comments = "comment" in (link.get("href", "") + link.get("title", "")).lower()
            links.append((comments, urljoin(response.url, link.get("href").strip())))
    return list(dict.fromkeys(url for _comments, url in sorted(links, key=lambda pair: pair[0])))[:_MOST_NAMED]


def _links(response: Response) -> Iterator[lxml.html.HtmlElement]:
    try:
        tree = lxml.html.document_fromstring(decode_page(response.body, response.content_type))
    except (DemarcheError, ValueError, lxml.etree.LxmlError):
        return
    yield from tree.iter("link")


def _sitemaps(target: Target) -> list[str]:
    try:
        named = target.fetcher.sitemaps(target.response.url)
    except DemarcheError:
        return []
    return [url for url in named if "news" in url.lower()][:_MOST_NAMED]


def _usual(response: Response) -> list[str]:
    here = response.url.partition("?")[0].rstrip("/")
    return list(dict.fromkeys([*(here + path for path in _USUAL[:2]), *(urljoin(here, path) for path in _USUAL)]))


def _kind_at(url: str, target: Target) -> str | None:
    """What the address is read as; None where no list is there."""
    try:
        kind = kind_of(Target(url, target.settings, target.fetcher)).name
    except DemarcheError:
        return None
    return kind if kind in _LISTS else None
