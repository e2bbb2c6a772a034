"""From publishing to the alert on its topic: invented warnings through the workers that run, each timed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import permutations

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from pydantic import ValidationError

from pipeline.records import Alert, Article, Publisher, SourceRef
from pipeline.settings import Settings
from pipeline.topics import consumer, producer, topics

_CLIENT = "demarche-bench"
_NAMES = """
    Norway Sweden Finland Denmark Iceland Estonia Latvia Lithuania Poland Ukraine Moldova Romania Bulgaria Serbia
    Albania Greece Turkey Cyprus Egypt Libya Tunisia Algeria Morocco Kenya Uganda Rwanda Angola Zambia Brazil Peru
"""
_STATES = tuple(_NAMES.split())
_TEXT = (
    "{speaker} warned {addressee} on {day} against mining for cobalt near the border. “Whoever digs there will bear the"
    " cost,” the foreign ministry said in a statement. The quarrel is about {number} square kilometres of desert. "
    "Lorries with drills were seen last week. Talks are to begin in spring."
)


@dataclass(slots=True)
class Latencies:
    """Seconds from publishing to the alert, in order, and how many articles had none in time."""

    seconds: list[float] = field(default_factory=list)
    missing: int = 0

    def percentile(self, percent: float) -> float:
        at = min(int(len(self.seconds) * percent / 100), len(self.seconds) - 1)
        return sorted(self.seconds)[at]


def invented_articles(count: int) -> Iterator[Article]:
    """Articles that each hold one new warning: by another pair of states, so that none joins another."""
    run = uuid.uuid4().hex[:8]
    for number, (speaker, addressee) in zip(range(count), permutations(_STATES, 2), strict=False):
        now = datetime.now(UTC)
        url = f"https://bench.example/{run}/{number}"
        title = f"{speaker} warns {addressee} over cobalt"
        text = _TEXT.format(speaker=speaker, addressee=addressee, day=f"{now:%A}", number=number + 10)
        yield Article(
            article_id=Article.id_of(url),
            url=url,
            canonical_url=url,
            title=title,
            text=text,
            publisher=Publisher(id=f"bench-{number % 50}"),
            published_at=now,
            fetched_at=now,
            first_seen_at=now,
            content_hash=Article.content_hash_of(title, text),
            source=SourceRef(connector="bench", id=run),
        )


def measure_latency(settings: Settings, rate: float, count: int, patience_s: float) -> Latencies:
    """Publish so many articles a second and time their alerts. Workers must be running."""
    partition = TopicPartition(topics(settings).alerts.name, 0)
    with producer(settings, client_id=_CLIENT) as sender, consumer(settings, client_id=_CLIENT) as receiver:
        receiver.assign([partition])
        receiver.seek_to_end(partition)
        receiver.position(partition)
        return _measure(settings, sender, receiver, rate, count, patience_s)


def _measure(
    settings: Settings, sender: KafkaProducer, receiver: KafkaConsumer, rate: float, count: int, patience_s: float
) -> Latencies:
    waiting: dict[str, float] = {}
    found = Latencies()
    articles = invented_articles(count)
    start = time.monotonic()
    sent, deadline = 0, start + count / rate + patience_s
    while time.monotonic() < deadline and (sent < count or waiting):
        while sent < count and time.monotonic() >= start + sent / rate:
            article = next(articles)
            sender.send(topics(settings).articles_raw.name, key=article.article_id.encode(), value=article.to_json())
            waiting[article.article_id] = time.monotonic()
            sent += 1
        for messages in receiver.poll(timeout_ms=20).values():
            for message in messages:
                for article_id in _articles_of(message.value):
                    if article_id in waiting:
                        found.seconds.append(time.monotonic() - waiting.pop(article_id))
    found.missing = len(waiting)
    return found


def _articles_of(value: bytes) -> list[str]:
    try:
        return [source.article_id for source in Alert.model_validate_json(value).sources]
    except ValidationError:
        return []
