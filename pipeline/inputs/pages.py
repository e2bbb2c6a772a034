"""An HTML page to an Article: trafilatura finds the body and what the page says about itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.html
import trafilatura
from lxml.etree import ParserError

from pipeline.errors import BadInput
from pipeline.inputs.articles import make_article
from pipeline.inputs.boilerplate import without_boilerplate
from pipeline.inputs.urls import canonical_url, host_of
from pipeline.records import Article, Publisher, SourceRef

# The names with which sites mark what is inside an article's element and no part of its text: cards that open under
# the pointer, and forms for newsletters.
_PRUNE = [
    "//*[contains(@class, 'rollover')]",
    "//*[contains(@class, 'newsletter') and not(self::body) and not(self::html) and not(.//p[3])]",
]
_BLOCKS = {
    *("address", "article", "blockquote", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul", "br"),
}
_SILENT = {"script", "style", "noscript", "template", "figure", "iframe", "svg", "form", "button", "aside", "nav"}


@dataclass
class Page:
    """What a page says. `published_at` has a zone; `url` is the address that the page itself names, if any."""

    title: str
    text: str
    url: str | None = None
    authors: list[str] = field(default_factory=list)
    published_at: datetime | None = None
    site: str | None = None
    language: str | None = None


def read_page(markup: str, url: str) -> Page:
    """Extract body and metadata. Raises BadInput for a page without text.

    `favor_precision`: of trafilatura's ways the best on 92 news pages with a marked body (docs/connectors.md), and a
    sentence too many from a side bar may become a false alert.
    """
    tree = _parse(markup)
    try:
        found: Any = trafilatura.bare_extraction(
            markup, url=url, favor_precision=True, include_comments=False, with_metadata=True, prune_xpath=_PRUNE
        )
    except RecursionError:
        raise BadInput("The page is nested too deeply to be read.", "Save the article's text as .txt.") from None
    text = (found.text or "") if found is not None else ""
    site = (found.sitename if found is not None else None) or None
    title = _without_site((found.title if found is not None else None) or "", site)
    text = without_boilerplate(text, title)
    if not text.strip():
        raise BadInput(
            "No article text was found on the page.",
            "If it is filled in by scripts, save it from a browser after it has loaded.",
        )
    assert found is not None
    return Page(
        title=title,
        text=text,
        url=_own_address(tree, url),
        authors=[name.strip() for name in (found.author or "").split(";") if name.strip()],
        published_at=_published_at(tree, found.date),
        site=site,
        language=_language(tree),
    )


def article_from_page(
    markup: str, *, url: str, source: SourceRef, fetched_at: datetime, max_chars: int, **fields: Any
) -> Article:
    """An article from a page; `fields` win over what the page says of itself where they are not None."""
    page = read_page(markup, url)
    host = host_of(url)
    said: dict[str, Any] = {
        "authors": page.authors,
        "published_at": page.published_at,
        "language": page.language,
        "publisher": Publisher(id=host, name=page.site) if host else None,
    }
    given = {key: value for key, value in fields.items() if value is not None}
    title = given.pop("title", page.title)
    return make_article(
        url=page.url or url,
        title=title,
        text=page.text,
        source=source,
        fetched_at=fetched_at,
        max_chars=max_chars,
        **{**said, **given},
    )


def fragment_to_text(markup: str) -> str:
    """The text of a piece of HTML, such as a feed carries: one line a paragraph, pictures and scripts left out."""
    lines: list[str] = [""]
    for piece in _pieces(markup):
        if piece is None:
            lines.append("")
        else:
            lines[-1] += piece
    return without_boilerplate("\n".join(line for line in map(_squeeze, lines) if line))


def _pieces(markup: str) -> Iterator[str | None]:
    """Text in document order, None where a block begins or ends. Iterative: feeds nest as deep as they like."""
    try:
        # Without `huge_tree` all that is nested deeper than 256 is lost without a word.
        parser = lxml.html.HTMLParser(huge_tree=True)
        root = lxml.html.fragment_fromstring(markup, create_parent="div", parser=parser)
    except (ParserError, ValueError):
        return
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        element, leaving = stack.pop()
        name = element.tag if isinstance(element.tag, str) else None
        if leaving:
            if name in _BLOCKS:
                yield None
            if element is not root and element.tail:
                yield element.tail
            continue
        if name in _BLOCKS:
            yield None
        stack.append((element, True))
        if name is None or name in _SILENT:
            continue
        if element.text:
            yield element.text
        stack.extend((child, False) for child in reversed(element))


def _without_site(title: str, site: str | None) -> str:
    """The headline of `Headline - Site name`."""
    ending = re.search(r"\s[-|–—]\s+([^|–—]+)$", title)
    if ending and site and ending[1].strip().casefold() == site.casefold():
        title = title[: ending.start()]
    return _squeeze(title)


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _parse(markup: str) -> lxml.html.HtmlElement | None:
    try:
        # As bytes: lxml refuses a string that declares an encoding.
        parser = lxml.html.HTMLParser(encoding="utf8")
        return lxml.html.document_fromstring(markup.encode("utf8", "replace"), parser=parser)
    except (ParserError, ValueError):
        return None


def _own_address(tree: lxml.html.HtmlElement | None, url: str) -> str | None:
    """The page's canonical link, if it leads to an article on the same site.

    Broken templates name the front page, and some pages name another site's copy: neither may take the article's
    place.
    """
    if tree is None:
        return None
    links = tree.xpath("//link[@rel='canonical']/@href") + tree.xpath("//meta[@property='og:url']/@content")
    for link in links:
        try:
            own = urljoin(url, str(link).strip())
            canonical_url(own)
            here, there = urlsplit(url), urlsplit(own)
        except (BadInput, ValueError):
            continue
        if here.scheme == "file":
            return own
        same_site = host_of(own).removeprefix("m.").removeprefix("amp.") == host_of(url).removeprefix(
            "m."
        ).removeprefix("amp.")
        if same_site and (there.path.strip("/") or not here.path.strip("/")):
            return own
    return None


def _published_at(tree: lxml.html.HtmlElement | None, day: str | None) -> datetime | None:
    """Time of publication: a time with a zone that the page states, else the day that trafilatura found, in UTC.

    A stated time counts only within two days of that day: pages also state times of other articles.
    """
    found = None
    if day:
        try:
            found = datetime.fromisoformat(day).replace(tzinfo=UTC)
        except ValueError:
            found = None
    for stated in _stated_times(tree):
        if found is None or abs((stated - found).total_seconds()) <= 2 * 86400:
            return stated
    return found


def _stated_times(tree: lxml.html.HtmlElement | None) -> Iterator[datetime]:
    if tree is None:
        return
    values = tree.xpath(
        "//meta[@property='article:published_time' or @itemprop='datePublished' or @name='pubdate']/@content"
    )
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        try:
            values += _dates_published(json.loads(script, strict=False))
        except (ValueError, RecursionError):
            continue
    values += tree.xpath("//time[@itemprop='datePublished']/@datetime")
    for value in values:
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError:
            continue
        if moment.tzinfo is not None:
            yield moment.astimezone(UTC)


def _dates_published(value: Any) -> list[str]:
    if isinstance(value, list):
        return [date for item in value for date in _dates_published(item)]
    if not isinstance(value, dict):
        return []
    own = [value["datePublished"]] if isinstance(value.get("datePublished"), str) else []
    return own + _dates_published(value.get("@graph"))


def _language(tree: lxml.html.HtmlElement | None) -> str | None:
    if tree is None:
        return None
    match = re.match(r"\s*([A-Za-z]{2,3})(?:[-_]|\s*$)", tree.get("lang") or "")
    return match[1].lower() if match else None
