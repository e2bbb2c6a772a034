"""A month of invented news: each warning is one alert with its own sources, in whatever order articles come."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from pipeline.alerts import load_rules, process, settle
from pipeline.enrich import load_enricher, statement_records
from pipeline.records import Alert, Claim, EnrichedArticle
from pipeline.settings import load_settings
from tests.alerts.scenario.reading import Scenario, read_scenario, score

OPTIONS = load_settings()
MEAN_DELAY_H = 4


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario("tuned")


@pytest.fixture(scope="module")
def enriched(scenario: Scenario) -> list[EnrichedArticle]:
    ordered = sorted(scenario.articles, key=lambda article: (article.first_seen_at, article.article_id))
    return list(load_enricher(OPTIONS).pipe(ordered))


@pytest.mark.parametrize("name, articles, warnings", [("tuned", 207, 25), ("fresh", 95, 12), ("kept", 60, 8)])
def test_scenarios_are_what_they_say(name: str, articles: int, warnings: int) -> None:
    scenario = read_scenario(name)
    told = list(scenario.warning_of.values())
    assert (len(scenario.articles), len(set(told))) == (articles, warnings)
    assert all(2 <= told.count(warning) <= 12 for warning in set(told))
    assert len({article.article_id for article in scenario.articles}) == articles


@pytest.mark.parametrize("seed", range(3))
def test_late_and_out_of_order_articles_find_their_claims_and_state_stays_small(
    scenario: Scenario, enriched: list[EnrichedArticle], seed: int
) -> None:
    delays = random.Random(seed)
    arriving = [(a.first_seen_at + timedelta(hours=delays.expovariate(1 / MEAN_DELAY_H)), a) for a in enriched]
    claims: dict[str, list[Claim]] = {}
    alerts: dict[str, Alert] = {}
    told: list[str] = []
    for now, article in sorted(arriving, key=lambda pair: pair[0]):
        for record in settle(statement_records(article), article):
            outcome = process(claims.get(record.key, []), record, load_rules(), OPTIONS, now)
            claims[record.key] = outcome.claims
            told += outcome.new
            alerts.update({alert.alert_id: alert for alert in outcome.alerts})
        assert max(map(len, claims.values())) <= 6
    found = score(scenario, alerts.values())
    assert found.precision >= 0.98
    assert found.recall >= 0.9
    assert found.alerts <= 28
    assert len(told) == len(set(told))
