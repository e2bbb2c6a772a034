import itertools
import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

BORDERS = "\n\r\u2028\u2029\x0b\x0c\x85"
SENTENCE = "The foreign ministry in Ankara said on Monday that 20 soldiers had left. "


def assert_sound(doc: Doc, text: str) -> None:
    """Structure that holds for every text, whatever the model thinks of it."""
    assert doc.text == text
    sents = list(doc.sents)
    assert [token.i for sent in sents for token in sent] == list(range(len(doc)))
    for token in doc:
        assert token.tag_
        assert token.dep_
        assert token.lemma_
        assert doc[token.head.i].sent.start == token.sent.start
        if not token.is_space and any(c in BORDERS for c in token.text):
            pytest.fail("a word holds a line break")
    for sent in sents:
        inside = doc[sent.start : sent.end].text.strip()
        assert "\n" not in inside
    for ent in doc.ents:
        assert ent.text == text[ent.start_char : ent.end_char]
        assert not ent[0].is_space
        assert not ent[-1].is_space
    assert all(a.end <= b.start for a, b in itertools.pairwise(doc.ents))
    assert all(a.end <= b.start for a, b in itertools.pairwise(doc.noun_chunks))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=80))
def test_any_text(nlp: Language, text: str) -> None:
    assert_sound(nlp(text), text)


PIECES = st.sampled_from(
    [
        "Moscow",
        "said",
        ".",
        "”",
        "“",
        "\n",
        "\n\n",
        "  ",
        "$",
        "5",
        "billion",
        "'s",
        "\u200b",
        "😀",
        "-",
        "May",
        "(",
        "U.S.",
        "\x00",
        "\t",
        "é",
        "中国",
        "the",
        "NATO",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(PIECES, max_size=60), blank=st.sampled_from(["", " "]))
def test_news_in_pieces(nlp: Language, words: list[str], blank: str) -> None:
    text = blank.join(words)
    assert_sound(nlp(text), text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\n",
        " \n \t ",
        "\n\nMoscow warned.",
        "Moscow  warned  Kyiv .\n",
        "😀" * 300,
        "\x00\x01\x02 \x7f",
        "“" * 500,
        "Москва предупредила Вашингтон.",
        "a\u0301" * 300,
        "www.example.com/" + "a/b-" * 300,
    ],
    ids=range(12),
)
def test_odd_texts(nlp: Language, text: str) -> None:
    assert_sound(nlp(text), text)


@pytest.mark.parametrize(
    "text",
    [SENTENCE * 400, "x" * 1_000_000, "“" * 2000, '"' * 2000, "no stop here " * 500, "1-2" * 500],
    ids=["6,000 words", "one word of a million letters", "curly marks", "straight marks", "no full stop", "hyphens"],
)
def test_long_texts_end(nlp: Language, text: str) -> None:
    nlp.max_length = max(nlp.max_length, len(text) + 1)
    started = time.monotonic()
    doc = nlp(text)
    assert doc.text == text
    assert doc.has_annotation("DEP")
    assert time.monotonic() - started < 60


MARKS = 10_000


@pytest.mark.parametrize(
    "text",
    [
        "“" * MARKS,
        '"' * MARKS,
        "'" * MARKS,
        "“”" * (MARKS // 2),
        "(" * MARKS,
        "—" * MARKS,
        "word" + "”," * (MARKS // 2),
    ],
    ids=["curly", "straight", "single", "pairs", "brackets", "dashes", "after a word"],
)
def test_ten_thousand_marks_are_cut_in_little_time(nlp: Language, text: str) -> None:
    started = time.process_time()
    doc = nlp.make_doc(text)
    assert doc.text == text
    assert len(doc) >= MARKS // 2 - 100
    assert time.process_time() - started < 5


def test_long_runs_are_cut_between_words_alone(nlp: Language) -> None:
    assert [token.text for token in nlp.make_doc("x" * 5000)] == ["x" * 5000]
    doc = nlp.make_doc("north-south," * 200)
    assert doc.text == "north-south," * 200
    assert {word for token in doc for word in re.findall(r"\w+", token.text)} == {"north", "south"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="ab1.,“”\"'- \n(é😀<>", max_size=1500))
def test_the_tokenizer_keeps_every_character(nlp: Language, text: str) -> None:
    assert nlp.make_doc(text).text == text


def test_many_processes_bear_hard_texts(nlp: Language) -> None:
    texts = ["", "\n", "“" * 600, "😀" * 50, SENTENCE, "\x00", " \u2028 "]
    alone = [doc.to_json() for doc in nlp.pipe(texts)]
    assert [doc.to_json() for doc in nlp.pipe(texts, n_process=2, batch_size=2)] == alone


def test_sentences_end_with_their_paragraph(nlp: Language) -> None:
    doc = nlp("Moscow Warns Washington\n\nThe foreign ministry\nsaid so.\r\nIt is over")
    starts = {token.text for token in doc if token.is_sent_start}
    assert {"Moscow", "The", "said", "It"} <= starts


def test_given_sentence_starts_are_kept(nlp: Language) -> None:
    words = ["He", "left", ".", "She", "stayed", "there", "."]
    starts = [True, False, False, False, False, False, False]
    doc = next(nlp.pipe([Doc(nlp.vocab, words=words, sent_starts=starts)]))
    assert len(list(doc.sents)) == 1
