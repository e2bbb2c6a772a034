"""Learning what words do: an example whose act nobody marked teaches only what it is not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.enrich.recipe.__main__ import Example, fit, ordinary, possible, softmax, vocabulary

ACTS = ["DEMAND", "STATE", "THREATEN", "WARN"]
NOTHING = np.zeros(1, np.float32)


def example(act: str | None, *found: str, line: str = "") -> Example:
    return Example(act, line, frozenset(found), NOTHING)


def test_what_is_ordinary_may_be_anything_but_an_alarm() -> None:
    allowed = possible([example("WARN"), example(None)], ACTS)
    assert allowed.tolist() == [[0, 0, 0, 1], [1, 1, 0, 0]]


def test_ordinary_statements_take_alarm_from_what_they_share_with_threats() -> None:
    x = np.array([[1, 0], [1, 1], [0, 1], [0, 1], [0, 1]] * 5, np.float32)
    marked = possible([example(act) for act in ("THREATEN", "THREATEN", "STATE", "WARN", "DEMAND")] * 5, ACTS)
    shared = np.tile(np.array([[1, 0]], np.float32), (40, 1))
    more = np.vstack([x, shared]), np.vstack([marked, possible([example(None)] * 40, ACTS)])
    before, after = (softmax(shared[:1] @ fit(*rows))[0, 2] for rows in ((x, marked), more))
    assert after < before


def test_only_words_of_lines_written_for_an_act_get_weights() -> None:
    ours = [example("WARN", "word ours", line=str(n)) for n in range(3)]
    theirs = [example(None, "word theirs", line=str(n)) for n in range(9)]
    assert vocabulary([*ours, *theirs]) == ["word ours"]


def test_sentences_without_a_statement_are_left_out_and_each_is_read_once(tmp_path: Path) -> None:
    rows = ["The bridge is old.", "The bridge is old, she said.", "The bridge is old, she said.", "“It is old.”"]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"sentence": row}) + "\n" for row in rows), "utf8")
    assert ordinary(path) == ["The bridge is old, she said.", "“It is old.”"]


def test_a_missing_file_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--ordinary"):
        ordinary(tmp_path / "none.jsonl")
