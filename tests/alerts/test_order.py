"""The sample articles alert alike in whatever order they come: Kafka promises none between articles."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

from pipeline.alerts import load_rules, process, settle
from pipeline.enrich import load_enricher, statement_records
from pipeline.inputs.files import BadPart, format_of, read_articles, read_file
from pipeline.records import Alert, Claim, EnrichedArticle
from pipeline.settings import load_settings

SAMPLES = Path(__file__).parents[2] / "deploy" / "demo" / "articles"
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def enriched_samples() -> list[EnrichedArticle]:
    settings = load_settings()
    articles = []
    for path in sorted(SAMPLES.iterdir()):
        kind = format_of(path)
        if kind is None:
            continue
        data = read_file(path, settings.max_file_bytes)
        parts = read_articles(data, path=path, kind=kind, settings=settings, fetched_at=NOW)
        articles.extend(part for part in parts if not isinstance(part, BadPart))
    return list(load_enricher(settings).pipe(articles))


def alerts_of(articles: list[EnrichedArticle]) -> dict[str, Alert]:
    settings, rules = load_settings(), load_rules(None)
    claims: dict[str, list[Claim]] = {}
    alerts: dict[str, Alert] = {}
    for article in articles:
        for record in settle(statement_records(article), article):
            outcome = process(claims.get(record.key, []), record, rules, settings, NOW)
            claims[record.key] = outcome.claims
            alerts.update({alert.alert_id: alert for alert in outcome.alerts})
    return alerts


def test_any_order_gives_the_same_alerts_with_the_same_sources() -> None:
    samples = enriched_samples()
    assert len(samples) == 11
    for seed in range(30):
        order = samples[:]
        random.Random(seed).shuffle(order)
        found = {
            (alert.addressees[0].country, tuple(sorted(source.article_id for source in alert.sources)))
            for alert in alerts_of(order).values()
        }
        assert sorted((country, len(sources)) for country, sources in found) == [("RUS", 3), ("VEN", 1)], seed


def test_words_put_in_by_the_narrator_are_not_what_is_said() -> None:
    """ "…: her country, she said, would not wait": told by two verbs, and "she said" is of neither's words."""
    said = [
        [article.text[start:end] for start, end in statement.content]
        for article in enriched_samples()
        for statement in article.statements
        if statement.field == "text"
    ]
    assert ["her country", "would not wait for an accident"] in said
    assert not any("she said" in words for content in said for words in content)
