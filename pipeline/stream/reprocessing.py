"""Reprocessing: the articles that Kafka still has go once more through the pipeline, as backfill.

New models, rules and actor files then show in what is searched, and nobody is alerted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from pipeline.records import Article
from pipeline.settings import Settings
from pipeline.topics import producer, read_topic, topics

_CLIENT = "demarche-reprocess"
_MARK = "demarche-reprocessed"


def reprocess(settings: Settings) -> Iterator[int]:
    """Publish the newest revision of every article again; yields how many each batch of them held.

    Ends where the topic ended when it began, and passes over what an earlier reprocessing published, so that it can
    neither run after itself nor grow from one time to the next.
    """
    name = topics(settings).articles_raw.name
    newest = _newest(settings, name)
    with producer(settings, client_id=_CLIENT) as client:
        pending: list[Any] = []
        for article_id, place, article in _articles(settings, name):
            if newest.get(article_id) != place:
                continue
            again = article.model_copy(update={"backfill": True})
            headers = [(_MARK, b"1")]
            pending.append(client.send(name, key=article_id.encode(), value=again.to_json(), headers=headers))
            if len(pending) >= 500:
                yield _acknowledged(pending)
        yield _acknowledged(pending)


def _newest(settings: Settings, name: str) -> dict[str, tuple[int, int]]:
    """Where the highest revision of each article is; of the same revision, the one that came last."""
    found: dict[str, tuple[int, tuple[int, int]]] = {}
    for article_id, place, article in _articles(settings, name):
        if article_id not in found or article.revision >= found[article_id][0]:
            found[article_id] = (article.revision, place)
    return {article_id: place for article_id, (_, place) in found.items()}


def _acknowledged(pending: list[Any]) -> int:
    for future in pending:
        future.get(timeout=60)
    count = len(pending)
    pending.clear()
    return count


def _articles(settings: Settings, name: str) -> Iterator[tuple[str, tuple[int, int], Article]]:
    """Id, place and content of all articles on the topic now, but for those that are there by reprocessing."""
    for message in read_topic(settings, name, client_id=_CLIENT):
        if any(key == _MARK for key, _ in message.headers or ()):
            continue
        try:
            article = Article.model_validate_json(message.value or b"")
        except ValidationError:
            # It is a dead letter already.
            continue
        yield article.article_id, (message.partition, message.offset), article
