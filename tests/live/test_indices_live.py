"""New indices for old ones while writing goes on, and old months that go, on the real Elasticsearch."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from pipeline.errors import BadSetting, DemarcheError, Terminal, Unreachable
from pipeline.index import Query, Writer, connect, ensure_indices, find_alerts, search
from pipeline.index.paging import every_hit
from pipeline.index.retention import expired
from pipeline.index.templates import FIELDS, KEYWORD, alias
from pipeline.index.upgrade import Step, _Copier, _replace, plan, upgrade
from pipeline.settings import Settings
from tests.live.test_search_live import SEEN, alert, article, refresh, statement


@pytest.fixture
def client(settings: Settings) -> Iterator[Elasticsearch]:
    with connect(settings) as client:
        yield client
        for index in client.indices.get(index=f"{settings.index_prefix}-*"):
            client.indices.delete(index=index, ignore_unavailable=True)
        for kind in FIELDS:
            client.options(ignore_status=404).indices.delete_index_template(name=alias(settings.index_prefix, kind))


@pytest.fixture
def older(client: Elasticsearch, settings: Settings) -> Iterator[None]:
    """Indices as an older version made them: `url` was a text then, which no mapping can change in place."""
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("articles", "statements", "alerts"):
            field = "urls" if kind == "alerts" else "url"
            patch.setitem(FIELDS, kind, FIELDS[kind] | {field: {"type": "text"}})
        ensure_indices(client, settings)
        yield


def ignore(done: int, total: int) -> None:
    pass


def upgrade_all(client: Elasticsearch, settings: Settings) -> list[str]:
    steps = plan(client, settings)
    for step in steps:
        upgrade(client, settings, step, ignore)
    return [step.index for step in steps]


def test_a_changed_mapping_is_told_and_not_forced(client: Elasticsearch, settings: Settings) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FIELDS, "alerts", FIELDS["alerts"] | {"urls": {"type": "text"}})
        ensure_indices(client, settings)
    with pytest.raises(BadSetting, match="demarche upgrade"):
        ensure_indices(client, settings)


URLS: dict[str, dict[str, Any]] = {
    "articles": {"url": KEYWORD},
    "statements": {"url": KEYWORD},
    "alerts": {"urls": KEYWORD},
}


def changed(client: Elasticsearch, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Step:
    """What there is to do for the one index of articles that has documents, when their mapping has changed."""
    refresh(client, settings)
    monkeypatch.setitem(FIELDS, "articles", FIELDS["articles"] | URLS["articles"])
    [step] = [step for step in plan(client, settings) if step.documents]
    return step


def upgrade_but_for_its_last_step(
    client: Elasticsearch, settings: Settings, step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.index.upgrade._replace", lambda client, step: None)
        upgrade(client, settings, step, ignore)


def test_what_is_written_and_deleted_during_an_upgrade_is_in_the_new_indices(
    client: Elasticsearch, settings: Settings, older: None
) -> None:
    """Writers go on; each search finds every article that was there before. Nothing is refused and no search fails."""
    writer = Writer(client, settings)
    assert writer.articles([article(f"a{n}") for n in range(300)]) == []
    writer.alert(alert("a1"), create=True)
    refresh(client, settings)
    stop, written, missed, failed = threading.Event(), [0], [], []

    def write() -> None:
        with connect(settings) as other:
            busy = Writer(other, settings)
            while not stop.is_set():
                number = written[0]
                revised = article(f"a{number % 300}", 2 + number // 300, statements=[statement("s1", "Finland")])
                batch = [article(f"new{number}"), revised]
                while True:
                    try:
                        failed.extend(busy.articles(batch))
                        busy.alert(alert(f"a{number}"), create=False)
                        break
                    except Unreachable:
                        if stop.wait(0.1):
                            return
                written[0] += 1

    def read() -> None:
        with connect(settings) as other:
            while not stop.is_set():
                try:
                    total = search(other, settings, Query("canal")).total
                    find_alerts(other, settings)
                except DemarcheError as error:
                    failed.append(error)
                    continue
                if total < 300:
                    missed.append(total)

    threads = [threading.Thread(target=work, daemon=True) for work in (write, read, read)]
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("articles", "statements", "alerts"):
            patch.setitem(
                FIELDS, kind, {n: m for n, m in FIELDS[kind].items() if n not in ("url", "urls")} | URLS[kind]
            )
        for thread in threads:
            thread.start()
        done = upgrade_all(client, settings)
        before_last = written[0]
        while written[0] < before_last + 3:
            assert threads[0].is_alive()
        stop.set()
        for thread in threads:
            thread.join(30)
        assert (missed, failed) == ([], [])
        assert {name.split("-")[1] for name in done} == {"articles", "statements", "alerts"}
        refresh(client, settings)
        assert plan(client, settings) == []
        count = written[0]
        assert search(client, settings, Query("canal")).total == 300 + count
        left = search(client, settings, Query(kind="statements")).total
        revised = min(count, 300)
        assert left == 2 * (300 + count) - revised, "statements that a revision removed stay removed"
        [stored], total = find_alerts(client, settings)
        assert total == 1
        assert len(stored.sources) == len({"a1", *(f"a{n}" for n in range(count))})


def test_what_meets_its_index_going_is_written_to_the_next(
    client: Elasticsearch, settings: Settings, older: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elasticsearch holds the write, as two copies of the index are wanted and one is there, until the index goes."""
    writer = Writer(client, settings)
    assert writer.articles([article("a1")]) == []
    step = changed(client, settings, monkeypatch)
    upgrade_but_for_its_last_step(client, settings, step, monkeypatch)
    copies = {"auto_expand_replicas": False, "number_of_replicas": 1, "write.wait_for_active_shards": 2}
    client.indices.put_settings(index=step.index, settings={"index": {"blocks.write": None, **copies}})
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(writer.articles, [article("a2")])
        while not client.tasks.list(actions="indices:data/write/bulk")["nodes"]:
            assert not writing.done()
        _replace(client, step)
        assert writing.result(60) == []
    refresh(client, settings)
    assert search(client, settings, Query()).total == 2


def test_an_export_goes_on_where_an_upgrade_exchanges_what_it_reads(
    client: Elasticsearch, settings: Settings, older: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its point in time loses the index; another month, which stays, would answer alone."""
    months = [datetime(2026, month, 2, tzinfo=UTC) for month in (2, 3)]
    names = {f"m{month:%m}-{n}" for month in months for n in range(5)}
    seen = {f"{month:%m}": month for month in months}
    Writer(client, settings).articles(
        [article(name, first_seen_at=seen[name[1:3]], published_at=seen[name[1:3]]) for name in sorted(names)]
    )
    refresh(client, settings)
    monkeypatch.setattr("pipeline.index.paging._EXPORT_PAGE", 2)
    monkeypatch.setitem(FIELDS, "articles", FIELDS["articles"] | URLS["articles"])
    export = every_hit(client, settings, Query())
    found = [next(export).id]
    step = next(step for step in plan(client, settings) if step.index.endswith("2026.02"))
    upgrade(client, settings, step, ignore)
    found += [hit.id for hit in export]
    assert sorted(found) == sorted(names)


def test_an_interrupted_upgrade_is_taken_up_again(
    client: Elasticsearch, settings: Settings, older: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Writer(client, settings).articles([article(f"a{n}") for n in range(20)])
    step = changed(client, settings, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(_Copier, "_remove_deleted", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            upgrade(client, settings, step, ignore)
    assert Writer(client, settings).articles([article("a20")]) == [], "the old index can be written again"
    assert step.index in upgrade_all(client, settings)
    refresh(client, settings)
    assert search(client, settings, Query()).total == 21
    assert plan(client, settings) == []


def test_an_upgrade_that_was_killed_before_its_last_step_is_ended_by_the_next(
    client: Elasticsearch, settings: Settings, older: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Writer(client, settings).articles([article("a1")])
    step = changed(client, settings, monkeypatch)
    upgrade_but_for_its_last_step(client, settings, step, monkeypatch)
    with pytest.raises(Unreachable, match="takes no writes"):
        Writer(client, settings).articles([article("a2")])
    assert step.index not in [left.index for left in plan(client, settings)]
    assert Writer(client, settings).articles([article("a2")]) == []
    refresh(client, settings)
    assert search(client, settings, Query()).total == 2


def test_an_index_whose_names_are_given_away_takes_no_more_writes(
    client: Elasticsearch, settings: Settings, older: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The names were given and the answer was lost: what is written to the old index now would go with it."""
    Writer(client, settings).articles([article("a1")])
    step = changed(client, settings, monkeypatch)
    give = _Copier._give_names

    def interrupted(copier: _Copier, searched: str) -> None:
        give(copier, searched)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_Copier, "_give_names", interrupted)
        with pytest.raises(KeyboardInterrupt):
            upgrade(client, settings, step, ignore)
    with pytest.raises(Unreachable, match="takes no writes"):
        Writer(client, settings).articles([article("a2")])
    plan(client, settings)
    assert Writer(client, settings).articles([article("a2")]) == []
    refresh(client, settings)
    assert search(client, settings, Query()).total == 2


def test_an_index_is_exchanged_as_often_as_it_takes(
    client: Elasticsearch, settings: Settings, older: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time its name is its own; then it is an alias, which goes along with the one for searches."""
    writer = Writer(client, settings)
    writer.articles([article("a1")])
    refresh(client, settings)
    for url, target in ((KEYWORD, "g2"), ({"type": "text"}, "g3"), (KEYWORD, "g4")):
        monkeypatch.setitem(FIELDS, "articles", FIELDS["articles"] | {"url": url})
        assert upgrade_all(client, settings)
        assert writer.articles([article(target)]) == []
        [index] = client.indices.get_alias(name=f"{settings.index_prefix}-articles-2026.03")
        assert index == f"{settings.index_prefix}-{target}-articles-2026.03"
    refresh(client, settings)
    assert search(client, settings, Query()).total == 4
    assert not client.indices.exists(index=f"{settings.index_prefix}-g3-articles-2026.03")


def test_a_document_that_does_not_fit_leaves_the_old_index_as_it_is(
    client: Elasticsearch, settings: Settings, older: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Writer(client, settings).articles([article("a1")])
    refresh(client, settings)
    monkeypatch.setitem(FIELDS, "articles", FIELDS["articles"] | {"url": {"type": "date"}})
    step = next(step for step in plan(client, settings) if step.documents)
    with pytest.raises(Terminal, match="does not fit the new mapping"):
        upgrade(client, settings, step, ignore)
    assert search(client, settings, Query("canal")).total == 1


def test_indices_that_are_there_are_told_how_to_merge(client: Elasticsearch, settings: Settings) -> None:
    ensure_indices(client, settings)
    name = f"{settings.index_prefix}-statements"
    client.indices.put_settings(index=name, settings={"index.merge.policy.segments_per_tier": None})
    ensure_indices(client, settings)
    [index] = client.indices.get_settings(index=name).body.values()
    assert index["settings"]["index"]["merge"]["policy"]["segments_per_tier"] == "4"


def test_the_commands_say_what_they_do(client: Elasticsearch, settings: Settings, environment: dict[str, str]) -> None:
    ensure_indices(client, settings)
    old = datetime(2020, 1, 15, tzinfo=UTC)
    Writer(client, settings).articles([article("a1", first_seen_at=old), article("a2", first_seen_at=SEEN)])
    refresh(client, settings)

    def demarche(*arguments: str) -> str:
        command = [sys.executable, "-m", "pipeline.cli", *arguments]
        script = "import sys; from pipeline.cli import main; main(sys.argv[1:])"
        done = subprocess.run(
            [sys.executable, "-c", script, *command[3:]], capture_output=True, text=True, env=environment, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert demarche("upgrade") == "Every index is as it should be.\n"
    shown = demarche("retention", "--keep-days", "365")
    assert f"{settings.index_prefix}-articles-2020.01: 1 documents" in shown
    assert "2026.03" not in shown or (datetime.now(UTC).date() - date(2026, 3, 31)).days > 365
    assert "Nothing was deleted." in shown
    assert client.indices.exists(index=f"{settings.index_prefix}-articles-2020.01")
    assert "3 indices deleted." in demarche("retention", "--keep-days", "365", "--apply")
    for kind in ("articles", "statements", "revisions"):
        assert not client.indices.exists(index=f"{settings.index_prefix}-{kind}-2020.01")
    assert client.indices.exists(index=f"{settings.index_prefix}-articles-2026.03")
    assert expired(client, settings, 365, date(2020, 6, 1)) == []
