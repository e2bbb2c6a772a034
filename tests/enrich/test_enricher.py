"""The enricher as workers use it: one out for one in, other languages marked, time in proportion."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.enrich import Enricher, load_enricher, statement_records, statements
from pipeline.errors import BadSetting
from pipeline.inputs import split_title
from pipeline.records import Article, SourceRef, hash_id
from pipeline.settings import load_settings
from tests.quality.reading import read

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
DAY = datetime(2026, 3, 4, tzinfo=UTC)


def article(name: str, title: str, text: str) -> Article:
    url = f"https://news.example/{name}"
    return Article(
        article_id=hash_id(url),
        url=url,
        canonical_url=url,
        title=title,
        text=text,
        published_at=DAY,
        fetched_at=DAY,
        first_seen_at=DAY,
        content_hash=hash_id(title, text),
        source=SourceRef(connector="feeds", id="test"),
    )


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    return [article(path.stem, *split_title(path.read_text("utf8"))) for path in CASES]


def test_another_language_passes_through_marked(enricher: Enricher) -> None:
    german = (
        "Die Ministerin warnte am Dienstag vor weiteren Angriffen auf die Brücke und forderte alle Seiten auf, "
        "die Gespräche in Genf ohne Vorbedingungen wieder aufzunehmen. Sie sagte, niemand habe ein Interesse am Krieg."
    )
    found = next(enricher.pipe([article("german", "Ministerin warnt", german)]))
    assert (found.language, found.model, found.statements) == ("de", "", [])
    assert found.text == german


def test_what_was_withdrawn_says_nothing(enricher: Enricher) -> None:
    words = "Canceled by its provider. The ministry warned nobody on Monday, its spokeswoman said."
    told, withdrawn = article("a", "", words), article("b", "", words).model_copy(update={"flags": ["withdrawn"]})
    found = list(enricher.pipe([withdrawn, told]))
    assert [bool(enriched.statements) for enriched in found] == [False, True]
    assert found[0].text == words


def test_empty_fields_are_no_trouble(enricher: Enricher) -> None:
    assert next(enricher.pipe([article("empty", "", "")])).statements == []


def test_spans_lie_in_their_fields(enricher: Enricher, articles: list[Article]) -> None:
    for found in enricher.pipe(articles):
        for statement in found.statements:
            text = found.title if statement.field == "title" else found.text
            spans = [*statement.content, *([statement.cue] if statement.cue else [])]
            spans += [party.span for party in statement.speakers if party.span]
            assert all(0 <= start < end <= len(text) for start, end in spans)


def test_records_carry_what_alerts_need(enricher: Enricher) -> None:
    text = "Oslo warned Riga on Monday against closing the northern port. Riga said it would answer on Friday."
    records = statement_records(next(enricher.pipe([article("port", "Oslo warns Riga over port", text)])))
    assert [r.statement.field for r in records][-1] == "title"
    warning = next(r for r in records if r.statement.act == "WARN" and r.statement.field == "text")
    assert warning.key == "NOR"
    assert warning.statement.addressees[0].country == "LVA"
    assert "port" in warning.matter
    assert not {"oslo", "riga", "warned"} & set(warning.matter)


def test_a_long_article_takes_time_in_proportion(enricher: Enricher) -> None:
    from pipeline.enrich.attribution import find_attributions

    part = '"We will not open it again," minister Ana Lopez told reporters. According to officials, it stays shut.\n\n'
    seconds = []
    for repeats in (100, 400):
        doc = enricher.nlp(part * repeats)
        start = time.process_time()
        find_attributions(doc, enricher.cues)
        seconds.append(time.process_time() - start)
    assert seconds[1] < 12 * seconds[0]


def test_a_model_that_is_not_there_is_one_clear_error() -> None:
    with pytest.raises(BadSetting, match="no-such-model"):
        load_enricher(load_settings(model="no-such-model"))


@pytest.mark.parametrize("name", ["frames.py", "cues.toml", "attribution/clauses.py"])
def test_a_changed_rule_changes_the_version_of_rules(name: str, tmp_path: Path) -> None:
    rules = Path(statements.__file__).parent
    copy = shutil.copytree(rules, tmp_path / "enrich", ignore=shutil.ignore_patterns("__pycache__", "recipe"))
    before = statements.fingerprint(statements.own_files(copy))
    with (copy / name).open("a", encoding="utf8") as changed:
        changed.write("# another rule\n")
    assert statements.fingerprint(statements.own_files(copy)) != before


@pytest.mark.parametrize(
    "text, act",
    [
        ("Oslo told Sweden to pull its boats out of the strait or face a blockade.", "THREATEN"),
        ("Oslo told Sweden to pull its boats out of the strait.", "DEMAND"),
    ],
)
def test_what_is_told_to_be_done_or_else_is_a_threat(text: str, act: str) -> None:
    (found,) = read("", text, date(2026, 3, 2)).statements
    assert (found.act, found.act_certainty) == (act, 1.0)
    assert [party.country for party in found.addressees] == ["SWE"]


def test_an_act_read_from_plain_words_tells_how_sure_it_is() -> None:
    found = read("", "“Their ships will burn in our harbours,” Oslo told Sweden.", date(2026, 3, 2)).statements[0]
    assert found.act_basis == "words"
    assert 0.5 <= found.act_certainty < 1
