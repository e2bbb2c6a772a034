from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.stream import supervisor
from pipeline.stream.supervisor import Supervisor


@pytest.fixture(autouse=True)
def keep_signal_handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.1)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def _script(path: Path, then: str) -> list[str]:
    return [
        sys.executable,
        "-c",
        f"import os, sys, time\nopen({str(path)!r}, 'a').write(f'{{os.getpid()}}\\n')\n{then}",
    ]


def _stop_when(condition: object) -> None:
    def watch() -> None:
        deadline = time.monotonic() + 20
        while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def test_a_worker_that_ends_is_started_again_and_all_end_on_sigterm(tmp_path: Path) -> None:
    log = tmp_path / "starts"
    _stop_when(lambda: len(_lines(log)) >= 3)
    assert Supervisor(1, lambda number: _script(log, "sys.exit(3)")).run() == 0
    assert len(_lines(log)) >= 3


def test_every_worker_is_told_to_stop(tmp_path: Path) -> None:
    log = tmp_path / "starts"
    _stop_when(lambda: len(_lines(log)) == 2)
    assert Supervisor(2, lambda number: _script(log, "time.sleep(60)")).run() == 0
    for pid in map(int, _lines(log)):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_bad_setting_ends_it_all(tmp_path: Path) -> None:
    log = tmp_path / "starts"
    assert Supervisor(1, lambda number: _script(log, "sys.exit(78)")).run() == 78
    assert len(_lines(log)) == 1
