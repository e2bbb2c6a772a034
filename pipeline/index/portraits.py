"""An actor as the index knows it: what it says, to whom, how often, and who stands how towards whom around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import Elasticsearch

from pipeline.index.client import translated_errors
from pipeline.index.documents import encodable
from pipeline.index.facets import Bar, Value, bars
from pipeline.index.search import NEWEST, any_of, refused
from pipeline.index.templates import alias
from pipeline.records import WARNING_ACTS
from pipeline.settings import Settings

_SHOWN = 8
_MATRIX = 7
_RECENT = 12
_WARNINGS = 5
_SOURCE = {"excludes": ["variants", "spans", "tiebreaker"]}
_WARNING = [{"terms": {"act": sorted(WARNING_ACTS)}}, {"term": {"status": "asserted"}}]


@dataclass(frozen=True, slots=True)
class Matrix:
    """How often each of `who` speaks for and against each of `whom`."""

    who: list[str]
    whom: list[str]
    cells: Mapping[tuple[str, str], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Portrait:
    """What is shown of an actor; documents are those of statements."""

    name: str | None
    """As statements call it; None where none does."""
    said_count: int
    heard_count: int
    acts: list[Value]
    addressees: list[Value]
    speakers: list[Value]
    """Who speaks for it, where it is a country."""
    roles: list[Value]
    bars: list[Bar]
    recent: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    warned: list[dict[str, Any]]
    """Warnings to it."""
    matrix: Matrix


def portrait(client: Elasticsearch, settings: Settings, actor_id: str, *, state: bool) -> Portrait:
    """The portrait of an actor; a state covers all who speak for it. Empty where no statement knows the actor."""
    actor_id = encodable(actor_id)
    suffix = "countries" if state else "ids"
    says, hears, meant = ({"term": {f"{role}_{suffix}": actor_id}} for role in ("speaker", "addressee", "target"))
    bodies = [
        _body([says], _RECENT, _said_aggregations()),
        _body([says, *_WARNING], _WARNINGS),
        _body([hears, *_WARNING], _WARNINGS),
        _body([any_of(says, hears, meant)], 1, {"heard": {"filter": hears}, **_matrix_aggregation(says, meant)}),
    ]
    said, warnings, warned, around = _answers(client, settings, bodies)
    found = said["aggregations"]
    return Portrait(
        name=_name(actor_id, [*_documents(said), *_documents(around)]),
        said_count=said["hits"]["total"]["value"],
        heard_count=around["aggregations"]["heard"]["doc_count"],
        acts=_values(found["acts"]),
        addressees=_values(found["addressees"]),
        speakers=_values(found["speakers"]) if state else [],
        roles=_values(found["roles"]) if not state else [],
        bars=bars(found["days"]["buckets"]),
        recent=_documents(said),
        warnings=_documents(warnings),
        warned=_documents(warned),
        matrix=_matrix(around["aggregations"]["stance"]["who"]["buckets"]),
    )


def active_speakers(client: Elasticsearch, settings: Settings) -> list[tuple[str, str | None, int]]:
    """Who speaks most in the last seven days of what is there: name, actor id and number of statements."""
    newest = _search(client, settings, {"size": 1, "sort": [{"said_at": "desc"}], "_source": ["said_at"]})
    hits = newest["hits"]["hits"]
    if not hits:
        return []
    since = f"{hits[0]['_source']['said_at']}||-7d"
    one = {"top_hits": {"size": 1, "_source": ["parties.speakers"]}}
    body = {
        "size": 0,
        "query": {"bool": {"filter": [{"range": {"said_at": {"gte": since}}}]}},
        "aggs": {"speakers": _terms("speakers", _SHOWN) | {"aggs": {"one": one}}},
    }
    buckets = _search(client, settings, body)["aggregations"]["speakers"]["buckets"]
    return [(bucket["key"], _id_of(bucket), bucket["doc_count"]) for bucket in buckets]


def _id_of(bucket: Mapping[str, Any]) -> str | None:
    [hit] = bucket["one"]["hits"]["hits"]
    parties = (hit["_source"].get("parties") or {}).get("speakers") or []
    return next((party["actor_id"] for party in parties if party["name"] == bucket["key"]), None)


def _search(client: Elasticsearch, settings: Settings, body: dict[str, Any]) -> Any:
    """One search among the statements."""
    return _answers(client, settings, [body])[0]


def _answers(client: Elasticsearch, settings: Settings, bodies: Sequence[dict[str, Any]]) -> list[Any]:
    header = {"index": alias(settings.index_prefix, "statements")}
    with translated_errors(settings):
        searches = [part for body in bodies for part in (header, body)]
        answers: list[Any] = client.msearch(searches=searches)["responses"]
    for answer in answers:
        if "error" in answer:
            raise refused(settings, answer)
    return answers


def _body(filters: list[Any], size: int, aggregations: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "query": {"bool": {"filter": filters}},
        "size": size,
        "sort": NEWEST,
        "track_total_hits": True,
        "_source": _SOURCE,
        **({"aggs": aggregations} if aggregations else {}),
    }


def _terms(field: str, size: int) -> dict[str, Any]:
    return {"terms": {"field": field, "size": size}}


def _said_aggregations() -> dict[str, Any]:
    fields = {"acts": "act", "addressees": "addressees", "speakers": "speakers", "roles": "roles"}
    days = {"date_histogram": {"field": "said_at", "calendar_interval": "day", "min_doc_count": 1}}
    return {name: _terms(field, _SHOWN) for name, field in fields.items()} | {"days": days}


def _matrix_aggregation(*of: dict[str, Any]) -> dict[str, Any]:
    whom = {"for": _terms("targets_for", _MATRIX), "against": _terms("targets_against", _MATRIX)}
    takes_sides = any_of(*({"exists": {"field": name}} for name in ("targets_for", "targets_against")))
    who = _terms("speakers", _MATRIX) | {"aggs": whom}
    return {"stance": {"filter": {"bool": {"filter": [any_of(*of), takes_sides]}}, "aggs": {"who": who}}}


def _matrix(buckets: Sequence[Mapping[str, Any]]) -> Matrix:
    """Rows and columns in order of how much is said; rows that take no side are left out."""
    cells: dict[tuple[str, str], tuple[int, int]] = {}
    for row in buckets:
        for side, step in (("for", (1, 0)), ("against", (0, 1))):
            for column in row[side]["buckets"]:
                key = (row["key"], column["key"])
                kept = cells.get(key, (0, 0))
                count = column["doc_count"]
                cells[key] = (kept[0] + step[0] * count, kept[1] + step[1] * count)
    who = list(dict.fromkeys(row for row, _ in cells))
    weight: dict[str, int] = {}
    for (_, column), counts in cells.items():
        weight[column] = weight.get(column, 0) + sum(counts)
    whom = sorted(weight, key=lambda column: (-weight[column], column))[:_MATRIX]
    return Matrix([row for row in who if any((row, column) in cells for column in whom)], whom, cells)


def _values(answer: Mapping[str, Any]) -> list[Value]:
    return [Value(bucket["key"], bucket["doc_count"]) for bucket in answer["buckets"]]


def _documents(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [hit["_source"] for hit in answer["hits"]["hits"]]


def _name(actor_id: str, documents: Sequence[dict[str, Any]]) -> str | None:
    for document in documents:
        for parties in (document.get("parties") or {}).values():
            for party in parties:
                if party["actor_id"] == actor_id:
                    return str(party["name"])
    return actor_id if documents else None
