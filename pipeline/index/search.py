"""Searching articles, statements and alerts, in the words of analysts.

Search words go to `simple_query_string`, which cannot fail on syntax: quotes, + | - ( ) and a trailing * mean
something where they fit and are plain words where they do not. Nothing of a query is executed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from elasticsearch import BadRequestError, Elasticsearch

from pipeline.alerts.countries import actor_id, state_code
from pipeline.errors import BadInput
from pipeline.index.alert_states import state_filter
from pipeline.index.client import reason_of, translated_errors
from pipeline.index.documents import encodable
from pipeline.index.templates import alias
from pipeline.records import Act, Alert
from pipeline.settings import Settings

Kind = Literal["articles", "statements"]

MAX_QUERY_CHARS = 2000
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
_MARK = ("\x02", "\x03")
"""Around highlighted words: characters that no article has, so that nobody's markup is taken for ours."""
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


def search(client: Elasticsearch, settings: Settings, query: Query) -> Results:
    """Search articles or statements; raises BadInput for what no search can be made of."""
    body = request_body(query)
    try:
        with translated_errors(settings, refuse_bad_requests=False):
            answer = client.search(index=alias(settings.index_prefix, query.kind), **body)
    except BadRequestError as error:
        raise BadInput(
            f"This search cannot be run: {reason_of(error)[:300]}.", "Use fewer or simpler words."
        ) from error
    hits = [
        Hit(hit["_id"], hit["_score"], hit["_source"], _highlights(hit.get("highlight", {})))
        for hit in answer["hits"]["hits"]
    ]
    return Results(hits, answer["hits"]["total"]["value"])


def request_body(query: Query) -> dict[str, Any]:
    """The search request of a query, checked."""
    if len(query.text) > MAX_QUERY_CHARS:
        raise BadInput(f"The search is longer than {MAX_QUERY_CHARS} characters.", "Use fewer words.")
    if not 1 <= query.size <= MAX_SIZE:
        raise BadInput(f"The number of hits must be between 1 and {MAX_SIZE}.")
    if query.kind not in get_args(Kind):
        raise BadInput(f"'{query.kind}' cannot be searched.", "Search articles or statements.")
    text = encodable(query.text).replace("\0", " ").strip()
    must = []
    if text:
        must.append(
            {
                "simple_query_string": {
                    "query": text,
                    "fields": _WORDS_IN[query.kind],
                    "default_operator": "and",
                    "flags": _OPERATORS,
                    "lenient": True,
                }
            }
        )
    return {
        "query": {"bool": {"must": must, "filter": _filters(query)}},
        "sort": ["_score", {"said_at": "desc"}] if text else [{"said_at": "desc"}, {"article_id": "asc"}],
        "size": query.size,
        "track_total_hits": True,
        "source_excludes": ["enriched", "variants"],
        "highlight": {
            "pre_tags": [_MARK[0]],
            "post_tags": [_MARK[1]],
            "fragment_size": 200,
            "number_of_fragments": 2,
            "max_analyzed_offset": 999_999,
            "require_field_match": False,
            "fields": {name: {} for name in _SHOWN_OF[query.kind]},
        },
    }


def _filters(query: Query) -> list[dict[str, Any]]:
    """One filter per condition. Who, what and whom must be true of one and the same statement."""
    prefix = "said." if query.kind == "articles" else ""
    said: list[dict[str, Any]] = []
    if query.actor:
        said.append(_party_filter(query.actor, prefix, "speaker", [f"{prefix}speakers", f"{prefix}affiliations"]))
    if query.act:
        said.append({"term": {f"{prefix}act": _act(query.act)}})
    if query.addressee:
        said.append(_party_filter(query.addressee, prefix, "addressee", [f"{prefix}addressees"]))
    if said and query.kind == "articles":
        said = [{"nested": {"path": "said", "query": {"bool": {"filter": said}}}}]
    if query.publisher:
        publisher = encodable(query.publisher)
        said.append(_any_of({"term": {"publisher.norm": publisher}}, {"term": {"publisher_id": publisher}}))
    if query.since or query.until:
        limits = {}
        if query.since:
            limits["gte"] = _moment(query.since, "since", end=False).isoformat()
        if query.until:
            limits["lte"] = _moment(query.until, "until", end=True).isoformat()
        said.append({"range": {"said_at": limits}})
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
    return _any_of(*ways)


def _any_of(*ways: dict[str, Any]) -> dict[str, Any]:
    return {"bool": {"should": list(ways), "minimum_should_match": 1}}


def _act(name: str) -> str:
    act = name.strip().upper()
    if act not in get_args(Act):
        raise BadInput(f"'{name[:50]}' is not a speech act.", "Known acts: " + ", ".join(get_args(Act)) + ".")
    return act


def _moment(text: str, name: str, *, end: bool) -> datetime:
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
