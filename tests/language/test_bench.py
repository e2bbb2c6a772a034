"""`demarche bench model` measures what it was given, and says what is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from spacy.language import Language

from pipeline.commands.bench import bench
from pipeline.errors import BadInput
from pipeline.language.speed import Speed, measure_speed

TEXT = "The ministry in Oslo said on Monday that the ferries would sail again. "


def run(*args: str) -> str:
    result = CliRunner().invoke(bench, ["model", "--model", "fast", *args], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.output


def test_it_reads_until_there_are_words_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.commands.bench._keep_to_one_core", lambda: None)
    (tmp_path / "a.txt").write_text(TEXT * 3, encoding="utf8")
    said = run("--words", "500", str(tmp_path / "a.txt"))
    found = re.fullmatch(
        r"en_demarche_fast-[\d.]+: ([\d,]+) words a second on one core \(([\d,]+) words in .*\), (\d+) MB.*\n", said
    )
    assert found, said
    speed, words, memory = (int(number.replace(",", "")) for number in found.groups())
    assert speed > 0
    assert 500 <= words < 700
    assert memory > 50


def test_files_without_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="no text"):
        run(str(tmp_path / "empty.txt"))
    with pytest.raises(BadInput, match=r"binary\.txt"):
        run(str(tmp_path / "binary.txt"))


def test_words_are_counted_without_blanks(fast: Language) -> None:
    assert measure_speed(fast, ["One two.\n\n Three"] * 4).words == 16
    assert Speed(words=300, seconds=0.1, peak_memory_mb=1).words_per_s == 3000
