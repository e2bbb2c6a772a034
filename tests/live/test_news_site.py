"""Some sixty sources with the faults of real ones, followed through the real Kafka, workers and Elasticsearch."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from pipeline.settings import Settings

from .news_site import Feed, Handler, Item, Press, Seen, press, served
from .topics import published

WORKER = Path(__file__).parent / "stream_worker.py"
PATIENCE_S = 90.0
GAP_S = 0.2
DEMARCHE = [sys.executable, "-c", "from pipeline.cli import main; main()"]

Sources = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def surroundings(environment: dict[str, str]) -> dict[str, str]:
    return {
        **environment,
        "DEMARCHE_PRIVATE_NETWORKS": "127.0.0.0/8",
        "DEMARCHE_REQUEST_GAP_S": str(GAP_S),
        "DEMARCHE_REQUEST_TIMEOUT_S": "3",
        "DEMARCHE_SOURCE_THREADS": "16",
        "DEMARCHE_CONTACT": "desk@example.org",
    }


@pytest.fixture
def sources(surroundings: dict[str, str], tmp_path: Path) -> Sources:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*DEMARCHE, "sources", *arguments],
            env=surroundings,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


@pytest.fixture
def worker(surroundings: dict[str, str], tmp_path: Path) -> Iterator[None]:
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(WORKER)], stdin=subprocess.PIPE, stdout=log, stderr=log, env=surroundings
        )
    yield
    process.terminate()
    process.wait(30)
    print((tmp_path / "worker.log").read_text("utf8")[-4000:])


def documents(client: Elasticsearch, settings: Settings, kind: str) -> list[dict]:
    name = f"{settings.index_prefix}-{kind}"
    client.indices.refresh(index=name)
    return [hit["_source"] for hit in client.search(index=name, size=2000)["hits"]["hits"]]


def eventually(there: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.5)


def assert_hosts_were_not_hurried(log: list[Seen], *, slow_host: str = "") -> None:
    """Requests are timed where they arrive. A crawl delay is known, and kept, from robots.txt on."""
    for host in {seen.host for seen in log}:
        seen = sorted((one for one in log if one.host == host), key=lambda one: one.at)
        told = False
        for earlier, later in pairwise(seen):
            told = told or earlier.path == "/robots.txt"
            pause = 1.0 if told and host == slow_host else GAP_S
            assert later.at - earlier.at > 0.99 * pause, f"{host}: {later.at - earlier.at:.3f} s before {later.path}"


def expected_titles(press: Press) -> Counter[str]:
    return Counter(item.title for feed in press.feeds if feed.fails is None for item in feed.items)


def add_twins(press: Press) -> None:
    """The same articles under other addresses: all of them known by their first telling."""
    twins = press.feed("twins")
    one, two, three = twins.items
    twins.items += [
        Item(one.path + "/", one.title, one.text, guid="urn:slash"),
        Item(two.path + "/amp", two.title, "As the reader of the AMP page sees it. " + two.text, guid="urn:amp"),
        Item("/moved-to/3", three.title, three.text, guid=three.guid),
    ]


def tell_again(press: Press) -> None:
    """A second feed tells articles that are known, in other words: that corrects nothing."""
    first, again = press.feed("good0"), press.feed("again")
    for known in first.items:
        item = Item.of("again", len(again.items))
        again.items.append(item)
        item.link, item.title, item.text = first.address + known.path, "Told again", "In other words. " + known.text


@pytest.mark.timeout(600)
def test_every_article_once_and_every_fault_reported(
    client: Elasticsearch, settings: Settings, sources: Sources, worker: None
) -> None:
    with served(press()) as site:
        expected = expected_titles(site)
        add_twins(site)
        assert len(site.feeds) >= 50
        late, missing = site.feed("late_page"), site.feed("late_page").items[0]
        late.pages[missing.path] = lambda handler: handler.send(b"", 404)
        (settings.home / "sources.toml").write_text(site.sources(), "utf8")

        # -- first round: all there is, but for what servers withhold
        first = sources("poll")
        assert first.returncode == 0, first.stderr
        withheld = {missing.title, "robots 2"} | {
            item.title for name in ("busy", "away") for item in site.feed(name).items
        }
        arrived = expected - Counter(withheld)
        eventually(lambda: len(documents(client, settings, "articles")) >= arrived.total())
        assert titles(client, settings) == arrived
        assert_hosts_were_not_hurried(site.log, slow_host=site.feed("crawl_delay").host)

        # -- second round: servers have recovered, two feeds have news, one has corrected an article
        site.log.clear()
        corrected = site.feed("good1").items[0]
        corrected.text = "WARN " + corrected.text
        tell_again(site)
        news = ("good2", "lying", "news_map", "json", "front")
        for name in news:
            item = Item.of(name, 99, date=datetime.now(UTC) - timedelta(minutes=1))
            site.feed(name).items.append(item)
        assert sources("poll").returncode == 0
        arrived = expected + Counter(f"{name} 99" for name in news) - Counter([missing.title, "robots 2"])
        eventually(lambda: titles(client, settings) == arrived)
        eventually(lambda: len(documents(client, settings, "revisions")) == arrived.total() + 1)
        (again,) = [one for one in documents(client, settings, "articles") if one["title"] == corrected.title]
        assert (again["revision"], again["warning_count"]) == (2, 1), "a correction is enriched again"
        assert_hosts_were_not_hurried(site.log, slow_host=site.feed("crawl_delay").host)

        # -- third round: no news
        before = len(published(settings))
        site.log.clear()
        assert "published 0," in sources("poll").stdout
        assert len(published(settings)) == before
        assert_nothing_new_costs_only_304s(site)
        assert_health_reports(site, client, settings, sources)


def titles(client: Elasticsearch, settings: Settings) -> Counter[str]:
    found = documents(client, settings, "articles")
    assert all(one["published_at"] is None or one["published_at"] <= one["fetched_at"] for one in found)
    return Counter(one["title"] for one in found)


def assert_nothing_new_costs_only_304s(site: Press) -> None:
    """All who can say "not modified" do. The others cannot, are redirected on the way, or have a page to be retried."""
    whole = {"plain", "packed", "lying", "unstable", "late_page", "robots"}
    able = [feed for feed in site.feeds if feed.fails is None and feed.name not in whole]
    hosts = {feed.host for feed in able} - {site.feed(name).host for name in whole}
    seen = [one for one in site.log if one.host in hosts]
    assert len(seen) >= len(able)
    redirected = {site.feed("permanent").path, site.feed("temporary").path}
    assert {(one.status, one.conditional) for one in seen if one.path not in redirected} == {(304, True)}
    pages = [one.path for one in site.log if one.path.count("/") > 1]
    assert pages == [], "no page is fetched again"


def assert_health_reports(site: Press, client: Elasticsearch, settings: Settings, sources: Sources) -> None:
    eventually(lambda: len(documents(client, settings, "sources")) == len(site.feeds))
    health = {one["source_id"]: one for one in documents(client, settings, "sources")}
    for feed in site.feeds:
        one = health[feed.url]
        assert one["state"] == ("failing" if feed.fails else "ok"), (feed.name, one)
        assert (feed.fails or "") in (one["last_error"] or ""), (feed.name, one["last_error"])
        assert one["next_fetch_at"]
    assert health[site.feed("robots").url]["last_refusal"].endswith("robots.txt disallows it. Ask the publisher.")
    assert health[site.feed("permanent").url]["moved_to"] == site.feed("permanent").address + "/moved.xml"
    assert health[site.feed("temporary").url]["moved_to"] is None
    listed = [json.loads(line) for line in sources("list", "--output", "jsonl").stdout.splitlines()]
    assert {one["source_id"]: one["state"] for one in listed} == {url: one["state"] for url, one in health.items()}


# -- crashes --------------------------------------------------------------------------------------------------------


class Run:
    """`demarche sources run`, as often as it is killed."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment = environment
        self.log = folder / "run.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*DEMARCHE, "sources", "run"], env=self.environment, stdout=log, stderr=log, cwd=self.log.parent
            )
        return self.process


@pytest.fixture
def running(surroundings: dict[str, str], tmp_path: Path) -> Iterator[Run]:
    run = Run(surroundings | {"DEMARCHE_POLL_SOONEST_MIN": "0.05", "DEMARCHE_POLL_LATEST_MIN": "0.1"}, tmp_path)
    yield run
    if run.process is not None and run.process.poll() is None:
        run.process.kill()
        run.process.wait()
    print(run.log.read_text("utf8")[-6000:])


def steady(count: int, items: int) -> list[Feed]:
    """Feeds of teasers, whose pages are fetched one by one."""
    feeds = []
    for number in range(count):
        name = f"feed{number}"
        listed = [Item.of(name, at) for at in range(1, items + 1)]
        feeds.append(Feed(name, f"127.0.0.{number + 2}", listed, full_text=False))
    return feeds


@pytest.mark.timeout(300)
def test_killed_in_the_middle_of_a_round(settings: Settings, running: Run) -> None:
    with served(steady(12, 10)) as site:
        (settings.home / "sources.toml").write_text(site.sources(), "utf8")
        for requests in (30, 80, 120):
            process = running.start()
            eventually(lambda wanted=requests: len(site.log) > wanted)  # type: ignore[misc]
            process.kill()
            process.wait()
        for feed in site.feeds:
            feed.items.append(Item.of(feed.name, 99))
        process = running.start()
        expected = {item.title for feed in site.feeds for item in feed.items}
        eventually(lambda: {article.title for article in published(settings)} == expected)
        process.terminate()
        assert process.wait(20) == 0
        # What was sent when the process was killed may have been sent again, as the very same record.
        found = published(settings)
        assert {article.revision for article in found} == {1}
        assert len({(article.article_id, article.content_hash, article.first_seen_at) for article in found}) == len(
            expected
        )
        # Pages are fetched once, but for those of the rounds that were cut off.
        pages = Counter(seen.path for seen in site.log if seen.path.count("/") > 1)
        assert max(pages.values()) <= 4
        assert_hosts_were_not_hurried(site.log)
        assert "Traceback" not in running.log.read_text("utf8")


@pytest.mark.timeout(300)
def test_a_second_process_waits_and_takes_over(
    settings: Settings, surroundings: dict[str, str], tmp_path: Path
) -> None:
    environment = surroundings | {"DEMARCHE_POLL_SOONEST_MIN": "0.02", "DEMARCHE_POLL_LATEST_MIN": "0.02"}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = Run(environment, tmp_path / "a"), Run(environment, tmp_path / "b")
    with served(steady(3, 1)) as site:
        (settings.home / "sources.toml").write_text(site.sources(), "utf8")
        try:
            one = first.start()
            eventually(lambda: len(site.log) >= 9)
            two = second.start()
            eventually(lambda: "waits to take over" in second.log.read_text("utf8"))
            one.kill()
            one.wait()
            before = len(site.log)
            eventually(lambda: len(site.log) > before + 3)
            two.terminate()
            assert two.wait(20) == 0
        finally:
            for run in (first, second):
                if run.process is not None and run.process.poll() is None:
                    run.process.kill()
        assert_hosts_were_not_hurried(site.log)
        assert len(published(settings)) == 3


@pytest.mark.timeout(300)
def test_a_slow_host_holds_up_no_other_and_the_list_is_taken_over_while_running(
    settings: Settings, running: Run
) -> None:
    def stuck(handler: Handler, _body: bytes, _feed: Feed) -> None:
        time.sleep(30)

    feeds = steady(6, 2)
    feeds += [Feed(f"stuck{at}", "127.0.0.200", [], answer=stuck) for at in range(10)]
    with served(feeds) as site:
        quick, more = site.feeds[:5], site.feeds[5]
        site.feeds.remove(more)
        path = settings.home / "sources.toml"
        path.write_text(site.sources(), "utf8")
        site.feeds.append(more)
        started = time.monotonic()
        process = running.start()
        expected = {item.title for feed in quick for item in feed.items}
        eventually(lambda: {article.title for article in published(settings)} == expected)
        assert time.monotonic() - started < 25
        path.write_text(site.sources(), "utf8")
        eventually(lambda: len(published(settings)) == 12)
        path.write_text("[[sources]]\nurl = 'nonsense'", "utf8")
        eventually(lambda: "the old one stays" in running.log.read_text("utf8"))
        process.terminate()
        assert process.wait(20) == 0
