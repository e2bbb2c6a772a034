"""What the recipe makes of corpora: one list of sentences, each with what its corpus knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.language.recipe.data import (
    GUIDELINES,
    LABELS,
    OWN_TEXTS,
    SENTENCES,
    Sentence,
    add_names,
    load_sentences,
    parse_marked,
    political_news,
    prepare,
    read_conllu,
    read_marked,
)

TREES = """\
# newdoc
# newpar
1\tNadia\tNadia\tPROPN\tNNP\tNumber=Sing\t2\tnsubj\t_\t_
2\tleft\tleave\tVERB\tVBD\tTense=Past\t0\troot\t_\t_
3\tRiga\tRiga\tPROPN\tNNP\tNumber=Sing\t2\tobj\t_\tSpaceAfter=No
4\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_

# newpar
1-2\tShe's\t_\t_\t_\t_\t_\t_\t_\t_
1\tShe\tshe\tPRON\tPRP\t_\t3\tnsubj\t_\t_
2\t's\tbe\tAUX\tVBZ\t_\t3\tcop\t_\t_
3\tback\tback\tADV\tRB\t_\t0\troot\t_\tSpaceAfter=No
4\t!\t!\tPUNCT\t.\t_\t3\tpunct\t_\t_

"""


@pytest.fixture
def trees(tmp_path: Path) -> Path:
    path = tmp_path / "trees.conllu"
    path.write_text(TREES, encoding="utf8")
    return path


def text(sentence: Sentence) -> str:
    return "".join(word + " " * space for word, space in zip(sentence.words, sentence.spaces, strict=True))


def test_trees_keep_their_spacing_and_their_paragraphs(trees: Path) -> None:
    first, second = read_conllu(trees)
    assert [text(s).strip() for s in (first, second)] == ["Nadia left Riga.", "She's back!"]
    assert first.document == second.document
    assert first.paragraph != second.paragraph
    assert first.tree is not None
    assert first.tree.heads == [2, 0, 2, 2]


def test_names_of_running_text_find_their_words(trees: Path) -> None:
    sentences = read_conllu(trees)
    add_names(sentences, [{"text": "Nadia left Riga .", "entities": [[0, 5, "PERSON"]], "missing": [[11, 15]]}])
    assert [s.names for s in sentences] == [["B-PERSON", "O", "?", "O"], ["?"] * 4]


def test_a_passage_that_no_tree_holds_marks_nothing(trees: Path) -> None:
    sentences = read_conllu(trees)
    add_names(sentences, [{"text": "Nobody wrote this.", "entities": []}])
    assert {name for s in sentences for name in s.names or ()} == {"?"}


def test_marked_lines_are_text_and_spans() -> None:
    assert parse_marked("[ORG Ministry of Ports] in [GPE Riga] closed.") == {
        "text": "Ministry of Ports in Riga closed.",
        "entities": [[0, 17, "ORG"], [21, 25, "GPE"]],
    }


def test_every_sentence_knows_whose_guideline_its_names_follow(tmp_path: Path) -> None:
    for folder in ("ud", "ner_derived"):
        (tmp_path / folder).mkdir()
    for corpus, names in (("ewt", "ewt"), ("gum_open", "gum")):
        (tmp_path / "ud" / f"{corpus}-train.conllu").write_text(TREES, encoding="utf8")
        (tmp_path / "ner_derived" / f"train_{names}.jsonl").write_text("", encoding="utf8")
    passage = {"text": "Port Authority of Riga", "entities": [[0, 22, "ORG"]]}
    (tmp_path / "ner_derived" / "train_ner.jsonl").write_text(json.dumps(passage), encoding="utf8")
    out = tmp_path / "out"
    prepare(tmp_path, out, ["Nobody marked this."])
    sentences = list(load_sentences(out / SENTENCES))
    assert [s.words for s in sentences if s.names is None and s.tree is None] == [["Nobody", "marked", "this", "."]]
    assert {s.guideline for s in sentences} == set(GUIDELINES)
    assert [s.words for s in sentences if s.guideline == "wikipedia"] == [["Port", "Authority", "of", "Riga"]]
    assert len({s.document for s in sentences if s.tree is not None}) == 2
    assert json.loads((out / LABELS).read_text(encoding="utf8"))["ner"][0] == "O"


def test_our_own_texts_are_marked_cleanly_and_stand_once() -> None:
    texts = [passage["text"] for path in sorted(OWN_TEXTS.glob("*.txt")) for passage in read_marked(path)]
    assert not [text for text in texts if "[" in text or "]" in text]
    assert len(texts) == len(set(texts))


def test_what_is_measured_on_is_not_learned_from() -> None:
    learned = {passage["text"] for passage in political_news("train")}
    measured = {passage["text"] for passage in political_news("test")}
    assert len(measured) > 200
    assert not learned & measured
