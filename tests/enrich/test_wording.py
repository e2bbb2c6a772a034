"""What words said do: the features a reader can name, and readings of the shipped weights."""

from __future__ import annotations

import pytest
from spacy.language import Language
from spacy.tokens import Token

from pipeline import language
from pipeline.enrich import wording
from pipeline.language.component import FACTORY, DemarcheJoint


@pytest.fixture(scope="module")
def nlp() -> Language:
    return language.load()


def tokens(nlp: Language, text: str) -> list[Token]:
    return list(nlp(text))


def nobody(_: Token) -> bool:
    return False


def test_the_shipped_weights_belong_to_the_shipped_network(nlp: Language) -> None:
    joint = nlp.get_pipe(FACTORY)
    assert isinstance(joint, DemarcheJoint)
    assert wording.shipped().network == joint.network.fingerprint, "run python -m pipeline.enrich.recipe"


def test_features_tell_who_would_do_what_when(nlp: Language) -> None:
    found = wording.features(tokens(nlp, "If they come back, we will bomb their camps."), nobody, quoted=True)
    assert {"act own will violence", "mark if", "quoted", "class violence"} <= found


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("The army shelled the town.", False),
        ("Two soldiers had been killed.", False),
        ("We will shell the town.", True),
        ("Leave the town.", True),
    ],
)
def test_what_is_past_points_not_ahead(nlp: Language, text: str, ahead: bool) -> None:
    assert wording.points_ahead(tokens(nlp, text)) is ahead


@pytest.mark.parametrize(
    ("text", "alarm"),
    [
        ("If they cross the border again, we will destroy their bases.", True),
        ("We will bomb their ports unless they withdraw.", True),
        ("The talks were long and friendly.", False),
        ("Our soldiers had shelled the town on Monday.", False),
        ("We will open two new schools in May.", False),
    ],
)
@pytest.mark.parametrize("with_vectors", [True, False])
def test_threats_are_told_from_statements(nlp: Language, text: str, alarm: bool, with_vectors: bool) -> None:
    doc = nlp(text)
    if not with_vectors:
        doc.user_data.clear()
    shares = wording.shipped().read(list(doc), nobody, quoted=True)
    assert (shares["WARN"] + shares["THREATEN"] >= wording.ALARMING) is alarm
