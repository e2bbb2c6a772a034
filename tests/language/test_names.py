"""Names corrected by what is known of states and by the other mentions in a document."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from spacy.language import Language
from spacy.tokens import Doc, Span

from pipeline.actors import Directory
from pipeline.language import names as module
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


def test_a_listed_name_has_its_label_but_for_a_person_with_a_title(nlp: Language) -> None:
    known = DemarcheNames(Directory.load(), KnownNames({"kesra": "GPE", "gulf of kesra": "LOC"}))
    assert corrected(nlp, known, [("KESRA", "PERSON")]) == [("KESRA", "GPE")]
    doc = Doc(nlp.vocab, words=["Mr", "Kesra", "left"])
    doc.ents = [Span(doc, 1, 2, label="PERSON")]
    assert [ent.label_ for ent in known(doc).ents] == ["PERSON"]


def test_a_part_of_a_listed_name_becomes_all_of_it_and_nothing_is_found_elsewhere(nlp: Language) -> None:
    known = DemarcheNames(Directory.load(), KnownNames({"gulf of kesra": "LOC"}))
    words = ["Ships", "left", "the", "Gulf", "of", "Kesra", "for", "the", "Gulf", "of", "Kesra"]
    doc = Doc(nlp.vocab, words=words)
    doc.ents = [Span(doc, 5, 6, label="PERSON")]
    assert [(ent.start, ent.text, ent.label_) for ent in known(doc).ents] == [(3, "Gulf of Kesra", "LOC")]


def test_a_full_name_that_is_a_place_makes_no_surname_of_its_last_word(nlp: Language) -> None:
    known = DemarcheNames(Directory.load(), KnownNames({"kesra": "GPE", "new kesra": "GPE"}))
    given = [("Kesra", "PERSON"), ("New Kesra", "PERSON")]
    assert corrected(nlp, known, given) == [("Kesra", "GPE"), ("New Kesra", "GPE")]
    given = [("Kesra", "PERSON"), ("Nora Kesra", "PERSON")]
    assert corrected(nlp, known, given) == given


def test_no_listed_name_stands_under_two_labels() -> None:
    tables = tomllib.loads((Path(module.__file__).parent / "data" / "names.toml").read_text("utf8"))
    names = [(module.key_of(name), label) for label, table in tables.items() for name in module.listed(table)]
    assert len(names) > 5000
    assert len({key for key, _ in names}) == len(set(names))
