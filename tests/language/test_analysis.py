"""A few sentences that any version of the model must get right; quality as a whole is measured elsewhere."""

import pytest
from spacy.language import Language
from spacy.tokens import Doc, Span, Token

from pipeline.language.noun_chunks import noun_chunks


def word(doc: Doc, text: str) -> Token:
    return next(token for token in doc if token.text == text)


def test_who_warned_whom(nlp: Language) -> None:
    doc = nlp("Russia warned the United States against intervening in the conflict.")
    warned = word(doc, "warned")
    assert (warned.dep_, warned.lemma_, warned.tag_) == ("ROOT", "warn", "VBD")
    assert word(doc, "Russia").dep_ == "nsubj"
    assert word(doc, "Russia").head == warned
    assert word(doc, "States").head == warned
    assert word(doc, "States").dep_ in ("obj", "iobj")


def test_reported_clause(nlp: Language) -> None:
    doc = nlp("The minister said that Ankara would not accept the offer.")
    assert word(doc, "accept").dep_ == "ccomp"
    assert word(doc, "accept").head.text == "said"
    assert word(doc, "not").head.text == "accept"
    assert word(doc, "minister").dep_ == "nsubj"


def test_passive(nlp: Language) -> None:
    doc = nlp("The ambassador was summoned by the foreign ministry on Tuesday.")
    assert word(doc, "ambassador").dep_ == "nsubj:pass"
    assert word(doc, "summoned").lemma_ == "summon"


@pytest.mark.parametrize("quote", ['"{}"', "“{}”"])
def test_quotation(nlp: Language, quote: str) -> None:
    doc = nlp(quote.format("We will not negotiate under threat,") + " the spokesman told reporters.")
    told = word(doc, "told")
    assert word(doc, "spokesman").head == told
    assert word(doc, "reporters").head == told
    assert len(list(doc.sents)) == 1


def test_lemmas_and_features(nlp: Language) -> None:
    doc = nlp("The ministers were told that their children had gone home.")
    assert [word(doc, w).lemma_ for w in ("ministers", "were", "told", "children", "gone")] == [
        "minister",
        "be",
        "tell",
        "child",
        "go",
    ]
    assert word(doc, "ministers").morph.get("Number") == ["Plur"]


def test_names(nlp: Language) -> None:
    doc = nlp("Angela Merkel met Emmanuel Macron in Berlin, and NATO praised the German chancellor.")
    found = {(ent.text, ent.label_) for ent in doc.ents}
    assert {
        ("Angela Merkel", "PERSON"),
        ("Emmanuel Macron", "PERSON"),
        ("Berlin", "GPE"),
        ("NATO", "ORG"),
        ("German", "NORP"),
    } <= found


@pytest.mark.parametrize(
    ("text", "quantity", "label"),
    [
        ("It cost $3.5 billion last year.", "$3.5 billion", "MONEY"),
        ("They offered 40 million euros for it.", "40 million euros", "MONEY"),
        ("It fell by 2.5 percent.", "2.5 percent", "PERCENT"),
        ("It fell by 20% again.", "20%", "PERCENT"),
        ("He resigned on June 19, 2019.", "June 19, 2019", "DATE"),
        ("He resigned on 3 March.", "3 March", "DATE"),
        ("She arrived on Tuesday.", "Tuesday", "DATE"),
        ("It ended two weeks ago.", "two weeks ago", "DATE"),
        ("It began in the 1990s.", "1990s", "DATE"),
        ("The talks began at 10:30 a.m.", "10:30 a.m.", "TIME"),
        ("At least 12,000 people fled.", "12,000", "CARDINAL"),
        ("It was their third meeting.", "third", "ORDINAL"),
    ],
)
def test_quantities(nlp: Language, text: str, quantity: str, label: str) -> None:
    assert (quantity, label) in {(ent.text, ent.label_) for ent in nlp(text).ents}


@pytest.mark.parametrize("text", ["You may go.", "We march on.", "They sat down and had one of those talks."])
def test_month_and_day_names_that_are_none(nlp: Language, text: str) -> None:
    assert not [ent for ent in nlp(text).ents if ent.label_ == "DATE"]


def chunks(doc: Doc) -> list[str]:
    return [Span(doc, start, end).text for start, end, _ in noun_chunks(doc)]


def test_noun_chunks_of_a_hand_made_tree(nlp: Language) -> None:
    words = [
        "Russia",
        "'s",
        "foreign",
        "minister",
        "Sergei",
        "Lavrov",
        "sent",
        "the",
        "two",
        "envoys",
        "of",
        "the",
        "EU",
        "to",
        "Moscow",
    ]
    heads = [3, 0, 3, 6, 3, 4, 6, 9, 9, 6, 12, 12, 9, 14, 6]
    deps = [
        "nmod:poss",
        "case",
        "amod",
        "nsubj",
        "appos",
        "flat",
        "ROOT",
        "det",
        "nummod",
        "obj",
        "case",
        "det",
        "nmod",
        "case",
        "obl",
    ]
    pos = [
        "PROPN",
        "PART",
        "ADJ",
        "NOUN",
        "PROPN",
        "PROPN",
        "VERB",
        "DET",
        "NUM",
        "NOUN",
        "ADP",
        "DET",
        "PROPN",
        "ADP",
        "PROPN",
    ]
    doc = Doc(nlp.vocab, words=words, heads=heads, deps=deps, pos=pos)
    assert chunks(doc) == ["Russia 's foreign minister", "Sergei Lavrov", "the two envoys", "the EU", "Moscow"]


def test_noun_chunk_of_a_predicate_leaves_subject_and_copula_out(nlp: Language) -> None:
    words = ["She", "is", "not", "the", "prime", "minister"]
    doc = Doc(
        nlp.vocab,
        words=words,
        heads=[5, 5, 5, 5, 5, 5],
        deps=["nsubj", "cop", "advmod", "det", "amod", "ROOT"],
        pos=["PRON", "AUX", "PART", "DET", "ADJ", "NOUN"],
    )
    assert chunks(doc) == ["She", "the prime minister"]


def test_noun_chunks_of_the_pipeline(nlp: Language) -> None:
    doc = nlp("The old minister met his Turkish colleague in the capital.")
    assert [chunk.text for chunk in doc.noun_chunks] == ["The old minister", "his Turkish colleague", "the capital"]


def test_words_are_cut_as_in_the_treebanks(nlp: Language) -> None:
    doc = nlp.make_doc("Lt. Gov. Ann Lee and/or an ex-president of non-EU, U.S.-led Al-Zaman won’t go!?")
    assert [token.text for token in doc] == [
        *("Lt.", "Gov.", "Ann", "Lee", "and", "/", "or", "an", "ex-president", "of", "non-EU", ","),
        *("U.S.", "-", "led", "Al", "-", "Zaman", "wo", "n’t", "go", "!?"),
    ]
    doc = nlp.make_doc("Pro-Western parties, re-elected in 1998–2002, want a counter-attack etc. and so-called aid.")
    assert " ".join(token.text for token in doc) == (
        "Pro-Western parties , re-elected in 1998 – 2002 , want a counter-attack etc. and so - called aid ."
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Five- to six-year terms", "Five - to six - year terms"),
        ("--Agnes, Ghent", "-- Agnes , Ghent"),
        ("-Boris, at -5 degrees", "- Boris , at -5 degrees"),
        ("Mali Mining Inc.. It closed", "Mali Mining Inc. . It closed"),
        ("Ana Diaz(Labour): the law(s)", "Ana Diaz ( Labour ) : the law ( s )"),
        ('"Ana Diaz"<ana@example.org>', '" Ana Diaz " < ana@example.org >'),
        ("at 7:30pm", "at 7:30 pm"),
        ("an Su-35 and COVID-19", "an Su-35 and COVID-19"),
    ],
)
def test_hyphens_brackets_and_stops_at_the_edge_of_words(nlp: Language, text: str, words: str) -> None:
    assert " ".join(token.text for token in nlp.make_doc(text)) == words


def test_a_name_does_not_end_at_a_hyphen(nlp: Language) -> None:
    doc = nlp("South Korean Unification Minister Han Ji-won said so on Thursday. Han urged North Korea to answer.")
    assert "Han Ji-won" in [ent.text for ent in doc.ents]


STEADY = 12 * "The harbour stayed shut for one more day. "
"""Words of one window, but for two."""


def test_a_long_paragraph_is_not_cut_after_the_mark_that_opens_a_quotation(nlp: Language) -> None:
    doc = nlp(STEADY + '"We are still waiting for a pilot," the master of the ferry said.')
    assert list(doc.sents)[-1].text.startswith('"We are')


def test_a_long_paragraph_is_not_cut_before_the_number_of_a_note(nlp: Language) -> None:
    doc = nlp(STEADY + "[4] Nobody knew when it would open again.")
    assert not any(sent.text.startswith("[4]") for sent in doc.sents)


def test_a_sentence_too_long_for_one_look_is_cut_at_a_semicolon(nlp: Language) -> None:
    doc = nlp("The bill bans " + "; ".join(["loans to any firm that the ministry calls foreign"] * 14) + ".")
    first, *others = doc.sents
    assert others
    assert first.text.endswith(";")


def test_a_full_stop_within_a_quotation_ends_a_sentence(nlp: Language) -> None:
    doc = nlp("“They took the boats. Then they sank the ferry,” said Runa, 58, a nurse.")
    assert [sent.text for sent in doc.sents][:1] == ["“They took the boats."]
