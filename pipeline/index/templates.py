"""Index templates: which fields a document may have, and how words are searched. The one place where mappings stand.

Every mapping is strict: an unknown field refuses the document instead of growing the mapping in silence. Names stand
as shown in `keyword`, `.norm` for matching whatever the case and accents, `.text` for parts of a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

VERSION = 5
"""Raised with every change of a mapping; `demarche init` then puts the new templates in place."""

Monthly = Literal["articles", "statements", "revisions"]
MONTHLY: tuple[Monthly, ...] = ("articles", "statements", "revisions")
SINGLE = ("alerts", "sources")

Mapping = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Abilities:
    """What all nodes can do: with words, all of analysis-common, a hunspell dictionary, or neither; with indices,
    copy them by themselves, and delete them at an age."""

    common: bool = False
    hunspell: bool = False
    reindex: bool = False
    lifecycle: bool = False


def analysis(abilities: Abilities) -> Mapping:
    """The analyzer `words` and the normalizer `name`, as good as the node can have them.

    Hunspell comes before lowercase: its dictionary knows Russia, not russia.
    """
    if abilities.common:
        filters = ["possessive", "lowercase", "asciifolding", "english"]
        names = ["lowercase", "asciifolding"]
    else:
        filters = ["hunspell_en", "lowercase"] if abilities.hunspell else ["lowercase"]
        names = ["lowercase"]
    definitions = {
        "possessive": {"type": "stemmer", "language": "possessive_english"},
        "english": {"type": "stemmer", "language": "english"},
        "hunspell_en": {"type": "hunspell", "locale": "en_US", "dedup": True},
    }
    return {
        "analyzer": {"words": {"type": "custom", "tokenizer": "standard", "filter": filters}},
        "normalizer": {"name": {"type": "custom", "filter": names}},
        "filter": {name: definition for name, definition in definitions.items() if name in filters},
    }


KEYWORD: Mapping = {"type": "keyword", "ignore_above": 1024}
URL: Mapping = {"type": "keyword", "ignore_above": 8000}
DATE: Mapping = {"type": "date"}
INTEGER: Mapping = {"type": "integer"}
FLOAT: Mapping = {"type": "float"}
BOOLEAN: Mapping = {"type": "boolean"}
WORDS: Mapping = {"type": "text", "analyzer": "words", "index_options": "offsets"}
"""With offsets: marking what was found then need not analyze the text once more, which hunspell makes slow."""
TITLE: Mapping = {**WORDS, "fields": {"keyword": KEYWORD}}
NAME: Mapping = {
    "type": "keyword",
    "ignore_above": 1024,
    "fields": {
        "norm": {"type": "keyword", "normalizer": "name", "ignore_above": 1024},
        "text": {"type": "text", "analyzer": "standard"},
    },
}
_COUNTED: Mapping = {"eager_global_ordinals": True}
"""What a facet of many values needs is made anew when documents become visible: at once, and not by the next search."""
COUNTED_KEYWORD: Mapping = {**KEYWORD, **_COUNTED}
COUNTED_NAME: Mapping = {**NAME, **_COUNTED}
TIEBREAKER: Mapping = {"type": "long", "index": False}
"""Sorts what was said at the same time: a number is compared at a fraction of what ids cost."""
STORED: Mapping = {"type": "object", "enabled": False}
"""Kept in the document for whoever reads it, not searched."""


def _object(properties: Mapping, kind: str = "object") -> Mapping:
    return {"type": kind, "dynamic": "strict", "properties": properties}


_PUBLISHED: Mapping = {
    "@timestamp": DATE,
    "article_id": KEYWORD,
    "url": URL,
    "title": TITLE,
    "publisher": COUNTED_NAME,
    "publisher_id": KEYWORD,
    "publisher_country": KEYWORD,
    "language": COUNTED_KEYWORD,
    "connector": KEYWORD,
    "source_id": COUNTED_KEYWORD,
    "published_at": DATE,
    "fetched_at": DATE,
    "first_seen_at": DATE,
    "said_at": DATE,
    "tiebreaker": TIEBREAKER,
    "revision": INTEGER,
    "backfill": BOOLEAN,
    "tags": KEYWORD,
    "section": KEYWORD,
    "flags": KEYWORD,
    "story_id": KEYWORD,
    "model": KEYWORD,
    "rules": KEYWORD,
    "variants": {"type": "text", "analyzer": "standard"},
}
"""What an article's document and those of its statements have in common."""

_WHO_TO_WHOM: Mapping = {
    "speakers": COUNTED_NAME,
    "speaker_ids": KEYWORD,
    "speaker_countries": COUNTED_KEYWORD,
    "speaker_country_names": KEYWORD,
    "affiliations": NAME,
    "roles": KEYWORD,
    "addressees": COUNTED_NAME,
    "addressee_ids": KEYWORD,
    "addressee_countries": KEYWORD,
    "addressee_country_names": KEYWORD,
}

FIELDS: dict[str, Mapping] = {
    "articles": {
        **_PUBLISHED,
        "canonical_url": URL,
        "text": WORDS,
        "authors": NAME,
        "content_hash": KEYWORD,
        "entities": NAME,
        "actor_ids": KEYWORD,
        "countries": KEYWORD,
        **dict.fromkeys(
            ("acts", "speakers", "speaker_countries", "addressees", "targets_for", "targets_against"), COUNTED_KEYWORD
        ),
        "statement_count": INTEGER,
        "warning_count": INTEGER,
        "said": _object(
            {
                **dict.fromkeys(("statement_id", "status"), KEYWORD),
                **dict.fromkeys(("act", "targets_for", "targets_against"), COUNTED_KEYWORD),
                **_WHO_TO_WHOM,
            },
            "nested",
        ),
        "enriched": STORED,
    },
    "statements": {
        **_PUBLISHED,
        **_WHO_TO_WHOM,
        "statement_id": KEYWORD,
        "parent_id": KEYWORD,
        "claim_id": KEYWORD,
        "field": KEYWORD,
        "kind": KEYWORD,
        "act": COUNTED_KEYWORD,
        "status": KEYWORD,
        "closed": BOOLEAN,
        "alertable": BOOLEAN,
        "confidence": FLOAT,
        "words": WORDS,
        "evidence": WORDS,
        "relays": NAME,
        "targets": NAME,
        "target_ids": KEYWORD,
        "target_countries": KEYWORD,
        "targets_for": COUNTED_KEYWORD,
        "targets_against": COUNTED_KEYWORD,
        "polarities": INTEGER,
        "spans": STORED,
        "parties": STORED,
    },
    "alerts": {
        **_WHO_TO_WHOM,
        "@timestamp": DATE,
        "alert_id": KEYWORD,
        "rule": KEYWORD,
        "claim_id": KEYWORD,
        "state": KEYWORD,
        "muted_until": DATE,
        "state_changed_at": DATE,
        "state_changed_by": KEYWORD,
        "note": WORDS,
        "act": KEYWORD,
        "about": WORDS,
        "words": WORDS,
        "why": {"type": "text", "analyzer": "standard"},
        "confidence": FLOAT,
        "article_ids": KEYWORD,
        "urls": URL,
        "publishers": NAME,
        "source_count": INTEGER,
        "publisher_count": INTEGER,
        "joined_count": INTEGER,
        "suppressed_count": INTEGER,
        "similar_count": INTEGER,
        "channels": KEYWORD,
        "delivery_states": KEYWORD,
        "delivery_due_at": DATE,
        "first_seen_at": DATE,
        "last_seen_at": DATE,
        "created_at": DATE,
        "changed_at": DATE,
        "alert": STORED,
    },
    "sources": {
        "@timestamp": DATE,
        "source_id": URL,
        "kind": KEYWORD,
        "publisher": NAME,
        "state": KEYWORD,
        "moved_to": URL,
        "last_fetch_at": DATE,
        "last_success_at": DATE,
        "last_article_at": DATE,
        "last_error_at": DATE,
        "last_error": {"type": "text", "analyzer": "standard"},
        "failure_count": INTEGER,
        "refused_count": INTEGER,
        "last_refusal": {"type": "text", "analyzer": "standard"},
        "article_count": INTEGER,
        "articles_a_day": FLOAT,
        "next_fetch_at": DATE,
    },
    "revisions": {
        "@timestamp": DATE,
        "article_id": KEYWORD,
        "revision": INTEGER,
        "url": URL,
        "title": TITLE,
        "publisher": NAME,
        "content_hash": KEYWORD,
        "char_count": INTEGER,
        "fetched_at": DATE,
        "first_seen_at": DATE,
    },
}


def alias(prefix: str, kind: str) -> str:
    """The name to search under."""
    return f"{prefix}-{kind}"


def first_index(prefix: str, kind: str) -> str:
    """The index behind the alias of a kind that has only one: a later mapping gets the next number."""
    return f"{alias(prefix, kind)}-{VERSION:06d}"


def retention_policy(prefix: str) -> str:
    """Name of the policy by which Elasticsearch deletes old months, where `demarche retention` has made one."""
    return f"{prefix}-retention"


def template(prefix: str, kind: str, abilities: Abilities, *, policy: str = "") -> Mapping:
    """The index template of one kind. Its pattern matches the indices of this kind alone."""
    return {
        "index_patterns": [f"{alias(prefix, kind)}-*"],
        "priority": 500,
        "version": VERSION,
        "_meta": {"product": "demarche"},
        "template": {**index_body(kind, abilities, policy=policy), "aliases": {alias(prefix, kind): {}}},
    }


_MERGING: Mapping = {"merge.policy": {"segments_per_tier": 4, "max_merge_at_once": 4, "floor_segment": "16mb"}}
"""A facet costs once for each segment, or more, however little is in it; and articles come in few at a time, which
leaves dozens of small segments. So they are merged earlier than Elasticsearch would by itself."""
_REFRESH: Mapping = {"refresh_interval": "5s"}
"""What comes in can be found so much later. Whenever it can, counts of the month that grows are made anew, so not each
second; alerts, for which somebody waits, are shown at once."""


def tuning(kind: str) -> Mapping:
    """Settings that an index may be given at any time."""
    return {**_MERGING, **_REFRESH} if kind in MONTHLY else _MERGING


def index_body(kind: str, abilities: Abilities, *, policy: str = "") -> Mapping:
    """Settings and mappings of an index of one kind."""
    lifecycle = {"lifecycle": {"name": policy}} if policy and kind in MONTHLY else {}
    return {
        "settings": {
            "number_of_shards": 1,
            "auto_expand_replicas": "0-1",
            "analysis": analysis(abilities),
            "index": tuning(kind),
            **lifecycle,
        },
        "mappings": {"dynamic": "strict", "properties": FIELDS[kind]},
    }
