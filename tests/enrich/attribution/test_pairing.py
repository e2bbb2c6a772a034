"""Quotations beside a cue, and the cues that bring them or a clause."""

from __future__ import annotations

import pytest

from tests.enrich.attribution.reading import contents, said_by

SPLIT = {
    "a clause and a quotation": (
        "If the tide table was never printed, Berg said, the reason is plain: “Nobody asked for it.”",
        ["If the tide table was never printed", "the reason is plain: “Nobody asked for it.”"],
    ),
    "a quotation and its verb": (
        "“Only you, Dinah,” she said, would use the day to praise the mayor.",
        ["“Only you, Dinah,”", "would use the day to praise the mayor"],
    ),
    "two quotations around the cue": (
        "“We leave,” Berg said, “and we will not come back.”",
        ["“We leave,”", "“and we will not come back.”"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SPLIT.values(), ids=SPLIT)
def test_contents_in_several_parts(text: str, expected: list[str]) -> None:
    assert expected in contents(text)


CUES = {
    "verb": ("Berg said the port would close.", "said", "Berg"),
    "inverted": ("“The port will close,” said Petra Novak.", "said", "Petra Novak"),
    "in the middle": ("The port, Berg said, will close on Friday.", "said", "Berg"),
    "in a statement": ("In a statement, the ministry said the port would close.", "said", "the ministry"),
    "noun with a possessor": ("His warning that the port would close shook the town.", "warning", "His"),
    "noun with a light verb": ("Berg issued a stern warning to Oslo over the port.", "issued a stern warning", "Berg"),
    "infinitive": ("Berg urged Oslo to keep the port open.", "urged", "Berg"),
    "passive": ("Oslo was warned by Brussels that the loans could be frozen.", "warned", "Brussels"),
    "question": ("Berg asked whether the port would close.", "asked", "Berg"),
    "put it": ("The port is “a heap of rust,” as Berg put it.", "put it", "Berg"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "cue", "source"), CUES.values(), ids=CUES)
def test_kinds_of_cue(text: str, cue: str, source: str) -> None:
    assert (cue, source) in said_by(text)


def test_a_title_in_marks_is_no_speech() -> None:
    text = "On the radio show “Morning Calls,” Karin Oduya said the budget's “holes” and “tricks” are out of hand."
    assert ["the budget's “holes” and “tricks” are out of hand"] in contents(text, outermost=False)


@pytest.mark.parametrize(
    "text",
    [
        "The so-called “red line” runs along the river.",
        "Marco “Shorty” Bell won the cup.",
        "Her film “The Long Thaw” opens on Friday, and critics wait.",
    ],
)
def test_scare_quotes_titles_and_nicknames_are_nobodys_speech(text: str) -> None:
    assert contents(text) == []


@pytest.mark.parametrize("text", ["Berg held a rally in the harbour.", "The strike began a long summer of fog."])
def test_words_of_many_senses_report_nothing_alone(text: str) -> None:
    assert contents(text) == []
