"""Articles and refusals into Kafka: the only producer code of the connectors."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from connectors.base import RAW_BYTES, Checkpoint, Connector, Declared, Found, Refusal, Skipped, Unchanged
from connectors.hosts import Stopped
from connectors.ledger import Ledger
from connectors.secrets import hide, hide_bytes
from pipeline.errors import BadInput, Terminal, Transient, Unreachable
from pipeline.records import Article, DeadLetter, SourceHealth, hash_id
from pipeline.settings import Settings
from pipeline.topics import MAX_LETTER_BYTES, admin, bootstrap_servers, ensure_topics, topics, unreachable

STEP = "connect"
_IN_FLIGHT = 500
"""Articles sent before their acknowledgements are waited for and written down."""

_SETTLE_EVERY_S = 2.0
"""Reading pages is slow: what a killed process sends a second time is what it sent in these seconds."""

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
    new_at: list[datetime] = field(default_factory=list)
    """When each new article was published, as far as it says so."""

    def add(self, other: Summary) -> None:
        self.published += other.published
        self.revised += other.revised
        self.unchanged += other.unchanged
        self.refusals += other.refusals
        self.skipped += other.skipped

    @property
    def exit_code(self) -> int:
        """0 if anything could be used or nothing had to be done; else 69 if trying again may help, and 65."""
        if self.published or self.unchanged or not (self.refusals or self.skipped):
            return 0
        may_help = self.refusals and all(refusal.transient for refusal in self.refusals)
        return Unreachable.exit_code if may_help else BadInput.exit_code


def stream_id(settings: Settings) -> str:
    """Names the cluster and the topics that the ledger's rows speak of. Raises Unreachable."""
    with admin(settings) as client:
        cluster: dict[str, Any] = client.describe_cluster()
    return f"{cluster.get('cluster_id')}/{settings.topic_prefix}"


class ArticleProducer:
    """Publishes what connectors find, each article once; for many threads, each with a source of its own.

    The producer is idempotent and waits for all replicas (acks=all), so that its own retries neither lose nor repeat
    a record. Nothing counts as published, and no checkpoint moves, before Kafka has acknowledged it.
    """

    def __init__(self, settings: Settings, ledger: Ledger, *, again: bool = False) -> None:
        self._settings = settings
        self._ledger = ledger
        self._again = again
        self.topics = topics(settings)
        self._planning = threading.Lock()
        self._on_their_way: dict[str, _Sent] = {}
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

    def publish(
        self, source: str, connector: Connector, declared: Declared, summary: Summary, *, followed: bool = False
    ) -> Generator[Found, None, None]:
        """Read a source to its end and publish it; yields each thing found once it is on its way.

        A source that is `followed` is read again and again: that it cannot be read now is told by its health, not by a
        dead letter each time. Raises Unreachable when Kafka is lost on the way: what it had acknowledged stays known.
        """
        checkpoint: Checkpoint = {} if self._again else self._ledger.checkpoint(source)
        before = json.dumps(checkpoint)
        sending = _Sending(self, declared, summary, followed)
        try:
            for found in connector.read(checkpoint):
                if isinstance(found, Refusal) and followed and found.input == source:
                    summary.refusals.append(found)
                else:
                    sending.take(found)
                yield found
            sending.settle()
        except (Stopped, GeneratorExit):
            # Told to stop in the middle: what is sent is written down, the source is read again from its beginning.
            sending.settle()
            raise
        finally:
            sending.forget()
        if json.dumps(checkpoint) != before:
            self._ledger.save_checkpoint(source, checkpoint)

    def send_health(self, source_id: str, health: SourceHealth | None) -> None:
        """Tell how a source is doing; None where it is followed no more. Not waited for: another will follow."""
        self._send(self.topics.sources_health.name, source_id, None if health is None else health.to_json())

    def send_article(self, article: Article, *, followed: bool) -> _Sent:
        """Send an article unless it is known or on its way already."""
        with self._planning:
            plan = self._ledger.plan(article, again=self._again, followed=followed, on_their_way=self._on_their_way)
            planned = plan.article
            sent = self._on_their_way.get(planned.article_id)
            if plan.unchanged or (sent and sent.article and sent.article.content_hash == planned.content_hash):
                return _Sent(None, sent.future if sent else None)
            future = self._send(self.topics.articles_raw.name, planned.article_id, planned.to_json())
            self._on_their_way[planned.article_id] = sent = _Sent(planned, future)
            return sent

    def send_letter(self, refusal: Refusal) -> _Sent:
        letter = dead_letter(refusal)
        return _Sent(None, self._send(self.topics.dead_letter.name, letter.letter_id, letter.to_json()))

    def arrived(self, sent: list[_Sent]) -> None:
        """Kafka has acknowledged these: write it down."""
        self._ledger.acknowledge([one.article for one in sent if one.article])
        self.forget(sent)

    def forget(self, sent: list[_Sent]) -> None:
        with self._planning:
            for one in sent:
                if one.article and self._on_their_way.get(one.article.article_id) is one:
                    del self._on_their_way[one.article.article_id]

    def wait(self) -> None:
        """Return when Kafka has answered for everything sent so far."""
        self._producer.flush(timeout=_DELIVERY_TIMEOUT_MS / 1000 + 5)

    def lost(self, error: BaseException, count: int) -> Transient:
        """Kafka was there at the start: say how much of the work it did not take."""
        reason = str(error) or type(error).__name__
        return Transient(
            f"Kafka at {self._settings.kafka} did not acknowledge {count} records: {reason}.",
            "See `demarche status`, then run the same command again: what was acknowledged is not sent twice.",
        )

    def _send(self, topic: str, key: str, value: bytes | None) -> Any:
        try:
            return self._producer.send(topic, key=key.encode(), value=value)
        except _TOO_LARGE as error:
            raise Terminal(f"A message for the topic {topic} is too large for Kafka: {error}.") from error
        except KafkaError as error:
            raise unreachable(self._settings, error) from error


@dataclass(frozen=True, slots=True, eq=False)
class _Sent:
    """What Kafka is to answer for. Without an article it is a letter, or an article that somebody else has sent."""

    article: Article | None
    future: Any


class _Sending:
    """What one reading of one source has sent and not yet got an answer for."""

    def __init__(self, producer: ArticleProducer, declared: Declared, summary: Summary, followed: bool) -> None:
        self._producer = producer
        self._declared = declared
        self._summary = summary
        self._followed = followed
        self._sent: list[_Sent] = []
        self._settled_at = time.monotonic()

    def take(self, found: Found) -> None:
        if isinstance(found, Skipped):
            self._summary.skipped.append(found)
        elif isinstance(found, Unchanged):
            self._summary.unchanged += 1
        elif isinstance(found, Refusal):
            self._summary.refusals.append(found)
            self._sent.append(self._producer.send_letter(found))
        else:
            sent = self._producer.send_article(self._declared.apply(found), followed=self._followed)
            self._summary.unchanged += sent.article is None
            if sent.future is not None:
                self._sent.append(sent)
        if len(self._sent) >= _IN_FLIGHT or time.monotonic() - self._settled_at > _SETTLE_EVERY_S:
            self.settle()

    def settle(self) -> None:
        """Wait until Kafka has answered for everything sent, and write down what it has.

        Raises Transient for what it has not taken.
        """
        self._settled_at = time.monotonic()
        if not self._sent:
            return
        sent, self._sent = self._sent, []
        try:
            self._producer.wait()
        except KafkaError as error:
            lost: BaseException | None = error
        else:
            lost = None
        arrived, too_large, missing = [], [], []
        for one in sent:
            if one.future.succeeded():
                arrived.append(one)
            elif one.article and isinstance(one.future.exception, _TOO_LARGE):
                too_large.append(one)
            else:
                missing.append(one)
                lost = lost or one.future.exception or KafkaError("no answer in time")
        self._producer.arrived(arrived)
        self._producer.forget(too_large + missing)
        articles = [one.article for one in arrived if one.article]
        self._summary.published += len(articles)
        self._summary.revised += sum(article.revision > 1 for article in articles)
        self._summary.new_at += [one.published_at or one.fetched_at for one in articles if one.revision == 1]
        if lost is not None:
            raise self._producer.lost(lost, len(missing)) from lost
        for one in too_large:
            if one.article:
                self.take(_too_large(one.article))
        self.settle()

    def forget(self) -> None:
        """What has no answer when reading ends by an error is sent again next time."""
        self._producer.forget(self._sent)


def dead_letter(refusal: Refusal) -> DeadLetter:
    """The record of a refused input. The same input refused again for the same reason is the same letter, and the
    topic is compacted: reading a bad file every day makes one letter."""
    raw = hide_bytes(refusal.raw[:RAW_BYTES])
    return DeadLetter(
        letter_id=hash_id(STEP, refusal.input, refusal.reason, hashlib.sha256(raw).hexdigest()),
        step=STEP,
        reason=hide(str(refusal)),
        error_type=refusal.error_type,
        key=hide(refusal.input),
        value=base64.b64encode(raw).decode("ascii"),
        truncated=len(refusal.raw) > RAW_BYTES,
        failed_at=datetime.now(UTC),
    )


def _too_large(article: Article) -> Refusal:
    reason = "Kafka refuses it as too large. Raise max.message.bytes of the topic, or split the article."
    return Refusal(article.url, reason, article.to_json(), "MessageSizeTooLarge")
