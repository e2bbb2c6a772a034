"""Matching costs about the same however many rules there are; bench articles hold one new warning each."""

from __future__ import annotations

from itertools import islice

from pipeline.alerts.speed import measure_rules
from pipeline.stream.latency import Latencies, invented_articles


def test_ten_thousand_rules_cost_hardly_more_than_a_hundred() -> None:
    few = min(measure_rules(100) for _ in range(3))
    many = min(measure_rules(10_000) for _ in range(3))
    assert many < 5 * few + 50


def test_bench_articles_are_all_about_another_pair() -> None:
    titles = {article.title for article in islice(invented_articles(800), 800)}
    assert len(titles) == 800


def test_percentiles() -> None:
    found = Latencies(seconds=[float(n) for n in range(100)])
    assert (found.percentile(50), found.percentile(99), found.percentile(100)) == (50.0, 99.0, 99.0)
