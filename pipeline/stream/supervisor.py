"""Keeps workers running: starts them, starts those afresh that end, passes the signal to stop on."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

log = logging.getLogger("demarche.run")

STOP_TIMEOUT_S = 20.0
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 60.0
"""A worker that ran this long has recovered: its next restart does not wait for the ones before."""
HOPELESS = frozenset({65, 78})
"""Exit codes of bad input and bad settings: starting again cannot help."""


def worker_command(number: int) -> list[str]:
    # Started like this, the worker's main module has no name, and its own processes import nothing of it.
    return [sys.executable, "-c", f"from pipeline.stream.worker import main; main({number})"]


@dataclass
class _Place:
    """One worker to keep running, and the process that does it now."""

    number: int
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S


class Supervisor:
    """Runs until SIGTERM or SIGINT; `run` returns the exit code."""

    def __init__(self, workers: int, command: Callable[[int], Sequence[str]] = worker_command) -> None:
        self._places = [_Place(number) for number in range(1, workers + 1)]
        self._command = command
        self._stopping = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        code = 0
        try:
            while not self._stopping:
                for place in self._places:
                    code = code or self._look_after(place)
                if code:
                    break
                time.sleep(0.2)
        finally:
            self._end_all()
        return code

    def _stop(self, number: int, frame: object) -> None:
        self._stopping = True

    def _look_after(self, place: _Place) -> int:
        """Start a worker that does not run, when it is time; returns an exit code where that is hopeless."""
        now = time.monotonic()
        if place.process is None:
            if now >= place.start_at:
                self._start(place)
            return 0
        code = place.process.poll()
        if code is None:
            return 0
        place.process = None
        if code in HOPELESS:
            return code
        if now - place.started_at > STEADY_AFTER_S:
            place.pause_s = FIRST_PAUSE_S
        log.warning("Worker %d ended with %s; it starts again in %.0f s.", place.number, _what(code), place.pause_s)
        place.start_at = now + place.pause_s
        place.pause_s = min(2 * place.pause_s, LONGEST_PAUSE_S)
        return 0

    def _start(self, place: _Place) -> None:
        # In a session of its own: Ctrl-C reaches us alone, and we pass it on. The pipe tells it when we are gone.
        place.process = subprocess.Popen(self._command(place.number), stdin=subprocess.PIPE, start_new_session=True)
        place.started_at = time.monotonic()

    def _end_all(self) -> None:
        running = [place.process for place in self._places if place.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("Worker %d did not stop in time and is ended.", process.pid)
                process.kill()
                process.wait()


def _what(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
