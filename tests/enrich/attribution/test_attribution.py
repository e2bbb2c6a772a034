"""Attributions of hand-parsed sentences: the same under both label schemes."""

from __future__ import annotations

import pytest

from pipeline.enrich.attribution import find_attributions
from pipeline.enrich.cue_frames import find_frames
from pipeline.enrich.cues import Cues
from tests.enrich.parses import SCHEMES, TABLES, WAVERING, parsed

CUES = Cues.load()


def frames(doc):
    return find_frames(doc, CUES)


def found(sentence: str, scheme) -> list[tuple]:
    """(kind, content, source, cue, parent's cue) of every attribution, as text."""
    doc = parsed(sentence, scheme)

    def text(span):
        return doc.text[slice(*span)] if span is not None else None

    return [
        (
            a.kind,
            [text(s) for s in a.content],
            text(a.source_span),
            text(a.cue),
            text(a.parent.cue) if a.parent else None,
        )
        for a in find_attributions(doc, CUES)
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "sentence, expected",
    [
        (
            "Moscow warned Oslo against closing the port.",
            [("indirect", ["against closing the port"], "Moscow", "warned", None)],
        ),
        ("Xi urged Israel to halt its raids.", [("indirect", ["to halt its raids"], "Xi", "urged", None)]),
        (
            "The minister said that the port would not reopen.",
            [("indirect", ["that the port would not reopen"], "The minister", "said", None)],
        ),
        (
            "“We will not leave,” Petra Novak said.",
            [("direct", ["“We will not leave,”"], "Petra Novak", "said", None)],
        ),
        ("The port is shut, Petra Novak said.", [("indirect", ["The port is shut"], "Petra Novak", "said", None)]),
        (
            "The port reopens, according to the ministry.",
            [("indirect", ["The port reopens"], "the ministry", "according to", None)],
        ),
        (
            "Beijing issued a stark warning to Taipei over the visit.",
            [("indirect", ["over the visit"], "Beijing", "issued a stark warning", None)],
        ),
        ("Beijing gave Taipei a warning.", [("indirect", [], "Beijing", "gave Taipei a warning", None)]),
        (
            "Ankara was warned by Brussels that the loans could be frozen.",
            [("indirect", ["that the loans could be frozen"], "Brussels", "warned", None)],
        ),
        (
            "Tehran accused London of threatening its ships.",
            [
                ("indirect", ["London of threatening its ships"], "Tehran", "accused", None),
                ("indirect", [], "London", "threatening", "accused"),
            ],
        ),
        ("Petra Novak, the foreign minister, spoke.", []),
        (
            "Berg is adamant that the port will close.",
            [("indirect", ["that the port will close"], "Berg", "is adamant", None)],
        ),
        (
            "Oduya made it clear that Oslo would answer.",
            [("indirect", ["that Oslo would answer"], "Oduya", "made it clear", None)],
        ),
        (
            "Novak is on record that the loan was never paid.",
            [("indirect", ["that the loan was never paid"], "Novak", "is on record", None)],
        ),
        (
            "The minister was quoted by Kestrel as saying the border would reopen.",
            [("indirect", ["the border would reopen"], "The minister", "saying", None)],
        ),
        (
            "Two cranes fell, as reported by Kestrel.",
            [("indirect", ["Two cranes fell"], "Kestrel", "as reported by", None)],
        ),
        (
            "The quay, as she explained, sank.",
            [("indirect", ["The quay", "sank"], "she", "explained", None)],
        ),
        (
            "Novak made a point of saying that the bay is clean.",
            [("indirect", ["that the bay is clean"], "Novak", "saying", None)],
        ),
        (
            "Berg's promise to be patient failed.",
            [("indirect", ["to be patient"], "Berg's", "promise", None)],
        ),
    ],
)  # fmt: skip
def test_attributions(sentence, expected, scheme):
    assert found(sentence, scheme) == expected


@pytest.mark.parametrize("sentence", TABLES)
def test_both_schemes_give_the_same(sentence):
    assert found(sentence, "ud") == found(sentence, "clearnlp")


@pytest.mark.parametrize(
    "sentence, word, label", [(sentence, *change) for sentence, changes in WAVERING.items() for change in changes]
)
def test_a_wavering_parser_changes_nothing(sentence, word, label):
    expected = [
        (f.source.text, [t.text for t in f.addressees], f.target, f.content) for f in frames(parsed(sentence, "ud"))
    ]
    doc = parsed(sentence, "ud")
    next(t for t in doc if t.text == word).dep_ = label
    found = [(f.source.text, [t.text for t in f.addressees], f.target, f.content) for f in frames(doc)]
    assert str(found) == str(expected)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("sentence", TABLES)
def test_spans_are_inside_the_text_and_ordered(sentence, scheme):
    doc = parsed(sentence, scheme)
    for attribution in find_attributions(doc, CUES):
        for start, end in [*attribution.content, *filter(None, [attribution.cue, attribution.source_span])]:
            assert 0 <= start < end <= len(sentence)
        assert attribution.content == sorted(attribution.content)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_who_quotes_somebody_passes_the_words_on(scheme):
    doc = parsed("The minister was quoted by Kestrel as saying the border would reopen.", scheme)
    (said,) = find_attributions(doc, CUES)
    assert [token.text for token in said.relays] == ["Kestrel"]
