"""News sitemaps, other sitemaps, and indexes of them: what is new becomes an article.

A sitemap may list everything that a site ever published. So the first visit takes what is dated within two days, and
the rest counts as known; later visits take what was not listed before and what has a newer date.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError

import lxml.etree
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from connectors.base import Checkpoint, Found, Refusal, Target
from connectors.entries import Entries
from connectors.http import Response
from connectors.listing import Listed, read_list, read_listed
from pipeline.errors import BadInput, DemarcheError
from pipeline.inputs.urls import host_of
from pipeline.records import Publisher, hash_id

CONNECTOR = "sitemaps"
MAX_UNPACKED = 50 * 2**20
"""The limit of the sitemap protocol."""

MAX_PAGES = 1000
"""Pages that one visit asks for; the rest is for the next."""

MAX_CHILDREN = 50
_MAX_UNDATED = 20_000
_FRESH = timedelta(days=2)
_HALVES = re.compile(rb"\xed[\xa0-\xbf].|&#(?:x0*[dD][89a-fA-F]..|0*5[5-7]\d{3});", re.DOTALL)
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Address:
    """One `<url>` or `<sitemap>`: where, when, and what the news extension says of it."""

    loc: str
    dated: datetime | None = None
    stamp: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sitemap:
    """`is_index`: its addresses are those of sitemaps."""

    is_index: bool
    addresses: list[Address]


def accepts(target: Target) -> bool:
    return target.is_address and is_sitemap(target.response)


def is_sitemap(response: Response) -> bool:
    try:
        head = unpacked(response, 4096)
    except BadInput:
        return False
    return b"<urlset" in head or b"<sitemapindex" in head


class SitemapConnector:
    """The articles in a sitemap, or in the sitemaps of an index that have changed."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def read(self, checkpoint: Checkpoint) -> Iterator[Found]:
        # An index without dates stays the same while its sitemaps change.
        whole = bool(checkpoint.get("undated_children"))
        return read_list(self._target, checkpoint, parse, partial(self._take, checkpoint), whole=whole)

    def _take(self, checkpoint: Checkpoint, found: Sitemap, response: Response, entries: Entries) -> Iterator[Found]:
        target = self._target
        first = "newest" not in checkpoint
        newest = datetime.fromtimestamp(checkpoint.get("newest", 0), UTC)
        addresses: list[Address] = []
        for part in self._children(found, checkpoint) if found.is_index else found.addresses:
            if isinstance(part, Address):
                addresses.append(part)
            else:
                yield part
        undated = [address for address in addresses if address.dated is None]
        if len(undated) > _MAX_UNDATED:
            reason = f"It lists {len(undated):,} pages without a date, too many to tell which are new."
            yield Refusal(target.name, f"{reason} Name its news sitemap.")
            undated = []
        if first:
            # Anything that has no date may be old.
            for address in undated:
                entries.is_known(address.loc, address.stamp)
                entries.read(address.loc, address.stamp)
            undated = []
        since = (target.now if first else newest) - _FRESH
        taken = [address for address in addresses if address.dated and address.dated >= since] + undated
        taken.sort(key=lambda address: address.dated or newest, reverse=True)
        if len(taken) > MAX_PAGES:
            yield Refusal(response.url, f"It lists {len(taken):,} new pages; the newest {MAX_PAGES:,} are read.")
        listed = (Listed(address.loc, address.stamp, address.fields) for address in taken[:MAX_PAGES])
        yield from read_listed(listed, entries, target, CONNECTOR)
        dates = [address.dated for address in addresses if address.dated and address.dated <= target.now]
        checkpoint["newest"] = max([newest, *dates]).timestamp()
        target.reach_s = (target.now - min(dates)).total_seconds() if dates else None

    def _children(self, index: Sitemap, checkpoint: Checkpoint) -> Iterator[Address | Found]:
        """The addresses in those sitemaps of an index that may have news."""
        known: dict[str, str] = checkpoint.get("children", {})
        target = self._target
        dated = [child for child in index.addresses if child.dated]
        undated = [child for child in index.addresses if not child.dated]
        checkpoint["undated_children"] = len(undated)
        recent = [
            child
            for child in dated
            if known.get(child.loc) != child.stamp and (known or (child.dated and child.dated >= target.now - _FRESH))
        ]
        # Names tell, where dates do not: of many sitemaps those of news.
        named = [child for child in undated if "news" in child.loc.lower()] or undated
        chosen = sorted(recent, key=lambda child: child.stamp, reverse=True) + named
        if len(chosen) > MAX_CHILDREN:
            reason = f"It names {len(chosen):,} sitemaps that may have changed; {MAX_CHILDREN} are read."
            yield Refusal(target.name, reason)
        states = {child.loc: child.stamp for child in dated if child not in recent}
        for child in chosen[:MAX_CHILDREN]:
            try:
                found = parse(target.page(child.loc))
                if found.is_index:
                    raise BadInput("It is an index inside an index.", "Name it as a source of its own.")
            except DemarcheError as error:
                yield Refusal.of(child.loc, error)
                continue
            yield from found.addresses
            states[child.loc] = child.stamp
        checkpoint["children"] = states


def unpacked(response: Response, limit: int = MAX_UNPACKED) -> bytes:
    """The body, without the gzip that sitemaps are kept in as files. Raises BadInput."""
    if not response.body.startswith(_GZIP):
        return response.body[: limit + 1]
    unpack = zlib.decompressobj(wbits=31)
    try:
        body = unpack.decompress(response.body, limit + 1)
    except zlib.error as error:
        raise BadInput(f"{response.url} is not valid gzip: {error}.", "Check it in a browser.") from None
    if len(body) > limit and limit >= MAX_UNPACKED:
        raise BadInput(f"{response.url} unpacks to more than {limit:,} bytes.", "Name a smaller sitemap.")
    return body


def parse(response: Response) -> Sitemap:
    """A sitemap or an index, read as far as it is well formed. Raises BadInput for anything else."""
    body = unpacked(response).lstrip()
    try:
        root: Any = fromstring(body)
    except DefusedXmlException as error:
        raise BadInput(f"{response.url} declares entities of its own, which are not read: {error}.") from None
    except (ParseError, ValueError, LookupError):
        parser = lxml.etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
        # Half characters, written as references or as bytes, come through lxml's repair and cannot be read then.
        try:
            root = lxml.etree.fromstring(_HALVES.sub(b"", body), parser)
        except (lxml.etree.LxmlError, ValueError):
            root = None
    if root is None or _local(root) not in ("urlset", "sitemapindex"):
        raise BadInput(f"{response.url} is not a sitemap.", "Name the address of a sitemap or of an index of them.")
    is_index = _local(root) == "sitemapindex"
    wanted = "sitemap" if is_index else "url"
    found = (_address(element, response.url) for element in root if _local(element) == wanted)
    return Sitemap(is_index, [address for address in found if address])


def _address(element: Element, base: str) -> Address | None:
    said = {_local(part): (part.text or "").strip() for part in element}
    try:
        loc = urljoin(base, said.get("loc", ""))
    except ValueError:
        return None
    if not loc.startswith(("http://", "https://")):
        return None
    news = next((part for part in element if _local(part) == "news"), None)
    if news is None:
        return Address(loc, _moment(said.get("lastmod", "")), said.get("lastmod", ""))
    told = {_local(part): (part.text or "").strip() for part in news.iter() if part is not news}
    published_at = _moment(told.get("publication_date", ""))
    name, host = told.get("name"), host_of(loc)
    fields = {
        "title": told.get("title") or None,
        "published_at": published_at,
        "publisher": Publisher(id=host, name=name) if name and host else None,
        "language": told.get("language", "")[:2].lower() or None,
    }
    stamp = hash_id(said.get("lastmod", ""), told.get("title", ""), told.get("publication_date", ""))[:16]
    return Address(loc, _moment(said.get("lastmod", "")) or published_at, stamp, fields)


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _moment(written: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
