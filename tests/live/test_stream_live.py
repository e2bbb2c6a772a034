"""The stream on real Kafka and Elasticsearch: nothing lost, nothing twice, whatever comes in and whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from pipeline import dead_letters
from pipeline.index import connect, ensure_indices
from pipeline.records import Alert, Article, Publisher, SourceRef
from pipeline.settings import Settings
from pipeline.stream.worker import progress_path
from pipeline.topics import bootstrap_servers, ensure_topics, topics

WORKER = Path(__file__).parent / "stream_worker.py"
PATIENCE_S = 90.0


@pytest.fixture
def client(settings: Settings) -> Iterator[Elasticsearch]:
    ensure_topics(settings)
    client = connect(settings)
    ensure_indices(client, settings)
    yield client
    client.indices.delete(index=list(client.indices.get(index=f"{settings.index_prefix}-*")))


class Workers:
    """Starts the worker, as often as it is killed, and stops it in the end."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment = environment
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self.environment | environment,
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int | None:
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.terminate()
        return self.process.wait(30)


@pytest.fixture
def workers(environment: dict[str, str], tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(environment, tmp_path / "worker.log")
    yield workers
    workers.stop()
    print(workers.log.read_text("utf8")[-6000:])


@pytest.fixture
def publish(settings: Settings) -> Iterator[Callable[..., None]]:
    producer = KafkaProducer(bootstrap_servers=bootstrap_servers(settings), max_request_size=2**24)

    def publish(*values: Article | bytes) -> None:
        for value in values:
            key = value.article_id.encode() if isinstance(value, Article) else b"broken"
            body = value.to_json() if isinstance(value, Article) else value
            producer.send(topics(settings).articles_raw.name, key=key, value=body)
        producer.flush()

    yield publish
    producer.close()


def article(number: int, text: str = "Nothing happened today.", **more: object) -> Article:
    url = f"https://example.org/{number}"
    now = datetime.now(UTC)
    fields: dict[str, object] = {
        "article_id": Article.id_of(url),
        "url": url,
        "canonical_url": url,
        "title": f"Headline of article number {number}, made for this test",
        "text": text,
        "fetched_at": now,
        "first_seen_at": now,
        "published_at": now,
        "content_hash": Article.content_hash_of("", text),
        "source": SourceRef(connector="test", id="test"),
        "publisher": Publisher(id=f"publisher-{number}"),
    }
    return Article(**fields | more)


def eventually(what: Callable[[], object], wanted: object, patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    found = what()
    while found != wanted and time.monotonic() < deadline:
        time.sleep(0.5)
        found = what()
    assert found == wanted


def count(client: Elasticsearch, settings: Settings, kind: str) -> int:
    name = f"{settings.index_prefix}-{kind}"
    client.indices.refresh(index=name)
    number: int = client.count(index=name)["count"]
    return number


def alerts_on_topic(settings: Settings) -> list[Alert]:
    name = topics(settings).alerts.name
    consumer = KafkaConsumer(bootstrap_servers=bootstrap_servers(settings), enable_auto_commit=False)
    try:
        partition = TopicPartition(name, 0)
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        found: list[Alert] = []
        while len(found) < consumer.end_offsets([partition])[partition]:
            for messages in consumer.poll(1000).values():
                found += [Alert.model_validate_json(message.value) for message in messages]
        return found
    finally:
        consumer.close()


def test_bad_messages_become_dead_letters_and_good_ones_go_through(
    settings: Settings, client: Elasticsearch, workers: Workers, publish: Callable[..., None]
) -> None:
    refused = article(3, article_id="x" * 600)
    publish(
        *(article(number) for number in range(10, 30)),
        b'{"title": broken json',
        article(1, "RAISE"),
        article(2, "KILL"),
        refused,
        *(article(number) for number in range(30, 50)),
    )
    workers.start()
    eventually(lambda: count(client, settings, "articles"), 40)
    eventually(lambda: len(dead_letters.read_letters(settings)), 4)
    letters = {letter.step + " " + letter.error_type: letter for letter in dead_letters.read_letters(settings)}
    assert set(letters) == {"enrich BadInput", "enrich ValueError", "enrich ProcessDied", "index Refused"}
    assert letters["enrich BadInput"].original == b'{"title": broken json'
    assert Article.model_validate_json(letters["enrich ValueError"].original).text == "RAISE"
    assert "too long" in letters["index Refused"].reason

    # Replayed, it fails again: still one letter, with one attempt more, and open.
    assert dead_letters.replay(settings, [letters["enrich ValueError"]]) == 1
    key = letters["enrich ValueError"].letter_id
    eventually(lambda: dead_letters.find_letter(settings, key).attempts, 2)
    assert dead_letters.find_letter(settings, key).replayed_at is None
    assert len(dead_letters.read_letters(settings)) == 4
    assert dead_letters.purge(settings) == 4
    assert dead_letters.read_letters(settings) == []


def test_a_warning_told_by_many_is_one_alert_and_backfill_alerts_nobody(
    settings: Settings, client: Elasticsearch, workers: Workers, publish: Callable[..., None]
) -> None:
    text = "WARN Graustark must not build a dam on the Mirow river."
    publish(article(90, text, backfill=True))
    workers.start()
    eventually(lambda: count(client, settings, "statements"), 1)
    publish(article(91))
    eventually(lambda: count(client, settings, "articles"), 2)
    assert count(client, settings, "alerts") == 0
    publish(article(1, text))
    eventually(lambda: count(client, settings, "alerts"), 1)
    publish(article(2, text), article(3, text), article(1, text))
    # The backfilled article alerted nobody, yet it is one of the sources.
    eventually(lambda: {len(alert.sources) for alert in alerts_on_topic(settings)[-1:]}, {4})
    assert count(client, settings, "alerts") == 1
    assert count(client, settings, "articles") == 5
    assert len({alert.alert_id for alert in alerts_on_topic(settings)}) == 1
    assert workers.log.read_text("utf8").count("ALERT Ruritania warns Graustark") == 1


def test_a_worker_killed_in_the_middle_loses_nothing_and_repeats_no_alert(
    settings: Settings, client: Elasticsearch, workers: Workers, publish: Callable[..., None]
) -> None:
    quiet = [article(number) for number in range(1000, 1180)]
    warning = "WARN Graustark must not build a dam on the Mirow river."
    loud = [article(number, warning) for number in range(2000, 2020)]
    publish(*quiet[:90], *loud[:10], *quiet[90:], *loud[10:])
    for done in (10, 60, 110):
        workers.start(FAKE_ENRICHER_DELAY_S="0.05")
        deadline = time.monotonic() + PATIENCE_S
        while count(client, settings, "articles") < done and time.monotonic() < deadline:
            time.sleep(0.1)
        enriching = json.loads(progress_path(settings, 1).read_text("utf8")).get("enriching_pids", [])
        workers.kill()
        assert done <= count(client, settings, "articles") < 200
        eventually(lambda pids=enriching: [pid for pid in pids if _lives(pid)], [], 10)  # type: ignore[misc]
    workers.start()
    eventually(lambda: count(client, settings, "articles"), 200)
    eventually(lambda: count(client, settings, "statements"), 20)
    eventually(lambda: {len(alert.sources) for alert in alerts_on_topic(settings)[-1:]}, {20})
    assert count(client, settings, "alerts") == 1
    assert len({alert.alert_id for alert in alerts_on_topic(settings)}) == 1
    assert dead_letters.read_letters(settings) == []
    assert workers.stop() == 0
    assert json.loads(progress_path(settings, 1).read_text("utf8"))["state"] == "stopped"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").exists() else True
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_a_worker_ends_when_the_command_that_started_it_is_gone(
    settings: Settings, client: Elasticsearch, environment: dict[str, str]
) -> None:
    command = "from pipeline.stream.worker import main; main(7)"
    process = subprocess.Popen([sys.executable, "-c", command], stdin=subprocess.PIPE, env=environment)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(60) in (0, -signal.SIGTERM, 78)
