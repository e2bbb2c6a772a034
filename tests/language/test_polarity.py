"""Polarity towards a target: its command, its component, and its use in enrichment."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from click.testing import CliRunner
from spacy.language import Language
from spacy.tokens import Span

from pipeline.commands.stance import stance
from pipeline.enrich.stance import MIN_CONFIDENCE, read_stances
from pipeline.language.component import DemarcheJoint, Polarity, polarity_reader
from pipeline.records import Entity, Party, Stance, Statement

AGAINST = "The senator called Brandvold a corrupt liar who has betrayed every voter in the valley."
FOR = "The senator praised Brandvold as a brave and honest leader who saved the valley."
NEUTRAL = "The senator will meet Brandvold in Oslo on Tuesday."


def reader(nlp: Language) -> DemarcheJoint:
    found = polarity_reader(nlp)
    assert found is not None
    return found


def target(nlp: Language, text: str, name: str = "Brandvold") -> Span:
    start = text.index(name)
    span = nlp(text).char_span(start, start + len(name))
    assert span is not None
    return span


@pytest.mark.parametrize(("text", "polarity"), [(AGAINST, -1), (FOR, 1), (NEUTRAL, 0)])
def test_plain_sentences(nlp: Language, text: str, polarity: int) -> None:
    (found,) = reader(nlp).polarities([target(nlp, text)])
    assert found.polarity == polarity
    assert 1 / 3 <= found.confidence <= 1


def test_answers_stand_in_the_order_asked(nlp: Language) -> None:
    targets = [target(nlp, text) for text in (NEUTRAL, AGAINST * 3, FOR, AGAINST)]
    assert [found.polarity for found in reader(nlp).polarities(targets)][2:] == [1, -1]
    assert reader(nlp).polarities([]) == []


def test_a_sentence_reads_alike_parsed_or_not(nlp: Language) -> None:
    """Vectors that the parse left serve as well as those of a sentence on its own, and cost nothing."""
    parsed = target(nlp, AGAINST)
    bare = nlp.make_doc(AGAINST)
    for token in bare:
        token.is_sent_start = token.i == 0
    span = bare.char_span(parsed.start_char, parsed.end_char)
    assert span is not None
    first, second = reader(nlp).polarities([parsed, span])
    assert first.polarity == second.polarity
    assert first.confidence == pytest.approx(second.confidence, abs=0.01)


def test_a_target_anywhere_in_a_very_long_sentence_is_seen(nlp: Language) -> None:
    words = "and the harbour and the " * 400
    for text in (
        f"{words} Brandvold lied",
        f"Brandvold lied {words}",
        f"{words} Brandvold {words}",
        "x-" * 900 + " Brandvold",
    ):
        doc = nlp.make_doc(text)
        for token in doc:
            token.is_sent_start = token.i == 0
        start = text.index("Brandvold")
        span = doc.char_span(start, start + 9)
        assert span is not None
        (found,) = reader(nlp).polarities([span])
        assert found.confidence == pytest.approx(found.confidence)  # not NaN
        assert found.confidence >= 1 / 3


def test_the_fast_model_reads_none(fast: Language) -> None:
    assert polarity_reader(fast) is None


# -- the command ----------------------------------------------------------------------------------------------------


def run(*lines: str | bytes, options: Sequence[str] = ()) -> tuple[int, list[dict[str, object]], list[str]]:
    data = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    result = CliRunner().invoke(stance, [*options], input=data, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.return_value, [json.loads(line) for line in result.stdout.splitlines()], result.stderr.splitlines()


def row(text: str, name: str = "Brandvold", key: object = "a") -> str:
    start = text.index(name)
    return json.dumps({"id": key, "text": text, "target": [start, start + len(name)]})


def test_the_command_answers_in_order() -> None:
    code, answers, errors = run(row(AGAINST, key="x"), "", row(FOR, key=7))
    assert (code, errors) == (0, [])
    assert [(answer["id"], answer["polarity"]) for answer in answers] == [("x", -1), (7, 1)]
    assert all(set(answer) == {"id", "polarity", "confidence"} for answer in answers)


BAD = {
    "no JSON": "{",
    "no UTF-8": b'{"id": 1, "text": "\xff", "target": [0, 1]}',
    "no object": "[1]",
    "no target": '{"id": 1, "text": "Oslo."}',
    "text is none": '{"id": 1, "text": null, "target": [0, 1]}',
    "three places": '{"id": 1, "text": "Oslo.", "target": [0, 1, 2]}',
    "truth values": '{"id": 1, "text": "Oslo.", "target": [false, true]}',
    "outside": '{"id": 1, "text": "Oslo.", "target": [2, 9]}',
    "turned round": '{"id": 1, "text": "Oslo.", "target": [3, 1]}',
    "a blank": '{"id": 1, "text": "In  Oslo.", "target": [3, 4]}',
    "nested too deep": "[" * 100_000,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_named_and_the_rest_goes_on(name: str) -> None:
    code, answers, errors = run(row(FOR, key=1), BAD[name], row(AGAINST, key=2))
    assert code == 65
    assert [answer["id"] for answer in answers] == [1, 2]
    assert len(errors) == 1
    assert errors[0].startswith("demarche: line 2: ")


def test_a_model_that_reads_no_polarity_is_refused() -> None:
    with pytest.raises(Exception, match=r"reads no polarity.*accurate"):
        run(row(FOR), options=["--model", "fast"])


# -- in enrichment --------------------------------------------------------------------------------------------------


class Sure:
    """Answers as it is told, and then that it sees nothing."""

    def __init__(self, *answers: Polarity) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def polarities(self, targets: Sequence[Span]) -> list[Polarity]:
        self.asked = [span.text for span in targets]
        return [*self.answers, *[Polarity(0, 1.0)] * len(targets)][: len(targets)]


TEXT = "“Brandvold has ruined Norway. Lindqvist told Brandvold so,” said Ekberg."


def read(nlp: Language, answers: Sequence[Polarity], **fields: object) -> tuple[Statement, list[str]]:
    doc = nlp(TEXT)
    entities = [
        Entity(span=(start, start + len(name)), label=label, name=name)
        for name, label in (("Brandvold", "PERSON"), ("Norway", "GPE"), ("Lindqvist", "PERSON"), ("Ekberg", "PERSON"))
        for start in [TEXT.index(name)]
    ]
    statement = Statement(
        statement_id="s", kind="direct", content=[(1, TEXT.index(",”"))], speakers=[Party(name="Ekberg")]
    ).model_copy(update=fields)
    reader = Sure(*answers)
    read_stances([statement], entities, {"title": doc, "text": doc}, reader)
    return statement, reader.asked


def test_sure_polarities_become_stances_with_their_evidence(nlp: Language) -> None:
    statement, asked = read(nlp, [Polarity(-1, 0.95)])
    assert asked == ["Brandvold"]
    (found,) = statement.stances
    assert (found.target.name, found.polarity, found.confidence) == ("Brandvold", -1, 0.95)
    assert found.evidence is not None
    assert TEXT[slice(*found.evidence)] == "Brandvold has ruined Norway."


@pytest.mark.parametrize("answer", [Polarity(-1, MIN_CONFIDENCE - 0.1), Polarity(0, 0.99)])
def test_what_is_unsure_or_neutral_is_no_stance(nlp: Language, answer: Polarity) -> None:
    assert read(nlp, [answer])[0].stances == []


def test_neither_the_speaker_nor_words_not_meant_are_read(nlp: Language) -> None:
    assert read(nlp, [], speakers=[Party(name="Brandvold")])[1] == ["Norway"]
    assert read(nlp, [], status="denied")[1] == []
    assert read(nlp, [], speakers=[])[1] == []
    assert read(nlp, [], kind="indirect")[1] == []
    assert read(nlp, [], stances=[Stance(target=Party(name="Norway"), polarity=-1)])[1] == []


def test_in_a_clause_quoted_in_part_only_who_stands_between_the_marks_is_read(nlp: Language) -> None:
    others = [Party(name=name) for name in ("Brandvold", "Norway", "Lindqvist")]
    whole = [(0, len(TEXT) - 1)]
    assert read(nlp, [], kind="direct", content=whole, speakers=others)[1] == ["Ekberg"]
    assert read(nlp, [], kind="mixed", content=whole, speakers=others)[1] == []
    assert read(nlp, [], kind="mixed", content=whole)[1] == ["Brandvold"]
