"""From records to documents: every field named here, none that the mapping does not know."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from pipeline.records import (
    WARNING_ACTS,
    Alert,
    Article,
    EnrichedArticle,
    Party,
    Publisher,
    SourceHealth,
    Statement,
    hash_id,
)

Document = dict[str, Any]

_PLACE_BITS = 15


def month_of(article: Article) -> str:
    """The month whose index holds an article, from the one time that never changes."""
    return f"{article.first_seen_at:%Y.%m}"


def article_document(article: EnrichedArticle) -> Document:
    """The latest state of an article, with what it needs to be found by who says what in it."""
    asserted = [s for s in article.statements if s.act in WARNING_ACTS and s.status == "asserted"]
    document = {
        **_published(article, f"{article.title} {article.text}"),
        "tiebreaker": tiebreaker(article),
        "canonical_url": article.canonical_url,
        "text": article.text,
        "authors": article.authors,
        "content_hash": article.content_hash,
        "entities": _distinct(entity.name for entity in article.entities),
        "actor_ids": _distinct(entity.actor_id for entity in article.entities),
        "countries": _distinct(entity.country for entity in article.entities),
        **_said_in(article),
        "statement_count": len(article.statements),
        "warning_count": len(asserted),
        "said": [
            {
                "statement_id": statement.statement_id,
                "act": statement.act,
                "status": statement.status,
                **_who_to_whom(statement.speakers, statement.addressees),
                **_for_and_against(statement),
            }
            for statement in article.statements
        ],
        "enriched": {
            "entities": [entity.model_dump(mode="json") for entity in article.entities],
            "statements": [statement.model_dump(mode="json") for statement in article.statements],
        },
    }
    return encodable(document)


def _said_in(article: EnrichedArticle) -> Document:
    """What its statements have, each once: for counting articles, which nested fields make slow."""
    said = article.statements
    speakers = [party for statement in said for party in statement.speakers]
    addressees = [party for statement in said for party in statement.addressees]
    return {
        "acts": _distinct(statement.act for statement in said),
        "speakers": _distinct(party.name for party in speakers),
        "speaker_countries": _distinct(party.country for party in speakers),
        "addressees": _distinct(party.name for party in addressees),
        "targets_for": _distinct(stance.target.name for one in said for stance in one.stances if stance.polarity > 0),
        "targets_against": _distinct(
            stance.target.name for one in said for stance in one.stances if stance.polarity < 0
        ),
    }


def statement_documents(article: EnrichedArticle) -> list[Document]:
    """One flat document per statement, with the fields of its article that searches and charts need."""
    return [
        _statement_document(article, statement) | {"tiebreaker": tiebreaker(article, place)}
        for place, statement in enumerate(article.statements)
    ]


def tiebreaker(article: Article, place: int = 0) -> int:
    """A number that no other article has, and the statements of one have in their order."""
    digest = hashlib.blake2b(encodable(article.article_id).encode(), digest_size=6).digest()
    return int.from_bytes(digest) << _PLACE_BITS | min(place, (1 << _PLACE_BITS) - 1)


def _statement_document(article: EnrichedArticle, statement: Statement) -> Document:
    text = article.title if statement.field == "title" else article.text
    evidence = _evidence(statement, text)
    words = " … ".join(text[start:end] for start, end in statement.content) or evidence
    targets = [stance.target for stance in statement.stances]
    document = {
        **_published(article, f"{article.title} {evidence}"),
        **_who_to_whom(statement.speakers, statement.addressees),
        "statement_id": statement.statement_id,
        "parent_id": statement.parent_id,
        "claim_id": statement.claim_id,
        "field": statement.field,
        "kind": statement.kind,
        "act": statement.act,
        "status": statement.status,
        "closed": statement.closed,
        "alertable": statement.alertable,
        "confidence": statement.confidence,
        "words": words,
        "evidence": evidence,
        "relays": _distinct(relay.name for relay in statement.relays),
        "targets": _distinct(target.name for target in targets),
        "target_ids": _distinct(target.actor_id for target in targets),
        "target_countries": _distinct(target.country for target in targets),
        **_for_and_against(statement),
        "polarities": sorted({stance.polarity for stance in statement.stances}),
        "spans": statement.model_dump(mode="json", include={"content", "source", "cue", "about"}),
        "parties": {
            "speakers": [_party(party) for party in statement.speakers],
            "addressees": [_party(party) for party in statement.addressees],
            "stances": [_party(stance.target) | {"polarity": stance.polarity} for stance in statement.stances],
        },
    }
    return encodable(document)


def _party(party: Party) -> Document:
    """Name and id together, which the flat fields cannot keep together."""
    return party.model_dump(mode="json", include={"name", "actor_id", "country", "role", "affiliation"})


def _for_and_against(statement: Statement) -> Document:
    return {
        "targets_for": _distinct(stance.target.name for stance in statement.stances if stance.polarity > 0),
        "targets_against": _distinct(stance.target.name for stance in statement.stances if stance.polarity < 0),
    }


def revision_document(article: EnrichedArticle) -> Document:
    return encodable(
        {
            "@timestamp": _now(),
            "article_id": article.article_id,
            "revision": article.revision,
            "url": article.url,
            "title": article.title,
            "publisher": _name_of(article.publisher),
            "content_hash": article.content_hash,
            "char_count": len(article.text),
            "fetched_at": _iso(article.fetched_at),
            "first_seen_at": _iso(article.first_seen_at),
        }
    )


def revision_id(article: EnrichedArticle) -> str:
    return f"{article.article_id}-{article.revision}"


def statement_doc_id(article: EnrichedArticle, statement_id: str) -> str:
    """Statement ids are the enricher's; with the article's they cannot meet those of another article."""
    return hash_id(article.article_id, statement_id)


def source_document(health: SourceHealth) -> Document:
    """How a followed source is doing, as of `@timestamp`."""
    said = health.model_dump(mode="json", include=set(SourceHealth.model_fields) - {"schema_version", "updated_at"})
    return encodable({"@timestamp": _iso(health.updated_at), **said})


def source_doc_id(source_id: str) -> str:
    """A hash: an address may be longer than an id can be."""
    return hash_id(source_id)


def alert_document(alert: Alert) -> Document:
    """An alert to be searched and charted; `alert` holds the record itself, which commands read back."""
    return encodable(
        {
            **_who_to_whom(alert.speakers, alert.addressees),
            "@timestamp": _now(),
            "alert_id": alert.alert_id,
            "rule": alert.rule,
            "claim_id": alert.claim_id,
            "state": alert.state,
            "muted_until": _iso(alert.muted_until),
            "state_changed_at": _iso(alert.history[-1].at) if alert.history else None,
            "state_changed_by": alert.history[-1].by or None if alert.history else None,
            "note": alert.history[-1].note or None if alert.history else None,
            "act": alert.act,
            "about": alert.about,
            "words": alert.words,
            "why": alert.why,
            "confidence": alert.confidence,
            "article_ids": _distinct(source.article_id for source in alert.sources),
            "urls": _distinct(source.url for source in alert.sources),
            "publishers": _distinct(_name_of(source.publisher) for source in alert.sources),
            "source_count": len(alert.sources),
            "publisher_count": alert.publisher_count,
            "joined_count": alert.joined_count,
            "suppressed_count": len(alert.suppressed),
            "similar_count": len(alert.similar),
            "channels": _distinct(delivery.channel for delivery in alert.deliveries),
            "delivery_states": _distinct(delivery.state for delivery in alert.deliveries),
            "delivery_due_at": _iso(_next_delivery_at(alert)),
            "first_seen_at": _iso(alert.first_seen_at),
            "last_seen_at": _iso(alert.last_seen_at),
            "created_at": _iso(alert.created_at),
            "changed_at": _now(),
            "alert": alert.model_dump(mode="json"),
        }
    )


def _next_delivery_at(alert: Alert) -> datetime | None:
    """When there is something to do for this alert next."""
    return min((d.due_at for d in alert.deliveries if d.state in ("due", "sending")), default=None)


def _published(article: EnrichedArticle, searched: str) -> Document:
    publisher = article.publisher
    return {
        "@timestamp": _now(),
        "article_id": article.article_id,
        "url": article.url,
        "title": article.title,
        "publisher": _name_of(publisher),
        "publisher_id": publisher.id if publisher else None,
        "publisher_country": publisher.country if publisher else None,
        "language": article.language,
        "connector": article.source.connector,
        "source_id": article.source.id,
        "published_at": _iso(article.published_at),
        "fetched_at": _iso(article.fetched_at),
        "first_seen_at": _iso(article.first_seen_at),
        "said_at": _iso(article.published_at or article.first_seen_at),
        "revision": article.revision,
        "backfill": article.backfill,
        "tags": article.tags,
        "section": article.section,
        "flags": article.flags,
        "story_id": article.story_id,
        "model": article.model,
        "rules": article.rules,
        "variants": variants(searched),
    }


def _who_to_whom(speakers: list[Party], addressees: list[Party]) -> Document:
    return {
        "speakers": _distinct(party.name for party in speakers),
        "speaker_ids": _distinct(party.actor_id for party in speakers),
        "speaker_countries": _distinct(party.country for party in speakers),
        "speaker_country_names": _distinct(party.country_name for party in speakers),
        "affiliations": _distinct(party.affiliation for party in speakers),
        "roles": _distinct(party.role for party in speakers),
        "addressees": _distinct(party.name for party in addressees),
        "addressee_ids": _distinct(party.actor_id for party in addressees),
        "addressee_countries": _distinct(party.country for party in addressees),
        "addressee_country_names": _distinct(party.country_name for party in addressees),
    }


def _evidence(statement: Statement, text: str) -> str:
    """The passage from the first to the last position of a statement."""
    spans = [span for span in (statement.source, statement.cue, statement.about, *statement.content) if span]
    spans += [party.span for party in statement.addressees if party.span]
    if not spans:
        return ""
    return text[min(start for start, _ in spans) : max(end for _, end in spans)]


def variants(text: str) -> str:
    """Plain spellings of the words that have accents or a possessive ending, each once.

    They make those words found on nodes that can neither fold accents nor strip endings.
    """
    found: set[str] = set()
    for word in set(text.split()):
        plain = word.strip("“”\"'’‘.,;:!?()[]")
        bare = plain[:-2] if plain.endswith(("’s", "'s")) else plain
        if bare is plain and plain.isascii():
            continue
        folded = "".join(c for c in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(c))
        if folded != plain:
            found.add(folded)
    return " ".join(sorted(found))


Json = TypeVar("Json")


def encodable(value: Json) -> Json:
    """The same without lone surrogates, which JSON can carry and UTF-8 cannot: one would spoil the whole request."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return cast(Json, _encodable(value))
    return value


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf8", "replace").decode("utf8")
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {key: _encodable(item) for key, item in value.items()}
    return value


def _name_of(publisher: Publisher | None) -> str | None:
    return (publisher.name or publisher.id) if publisher else None


def _distinct(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _now() -> str:
    return datetime.now(UTC).isoformat()
