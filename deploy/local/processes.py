"""Processes that outlive the command which started them: start, recognise, end.

A process id alone proves nothing: the kernel hands it out again. A process is ours if it also started at the recorded
moment of the recorded boot. Children (a pool of workers) carry a token in their environment, which finds them even
when their parent has died.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from deploy.local.account import Account
from pipeline.errors import Terminal

TOKEN = "DEMARCHE_PROCESS"  # noqa: S105 - marks our children, protects nothing
PROC = Path("/proc")


class Process(BaseModel):
    """What must be known of a process to find it again, to end it, and to show its log."""

    model_config = ConfigDict(extra="allow")

    pid: int
    identity: str
    token: str
    log: Path
    started_at: datetime
    address: str | None = None
    version: str | None = None

    @property
    def alive(self) -> bool:
        return identity(self.pid) == self.identity


@cache
def _boot() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()


def identity(pid: int) -> str | None:
    """Boot and start time of a process, None if there is none (or only its unread exit code)."""
    try:
        # The name, in parentheses, may hold anything: count fields from behind it.
        fields = (PROC / str(pid) / "stat").read_text("utf8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    state, start_ticks = fields[0], fields[19]
    return None if state in "ZX" else f"{_boot()}/{start_ticks}"


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    cwd: Path,
    account: Account | None = None,
) -> tuple[subprocess.Popen[bytes], Process]:
    """Start a process in a session of its own, so that neither Ctrl-C nor a closed terminal ends it."""
    token = uuid.uuid4().hex
    as_user: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    with log.open("ab") as output:
        if account:
            os.fchown(output.fileno(), account.uid, account.gid)
        popen = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={**environment, TOKEN: token},
            start_new_session=True,
            umask=0o022,
            **as_user,
        )
    return popen, describe(popen.pid, token, log)


def describe(pid: int, token: str, log: Path, **more: Any) -> Process:
    return Process(pid=pid, identity=identity(pid) or "", token=token, log=log, started_at=datetime.now(UTC), **more)


def family(token: str) -> list[int]:
    """Ids of all living processes that were started with this token."""
    mark = f"{TOKEN}={token}".encode()
    found = []
    for folder in PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            marked = mark in (folder / "environ").read_bytes().split(b"\0")
        except OSError:  # gone meanwhile, or another user's
            continue
        if marked and identity(int(folder.name)):
            found.append(int(folder.name))
    return found


def stop(process: Process, patience_s: float = 60) -> None:
    """End the process and all its children: ask, wait, and only then force. Returns when nothing of it is left."""
    if process.alive:
        _signal(process.pid, signal.SIGTERM)
        wait_until(lambda: not process.alive, patience_s)
    for pid in family(process.token):
        _signal(pid, signal.SIGKILL)
    if not wait_until(lambda: not family(process.token), 10):
        raise Terminal(f"Process {process.pid} does not end.", f"Look at it with: ps -fp {process.pid}")


def wait_until(condition: Any, patience_s: float, every_s: float = 0.1) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
    except PermissionError as error:
        raise Terminal(f"Process {pid} belongs to another user.", "End it as the user who started it.") from error
