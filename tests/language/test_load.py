from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from pipeline.language import ModelNotFound, load, model_version

TEXT = "Russia warned the United States on Friday. “It is a dangerous step,” Maria Zakharova said in Moscow."


def annotations(nlp: Language) -> list[object]:
    doc = nlp(TEXT)
    words = [(t.text, t.tag_, t.pos_, str(t.morph), t.lemma_, t.dep_, t.head.i, t.is_sent_start) for t in doc]
    return [words, [(e.text, e.label_) for e in doc.ents], [c.text for c in doc.noun_chunks]]


def test_a_missing_model_says_what_to_do() -> None:
    with pytest.raises(ModelNotFound, match=r"No language model 'no_such_model'.*accurate"):
        load("no_such_model")


def test_a_folder_that_is_no_pipeline_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=str(tmp_path)):
        load(str(tmp_path))


def test_version_names_language_and_model(nlp: Language) -> None:
    assert model_version(nlp) == "en_demarche_accurate-0.7.0"


def test_attribution_travels_with_the_model(nlp: Language) -> None:
    assert nlp.meta["license"] == "CC BY-SA 4.0"
    for corpus in ("English Web Treebank", "GUM", "WikiGold", "CrossNER", "all-MiniLM-L6-v2"):
        assert corpus in nlp.meta["notes"]


def test_disk_round_trip(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "copy")
    assert annotations(spacy.load(tmp_path / "copy")) == annotations(nlp)


def test_bytes_round_trip(nlp: Language) -> None:
    copy = spacy.blank("en")
    for name in nlp.pipe_names:
        copy.add_pipe(nlp.get_pipe_meta(name).factory, name=name)
    copy.from_bytes(nlp.to_bytes())
    assert annotations(copy) == annotations(nlp)


def test_several_processes_give_what_one_gives(nlp: Language) -> None:
    texts = [TEXT, "", "The Kremlin denied it.\n\nNo one else spoke."] * 4
    alone = [doc.to_json() for doc in nlp.pipe(texts)]
    assert [doc.to_json() for doc in nlp.pipe(texts, n_process=2, batch_size=3)] == alone


def test_batches_do_not_change_the_analysis(nlp: Language) -> None:
    texts = [TEXT, "Kenya's president will meet the IMF.", TEXT.upper()]
    together = [[(t.dep_, t.head.i) for t in doc] for doc in nlp.pipe(texts)]
    assert together == [[(t.dep_, t.head.i) for t in nlp(text)] for text in texts]


def test_a_component_without_weights_says_so() -> None:
    empty = spacy.blank("en")
    empty.add_pipe("demarche_joint")
    with pytest.raises(ValueError, match="has no model"):
        empty("Text.")


def test_the_fast_model_reads_the_same_things(fast: Language, tmp_path: Path) -> None:
    doc = fast(TEXT)
    root = next(token for token in doc if token.dep_ == "ROOT")
    assert (root.text, root.lemma_) == ("warned", "warn")
    assert {"Russia", "Maria Zakharova", "Moscow"} <= {e.text for e in doc.ents}
    fast.to_disk(tmp_path / "copy")
    assert annotations(spacy.load(tmp_path / "copy")) == annotations(fast)


def test_the_fast_model_does_not_mind_its_neighbours(fast: Language) -> None:
    texts = [TEXT, "Kenya's president will meet the IMF.", "", "\n\n", TEXT.upper()]
    alone = [fast(text).to_json() for text in texts]
    assert [doc.to_json() for doc in fast.pipe(texts, n_process=2)] == alone
