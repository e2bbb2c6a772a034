"""Confidence: the plainest statement has most, each doubt lowers it; a change of the rules changes their version."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.enrich import Enricher, confidence
from pipeline.enrich.recipe.confidence import fit
from pipeline.enrich.recipe.judged import Marked, all_marked_articles, is_attributed, is_warning
from pipeline.enrich.statements import RULES_VERSION, rules_version
from pipeline.inputs import article_from_text
from pipeline.records import EnrichedArticle, SourceRef, Statement

SAID = Statement(statement_id="a", kind="direct", content=[(0, 10), (30, 40)], source=(12, 20), cue=(21, 25))


def read(enricher: Enricher, text: str) -> EnrichedArticle:
    now = datetime(2026, 3, 4, tzinfo=UTC)
    source = SourceRef(connector="files", id="test")
    article = article_from_text(text, url="file:///test", source=source, fetched_at=now, max_chars=10_000)
    return next(iter(enricher.pipe([article])))


def test_no_doubt_raises_confidence() -> None:
    for weights in confidence.shipped().values():
        assert weights.doubts
        for doubt, cost in weights.doubts.items():
            assert cost < 0
            assert weights.probability([doubt]) < weights.probability([]) < 1


def test_weights_are_of_doubts_that_are_looked_for() -> None:
    known = set(re.findall(r'^ {8}"([^"]+)":', Path(confidence.__file__).read_text("utf8"), re.MULTILINE))
    assert len(known) > 10
    assert known >= {doubt for weights in confidence.shipped().values() for doubt in weights.doubts}


def test_a_plain_quotation_is_surer_than_a_belief_of_somebody_unnamed(enricher: Enricher) -> None:
    plain = read(enricher, "“The harbour was rebuilt in two years by this town,” Emmanuel Macron said.").statements
    vague = read(enricher, "Some people believe that the harbour will be rebuilt.").statements
    assert plain[0].confidence > 0.9
    assert plain[0].doubts == []
    assert {"belief or wish", "indirect", "speaker not named"} <= set(vague[0].doubts)
    assert vague[0].confidence < plain[0].confidence - 0.15


def test_warnings_are_judged_by_weights_of_their_own(enricher: Enricher) -> None:
    warning = read(enricher, "Norway warned Russia against sending more trawlers to the cable route.").statements[0]
    assert warning.alertable
    assert warning.confidence == round(confidence.shipped()["warning"].probability(warning.doubts), 2)
    assert warning.confidence != round(confidence.shipped()["attribution"].probability(warning.doubts), 2)


def test_weights_fit_what_was_judged() -> None:
    rows = [(["x"], True, 1.0)] * 60 + [(["x"], False, 2.0)] * 30 + [([], True, 1.0)] * 90 + [([], False, 1.0)] * 10
    rows += [(["helps"], True, 1.0)] * 20 + [(["rare"], False, 1.0)] * 2
    weights = fit(rows)
    assert set(weights.doubts) == {"x"}, "what helps is no doubt, and what is rare tells nothing"
    assert weights.probability(["x"]) == pytest.approx(0.5, abs=0.05)
    assert weights.probability([]) == pytest.approx(0.9, abs=0.03)


def test_marks_of_articles_are_sound() -> None:
    articles = list(all_marked_articles())
    assert len(articles) > 50
    for text, marked in articles:
        assert not re.search(r"[{}]", text), text
        for one in marked:
            assert one.content, (text[:60], [text[slice(*span)] for span in one.source])
            for start, end in [*one.source, *one.content]:
                words = text[start:end]
                assert words == words.strip() != "", text[:60]
                assert not re.search(r"\w\b\w", text[max(start - 1, 0) : start + 1])


@pytest.mark.parametrize(
    ("marked", "right"),
    [
        (Marked([(12, 20)], [(0, 10), (30, 40)]), True),
        (Marked([(18, 24)], [(0, 10), (28, 45)]), True),
        (Marked([(50, 60)], [(0, 10), (30, 40)]), False),
        (Marked([], [(0, 10), (30, 40)]), False),
        (Marked([(12, 20)], [(0, 4)]), False),
    ],
    ids=["the same", "nearly", "another source", "no source", "few of the words"],
)
def test_attributions_are_judged_by_words_and_source(marked: Marked, right: bool) -> None:
    assert is_attributed(SAID, [marked]) is right


def test_warnings_are_judged_by_speaker_and_left_out_where_readers_may_differ() -> None:
    yes = {"alert": "yes", "speaker": {"span": [12, 20]}}
    assert is_warning(SAID, [yes]) is True
    assert is_warning(SAID, [yes | {"speaker": {"span": [70, 80]}}]) is False
    assert is_warning(SAID, [yes | {"speaker": None}]) is False
    assert is_warning(SAID, [{"alert": "no"}]) is False
    assert is_warning(SAID, [{"alert": "maybe"}]) is None


def test_an_article_says_by_which_model_and_rules_it_was_read(enricher: Enricher, tmp_path: Path) -> None:
    article = read(enricher, "Norway warned Russia.")
    assert re.fullmatch(r"en_\w+-\d+\.\d+\.\d+", article.model)
    assert article.rules == RULES_VERSION
    assert re.fullmatch(r"\d+\.\d+\.\d+\+[0-9a-f]{8}", article.rules)
    own = tmp_path / "cues.toml"
    own.write_text("[verbs]\n", "utf8")
    before = rules_version([own])
    own.write_text("# another\n[verbs]\n", "utf8")
    assert RULES_VERSION != before != rules_version([own])
    assert rules_version([]) == RULES_VERSION
