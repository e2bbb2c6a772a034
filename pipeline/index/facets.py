"""Facets: the values that articles or statements have in common, how often, and what choosing some of them means.

Several values of one facet are alternatives; values of different facets must hold together, and what concerns who says
what to whom must hold of one and the same statement. The numbers beside a facet's values tell what choosing each of
them would leave, so they heed every other facet's choice and not their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

Kind = Literal["articles", "statements"]
Body = dict[str, Any]
Choice = tuple[str, str]
"""Facet and value."""

_SAID = {
    "speaker": "speakers",
    "country": "speaker_countries",
    "act": "act",
    "addressee": "addressees",
    "against": "targets_against",
    "for": "targets_for",
}
"""Facets of a statement. Articles have their fields in the nested `said`, and flat; there `act` is called `acts`."""
_PUBLISHED = {"publisher": "publisher", "language": "language", "source": "source_id"}
FACETS: tuple[str, ...] = (*_SAID, *_PUBLISHED)
_SHOWN = 15
_MAX_BARS = 60
_MIN_DAYS = 14
_LENGTHS = (1, 7, 30, 91, 365, 3650, 36500, 365000)
"""How many days a bar of a histogram may stand for."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a facet, and how many articles or statements have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of whole days, both included, and how much was said in it."""

    first: date
    last: date
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    values: Mapping[str, list[Value]]
    bars: list[Bar]


def choice_filters(kind: Kind, choices: Sequence[Choice], said: Sequence[Body]) -> list[Body]:
    """Filters for the choices made; `said` are other conditions on a statement, which the same one must meet."""
    in_statement = [*said, *_in_statement(kind, choices)]
    if in_statement and kind == "articles":
        in_statement = [{"nested": {"path": "said", "query": {"bool": {"filter": in_statement}}}}]
    published = [_one_of(_PUBLISHED[name], values, "statements") for name, values in _grouped(choices, _PUBLISHED)]
    return [*in_statement, *published]


def _in_statement(kind: Kind, choices: Sequence[Choice]) -> list[Body]:
    return [_one_of(_SAID[name], values, kind) for name, values in _grouped(choices, _SAID)]


def _one_of(field: str, values: list[str], kind: Kind) -> Body:
    return {"terms": {f"said.{field}" if kind == "articles" else field: values}}


def _grouped(choices: Sequence[Choice], fields: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    found = [(name, [value for facet, value in choices if facet == name]) for name in fields]
    return [(name, values) for name, values in found if values]


def aggregations(kind: Kind, choices: Sequence[Choice], said: Sequence[Body]) -> Body:
    """Aggregations that count every facet; choices and `said` as in `choice_filters`."""
    found: Body = {}
    for name in FACETS:
        others = [choice for choice in choices if choice[0] != name]
        filters = choice_filters(kind, others, said)
        if kind == "articles" and name in _SAID and (said or _in_statement(kind, others)):
            found[name] = _filtered(filters, _nested_facet(name, others, said))
        else:
            found[name] = _filtered(filters, _terms(_flat_field(kind, name)))
    histogram = {"date_histogram": {"field": "said_at", "calendar_interval": "day", "min_doc_count": 1}}
    found["days"] = _filtered(choice_filters(kind, choices, said), histogram)
    return found


def _flat_field(kind: Kind, name: str) -> str:
    field = {**_SAID, **_PUBLISHED}[name]
    return "acts" if kind == "articles" and field == "act" else field


def _terms(field: str) -> Body:
    return {"terms": {"field": field, "size": _SHOWN}}


def _filtered(filters: list[Body], aggregation: Body) -> Body:
    """The aggregation of what meets the filters; without any it stands alone, which Elasticsearch can count faster."""
    return {"filter": {"bool": {"filter": filters}}, "aggs": {"values": aggregation}} if filters else aggregation


def _nested_facet(name: str, others: Sequence[Choice], said: Sequence[Body]) -> Body:
    """Counts articles, by those of their statements that meet all other conditions."""
    terms = _terms(f"said.{_SAID[name]}")
    terms["aggs"] = {"articles": {"reverse_nested": {}}}
    conditions = {"bool": {"filter": [*_in_statement("articles", others), *said]}}
    return {"nested": {"path": "said"}, "aggs": {"met": {"filter": conditions, "aggs": {"values": terms}}}}


def read(answer: Mapping[str, Any]) -> Facets:
    """The facets in an answer to `aggregations`."""
    return Facets({name: _values(_buckets(answer[name])) for name in FACETS}, bars(_buckets(answer["days"])))


def _buckets(answer: Mapping[str, Any]) -> list[Any]:
    """The buckets of an aggregation, however deep filters have put them."""
    while "buckets" not in answer:
        answer = answer["values"] if "values" in answer else answer["met"]
    buckets: list[Any] = answer["buckets"]
    return buckets


def _values(buckets: Iterable[Mapping[str, Any]]) -> list[Value]:
    found = [Value(b["key"], b["articles"]["doc_count"] if "articles" in b else b["doc_count"]) for b in buckets]
    return sorted(found, key=lambda value: (-value.count, value.value))


def bars(days: Iterable[Mapping[str, Any]]) -> list[Bar]:
    """Days with their counts as at most 60 bars, oldest first; empty ones are included, and two weeks at least."""
    counts = {datetime.fromtimestamp(day["key"] / 1000, UTC).toordinal(): day["doc_count"] for day in days}
    if not counts:
        return []
    first, last = min(counts), max(counts)
    first = max(min(first, last - _MIN_DAYS + 1), 1)
    length = next(length for length in _LENGTHS if last - first < length * _MAX_BARS)
    found = []
    for start in range(first, last + 1, length):
        end = min(start + length - 1, last)
        count = sum(counts.get(day, 0) for day in range(start, end + 1))
        found.append(Bar(date.fromordinal(start), date.fromordinal(end), count))
    return found
