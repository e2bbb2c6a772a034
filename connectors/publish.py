"""Articles and refusals into Kafka: the only producer code of the connectors."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from connectors.base import RAW_BYTES, Checkpoint, Connector, Declared, Found, Refusal, Skipped, Unchanged
from connectors.ledger import Ledger
from pipeline.errors import BadInput, Terminal, Transient, Unreachable
from pipeline.records import Article, DeadLetter, hash_id
from pipeline.settings import Settings
from pipeline.topics import MAX_LETTER_BYTES, admin, bootstrap_servers, ensure_topics, topics, unreachable

STEP = "connect"
_IN_FLIGHT = 500
"""Articles sent before their acknowledgements are waited for and written down."""

_DELIVERY_TIMEOUT_MS = 60_000
_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


@dataclass
class Summary:
    """What became of all inputs of a run."""

    published: int = 0
    revised: int = 0
    unchanged: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 if anything could be used or nothing had to be done; else 69 if trying again may help, and 65."""
        if self.published or self.unchanged or not (self.refusals or self.skipped):
            return 0
        may_help = self.refusals and all(refusal.transient for refusal in self.refusals)
        return Unreachable.exit_code if may_help else BadInput.exit_code


def stream_id(settings: Settings) -> str:
    """Names the cluster and the topics that the ledger's rows speak of. Raises Unreachable."""
    client = admin(settings)
    try:
        cluster: dict[str, Any] = client.describe_cluster()
    except KafkaError as error:
        raise unreachable(settings, error) from error
    finally:
        client.close()
    return f"{cluster.get('cluster_id')}/{settings.topic_prefix}"


class ArticleProducer:
    """Publishes what connectors find, each article once.

    The producer is idempotent and waits for all replicas (acks=all), so that its own retries neither lose nor repeat
    a record. Nothing counts as published, and no checkpoint moves, before Kafka has acknowledged it.
    """

    def __init__(self, settings: Settings, ledger: Ledger, *, again: bool = False) -> None:
        self._settings = settings
        self._ledger = ledger
        self._again = again
        self._topics = topics(settings)
        self._sent: list[tuple[Article | DeadLetter, Any]] = []
        self._in_flight: dict[str, str] = {}
        ensure_topics(settings)
        try:
            self._producer = KafkaProducer(
                bootstrap_servers=bootstrap_servers(settings),
                client_id="demarche-connectors",
                bootstrap_timeout_ms=5000,
                enable_idempotence=True,
                acks="all",
                linger_ms=20,
                compression_type="gzip",
                max_request_size=MAX_LETTER_BYTES,
                delivery_timeout_ms=_DELIVERY_TIMEOUT_MS,
                max_block_ms=_DELIVERY_TIMEOUT_MS,
                allow_auto_create_topics=False,
            )
        except KafkaError as error:
            raise unreachable(settings, error) from error

    def __enter__(self) -> ArticleProducer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Without a wait after an error: what was not acknowledged is sent again by the next run.
        self._producer.close(timeout=None if error is None else 0)

    def publish(self, source: str, connector: Connector, declared: Declared, summary: Summary) -> Iterable[Found]:
        """Read a source to its end and publish it; yields each thing found once it is on its way.

        Raises Unreachable when Kafka is lost on the way: what it had acknowledged stays known.
        """
        checkpoint: Checkpoint = {} if self._again else self._ledger.checkpoint(source)
        for found in connector.read(checkpoint):
            self._take(found, declared, summary)
            yield found
            if len(self._sent) >= _IN_FLIGHT:
                self._settle(summary)
        self._settle(summary)
        if checkpoint:
            self._ledger.save_checkpoint(source, checkpoint)

    def _take(self, found: Found, declared: Declared, summary: Summary) -> None:
        if isinstance(found, Skipped):
            summary.skipped.append(found)
        elif isinstance(found, Unchanged):
            summary.unchanged += 1
        elif isinstance(found, Refusal):
            self._refuse(found, summary)
        else:
            self._send_article(declared.apply(found), summary)

    def _send_article(self, article: Article, summary: Summary) -> None:
        # The same article twice in one run, say from two feeds: the first is not acknowledged yet.
        if self._in_flight.get(article.article_id) == article.content_hash:
            summary.unchanged += 1
            return
        plan = self._ledger.plan(article, again=self._again)
        if plan.unchanged:
            summary.unchanged += 1
            return
        self._in_flight[article.article_id] = article.content_hash
        self._send(self._topics.articles_raw.name, article.article_id, plan.article)

    def _refuse(self, refusal: Refusal, summary: Summary) -> None:
        summary.refusals.append(refusal)
        letter = dead_letter(refusal)
        self._send(self._topics.dead_letter.name, letter.letter_id, letter)

    def _send(self, topic: str, key: str, record: Article | DeadLetter) -> None:
        try:
            future = self._producer.send(topic, key=key.encode(), value=record.to_json())
        except _TOO_LARGE as error:
            raise Terminal(f"A message for the topic {topic} is too large for Kafka: {error}.") from error
        except KafkaError as error:
            raise unreachable(self._settings, error) from error
        self._sent.append((record, future))

    def _settle(self, summary: Summary) -> None:
        """Wait until Kafka has answered for everything sent, and write down what it has."""
        sent, self._sent = self._sent, []
        self._in_flight.clear()
        try:
            self._producer.flush(timeout=_DELIVERY_TIMEOUT_MS / 1000 + 5)
        except KafkaError as error:
            lost: KafkaError | None = error
        else:
            lost = None
        articles, letters = [], 0
        for record, future in sent:
            if future.succeeded() and isinstance(record, Article):
                articles.append(record)
            elif future.succeeded():
                letters += 1
            elif isinstance(record, Article) and isinstance(future.exception, _TOO_LARGE):
                self._refuse(_too_large(record), summary)
            else:
                lost = lost or future.exception or KafkaError("no answer in time")
        self._ledger.acknowledge(articles)
        summary.published += len(articles)
        summary.revised += sum(article.revision > 1 for article in articles)
        if lost is not None:
            raise _not_delivered(self._settings, lost, len(sent) - len(articles) - letters) from lost
        if self._sent:
            self._settle(summary)


def dead_letter(refusal: Refusal) -> DeadLetter:
    """The record of a refused input. The same input refused again for the same reason is the same letter, and the
    topic is compacted: reading a bad file every day makes one letter."""
    raw = refusal.raw[:RAW_BYTES]
    return DeadLetter(
        letter_id=hash_id(STEP, refusal.input, refusal.reason, hashlib.sha256(raw).hexdigest()),
        step=STEP,
        reason=str(refusal),
        error_type=refusal.error_type,
        key=refusal.input,
        value=base64.b64encode(raw).decode("ascii"),
        truncated=len(raw) < len(refusal.raw),
        failed_at=datetime.now(UTC),
    )


def _too_large(article: Article) -> Refusal:
    reason = "Kafka refuses it as too large. Raise max.message.bytes of the topic, or split the article."
    return Refusal(article.url, reason, article.to_json(), "MessageSizeTooLarge")


def _not_delivered(settings: Settings, error: BaseException, count: int) -> Transient:
    """Kafka was there at the start: say how much of the work it did not take."""
    reason = str(error) or type(error).__name__
    return Transient(
        f"Kafka at {settings.kafka} did not acknowledge {count} records: {reason}.",
        "See `demarche status`, then run the same command again: what was acknowledged is not sent twice.",
    )
