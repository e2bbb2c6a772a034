"""Reprocessing: the articles that Kafka still has go once more through the pipeline, as backfill.

New models, rules and actor files then show in what is searched, and nobody is alerted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from pydantic import ValidationError

from pipeline.records import Article
from pipeline.settings import Settings
from pipeline.topics import MAX_MESSAGE_BYTES, bootstrap_servers, topics, unreachable

_MARK = "demarche-reprocessed"


def reprocess(settings: Settings) -> Iterator[int]:
    """Publish the newest revision of every article again; yields how many each batch of them held.

    Ends where the topic ended when it began, and passes over what an earlier reprocessing published, so that it can
    neither run after itself nor grow from one time to the next.
    """
    name = topics(settings).articles_raw.name
    try:
        newest = _newest(settings, name)
        producer = KafkaProducer(
            bootstrap_servers=bootstrap_servers(settings),
            client_id="demarche-reprocess",
            acks="all",
            enable_idempotence=True,
            max_request_size=MAX_MESSAGE_BYTES,
            bootstrap_timeout_ms=5000,
        )
        try:
            pending: list[Any] = []
            for article_id, place, article in _articles(settings, name):
                if newest.get(article_id) != place:
                    continue
                again = article.model_copy(update={"backfill": True})
                headers = [(_MARK, b"1")]
                pending.append(producer.send(name, key=article_id.encode(), value=again.to_json(), headers=headers))
                if len(pending) >= 500:
                    yield _acknowledged(pending)
            yield _acknowledged(pending)
        finally:
            producer.close()
    except (KafkaError, ValueError) as error:
        raise unreachable(settings, error) from error


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
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap_servers(settings),
        client_id="demarche-reprocess",
        group_id=None,
        enable_auto_commit=False,
        bootstrap_timeout_ms=5000,
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
    )
    try:
        partitions = [TopicPartition(name, number) for number in sorted(consumer.partitions_for_topic(name) or ())]
        if not partitions:
            return
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for partition, messages in consumer.poll(timeout_ms=1000).items():
                for message in messages:
                    if message.offset >= ends[partition] or any(key == _MARK for key, _ in message.headers or ()):
                        continue
                    try:
                        article = Article.model_validate_json(message.value or b"")
                    except ValidationError:
                        # It is a dead letter already.
                        continue
                    yield article.article_id, (message.partition, message.offset), article
    finally:
        consumer.close()
