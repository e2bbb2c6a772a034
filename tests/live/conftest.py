"""Real servers for the live tests: one Kafka and one Elasticsearch a session, names of its own for each test."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from kafka import KafkaProducer

from deploy.local.ports import Ports
from deploy.local.servers import LocalServers
from pipeline.index import connect, ensure_indices
from pipeline.records import Article
from pipeline.settings import Settings, load_settings
from pipeline.topics import bootstrap_servers, ensure_topics, topics
from tests.live.home import Home
from tests.live.workers import Workers

LIVE_HOME = "DEMARCHE_LIVE_HOME"
# Away from the usual ports and from those that the system gives to outgoing connections.
PORTS = Ports(kafka=21092, elasticsearch=21200, controller=21592)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="session")
def shared_downloads() -> Path:
    """What has been downloaded before is not downloaded again for tests."""
    chosen = load_settings()
    return chosen.downloads or chosen.home / "downloads"


@pytest.fixture
def bare_home() -> Iterator[Path]:
    """A temporary home. Not pytest's tmp_path: started by root, the servers run as a user who cannot enter that."""
    yield from _temporary_home()


@pytest.fixture
def home(bare_home: Path, shared_downloads: Path) -> Iterator[Home]:
    """A home in which a test runs `demarche` with servers of its own, which are stopped in the end."""
    home = Home(bare_home, shared_downloads)
    try:
        yield home
    finally:
        home.run("down")


@pytest.fixture(scope="session")
def servers(shared_downloads: Path) -> Iterator[dict[str, str]]:
    """Addresses of a running `kafka` and `elasticsearch`, with empty data, stopped when the session ends.

    While writing tests, DEMARCHE_LIVE_HOME=<home> spares the start: the servers that run there are used.
    """
    if running := os.environ.get(LIVE_HOME):
        yield _addresses(LocalServers(Path(running)))
        return
    for home in _temporary_home():
        local = LocalServers(home, shared_downloads, PORTS, elasticsearch_version=load_settings().elasticsearch_version)
        try:
            local.up()
            yield _addresses(local)
        finally:
            local.down()


@pytest.fixture
def settings(servers: dict[str, str], tmp_path: Path) -> Settings:
    """Settings on the real servers, with topics, indices, consumer group and home that no other test has."""
    unique = uuid.uuid4().hex[:8]
    return load_settings(
        home=tmp_path,
        kafka=servers["kafka"],
        elasticsearch=servers["elasticsearch"],
        topic_prefix=f"t{unique}.",
        index_prefix=f"t{unique}",
        consumer_group=f"t{unique}",
    )


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    """The environment in which a `demarche` started by a test has the same settings."""
    names = ("home", "kafka", "elasticsearch", "topic_prefix", "index_prefix", "consumer_group")
    return {**os.environ, **{f"DEMARCHE_{name.upper()}": str(getattr(settings, name)) for name in names}}


@pytest.fixture
def client(settings: Settings) -> Iterator[Elasticsearch]:
    """A client, with topics and indices there."""
    ensure_topics(settings)
    client = connect(settings)
    ensure_indices(client, settings)
    yield client
    client.indices.delete(index=list(client.indices.get(index=f"{settings.index_prefix}-*")))


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


def _addresses(local: LocalServers) -> dict[str, str]:
    state = local.state()
    assert state.kafka is not None, f"no Kafka runs in {local.layout.home}"
    assert state.elasticsearch is not None, f"no Elasticsearch runs in {local.layout.home}"
    return {"kafka": state.kafka.address or "", "elasticsearch": state.elasticsearch.address or ""}


def _temporary_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="demarche-live-"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
