"""The interface for programs: the same searches as the pages, as JSON. /api/openapi.json describes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, Field

from pipeline.index import change_state, find_alert, find_alerts, search, search_with_facets
from pipeline.index.facets import FACETS, Kind
from pipeline.index.paging import Cursor, first_page, page
from pipeline.index.reading import alerts_with, find_article, revisions_of
from pipeline.records import Alert, AlertState, Entity, Statement, UtcTime
from pipeline.web.links import MEANINGS, Search
from pipeline.web.security import check_same_origin
from pipeline.web.site import Site, site_of
from pipeline.web.views import actor_view

Here = Annotated[Site, Depends(site_of)]

SEARCH: list[dict[str, Any]] = [
    {
        "name": name,
        "in": "query",
        "description": meaning,
        "schema": {"type": "array", "items": {"type": "string"}} if name in FACETS else {"type": "string"},
    }
    for name, meaning in MEANINGS.items()
]
_PAGED: list[dict[str, Any]] = [
    *SEARCH,
    {"name": "size", "in": "query", "description": "Hits a page, 1 to 1000.", "schema": {"type": "integer"}},
    {"name": "after", "in": "query", "description": "`next` of the page before.", "schema": {"type": "string"}},
]


class Problem(BaseModel):
    """What went wrong (RFC 9457), and what to do about it."""

    title: str
    status: int
    detail: str
    hint: str = ""


class Found(BaseModel):
    """A page of hits: documents with their score and their highlights, as [words, whether they match] pieces."""

    total: int
    first: int = Field(description="Number of the first hit on this page, from 1.")
    next: str | None = Field(description="For the parameter `after` of the next page; null on the last one.")
    hits: list[dict[str, Any]]


class FacetValue(BaseModel):
    value: str
    count: int


class Day(BaseModel):
    first: str
    last: str
    count: int


class FoundFacets(BaseModel):
    """Values of each facet with the number of hits that choosing them would leave, and hits over time."""

    total: int
    facets: dict[str, list[FacetValue]]
    days: list[Day]


class FoundArticle(BaseModel):
    """An article with what was found in it. Spans are half-open code-point ranges into title or text."""

    article: dict[str, Any]
    entities: list[Entity]
    statements: list[Statement]
    revisions: list[dict[str, Any]]


class FoundAlerts(BaseModel):
    total: int
    alerts: list[Alert]


class FoundClaim(BaseModel):
    claim_id: str
    alerts: list[Alert]


class NewState(BaseModel):
    """What is decided about an alert, by whom and why. `until` is when a mute ends by itself."""

    state: AlertState
    by: str = Field("", max_length=200)
    note: str = Field("", max_length=2000)
    until: UtcTime | None = None


router = APIRouter(
    responses={code: {"model": Problem} for code in (400, 404, 503)},
)


@router.get("/articles", openapi_extra={"parameters": _PAGED}, tags=["search"])
def find_articles(request: Request, site: Here) -> Found:
    """Search articles."""
    return _found(request, site, "articles")


@router.get("/statements", openapi_extra={"parameters": _PAGED}, tags=["search"])
def find_statements(request: Request, site: Here) -> Found:
    """Search statements: who said what to whom."""
    return _found(request, site, "statements")


def _found(request: Request, site: Site, kind: Kind) -> Found:
    params = request.query_params
    query = Search.of(params, kind=kind, size=params.get("size", "")).query
    if after := params.get("after", ""):
        shown = page(site.client, site.settings, query, Cursor.decoded(after))
    else:
        shown = first_page(search(site.client, site.settings, query))
    hits = [
        {"id": hit.id, "score": hit.score, "highlights": hit.highlights, **hit.document} for hit in shown.results.hits
    ]
    following = shown.next.encoded() if shown.next else None
    return Found(total=shown.results.total, first=shown.first, next=following, hits=hits)


@router.get("/facets/{kind}", openapi_extra={"parameters": SEARCH}, tags=["search"])
def find_facets(request: Request, site: Here, kind: Kind) -> FoundFacets:
    """Facets of a search: the values that its hits have, how often, and when they were said."""
    query = Search.of(request.query_params, kind=kind).query
    results, facets = search_with_facets(site.client, site.settings, query)
    values = {
        name: [FacetValue(value=value.value, count=value.count) for value in found]
        for name, found in facets.values.items()
    }
    days = [Day(first=bar.first.isoformat(), last=bar.last.isoformat(), count=bar.count) for bar in facets.bars]
    return FoundFacets(total=results.total, facets=values, days=days)


@router.get("/articles/{article_id}", tags=["reading"])
def get_article(site: Here, article_id: str) -> FoundArticle:
    """An article with its entities, statements and revisions."""
    found = find_article(site.client, site.settings, article_id)
    if found is None:
        raise HTTPException(404, "There is no article with this id")
    revisions = revisions_of(site.client, site.settings, article_id)
    return FoundArticle(
        article=found.document, entities=found.entities, statements=found.statements, revisions=revisions
    )


@router.get("/actors/{actor_id:path}", tags=["reading"])
def get_actor(site: Here, actor_id: str) -> dict[str, Any]:
    """An actor: what it says, to whom, over time, and who stands how towards whom around it."""
    found = actor_view(site, actor_id)
    if found is None:
        raise HTTPException(404, "Nobody is known under this id")
    portrait = asdict(found.portrait)
    cells = found.portrait.matrix.cells.items()
    portrait["matrix"] = [{"who": who, "whom": whom, "for": n[0], "against": n[1]} for (who, whom), n in cells]
    known = asdict(found.known) if found.known else None
    return {"actor_id": found.id, **portrait, "name": found.name, "known": known}


@router.get("/claims/{claim_id}", tags=["reading"])
def get_claim(site: Here, claim_id: str) -> FoundClaim:
    """A claim that has raised alerts, with all its sources."""
    alerts = alerts_with(site.client, site.settings, "claim_id", claim_id)
    if not alerts:
        raise HTTPException(404, "There is no claim with this id that has raised an alert")
    return FoundClaim(claim_id=claim_id, alerts=alerts)


@router.get("/alerts", tags=["alerts"])
def get_alerts(
    site: Here, state: AlertState | None = None, rule: str = "", size: Annotated[int, Field(ge=1, le=1000)] = 50
) -> FoundAlerts:
    """Alerts, newest first."""
    alerts, total = find_alerts(site.client, site.settings, state=state or "", rule=rule, size=size)
    return FoundAlerts(total=total, alerts=alerts)


@router.get("/alerts/{alert_id}", tags=["alerts"])
def get_alert(site: Here, alert_id: str) -> Alert:
    """One alert; the beginning of its id is enough."""
    return find_alert(site.client, site.settings, alert_id)


@router.post("/alerts/{alert_id}/state", tags=["alerts"])
def set_state(request: Request, site: Here, alert_id: str, new: NewState) -> Alert:
    """Acknowledge, mute, close or reopen an alert."""
    check_same_origin(request)
    changed = change_state(site.client, site.settings, alert_id, new.state, by=new.by, note=new.note, until=new.until)
    if changed is None:
        raise HTTPException(404, "There is no alert with this id")
    return changed
