from __future__ import annotations

from collections import Counter

from pipeline.settings import Settings
from pipeline.web.bench import own_prefix, percentile
from pipeline.web.invented import DAYS, START, Invention


def test_a_number_is_always_the_same_article() -> None:
    one, again = Invention(3).article(7), Invention(3).article(7)
    assert one == again
    assert len(one.statements) == 3
    assert one != Invention(3).article(8)


def test_articles_come_oldest_first_and_new_ones_after_them() -> None:
    invention = Invention(1)
    order = invention.oldest_first(50)
    assert sorted(order) == list(range(50))
    seen = [invention.article(number).first_seen_at for number in order]
    assert seen == sorted(seen)
    assert START <= seen[0] < seen[-1] < invention.article(50, new=True).first_seen_at
    assert (invention.article(50, new=True).first_seen_at - START).days == DAYS


def test_some_words_are_in_nearly_every_article_and_most_in_few() -> None:
    invention = Invention(1)
    found = Counter(word for number in range(100) for word in set(invention.article(number).text.split()))
    assert found[invention.words[0]] > 90
    assert found[invention.words[20_000]] < 5


def test_a_benchmark_has_indices_that_are_nobody_elses() -> None:
    settings = Settings(index_prefix="news")
    prefixes = {own_prefix(settings, articles, 10) for articles in (1000, 2000)}
    assert len(prefixes) == 2
    for prefix in prefixes:
        assert not prefix.startswith("news")
        assert Settings(index_prefix=prefix), "the server of the pages is given it as a setting"


def test_percentiles_of_few_values() -> None:
    assert percentile([3.0], 95) == 3.0
    assert percentile([float(n) for n in range(101)], 95) == 95.0
