"""Many hits: page by page for readers, and as a stream for exports, on one point in time.

A page's cursor names the point in time and the last hit before it. The point is opened when a second page is asked
for, so that the many searches of which one page is read keep nothing open in Elasticsearch.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from pipeline.errors import BadInput
from pipeline.index.search import Hit, Query, Results, refusals, request_body, results_of
from pipeline.index.templates import alias
from pipeline.settings import Settings

_KEEP_ALIVE = "5m"
_POINT_IS_OVER = frozenset({404, 500})
_EXPORT_PAGE = 500
_MAX_CURSOR_CHARS = 8000
_CURSOR_HINT = "Begin again at the first page."


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: behind the hit with these sort values, of which `seen` came before."""

    after: list[Any]
    seen: int
    point: str = ""
    """Id of a point in time; empty before the second page."""

    def encoded(self) -> str:
        data = json.dumps([self.after, self.seen, self.point], separators=(",", ":"))
        return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")

    @classmethod
    def decoded(cls, text: str) -> Cursor:
        """Raises BadInput for what we cannot have made."""
        try:
            if len(text) > _MAX_CURSOR_CHARS:
                raise ValueError("too long")
            after, seen, point = json.loads(base64.urlsafe_b64decode(text.encode() + b"=="))
            if not (isinstance(after, list) and isinstance(seen, int) and isinstance(point, str) and after):
                raise ValueError("not a cursor")
            if not all(isinstance(value, str | int | float) for value in after):
                raise ValueError("not sort values")
        except (ValueError, TypeError, RecursionError) as error:
            raise BadInput("This is not the address of a page of hits.", _CURSOR_HINT) from error
        return cls(after, seen, point)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of hits; `next` leads to the one behind it."""

    results: Results
    first: int
    """Number of the first hit, from 1."""
    next: Cursor | None


def first_page(results: Results) -> Page:
    """The page that a search without a cursor found."""
    return Page(results, 1, _next(results, 0, ""))


def _next(results: Results, seen: int, point: str) -> Cursor | None:
    seen += len(results.hits)
    return Cursor(results.last, seen, point) if results.last and seen < results.total else None


def page(client: Elasticsearch, settings: Settings, query: Query, cursor: Cursor) -> Page:
    """The page at a cursor."""
    point = cursor.point or _open(client, settings, query)
    answer = _behind(client, settings, query, point, cursor.after, request_body(query))
    results = results_of(answer, query)
    return Page(results, cursor.seen + 1, _next(results, cursor.seen, answer["pit_id"]))


def every_hit(client: Elasticsearch, settings: Settings, query: Query) -> Iterator[Hit]:
    """All hits in order, a few hundred in memory at a time, as they are when the first is asked for."""
    query = replace(query, size=_EXPORT_PAGE)
    body = request_body(query)
    body.pop("highlight", None)
    point = _open(client, settings, query)
    after: list[Any] | None = None
    try:
        while True:
            answer = _behind(client, settings, query, point, after, body)
            point = answer["pit_id"]
            results = results_of(answer, query)
            yield from results.hits
            after = results.last
            if not after:
                return
    finally:
        with refusals(settings):
            client.options(ignore_status=404).close_point_in_time(id=point)


def _open(client: Elasticsearch, settings: Settings, query: Query) -> str:
    with refusals(settings):
        answer = client.open_point_in_time(index=alias(settings.index_prefix, query.kind), keep_alive=_KEEP_ALIVE)
    return str(answer["id"])


def _behind(
    client: Elasticsearch, settings: Settings, query: Query, point: str, after: list[Any] | None, body: dict[str, Any]
) -> Any:
    """The hits behind one. A point in time that has ended is opened anew, and the hits begin where they would have.

    It has ended, too, where `demarche upgrade` has exchanged one of its indices: without that, hits would be missing.
    Over an id that was damaged on its way Elasticsearch complains, or fails (500): then a new point is worth a try.
    """

    def search_at(point: str) -> Any:
        pit = {"id": point, "keep_alive": _KEEP_ALIVE}
        return client.search(pit=pit, search_after=after, allow_partial_search_results=False, **body)

    with refusals(settings):
        try:
            return search_at(point)
        except ApiError as error:
            if error.status_code not in _POINT_IS_OVER:
                raise
            return search_at(_open(client, settings, query))
