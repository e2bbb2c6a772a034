"""The life of the local servers, on real ones: start, die, start again, keep what they were given."""

from __future__ import annotations

import json
import os
import signal
import socket
import urllib.request
from contextlib import suppress

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from deploy.local.ports import LOOPBACK
from deploy.local.processes import family, wait_until
from tests.live.home import Home


def put(url: str, document: dict[str, str]) -> None:
    request = urllib.request.Request(
        url, json.dumps(document).encode(), {"Content-Type": "application/json"}, method="PUT"
    )
    urllib.request.urlopen(request).close()


def produce(address: str, value: bytes) -> None:
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics({"kept": {"num_partitions": 1, "replication_factor": 1}})
    admin.close()
    producer = KafkaProducer(bootstrap_servers=address, acks="all")
    producer.send("kept", value).get(30)
    producer.close()


def consume(address: str) -> bytes:
    consumer = KafkaConsumer(bootstrap_servers=address, auto_offset_reset="earliest", consumer_timeout_ms=20_000)
    consumer.assign([TopicPartition("kept", 0)])
    value = next(consumer).value
    consumer.close()
    return value


def test_up_twice_down_and_up_again_keeps_the_data(home: Home) -> None:
    assert home.run("status").returncode == 3

    first = home.run("up")
    assert first.returncode == 0, first.stderr
    running = home.servers()
    put(f"{running['elasticsearch']['address']}/kept/_doc/1?refresh=true", {"said": "kept"})
    produce(running["kafka"]["address"], b"kept")

    second = home.run("up")
    assert "running already" in second.stdout
    assert home.servers() == running
    assert home.run("status").returncode == 0

    assert home.run("down").returncode == 0
    assert not (home.path / "servers.json").exists()
    for server in running.values():
        assert not family(server["token"]), "a process was left behind"

    again = home.run("up")
    assert again.returncode == 0, again.stderr
    running = home.servers()
    with urllib.request.urlopen(f"{running['elasticsearch']['address']}/kept/_doc/1") as answer:
        assert json.load(answer)["_source"] == {"said": "kept"}
    assert consume(running["kafka"]["address"]) == b"kept"


def test_a_server_that_was_killed_is_noticed_and_only_it_is_started_again(home: Home) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # taken already, by Kafka perhaps: as good
            taken.bind((LOOPBACK, 9092))
            taken.listen()
        up = home.run("up")
    assert up.returncode == 0, up.stderr
    assert "Port 9092 is taken: Kafka uses" in up.stdout
    before = home.servers()

    os.kill(int(before["kafka"]["pid"]), signal.SIGKILL)
    assert wait_until(lambda: not family(str(before["kafka"]["token"])), 10)
    status = home.run("status")
    assert status.returncode == 1
    assert "dead" in status.stdout
    assert str(home.path / "logs" / "kafka.log") in status.stdout
    assert home.run("doctor").returncode == 1

    assert home.run("up").returncode == 0
    after = home.servers()
    assert after["elasticsearch"] == before["elasticsearch"]
    assert after["kafka"]["pid"] != before["kafka"]["pid"]
    assert home.run("status").returncode == 0


def test_hunspell_stems_english_here_where_no_language_analyzer_is(servers: dict[str, str]) -> None:
    body = {
        "tokenizer": "standard",
        "filter": ["lowercase", {"type": "hunspell", "locale": "en_US"}],
        "text": "warned warnings",
    }
    request = urllib.request.Request(
        f"{servers['elasticsearch']}/_analyze", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        tokens = {token["token"] for token in json.load(answer)["tokens"]}
    assert {"warn", "warning"} <= tokens or tokens == {"warn"}


def test_a_start_that_fails_shows_the_log_and_leaves_nothing(home: Home) -> None:
    storage = home.path / "kafka" / "data"
    storage.mkdir(parents=True)
    (storage / "meta.properties").write_text("version=1\nnode.id=7\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\n")
    up = home.run("up")
    assert up.returncode != 0
    assert "Kafka did not start" in up.stderr
    assert str(home.path / "logs" / "kafka.log") in up.stderr
    assert "Traceback" not in up.stderr
    assert not (home.path / "servers.json").exists()
