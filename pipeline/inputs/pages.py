"""An HTML page to an Article: trafilatura finds the body and what the page says about itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.html
import trafilatura
from courlan import extract_domain
from cssselect import SelectorError
from lxml.cssselect import CSSSelector
from lxml.etree import ParserError

from pipeline.errors import BadInput, BadSetting
from pipeline.inputs.articles import make_article
from pipeline.inputs.boilerplate import without_boilerplate
from pipeline.inputs.page_faults import flags_of, refuse_what_is_no_article
from pipeline.inputs.urls import canonical_url, host_of
from pipeline.records import Article, Flag, Publisher, SourceRef

# The names with which sites mark what is inside an article's element and no part of its text: cards that open under
# the pointer, and forms for newsletters.
_PRUNE = [
    "//*[contains(@class, 'rollover')]",
    "//*[contains(@class, 'newsletter') and not(self::body) and not(self::html) and not(.//p[3])]",
    # A list of nothing but links leads to other articles.
    "//ul[li][not(li[string-length(normalize-space(.)) > string-length(normalize-space((.//a)[1])) + 3])]",
]
_BLOCKS = {
    *("address", "article", "blockquote", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul", "br"),
}
_SILENT = {"script", "style", "noscript", "template", "figure", "iframe", "svg", "form", "button", "aside", "nav"}


_BODY_NAMES = ("article-body", "article__body", "articlebody", "article-content", "entry-content", "story-body")
_TAG = re.compile(r"<[A-Za-z]")
_VISIBLE = "//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::template)]"
_MAX_VISIBLE_CHARS = 200_000


@dataclass(frozen=True, slots=True)
class Selectors:
    """What a source says of its pages, as CSS: which elements hold the article's text, which are no part of it, and
    which links of a section page lead to articles."""

    text: str | None = None
    drop: tuple[str, ...] = ()
    links: str | None = None


def compiled(selector: str) -> CSSSelector:
    """Raises BadSetting for what is no CSS selector."""
    try:
        return CSSSelector(selector, translator="html")
    except (SelectorError, ValueError) as error:
        raise BadSetting(f"The CSS selector {selector!r} cannot be used: {error}.") from None


@dataclass
class Page:
    """What a page says. `published_at` has a zone; `url` is the address that the page itself names, if any."""

    title: str
    text: str
    url: str | None = None
    authors: list[str] = field(default_factory=list)
    published_at: datetime | None = None
    site: str | None = None
    section: str | None = None
    language: str | None = None
    flags: list[Flag] = field(default_factory=list)


def read_page(markup: str, url: str, selectors: Selectors | None = None) -> Page:
    """Extract body and metadata. Raises BadInput for a page without text, and for one that is no article.

    The text comes from the elements that the source's selector names; where there are none, say after the site was
    rebuilt, from trafilatura. `favor_precision`: of its ways the best on 92 news pages with a marked body
    (docs/connectors.md), and a sentence too many from a side bar may become a false alert.
    """
    tree = _parse(markup)
    if tree is None or not _TAG.search(markup):
        raise _no_text()
    selectors = selectors or Selectors()
    linked = _linked_data(tree)
    headlines = _headlines(tree)
    page = Page(
        title="",
        text="",
        url=_own_address(tree, url),
        section=_section(tree, linked),
        language=_language(tree, linked),
    )
    visible = "".join(tree.xpath(_VISIBLE))[:_MAX_VISIBLE_CHARS]
    _drop(tree, selectors.drop)
    _join_split_body(tree)
    stated = list(_stated_times(tree, linked))
    chosen = _selected_text(tree, selectors.text) if selectors.text else ""
    try:
        # Last, because it takes the tree apart.
        found: Any = trafilatura.bare_extraction(
            tree, url=url, favor_precision=True, include_comments=False, with_metadata=True, prune_xpath=_PRUNE
        )
    except RecursionError:
        raise BadInput("The page is nested too deeply to be read.", "Save the article's text as .txt.") from None
    extracted = chosen or ((found.text or "") if found is not None else "")
    page.site = (found.sitename if found is not None else None) or None
    page.title = _without_site((found.title if found is not None else None) or "", page.site)
    page.text = without_boilerplate(extracted, page.title)
    refuse_what_is_no_article([*headlines, page.title], page.text)
    if not page.text.strip():
        raise _no_text()
    page.authors = [name.strip() for name in ((found and found.author) or "").split(";") if name.strip()]
    page.published_at = _published_at(stated, found.date if found is not None else None)
    page.flags = flags_of(
        page.text, extracted.split("\n")[-3:], visible, stated_as_closed=_stated_as_closed(tree, linked)
    )
    return page


def _no_text() -> BadInput:
    return BadInput(
        "No article text was found on the page.",
        "If it is filled in by scripts, save it from a browser after it has loaded.",
    )


def article_from_page(
    markup: str,
    *,
    url: str,
    source: SourceRef,
    fetched_at: datetime,
    max_chars: int,
    selectors: Selectors | None = None,
    **fields: Any,
) -> Article:
    """An article from a page; `fields` win over what the page says of itself where they are not None."""
    page = read_page(markup, url, selectors)
    host = host_of(url)
    said: dict[str, Any] = {
        "authors": page.authors,
        "published_at": page.published_at,
        "language": page.language,
        "section": page.section,
        "flags": page.flags,
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
    try:
        # Without `huge_tree` all that is nested deeper than 256 is lost without a word.
        parser = lxml.html.HTMLParser(huge_tree=True)
        root = lxml.html.fragment_fromstring(markup, create_parent="div", parser=parser)
    except (ParserError, ValueError):
        return ""
    return without_boilerplate(_text_of(root))


def _text_of(root: lxml.html.HtmlElement) -> str:
    lines: list[str] = [""]
    for piece in _pieces(root):
        if piece is None:
            lines.append("")
        else:
            lines[-1] += piece
    return "\n".join(line for line in map(_squeeze, lines) if line)


def _pieces(root: lxml.html.HtmlElement) -> Iterator[str | None]:
    """Text in document order, None where a block begins or ends. Iterative: feeds nest as deep as they like."""
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


def _headlines(tree: lxml.html.HtmlElement) -> list[str]:
    found = tree.xpath("//head/title/text() | //meta[@property='og:title']/@content")
    return [*map(str, found), *(heading.text_content() for heading in tree.xpath("(//h1)[position() < 3]"))]


def _drop(tree: lxml.html.HtmlElement, selectors: tuple[str, ...]) -> None:
    for selector in selectors:
        for element in compiled(selector)(tree):
            if element.getparent() is not None:
                element.drop_tree()


def _selected_text(tree: lxml.html.HtmlElement, selector: str) -> str:
    chosen = compiled(selector)(tree)
    # An element inside another that is chosen too would stand there twice.
    outer = [element for element in chosen if not any(above in chosen for above in element.iterancestors())]
    return "\n".join(filter(None, (_text_of(element) for element in outer)))


def _join_split_body(tree: lxml.html.HtmlElement) -> None:
    """Put the parts of a body that stands in several elements of one name, between advertisements, into the first.

    Of such parts trafilatura takes one for the article.
    """
    for name in _BODY_NAMES:
        parts = tree.xpath(f"//div[contains(translate(@class, 'BC', 'bc'), '{name}')][.//p[2]]")
        kin = [part for part in parts if part.get("class") == parts[0].get("class")]
        above = kin[0].getparent().getparent() if len(kin) > 1 and kin[0].getparent() is not None else None
        if above is None or any(part.getparent() is None or part.getparent().getparent() is not above for part in kin):
            continue
        # Several articles on one page have such bodies too, each with its own headline.
        if len({next(part.iterancestors("article"), None) for part in kin}) > 1:
            continue
        if any(part.getparent().xpath(".//h1 | .//header") for part in kin[1:]):
            continue
        for part in kin[1:]:
            kin[0].extend(list(part))


def _own_address(tree: lxml.html.HtmlElement, url: str) -> str | None:
    """The page's canonical link, if it leads to an article on the same site: AMP and mobile twins name the original.

    Broken templates name the front page, and some pages name another site's copy: neither may take the article's
    place.
    """
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
        if _site(own) == _site(url) and (there.path.strip("/") or not here.path.strip("/")):
            return own
    return None


def _site(url: str) -> str:
    """What `www.`, `m.`, `amp.` and editions of one site have in common."""
    return extract_domain(url) or re.sub(r"^(?:m|amp|mobile)\.", "", host_of(url))


def _published_at(stated: list[datetime], day: str | None) -> datetime | None:
    """Time of publication: a time with a zone that the page states, else the day that trafilatura found, in UTC.

    A stated time counts only within two days of that day: pages also state times of other articles.
    """
    found = None
    if day:
        try:
            found = datetime.fromisoformat(day).replace(tzinfo=UTC)
        except ValueError:
            found = None
    for moment in stated:
        if found is None or abs((moment - found).total_seconds()) <= 2 * 86400:
            return moment
    return found


def _stated_times(tree: lxml.html.HtmlElement, linked: list[Any]) -> Iterator[datetime]:
    values = tree.xpath(
        "//meta[@property='article:published_time' or @itemprop='datePublished' or @name='pubdate' or @name='date'"
        " or @name='parsely-pub-date' or @name='sailthru.date' or @name='DC.date.issued']/@content"
    )
    values += _dates_published(linked)
    values += tree.xpath("//time[@itemprop='datePublished' or @pubdate]/@datetime")
    for value in values:
        moment = _moment(str(value).strip())
        if moment is not None and moment.tzinfo is not None:
            with suppress(OverflowError):
                yield moment.astimezone(UTC)


def _moment(written: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError, OverflowError):
            return read(written)
    return None


def _linked_data(tree: lxml.html.HtmlElement) -> list[Any]:
    """The page's JSON-LD, as far as it can be read."""
    found = []
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        with suppress(ValueError, RecursionError):
            found.append(json.loads(script, strict=False))
    return found


def _nodes(linked: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The things that JSON-LD describes; not those that they are only linked to."""
    if isinstance(linked, list) and depth < 20:
        for item in linked:
            yield from _nodes(item, depth + 1)
    elif isinstance(linked, dict):
        yield linked
        yield from _nodes(linked.get("@graph"), depth + 1)


def _section(tree: lxml.html.HtmlElement, linked: list[Any]) -> str | None:
    values = tree.xpath("//meta[@property='article:section' or @itemprop='articleSection' or @name='section']/@content")
    for node in _nodes(linked):
        stated = node.get("articleSection")
        values += stated if isinstance(stated, list) else [stated]
    names = (_squeeze(value) for value in values if isinstance(value, str))
    return next((name for name in names if 0 < len(name) <= 80), None)


def _stated_as_closed(tree: lxml.html.HtmlElement, linked: list[Any]) -> bool:
    stated = [str(node.get("isAccessibleForFree", "")) for node in _nodes(linked)]
    stated += tree.xpath("//meta[@itemprop='isAccessibleForFree']/@content")
    tiers = tree.xpath("//meta[@property='article:content_tier']/@content")
    return any(value.casefold() == "false" for value in stated) or "locked" in tiers


def _dates_published(linked: list[Any]) -> list[str]:
    stated = (node.get("datePublished") for node in _nodes(linked))
    return [value for value in stated if isinstance(value, str)]


def _language(tree: lxml.html.HtmlElement, linked: list[Any]) -> str | None:
    values = [tree.get("lang"), *(node.get("inLanguage") for node in _nodes(linked))]
    values += tree.xpath(
        "//meta[@property='og:locale' or translate(@http-equiv, 'CL', 'cl')='content-language']/@content"
    )
    for value in values:
        match = re.match(r"\s*([A-Za-z]{2,3})(?:[-_]|\s*$)", value) if isinstance(value, str) else None
        if match:
            return match[1].lower()
    return None
