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


def written(client: Elasticsearch, settings: Settings) -> int:
    """How often an article was written, those included that were written again."""
    stats = client.indices.stats(index=f"{settings.index_prefix}-revisions", metric="indexing")
    return int(stats["_all"]["primaries"]["indexing"]["index_total"])


def test_a_fill_that_was_broken_off_is_gone_on_with(client: Elasticsearch, settings: Settings) -> None:
    def broken_off(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill(settings, INVENTION, ARTICLES, broken_off)
    steps: list[int] = []
    assert fill(settings, INVENTION, ARTICLES, steps.append) == ARTICLES
    assert steps == [500, 1000, 1100]
    assert count(client, settings, "statements") == 2 * ARTICLES
    once = written(client, settings)
    assert fill(settings, INVENTION, ARTICLES, steps.append) == ARTICLES
    assert written(client, settings) == once == ARTICLES, "nothing is written twice"
    for index in client.indices.get_settings(index=f"{settings.index_prefix}-statements").body.values():
        assert index["settings"]["index"]["refresh_interval"] == "5s"
    measured = measure(settings, INVENTION, 1, ARTICLES, 5)
    assert len(measured.search) == 13
    remove(settings)
    assert not client.indices.get(index=f"{settings.index_prefix}-*").body
