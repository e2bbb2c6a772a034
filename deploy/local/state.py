"""`<home>/servers.json`: what runs, where, under which process id. Settings read the addresses from it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from deploy.local.processes import Process
from pipeline.errors import Terminal
from pipeline.settings import SERVERS_FILE


class State(BaseModel):
    """Servers that became ready, by name, and those that a command is starting right now."""

    kafka: Process | None = None
    elasticsearch: Process | None = None
    workers: Process | None = None
    starting: dict[str, Process] = Field(default_factory=dict)

    def of(self, name: str) -> Process | None:
        process: Process | None = getattr(self, name)
        return process


class StateFile:
    """The file, read and written whole; `locked` keeps a second `up` or `down` out."""

    def __init__(self, home: Path) -> None:
        self.path = home / SERVERS_FILE

    def read(self) -> State:
        try:
            return State.model_validate_json(self.path.read_text("utf8"))
        except FileNotFoundError:
            return State()
        except (ValidationError, UnicodeDecodeError) as error:
            raise Terminal(
                f"{self.path} is damaged, so it is not known what runs.",
                "End the servers by hand (pgrep -af java), then delete the file.",
            ) from error

    def write(self, state: State) -> None:
        content = state.model_dump(mode="json", exclude_none=True)
        if not content["starting"]:
            del content["starting"]
        if not content:
            self.path.unlink(missing_ok=True)
            return
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(content, indent=1) + "\n", "utf8")
        new.chmod(0o644)
        new.replace(self.path)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Only one command at a time changes servers; the kernel frees the lock of one that was killed."""
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Terminal(
                    f"Another command is starting or stopping the servers of {self.path.parent}.",
                    "Wait until it has finished, then try again.",
                ) from error
            yield
        finally:
            os.close(descriptor)
