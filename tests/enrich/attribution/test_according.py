"""What "according to X" makes X's."""

from __future__ import annotations

from tests.enrich.attribution.reading import contents, read, said_by


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
