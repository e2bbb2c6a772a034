"""The same questions to the same sentences in both label schemes get the same answers."""

from __future__ import annotations

import pytest
from spacy.tokens import Doc, Token

from pipeline.enrich import syntax
from tests.enrich.parses import SCHEMES, TABLES, parsed


@pytest.fixture(params=SCHEMES)
def scheme(request):
    return request.param


def word(doc: Doc, text: str) -> Token:
    return next(t for t in doc if t.text == text)


def texts(tokens: list[Token]) -> list[str]:
    return [t.text for t in tokens]


WARNED = "Moscow warned Oslo against closing the port."
MINISTRY = "Russia's foreign ministry warned Washington on Tuesday against any intervention in Iran."
URGED = "Xi urged Israel to halt its raids."
PASSIVE = "Ankara was warned by Brussels that the loans could be frozen."
RELATIVE = "Novak, who had warned Budapest, met Orban and urged talks."
PARTICIPLES = "Oslo rejected remarks made by the envoy, warning of delays."
BOTH = "Moscow and Beijing jointly warned Tokyo because of missiles."
ENVOY = "The envoy of Norway, a former judge, praised the plan that Oslo drew up."
NEGATED = "Moscow didn't warn Minsk and issued no threat."


@pytest.mark.parametrize("sentence", TABLES)
def test_tables_spell_their_sentences(sentence, scheme):
    assert parsed(sentence, scheme).text == sentence


@pytest.mark.parametrize(
    "sentence, verb, expected",
    [
        (WARNED, "warned", "Moscow"),
        (MINISTRY, "warned", "ministry"),
        (PASSIVE, "warned", "Ankara"),
        (PASSIVE, "frozen", "loans"),
        (RELATIVE, "warned", "Novak"),
        (RELATIVE, "met", "Novak"),
        (RELATIVE, "urged", "Novak"),
        (ENVOY, "drew", "Oslo"),
        (URGED, "halt", "Israel"),
        ("Xi promised to halt attacks.", "halt", "Xi"),
        ("The envoy called on Serbia to stay calm.", "called", "envoy"),
        (PARTICIPLES, "made", "remarks"),
        (PARTICIPLES, "warning", "Oslo"),
        (NEGATED, "issued", "Moscow"),
        ("Ankara was warned and fined by Brussels.", "fined", "Ankara"),
        # A clause under a preposition: what the object is accused of or warned against, it does; else the subject.
        ("Tehran accused London of threatening its ships.", "threatening", "London"),
        (WARNED, "closing", "Oslo"),
        ("Putin angered Oslo by threatening its ships.", "threatening", "Putin"),
        ("“We will not leave,” Petra Novak said.", "leave", "We"),
    ],
)
def test_subject(sentence, verb, expected, scheme):
    found = syntax.subject(word(parsed(sentence, scheme), verb))
    assert found is not None
    assert found.text == expected


@pytest.mark.parametrize(
    "sentence, verb, expected",
    [
        (PASSIVE, "warned", True),
        (PASSIVE, "frozen", True),
        ("A warning was issued by Beijing.", "issued", True),
        ("Ankara was warned and fined by Brussels.", "fined", True),
        (PARTICIPLES, "made", True),
        (PARTICIPLES, "rejected", False),
        (PARTICIPLES, "warning", False),
        (RELATIVE, "warned", False),
        (RELATIVE, "urged", False),
        (WARNED, "warned", False),
    ],
)
def test_is_passive(sentence, verb, expected, scheme):
    assert syntax.is_passive(word(parsed(sentence, scheme), verb)) is expected


@pytest.mark.parametrize(
    "sentence, verb, expected",
    [
        (PASSIVE, "warned", "Brussels"),
        (PASSIVE, "frozen", None),
        ("A warning was issued by Beijing.", "issued", "Beijing"),
        ("Ankara was warned and fined by Brussels.", "fined", "Brussels"),
        (PARTICIPLES, "made", "envoy"),
        (WARNED, "warned", None),
    ],
)
def test_agent(sentence, verb, expected, scheme):
    found = syntax.agent(word(parsed(sentence, scheme), verb))
    assert (found.text if found is not None else None) == expected


@pytest.mark.parametrize(
    "sentence, verb, direct, indirect",
    [
        (WARNED, "warned", ["Oslo"], []),
        (WARNED, "closing", ["port"], []),
        ("Beijing gave Taipei a warning.", "gave", ["warning"], ["Taipei"]),
        ("Beijing issued a stark warning to Taipei over the visit.", "issued", ["warning"], []),
        (PASSIVE, "warned", [], []),
    ],
)
def test_objects(sentence, verb, direct, indirect, scheme):
    token = word(parsed(sentence, scheme), verb)
    assert texts(syntax.objects(token)) == direct
    assert texts(syntax.indirect_objects(token)) == indirect


@pytest.mark.parametrize(
    "sentence, governor, expected",
    [
        (WARNED, "warned", [("against", "closing")]),
        (MINISTRY, "warned", [("on", "Tuesday"), ("against", "intervention")]),
        (MINISTRY, "intervention", [("in", "Iran")]),
        ("Tehran accused London of threatening its ships.", "accused", [("of", "threatening")]),
        (PARTICIPLES, "warning", [("of", "delays")]),
        (BOTH, "warned", [("because of", "missiles")]),
        ("The port reopens, according to the ministry.", "reopens", [("according to", "ministry")]),
        ("The envoy called on Serbia to stay calm.", "called", [("on", "Serbia")]),
        (ENVOY, "envoy", [("of", "Norway")]),
        (URGED, "urged", []),
    ],
)
def test_prepositions(sentence, governor, expected, scheme):
    found = syntax.prepositions(word(parsed(sentence, scheme), governor))
    assert [(preposition, head.text) for preposition, head in found] == expected


def test_prepositions_of_a_carried_noun(scheme):
    """The phrase may hang on the verb or on the noun; rules look at both."""
    doc = parsed("Beijing issued a stark warning to Taipei over the visit.", scheme)
    found = syntax.prepositions(word(doc, "issued")) + syntax.prepositions(word(doc, "warning"))
    assert [(preposition, head.text) for preposition, head in found] == [("to", "Taipei"), ("over", "visit")]


@pytest.mark.parametrize(
    "sentence, verb, expected",
    [
        ("The minister said that the port would not reopen.", "said", ["reopen"]),
        (URGED, "urged", ["halt"]),
        (PASSIVE, "warned", ["frozen"]),
        (WARNED, "warned", []),
    ],
)
def test_clauses(sentence, verb, expected, scheme):
    assert texts(syntax.clauses(word(parsed(sentence, scheme), verb))) == expected


@pytest.mark.parametrize(
    "sentence, verb, expected",
    [
        (URGED, "halt", True),
        (WARNED, "closing", False),
        ("Berlin gave Minsk two days to reopen the road or face sanctions.", "reopen", True),
    ],
)
def test_is_infinitive(sentence, verb, expected, scheme):
    assert syntax.is_infinitive(word(parsed(sentence, scheme), verb)) is expected


@pytest.mark.parametrize(
    "sentence, noun, expected", [(MINISTRY, "ministry", "Russia"), (URGED, "raids", "its"), (WARNED, "port", None)]
)
def test_possessor(sentence, noun, expected, scheme):
    found = syntax.possessor(word(parsed(sentence, scheme), noun))
    assert (found.text if found is not None else None) == expected


@pytest.mark.parametrize(
    "sentence, negated",
    [
        (NEGATED, ["warn", "threat"]),
        ("The minister said that the port would not reopen.", ["reopen"]),
        ("“We will not leave,” Petra Novak said.", ["leave"]),
        (WARNED, []),
    ],
)
def test_is_negated(sentence, negated, scheme):
    assert [t.text for t in parsed(sentence, scheme) if syntax.is_negated(t)] == negated


@pytest.mark.parametrize(
    "sentence, verb, expected",
    [
        (NEGATED, "warn", ["did"]),
        (RELATIVE, "warned", ["had"]),
        (PASSIVE, "frozen", ["could", "be"]),
        (WARNED, "warned", []),
    ],
)
def test_auxiliaries(sentence, verb, expected, scheme):
    assert texts(syntax.auxiliaries(word(parsed(sentence, scheme), verb))) == expected


def test_conjuncts(scheme):
    assert texts(syntax.conjuncts(word(parsed(BOTH, scheme), "Moscow"))) == ["Moscow", "Beijing"]
    assert texts(syntax.conjuncts(word(parsed(RELATIVE, scheme), "met"))) == ["met"]


def name_head(doc: Doc) -> Token:
    """The head of "Petra Novak": the first word of a name (UD), or the last (ClearNLP)."""
    return next(t for t in doc if t.text in {"Petra", "Novak"} and t.head.text not in {"Petra", "Novak"})


@pytest.mark.parametrize(
    "sentence, head, whole, core",
    [
        (MINISTRY, "ministry", "Russia's foreign ministry", "Russia's foreign ministry"),
        (MINISTRY, "intervention", "any intervention in Iran", "any intervention"),
        (MINISTRY, "Iran", "Iran", "Iran"),
        (WARNED, "port", "the port", "the port"),
        (ENVOY, "envoy", "The envoy of Norway, a former judge", "The envoy"),
        (ENVOY, "plan", "the plan that Oslo drew up", "the plan"),
        (ENVOY, "judge", "a former judge", "a former judge"),
        (RELATIVE, "Novak", "Novak, who had warned Budapest", "Novak"),
        (BOTH, "Moscow", "Moscow and Beijing", "Moscow"),
        (BOTH, "missiles", "missiles", "missiles"),
        (PASSIVE, "Brussels", "Brussels", "Brussels"),
        (PARTICIPLES, "remarks", "remarks made by the envoy", "remarks"),
        ("Petra Novak, the foreign minister, spoke.", None, "Petra Novak, the foreign minister", "Petra Novak"),
        ("“We will not leave,” Petra Novak said.", None, "Petra Novak", "Petra Novak"),
    ],
)
def test_noun_phrases(sentence, head, whole, core, scheme):
    doc = parsed(sentence, scheme)
    token = word(doc, head) if head else name_head(doc)
    assert doc.text[slice(*syntax.noun_phrase(token))] == whole
    assert doc.text[slice(*syntax.core_phrase(token))] == core


def test_appositions_and_names(scheme):
    doc = parsed("Petra Novak, the foreign minister, spoke.", scheme)
    head = name_head(doc)
    assert texts(syntax.appositions(head)) == ["minister"]
    assert {head.text, *texts(syntax.name_parts(head))} == {"Petra", "Novak"}


def test_ancestors(scheme):
    doc = parsed("Tehran accused London of threatening its ships.", scheme)
    verbs = [t.text for t in syntax.ancestors_until_root(word(doc, "ships")) if t.pos_ == "VERB"]
    assert verbs == ["threatening", "accused"]


def test_token_at():
    doc = parsed(WARNED, "ud")
    for char in range(len(WARNED)):
        token = syntax.token_at(doc, char)
        assert token is not None
        assert token.idx + len(token) > char
        assert token.i == 0 or doc[token.i - 1].idx + len(doc[token.i - 1]) <= char
    assert syntax.token_at(doc, len(WARNED)) is None


def test_text_is_built_once():
    doc = parsed(WARNED, "ud")
    assert syntax.text_of(doc) == WARNED
    assert syntax.text_of(doc) is syntax.text_of(doc)
