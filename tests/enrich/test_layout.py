"""The plain numbers of a doc are those that spaCy's objects tell, also after its tokens were joined."""

from __future__ import annotations

import pytest
from spacy.tokens import Doc

from pipeline.enrich import layout, syntax
from tests.enrich.golden import enricher

TEXT = (
    "“We will not wait,” the foreign minister of Norway told Oslo’s allies on Monday. The ferries, she said, would "
    "sail again. Nobody who heard her, in Bergen or elsewhere, asked why."
)


@pytest.fixture
def doc() -> Doc:
    return enricher().nlp(TEXT)


def test_what_hangs_on_a_token_is_what_spacy_says(doc: Doc) -> None:
    assert [[place for place, _ in below] for below in layout.dependents(doc)] == [
        [child.i for child in token.children] for token in doc
    ]
    assert all(doc[place].dep == label for below in layout.dependents(doc) for place, label in below)


def test_a_sentence_is_that_of_spacy(doc: Doc) -> None:
    assert len({syntax.sentence(token) for token in doc}) == 3
    assert all(syntax.sentence(token) == token.sent for token in doc)
    assert layout.starts(doc) == [token.idx for token in doc]


def test_joined_tokens_are_read_anew(doc: Doc) -> None:
    before = len(layout.dependents(doc)), len(layout.sentences(doc)), len(layout.starts(doc))
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[6:10])
    assert before == (len(doc) + 3,) * 3
    assert [len(below) for below in layout.dependents(doc)] == [len(list(token.children)) for token in doc]
    assert all(syntax.sentence(token) == token.sent for token in doc)
    assert layout.starts(doc) == [token.idx for token in doc]
