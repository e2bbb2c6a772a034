"""The topics on the data's way: their names, partitions and how long Kafka keeps what is in them.

```
articles.raw → articles.enriched → statements → alerts        any step that gives up → dead-letter
sources.health → news-sources
```
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from pipeline.errors import BadSetting, Terminal, Transient, Unreachable
from pipeline.settings import Settings

PARTITIONS = 8
"""Of every topic that workers share out among themselves: the most workers that can help each other."""

MAX_MESSAGE_BYTES = 16 * 2**20
"""Largest message on a topic, and what producers must be set to: a million characters and all found in them."""

MAX_LETTER_BYTES = MAX_MESSAGE_BYTES * 3 // 2
"""A dead letter carries such a message in base64, which makes it a third larger."""


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    partitions: int
    retention: timedelta
    cleanup: str = "delete"
    max_message_bytes: int = MAX_MESSAGE_BYTES

    def configs(self) -> dict[str, str]:
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(int(self.retention.total_seconds() * 1000)),
            "max.message.bytes": str(self.max_message_bytes),
        }


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of one installation, each name with the settings' prefix."""

    articles_raw: Topic
    articles_enriched: Topic
    statements: Topic
    alerts: Topic
    dead_letter: Topic
    sources_health: Topic
    """The last health record of each followed source, under its id."""
    deliveries: Topic
    """Messages that did not get through, sent back by a replay of their dead letters."""
    claims: Topic
    """What the table of open claims remembers; Faust wants this very name, and as many partitions as statements has."""

    def all(self) -> tuple[Topic, ...]:
        return (
            self.articles_raw,
            self.articles_enriched,
            self.statements,
            self.alerts,
            self.dead_letter,
            self.sources_health,
            self.deliveries,
            self.claims,
        )


def topics(settings: Settings) -> Topics:
    """The topics that these settings name.

    Raw articles are kept longest of what flows by: reprocessing starts from them. A dead letter stays under its id
    until it is purged, replayed and then too old, so that its topic is compacted as well.
    """
    prefix = settings.topic_prefix
    # What is remembered of a side for rules about change goes back 30 days.
    claims_kept = timedelta(days=30 + 7, hours=settings.claim_window_h + settings.alert_max_age_h)
    return Topics(
        articles_raw=Topic(prefix + "articles.raw", PARTITIONS, timedelta(days=30)),
        articles_enriched=Topic(prefix + "articles.enriched", PARTITIONS, timedelta(days=7)),
        statements=Topic(prefix + "statements", PARTITIONS, timedelta(days=7)),
        alerts=Topic(prefix + "alerts", 1, timedelta(days=90)),
        dead_letter=Topic(prefix + "dead-letter", 1, timedelta(days=90), "compact,delete", MAX_LETTER_BYTES),
        # Compacted only: a source that was asked once in a year still has its health.
        sources_health=Topic(prefix + "sources.health", 1, timedelta(days=7), "compact"),
        deliveries=Topic(prefix + "deliveries", 1, timedelta(days=7)),
        claims=Topic(f"{consumer_group(settings)}-claims-changelog", PARTITIONS, claims_kept, "compact,delete"),
    )


def consumer_group(settings: Settings) -> str:
    """The Kafka consumer group of the workers. It holds the prefix: one group must not serve two sets of topics."""
    group = settings.topic_prefix + settings.consumer_group
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,200}", group):
        raise BadSetting(
            f"The setting 'consumer_group' cannot be used: '{group}'.",
            "It becomes part of a topic name: letters, digits, '.', '_' and '-' only, 200 at most.",
        )
    return group


def bootstrap_servers(settings: Settings) -> list[str]:
    return [server.strip() for server in settings.kafka.split(",") if server.strip()]


def unreachable(settings: Settings, error: Exception | None = None) -> Unreachable:
    detail = f" ({error})" if error is not None and str(error) else ""
    return Unreachable(
        f"Kafka does not answer at {settings.kafka}{detail}.",
        "Start it with `demarche up`, or set DEMARCHE_KAFKA to the address of yours.",
    )


@contextmanager
def admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    """A connected admin client; raises Unreachable within seconds where there is no broker."""
    with _closing(
        settings,
        lambda: KafkaAdminClient(
            bootstrap_servers=bootstrap_servers(settings),
            client_id="demarche-admin",
            bootstrap_timeout_ms=5000,
            request_timeout_ms=20_000,
        ),
    ) as client:
        yield client


@contextmanager
def consumer(settings: Settings, *, client_id: str) -> Iterator[KafkaConsumer]:
    """A consumer of no group, which commits nothing and takes the largest messages that there may be."""
    with _closing(
        settings,
        lambda: KafkaConsumer(
            bootstrap_servers=bootstrap_servers(settings),
            client_id=client_id,
            group_id=None,
            enable_auto_commit=False,
            bootstrap_timeout_ms=5000,
            fetch_max_bytes=4 * MAX_LETTER_BYTES,
            max_partition_fetch_bytes=MAX_LETTER_BYTES,
        ),
    ) as client:
        yield client


@contextmanager
def producer(settings: Settings, *, client_id: str) -> Iterator[KafkaProducer]:
    """A producer whose messages every replica has when they are acknowledged, each once."""
    with _closing(
        settings,
        lambda: KafkaProducer(
            bootstrap_servers=bootstrap_servers(settings),
            client_id=client_id,
            acks="all",
            enable_idempotence=True,
            max_request_size=MAX_LETTER_BYTES,
            bootstrap_timeout_ms=5000,
        ),
    ) as client:
        yield client


@contextmanager
def _closing(settings: Settings, connect: Callable[[], Any]) -> Iterator[Any]:
    """Errors of Kafka, at first or later, are raised as Unreachable."""
    try:
        client = connect()
    except (KafkaError, ValueError) as error:
        raise unreachable(settings, error) from error
    try:
        yield client
    except KafkaError as error:
        raise unreachable(settings, error) from error
    finally:
        client.close()


def read_topic(settings: Settings, name: str, *, client_id: str) -> Iterator[ConsumerRecord]:
    """The messages of a topic from its beginning to where it ends now, those of one partition in order."""
    with consumer(settings, client_id=client_id) as client:
        ends = topic_ends(client, name)
        if not ends:
            return
        client.assign(list(ends))
        client.seek_to_beginning(*ends)
        while any(client.position(partition) < end for partition, end in ends.items()):
            for partition, messages in client.poll(timeout_ms=1000).items():
                yield from (message for message in messages if message.offset < ends[partition])


def topic_ends(client: KafkaConsumer, name: str) -> dict[TopicPartition, int]:
    """The offset after the last message of each partition; none where there is no such topic."""
    partitions = [TopicPartition(name, number) for number in sorted(client.partitions_for_topic(name) or ())]
    return dict(client.end_offsets(partitions)) if partitions else {}


def ensure_topics(settings: Settings) -> list[str]:
    """Create the topics that are missing and return their names; what is there is left as it is."""
    wanted = topics(settings)
    with admin(settings) as client:
        present = set(client.list_topics())
        missing = [topic for topic in wanted.all() if topic.name not in present]
        if missing:
            _create(client, missing)
        _check_partitions(client, wanted)
    return [topic.name for topic in missing]


def _create(client: KafkaAdminClient, missing: list[Topic]) -> None:
    wanted = {
        topic.name: {"num_partitions": topic.partitions, "replication_factor": -1, "configs": topic.configs()}
        for topic in missing
    }
    answer = client.create_topics(wanted, raise_errors=False)
    for created in answer["topics"]:
        error = for_code(created["error_code"])
        # Somebody else, a second worker say, may have made it meanwhile.
        if created["error_code"] and error is not TopicAlreadyExistsError:
            reason = created.get("error_message") or error.__name__
            raise Transient(f"Kafka did not create the topic '{created['name']}': {reason}")
    client.wait_for_topics([topic.name for topic in missing])


def _check_partitions(client: KafkaAdminClient, wanted: Topics) -> None:
    """A worker finds the claims of a side under the number of the partition that brings it the side's statements."""
    names = (wanted.statements.name, wanted.claims.name)
    counts = {topic["name"]: len(topic["partitions"]) for topic in client.describe_topics(list(names))}
    if counts[names[0]] != counts[names[1]]:
        raise Terminal(
            f"The topics '{names[0]}' and '{names[1]}' have {counts[names[0]]} and {counts[names[1]]} partitions.",
            "They must have the same number: add partitions to the smaller one.",
        )
