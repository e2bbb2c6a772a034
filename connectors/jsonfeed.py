"""JSON Feed 1 and 1.1: read as RSS and Atom are, once it is said in their words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html import escape
from typing import Any

from feedparser import FeedParserDict

from connectors.base import Target
from connectors.feeds import FeedConnector
from connectors.http import Response
from pipeline.errors import BadInput
from pipeline.inputs import decode_page

_VERSION = b"jsonfeed.org/version"


def accepts(target: Target) -> bool:
    return target.is_address and is_json_feed(target.response.body)


def is_json_feed(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and _VERSION in body.replace(b"\\/", b"/")


class JsonFeedConnector(FeedConnector):
    """The items of a JSON Feed."""

    def _parse(self, response: Response) -> FeedParserDict:
        return parse(response)


def parse(response: Response) -> FeedParserDict:
    """The feed as feedparser would give it. Items that are no objects are left out. Raises BadInput."""
    try:
        feed = json.loads(decode_page(response.body, response.content_type).removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{response.url} is not valid JSON: {error}.", "Check it in a feed reader.") from None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise BadInput(f"{response.url} is not a JSON Feed: it has no list 'items'.", "Name the address of its feed.")
    said = FeedParserDict(title=_markup(feed.get("title")), language=_text(feed.get("language")))
    return FeedParserDict(feed=said, entries=[_entry(item, feed) for item in items if isinstance(item, dict)])


def _entry(item: dict[str, Any], feed: dict[str, Any]) -> FeedParserDict:
    ident = item.get("id")
    authors = item.get("authors") or feed.get("authors") or [item.get("author") or feed.get("author")]
    content = _text(item.get("content_html")) or _paragraphs(_text(item.get("content_text")))
    entry = FeedParserDict(
        id=str(ident) if isinstance(ident, (str, int)) else "",
        link=_text(item.get("url")) or _text(item.get("external_url")),
        title=_markup(item.get("title")),
        summary=_markup(item.get("summary")),
        content=[FeedParserDict(value=content)] if content else [],
        authors=[
            FeedParserDict(name=_markup(author.get("name")))
            for author in (authors if isinstance(authors, list) else [])
            if isinstance(author, dict)
        ],
        tags=[FeedParserDict(term=_markup(tag)) for tag in _list(item.get("tags"))],
    )
    for ours, theirs in (("published", "date_published"), ("updated", "date_modified")):
        moment = _moment(item.get(theirs))
        if moment is not None:
            entry[ours] = _text(item.get(theirs))
            entry[f"{ours}_parsed"] = moment.utctimetuple()
    return entry


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _markup(value: Any) -> str:
    """Plain text where RSS has markup, which it may have escaped twice."""
    return escape(escape(_text(value)))


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())


def _moment(written: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(written))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
