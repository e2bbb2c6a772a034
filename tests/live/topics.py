"""Reading back what is on a topic."""

from __future__ import annotations

from pipeline.records import Article
from pipeline.settings import Settings
from pipeline.topics import read_topic, topics


def published(settings: Settings) -> list[Article]:
    """All that is on articles.raw; every message has its article's id as key."""
    found = []
    for message in read_topic(settings, topics(settings).articles_raw.name, client_id="demarche-tests"):
        article = Article.model_validate_json(message.value)
        assert message.key.decode() == article.article_id
        found.append(article)
    return found
