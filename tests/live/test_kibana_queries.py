"""What Kibana will ask: every chart's aggregation and every search, taken from the saved objects, on the real index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from deploy.kibana.saved_objects import saved_objects
from pipeline.index import Writer, connect, ensure_indices
from pipeline.records import (
    Alert,
    AlertSource,
    EnrichedArticle,
    Entity,
    Party,
    Publisher,
    SourceRef,
    Stance,
    Statement,
)
from pipeline.settings import Settings

SAID = datetime(2026, 5, 4, 9, tzinfo=UTC)
TEXT = "Orlandia’s foreign minister warned Vesta against closing the Selm canal, and thanked Ostmark."
ORLANDIA, VESTA, OSTMARK = (
    Party(name=name, actor_id=name.lower(), country=name[:3].upper(), country_name=name, affiliation="Foreign Ministry")
    for name in ("Orlandia", "Vesta", "Ostmark")
)
OBJECTS = saved_objects("news")
ALERT = Alert(
    alert_id="a" * 32,
    rule="any-warning",
    claim_id="c1",
    act="WARN",
    speakers=[ORLANDIA],
    addressees=[VESTA],
    words="against closing the Selm canal",
    why="act WARN",
    confidence=0.9,
    sources=[AlertSource(article_id="a1", url="https://herald.example/1", said_at=SAID)],
    publisher_count=1,
    first_seen_at=SAID,
    last_seen_at=SAID,
    created_at=SAID,
)
SOURCE = {
    "@timestamp": SAID.isoformat(),
    "source_id": "https://herald.example/feed.xml",
    "kind": "feed",
    "publisher": "The Herald",
    "state": "failing",
    "last_error_at": SAID.isoformat(),
}


def article() -> EnrichedArticle:
    statement = Statement(
        statement_id="s1",
        kind="indirect",
        content=[(35, 71)],
        speakers=[ORLANDIA],
        addressees=[VESTA],
        act="WARN",
        alertable=True,
        stances=[Stance(target=VESTA, polarity=-1), Stance(target=OSTMARK, polarity=1)],
    )
    return EnrichedArticle(
        article_id="a1",
        id="a1",
        url="https://herald.example/1",
        canonical_url="https://herald.example/1",
        publisher=Publisher(id="herald", name="The Herald"),
        title="A canal and a warning",
        text=TEXT,
        language="en",
        published_at=SAID,
        fetched_at=SAID,
        first_seen_at=SAID,
        content_hash="1",
        source=SourceRef(connector="feed", id="herald"),
        model="m",
        entities=[Entity(span=(0, 8), label="GPE", name="Orlandia")],
        statements=[statement],
    )


@pytest.fixture(scope="module")
def elasticsearch(servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    """A client and the prefix of indices that hold one document of each kind."""
    settings = Settings(
        home=tmp_path_factory.mktemp("home"), elasticsearch=servers["elasticsearch"], index_prefix="kibana_queries"
    )
    with connect(settings) as client:
        ensure_indices(client, settings)
        writer = Writer(client, settings)
        assert writer.articles([article()]) == []
        writer.alert(ALERT, create=True)
        client.index(index=f"{settings.index_prefix}-sources", id="herald", document=SOURCE)
        client.indices.refresh(index=f"{settings.index_prefix}-*")
        yield client, settings.index_prefix
        for index in client.indices.get(index=f"{settings.index_prefix}-*"):
            client.indices.delete(index=index)
        client.indices.delete_index_template(name=f"{settings.index_prefix}-*")


def of_type(kind: str) -> list[Any]:
    return [pytest.param(item, id=item["id"]) for item in OBJECTS if item["type"] == kind]


def data_view(item: dict[str, Any], prefix: str) -> str:
    """The index behind the data view that an object refers to, under the prefix of the test."""
    view = next(reference["id"] for reference in item["references"] if reference["type"] == "index-pattern")
    title = next(other["attributes"]["title"] for other in OBJECTS if other["id"] == view)
    return str(title).replace("news-", f"{prefix}-")


def condition(kuery: str) -> dict[str, Any]:
    """Our conditions in Kibana's language, read by Elasticsearch's: they differ in their operators' case."""
    lucene = kuery.replace(" : ", ":").replace(" or ", " OR ").replace(" and ", " AND ")
    return {"query_string": {"query": lucene}} if lucene else {"match_all": {}}


def aggregations(columns: list[dict[str, Any]]) -> dict[str, Any]:
    """What Lens asks for these columns: one aggregation in the other, the measure innermost."""
    if not columns:
        return {}
    first, *rest = columns
    field = first["sourceField"]
    aggregation: dict[str, Any]
    match first["operationType"]:
        case "count":
            return {}
        case "unique_count":
            return {"measure": {"cardinality": {"field": field}}}
        case "date_histogram":
            aggregation = {"date_histogram": {"field": field, "fixed_interval": "1h", "min_doc_count": 1}}
        case "terms":
            aggregation = {"terms": {"field": field, "size": first["params"]["size"]}}
    inner = aggregations(rest)
    return {"split": aggregation | ({"aggs": inner} if inner else {})}


@pytest.mark.parametrize("chart", of_type("lens"))
def test_a_chart_has_an_answer(chart: dict[str, Any], elasticsearch: tuple[Elasticsearch, str]) -> None:
    client, prefix = elasticsearch
    state = chart["attributes"]["state"]
    (layer,) = state["datasourceStates"]["formBased"]["layers"].values()
    columns = [layer["columns"][name] for name in layer["columnOrder"]]
    answer = client.search(
        index=data_view(chart, prefix),
        size=0,
        query=condition(state["query"]["query"]),
        aggs=aggregations(columns) or {"all": {"value_count": {"field": "@timestamp"}}},
    )
    assert answer["hits"]["total"]["value"] == 1
    found = answer["aggregations"]
    for _ in columns[:-1]:
        assert len(found["split"]["buckets"]) == 1, "the field is empty in the document"
        found = found["split"]["buckets"][0]
    if columns[-1]["operationType"] == "unique_count":
        assert found["measure"]["value"] == 1


@pytest.mark.parametrize("search", of_type("search"))
def test_a_search_finds_and_sorts(search: dict[str, Any], elasticsearch: tuple[Elasticsearch, str]) -> None:
    client, prefix = elasticsearch
    attributes = search["attributes"]
    source = json.loads(attributes["kibanaSavedObjectMeta"]["searchSourceJSON"])
    answer = client.search(
        index=data_view(search, prefix),
        query=condition(source["query"]["query"]),
        sort=[{field: order} for field, order in attributes["sort"]],
        fields=attributes["columns"],
    )
    (hit,) = answer["hits"]["hits"]
    assert hit["fields"]


@pytest.mark.parametrize("dashboard", of_type("dashboard"))
def test_controls_offer_values(dashboard: dict[str, Any], elasticsearch: tuple[Elasticsearch, str]) -> None:
    client, prefix = elasticsearch
    controls = json.loads(dashboard["attributes"]["controlGroupInput"]["panelsJSON"])
    for control in controls.values():
        field = control["explicitInput"]["fieldName"]
        answer = client.search(
            index=data_view(dashboard, prefix), size=0, aggs={"values": {"terms": {"field": field, "size": 10}}}
        )
        assert answer["aggregations"]["values"]["buckets"], field
