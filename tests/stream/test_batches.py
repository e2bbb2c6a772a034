"""Nothing of a batch is done with before it is durably done or a dead letter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.dead_letters import Incoming
from pipeline.errors import BadSetting, Terminal, Transient
from pipeline.metrics import Counters
from pipeline.stream.batches import FAULTS_ALLOWED, LONGEST_PAUSE_S, Batches, GivenUp, NotOurs
from pipeline.stream.progress import Progress

Make = Callable[..., Incoming]


class FakeStep:
    """Does what `answers` says for an offset: an error to raise, a list of errors to raise in turn, or nothing."""

    name = "fake"

    def __init__(self, answers: dict[int, object] | None = None) -> None:
        self.answers = answers or {}
        self.done: list[int] = []
        self.calls: list[list[int]] = []

    async def __call__(self, batch: Sequence[Incoming]) -> list[GivenUp]:
        self.calls.append([message.offset or 0 for message in batch])
        given_up = []
        for message in batch:
            answer = self.answers.get(message.offset or 0)
            if isinstance(answer, list):
                answer = answer.pop(0) if answer else None
            if isinstance(answer, Exception):
                raise answer
            if isinstance(answer, str):
                given_up.append(GivenUp(message, answer, "BadInput"))
        self.done += self.calls[-1]
        return given_up


class Bench:
    """A Batches with everything around it faked and watched."""

    def __init__(self, step: FakeStep, tmp_path: Path) -> None:
        self.buried: list[tuple[int | None, str]] = []
        self.bury_errors: list[Exception] = []
        self.pauses: list[float] = []
        self.lost: set[int] = set()
        self.counters = Counters()
        self.progress = Progress(tmp_path / "worker.json", self.counters)
        self.batches = Batches(
            step,
            bury=self._bury,
            ours=lambda message: message.offset not in self.lost,
            counters=self.counters,
            progress=self.progress,
            sleep=self._sleep,
        )

    async def _bury(self, step: str, given_up: GivenUp) -> None:
        if self.bury_errors:
            raise self.bury_errors.pop(0)
        self.buried.append((given_up.incoming.offset, given_up.reason))

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def carry(self, *messages: Incoming) -> None:
        asyncio.run(self.batches.carry(messages))


def test_what_a_step_gives_up_on_is_buried_and_the_rest_is_done(incoming: Make, tmp_path: Path) -> None:
    step = FakeStep({2: "no good"})
    bench = Bench(step, tmp_path)
    bench.carry(incoming(1), incoming(2), incoming(3))
    assert step.done == [1, 2, 3]
    assert bench.buried == [(2, "no good")]
    assert bench.counters.received["fake"] == 3
    assert bench.counters.dropped["fake", "BadInput"] == 1


@pytest.mark.parametrize("error", [Transient("away"), BadSetting("the password is wrong")])
def test_a_server_that_is_away_is_waited_for(incoming: Make, tmp_path: Path, error: Exception) -> None:
    step = FakeStep({1: [error] * 8})
    bench = Bench(step, tmp_path)
    bench.carry(incoming(1))
    assert step.done == [1]
    assert bench.buried == []
    assert bench.pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert max(bench.pauses) == LONGEST_PAUSE_S


def test_waiting_is_logged_once(incoming: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Bench(FakeStep({1: [Transient("Elasticsearch is away.")] * 5}), tmp_path).carry(incoming(1))
    assert caplog.text.count("Elasticsearch is away.") == 1


def test_a_message_that_makes_the_step_raise_is_found_and_buried_alone(incoming: Make, tmp_path: Path) -> None:
    step = FakeStep({2: KeyError("boom")})
    bench = Bench(step, tmp_path)
    bench.carry(incoming(1), incoming(2), incoming(3))
    assert step.done == [1, 3]
    assert [offset for offset, _ in bench.buried] == [2]
    assert step.calls.count([2]) == FAULTS_ALLOWED


def test_a_fault_that_passes_costs_nothing(incoming: Make, tmp_path: Path) -> None:
    step = FakeStep({1: [OSError("once")]})
    bench = Bench(step, tmp_path)
    bench.carry(incoming(1))
    assert step.done == [1]
    assert bench.buried == []


def test_a_terminal_error_of_one_message_is_not_repeated(incoming: Make, tmp_path: Path) -> None:
    step = FakeStep({1: Terminal("refused")})
    bench = Bench(step, tmp_path)
    bench.carry(incoming(1))
    assert bench.buried == [(1, "refused")]
    assert step.calls == [[1]]


def test_a_dead_letter_is_tried_until_kafka_has_it(incoming: Make, tmp_path: Path) -> None:
    bench = Bench(FakeStep({1: "no good"}), tmp_path)
    bench.bury_errors = [Transient("away"), Transient("away")]
    bench.carry(incoming(1))
    assert bench.buried == [(1, "no good")]


def test_messages_that_went_to_another_worker_are_left_to_it(incoming: Make, tmp_path: Path) -> None:
    step = FakeStep({1: [Transient("away")] * 99})
    bench = Bench(step, tmp_path)

    async def lose(seconds: float) -> None:
        bench.lost.update({1, 2})

    bench.batches = replace(bench.batches, sleep=lose)
    bench.carry(incoming(1), incoming(2))
    assert step.done == []
    assert bench.buried == []


def test_what_is_left_of_a_batch_is_done_when_a_part_of_it_went(incoming: Make, tmp_path: Path) -> None:
    step = FakeStep({2: [NotOurs()]})
    bench = Bench(step, tmp_path)
    bench.carry(incoming(1), incoming(2))
    assert step.done == [1, 2]
