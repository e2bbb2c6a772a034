"""The stream on real Kafka and Elasticsearch: nothing lost, nothing twice, whatever comes in and whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from elasticsearch import Elasticsearch

from pipeline import dead_letters
from pipeline.records import Alert, Article
from pipeline.settings import Settings
from pipeline.stream.worker import progress_path
from pipeline.topics import read_topic, topics
from tests.articles import article
from tests.live.workers import PATIENCE_S, Workers, count, eventually


def alerts_on_topic(settings: Settings) -> list[Alert]:
    messages = read_topic(settings, topics(settings).alerts.name, client_id="demarche-tests")
    return [Alert.model_validate_json(message.value) for message in messages]


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
