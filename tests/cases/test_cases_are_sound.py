"""The cases are sound: spans, names of acts and statuses, one plan for both halves of a set, no shared wording."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from pipeline.records import WARNING_ACTS, Act, Status

HERE = Path(__file__).parent
SETS = ("speech_acts", "wordings", "plain_words", "unseen", "wire")
HALVES = ("tuned", "kept")
FILES = [(name, half) for name in SETS for half in HALVES]
ROW_KEYS = {"id", "kind", "subkind", "text", "acts"}
SPANS = {"speaker", "relay", "addressee", "about"}
ACT_KEYS = SPANS | {"act", "status", "alert", "polarity", "speaker_actor", "addressee_actor"}
MORE_SPANS = {"speaker_antecedent", "addressee_antecedent"}
MORE_KEYS = MORE_SPANS | {"act_alt", "speaker_side", "speaker_alt", "addressee_side", "addressee_alt", "note"}
ACTS = {*get_args(Act), "NONE"}
STATUSES = {*get_args(Status), "none"}
# Names of bodies may be shared ("the Organization of American States"), a clause may not.
SHARED_WORDS = 6


def read(name: str, half: str) -> list[dict[str, Any]]:
    lines = (HERE / f"{name}.{half}.jsonl").read_text("utf8").splitlines()
    return [json.loads(line) for line in lines]


ROWS = {file: read(*file) for file in FILES}
ALL_ACTS = [(row, act) for rows in ROWS.values() for row in rows for act in row["acts"]]


def spans(act: dict[str, Any]) -> list[dict[str, Any]]:
    return [act[key] for key in sorted(SPANS | MORE_SPANS) if act.get(key)]


def wordings(text: str) -> Iterator[str]:
    """Runs of words within each sentence; a shorter sentence whole, but for one like "he said"."""
    for sentence in re.split(r"(?<=[.?!”\"])\s+|\n+", text):
        words = re.findall(r"\w+", sentence.casefold())
        if len(words) < 3:
            continue
        for start in range(max(1, len(words) - SHARED_WORDS + 1)):
            yield " ".join(words[start : start + SHARED_WORDS])


def test_spans_equal_their_text_and_cut_no_word() -> None:
    for row, act in ALL_ACTS:
        text = row["text"]
        for slot in spans(act):
            start, end = slot["span"]
            assert text[start:end] == slot["text"] != "", row["id"]
            assert not re.search(r"\w$", text[:start]), (row["id"], slot)
            assert not re.match(r"\w", text[end:]), (row["id"], slot)


def test_keys_and_values_are_from_the_allowed_sets() -> None:
    assert all(row.keys() == ROW_KEYS and row["acts"] for rows in ROWS.values() for row in rows)
    for row, act in ALL_ACTS:
        assert ACT_KEYS <= act.keys() <= ACT_KEYS | MORE_KEYS, row["id"]
        assert {act["act"], *act.get("act_alt", [])} <= ACTS, row["id"]
        assert act["act"] not in act.get("act_alt", []), row["id"]
        assert act["status"] in STATUSES, row["id"]
        assert act["alert"] in {"yes", "no", "maybe"}, row["id"]
        assert act["polarity"] in {-1, 0, 1}, row["id"]


def test_labels_agree_with_one_another() -> None:
    for row, act in ALL_ACTS:
        if act["act"] == "NONE":
            assert row["acts"] == [act], row["id"]
            assert not spans(act), row["id"]
        if act["alert"] != "no":
            assert act["act"] in WARNING_ACTS, row["id"]
            assert act["speaker"], row["id"]
        if act["alert"] == "yes":
            assert act["status"] == "asserted", row["id"]
        for role in ("speaker", "addressee"):
            named = act[f"{role}_actor"] or act.get(f"{role}_antecedent")
            assert act[role] or not named, (row["id"], role)


@pytest.mark.parametrize("file", FILES)
def test_ids_are_unique_and_name_their_half(file: tuple[str, str]) -> None:
    prefix = file[1] if file[0] == "speech_acts" else "-".join(file)
    assert [row["id"] for row in ROWS[file]] == [f"{prefix}-{n:03d}" for n in range(1, len(ROWS[file]) + 1)]


@pytest.mark.parametrize("name", SETS)
def test_halves_follow_one_plan(name: str) -> None:
    tuned, kept = ([(row["kind"], row["subkind"]) for row in ROWS[name, half]] for half in HALVES)
    assert tuned == kept


def test_halves_share_no_sentence_and_no_clause() -> None:
    tuned, kept = (
        {run for name in SETS for row in ROWS[name, half] for run in wordings(row["text"])} for half in HALVES
    )
    assert not tuned & kept


@pytest.mark.parametrize("file", FILES)
def test_no_sentence_comes_twice(file: tuple[str, str]) -> None:
    texts = [row["text"] for row in ROWS[file]]
    assert len(set(texts)) == len(texts)
