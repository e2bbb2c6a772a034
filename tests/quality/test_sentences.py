"""The passages are sound, and the figures count what they say."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import spacy

from tests.quality.sentences import Passage, count, figures, found_borders, read_passages, shown

PASSAGES = read_passages()


def test_ids_are_unique_and_begin_with_the_tag() -> None:
    assert len({passage.id for passage in PASSAGES}) == len(PASSAGES)
    assert all(re.fullmatch(rf"{passage.tag}-\d+", passage.id) for passage in PASSAGES)


def test_no_text_comes_twice() -> None:
    assert len({passage.text for passage in PASSAGES}) == len(PASSAGES)


def test_there_are_enough_hard_places() -> None:
    assert sum(len(passage.hard) for passage in PASSAGES) >= 180
    assert sum(len(passage.traps) for passage in PASSAGES) >= 150


@pytest.mark.parametrize("passage", PASSAGES, ids=lambda passage: passage.id)
def test_places_fit_the_text(passage: Passage) -> None:
    assert passage.hard or passage.traps
    assert passage.hard <= passage.borders, "the first sentence begins at no border"
    for place in passage.borders:
        assert not passage.text[place].isspace()
        assert not passage.text[place - 1].isalnum()
    for trap in passage.traps:
        assert passage.borders.isdisjoint(trap)
        assert passage.text[trap.start - 1] in ".?!…:;—-"
    line_breaks = {match.end() for match in re.finditer(r"\n+", passage.text)}
    assert line_breaks <= passage.borders


def test_borders_are_where_a_sentence_has_its_first_word() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    text = "He left.  \n She stayed."
    assert found_borders(nlp(text)) == {text.index("She")}
    assert found_borders(nlp("")) == frozenset()


def test_figures() -> None:
    text = "One. Gen. Two. Three."
    passage = Passage("x-1", "x", text, frozenset({5, 15}), frozenset({15}), (range(9, 11),))
    counts = count(passage, frozenset({5, 10}))
    assert counts == Counter(found=2, gold=2, both=1, hard=1, hard_found=0, traps=1, traps_passed=0)
    assert figures(counts) == {"precision": 50, "recall": 50, "f": 50, "hard_borders": 0, "traps": 0, "hard": 0}
    assert figures(count(passage, passage.borders)) == dict.fromkeys(figures(counts), 100)
    assert shown(passage, frozenset({5, 10})) == "One. |Gen. +|Two. -|Three."
