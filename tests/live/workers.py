"""Workers of their own process on the real servers, which a test starts and kills, and what it waits for them to do."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from elasticsearch import Elasticsearch

from pipeline.settings import Settings

WORKER = Path(__file__).parent / "stream_worker.py"
PATIENCE_S = 90.0


class Workers:
    """Starts the worker, as often as it is killed, and stops it in the end."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment = environment
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self.environment | environment,
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int | None:
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.terminate()
        return self.process.wait(30)


def eventually(what: Callable[[], object], wanted: object, patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    found = what()
    while found != wanted and time.monotonic() < deadline:
        time.sleep(0.5)
        found = what()
    assert found == wanted


def count(client: Elasticsearch, settings: Settings, kind: str) -> int:
    name = f"{settings.index_prefix}-{kind}"
    client.indices.refresh(index=name)
    number: int = client.count(index=name)["count"]
    return number
