"""The steps as spaCy components: alone and together, saved and loaded, in batches and in processes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span

from pipeline.enrich import annotations
from pipeline.enrich.annotations import keep_attributions, kept_attributions
from pipeline.enrich.attribution import find_attributions
from pipeline.enrich.components import StanceReader
from pipeline.enrich.cues import Cues
from pipeline.language import load
from pipeline.language.component import Polarity
from tests.enrich.parses import SCHEMES, TABLES, VOCAB, Scheme, parsed

TEXT = (
    "Oslo warned Riga on Monday against closing the northern port. “We will not wait,” minister Ana Lopez said. "
    "Xinhua reported that Riga had rejected the claim."
)
LEAVES = {
    "demarche_quotes": "quotations",
    "demarche_attribution": "attributions",
    "demarche_entities": "entities",
    "demarche_coreference": "chains",
    "demarche_statements": "statements",
}
FACTORIES = [*LEAVES, "demarche_stance"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def nlp():
    return with_components(load("fast"), LEAVES)


def with_components(nlp: Language, names: Iterable[str]) -> Language:
    for name in names:
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


def test_chains_lead_to_actors_and_lie_where_coreference_lies(nlp):
    doc = nlp("Oslo shut the port. It warned Riga and Minsk. They rejected the claim. “We will wait,” Ana Lopez said.")
    chains = {tuple(p["actor_id"] for p in chain["parties"]): chain["mentions"] for chain in doc._.chains}
    said = {who: [doc.text[start:end] for start, end in mentions] for who, mentions in chains.items()}
    assert said == {
        ("NOR",): ["Oslo", "It"],
        ("LVA", "BLR"): ["Riga and Minsk", "They"],
        ("person/ana-lopez",): ["We", "Ana Lopez"],
    }
    groups = {key: [span.text for span in doc.spans[key]] for key in doc.spans if key != "quotations"}
    assert groups == {f"coref_clusters_{n}": mentions for n, mentions in enumerate(said.values(), 1)}


def test_clusters_of_another_component_are_replaced(nlp):
    doc = nlp.make_doc("Nothing was said.")
    doc.spans["coref_clusters_1"] = [doc[0:1]]
    assert list(nlp(doc).spans) == ["quotations"]


@pytest.mark.parametrize("name", LEAVES)
def test_each_works_alone(nlp, name):
    alone = with_components(load("fast"), [name])
    assert getattr(alone(TEXT)._, LEAVES[name]) == getattr(nlp(TEXT)._, LEAVES[name])


@pytest.mark.parametrize("order", [["demarche_statements", "demarche_entities"], [*LEAVES][::-1]])
def test_any_order_finds_the_same(nlp, order):
    assert with_components(load("fast"), order)(TEXT)._.statements == nlp(TEXT)._.statements


def test_what_one_left_is_taken_over(nlp):
    doc = with_components(load("fast"), ["demarche_entities"])(TEXT)
    doc._.entities = [e for e in doc._.entities if e["name"] != "Latvia"]
    reader = nlp.get_pipe("demarche_statements")
    warning = next(s for s in reader(doc)._.statements if s["act"] == "WARN")
    assert [p["country"] for p in warning["speakers"]] == ["NOR"]
    assert "Latvia" not in {e["name"] for e in doc._.entities}


def test_the_day_of_the_article_counts(nlp):
    doc = nlp.make_doc("The British prime minister warned Riga.")
    doc._.published_on = "2013-05-01"
    assert nlp(doc)._.statements[0]["speakers"][0]["actor_id"] == "person/david-cameron"


class Judging:
    """Reads the same polarity towards everybody."""

    def polarities(self, targets: Sequence[Span]) -> list[Polarity]:
        return [Polarity(-1, 0.9) for _ in targets]


def test_stances_are_added_to_statements(nlp):
    doc = nlp("“Riga is a dangerous neighbour,” Ana Lopez said.")
    assert doc._.statements[0]["stances"] == []
    (stance,) = StanceReader(Judging)(doc)._.statements[0]["stances"]
    assert (stance["target"]["country"], stance["polarity"], stance["confidence"]) == ("LVA", -1, 0.9)


def test_stance_says_what_it_lacks(nlp):
    with pytest.raises(ValueError, match="add 'demarche_statements'"):
        StanceReader(Judging)(nlp.make_doc(TEXT))
    with pytest.raises(ValueError, match="needs a model that reads polarity"):
        StanceReader(lambda: None)(nlp(TEXT))


def test_stance_finds_what_reads_polarity_in_its_pipeline():
    whole = with_components(load("accurate"), FACTORIES)
    found = whole("“Riga is a reckless, dishonest and brutal neighbour,” Ana Lopez said.")._.statements[0]["stances"]
    assert [(stance["target"]["country"], stance["polarity"]) for stance in found] == [("LVA", -1)]


def test_quotations_need_no_model():
    nlp = spacy.blank("en")
    nlp.add_pipe("demarche_quotes")
    assert len(nlp(TEXT)._.quotations) == 1
    assert nlp("")._.quotations == []


def test_they_say_what_they_require_and_assign(nlp):
    assert not any(nlp.analyze_pipes()["problems"].values())
    bare = with_components(spacy.blank("en"), ["demarche_attribution", "demarche_entities", "demarche_stance"])
    problems = bare.analyze_pipes()["problems"]
    assert "token.dep" in problems["demarche_attribution"]
    assert "doc.ents" in problems["demarche_entities"]
    assert "doc._.statements" in problems["demarche_stance"]


@pytest.mark.parametrize("name", FACTORIES)
def test_each_assigns_what_it_says_and_nothing_else(name):
    before = [name for name in FACTORIES[: FACTORIES.index(name)] if name != "demarche_entities"]
    nlp = with_components(load("accurate"), [*before, name])
    *_, (_, component) = nlp.pipeline
    doc = nlp(TEXT, disable=[name])
    kept = {extension: getattr(doc._, extension) for extension in annotations.EXTENSIONS}
    found = component(doc)
    changed = {f"doc._.{extension}" for extension in kept if kept[extension] != getattr(found._, extension)}
    says = nlp.get_factory_meta(name).assigns
    assert changed <= set(says)
    assert f"doc._.{LEAVES.get(name, 'statements')}" in says


def hand_parsed(scheme: Scheme) -> Language:
    """A pipeline of somebody else, that has nothing but tags, trees and names in its own label scheme."""
    nlp = Language(VOCAB)

    @Language.component(f"parsed_by_hand_{scheme}")
    def annotate(doc: Doc) -> Doc:
        return parsed(doc.text, scheme)

    nlp.add_pipe(f"parsed_by_hand_{scheme}")
    return with_components(nlp, LEAVES)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_they_serve_a_pipeline_of_either_label_scheme(scheme):
    nlp = hand_parsed(scheme)
    doc = nlp("Xi urged Israel to halt its raids.")
    (statement,) = doc._.statements
    assert (statement["act"], statement["addressees"][0]["country"]) == ("URGE", "ISR")
    assert [[span.text for span in doc.spans["coref_clusters_1"]]] == [["Israel", "its"]]
    assert {e["name"]: e["actor_id"] for e in doc._.entities}["Israel"] == "ISR"
    doc = nlp("“We will not leave,” Petra Novak said.")
    assert [[span.text for span in group] for key, group in doc.spans.items() if key != "quotations"] == [
        ["We", "Petra Novak"]
    ]


def test_extensions_are_documented():
    page = (ROOT / "docs" / "enrichment.md").read_text("utf8")
    for name in annotations.EXTENSIONS:
        assert f"`doc._.{name}`" in page
    for name in annotations.SPAN_EXTENSIONS:
        assert f"`span._.{name}`" in page
    for name in FACTORIES:
        assert f"`{name}`" in page


def test_a_pipeline_is_saved_with_its_actors(tmp_path):
    extra = tmp_path / "own.toml"
    extra.write_text('[[organisation]]\nid = "port-union"\nname = "Port Union"\npolitical = true\n', "utf8")
    nlp = spacy.blank("en")
    for name in ("demarche_entities", "demarche_coreference", "demarche_statements"):
        nlp.add_pipe(name, config={"actors": [str(extra)]})
    nlp.to_disk(tmp_path / "saved")
    kept = nlp.to_bytes()
    extra.unlink()
    again = with_components(spacy.blank("en"), nlp.pipe_names)
    for loaded in (again.from_disk(tmp_path / "saved"), again.from_bytes(kept)):
        for name in nlp.pipe_names:
            assert loaded.get_pipe(name).directory.actor("port-union").name == "Port Union"


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
        assert json.dumps(copy._.chains) == json.dumps(doc._.chains)
        assert [span._.actor_id for span in copy.ents] == [span._.actor_id for span in doc.ents]
        assert annotations.kept_names(copy) == [
            replace(name, span=copy.char_span(name.span.start_char, name.span.end_char))
            for name in annotations.kept_names(doc)
        ]
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
