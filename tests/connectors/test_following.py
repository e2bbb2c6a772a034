"""The scheduler, on a site on loopback and a Kafka that a test can make fail. Real processes are in tests/live."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from kafka.errors import KafkaTimeoutError

from connectors import following
from connectors.following import Follower, Reader, sole_follower, watch
from connectors.http import Fetcher
from connectors.ledger import Ledger
from connectors.publish import ArticleProducer, Summary
from connectors.schedule import Schedule, State
from connectors.sources import Source
from pipeline.errors import BadSetting, Transient
from pipeline.records import SourceHealth
from pipeline.settings import Settings

from .conftest import Site, body, status
from .test_feeds import LONG, item, page, rss
from .test_publish import FakeKafka, kafka

__all__ = ["kafka"]


@pytest.fixture
def total() -> Summary:
    """What became of everything that was read."""
    return Summary()


@pytest.fixture
def desk(settings: Settings, kafka: FakeKafka, tmp_path: Path, total: Summary) -> Callable:
    """Opens a follower of a list that the test may change while it runs."""

    @contextmanager
    def open_desk(listed: list[Source], *, once: bool = True, options: Settings = settings) -> Iterator[Follower]:
        with (
            Schedule(tmp_path / "sources.sqlite") as schedule,
            Ledger(tmp_path / "connectors.sqlite", "cluster/") as ledger,
            Fetcher(options) as fetcher,
            ArticleProducer(options, ledger) as producer,
        ):
            reader = Reader(options, fetcher, producer, schedule, threading.Event())
            follower = Follower(options, reader, schedule, lambda: list(listed), threading.Event(), once=once)
            follower.done = lambda _source, summary: total.add(summary)
            yield follower

    return open_desk


def health(kafka: FakeKafka) -> dict[str, SourceHealth | None]:
    """The last record of each source."""
    return {
        key: SourceHealth.model_validate_json(value) if value else None
        for topic, key, value in kafka.sent
        if topic == "sources.health"
    }


def eventually(there: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not there():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def feed(site: Site, path: str, *links: str) -> Source:
    entries = (item(f"https://gazette.example/{link}", content=f"<p>Part {link}.</p>{LONG}") for link in links)
    site.pages[path] = rss(*entries).encode()
    return Source(url=site.url(path))


def test_one_round_reads_all_and_tells_their_health(
    site: Site, desk: Callable, kafka: FakeKafka, total: Summary
) -> None:
    good, bad = feed(site, "/good", "a", "b"), Source(url=site.url("/bad"), publisher="gazette")
    with desk([good, bad]) as follower:
        follower.run()
        states = follower.schedule.states()
    assert (total.published, len(total.refusals)) == (2, 1)
    told = health(kafka)
    assert {url: one and one.state for url, one in told.items()} == {good.url: "ok", bad.url: "failing"}
    assert "status 404" in str(told[bad.url])
    assert kafka.letters() == [], "what a source suffers is its health, not a dead letter each time"
    assert states[bad.url].failure_count == 1
    assert min(state.due_at for state in states.values()) > time.time()


def test_a_restart_neither_floods_nor_skips(site: Site, desk: Callable) -> None:
    due, later = feed(site, "/due", "a"), feed(site, "/later", "b")
    now = time.time()
    with desk([due, later], once=False) as follower:
        follower.schedule.save(due.url, State(added_at=now, due_at=now - 3600))
        follower.schedule.save(later.url, State(added_at=now, due_at=now + 3600))
        thread = threading.Thread(target=follower.run)
        thread.start()
        eventually(lambda: site.paths())
        time.sleep(0.3)
        follower.stop.set()
        thread.join(10)
    assert site.paths() == ["/due"]


def test_the_list_may_change_while_it_runs(site: Site, desk: Callable, kafka: FakeKafka, monkeypatch) -> None:
    monkeypatch.setattr(following, "_LOOK_EVERY_S", 0.05)
    listed = [feed(site, "/one", "a")]
    with desk(listed, once=False) as follower:
        thread = threading.Thread(target=follower.run)
        thread.start()
        eventually(lambda: len(health(kafka)) == 1)
        listed[:] = [feed(site, "/two", "b")]
        eventually(lambda: health(kafka).get(site.url("/two")))
        follower.stop.set()
        thread.join(10)
        assert set(follower.schedule.states()) == {site.url("/two")}
    assert health(kafka)[site.url("/one")] is None, "its health is taken back"


def test_a_source_is_read_again_when_it_is_due_and_only_then(site: Site, desk: Callable, settings: Settings) -> None:
    quick = settings.model_copy(update={"poll_soonest_min": 0.2 / 60, "poll_latest_min": 0.2 / 60})
    with desk([feed(site, "/one", "a")], once=False, options=quick) as follower:
        thread = threading.Thread(target=follower.run)
        thread.start()
        time.sleep(2)
        follower.stop.set()
        thread.join(10)
    assert 5 <= len(site.paths()) <= 11


def test_a_fault_of_ours_is_the_failure_of_one_source(
    site: Site, desk: Callable, kafka: FakeKafka, monkeypatch, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = feed(site, "/good", "a"), feed(site, "/bad", "b")

    class Faulty:
        def __init__(self, target) -> None:
            self.target = target

        def read(self, checkpoint):
            if self.target.name == bad.url:
                raise RecursionError("too deep")
            return following_kind.open(self.target).read(checkpoint)

    following_kind = following.kind_named("feed")
    monkeypatch.setattr(following, "kind_named", lambda name: type("Kind", (), {"open": Faulty}))
    caplog.set_level(logging.CRITICAL)
    with desk([good, bad]) as follower:
        follower.run()
    told = health(kafka)
    assert told[good.url].state == "ok"  # type: ignore[union-attr]
    assert "RecursionError: too deep" in told[bad.url].last_error  # type: ignore[union-attr, operator]


def test_kafka_lost_is_no_fault_of_the_source(site: Site, desk: Callable, kafka: FakeKafka, total: Summary) -> None:
    source = feed(site, "/one", "a")
    with desk([source]) as follower:
        kafka.fails = _Everything(KafkaTimeoutError("away"))
        with pytest.raises(Transient, match="did not acknowledge"):
            follower.run()
        assert follower.schedule.states() == {}
    kafka.fails = {}
    with desk([source]) as follower:
        follower.run()
    assert total.published == 1


class _Everything(dict):
    def __init__(self, error: Exception) -> None:
        self.error = error

    def get(self, key: object, default: object = None) -> Exception:
        return self.error


def test_stopped_in_the_middle_what_was_sent_is_known_and_the_rest_comes_next_time(
    site: Site, desk: Callable, kafka: FakeKafka, settings: Settings
) -> None:
    slow = settings.model_copy(update={"request_gap_s": 0.1})
    links = [site.url(f"/a{number}") for number in range(10)]
    for number in range(10):
        site.pages[f"/a{number}"] = page(f"<p>Part {number}.</p>" + LONG)
    site.pages["/feed"] = rss(*(item(link, content="") for link in links)).encode()
    source = Source(url=site.url("/feed"))
    with desk([source], options=slow) as follower:
        thread = threading.Thread(target=follower.run)
        thread.start()
        eventually(lambda: len(kafka.articles()) >= 3)
        follower.stop.set()
        thread.join(5)
        assert not thread.is_alive()
    before = len(kafka.articles())
    assert 3 <= before < 10
    with desk([source]) as follower:
        follower.run()
    assert len({one.article_id for one in kafka.articles()}) == len(kafka.articles()) == 10


def test_the_same_new_article_in_two_feeds_at_once(
    site: Site, desk: Callable, kafka: FakeKafka, total: Summary
) -> None:
    barrier = threading.Barrier(2, timeout=5)

    def together(data: bytes):
        def answer(handler: BaseHTTPRequestHandler) -> None:
            barrier.wait()
            body(data, Content_Type="text/xml")(handler)

        return answer

    listed = []
    for name, host in (("one", "127.0.0.1"), ("two", "localhost")):
        site.pages[f"/{name}"] = together(rss(item("https://gazette.example/a", f"As {name} has it")).encode())
        listed.append(Source(url=site.url(f"/{name}").replace("127.0.0.1", host)))
    with desk(listed) as follower:
        follower.run()
    assert [article.revision for article in kafka.articles()] == [1]
    assert (total.published, total.unchanged) == (1, 1)


def test_a_permanent_move_is_remembered(site: Site, desk: Callable, kafka: FakeKafka) -> None:
    site.pages["/old"] = status(301, Location="/new")
    site.pages["/new"] = rss(item("https://gazette.example/a")).encode()
    source = Source(url=site.url("/old"))
    for _ in range(4):
        with desk([source]) as follower:
            follower.run()
    assert site.paths() == ["/old", "/new"] * 3 + ["/new"]
    record = health(kafka)[source.url]
    assert record is not None
    assert record.moved_to == site.url("/new")
    assert len(kafka.articles()) == 1


def test_only_one_process_follows_a_home(tmp_path: Path) -> None:
    stop = threading.Event()
    with sole_follower(tmp_path, stop, wait=True) as first:
        assert first
        with sole_follower(tmp_path, stop, wait=False) as second:
            assert not second
        threading.Timer(0.1, stop.set).start()
        with sole_follower(tmp_path, stop, wait=True) as third:
            assert not third
    with sole_follower(tmp_path, stop, wait=False) as fourth:
        assert fourth


def test_a_list_is_loaded_when_its_file_changes_and_a_mistake_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    load = watch(path)
    assert load() == []
    path.write_text("[[sources]]\nurl = 'https://a.example/'")
    assert [one.url for one in load()] == ["https://a.example/"]
    path.write_text("[[sources]]\nurl = 'nonsense'")
    with pytest.raises(BadSetting):
        load()
    assert [one.url for one in load()] == ["https://a.example/"]
