"""RSS and Atom: each entry becomes an article with its full text.

Where the text comes from, the next only if the last fell short:
1. what the feed carries as content, if it is long enough to be the article;
2. the page that the entry links to, if robots.txt allows it;
3. the longer of content and summary, if the page gave nothing.
"""

from __future__ import annotations

import calendar
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any
from urllib.parse import urljoin

from connectors.base import Checkpoint, Found, Refusal, Target, Unchanged
from connectors.entries import Entries
from connectors.http import Response
from connectors.listing import read_list
from connectors.parsing import parse_feed
from pipeline.errors import BadInput, DemarcheError, Transient
from pipeline.inputs import article_from_page, decode_page, fragment_to_text, make_article
from pipeline.inputs.page_faults import STUB_CHARS
from pipeline.inputs.urls import host_of
from pipeline.records import Article, Publisher, SourceRef

CONNECTOR = "feeds"
FULL_TEXT_CHARS = 700
"""Content shorter than this is taken for a teaser: the page is fetched."""

MAX_ENTRIES = 2000
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
"""Feeds that know no date write 1970 or the year 1: such a date is none."""

_ENCODING = re.compile(r"""^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"'>]*["']""")
_OPENINGS = (b"<rss", b"<feed", b"<rdf:rdf", b"<channel", b"<atom:feed")


def accepts(target: Target) -> bool:
    return target.is_address and is_feed(target.response.body)


def is_feed(body: bytes) -> bool:
    """Whether RSS, RDF or Atom begins here, whatever the server calls it; ill-formed feeds included."""
    head = body[:4096].replace(b"\x00", b"").lower()
    return any(opening in head for opening in _OPENINGS) and b"<html" not in head.split(b"<rss")[0].split(b"<feed")[0]


class FeedConnector:
    """The entries of a feed. The checkpoint holds the feed's validators and what each entry said when last read."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def read(self, checkpoint: Checkpoint) -> Iterator[Found]:
        return read_list(self._target, checkpoint, self._parse, self._take)

    def _parse(self, response: Response) -> Any:
        return parse(response)

    def _take(self, feed: Any, response: Response, entries: Entries) -> Iterator[Found]:
        target = self._target
        target.ttl_s, target.reach_s = _ttl_s(feed), _reach_s(feed, target.now)
        guids = Counter(str(entry.get("id") or "") for entry in feed.entries)
        for number, entry in enumerate(feed.entries[:MAX_ENTRIES], start=1):
            key = entry.get("link") or entry.get("id") or f"{response.url}, entry {number}"
            digest = _digest(entry)
            if entries.is_known(key, digest):
                yield Unchanged(key)
                continue
            try:
                guid = str(entry.get("id") or "")
                yield self._article(entry, feed, response, guid if guids[guid] == 1 else None)
                entries.read(key, digest)
            except DemarcheError as error:
                entries.failed(key, digest, error)
                yield Refusal.of(key, error, _raw(entry))
        if len(feed.entries) > MAX_ENTRIES:
            yield Refusal(response.url, f"The feed has more than {MAX_ENTRIES:,} entries; the others are not read.")

    def _article(self, entry: Any, feed: Any, response: Response, guid: str | None) -> Article:
        """`guid` is None where several entries bear it."""
        link = _link(entry, response.url)
        source = SourceRef(connector=CONNECTOR, id=self._target.name, guid=guid)
        title = _plain(entry.get("title", ""))
        content, summary = _content(entry), fragment_to_text(entry.get("summary") or "")
        fields: dict[str, Any] = {
            "published_at": _published_at(entry),
            "authors": [name for name in (_plain(a.get("name", "")) for a in entry.get("authors", [])) if name] or None,
            "tags": [tag for tag in (_plain(t.get("term") or "") for t in entry.get("tags", [])) if tag],
            "publisher": Publisher(id=host_of(link), name=_plain(feed.feed.get("title", "")) or None),
            "language": _language(feed),
            "source": source,
        }
        if len(content) >= FULL_TEXT_CHARS and not content.endswith(("…", "...", "[…]", "[...]")):
            return self._make(link, title, content, fields)
        try:
            page = self._page(link, title, fields)
        except Transient:
            raise
        except DemarcheError:
            text = max(content, summary, key=len)
            if not text:
                raise
            flags = ["stub"] if len(text) < STUB_CHARS else None
            return self._make(link, title, text, {**fields, "flags": flags})
        return page if len(page.text) >= len(content) else self._make(link, title, content, fields)

    def _page(self, link: str, title: str, fields: dict[str, Any]) -> Article:
        response = self._target.page(link)
        return article_from_page(
            decode_page(response.body, response.content_type),
            url=link,
            fetched_at=self._target.now,
            max_chars=self._target.settings.max_article_chars,
            title=title or None,
            selectors=self._target.selectors,
            **fields,
        )

    def _make(self, link: str, title: str, text: str, fields: dict[str, Any]) -> Article:
        return make_article(
            url=link,
            title=title,
            text=text,
            fetched_at=self._target.now,
            max_chars=self._target.settings.max_article_chars,
            **{key: value for key, value in fields.items() if value is not None},
        )


def parse(response: Response) -> Any:
    """The feed in a response, as far as it can be read: an ill-formed feed gives the entries before and around the
    fault. Raises BadInput for what is no feed."""
    body, content_type = _as_utf8(response)
    headers = {"content-type": content_type, "content-location": response.url}
    try:
        feed = parse_feed(_without_declarations(body), headers, MAX_ENTRIES + 1)
    except BadInput as error:
        raise BadInput(f"{response.url}: {error.message}", error.hint or "Check it in a feed reader.") from None
    if not feed.entries and not feed.get("version"):
        raise BadInput(f"{response.url} is not an RSS or Atom feed.", "Name the address of its feed.")
    return feed


def _as_utf8(response: Response) -> tuple[bytes, str]:
    """Body and content type in UTF-8, decoded as pages are: feedparser believes what server and feed declare."""
    try:
        text = decode_page(response.body, response.content_type)
    except BadInput:
        return response.body, response.content_type
    media_type = response.content_type.partition(";")[0].strip() or "application/xml"
    return _ENCODING.sub(r"\1", text).encode("utf8", "replace"), f"{media_type}; charset=utf-8"


def _without_declarations(body: bytes) -> bytes:
    """The feed without entities of its own: expanding them can take minutes, and no news is told in them."""
    start = body.find(b"<!DOCTYPE", 0, 4096)
    inner = body.find(b"[", start, start + 1024)
    end = body.find(b"]>", inner)
    if start < 0 or inner < 0 or end < 0 or b">" in body[start:inner]:
        return body
    return body[:start] + body[end + 2 :]


def _link(entry: Any, base: str) -> str:
    link, ident = str(entry.get("link") or ""), str(entry.get("id") or "")
    if not link and ident.startswith(("http://", "https://")):
        link = ident
    if not link:
        raise BadInput("The entry has no link.", "Tell the publisher: without one it cannot be told apart.")
    return urljoin(base, link.strip())


def _content(entry: Any) -> str:
    texts = [fragment_to_text(part.get("value") or "") for part in entry.get("content", [])]
    return max(texts, key=len, default="")


def _published_at(entry: Any) -> datetime | None:
    """When the entry says it was published, in UTC; a time without a zone is taken as UTC."""
    for field in ("published", "updated", "created"):
        moment = _moment(entry.get(f"{field}_parsed"), entry.get(field))
        if moment and moment >= _EARLIEST:
            return moment
    return None


def _moment(parsed: Any, written: str | None) -> datetime | None:
    try:
        if parsed:
            return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
        # feedparser gives up on RFC 822 times without a zone.
        moment = parsedate_to_datetime(written or "")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _ttl_s(feed: Any) -> float | None:
    """How long the feed says it may be kept."""
    written = str(feed.feed.get("ttl") or "").strip()
    return float(written) * 60 if written.isdigit() and len(written) < 6 else None


def _reach_s(feed: Any, now: datetime) -> float | None:
    """How far back the feed goes; None where its entries have no dates."""
    dates = [moment for moment in map(_published_at, feed.entries[:MAX_ENTRIES]) if moment]
    return max(0.0, (now - min(dates)).total_seconds()) if dates else None


def _language(feed: Any) -> str | None:
    code = str(feed.feed.get("language") or "").replace("_", "-").partition("-")[0].strip().lower()
    return code if 2 <= len(code) <= 3 and code.isalpha() else None


def _plain(markup: str) -> str:
    """A headline or a name: feeds escape these once or twice."""
    return " ".join(fragment_to_text(unescape(markup)).split()) if markup.strip() else ""


def _raw(entry: Any) -> bytes:
    return json.dumps(entry, ensure_ascii=False, default=str).encode("utf8", "replace")


def _digest(entry: Any) -> str:
    """Changes whenever the entry says something else."""
    return hashlib.sha256(_raw(entry)).hexdigest()[:16]
