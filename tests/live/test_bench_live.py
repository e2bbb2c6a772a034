"""The index that searches are timed on: filled once, gone on with where it was broken off, deleted as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch

from pipeline.index import connect
from pipeline.settings import Settings
from pipeline.web.bench import fill, measure, remove
from pipeline.web.invented import Invention

ARTICLES = 1100
INVENTION = Invention(2)


@pytest.fixture
def client(settings: Settings) -> Iterator[Elasticsearch]:
    with connect(settings) as client:
        yield client
        remove(settings)


def count(client: Elasticsearch, settings: Settings, kind: str) -> int:
    return int(client.count(index=f"{settings.index_prefix}-{kind}")["count"])


def test_a_fill_that_was_broken_off_is_gone_on_with(client: Elasticsearch, settings: Settings) -> None:
    def broken_off(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill(settings, INVENTION, ARTICLES, broken_off)
    steps: list[int] = []
    assert fill(settings, INVENTION, ARTICLES, steps.append) == ARTICLES
    assert steps == [1000, 1100], "the first step is not done again"
    assert fill(settings, INVENTION, ARTICLES, steps.append) == ARTICLES
    assert len(steps) == 2, "a full index is not filled again"
    assert count(client, settings, "statements") == 2 * ARTICLES
    for index in client.indices.get_settings(index=f"{settings.index_prefix}-statements").body.values():
        assert index["settings"]["index"]["refresh_interval"] == "5s"
    measured = measure(settings, INVENTION, 1, ARTICLES, 5)
    assert len(measured.search) == 13
    remove(settings)
    assert not client.indices.get(index=f"{settings.index_prefix}-*").body
