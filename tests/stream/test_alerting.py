"""First the alert, then the memory of it: a crash in between must find the same alert again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from pipeline.alerts import Memory, load_rules, process
from pipeline.dead_letters import Incoming
from pipeline.errors import BadSetting, Terminal, Transient
from pipeline.records import Alert, Claim, Party, SourceRef, Statement, StatementRecord
from pipeline.settings import Settings
from pipeline.stream.alerting import AlertStep, Outcome
from pipeline.stream.batches import GivenUp


class FakeTable:
    def __init__(self, journal: list[str]) -> None:
        self.values: dict[str, bytes] = {}
        self.journal = journal

    def get(self, side: str) -> bytes | None:
        return self.values.get(side)

    async def put(self, side: str, claims: bytes, because_of: Incoming) -> None:
        self.journal.append("remember")
        self.values[side] = claims


class FakeWriter:
    def __init__(self, journal: list[str]) -> None:
        self.journal = journal
        self.alerts: dict[str, Alert] = {}
        self.error: Exception | None = None

    def alert(self, alert: Alert, *, create: bool) -> bool:
        if self.error:
            raise self.error
        self.journal.append("create" if create else "update")
        if create and alert.alert_id in self.alerts:
            return False
        self.alerts[alert.alert_id] = alert
        return True


class FakeOutbox:
    def __init__(self, journal: list[str]) -> None:
        self.journal = journal
        self.error: Exception | None = None

    async def send(
        self, topic: str, key: bytes, value: bytes | None, headers: Mapping[str, bytes] | None = None
    ) -> None:
        if self.error:
            raise self.error
        self.journal.append("send")


class Bench:
    def __init__(self, settings: Settings) -> None:
        rules = load_rules()
        self.journal: list[str] = []
        self.table, self.writer, self.outbox = (
            FakeTable(self.journal),
            FakeWriter(self.journal),
            FakeOutbox(self.journal),
        )

        def engine(claims: list[Claim], record: StatementRecord, now: datetime, memory: Memory) -> Outcome:
            if "FAULT" in record.words:
                raise KeyError("a fault in the rules")
            return process(claims, record, rules, settings, now, memory)

        self.step = AlertStep(
            engine, self.table, self.writer, self.outbox, "alerts", console=lambda alert: self.journal.append("console")
        )

    def __call__(self, *values: bytes) -> list[GivenUp]:
        self.journal.clear()
        batch = [Incoming("statements", 0, offset, b"RUR", value) for offset, value in enumerate(values)]
        return asyncio.run(self.step(batch))


def warning(number: int, words: str = "do not build the dam on the river", **more: object) -> bytes:
    now = datetime.now(UTC)
    statement = Statement(
        statement_id=f"s{number}",
        kind="indirect",
        speakers=[Party(name="Ruritania", country="RUR")],
        addressees=[Party(name="Graustark", country="GRA")],
        act="WARN",
        alertable=True,
    )
    return StatementRecord(
        statement=statement,
        words=words,
        evidence=words,
        matter=["build", "dam", "river"],
        article_id=f"a{number}",
        url=f"https://example.org/{number}",
        source=SourceRef(connector="test", id="test"),
        published_at=now,
        fetched_at=now,
        first_seen_at=now,
        **more,  # type: ignore[arg-type]
    ).to_json()


@pytest.fixture
def bench(settings: Settings) -> Bench:
    return Bench(settings)


def test_the_alert_is_out_before_it_is_remembered(bench: Bench) -> None:
    assert bench(warning(1)) == []
    assert bench.journal == ["create", "send", "console", "remember"]


def test_a_repeated_statement_changes_nothing(bench: Bench) -> None:
    bench(warning(1))
    bench(warning(1))
    assert bench.journal == []


def test_another_source_raises_the_alert_and_not_a_new_one(bench: Bench) -> None:
    bench(warning(1))
    bench(warning(2))
    assert bench.journal == ["update", "send", "remember"]
    assert len(bench.writer.alerts) == 1


def test_sources_in_one_batch_make_one_alert(bench: Bench) -> None:
    bench(warning(1), warning(2), warning(3))
    assert bench.journal == ["create", "send", "console", "remember"]
    assert [len(alert.sources) for alert in bench.writer.alerts.values()] == [3]


@pytest.mark.parametrize("where", ["writer", "outbox"])
def test_after_a_crash_before_remembering_the_same_alert_comes_and_is_not_made_twice(bench: Bench, where: str) -> None:
    getattr(bench, where).error = Transient("away")
    with pytest.raises(Transient):
        bench(warning(1))
    assert "remember" not in bench.journal
    getattr(bench, where).error = None
    bench(warning(1))
    assert bench.journal[-1] == "remember"
    assert len(bench.writer.alerts) == 1


def test_backfill_alerts_nobody(bench: Bench) -> None:
    assert bench(warning(1, backfill=True)) == []
    assert bench.writer.alerts == {}


def test_a_statement_that_the_rules_fail_on_is_given_up_alone(bench: Bench) -> None:
    given_up = bench(warning(1, "FAULT"), b"not json", warning(2))
    assert [(one.incoming.offset, one.error_type) for one in given_up] == [(0, "KeyError"), (1, "BadInput")]
    assert len(bench.writer.alerts) == 1


def test_an_alert_that_is_refused_for_good_is_given_up(bench: Bench) -> None:
    bench.writer.error = Terminal("the document is malformed")
    given_up = bench(warning(1))
    assert [one.reason for one in given_up] == ["The alert was refused: the document is malformed"]


def test_the_replay_of_a_statement_raises_the_alert_that_was_refused(bench: Bench) -> None:
    bench.writer.error = Terminal("the document is malformed")
    assert len(bench(warning(1))) == 1
    bench.writer.error = None
    assert bench(warning(1)) == []
    assert bench.journal == ["create", "send", "console", "remember"]
    bench(warning(1))
    assert bench.journal == []


def test_a_wrong_password_is_no_reason_to_give_an_alert_up(bench: Bench) -> None:
    bench.writer.error = BadSetting("Elasticsearch refuses access.")
    with pytest.raises(BadSetting):
        bench(warning(1))
