"""Names corrected by what is known of states and by the other mentions in a document."""

from __future__ import annotations

import pytest
from spacy.language import Language
from spacy.tokens import Doc, Span

from pipeline.actors import Directory
from pipeline.language.names import DemarcheNames, KnownNames

Names = list[tuple[str, str]]


@pytest.fixture(scope="module")
def names() -> DemarcheNames:
    return DemarcheNames(Directory.load(), KnownNames.load())


def corrected(nlp: Language, names: DemarcheNames, given: Names) -> Names:
    """What becomes of names in a row, each followed by "met"."""
    words = [word for text, _ in given for word in [*text.split(), "met"]]
    doc = Doc(nlp.vocab, words=words)
    ents, place = [], 0
    for text, label in given:
        length = len(text.split())
        ents.append(Span(doc, place, place + length, label=label))
        place += length + 1
    doc.ents = ents
    return [(ent.text, ent.label_) for ent in names(doc).ents]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([("Norway", "ORG")], [("Norway", "GPE")]),
        ([("Norwegian", "GPE")], [("Norwegian", "NORP")]),
        ([("Jordan", "PERSON")], [("Jordan", "PERSON")]),
        ([("Georgia Power", "ORG")], [("Georgia Power", "ORG")]),
        ([("Sabel", "ORG"), ("Sabel", "ORG"), ("Sabel", "GPE")], [("Sabel", "ORG")] * 3),
        ([("Sabel", "ORG"), ("Sabel", "GPE")], [("Sabel", "ORG"), ("Sabel", "GPE")]),
        (
            [("Nora Lindqvist", "PERSON"), ("Lindqvist", "PERSON"), ("Lindqvist", "ORG")],
            [("Nora Lindqvist", "PERSON")] + [("Lindqvist", "PERSON")] * 2,
        ),
        ([("March 3", "DATE"), ("Norway", "ORG")], [("March 3", "DATE"), ("Norway", "GPE")]),
        ([], []),
    ],
)
def test_labels_that_a_name_must_have(nlp: Language, names: DemarcheNames, given: Names, expected: Names) -> None:
    assert corrected(nlp, names, given) == expected


def test_it_is_part_of_the_pipeline(nlp: Language) -> None:
    assert nlp.pipe_names == ["demarche_joint", "demarche_names", "demarche_quantities"]
