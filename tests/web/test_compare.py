from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.web.compare import differing


@pytest.mark.parametrize(
    "telling, first, marked",
    [
        ("Orlandia warned Vesta", "Orlandia warned Vesta", []),
        ("Orlandia cautioned Vesta", "Orlandia warned Vesta", ["cautioned"]),
        ("Orlandia’s “canal”", 'orlandia\'s "CANAL"', []),
        ("It would close the old canal", "It would close the canal", ["old"]),
        ("Never again, they say", "It would close the canal", ["Never again, they say"]),
        ("", "words", []),
    ],
)
def test_what_the_first_telling_does_not_have_is_marked(telling: str, first: str, marked: list[str]) -> None:
    assert [words.strip() for words, differs in differing(telling, first) if differs] == marked


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_telling_stays_whole(telling: str, first: str) -> None:
    assert "".join(words for words, _ in differing(telling, first)) == telling
    assert not any(differs for _, differs in differing(telling, telling))
