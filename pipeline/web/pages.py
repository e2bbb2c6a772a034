"""The pages for reading: home, search, article, actor, claim, sources."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import HTMLResponse, PlainTextResponse

from pipeline.index import find_alerts, search_with_facets
from pipeline.index.paging import Cursor, first_page, page
from pipeline.index.portraits import active_speakers
from pipeline.index.reading import alerts_with, find_article, revisions_of, sources_health
from pipeline.web.api import SEARCH
from pipeline.web.links import Search
from pipeline.web.marking import marks_of, paragraphs
from pipeline.web.site import WARNING, Site, site_of
from pipeline.web.views import actor_view, claim_view

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

Here = Annotated[Site, Depends(site_of)]
_HOME_ALERTS = 6


@router.get("/")
def home(request: Request, site: Here) -> HTMLResponse:
    alerts, total = find_alerts(site.client, site.settings, size=_HOME_ALERTS)
    speakers = active_speakers(site.client, site.settings)
    return site.page(request, "home.html", alerts=alerts, total=total, speakers=speakers, now=datetime.now(UTC))


@router.get("/search")
def search(request: Request, site: Here) -> HTMLResponse:
    """Hits with their facets; pages after the first are the same hits further down, at one point in time."""
    chosen = Search.of(request.query_params)
    results, facets = search_with_facets(site.client, site.settings, chosen.query)
    after = request.query_params.get("after", "")
    shown = page(site.client, site.settings, chosen.query, Cursor.decoded(after)) if after else first_page(results)
    return site.page(request, "search.html", search=chosen, page=shown, facets=facets)


@router.get("/articles/{article_id}")
def article(request: Request, site: Here, article_id: str) -> HTMLResponse:
    found = find_article(site.client, site.settings, article_id)
    if found is None:
        raise HTTPException(404, "There is no article with this id.")
    document, statements = found.document, found.statements
    marked = {
        where: paragraphs(document[where], marks_of(statements, found.entities, where, WARNING))
        for where in ("title", "text")
    }
    return site.page(
        request,
        "article.html",
        article=document,
        statements=statements,
        texts={"title": document["title"], "text": document["text"]},
        marked=marked,
        alerts=alerts_with(site.client, site.settings, "article_ids", article_id),
        revisions=revisions_of(site.client, site.settings, article_id),
    )


@router.get("/actors/{actor_id:path}")
def actor(request: Request, site: Here, actor_id: str) -> HTMLResponse:
    found = actor_view(site, actor_id)
    if found is None:
        raise HTTPException(404, "Nobody is known under this id.")
    return site.page(request, "actor.html", actor=found)


@router.get("/claims/{claim_id}")
def claim(request: Request, site: Here, claim_id: str) -> HTMLResponse:
    alerts = alerts_with(site.client, site.settings, "claim_id", claim_id)
    if not alerts:
        raise HTTPException(404, "There is no claim with this id that has raised an alert.")
    return site.page(request, "claim.html", claim=claim_view(alerts), now=datetime.now(UTC))


@router.get("/sources")
def sources(request: Request, site: Here) -> HTMLResponse:
    return site.page(request, "sources.html", sources=sources_health(site.client, site.settings))


@router.get("/api")
def interface(request: Request, site: Here) -> HTMLResponse:
    """What programs can ask, from the same description that they read."""
    paths = request.app.openapi()["paths"]
    calls = [(method.upper(), path, call) for path, methods in paths.items() for method, call in methods.items()]
    return site.page(request, "api.html", calls=calls, parameters=SEARCH)


@router.get("/health")
def health(site: Here) -> PlainTextResponse:
    """Whether pages can be served now: 200 if Elasticsearch answers, else 503."""
    find_alerts(site.client, site.settings, size=1)
    return PlainTextResponse("ok\n")
