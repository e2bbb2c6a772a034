"""Articles with every field filled, so that a field without a mapping is noticed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pipeline.records import (
    Alert,
    AlertSource,
    Delivery,
    EnrichedArticle,
    Entity,
    Party,
    Publisher,
    SourceRef,
    Stance,
    StateChange,
    Statement,
)

SEEN = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXT = "Orlandia’s foreign ministry warned Vesta on Monday against closing the Selm canal."


def full_party(name: str, country: str) -> Party:
    return Party(
        name=name,
        actor_id=name.casefold(),
        kind="person",
        country=country,
        country_name=country.title(),
        affiliation="Foreign Ministry",
        role="minister",
        span=(0, 8),
    )


def full_article(revision: int = 1, **changes: object) -> EnrichedArticle:
    speaker, addressee = full_party("Orlandia", "ORL"), full_party("Vesta", "VES")
    statement = Statement(
        statement_id="s1",
        kind="indirect",
        content=[(46, 81)],
        source=(0, 27),
        cue=(28, 34),
        speakers=[speaker],
        relays=[full_party("Agency", "ORL")],
        act="WARN",
        addressees=[addressee],
        about=(54, 81),
        stances=[Stance(target=addressee, polarity=-1, evidence=(28, 34))],
        alertable=True,
        claim_id="c1",
        parent_id="s0",
    )
    values = {
        "article_id": "a1",
        "id": "a1",
        "url": "https://example.org/1",
        "canonical_url": "https://example.org/1",
        "publisher": Publisher(id="herald", name="The Herald", country="ORL"),
        "title": "A warning",
        "text": TEXT,
        "language": "en",
        "authors": ["A. Writer"],
        "published_at": SEEN,
        "fetched_at": SEEN,
        "first_seen_at": SEEN,
        "revision": revision,
        "content_hash": "h",
        "source": SourceRef(connector="test", id="t"),
        "tags": ["canal"],
        "section": "World",
        "flags": ["paywall"],
        "story_id": "s",
        "model": "m-1",
        "rules": "r-1",
        "entities": [Entity(span=(0, 8), label="GPE", name="Orlandia", actor_id="orl", country="ORL")],
        "statements": [statement],
    }
    return EnrichedArticle.model_validate(values | changes)


def full_alert() -> Alert:
    source = AlertSource(article_id="a1", url="https://example.org/1", publisher=Publisher(id="herald"), said_at=SEEN)
    return Alert(
        alert_id="f00d",
        state="muted",
        muted_until=SEEN,
        history=[StateChange(state="muted", at=SEEN, by="ines", note="known", until=SEEN)],
        rule="any-warning",
        claim_id="c1",
        act="WARN",
        speakers=[full_party("Orlandia", "ORL")],
        addressees=[full_party("Vesta", "VES")],
        about="closing the canal",
        words="warned",
        why="act WARN",
        confidence=0.9,
        sources=[source],
        publisher_count=1,
        deliveries=[Delivery(channel="desk", due_at=SEEN)],
        first_seen_at=SEEN,
        last_seen_at=SEEN,
        created_at=SEEN,
    )


@pytest.fixture
def make_article() -> Callable[..., EnrichedArticle]:
    return full_article


@pytest.fixture
def alert() -> Alert:
    return full_alert()
