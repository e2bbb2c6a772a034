"""Alerts on real servers: each once, with its own sources and to each channel, whoever is killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaProducer

from deploy.local.ports import Ports
from deploy.local.servers import LocalServers
from pipeline import dead_letters
from pipeline.alerts import load_rules
from pipeline.commands.alerts import replay
from pipeline.enrich import load_enricher
from pipeline.index import change_state, connect, ensure_indices, find_alerts
from pipeline.records import Alert, Article, Delivery
from pipeline.settings import Settings, load_settings
from pipeline.topics import bootstrap_servers, ensure_topics, topics
from tests.alerts.scenario.reading import read_scenario
from tests.articles import article
from tests.delivery.conftest import Receiver, receiver  # noqa: F401
from tests.live.workers import Workers, count, eventually

OWN_PORTS = Ports(kafka=22092, elasticsearch=22200, controller=22592)
WARNING = "WARN Graustark must not build a dam on the Mirow river."


@dataclass
class Desk:
    """Workers with one rule and one channel, and the receiver of what they deliver."""

    settings: Settings
    client: Elasticsearch
    workers: Workers
    receiver: Receiver
    environment: dict[str, str]

    def start(self) -> None:
        self.workers.start(**self.environment)

    def alert(self) -> Alert:
        """The only one."""
        self.client.indices.refresh(index=f"{self.settings.index_prefix}-alerts")
        [alert], _ = find_alerts(self.client, self.settings)
        return alert

    def delivery(self) -> Delivery:
        return self.alert().deliveries[0]


@pytest.fixture
def desk(
    settings: Settings,
    client: Elasticsearch,
    workers: Workers,
    tmp_path: Path,
    receiver: Receiver,  # noqa: F811
) -> Desk:
    (tmp_path / "rules.toml").write_text('[[rule]]\nid = "any"\nchannels = ["desk"]\n', "utf8")
    (tmp_path / "channels.toml").write_text('[[channel]]\nname = "desk"\ntype = "webhook"\nurl = "env:DESK"\n', "utf8")
    environment = {
        "DEMARCHE_RULES": str(tmp_path / "rules.toml"),
        "DEMARCHE_CHANNELS": str(tmp_path / "channels.toml"),
        "DEMARCHE_WEB_ADDRESS": "https://news.example",
        "DESK": f"http://{receiver.address}/hook",
    }
    return Desk(settings, client, workers, receiver, environment)


def test_a_message_is_delivered_once_and_one_that_is_refused_by_its_replay(
    desk: Desk, publish: Callable[..., None]
) -> None:
    desk.receiver.answers = [400]
    desk.start()
    publish(article(1, WARNING))
    eventually(lambda: [letter.step for letter in dead_letters.read_letters(desk.settings)], ["deliver"])
    eventually(lambda: desk.delivery().state, "failed", 10)

    # Sources that come later and a worker that is killed send nothing anew.
    desk.workers.kill()
    publish(article(2, WARNING))
    desk.start()
    eventually(lambda: len(desk.alert().sources), 2)
    assert desk.delivery().state == "failed"

    assert dead_letters.replay(desk.settings, dead_letters.read_letters(desk.settings)) == 1
    eventually(lambda: desk.delivery().state, "sent")
    link = f"https://news.example/alerts/{desk.alert().alert_id}"
    assert [json.loads(body)["alerts"][0]["link"] for _, body in desk.receiver.requests] == [link] * 2
    assert len({headers["Idempotency-Key"] for headers, _ in desk.receiver.requests}) == 1
    assert [letter.replayed_at is None for letter in dead_letters.read_letters(desk.settings)] == [False]


def test_what_is_acknowledged_before_its_time_is_not_sent(desk: Desk, publish: Callable[..., None]) -> None:
    desk.receiver.answers = [503]
    desk.start()
    publish(article(1, WARNING))
    eventually(lambda: len(desk.receiver.requests), 1)
    change_state(desk.client, desk.settings, desk.alert().alert_id, "acknowledged", by="ines")
    eventually(lambda: desk.delivery().state, "dropped")
    assert desk.delivery().because == "acknowledged before it was sent"
    assert len(desk.receiver.requests) == 1


def test_a_withdrawn_article_closes_its_alert_and_who_was_told_hears_of_it(
    desk: Desk, publish: Callable[..., None]
) -> None:
    desk.start()
    publish(article(1, WARNING))
    eventually(lambda: len(desk.receiver.requests), 1)
    eventually(lambda: desk.delivery().state, "sent")
    publish(article(1, "This item has been withdrawn.", revision=2, flags=["withdrawn"]))
    eventually(lambda: desk.alert().state, "closed")
    eventually(lambda: len(desk.receiver.requests), 2)
    assert [json.loads(body)["news"] for _, body in desk.receiver.requests] == [None, "withdrawn"]

    publish(article(2, WARNING))
    eventually(lambda: desk.alert().state, "open")
    eventually(lambda: len(desk.receiver.requests), 3)
    assert [source.withdrawn_in for source in desk.alert().sources] == [2, None]


@pytest.fixture
def own_servers(bare_home: Path, shared_downloads: Path) -> Iterator[LocalServers]:
    """Servers that a test may kill."""
    local = LocalServers(bare_home, shared_downloads, OWN_PORTS)
    local.up()
    try:
        yield local
    finally:
        local.down()


@pytest.mark.timeout(600)
def test_a_month_of_news_alerts_alike_though_workers_and_the_broker_are_killed(
    own_servers: LocalServers, tmp_path: Path
) -> None:
    """Every article is there, and each alert of a backtest once, with the same id and the same sources."""
    state = own_servers.state()
    assert state.kafka is not None
    assert state.elasticsearch is not None
    ours = {
        "home": str(tmp_path),
        "kafka": str(state.kafka.address),
        "elasticsearch": str(state.elasticsearch.address),
        "alert_max_age_h": "100000",
    }
    settings = load_settings(**ours)
    scenario = read_scenario("tuned")
    ordered = sorted(scenario.articles, key=lambda one: (one.first_seen_at, one.article_id))
    enriched = list(load_enricher(settings).pipe(ordered))
    wanted = _sources(replay(enriched, load_rules(), settings))
    ensure_topics(settings)
    environment = os.environ | {f"DEMARCHE_{name.upper()}": value for name, value in ours.items()}
    stream = Workers(environment, tmp_path / "worker.log")
    with connect(settings) as elastic:
        ensure_indices(elastic, settings)
        try:
            stream.start()
            for part in range(0, len(enriched), 70):
                _send(settings, enriched[part : part + 70])
                _wait(elastic, settings, part + 20)
                if part == 70:
                    os.kill(state.kafka.pid, signal.SIGKILL)
                    time.sleep(2)
                    own_servers.up()
                stream.kill()
                stream.start()
            eventually(lambda: _alerts(elastic, settings), wanted, 180)
            eventually(lambda: count(elastic, settings, "articles"), len(enriched))
        finally:
            stream.stop()
            print(stream.log.read_text("utf8")[-4000:])
        assert dead_letters.read_letters(settings) == []


def _send(settings: Settings, articles: list[Article]) -> None:
    """All under one key: between partitions no order is promised, and ids follow from the order of statements."""
    producer = KafkaProducer(bootstrap_servers=bootstrap_servers(settings), acks="all")
    for one in articles:
        producer.send(topics(settings).articles_enriched.name, key=b"scenario", value=one.to_json())
    producer.flush()
    producer.close()


def _wait(elastic: Elasticsearch, settings: Settings, articles: int) -> None:
    deadline = time.monotonic() + 90
    while count(elastic, settings, "articles") < articles and time.monotonic() < deadline:
        time.sleep(0.1)


def _alerts(elastic: Elasticsearch, settings: Settings) -> dict[str, list[str]]:
    elastic.indices.refresh(index=f"{settings.index_prefix}-alerts")
    found, total = find_alerts(elastic, settings, size=1000)
    assert total == len(found)
    return _sources(found)


def _sources(alerts: list[Alert]) -> dict[str, list[str]]:
    """Articles by alert id."""
    return {alert.alert_id: sorted(source.article_id for source in alert.sources) for alert in alerts}
