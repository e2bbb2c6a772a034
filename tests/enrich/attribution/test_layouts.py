"""Layouts that name the speaker without a verb."""

from __future__ import annotations

import pytest

from tests.enrich.attribution.reading import contents, said_by

LAYOUTS = {
    "headline": ("Novak: Port will not be sold", "Novak", ["Port will not be sold"]),
    "signature": ("“No dam will stand here.” — Petra Novak", "Petra Novak", ["“No dam will stand here.”"]),
    "transcript": ("NOVAK: We will not sell the port.", "NOVAK", ["We will not sell the port."]),
    "transcript with a remark": (
        "NOVAK (through an interpreter): We will not sell the port.", "NOVAK", ["We will not sell the port."],
    ),
}  # fmt: skip


BESIDE = {
    "another cue's": "“Back off”: Manila's warning to Beijing, “or pay the price”",
    "free again": "“Back off” - Manila to Beijing, adding, “or pay the price”",
}


@pytest.mark.parametrize("text", BESIDE.values(), ids=BESIDE)
def test_what_else_a_headline_quotes_is_not_lost(text: str) -> None:
    assert [words for content in contents(text) for words in content] == ["“Back off”", "“or pay the price”"]


@pytest.mark.parametrize(("text", "speaker", "content"), LAYOUTS.values(), ids=LAYOUTS)
def test_the_layout_names_the_speaker(text: str, speaker: str, content: list[str]) -> None:
    assert speaker in [source for _, source in said_by(text)]
    assert contents(text) == [content]
