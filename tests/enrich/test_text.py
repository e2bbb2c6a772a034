"""Datelines: what they say of the place, and that the rest keeps its offsets without them."""

from __future__ import annotations

import pytest

from pipeline.enrich.text import dateline_place, without_datelines


@pytest.mark.parametrize(
    "line, place",
    [
        ("MOSCOW, June 19 (Reuters) — ", "Moscow"),
        ("MOSCOW, November 26. /TASS/. ", "Moscow"),
        ("BEIJING, Nov. 26 (Xinhua) -- ", "Beijing"),
        ("SEOUL — ", "Seoul"),
        ("ACCRA, Ghana (AP) — ", "Accra, Ghana"),
        ("BOUAKE, Ivory Coast, 3 May 2026 (Reuters) - ", "Bouake, Ivory Coast"),
        ("TEL AVIV/GAZA, May 2 (Reuters) - ", "Tel Aviv/Gaza"),
        ("Paris (AFP) – ", "Paris"),
        ("Port Moresby, Papua New Guinea (AFP) - ", "Port Moresby, Papua New Guinea"),
    ],
)
def test_a_dateline_tells_a_place_and_is_hidden(line: str, place: str) -> None:
    text = f"{line}The port was closed."
    assert dateline_place(text) == place
    assert without_datelines(text) == " " * len(line) + "The port was closed."


@pytest.mark.parametrize(
    "text",
    [
        "The port was closed - for good.",
        "NATO said the port was closed.",
        "Moscow - the port was closed.",
        "Anna Berg (CDU) - a former minister - spoke.",
        "Talks in Paris (AFP) – as reported – failed.",
    ],
)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert dateline_place(text) == ""
    assert without_datelines(text) == text
