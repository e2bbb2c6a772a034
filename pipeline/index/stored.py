"""Articles back from Elasticsearch, as they were enriched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from elasticsearch import Elasticsearch

from pipeline.index.client import translated_errors
from pipeline.index.templates import alias
from pipeline.records import Article, EnrichedArticle, Publisher, SourceRef
from pipeline.settings import Settings

_PAGE = 200
_NOT_SAME = {"publisher", "source", "language", "canonical_url"}


def stored_articles(
    client: Elasticsearch, settings: Settings, since: datetime, until: datetime
) -> Iterator[EnrichedArticle]:
    """Articles said in a period, oldest first, page by page; what comes meanwhile may or may not be among them."""
    after: list[Any] | None = None
    while True:
        with translated_errors(settings):
            page = client.search(
                index=alias(settings.index_prefix, "articles"),
                query={"range": {"said_at": {"gte": since.isoformat(), "lte": until.isoformat()}}},
                sort=[{"said_at": "asc"}, {"article_id": "asc"}],
                size=_PAGE,
                search_after=after,
            )["hits"]["hits"]
        yield from (_article(hit["_source"]) for hit in page)
        if len(page) < _PAGE:
            return
        after = page[-1]["sort"]


def _article(document: dict[str, Any]) -> EnrichedArticle:
    """The record of a document; see pipeline.index.documents for the way there."""
    same = {name: document[name] for name in Article.model_fields if name in document and name not in _NOT_SAME}
    publisher = document.get("publisher_id")
    return EnrichedArticle(
        **same,
        id=document["article_id"],
        canonical_url=document["canonical_url"],
        language=document.get("language"),
        publisher=Publisher(id=publisher, name=document.get("publisher"), country=document.get("publisher_country"))
        if publisher
        else None,
        source=SourceRef(connector=document["connector"], id=document["source_id"]),
        model=document["model"],
        rules=document.get("rules") or "",
        **document["enriched"],
    )
