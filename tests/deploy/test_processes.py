"""Processes that outlive their parent: recognised by more than a number, ended with all their children."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.processes import Process, describe, family, identity, spawn, stop, wait_until

# A parent that ignores nothing, with a child that ignores the polite signal.
FAMILY = """
import signal, subprocess, sys, time
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
subprocess.Popen([sys.executable, "-c", child])
time.sleep(60)
"""


def start(code: str, folder: Path) -> tuple[subprocess.Popen[bytes], Process]:
    return spawn([sys.executable, "-c", code], log=folder / "log", environment=dict(os.environ), cwd=folder)


def test_a_process_is_recognised_by_its_start_and_not_by_its_number() -> None:
    ours = describe(os.getpid(), "token", Path("log"))
    assert ours.alive
    assert not ours.model_copy(update={"identity": "another-boot/1"}).alive


def test_a_recycled_number_is_never_signalled(tmp_path: Path) -> None:
    popen, process = start("import time; time.sleep(60)", tmp_path)
    stranger = process.model_copy(update={"identity": "another-boot/1", "token": "not-theirs"})
    stop(stranger, patience_s=1)
    assert popen.poll() is None, "a process that only shares its number was ended"
    stop(process)
    popen.wait(5)


def test_stopping_ends_children_that_ignore_it(tmp_path: Path) -> None:
    popen, process = start(FAMILY, tmp_path)
    assert wait_until(lambda: b"ready" in (tmp_path / "log").read_bytes(), 20)
    assert len(family(process.token)) == 2
    stop(process, patience_s=5)
    popen.wait(5)
    assert family(process.token) == []


def test_children_are_found_after_their_parent_was_killed(tmp_path: Path) -> None:
    popen, process = start(FAMILY, tmp_path)
    assert wait_until(lambda: b"ready" in (tmp_path / "log").read_bytes(), 20)
    popen.kill()
    popen.wait(5)
    assert not process.alive
    assert len(family(process.token)) == 1
    stop(process)
    assert family(process.token) == []


def test_an_ended_process_whose_exit_code_nobody_read_is_not_alive(tmp_path: Path) -> None:
    popen, process = start("", tmp_path)
    assert wait_until(lambda: not process.alive, 20)
    popen.wait(5)
    assert identity(process.pid) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop to another user")
def test_root_drops_to_the_servers_account_and_leaves_it_the_log(tmp_path: Path) -> None:
    from deploy.local.account import server_account

    account = server_account()
    assert account is not None
    popen, process = spawn(
        ["/bin/sh", "-c", "id -u; id -G"],
        log=tmp_path / "log",
        environment={"PATH": "/usr/bin:/bin"},
        cwd=Path("/"),
        account=account,
    )
    popen.wait(10)
    assert (tmp_path / "log").read_text().split() == [str(account.uid), str(account.gid)]
    assert (tmp_path / "log").stat().st_uid == account.uid
    assert not process.alive
