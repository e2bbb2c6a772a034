"""The steps as spaCy components: alone and together, saved and loaded, in batches and in processes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from pipeline.enrich import annotations
from pipeline.enrich.annotations import keep_attributions, kept_attributions
from pipeline.enrich.attribution import find_attributions
from pipeline.enrich.cues import Cues
from pipeline.language import load
from tests.enrich.parses import SCHEMES, TABLES, parsed

TEXT = (
    "Oslo warned Riga on Monday against closing the northern port. “We will not wait,” minister Ana Lopez said. "
    "Xinhua reported that Riga had rejected the claim."
)
FACTORIES = ["demarche_quotes", "demarche_attribution", "demarche_statements"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def nlp():
    nlp = load("fast")
    for name in FACTORIES:
        nlp.add_pipe(name)
    return nlp


def said(doc: Doc) -> list[list[str]]:
    return [[doc.text[start:end] for start, end in a["content"]] for a in doc._.attributions]


def test_each_is_an_entry_point():
    points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]["entry-points"]["spacy_factories"]
    assert set(FACTORIES) <= set(points)


def test_what_they_leave_on_a_doc(nlp):
    doc = nlp(TEXT)
    assert [span.text for span in doc.spans["quotations"]] == ["“We will not wait,”"]
    assert doc._.quotations[0]["closed"]
    assert ["“We will not wait,”"] in said(doc)
    warning = next(s for s in doc._.statements if s["act"] == "WARN")
    assert (warning["speakers"][0]["country"], warning["addressees"][0]["country"]) == ("NOR", "LVA")
    assert {e.text: e._.country for e in doc.ents}["Riga"] == "LVA"


@pytest.mark.parametrize("name", FACTORIES)
def test_each_works_alone(nlp, name):
    alone = load("fast")
    alone.add_pipe(name)
    left = dict(zip(FACTORIES, ["quotations", "attributions", "statements"], strict=True))[name]
    assert getattr(alone(TEXT)._, left) == getattr(nlp(TEXT)._, left)


def test_quotations_need_no_model():
    nlp = spacy.blank("en")
    nlp.add_pipe("demarche_quotes")
    assert len(nlp(TEXT)._.quotations) == 1
    assert nlp("")._.quotations == []


def test_they_say_what_they_require_and_assign(nlp):
    assert not nlp.analyze_pipes()["problems"]["demarche_statements"]
    bare = spacy.blank("en")
    bare.add_pipe("demarche_attribution")
    assert "token.dep" in bare.analyze_pipes()["problems"]["demarche_attribution"]


def test_extensions_are_documented():
    page = (ROOT / "docs" / "enrichment.md").read_text("utf8")
    for name in annotations.EXTENSIONS:
        assert f"`doc._.{name}`" in page
    for name in annotations.SPAN_EXTENSIONS:
        assert f"`span._.{name}`" in page
    for name in FACTORIES:
        assert f"`{name}`" in page


def test_a_pipeline_is_saved_with_its_files(tmp_path):
    extra = tmp_path / "own.toml"
    extra.write_text('[[cue]]\nact = "WARN"\nverbs = ["glower"]\n', "utf8")
    nlp = spacy.blank("en")
    nlp.add_pipe("demarche_attribution", config={"cues": [str(extra)]})
    nlp.to_disk(tmp_path / "saved")
    kept = nlp.to_bytes()
    extra.unlink()
    again = spacy.blank("en")
    again.add_pipe("demarche_attribution")
    for loaded in (again.from_disk(tmp_path / "saved"), again.from_bytes(kept)):
        assert loaded.get_pipe("demarche_attribution").cues.verbs["glower"].act == "WARN"


def test_a_saved_pipeline_loads_by_its_folder(tmp_path, nlp):
    nlp.to_disk(tmp_path / "whole")
    assert said(spacy.load(tmp_path / "whole")(TEXT)) == said(nlp(TEXT))


def test_what_is_found_travels_with_the_doc(nlp):
    doc = nlp(TEXT)
    binary = DocBin(store_user_data=True)
    binary.add(doc)
    (stored,) = DocBin().from_bytes(binary.to_bytes()).get_docs(nlp.vocab)
    again = Doc(nlp.vocab).from_bytes(doc.to_bytes())
    for copy in (stored, again):
        # Lists come back as tuples, which JSON does not tell apart.
        assert json.dumps(copy._.attributions) == json.dumps(doc._.attributions)
        assert json.dumps(copy._.statements) == json.dumps(doc._.statements)
        found = kept_attributions(copy)
        assert found is not None
        assert [a.content for a in found] == [a.content for a in kept_attributions(doc)]


def test_batches_and_processes_find_the_same(nlp):
    texts = [TEXT, "", "Nothing was said.", TEXT]
    one_by_one = [nlp(text)._.statements for text in texts]
    assert [doc._.statements for doc in nlp.pipe(texts)] == one_by_one
    assert [doc._.statements for doc in nlp.pipe(texts, n_process=2, batch_size=2)] == one_by_one


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("sentence", TABLES)
def test_attributions_are_kept_whole(sentence, scheme):
    doc = parsed(sentence, scheme)
    found = find_attributions(doc, Cues.load())
    keep_attributions(doc, found)
    assert kept_attributions(doc) == found
