"""Single things by their ids: an article as it was enriched, its revisions, the alerts of a claim, sources' health."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from elasticsearch import Elasticsearch
from pydantic import BaseModel

from pipeline.index.client import translated_errors
from pipeline.index.documents import encodable
from pipeline.index.templates import alias
from pipeline.records import Alert, Entity, Statement
from pipeline.settings import Settings

_MAX_REVISIONS = 50
_MAX_ALERTS = 20
_MAX_CHANGES = 100
_MAX_SOURCES = 1000


class StoredArticle(BaseModel):
    """An article's document, with what was found in it as records."""

    document: dict[str, Any]
    entities: list[Entity]
    statements: list[Statement]


def find_article(client: Elasticsearch, settings: Settings, article_id: str) -> StoredArticle | None:
    """An article by its id, in whichever month it stands."""
    found = _documents(client, settings, "articles", {"term": {"article_id": encodable(article_id)}}, size=1)
    if not found:
        return None
    [document] = found
    enriched = document.pop("enriched")
    return StoredArticle(document=document, **enriched)


def revisions_of(client: Elasticsearch, settings: Settings, article_id: str) -> list[dict[str, Any]]:
    """Every seen version of an article, newest first."""
    query = {"term": {"article_id": encodable(article_id)}}
    return _documents(client, settings, "revisions", query, size=_MAX_REVISIONS, sort=[{"revision": "desc"}])


def alerts_with(client: Elasticsearch, settings: Settings, field: str, value: str) -> list[Alert]:
    """The alerts of a claim (`claim_id`) or of an article (`article_ids`), newest first."""
    query = {"term": {field: encodable(value)}}
    found = _documents(client, settings, "alerts", query, size=_MAX_ALERTS, sort=[{"created_at": "desc"}])
    return [Alert.model_validate(document["alert"]) for document in found]


def changed_alerts(client: Elasticsearch, settings: Settings, since: datetime) -> list[tuple[str, Alert]]:
    """Alerts written since then, each with the time of its last change, oldest first."""
    query = {"range": {"changed_at": {"gte": since.isoformat()}}}
    found = _documents(client, settings, "alerts", query, size=_MAX_CHANGES, sort=[{"changed_at": "asc"}])
    return [(document["changed_at"], Alert.model_validate(document["alert"])) for document in found]


def sources_health(client: Elasticsearch, settings: Settings) -> list[dict[str, Any]]:
    """What connectors report of their sources; empty where none does."""
    return _documents(client, settings, "sources", {"match_all": {}}, size=_MAX_SOURCES, sort=[{"source_id": "asc"}])


def _documents(
    client: Elasticsearch, settings: Settings, kind: str, query: dict[str, Any], **options: Any
) -> list[dict[str, Any]]:
    with translated_errors(settings):
        answer = client.search(
            index=alias(settings.index_prefix, kind),
            query=query,
            source_excludes=["variants", "said", "tiebreaker"],
            **options,
        )
    return [hit["_source"] for hit in answer["hits"]["hits"]]
