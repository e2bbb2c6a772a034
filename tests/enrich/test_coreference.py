"""Pronouns of hand-built docs, under both label schemes: who agrees, who is excluded, who is the most present."""

from __future__ import annotations

import pytest
from spacy.tokens import Doc, Token

from pipeline.enrich.coreference import Coreference, Salience
from pipeline.enrich.mentions import Mention, Resolved, role_of
from pipeline.records import Party
from tests.enrich.parses import VOCAB

OBJECT = {"ud": "obj", "clearnlp": "dobj"}
POSSESSOR = {"ud": "nmod:poss", "clearnlp": "poss"}


@pytest.fixture(params=sorted(OBJECT))
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def person(name: str, gender: str | None = None) -> list[Resolved]:
    return [Resolved(Party(name=name, actor_id=f"person/{name.lower()}", kind="person"), gender=gender)]


def body(name: str, kind: str = "state") -> list[Resolved]:
    return [Resolved(Party(name=name, actor_id=name, kind=kind))]


def clauses(scheme: str, *rows: str) -> Doc:
    """A doc of short sentences: "subject verb object" with an optional fourth word that the object possesses.

    A word is given as "she", a verb as "met:meet".
    """
    words: list[str] = []
    heads, deps, tags, lemmas, starts = [], [], [], [], []
    for row in rows:
        first = len(words)
        parts = row.split()
        labels = ["nsubj", "root", OBJECT[scheme], POSSESSOR[scheme]]
        for number, part in enumerate(parts):
            word, _, lemma = part.partition(":")
            words.append(word)
            lemmas.append(lemma or word)
            deps.append(labels[number] if number != 1 else "ROOT")
            heads.append(first + (2 if number == 3 else 1))
            pronoun = word.lower() in {"he", "she", "it", "they", "him", "her", "them", "himself", "his", "its"}
            tags.append("VERB" if number == 1 else "PRON" if pronoun else "PROPN")
            starts.append(number == 0)
    return Doc(VOCAB, words=words, heads=heads, deps=deps, pos=tags, lemmas=lemmas, sent_starts=starts)


def word(doc: Doc, text: str, nth: int = 0) -> Token:
    return [t for t in doc if t.text == text][nth]


def coreference(
    doc: Doc, who: dict[str, list[Resolved]], *, quotations: list[int] | None = None, speaking: tuple[str, ...] = ()
) -> Coreference:
    """The coreference of a doc, with a mention at each word that `who` tells of."""
    sources = frozenset(t.i for t in doc if t.text in speaking)
    made = Coreference(doc, quotations or [0] * len(doc), sources)
    for token in doc:
        if token.text in who:
            parties = who[token.text]
            made.mention(token, parties, plural=len(parties) > 1, human=parties[0].party.kind == "person")
    return made


def names(found: list[Resolved]) -> list[str]:
    return [one.party.name for one in found]


def test_gender_and_number_must_agree(scheme: str) -> None:
    doc = clauses(scheme, "Lena met:meet Karl", "she left:leave Oslo", "he saw:see them")
    found = coreference(doc, {"Lena": person("Lena", "f"), "Karl": person("Karl", "m")})
    assert names(found.antecedent(word(doc, "she"))) == ["Lena"]
    assert names(found.antecedent(word(doc, "he"))) == ["Karl"]


def test_an_unknown_gender_is_learnt_from_the_first_pronoun(scheme: str) -> None:
    doc = clauses(scheme, "Robin won:win prizes", "she left:leave Oslo", "he saw:see Oslo")
    found = coreference(doc, {"Robin": person("Robin")})
    assert names(found.antecedent(word(doc, "she"))) == ["Robin"]
    assert names(found.antecedent(word(doc, "he"))) == []


def test_a_known_gender_counts_more_than_a_subject_of_unknown_gender(scheme: str) -> None:
    doc = clauses(scheme, "Robin met:meet Lena", "she left:leave Oslo")
    found = coreference(doc, {"Robin": person("Robin"), "Lena": person("Lena", "f")})
    assert names(found.antecedent(word(doc, "she"))) == ["Lena"]


def test_the_subject_of_the_nearest_sentence_is_meant(scheme: str) -> None:
    doc = clauses(scheme, "Karl met:meet Jon", "Jon saw:see Karl", "he left:leave Oslo")
    found = coreference(doc, {"Karl": person("Karl", "m"), "Jon": person("Jon", "m")})
    assert names(found.antecedent(word(doc, "he"))) == ["Jon"]


def test_a_party_counts_once_for_a_sentence() -> None:
    doc = clauses("ud", "Karl met:meet Jon", "Jon saw:see Karl")
    first, second = (Mention(t, [], role_of(t), 0, 0) for t in doc[:2])
    salience = Salience()
    salience.add(first, person("Karl"), 1.0)
    salience.add(second, person("Karl"), 3.0)
    assert [(names(who), weight) for who, weight in salience.ranked()] == [(["Karl"], 3.0)]
    assert Salience().best() == []


def test_who_spoke_last_speaks_on(scheme: str) -> None:
    doc = clauses(scheme, "Karl said:say so", "Jon left:leave Oslo", "he added:add this")
    people = {"Karl": person("Karl", "m"), "Jon": person("Jon", "m")}
    assert names(coreference(doc, people).antecedent(word(doc, "he"))) == ["Jon"]
    doc = clauses(scheme, "Karl said:say so", "Oslo saw:see Jon", "he added:add this")
    assert names(coreference(doc, people, speaking=("Karl", "he")).antecedent(word(doc, "he"))) == ["Karl"]


def test_an_object_is_not_the_subject_of_its_own_verb(scheme: str) -> None:
    doc = clauses(scheme, "Jon saw:see Oslo", "Karl warned:warn him")
    found = coreference(doc, {"Karl": person("Karl", "m"), "Jon": person("Jon", "m")})
    assert names(found.antecedent(word(doc, "him"))) == ["Jon"]
    alone = coreference(doc, {"Karl": person("Karl", "m")})
    assert names(alone.antecedent(word(doc, "him"))) == []


def test_a_reflexive_is_the_subject_of_its_own_verb(scheme: str) -> None:
    doc = clauses(scheme, "Jon saw:see Oslo", "Karl named:name himself")
    found = coreference(doc, {"Karl": person("Karl", "m"), "Jon": person("Jon", "m")})
    assert names(found.antecedent(word(doc, "himself"))) == ["Karl"]


def test_it_means_a_body_and_no_person(scheme: str) -> None:
    doc = clauses(scheme, "Norway met:meet Karl", "it closed:close ports")
    found = coreference(doc, {"Norway": body("Norway"), "Karl": person("Karl", "m")})
    assert names(found.antecedent(word(doc, "it"))) == ["Norway"]
    people_only = coreference(doc, {"Karl": person("Karl", "m")})
    assert names(people_only.antecedent(word(doc, "it"))) == []


@pytest.mark.parametrize("verb", ["rained:rain", "seemed:seem"])
def test_an_expletive_means_nobody(scheme: str, verb: str) -> None:
    doc = clauses(scheme, "Norway closed:close ports", f"it {verb}")
    found = coreference(doc, {"Norway": body("Norway")})
    assert names(found.antecedent(word(doc, "it"))) == []


def test_a_body_is_forgotten_sooner_than_a_person(scheme: str) -> None:
    rows = ["Norway met:meet Karl", *["Oslo saw:see rain"] * 5, "it sent:send him"]
    doc = clauses(scheme, *rows)
    found = coreference(doc, {"Norway": body("Norway"), "Karl": person("Karl", "m")})
    assert names(found.antecedent(word(doc, "it"))) == []
    assert names(found.antecedent(word(doc, "him"))) == ["Karl"]


def test_they_are_those_named_together(scheme: str) -> None:
    doc = clauses(scheme, "Ghana met:meet Togo", "NATO saw:see Oslo", "they left:leave Oslo")
    together = body("Ghana") + body("Togo")
    found = coreference(doc, {"Ghana": together, "NATO": body("NATO", "organisation")})
    assert names(found.antecedent(word(doc, "they"))) == ["Ghana", "Togo"]


def test_they_can_be_two_people_met_in_one_sentence_or_a_body(scheme: str) -> None:
    doc = clauses(scheme, "Karl met:meet Lena", "they left:leave Oslo")
    found = coreference(doc, {"Karl": person("Karl", "m"), "Lena": person("Lena", "f")})
    assert names(found.antecedent(word(doc, "they"))) == ["Karl", "Lena"]
    doc = clauses(scheme, "NATO met:meet Lena", "they left:leave Oslo")
    found = coreference(doc, {"NATO": body("NATO", "organisation"), "Lena": person("Lena", "f")})
    assert names(found.antecedent(word(doc, "they"))) == ["NATO"]


def test_who_says_the_words_is_not_meant_in_them(scheme: str) -> None:
    doc = clauses(scheme, "Karl met:meet Jon", "he lied:lie twice", "Karl said:say so")
    quotations = [0, 0, 0, 1, 1, 1, 0, 0, 0]
    found = coreference(doc, {"Karl": person("Karl", "m"), "Jon": person("Jon", "m")}, quotations=quotations)
    found.voice(1, "person/karl")
    assert names(found.antecedent(word(doc, "he"))) == ["Jon"]


def test_long_quotations_do_not_push_people_apart(scheme: str) -> None:
    rows = ["Karl met:meet Oslo", *["rain fell:fall twice"] * 12, "he left:leave Oslo"]
    doc = clauses(scheme, *rows)
    quoted = [0] * 3 + [1] * 36 + [0] * 3
    people = {"Karl": person("Karl", "m")}
    assert names(coreference(doc, people, quotations=quoted).antecedent(word(doc, "he"))) == ["Karl"]
    assert names(coreference(doc, people).antecedent(word(doc, "he"))) == []


def test_a_pronoun_understood_carries_the_chain_on(scheme: str) -> None:
    rows = ["Karl met:meet Oslo", *["Oslo saw:see rain"] * 6, "he slept:sleep well", *["Oslo saw:see rain"] * 6]
    doc = clauses(scheme, *rows, "he left:leave Oslo")
    found = coreference(doc, {"Karl": person("Karl", "m")})
    first, last = word(doc, "he"), word(doc, "he", 1)
    assert names(found.antecedent(last)) == []
    found.mention(first, found.antecedent(first))
    assert names(found.antecedent(last)) == ["Karl"]
