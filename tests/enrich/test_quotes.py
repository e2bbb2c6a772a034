from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.enrich.quotes import find_quotations, sentence_ends


def passages(text: str) -> list[str]:
    return [text[q.start : q.end] for q in find_quotations(text)]


def unclosed(text: str) -> list[str]:
    return [text[q.start : q.end] for q in find_quotations(text) if not q.closed]


@pytest.mark.parametrize(
    "quoted",
    [
        '"We leave."',
        "“We leave.”",
        "„We leave.“",
        "„We leave.”",
        "‟We leave.”",
        "«We leave.»",
        "« We leave. »",
        "«\u00a0We leave.\u202f»",
        "»We leave.«",
        "”We leave.”",
        "``We leave.''",
        "''We leave.''",
        "‹We leave.›",
        "‘We leave.’",
        "'We leave.'",
        "`We leave.'",
        "‚We leave.‘",
        "‛We leave.’",
    ],
)
def test_every_style(quoted):
    text = f"She said: {quoted} Then she left."
    (found,) = find_quotations(text)
    assert text[found.start : found.end] == quoted
    assert found.closed
    assert text[slice(*found.inner(text))] == "We leave."
    assert found.single == (quoted[0] in "‹‘'`‚‛" and not quoted.startswith(("''", "``")))


@pytest.mark.parametrize(
    "text",
    [
        "“We leave,“ she said.",
        "”We leave,” she said.",
        '“We leave," she said.',
        '"We leave,” she said.',
        '„We leave," she said.',
        "”We leave,“ she said.",
    ],
)
def test_neighbours_count_more_than_shape(text):
    (found,) = find_quotations(text)
    assert text[slice(*found.inner(text))] == "We leave,"
    assert found.closed


@pytest.mark.parametrize(
    "text, expected",
    [
        ('He said "yes"; she said "no".', ['"yes"', '"no"']),
        ("“We leave,” she said, “and we stay away.”", ["“We leave,”", "“and we stay away.”"]),
        ("“We leave”“We stay”", ["“We leave”", "“We stay”"]),
        ('"We leave,” she said. “Now," he said.', ['"We leave,”', '“Now,"']),
        ("—“We leave”—", ["“We leave”"]),
        ('("We leave")', ['"We leave"']),
        ("He said:“We leave.”", ["“We leave.”"]),
        ("He spoke of ‘red lines’ and ‘threats’.", ["‘red lines’", "‘threats’"]),
        ("He spoke of 'red lines' and 'threats'.", ["'red lines'", "'threats'"]),
        ("the states’ ‘red line’ is clear", ["‘red line’"]),
        ("Oslo’s ‘red line’", ["‘red line’"]),
    ],
)
def test_several(text, expected):
    assert passages(text) == expected


@pytest.mark.parametrize(
    "text, outer, inner",
    [
        ("“He told me, ‘Leave now,’ and I left,” she said.", "“He told me, ‘Leave now,’ and I left,”", "‘Leave now,’"),
        (
            "\"He told me, 'Leave now,' and I left,\" she said.",
            "\"He told me, 'Leave now,' and I left,\"",
            "'Leave now,'",
        ),
        ("‘He told me, “Leave now,” and I left,’ she said.", "‘He told me, “Leave now,” and I left,’", "“Leave now,”"),
        ("“He said, ‘Leave now.’”", "“He said, ‘Leave now.’”", "‘Leave now.’"),
        ("“‘Leave now’ is what he said,” she said.", "“‘Leave now’ is what he said,”", "‘Leave now’"),
    ],
)
def test_nested(text, outer, inner):
    first, second = find_quotations(text)
    assert (text[first.start : first.end], first.depth) == (outer, 0)
    assert (text[second.start : second.end], second.depth) == (inner, 1)


@pytest.mark.parametrize(
    "text",
    [
        "the workers' money",
        "the workers’ money and the drivers’ union",
        "back in the '90s and ’80s, in '68",
        "rock ’n’ roll, ’tis late, get ’em, ’cause I can’t",
        "It's O'Brien's, don’t, o’clock, Qur'an, Sa‘ud, Hawai‘i",
        'a 6" pipe, a 5\'10" man and an 8.5" gun',
    ],
)
def test_apostrophes_and_inches_are_no_quotations(text):
    assert find_quotations(text) == []


@pytest.mark.parametrize(
    "text, expected",
    [
        ("‘The workers’ money is gone’ says union", "‘The workers’ money is gone’"),
        ("'The workers' money is gone' says union", "'The workers' money is gone'"),
        ("‘We won’t go’, says PM", "‘We won’t go’"),
        ("'90s music 'was better' then", "'was better'"),
        ("“'90s music is best,” he said.", "“'90s music is best,”"),
        ("“Ibn ‘Abd al-Rahman,” he said.", "“Ibn ‘Abd al-Rahman,”"),
    ],
)
def test_apostrophes_beside_marks(text, expected):
    assert passages(text) == [expected]


# -- marks that are missing -----------------------------------------------------------------------------------------


def test_unclosed_ends_with_its_sentence():
    assert unclosed("“The gate stays shut. The minister then flew home.") == ["“The gate stays shut."]


def test_unclosed_goes_on_in_the_speakers_own_voice():
    text = "“The gate stays shut. We will not open it. Ask my deputy. The minister then flew home."
    assert unclosed(text) == ["“The gate stays shut. We will not open it. Ask my deputy."]


def test_unclosed_stops_before_the_next_opening_mark():
    text = "“The gate stays shut, she said. “We wait,” he said."
    assert passages(text) == ["“The gate stays shut, she said.", "“We wait,”"]
    assert unclosed(text) == ["“The gate stays shut, she said."]


def test_unclosed_knows_abbreviations():
    text = "“The gate of Mr. Brown in the U.S. Virgin Islands stays shut. Rain fell."
    assert unclosed(text) == ["“The gate of Mr. Brown in the U.S. Virgin Islands stays shut."]


def test_unclosed_ends_with_its_paragraph():
    assert passages("“The gate stays shut\n\nRain fell.") == ["“The gate stays shut"]


def test_unopened_begins_with_its_sentence():
    text = "Rain fell. The gate stays shut,” she said."
    assert passages(text) == unclosed(text) == ["The gate stays shut,”"]


def test_unopened_begins_after_the_last_quotation_at_most():
    text = "“The gate stays shut,” she said and nobody moves,” he said."
    assert passages(text) == ["“The gate stays shut,”", "she said and nobody moves,”"]


@pytest.mark.parametrize("text", ["“”", '""', "He wrote “” and left. More came.", "”", '"', "“", "'", "“ ‘ ’ ”?"])
def test_nothing_between_marks_is_no_unclosed_quotation(text):
    assert unclosed(text) == []


def test_paragraphs_that_repeat_the_opening_mark_are_one_quotation():
    text = "“First part.\n\n“Second part.\n“Third part,” she said."
    assert passages(text) == ["“First part.\n\n“Second part.\n“Third part,”"]
    assert unclosed(text) == []


def test_straight_marks_repeated_too():
    assert passages('"First.\n\n"Second," he said.') == ['"First.\n\n"Second,"']


def test_a_quotation_carried_over_and_never_closed_keeps_its_beginning():
    text = "“First part.\n“Second part. “Third part,” he said."
    assert passages(text) == ["“First part.\n“Second part.", "“Third part,”"]
    assert unclosed(text) == ["“First part.\n“Second part."]


def test_a_closing_mark_at_the_next_paragraph_does_not_lose_the_quotation():
    assert passages("“First part.\n” he said.") == ["“First part."]


def test_a_closed_quotation_is_not_carried_over():
    assert passages("“First.”\n“Second.”") == ["“First.”", "“Second.”"]


def test_carriage_returns_and_line_separators_end_paragraphs():
    assert passages("“First\r\nRain fell.\u2029“Second” came.") == ["“First", "“Second”"]


# -- sentences ------------------------------------------------------------------------------------------------------


def test_sentence_ends():
    text = "He came. “She left.” Mr. Brown slept! Why?"
    ends = sentence_ends(text, 0, len(text))
    starts = [0, *ends[:-1]]
    assert [text[s:e].strip() for s, e in zip(starts, ends, strict=True)] == [
        "He came.", "“She left.”", "Mr. Brown slept!", "Why?",
    ]  # fmt: skip


def test_sentence_ends_stay_in_the_range():
    text = "One. Two. Three."
    assert sentence_ends(text, 5, 9) == [9]


# -- properties -----------------------------------------------------------------------------------------------------

MARKS = "\"“”„‟«»‹›‘’‚‛'`"
PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [*MARKS, "``", "''", " ", "\n", ". ", ", ", "s’ ", "We ", "word", "said", "’90s", '6"', "\u2028"]
        ),
        st.text(max_size=4),
    ),
    max_size=50,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(PIECES)
def test_any_text(text):
    before = str(text)
    found = find_quotations(text)
    assert text == before
    for quotation in found:
        assert 0 <= quotation.start < quotation.end <= len(text)
        start, end = quotation.inner(text)
        assert quotation.start <= start <= end <= quotation.end
        if quotation.closed:
            assert text[quotation.start] in MARKS
            assert text[quotation.end - 1] in MARKS
        else:
            assert text[start:end].strip()
    assert [(q.start, -q.end) for q in found] == sorted((q.start, -q.end) for q in found)


@settings(max_examples=200, deadline=None)
@given(PIECES)
def test_outermost_quotations_do_not_overlap(text):
    outer = [q for q in find_quotations(text) if q.depth == 0]
    for one, other in pairwise(outer):
        assert one.end <= other.start


@settings(max_examples=100, deadline=None)
@given(PIECES, PIECES)
def test_offsets_are_those_of_the_text(before, text):
    """What stands in paragraphs before moves the offsets and nothing else."""
    head = before.replace("“", "").replace('"', "") + "\n.\n"
    shift = len(head)
    moved = [(q.start - shift, q.end - shift, q.closed) for q in find_quotations(head + text) if q.start >= shift]
    assert moved == [(q.start, q.end, q.closed) for q in find_quotations(text)]


# Each took seconds to minutes where the work grew with the square of the length.
@pytest.mark.parametrize(
    "text",
    [
        '"' * 10_000,
        "“" * 10_000,
        "”" * 10_000,
        "'" * 10_000,
        "“‘" * 5_000,
        "“a ” " * 10_000,
        "We go.” " * 10_000,
        "“We go. " * 10_000,
        "‘a " * 5_000 + "a” " * 5_000,
        "‘ab " + "dogs’ ab " * 10_000,
        "“" + "." * 1_000_000,
        " " * 1_000_000 + "“We go.”",
        "“" + "The minister said no. " * 50_000,
        "The minister said no. " * 50_000 + "”",
        "“I say so.\n" * 100_000,
        "“Ten words stand here between the two marks.” He left. " * 20_000,
    ],
    ids=lambda text: f"{text[:8]!r}x{len(text)}",
)
def test_long_texts_finish_quickly(text):
    begin = time.process_time()
    find_quotations(text)
    assert time.process_time() - begin < 4


@pytest.mark.parametrize(
    ("text", "outer", "inner"),
    [
        (
            "“It read: “Nobody in, nobody out,”” he recalled.",
            "“It read: “Nobody in, nobody out,””",
            "“Nobody in, nobody out,”",
        ),
        (
            'Berg said: "The sign read "No entry" and we went in."',
            '"The sign read "No entry" and we went in."',
            '"No entry"',
        ),
        ("«She wrote «never» twice,» he said.", "«She wrote «never» twice,»", "«never»"),
    ],
)
def test_double_marks_inside_double_marks(text, outer, inner):
    assert [(text[q.start : q.end], q.depth, q.closed) for q in find_quotations(text)] == [
        (outer, 0, True),
        (inner, 1, True),
    ]


def test_a_second_opening_mark_tells_that_the_first_was_never_closed():
    text = "“We leave at noon, she said. “Bring water.” He nodded."
    assert unclosed(text) == ["“We leave at noon, she said."]
    assert "“Bring water.”" in passages(text)
