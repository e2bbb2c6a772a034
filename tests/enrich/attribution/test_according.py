"""What "according to X" makes X's."""

from __future__ import annotations

import pytest

from pipeline.enrich.attribution import find_attributions
from tests.enrich.attribution.reading import contents, cues, read, said_by
from tests.enrich.parses import SCHEMES, Scheme, parsed


def test_the_rest_of_the_sentence_is_the_sources() -> None:
    text = "The port will close, according to the ministry."
    assert ("according to", "the ministry") in said_by(text)
    assert contents(text) == [["The port will close"]]


def test_who_passed_it_on_is_a_relay() -> None:
    text = "Berg said the port would close, according to the ministry."
    _, found = read(text)
    said = next(a for a in found if a.cue is not None and text[slice(*a.cue)] == "said")
    assert [token.text for token in said.relays] == ["ministry"]
    assert [text[slice(*span)] for span in said.content] == ["the port would close"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_subject_taken_for_an_apposition_of_the_source_is_what_is_said(scheme: Scheme) -> None:
    doc = parsed("According to the Herald, Brandt, a pilot, left.", scheme)
    (found,) = find_attributions(doc, cues())
    assert [doc.text[slice(*span)] for span in found.content] == ["Brandt, a pilot, left"]
