from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.index.documents import (
    alert_document,
    article_document,
    encodable,
    month_of,
    revision_document,
    source_document,
    statement_doc_id,
    statement_documents,
    tiebreaker,
    variants,
)
from pipeline.index.templates import FIELDS, Abilities, template
from pipeline.records import Alert, EnrichedArticle, SourceHealth

Make = Callable[..., EnrichedArticle]
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
HEALTH = SourceHealth(
    source_id="https://example.org/feed",
    kind="feed",
    publisher="herald",
    state="failing",
    moved_to="https://example.org/new",
    last_fetch_at=MOMENT,
    last_success_at=MOMENT,
    last_article_at=MOMENT,
    last_error_at=MOMENT,
    last_error="It answers with status 404.",
    failure_count=1,
    refused_count=1,
    last_refusal="It has no text.",
    article_count=1,
    articles_a_day=0.5,
    next_fetch_at=MOMENT,
    updated_at=MOMENT,
)


def unmapped(document: dict[str, Any], properties: dict[str, Any], path: str = "") -> list[str]:
    """Fields of a document that a strict mapping would refuse."""
    found = []
    for name, value in document.items():
        mapping = properties.get(name)
        if mapping is None:
            found.append(path + name)
        elif "properties" in mapping:
            for item in value if isinstance(value, list) else [value]:
                found += unmapped(item, mapping["properties"], f"{path}{name}.")
    return found


def test_every_field_of_every_document_is_mapped(make_article: Make, alert: Alert) -> None:
    article = make_article()
    documents = {
        "articles": article_document(article),
        "statements": statement_documents(article)[0],
        "revisions": revision_document(article),
        "alerts": alert_document(alert),
        "sources": source_document(HEALTH),
    }
    for kind, document in documents.items():
        assert unmapped(document, FIELDS[kind]) == [], kind


def test_every_mapped_field_is_filled(make_article: Make, alert: Alert) -> None:
    """A mapping for what no document has is a promise not kept."""
    article = make_article()
    documents = {
        "articles": article_document(article),
        "statements": statement_documents(article)[0],
        "revisions": revision_document(article),
        "alerts": alert_document(alert),
        "sources": source_document(HEALTH),
    }
    for kind, document in documents.items():
        assert set(FIELDS[kind]) == set(document), kind
        empty = {name for name, value in document.items() if value in (None, [], "")}
        assert empty <= {"targets_for"}, kind


def test_unknown_fields_of_records_stay_out_of_documents(make_article: Make) -> None:
    article = make_article(surprise="from a newer worker")
    assert "surprise" not in article_document(article)


def test_a_statement_document_says_who_warned_whom_of_what(make_article: Make) -> None:
    [document] = statement_documents(make_article())
    assert document["speakers"] == ["Orlandia"]
    assert document["addressee_countries"] == ["VES"]
    assert document["evidence"].startswith("Orlandia’s foreign ministry warned Vesta")
    assert document["targets_against"] == ["Vesta"]
    assert document["targets_for"] == []
    assert document["polarities"] == [-1]
    assert document["title"] == "A warning"


def test_the_index_follows_from_the_first_sight_and_ids_from_article_and_statement(make_article: Make) -> None:
    assert month_of(make_article(first_seen_at=datetime(2026, 1, 31, 23, 59, tzinfo=UTC))) == "2026.01"
    one, other = make_article(article_id="a1"), make_article(article_id="a2")
    assert statement_doc_id(one, "s1") != statement_doc_id(other, "s1")
    assert statement_doc_id(one, "s1") == statement_doc_id(make_article(revision=2), "s1")


def test_what_was_said_at_the_same_time_has_an_order_of_its_own(make_article: Make) -> None:
    article, other = make_article(), make_article(article_id="a2")
    two = article.model_copy(update={"statements": article.statements * 2})
    first, second = (document["tiebreaker"] for document in statement_documents(two))
    assert second == first + 1, "statements of an article stand in its order"
    assert article_document(article)["tiebreaker"] == first
    assert abs(tiebreaker(other) - first) > 2**15, "and those of another do not come between them"
    assert tiebreaker(article, 10**6) < 2**63


def test_lone_surrogates_are_replaced_without_moving_positions() -> None:
    assert encodable({"text": "a\ud800b", "n": [1, "\udfff"]}) == {"text": "a?b", "n": [1, "?"]}


@pytest.mark.parametrize(
    "text, plain",
    [
        ("Russia’s Élysée, said", "Elysee Russia"),
        ("Zakharova's remarks", "Zakharova"),
        ("nothing special here", ""),
        ("Erdoğan Erdoğan", "Erdogan"),
    ],
)
def test_variants_are_the_plain_spellings(text: str, plain: str) -> None:
    assert variants(text) == plain


@pytest.mark.parametrize(
    "abilities, filters",
    [
        (Abilities(common=True), ["possessive", "lowercase", "asciifolding", "english"]),
        (Abilities(hunspell=True), ["hunspell_en", "lowercase"]),
        (Abilities(), ["lowercase"]),
    ],
)
def test_the_analyzer_is_the_best_that_the_node_has(abilities: Abilities, filters: list[str]) -> None:
    analysis = template("news", "articles", abilities)["template"]["settings"]["analysis"]
    assert analysis["analyzer"]["words"]["filter"] == filters
    assert set(analysis["filter"]) == set(filters) - {"lowercase", "asciifolding"}


def test_templates_are_strict_and_do_not_meet() -> None:
    for kind in FIELDS:
        body = template("news", kind, Abilities())
        assert body["template"]["mappings"]["dynamic"] == "strict"
        assert body["index_patterns"] == [f"news-{kind}-*"]
    assert not any(other != kind and other.startswith(kind) for kind in FIELDS for other in FIELDS)
