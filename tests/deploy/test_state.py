"""servers.json: what other commands read, and who may change it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from deploy.local.processes import describe
from deploy.local.state import State, StateFile
from pipeline.errors import Terminal
from pipeline.settings import load_settings


def test_settings_read_the_addresses_that_up_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEMARCHE_KAFKA", "DEMARCHE_ELASTICSEARCH"):
        monkeypatch.delenv(name, raising=False)
    kafka = describe(os.getpid(), "token", tmp_path / "log", address="127.0.0.1:9099")
    StateFile(tmp_path).write(State(kafka=kafka))
    assert load_settings(home=tmp_path).kafka == "127.0.0.1:9099"
    assert StateFile(tmp_path).read().kafka == kafka


def test_a_server_that_is_still_starting_is_not_offered_to_others(tmp_path: Path) -> None:
    kafka = describe(os.getpid(), "token", tmp_path / "log", address="127.0.0.1:9099")
    StateFile(tmp_path).write(State(starting={"kafka": kafka}))
    assert "kafka" not in json.loads((tmp_path / "servers.json").read_text())
    assert StateFile(tmp_path).read().starting == {"kafka": kafka}


def test_no_file_is_left_when_nothing_runs(tmp_path: Path) -> None:
    file = StateFile(tmp_path)
    file.write(State(workers=describe(os.getpid(), "token", tmp_path / "log")))
    file.write(State())
    assert not file.path.exists()
    assert file.read() == State()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"kafka": {"pid": "many"}}'])
def test_a_damaged_file_is_one_clear_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "servers.json").write_bytes(content)
    with pytest.raises(Terminal, match="damaged"):
        StateFile(tmp_path).read()


def test_a_second_command_at_the_same_time_is_refused(tmp_path: Path) -> None:
    second = StateFile(tmp_path).locked()
    with StateFile(tmp_path).locked(), pytest.raises(Terminal, match="Another command"):
        second.__enter__()
    with StateFile(tmp_path).locked():
        pass
