from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.metrics import Counters
from pipeline.stream.progress import IDLE_AFTER_S, STUCK_AFTER_S, Progress


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(tmp_path: Path, clock: Clock) -> Progress:
    return Progress(tmp_path / "state" / "worker-1.json", Counters(), clock)


def test_a_step_that_leaves_messages_lying_is_stuck(progress: Progress, clock: Clock) -> None:
    progress.set_lag({"enrich": 3, "index": 0})
    clock.now += STUCK_AFTER_S + 1
    progress.done("index")
    assert progress.stuck() == ["enrich"]


def test_a_step_at_work_has_longer_than_one_that_does_nothing(progress: Progress, clock: Clock) -> None:
    progress.set_lag({"enrich": 3, "index": 3}, at_work={"enrich"})
    clock.now += IDLE_AFTER_S + 1
    assert progress.stuck() == ["index"]


def test_a_step_without_messages_or_that_says_what_it_waits_for_is_not(progress: Progress, clock: Clock) -> None:
    progress.set_lag({"enrich": 0, "index": 9})
    progress.waiting("index", "Elasticsearch is away.")
    clock.now += STUCK_AFTER_S + 1
    assert progress.stuck() == []
    assert progress.going_on("index")
    assert progress.stuck() == ["index"]


def test_messages_that_come_after_a_quiet_night_leave_time_to_do_them(progress: Progress, clock: Clock) -> None:
    clock.now += 10 * STUCK_AFTER_S
    progress.set_lag({"enrich": 0})
    clock.now += 2
    progress.set_lag({"enrich": 5})
    assert progress.stuck() == []


def test_the_file_tells_lag_progress_and_what_is_waited_for(progress: Progress, tmp_path: Path) -> None:
    progress.set_lag({"index": 4})
    progress.done("index")
    progress.waiting("index", "Elasticsearch is away.")
    progress.write("running", enriching_pids=[1])
    written = json.loads((tmp_path / "state" / "worker-1.json").read_text())
    assert written["state"] == "running"
    assert written["steps"]["index"]["lag"] == 4
    assert written["steps"]["index"]["last_progress_at"].endswith("Z")
    assert written["steps"]["index"]["waits_for"] == "Elasticsearch is away."
    assert written["enriching_pids"] == [1]
