"""Contents and links of all the attributions of a field."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.enrich.attribution.reading import contents, read
from tests.enrich.attribution.test_clauses import MIXED
from tests.enrich.attribution.test_pairing import SPLIT


@pytest.mark.parametrize(
    "text",
    [
        "The marchers chanted, “No new dam” and “Save the river.”",
        pytest.param(
            "The marchers chanted “No new dam” and “Save the river.”",
            marks=pytest.mark.xfail(reason="the model parses the chants as one clause of the narrator's", strict=True),
        ),
    ],
)
def test_quotations_in_a_row_are_one_content(text: str) -> None:
    assert ["“No new dam”", "“Save the river.”"] in contents(text)


def test_speech_in_speech_is_linked_to_the_outer_one() -> None:
    text = "Kestrel News reported that Berg had warned Oslo against closing the port."
    _, found = read(text)
    outer = next(a for a in found if text[slice(*a.cue)] == "reported")
    inner = next(a for a in found if text[slice(*a.cue)] == "warned")
    assert inner.parent is outer
    assert outer.parent is None


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
