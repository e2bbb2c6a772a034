"""Names corrected by what is known of states and by the other mentions in a document."""

from __future__ import annotations

import pytest
from spacy.language import Language
from spacy.tokens import Doc, Span

from pipeline.actors import Directory
from pipeline.language.gazetteer import KnownNames, key_of, known_names
from pipeline.language.names import DemarcheNames

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
        (
            [("Kesra University", "FAC"), ("Kesra Airport", "ORG")],
            [("Kesra University", "ORG"), ("Kesra Airport", "FAC")],
        ),
        ([("Court", "LOC"), ("Kesra court", "LOC")], [("Court", "LOC"), ("Kesra court", "LOC")]),
        ([("March 3", "DATE"), ("Norway", "ORG")], [("March 3", "DATE"), ("Norway", "GPE")]),
        ([], []),
    ],
)
def test_labels_that_a_name_must_have(nlp: Language, names: DemarcheNames, given: Names, expected: Names) -> None:
    assert corrected(nlp, names, given) == expected


def mended(nlp: Language, names: DemarcheNames, tagged: str, given: list[tuple[int, int, str]]) -> Names:
    """What becomes of names in a text of words with their part of speech, "left/VERB"."""
    words, pos = zip(*(word.rsplit("/", 1) for word in tagged.split()), strict=True)
    doc = Doc(nlp.vocab, words=list(words), pos=list(pos))
    doc.ents = [Span(doc, start, end, label=label) for start, end, label in given]
    return [(ent.text, ent.label_) for ent in names(doc).ents]


@pytest.mark.parametrize(
    ("tagged", "expected"),
    [
        ("San/PROPN Kesra/PROPN Ca/PROPN", ["San Kesra", "Ca"]),
        ("Kesra/PROPN North/PROPN Carolina/PROPN", ["Kesra", "North Carolina"]),
        ("kesra/PROPN france/PROPN", ["kesra", "france"]),
        ("New/ADJ Mexico/PROPN", ["New Mexico"]),
        ("Eastern/ADJ Ukraine/PROPN", ["Eastern Ukraine"]),
        ("South/PROPN Korea/PROPN", ["South Korea"]),
        ("Papua/PROPN New/PROPN Guinea/PROPN", ["Papua New Guinea"]),
        ("Kesra/PROPN Valley/PROPN", ["Kesra Valley"]),
    ],
)
def test_a_place_and_its_state_are_two_names(
    nlp: Language, names: DemarcheNames, tagged: str, expected: list[str]
) -> None:
    length = len(tagged.split())
    assert mended(nlp, names, tagged, [(0, length, "GPE")]) == [(name, "GPE") for name in expected]


def test_a_slash_between_blanks_parts_names(nlp: Language, names: DemarcheNames) -> None:
    assert mended(nlp, names, "Kesra/PROPN //SYM Oskol/PROPN met/VERB", [(0, 3, "ORG")]) == [
        ("Kesra", "ORG"),
        ("Oskol", "ORG"),
    ]


def test_a_file_and_a_currency_are_no_names(nlp: Language, names: DemarcheNames) -> None:
    assert mended(nlp, names, "kesra_resume.doc/PROPN US$/SYM", [(0, 1, "PERSON"), (1, 2, "GPE")]) == []


KESRA_BANK = "The/DET Bank/PROPN of/ADP Kesra/PROPN and/CCONJ Oskol/PROPN Steel/PROPN merged/VERB"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([(1, 3, "ORG"), (3, 4, "GPE")], [("Bank of Kesra", "ORG")]),
        ([(1, 5, "ORG"), (5, 7, "ORG")], [("Bank of Kesra", "ORG"), ("Oskol Steel", "ORG")]),
        ([(1, 3, "ORG")], [("Bank", "ORG")]),
        ([(4, 5, "ORG"), (5, 7, "ORG")], [("Oskol Steel", "ORG")]),
    ],
)
def test_names_do_not_end_in_function_words(
    nlp: Language, names: DemarcheNames, given: list[tuple[int, int, str]], expected: Names
) -> None:
    assert mended(nlp, names, KESRA_BANK, given) == expected


def test_a_party_of_two_adjectives_goes_on_after_and(nlp: Language, names: DemarcheNames) -> None:
    text = "the/DET National/ADJ and/CCONJ Farmers/PROPN Party/PROPN won/VERB"
    given = [(1, 3, "ORG"), (3, 5, "ORG")]
    assert mended(nlp, names, text, given) == [("National and Farmers Party", "ORG")]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("walk/NOUN", "ORG"),
        ("Possibly/ADV", "PERSON"),
        ("Who/PRON", "ORG"),
        ("Southern/ADJ", "ORG"),
        ("press@kesra.example/X", "ORG"),
    ],
)
def test_what_cannot_be_a_name_is_dropped(nlp: Language, names: DemarcheNames, text: str, label: str) -> None:
    assert mended(nlp, names, f"{text} left/VERB", [(0, 1, label)]) == []


@pytest.mark.parametrize(
    ("text", "label"),
    [("WHO/PRON", "ORG"), ("OSSA/VERB", "ORG"), ("reykjavik/NOUN", "GPE"), ("Southern/ADJ", "LOC"), ("X/PRON", "ORG")],
)
def test_what_may_be_a_name_stays(nlp: Language, names: DemarcheNames, text: str, label: str) -> None:
    word = text.partition("/")[0]
    assert mended(nlp, names, f"{text} left/VERB it/PRON", [(0, 1, label)]) == [(word, label)]


def test_a_storm_is_no_person(nlp: Language, names: DemarcheNames) -> None:
    text = "Hurricane/PROPN Odile/PROPN hit/VERB ./PUNCT Odile/PROPN hurt/VERB Odile/PROPN Roca/PROPN"
    given = [(1, 2, "PERSON"), (4, 5, "PERSON"), (6, 8, "PERSON")]
    assert mended(nlp, names, text, given) == [("Odile Roca", "PERSON")]


MENTIONS = "Oskol/PROPN fell/VERB ./PUNCT Oskol/PROPN burns/VERB ./PUNCT "


@pytest.mark.parametrize(
    ("rest", "times"),
    [
        ("near/ADP Oskol/PROPN ,/PUNCT he/PRON said/VERB", 3),
        ("near/ADP oskol/NOUN", 2),
        ("near/ADP Oskol/PROPN Airport/PROPN", 2),
        ("the/DET 2021/NUM Oskol/PROPN election/NOUN", 2),
    ],
)
def test_a_name_seen_twice_is_a_name_wherever_it_stands(
    nlp: Language, names: DemarcheNames, rest: str, times: int
) -> None:
    given = [(0, 1, "GPE"), (3, 4, "GPE")]
    assert mended(nlp, names, MENTIONS + rest, given) == [("Oskol", "GPE")] * times


def test_a_name_seen_once_is_marked_nowhere_else(nlp: Language, names: DemarcheNames) -> None:
    assert mended(nlp, names, MENTIONS, [(0, 1, "GPE")]) == [("Oskol", "GPE")]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("the/DET ORA/PROPN said/VERB", "ORG"),
        ("the/DET O.R.A./PROPN said/VERB", "ORG"),
        ("then/ADV Ora/PROPN said/VERB", "PERSON"),
        ("AND/CCONJ ORA/PROPN SAYS/VERB NO/INTJ", "ORG"),
    ],
)
def test_an_acronym_is_known_in_capitals_alone(nlp: Language, text: str, label: str) -> None:
    known = DemarcheNames(Directory.load(), KnownNames({"ORA": "ORG"}))
    (name,) = mended(nlp, known, text, [(1, 2, "PERSON")])
    assert name[1] == label


def test_a_known_word_has_a_capital_but_longer_names_need_none(nlp: Language) -> None:
    known = DemarcheNames(Directory.load(), KnownNames({"Ora": "LOC", "Sea of Kesra": "LOC"}))
    assert mended(nlp, known, "the/DET ora/PROPN left/VERB", [(1, 2, "PERSON")]) == [("ora", "PERSON")]
    assert mended(nlp, known, "the/DET sea/NOUN of/ADP kesra/PROPN", [(1, 4, "GPE")]) == [("sea of kesra", "LOC")]


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
    names = [(key_of(name), label) for label, known in known_names().items() for name in known]
    assert len(names) > 5000
    assert len({key for key, _ in names}) == len(set(names))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the/DET head/NOUN of/ADP Tallora/PROPN spoke/VERB", "ORG"),
        ("the/DET lawyer/NOUN of/ADP Tallora/PROPN spoke/VERB", "PERSON"),
    ],
)
def test_what_has_a_head_is_a_body(nlp: Language, names: DemarcheNames, text: str, expected: str) -> None:
    assert mended(nlp, names, text, [(3, 4, "PERSON")]) == [("Tallora", expected)]
