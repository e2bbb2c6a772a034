"""The samples are articles as the connector reads them, and each has a publisher."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

from deploy.demo.samples import PUBLISHERS, lay_out
from pipeline.inputs.files import format_of, read_articles
from pipeline.records import Article
from pipeline.settings import load_settings


def test_samples_are_laid_out_twice_as_the_same_articles(tmp_path: Path) -> None:
    paths = lay_out(tmp_path / "demo")
    assert lay_out(tmp_path / "demo") == paths
    publishers = tomllib.loads((tmp_path / "demo" / PUBLISHERS).read_text("utf8"))
    settings = load_settings()
    articles = []
    for path in paths:
        kind = format_of(path)
        assert kind is not None
        found = read_articles(path.read_bytes(), path=path, kind=kind, settings=settings, fetched_at=datetime.now(UTC))
        for article in found:
            assert isinstance(article, Article), f"{path.name}: {article}"
            assert article.title
            assert path.name in publishers or article.publisher is not None
            articles.append(article)
    assert set(publishers) <= {path.name for path in paths}
    assert len({article.article_id for article in articles}) == len(articles) >= 10
    # Nothing that is dated: an alert is only raised for news of the last days.
    assert all(article.published_at is None for article in articles)
