"""Attributions in sentences of our own, read by the default model: one row for each turn that news takes."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc

from pipeline.enrich.attribution import Attribution, find_attributions
from pipeline.enrich.cues import Cues
from tests.enrich import golden


@lru_cache(maxsize=1)
def cues() -> Cues:
    return Cues.load()


def read(text: str) -> tuple[Doc, list[Attribution]]:
    doc = golden.enricher().nlp(text)
    return doc, find_attributions(doc, cues())


def contents(text: str, *, outermost: bool = True) -> list[list[str]]:
    return [
        [text[start:end] for start, end in a.content]
        for a in read(text)[1]
        if a.content and not (outermost and a.parent)
    ]


MIXED = {
    "a clause goes on after the quoted words": (
        "Berg says there is no rival “on course to win” the second round.",
        ["there is no rival “on course to win” the second round"],
    ),
    "a participle hands over to the narrator": (
        "Berg insisted that he had “saved the harbour,” claiming credit for every new crane.",
        ["that he had “saved the harbour,”"],
    ),
    "a joined cue is the narrator's": (
        "Berg says the deal is “dead” and tells voters that he will walk away.",
        ["the deal is “dead”"],
    ),
    "a contrast is the narrator's": (
        "Berg accuses the board of an “artful lie” while Novak suggests a second audit.",
        ["the board of an “artful lie”"],
    ),
    "where it was said is not what was said": (
        "Berg said the dam was “a disgrace” in an interview with a local station.",
        ["the dam was “a disgrace”"],
    ),
    "the main clause follows": (
        "When Berg said the dam was “a disgrace,” engineers walked out of the hall.",
        ["the dam was “a disgrace,”"],
    ),
    "who is named belongs to it": (
        "Novak called the mayor of the old port “reckless” and left the hall.",
        ["the mayor of the old port “reckless”"],
    ),
    "quoted words begin the clause": (
        "Berg said “local crews” must lead the repairs.",
        ["“local crews” must lead the repairs"],
    ),
    "a reason goes on outside": (
        "Berg says “the whole trade is lost” because of the strike.",
        ["“the whole trade is lost” because of the strike"],
    ),
    "the narrator's words lead in": (
        "Berg said that if the council backs down, “our river is not going to save us.”",
        ["that if the council backs down, “our river is not going to save us.”"],
    ),
    "a title in marks is no speech": (
        "On the radio show “Morning Calls,” Karin Oduya said the budget's “holes” and “tricks” are out of hand.",
        ["the budget's “holes” and “tricks” are out of hand"],
    ),
    "two quoted words in one clause": (
        "Captains should steer clear of terms such as “roughly” and “nearly”, he told reporters.",
        ["Captains should steer clear of terms such as “roughly” and “nearly”"],
    ),
    "a statement that says": (
        "Green Harbour issued a statement saying it closed the pier “because of unsafe cranes.”",
        ["it closed the pier “because of unsafe cranes.”"],
    ),
    "a fronted cue": (
        "While Berg admitted that it was “far from easy” to moor there, his crew has argued that the quay is safe.",
        ["that it was “far from easy” to moor there"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MIXED.values(), ids=MIXED)
def test_a_clause_with_quoted_words(text: str, expected: list[str]) -> None:
    assert expected in contents(text, outermost=False)


SPLIT = {
    "a clause and a quotation": (
        "If the tide table was never printed, Berg said, the reason is plain: “Nobody asked for it.”",
        ["If the tide table was never printed", "the reason is plain: “Nobody asked for it.”"],
    ),
    "a quotation and its verb": (
        "“Only you, Dinah,” she said, would use the day to praise the mayor.",
        ["“Only you, Dinah,”", "would use the day to praise the mayor"],
    ),
    "resumed with but": (
        "“I trust Lars,” she said, but “around boats he is a menace.”",
        ["“I trust Lars,”", "but “around boats he is a menace.”"],
    ),
    "two quotations around the cue": (
        "“We leave,” Berg said, “and we will not come back.”",
        ["“We leave,”", "“and we will not come back.”"],
    ),
    "chants in a row": (
        "The marchers chanted “No new dam” and “Save the river.”",
        ["“No new dam”", "“Save the river.”"],
    ),
    "the narrator ends the clause": (
        "“You pushed your crews to the limit” to raise the price, she said.",
        ["“You pushed your crews to the limit” to raise the price"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SPLIT.values(), ids=SPLIT)
def test_contents_in_several_parts(text: str, expected: list[str]) -> None:
    assert expected in contents(text)


CUES = {
    "verb": ("Berg said the port would close.", "said", "Berg"),
    "inverted": ("“The port will close,” said Petra Novak.", "said", "Petra Novak"),
    "in the middle": ("The port, Berg said, will close on Friday.", "said", "Berg"),
    "according to": ("The port will close, according to the ministry.", "According to", "the ministry"),
    "in a statement": ("In a statement, the ministry said the port would close.", "said", "the ministry"),
    "noun with a possessor": ("His warning that the port would close shook the town.", "warning", "His"),
    "noun with a light verb": ("Berg issued a stern warning to Oslo over the port.", "issued a stern warning", "Berg"),
    "infinitive": ("Berg urged Oslo to keep the port open.", "urged", "Berg"),
    "passive": ("Oslo was warned by Brussels that the loans could be frozen.", "warned", "Brussels"),
    "question": ("Berg asked whether the port would close.", "asked", "Berg"),
    "headline": ("Novak: Port will not be sold", ":", "Novak"),
    "put it": ("The port is “a heap of rust,” as Berg put it.", "put", "Berg"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "cue", "source"), CUES.values(), ids=CUES)
def test_kinds_of_cue(text: str, cue: str, source: str) -> None:
    found = [
        (text[slice(*a.cue)].lower(), text[slice(*a.source_span)])
        for a in read(text)[1]
        if a.cue is not None and a.source_span is not None
    ]
    assert (cue.lower(), source) in found


def test_who_spoke_last_speaks_on() -> None:
    text = "Petra Novak defended the plan. “Ships need water,” she said.\n“They need a great deal of it.”"
    _, found = read(text)
    last = found[-1]
    assert text[slice(*last.content[-1])] == "“They need a great deal of it.”"
    assert last.source is not None or last.continues is not None


def test_speech_in_speech_is_linked_to_the_outer_one() -> None:
    text = "Kestrel News reported that Berg had warned Oslo against closing the port."
    _, found = read(text)
    outer = next(a for a in found if text[slice(*a.cue)] == "reported")
    inner = next(a for a in found if text[slice(*a.cue)] == "warned")
    assert inner.parent is outer
    assert outer.parent is None


def test_several_contents_of_one_speaker() -> None:
    text = "Berg said the port would close, promised new jobs and called the strike “a mistake.”"
    found = contents(text)
    assert ["the port would close"] in found
    assert ["the strike “a mistake.”"] in found


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


MARKS = st.sampled_from(["“", "”", '"', "‘", "’", "'", "«", "»", "''", "``", ",", ".", " — ", "\n", " "])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([text for text, _ in [*MIXED.values(), *SPLIT.values()]]),
    st.lists(st.tuples(st.integers(0, 130), MARKS), max_size=5),
)
def test_stray_marks_break_nothing(text: str, stray: list[tuple[int, str]]) -> None:
    for place, mark in stray:
        text = text[:place] + mark + text[place:]
    doc, found = read(text)
    for attribution in found:
        spans = [*attribution.content, *filter(None, [attribution.cue, attribution.source_span])]
        assert all(0 <= start < end <= len(doc.text) for start, end in spans)
        assert attribution.content == sorted(attribution.content)
        assert all(one[1] <= other[0] for one, other in pairwise(attribution.content))
