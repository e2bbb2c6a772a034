"""A site without a feed: its front page, or the page of a section, watched for links to articles.

Only the articles that the page links to are read, and no link of theirs is followed. Which links lead to articles is
told by where they stand, how they read and how their address looks; a source may say it itself (`link_selector`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import lxml.html
from courlan import extract_domain
from lxml.etree import LxmlError

from connectors.base import Checkpoint, Found, Refusal, Target
from connectors.entries import Entries
from connectors.http import Response
from connectors.listing import Listed, read_list, read_listed
from pipeline.errors import BadInput
from pipeline.inputs import decode_page
from pipeline.inputs.pages import compiled
from pipeline.inputs.urls import canonical_url, host_of

CONNECTOR = "sections"
MAX_LINKS = 200
"""Articles that one visit takes from a page; a page that lists more is an archive."""

_ASIDE = {"nav", "header", "footer", "aside", "form"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5"}
_NO_ARTICLE = re.compile(
    r"/(tags?|topics?|authors?|contributors?|people|categor(y|ies)|sections?|search|login|log-in|signin|sign-in|register"
    r"|account|subscribe|subscription|newsletters?|about(-us)?|contact(-us)?|privacy|terms|cookies?|help|faq|jobs"
    r"|careers|advertis\w*|shop|store|feeds?|rss|page/\d+|wp-\w+)(/|$)|\.(jpe?g|png|gif|svg|webp|pdf|mp[34]|zip|xml)$",
    re.IGNORECASE,
)
_DATED = re.compile(r"/(19|20)\d\d[/-]?(0[1-9]|1[0-2])")
_NUMBERED = re.compile(r"\d{5,}|[0-9a-f]{8}-[0-9a-f]{4}")


def accepts(_target: Target) -> bool:
    return False


class SectionConnector:
    """The articles that a page links to. The checkpoint holds the links that were read."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def read(self, checkpoint: Checkpoint) -> Iterator[Found]:
        return read_list(self._target, checkpoint, self._parse, self._take)

    def _parse(self, response: Response) -> list[str]:
        markup = decode_page(response.body, response.content_type)
        found = article_links(markup, response.url, self._target.selectors.links)
        if not found:
            raise BadInput("No links to articles were found on the page.", "Say where they are: link_selector.")
        return found

    def _take(self, found: list[str], response: Response, entries: Entries) -> Iterator[Found]:
        if len(found) > MAX_LINKS:
            yield Refusal(response.url, f"It links to {len(found):,} articles; the first {MAX_LINKS} are read.")
        yield from read_listed((Listed(url) for url in found[:MAX_LINKS]), entries, self._target, CONNECTOR)


def article_links(markup: str, url: str, selector: str | None = None) -> list[str]:
    """Addresses of articles on this page, as they stand on it, each once."""
    try:
        tree = lxml.html.document_fromstring(markup.encode("utf8", "replace"), lxml.html.HTMLParser(encoding="utf8"))
    except (LxmlError, ValueError):
        return []
    base = urljoin(url, next(iter(tree.xpath("//base/@href")), ""))
    chosen = [link for element in compiled(selector)(tree) for link in element.iter("a")] if selector else None
    found: dict[str, None] = {}
    here = _canonical(url)
    for link in tree.iter("a") if chosen is None else chosen:
        address = _canonical(_joined(base, link.get("href") or ""))
        if address and address != here and (chosen is not None or _leads_to_article(link, address, url)):
            found.setdefault(address)
    return list(found)


def _leads_to_article(link: lxml.html.HtmlElement, address: str, page: str) -> bool:
    path = urlsplit(address).path
    if _site(address) != _site(page) or path.strip("/") == "" or _NO_ARTICLE.search(path):
        return False
    above = [element.tag for element in link.iterancestors()]
    if _ASIDE & set(above) and "article" not in above:
        return False
    words = len(re.findall(r"\w+", link.text_content()))
    is_headline = words >= 4 or bool(_HEADINGS & {*above, *(part.tag for part in link.iter())})
    slug = path.rstrip("/").rpartition("/")[2]
    names_article = bool(_DATED.search(path) or _NUMBERED.search(path)) or slug.count("-") >= 3 or slug.count("_") >= 3
    return is_headline and (names_article or (words >= 6 and path.count("/") >= 2))


def _joined(base: str, href: str) -> str:
    try:
        return urljoin(base, href.strip())
    except ValueError:
        return ""


def _canonical(url: str) -> str:
    try:
        return canonical_url(url) if url.startswith(("http://", "https://")) else ""
    except BadInput:
        return ""


def _site(url: str) -> str:
    return extract_domain(url) or host_of(url)
