"""Reading back what is on a topic."""

from __future__ import annotations

from kafka import KafkaConsumer, TopicPartition

from pipeline.records import Article
from pipeline.settings import Settings
from pipeline.topics import topics


def published(settings: Settings) -> list[Article]:
    """All that is on articles.raw; every message has its article's id as key."""
    name = topics(settings).articles_raw.name
    consumer = KafkaConsumer(bootstrap_servers=settings.kafka, group_id=None, enable_auto_commit=False)
    try:
        partitions = [TopicPartition(name, number) for number in consumer.partitions_for_topic(name) or ()]
        if not partitions:
            return []
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        found = []
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for messages in consumer.poll(timeout_ms=500).values():
                for message in messages:
                    article = Article.model_validate_json(message.value)
                    assert message.key.decode() == article.article_id
                    found.append(article)
        return found
    finally:
        consumer.close()
