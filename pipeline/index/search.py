"""Searching articles, statements and alerts, in the words of analysts.

Search words go to `simple_query_string`, which cannot fail on syntax: quotes, + | - ( ) and a trailing * mean
something where they fit and are plain words where they do not. Nothing of a query is executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from elasticsearch import BadRequestError, Elasticsearch

from pipeline.alerts.countries import actor_id, state_code
from pipeline.errors import BadInput, DemarcheError
from pipeline.index.alert_states import state_filter
from pipeline.index.client import inner_reason, no_indices, reason_of, translated_errors, unreachable
from pipeline.index.documents import encodable
from pipeline.index.facets import Choice, Counted, Facets, Kind, aggregations, choice_filters, counted_together, read
from pipeline.index.templates import alias
from pipeline.records import Act, Alert
from pipeline.settings import Settings

Sort = Literal["", "relevance", "date"]

MAX_QUERY_CHARS = 2000
MAX_CHOICES = 50
_ID_CHARS = 200
MAX_SIZE = 1000
_OPERATORS = "AND|OR|NOT|PHRASE|PREFIX|PRECEDENCE|ESCAPE|WHITESPACE"
_WORDS_IN: dict[Kind, list[str]] = {
    "articles": ["title^3", "text", "variants"],
    "statements": [
        "words^3",
        "evidence^2",
        "title",
        "speakers.text^2",
        "affiliations.text",
        "addressees.text",
        "variants",
    ],
}
"""Where search words are looked for, and with what weight."""
_SHOWN_OF: dict[Kind, list[str]] = {"articles": ["title", "text"], "statements": ["title", "words", "evidence"]}
_LISTED: dict[Kind, list[str]] = {
    "articles": ["text", "flags", "statement_count", "warning_count"],
    "statements": ["statement_id", "parties", "act", "status", "closed", "words"],
}
_LISTED_OF_ALL = ["article_id", "title", "publisher", "said_at"]
"""Fields that a list of hits shows; the rest of a document is not sent there."""
NEWEST: list[Any] = [{"said_at": "desc"}, {"tiebreaker": {"order": "asc", "unmapped_type": "long"}}]
_MARK = ("\ufdd0", "\ufdd1")
"""Around highlighted words: characters that no article has (Unicode reserves them for uses like this one), so that
nobody's markup is taken for ours. Control characters will not do: Elasticsearch takes them for blanks at the ends of a
passage, and takes those away."""
_AGO = re.compile(r"(\d{1,4})([hdw])")
_AGO_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; what is empty asks nothing. A country as actor covers its officials and ministries."""

    text: str = ""
    actor: str = ""
    act: str = ""
    addressee: str = ""
    publisher: str = ""
    since: str = ""
    until: str = ""
    kind: Kind = "articles"
    size: int = 20
    choices: tuple[Choice, ...] = ()
    """Values of facets, exactly as they stand in the index."""
    sort: Sort = ""
    """Relevance where there are words, else the date; newest first."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One document found. `highlights` are passages, as (words, whether they match) pieces, by field."""

    id: str
    score: float | None
    document: dict[str, Any]
    highlights: dict[str, list[list[tuple[str, bool]]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Results:
    """Hits, best or newest first, and how many there are in all."""

    hits: list[Hit]
    total: int
    last: list[Any] | None = None
    """Sort values of the last hit, to go on behind it; None where nothing follows."""


def search(client: Elasticsearch, settings: Settings, query: Query) -> Results:
    """Search articles or statements; raises BadInput for what no search can be made of."""
    body = request_body(query)
    with refusals(settings):
        answer = client.search(index=alias(settings.index_prefix, query.kind), **body)
    return results_of(answer, query)


def search_with_facets(client: Elasticsearch, settings: Settings, query: Query) -> tuple[Results, Facets]:
    """The first hits, with what a list shows of them, and the facets of all of them, in one request.

    What a month that no longer grows gives is taken from Elasticsearch's cache where it has been asked for before,
    hits included.
    """
    header = {"index": alias(settings.index_prefix, query.kind), "request_cache": True}
    searches = [part for body in page_bodies(query) for part in (header, _for_msearch(body))]
    with refusals(settings):
        answers = client.msearch(searches=searches)["responses"]
    for answer in answers:
        if "error" in answer:
            raise refused(settings, answer)
    counts = [answer for answer in answers if "aggregations" in answer]
    total = counts[0]["hits"]["total"]["value"]
    return results_of(answers[0], query, total), read(answer["aggregations"] for answer in counts)


def page_bodies(query: Query) -> list[dict[str, Any]]:
    """The searches for a page: first the one for its hits; the first with facets counts the hits.

    Where there are words, one search finds the hits and counts them, as looking for words costs most. Without words
    the newest hits are found without going through all of them, and the counts, which need no hits, apart from that.
    """
    hits = request_body(query) | {"source": {"includes": [*_LISTED_OF_ALL, *_LISTED[query.kind]]}}
    everything, *own = facet_bodies(query)
    if _words(query):
        return [hits | {"aggs": everything["aggs"]}, *own]
    return [hits | {"track_total_hits": False}, everything, *own]


def _for_msearch(body: dict[str, Any]) -> dict[str, Any]:
    """The body as it goes over the wire, where the client's names of parameters mean nothing."""
    return {"_source" if name == "source" else name: value for name, value in body.items()}


@contextmanager
def refusals(settings: Settings) -> Iterator[None]:
    """What Elasticsearch says against a search becomes BadInput: it is about the words of whoever searches."""
    try:
        with translated_errors(settings, refuse_bad_requests=False):
            yield
    except BadRequestError as error:
        raise _bad_search(reason_of(error)) from error


def _bad_search(reason: str) -> BadInput:
    return BadInput(f"This search cannot be run: {reason[:300]}.", "Use fewer or simpler words.")


def refused(settings: Settings, answer: Mapping[str, Any]) -> DemarcheError:
    """The error of one search among several."""
    reason = inner_reason(answer["error"])
    if answer["status"] == 400:
        return _bad_search(reason)
    if answer["status"] == 404:
        return no_indices(settings)
    return unreachable(settings, reason)


def results_of(answer: Any, query: Query, total: int | None = None) -> Results:
    """The hits of an answer; `total` where another search has counted them."""
    found = answer["hits"]["hits"]
    hits = [Hit(hit["_id"], hit["_score"], hit["_source"], _highlights(hit.get("highlight", {}))) for hit in found]
    last = found[-1]["sort"] if len(found) == query.size else None
    return Results(hits, answer["hits"]["total"]["value"] if total is None else total, last)


def request_body(query: Query) -> dict[str, Any]:
    """The search request of a query, checked."""
    _check(query)
    words = _words(query)
    return {
        "query": {"bool": {"must": words, "filter": _filters(query, query.choices)}},
        "sort": _order(query),
        "size": query.size,
        "track_total_hits": True,
        "source": {"excludes": ["enriched", "variants", "tiebreaker"]},
        **({"highlight": _highlighting(query.kind, words[0])} if words else {}),
    }


def _highlighting(kind: Kind, words: dict[str, Any]) -> dict[str, Any]:
    """Marks the words that are searched for, and nothing that a filter asks for."""
    return {
        "highlight_query": words,
        "pre_tags": [_MARK[0]],
        "post_tags": [_MARK[1]],
        "fragment_size": 200,
        "number_of_fragments": 2,
        "max_analyzed_offset": 999_999,
        "require_field_match": False,
        "fields": {name: {} for name in _SHOWN_OF[kind]},
    }


def facet_bodies(query: Query) -> list[dict[str, Any]]:
    """The requests for the facets of a query, the first of which counts its hits too.

    Facets that heed the same choices share a request, whose conditions are then met once and not for each of them.
    Without hits, Elasticsearch may answer from its cache.
    """
    _check(query)
    return [_facets_body(query, counted) for counted in counted_together(_encodable(query.choices))]


def _facets_body(query: Query, counted: Counted) -> dict[str, Any]:
    return {
        "query": {"bool": {"must": _words(query), "filter": _filters(query, counted.choices)}},
        "size": 0,
        "track_total_hits": counted.whole,
        "aggs": aggregations(query.kind, counted, _said_filters(query)),
    }


def _check(query: Query) -> None:
    if len(query.text) > MAX_QUERY_CHARS:
        raise BadInput(f"The search is longer than {MAX_QUERY_CHARS} characters.", "Use fewer words.")
    longest = max(map(len, (query.actor, query.addressee, query.publisher, *(value for _, value in query.choices))))
    if longest > MAX_QUERY_CHARS:
        raise BadInput(f"A name in the search is longer than {MAX_QUERY_CHARS} characters.", "Use a part of it.")
    if len(query.choices) > MAX_CHOICES:
        raise BadInput(f"More than {MAX_CHOICES} facets are chosen.", "Take some away.")
    if not 1 <= query.size <= MAX_SIZE:
        raise BadInput(f"The number of hits must be between 1 and {MAX_SIZE}.")
    if query.kind not in get_args(Kind):
        raise BadInput(f"'{query.kind}' cannot be searched.", "Search articles or statements.")
    if query.sort not in get_args(Sort):
        raise BadInput(f"'{query.sort[:50]}' is no order of hits.", "Sort by relevance or by date.")


def _text(query: Query) -> str:
    return encodable(query.text).replace("\0", " ").strip()


def _words(query: Query) -> list[dict[str, Any]]:
    text = _text(query)
    if not text:
        return []
    return [
        {
            "simple_query_string": {
                "query": text,
                "fields": _WORDS_IN[query.kind],
                "default_operator": "and",
                "flags": _OPERATORS,
                "lenient": True,
            }
        }
    ]


def _order(query: Query) -> list[Any]:
    """Best or newest first; the order of equals is always the same, so that paging misses nothing."""
    return ["_score", *NEWEST] if query.sort != "date" and _text(query) else NEWEST


def _encodable(choices: Sequence[Choice]) -> list[Choice]:
    return [(name, encodable(value)) for name, value in choices]


def _filters(query: Query, choices: Sequence[Choice]) -> list[dict[str, Any]]:
    """One filter per condition. Who, what and whom must be true of one and the same statement."""
    found = choice_filters(query.kind, _encodable(choices), _said_filters(query))
    if query.publisher:
        publisher = encodable(query.publisher)
        found.append(any_of({"term": {"publisher.norm": publisher}}, {"term": {"publisher_id": publisher}}))
    if query.since or query.until:
        limits = {}
        if query.since:
            limits["gte"] = moment_of(query.since, "since", end=False).isoformat()
        if query.until:
            limits["lte"] = moment_of(query.until, "until", end=True).isoformat()
        found.append({"range": {"said_at": limits}})
    return found


def _said_filters(query: Query) -> list[dict[str, Any]]:
    prefix = "said." if query.kind == "articles" else ""
    said: list[dict[str, Any]] = []
    if query.actor:
        said.append(_party_filter(query.actor, prefix, "speaker", [f"{prefix}speakers", f"{prefix}affiliations"]))
    if query.act:
        said.append({"term": {f"{prefix}act": _act(query.act)}})
    if query.addressee:
        said.append(_party_filter(query.addressee, prefix, "addressee", [f"{prefix}addressees"]))
    return said


def _party_filter(name: str, prefix: str, role: str, fields: list[str]) -> dict[str, Any]:
    """A country by its code, which all who speak for it carry; anybody else by name, part of a name, or id."""
    name = encodable(name).strip()
    code = state_code(name)
    if code:
        return {"term": {f"{prefix}{role}_countries": code}}
    ids = [name, *filter(None, [actor_id(name)])]
    ways: list[dict[str, Any]] = [{"terms": {f"{prefix}{role}_ids": ids}}]
    for where in fields:
        ways += [{"term": {f"{where}.norm": name}}, {"match_phrase": {f"{where}.text": name}}]
    return any_of(*ways)


def any_of(*ways: dict[str, Any]) -> dict[str, Any]:
    return {"bool": {"should": list(ways), "minimum_should_match": 1}}


def _act(name: str) -> str:
    act = name.strip().upper()
    if act not in get_args(Act):
        raise BadInput(f"'{name[:50]}' is not a speech act.", "Known acts: " + ", ".join(get_args(Act)) + ".")
    return act


def moment_of(text: str, name: str, *, end: bool) -> datetime:
    """A date (2026-03-01), a date with time (2026-03-01T12:00Z) or so long ago (36h, 7d, 2w); in UTC by itself."""
    text = text.strip()
    ago = _AGO.fullmatch(text)
    if ago:
        return datetime.now(UTC) - timedelta(**{_AGO_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
        whole_day = len(text) == len("2026-03-01")
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return moment + timedelta(days=1, milliseconds=-1) if whole_day and end else moment
    except (ValueError, OverflowError) as error:
        raise BadInput(
            f"'{text[:50]}' is not a date that --{name} can use.", "Write 2026-03-01, 2026-03-01T12:00, 36h, 7d or 2w."
        ) from error


def _highlights(found: dict[str, list[str]]) -> dict[str, list[list[tuple[str, bool]]]]:
    return {name: [_pieces(passage) for passage in passages] for name, passages in found.items()}


def _pieces(passage: str) -> list[tuple[str, bool]]:
    parts = re.split(f"({_MARK[0]}.*?{_MARK[1]})", passage, flags=re.DOTALL)
    return [(part.strip("".join(_MARK)), part.startswith(_MARK[0])) for part in parts if part]


def find_alerts(
    client: Elasticsearch, settings: Settings, *, state: str = "", rule: str = "", size: int = 50
) -> tuple[list[Alert], int]:
    """Alerts, newest first, and how many there are in all. One whose mute has run out counts as open."""
    filters = [state_filter(state)] if state else []
    filters += [{"term": {"rule": rule}}] if rule else []
    with translated_errors(settings):
        answer = client.search(
            index=alias(settings.index_prefix, "alerts"),
            query={"bool": {"filter": filters}},
            sort=[{"created_at": "desc"}, {"alert_id": "asc"}],
            size=size,
            track_total_hits=True,
        )
    found = [Alert.model_validate(hit["_source"]["alert"]) for hit in answer["hits"]["hits"]]
    return found, answer["hits"]["total"]["value"]


def find_alert(client: Elasticsearch, settings: Settings, start_of_id: str) -> Alert:
    """The one alert whose id begins so; raises BadInput if there is none, or more than one."""
    if len(start_of_id) > _ID_CHARS:
        raise BadInput("No id of an alert is that long.", "See `demarche alerts list`.")
    with translated_errors(settings):
        answer = client.search(
            index=alias(settings.index_prefix, "alerts"),
            query={"prefix": {"alert_id": {"value": encodable(start_of_id)}}},
            size=2,
        )
    hits = answer["hits"]["hits"]
    if len(hits) != 1:
        problem = "There is no alert" if not hits else "There is more than one alert"
        raise BadInput(f"{problem} whose id begins with '{start_of_id[:40]}'.", "See `demarche alerts list`.")
    return Alert.model_validate(hits[0]["_source"]["alert"])
