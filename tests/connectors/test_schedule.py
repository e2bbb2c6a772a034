"""What is known of a source between two readings, and what its health says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from connectors.base import Refusal, Target
from connectors.http import NotServed, Response, Unavailable
from connectors.network import UnknownHost
from connectors.schedule import MOVED_AFTER, Reading, Schedule, State, after, health_of
from connectors.sources import Source
from pipeline.errors import BadInput, DemarcheError, Transient
from pipeline.settings import Settings

from .test_feeds import NoPages

SOURCE = Source(url="https://gazette.example/feed")
START = datetime(2025, 6, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Told:
    """A source whose readings a test tells."""

    def __init__(self, source: Source = SOURCE) -> None:
        self.source = source
        self.now = START
        self.state = State(added_at=START.timestamp())

    def read(
        self,
        *new: datetime,
        error: DemarcheError | None = None,
        refusals: tuple[Refusal, ...] = (),
        permanent: str = "",
        status: int = 200,
        reach_s: float | None = None,
        **headers: str,
    ) -> State:
        target = Target(self.source.url, Settings(), NoPages(), self.now, self.source, self.state.moved_to)
        target.answer = Response(self.source.url, status, httpx.Headers(headers), b"", permanent or self.source.url)
        target.reach_s = reach_s
        reading = Reading(
            started_at=self.now,
            ended_at=self.now.timestamp(),
            new_at=list(new),
            refusals=list(refusals),
            failure=Refusal.of(self.source.url, error) if error else None,
        )
        self.state = after(self.state, self.source, target, Settings(), reading)
        return self.state

    @property
    def pause_min(self) -> float:
        return (self.state.due_at - self.now.timestamp()) / 60

    @property
    def health(self) -> str:
        return health_of(self.source, self.state, self.now.timestamp()).state


def test_the_rhythm_of_what_came() -> None:
    told = Told()
    told.read(*(START - HOUR * at for at in range(1, 49)))
    assert 60 <= told.pause_min <= 66, "the latest that the settings allow, and an article an hour"
    told.read(*(START - timedelta(minutes=at) for at in range(240)))
    assert 10 <= told.pause_min <= 20
    assert told.state.article_count == 288


def test_articles_without_a_date_in_the_first_list_say_nothing_about_the_rhythm() -> None:
    told = Told()
    told.read(*[START] * 100)
    assert told.pause_min >= 60
    told.now += HOUR
    told.read(*[told.now] * 100)
    assert told.pause_min <= 6


def test_a_list_that_scrolls_fast_is_asked_before_it_has_scrolled_by() -> None:
    told = Told()
    told.read(START - HOUR / 2, reach_s=1800.0)
    assert 15 <= told.pause_min <= 17


def test_ones_own_pace() -> None:
    told = Told(Source(url=SOURCE.url, every_min=15))
    told.read(cache_control="max-age=36000")
    assert 15 <= told.pause_min <= 16.5


def test_a_folder_is_looked_at_all_the_time_also_when_it_is_not_there() -> None:
    told = Told(Source(url="file:///srv/drop", kind="folder"))
    told.read()
    assert told.pause_min < 0.3
    told.read(error=BadInput("The folder is not there."))
    assert told.pause_min < 0.3
    assert told.health == "failing"


def test_failures_are_counted_reported_and_forgotten() -> None:
    told = Told()
    told.read(START)
    for count in (1, 2, 3):
        told.now += HOUR
        told.read(error=NotServed("It answers with status 404.", "", 404))
        assert told.state.failure_count == count
    assert told.health == "failing"
    record = health_of(SOURCE, told.state, told.now.timestamp())
    assert "status 404" in (record.last_error or "")
    assert record.last_success_at == START
    assert 60 <= told.pause_min <= 66
    told.now += HOUR
    told.read()
    assert (told.health, told.state.failure_count, told.state.last_error) == ("ok", 0, None)


def test_a_quiet_source_that_missed_a_beat_is_asked_again_soon() -> None:
    told = Told()
    told.read()
    assert told.pause_min >= 60
    for error, soonest in (
        (UnknownHost("x"), 5),
        (Unavailable("503", "", 503, None), 15),
        (NotServed("404", "", 404), 35),
    ):
        told.read(error=error)
        assert soonest <= told.pause_min <= 1.1 * soonest


def test_a_day_without_dns_does_not_cost_another_day() -> None:
    told = Told()
    told.read(*(START - timedelta(minutes=10) * at for at in range(100)))
    while told.now < START + timedelta(days=1):
        told.now = datetime.fromtimestamp(told.state.due_at, UTC)
        told.read(error=UnknownHost("The host cannot be found."))
    assert told.pause_min < 150


def test_retry_after_is_honoured() -> None:
    told = Told()
    told.read(error=Unavailable("503", "", 503, 5 * 3600.0))
    assert told.pause_min >= 300


def test_a_permanent_move_is_believed_when_it_lasts_and_only_while_it_works() -> None:
    told, new = Told(), "https://news.example/feed"
    for _ in range(MOVED_AFTER - 1):
        assert told.read(permanent=new).moved_to is None
    told.read()
    for _ in range(MOVED_AFTER):
        assert told.state.moved_to is None
        told.read(permanent=new, status=304)
    assert told.state.moved_to == new
    told.read(permanent=new)
    assert told.state.moved_to == new
    told.read(error=Unavailable("503", "", 503, None))
    assert told.state.moved_to == new
    told.read(error=NotServed("404", "", 404))
    assert told.state.moved_to is None


@pytest.mark.parametrize(
    "keys, gap, silent_after",
    [
        ({}, timedelta(minutes=30), timedelta(days=1)),
        ({}, timedelta(hours=12), timedelta(days=5)),
        ({"silent_after_h": 2}, timedelta(minutes=30), timedelta(hours=2)),
    ],
)
def test_longer_silent_than_usual(keys: dict, gap: timedelta, silent_after: timedelta) -> None:
    told = Told(Source(url=SOURCE.url, **keys))
    told.read(*(START - gap * at for at in range(12)))
    told.now += silent_after - HOUR
    told.read()
    assert told.health == "ok"
    told.now += 2 * HOUR
    told.read()
    assert told.health == "silent"
    told.read(told.now)
    assert told.health == "ok"


def test_what_was_refused_stays_in_view_until_the_list_is_read_again() -> None:
    told = Told()
    told.read(START, refusals=(Refusal("https://gazette.example/a", "It has no text."),))
    told.read(status=304)
    assert (told.state.refused_count, told.state.last_refusal) == (1, "https://gazette.example/a: It has no text.")
    told.read()
    assert told.state.refused_count == 0


def test_articles_a_day() -> None:
    told = Told()
    told.read(*(START - timedelta(hours=4) * at for at in range(1, 40)))
    assert health_of(SOURCE, told.state, told.now.timestamp()).articles_a_day == pytest.approx(6, rel=0.1)


def test_the_state_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "state" / "sources.sqlite"
    told = Told()
    told.read(START, reach_s=100.0)
    with Schedule(path) as schedule:
        schedule.save(SOURCE.url, told.state)
        schedule.save("https://b.example/", told.state)
        schedule.remove("https://b.example/")
    with Schedule(path) as schedule:
        assert schedule.states() == {SOURCE.url: told.state}
        with schedule.use() as db:
            db.execute("UPDATE schedule SET state = '{}'")
        assert schedule.states() == {}, "a row of another version counts for nothing"
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Transient, match="cannot be used"):
        Schedule(tmp_path / "file" / "sources.sqlite")
