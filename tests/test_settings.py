"""Settings: where they come from, which source wins, what an unusable one says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import BadSetting
from pipeline.settings import load_settings, reference

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _no_settings_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DEMARCHE_CONFIG", "DEMARCHE_KAFKA", "DEMARCHE_BATCH_SIZE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DEMARCHE_HOME", str(tmp_path / "home"))


def test_environment_wins_over_file_and_file_over_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    servers = {"kafka": {"address": "127.0.0.1:1"}, "elasticsearch": {"address": "http://127.0.0.1:2"}}
    (tmp_path / "home" / "servers.json").write_text(json.dumps(servers))
    assert load_settings().kafka == "127.0.0.1:1"
    (tmp_path / "demarche.toml").write_text('kafka = "file:1"\n')
    assert load_settings().kafka == "file:1"
    assert load_settings().elasticsearch == "http://127.0.0.1:2"
    monkeypatch.setenv("DEMARCHE_KAFKA", "environment:1")
    assert load_settings().kafka == "environment:1"


def test_a_bad_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMARCHE_BATCH_SIZE", "many")
    with pytest.raises(BadSetting, match="'batch_size'"):
        load_settings()


def test_an_unknown_key_in_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "demarche.toml").write_text('kafak = "127.0.0.1:1"\n')
    with pytest.raises(BadSetting, match="'kafak'"):
        load_settings()


def test_a_settings_file_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMARCHE_CONFIG", "nowhere.toml")
    with pytest.raises(BadSetting, match=r"nowhere\.toml"):
        load_settings()


def test_the_page_is_the_table() -> None:
    """Made by `python -m pipeline.settings > docs/settings.md`."""
    assert (ROOT / "docs" / "settings.md").read_text("utf8") == reference()
