"""Quotations without a cue of their own."""

from __future__ import annotations

from tests.enrich.attribution.reading import contents, read


def test_words_resumed_after_the_cue_are_one_content() -> None:
    text = "“I trust Lars,” she said, but “around boats he is a menace.”"
    assert ["“I trust Lars,”", "but “around boats he is a menace.”"] in contents(text)


def test_who_spoke_last_speaks_on() -> None:
    text = "Petra Novak defended the plan. “Ships need water,” she said.\n“They need a great deal of it.”"
    _, found = read(text)
    last = found[-1]
    assert text[slice(*last.content[-1])] == "“They need a great deal of it.”"
    assert last.source is not None or last.continues is not None
