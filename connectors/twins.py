"""The other names of an article, by which a second telling of it is known for what it is.

An article's id is the hash of its canonical address. The same article also comes under the address with the other
scheme, with a slash at its end, as its AMP or mobile page, under a new address with the GUID it had, and word for word
under another address of the same host. On some servers such addresses are different pages, and feeds put one GUID on
many items: merging two articles is worse than having one twice. So a name is either certain, or it counts only
together with the same headline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.inputs.urls import host_of
from pipeline.records import Article, hash_id

_LONG_ENOUGH = 200
"""Short texts return word for word ("Watch live here"): they tell nothing."""

_HOST_PREFIX = re.compile(r"^(www\d?|m|mobile|amp|wap)\.(?=[^.]+\.)")
_AMP_CACHE = re.compile(r"^https?://(?:www\.google\.[a-z.]+/amp/s/|[^/]+\.cdn\.ampproject\.org/[cv]/(?:s/)?)")
_AMP_PATH = re.compile(r"(/amp(?=/|$)|\.amp(?=$|\.html?$)|/index\.(html?|php|aspx?)$)", re.IGNORECASE)
_AMP_QUERY = re.compile(r"(amp|outputtype=amp|output=amp|amp=.*|m=1|mobile=1)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Name:
    """Another name of an article; one that is not `certain` needs the same headline beside it."""

    mark: str
    certain: bool


def names_of(article: Article) -> list[Name]:
    """The names of an article besides its id, the surest first; none for a file or a wire item."""
    if article.canonical_url.startswith(("file:", "urn:", "tag:")):
        return []
    address = article.canonical_url
    names = [Name(hash_id("address", _plain(address)), certain=True), Name(hash_id("twin", twin_key(address)), False)]
    if len(article.text) >= _LONG_ENOUGH:
        names.append(Name(hash_id("text", host_of(address), article.content_hash), certain=True))
    if article.source.guid:
        names.append(Name(hash_id("guid", article.source.id, article.source.guid), False))
    return names


def headline_mark(title: str) -> str:
    """The same for titles that differ in case and punctuation only; empty for a title without words."""
    words = re.findall(r"\w+", title.casefold())
    return hash_id(*words)[:16] if words else ""


def tellers(article: Article) -> list[str]:
    """How a source may name the article: whoever said something under one of these names is the one saying it now."""
    guid = [hash_id(article.source.id, "guid", article.source.guid)] if article.source.guid else []
    return [hash_id(article.source.id, "url", article.url), *guid]


def _plain(address: str) -> str:
    """Without scheme and `www.`: no news site has two articles that differ in these alone."""
    return address.partition("://")[2].removeprefix("www.")


def twin_key(address: str) -> str:
    """What the desktop, mobile and AMP addresses of a page have in common."""
    address = _AMP_CACHE.sub("https://", address)
    parts = urlsplit(address)
    host = _HOST_PREFIX.sub("", parts.netloc.lower())
    path = _AMP_PATH.sub("", parts.path).rstrip("/")
    query = "&".join(part for part in parts.query.split("&") if part and not _AMP_QUERY.fullmatch(part))
    return f"{host}{path}?{query}"
