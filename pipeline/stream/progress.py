"""How far a worker is, in a file of its own that `demarche status` can show and a health check can judge.

Liveness is progress: a worker is stuck when messages wait for a step and it has finished none for a while, unless it
says itself what it waits for. A step at work has longer than one that does nothing though messages wait.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.metrics import Counters

WRITE_EVERY_S = 2.0
STUCK_AFTER_S = 600.0
IDLE_AFTER_S = 30.0


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Progress:
    """When each step last finished a batch, what it waits for, and how many messages wait for it."""

    def __init__(self, path: Path, counters: Counters, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._counters = counters
        self._clock = clock
        self._started_at = clock()
        self._done_at: dict[str, float] = {}
        self._waits_for: dict[str, str] = {}
        self._lag: dict[str, int] = {}
        self._idle_at: dict[str, float] = {}
        self._at_work: frozenset[str] = frozenset()

    def done(self, step: str) -> None:
        self._done_at[step] = self._clock()

    def waiting(self, step: str, reason: str) -> bool:
        """Note what a step waits for; True where it did not wait before."""
        news = step not in self._waits_for
        self._waits_for[step] = reason
        return news

    def going_on(self, step: str) -> bool:
        """Note that a step waits no more; True where it did."""
        return self._waits_for.pop(step, None) is not None

    def set_lag(self, lag: Mapping[str, int], at_work: Collection[str] = ()) -> None:
        """Note how many messages wait for each step, and which steps are busy with some."""
        now = self._clock()
        self._lag = dict(lag)
        self._at_work = frozenset(at_work)
        self._idle_at.update({step: now for step, messages in lag.items() if messages == 0})

    def stuck(self) -> list[str]:
        """The steps that should have moved and did not."""
        return [step for step, lag in self._lag.items() if lag and step not in self._waits_for and self._stands(step)]

    def _stands(self, step: str) -> bool:
        patience_s = STUCK_AFTER_S if step in self._at_work else IDLE_AFTER_S
        return self._clock() - self._last_moved(step) > patience_s

    def _last_moved(self, step: str) -> float:
        return max(self._started_at, self._done_at.get(step, 0.0), self._idle_at.get(step, 0.0))

    def as_dict(self, state: str) -> dict[str, Any]:
        steps = sorted({*self._lag, *self._done_at, *self._waits_for})
        return {
            "pid": os.getpid(),
            "state": state,
            "started_at": _iso(self._started_at),
            "updated_at": _iso(self._clock()),
            "steps": {
                step: {
                    "lag": self._lag.get(step),
                    "last_progress_at": _iso(self._done_at[step]) if step in self._done_at else None,
                    "waits_for": self._waits_for.get(step),
                }
                for step in steps
            },
            "counters": self._counters.as_dict(),
        }

    def write(self, state: str, **more: Any) -> None:
        """Replace the file in one move, so that a reader never sees half of it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({**self.as_dict(state), **more}, indent=1), "utf8")
        fresh.replace(self._path)
