"""Everything that a search finds, as a file: a stream of which little is in memory at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import StreamingResponse

from pipeline.index import Hit
from pipeline.index.facets import Kind
from pipeline.index.paging import every_hit
from pipeline.web.api import SEARCH
from pipeline.web.links import Search
from pipeline.web.site import Site, site_of

router = APIRouter(tags=["search"])
Here = Annotated[Site, Depends(site_of)]

_PUBLISHED = ("article_id", "said_at", "published_at", "publisher", "publisher_country", "language", "title", "url")
COLUMNS: dict[Kind, tuple[str, ...]] = {
    "articles": (*_PUBLISHED, "statement_count", "warning_count", "countries", "text"),
    "statements": (
        "statement_id",
        *_PUBLISHED,
        *("speakers", "speaker_countries", "affiliations", "roles", "relays", "act", "status"),
        *("addressees", "addressee_countries", "targets_for", "targets_against"),
        *("kind", "closed", "alertable", "confidence", "words", "evidence"),
    ),
}
"""Columns of the tables; lists have `; ` between their values."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NEXT_TO_THE_DOCUMENT = ("parties", "spans")


@router.get("/export/{kind}.{form}", openapi_extra={"parameters": SEARCH}, response_class=StreamingResponse)
def export(request: Request, site: Here, kind: Kind, form: Literal["csv", "ndjson"]) -> StreamingResponse:
    """All that a search finds, as a table (CSV) or as one JSON object a line (NDJSON)."""
    query = Search.of(request.query_params, kind=kind).query
    hits = every_hit(site.client, site.settings, query)
    first = next(hits, None)  # what cannot be searched for is said before the file begins
    write = _csv(kind) if form == "csv" else _ndjson
    media = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
    headers = {"Content-Disposition": f'attachment; filename="demarche-{kind}.{form}"'}

    def lines() -> Iterator[str]:
        if form == "csv":
            yield _row(COLUMNS[kind])
        if first is not None:
            yield write(first)
            yield from map(write, hits)

    return StreamingResponse(lines(), media_type=media, headers=headers)


def _ndjson(hit: Hit) -> str:
    document = {name: value for name, value in hit.document.items() if name not in _NEXT_TO_THE_DOCUMENT}
    return json.dumps(document, ensure_ascii=False) + "\n"


def _csv(kind: Kind) -> Callable[[Hit], str]:
    return lambda hit: _row([cell(hit.document.get(name)) for name in COLUMNS[kind]])


def cell(value: Any) -> str:
    """A value for a spreadsheet, which must not take what an article says for a formula."""
    if value is None:
        return ""
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int | float) else text


def _row(cells: Any) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
