"""Floors of the shipped language models, on parts small enough for every run."""

from pathlib import Path

import pytest

from pipeline.language import load
from pipeline.language.evaluate import find_names, score_gold_words, score_names, score_raw_text
from pipeline.language.recipe.data import read_conllu, read_passages
from tests.quality.gate import Gate

SENTENCES, PASSAGES = 250, 150


def measure(shared: Path, model: str) -> dict[str, float]:
    """Figures in percent on the beginnings of GUM dev and CrossNER politics dev."""
    data = shared / "data" / "nlp"
    nlp = load(model)
    sentences = read_conllu(data / "ud" / "gum_open-dev.conllu")[:SENTENCES]
    gold, raw = score_gold_words(nlp, sentences), score_raw_text(nlp, sentences)
    passages = read_passages(data / "ner_derived" / "dev_politics.jsonl")[:PASSAGES]
    names = score_names(passages, find_names(nlp, passages))
    return {
        "gold_tag": gold["tag"],
        "gold_lemma": gold["lemma"],
        "gold_las": gold["las"],
        "raw_las": raw["las"],
        "raw_sentences": raw["sents"],
        "names_f": names["all"]["f"],
        "names_org_f": names["ORG"]["f"],
    }


AREAS = {"language_model": "accurate", "language_model_fast": "fast"}


@pytest.mark.quality
@pytest.mark.parametrize("area", AREAS)
def test_language_model_holds_its_floors(area: str, shared: Path, gate: Gate) -> None:
    gate.check(area, measure(shared, AREAS[area]))
