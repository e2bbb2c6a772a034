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


@dataclass(frozen=True, slots=True)
class Counted:
    """Facets that are counted under the same choices, and so in one search."""

    choices: tuple[Choice, ...]
    facets: tuple[str, ...]
    whole: bool
    """Whether these are all choices, so that what is counted is what is found."""


def counted_together(choices: Sequence[Choice]) -> list[Counted]:
    """All facets by the choices that they heed; those which have none of their own come first, under all choices."""
    chosen = dict.fromkeys(name for name, _ in choices)
    free = tuple(name for name in FACETS if name not in chosen)
    own = [Counted(tuple(choice for choice in choices if choice[0] != name), (name,), False) for name in chosen]
    return [Counted(tuple(choices), free, True), *own]


def aggregations(kind: Kind, counted: Counted, said: Sequence[Body]) -> Body:
    """Aggregations of facets among what meets their choices already; `said` as in `choice_filters`."""
    conditions = [*said, *_in_statement(kind, counted.choices)]
    nested = [name for name in counted.facets if name in _SAID] if kind == "articles" and conditions else []
    found: Body = {name: _terms(_flat_field(kind, name)) for name in counted.facets if name not in nested}
    if nested:
        found["said"] = _nested_facets(nested, conditions)
    if counted.whole:
        found["days"] = {"date_histogram": {"field": "said_at", "calendar_interval": "day", "min_doc_count": 1}}
    return found


def _flat_field(kind: Kind, name: str) -> str:
    field = {**_SAID, **_PUBLISHED}[name]
    return "acts" if kind == "articles" and field == "act" else field


def _terms(field: str) -> Body:
    return {"terms": {"field": field, "size": _SHOWN}}


def _nested_facets(names: Sequence[str], conditions: Sequence[Body]) -> Body:
    """Counts articles, by those of their statements that meet all conditions."""
    articles: Body = {"articles": {"reverse_nested": {}}}
    terms = {name: _terms(f"said.{_SAID[name]}") | {"aggs": articles} for name in names}
    met = {"filter": {"bool": {"filter": [*conditions]}}, "aggs": terms}
    return {"nested": {"path": "said"}, "aggs": {"met": met}}


def read(answers: Iterable[Mapping[str, Any]]) -> Facets:
    """The facets in the answers to the `aggregations` of all that is counted."""
    found: dict[str, Any] = {}
    for answer in answers:
        found |= {**answer, **(answer["said"]["met"] if "said" in answer else {})}
    return Facets({name: _values(found[name]["buckets"]) for name in FACETS}, bars(found["days"]["buckets"]))


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
