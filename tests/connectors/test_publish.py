"""The ledger and the producer, with a Kafka that a test can make fail. The real one is in tests/live."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka.errors import KafkaTimeoutError, MessageSizeTooLargeError

from connectors import publish
from connectors.base import Checkpoint, Declared, Found, Refusal, Skipped, Unchanged
from connectors.ledger import Ledger
from connectors.publish import ArticleProducer, Summary, dead_letter
from pipeline.errors import Transient
from pipeline.inputs import make_article
from pipeline.records import Article, DeadLetter, Publisher, SourceRef
from pipeline.settings import Settings

from .conftest import NOW


def article(url: str = "https://gazette.example/a", text: str = "Ships were warned.", at: datetime = NOW) -> Article:
    source = SourceRef(connector="test", id="test")
    return make_article(url=url, title="Harbour", text=text, source=source, fetched_at=at, max_chars=1000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "connectors.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger(path, "cluster/") as opened:
        yield opened


def test_the_same_content_is_unchanged_once_kafka_has_it(ledger: Ledger) -> None:
    first = ledger.plan(article())
    assert (first.unchanged, first.article.revision, first.article.first_seen_at) == (False, 1, NOW)
    ledger.acknowledge([first.article])
    later = ledger.plan(article(at=NOW + timedelta(days=40)))
    assert (later.unchanged, later.article.revision, later.article.first_seen_at) == (True, 1, NOW)
    again = ledger.plan(article(at=NOW + timedelta(days=40)), again=True)
    assert (again.unchanged, again.article.revision, again.article.first_seen_at) == (False, 1, NOW)


def test_a_crash_before_the_acknowledgement_repeats_the_very_same_record(path: Path) -> None:
    with Ledger(path, "cluster/") as before:
        before.plan(article())
    with Ledger(path, "cluster/") as after:
        plan = after.plan(article(at=NOW + timedelta(days=40)))
    assert (plan.unchanged, plan.article.revision, plan.article.first_seen_at) == (False, 1, NOW)


def test_other_content_is_the_next_revision(ledger: Ledger) -> None:
    texts = ["one", "two", "two", "one"]
    revisions = []
    for text in texts:
        plan = ledger.plan(article(text=text))
        ledger.acknowledge([plan.article])
        revisions.append((plan.article.revision, plan.unchanged, plan.article.first_seen_at))
    assert revisions == [(1, False, NOW), (2, False, NOW), (2, True, NOW), (3, False, NOW)]


def test_a_late_acknowledgement_does_not_cover_newer_content(ledger: Ledger) -> None:
    old = ledger.plan(article(text="one"))
    ledger.plan(article(text="two"))
    ledger.acknowledge([old.article])
    assert not ledger.plan(article(text="two")).unchanged


def test_another_kafka_gets_everything(path: Path) -> None:
    with Ledger(path, "cluster/") as ledger:
        ledger.acknowledge([ledger.plan(article()).article])
        ledger.save_checkpoint("feed", {"etag": "1"})
    with Ledger(path, "wiped/") as ledger:
        assert not ledger.plan(article()).unchanged
        assert ledger.checkpoint("feed") == {}


def test_a_ledger_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(Transient, match="cannot be used"):
        Ledger(tmp_path / "state" / "connectors.sqlite", "cluster/")


def test_a_full_disk_is_said_so(ledger: Ledger) -> None:
    with pytest.raises(Transient, match="disk is not full"), ledger.use():
        raise sqlite3.OperationalError("database or disk is full")


class Future:
    def __init__(self, exception: Exception | None) -> None:
        self.exception = exception

    def succeeded(self) -> bool:
        return self.exception is None


class FakeKafka:
    """Keeps what is sent; `fails` names the error for a key."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes]] = []
        self.fails: dict[str, Exception] = {}
        self.options: dict[str, Any] = {}

    def send(self, topic: str, *, key: bytes, value: bytes) -> Future:
        self.sent.append((topic, key.decode(), value))
        return Future(self.fails.get(key.decode()))

    def flush(self, timeout: float) -> None:
        pass

    def close(self, timeout: float | None = None) -> None:
        pass

    def articles(self) -> list[Article]:
        return [Article.model_validate_json(value) for topic, _key, value in self.sent if topic == "articles.raw"]

    def letters(self) -> list[DeadLetter]:
        return [DeadLetter.model_validate_json(value) for topic, _key, value in self.sent if topic == "dead-letter"]


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> FakeKafka:
    fake = FakeKafka()

    def connect(**options: Any) -> FakeKafka:
        fake.options = options
        return fake

    monkeypatch.setattr(publish, "KafkaProducer", connect)
    monkeypatch.setattr(publish, "ensure_topics", lambda settings: [])
    return fake


class Given:
    """A connector that finds what a test gives it."""

    def __init__(self, *found: Found) -> None:
        self.found = found
        self.checkpoint: Checkpoint | None = None

    def read(self, checkpoint: Checkpoint) -> Iterator[Found]:
        self.checkpoint = dict(checkpoint)
        yield from self.found
        checkpoint["read"] = True


def run(ledger: Ledger, *found: Found, again: bool = False, declared: Declared | None = None) -> tuple[Summary, Given]:
    summary, connector = Summary(), Given(*found)
    with ArticleProducer(Settings(), ledger, again=again) as producer:
        for _ in producer.publish("source", connector, declared or Declared(), summary):
            pass
    return summary, connector


def test_everything_is_accounted_for(kafka: FakeKafka, ledger: Ledger) -> None:
    refusal = Refusal("b.txt", "It is empty.", b"raw")
    found = (article(), article(), refusal, Unchanged("c"), Skipped("d.png", "a picture"))
    summary, _ = run(ledger, *found)
    assert (summary.published, summary.unchanged, summary.refusals) == (1, 2, [refusal])
    assert [skipped.input for skipped in summary.skipped] == ["d.png"]
    assert [(topic, key) for topic, key, _value in kafka.sent] == [
        ("articles.raw", article().article_id),
        ("dead-letter", dead_letter(refusal).letter_id),
    ]
    (letter,) = kafka.letters()
    assert (letter.step, letter.reason, base64.b64decode(letter.value)) == ("connect", "b.txt: It is empty.", b"raw")


def test_the_producer_neither_loses_nor_repeats(kafka: FakeKafka, ledger: Ledger) -> None:
    run(ledger)
    assert kafka.options["enable_idempotence"] is True
    assert kafka.options["acks"] == "all"
    assert kafka.options["allow_auto_create_topics"] is False


def test_twice_changes_nothing_and_again_repeats(kafka: FakeKafka, ledger: Ledger) -> None:
    run(ledger, article())
    summary, connector = run(ledger, article())
    assert (summary.published, summary.unchanged, connector.checkpoint) == (0, 1, {"read": True})
    summary, connector = run(ledger, article(at=NOW + timedelta(days=40)), again=True)
    assert (summary.published, summary.revised, connector.checkpoint) == (1, 0, {})
    assert {(sent.first_seen_at, sent.revision) for sent in kafka.articles()} == {(NOW, 1)}


def test_what_kafka_does_not_acknowledge_is_not_known(kafka: FakeKafka, ledger: Ledger) -> None:
    lost = article("https://gazette.example/lost")
    kafka.fails[lost.article_id] = KafkaTimeoutError("away")
    with pytest.raises(Transient, match=r"did not acknowledge 1 records: .*away"):
        run(ledger, article(), lost)
    kafka.fails.clear()
    summary, connector = run(ledger, article(), lost)
    assert (summary.published, summary.unchanged) == (1, 1)
    assert connector.checkpoint == {}


def test_an_article_too_large_for_kafka_is_a_dead_letter(kafka: FakeKafka, ledger: Ledger) -> None:
    large = article("https://gazette.example/large")
    kafka.fails[large.article_id] = MessageSizeTooLargeError("too large")
    summary, _ = run(ledger, article(), large)
    assert summary.published == 1
    assert ["too large" in refusal.reason for refusal in summary.refusals] == [True]
    assert base64.b64decode(kafka.letters()[0].value) == ledger.plan(large).article.to_json()


def test_what_the_user_declares_is_on_every_article(kafka: FakeKafka, ledger: Ledger) -> None:
    moment = datetime(2025, 6, 1, tzinfo=UTC)
    dated = article("https://gazette.example/b").model_copy(update={"published_at": NOW})
    declared = Declared(Publisher(id="gazette"), moment, backfill=True, tags=("ports",))
    run(ledger, article(), dated, declared=declared)
    assert [sent.published_at for sent in kafka.articles()] == [moment, NOW]
    for sent in kafka.articles():
        assert sent.publisher is not None
        assert (sent.publisher.id, sent.backfill, sent.tags) == ("gazette", True, ["ports"])


def test_a_refused_input_is_one_letter_however_often_it_is_refused() -> None:
    first, second = Refusal("a.txt", "It is empty."), Refusal("b.txt", "It is empty.")
    assert dead_letter(first).letter_id == dead_letter(first).letter_id
    assert dead_letter(first).letter_id != dead_letter(second).letter_id
    assert dead_letter(Refusal("a", "Too large.", b"x" * 3_000_000)).truncated


@pytest.mark.parametrize(
    "summary, code",
    [
        (Summary(), 0),
        (Summary(published=1, refusals=[Refusal("a", "b")]), 0),
        (Summary(unchanged=1, refusals=[Refusal("a", "b")]), 0),
        (Summary(refusals=[Refusal("a", "b"), Refusal("a", "b", transient=True)]), 65),
        (Summary(refusals=[Refusal("a", "b", transient=True)]), 69),
        (Summary(skipped=[Skipped("a", "b")]), 65),
    ],
)
def test_exit_codes(summary: Summary, code: int) -> None:
    assert summary.exit_code == code
