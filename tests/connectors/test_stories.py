"""Copies of one text share a story, other articles about the same event do not."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors import stories
from connectors.ledger import Ledger
from pipeline.inputs import make_article
from pipeline.inputs.copies import likeness, sketch
from pipeline.records import Article, SourceRef

NOW = datetime(2025, 6, 20, 12, tzinfo=UTC)
WORDS = re.findall(
    r"\w+",
    "harbour light ship captain storm warning north anchor minister vessel company coast wind treaty island crew rope"
    " cargo sailor port police fish council strait engine signal chart tide buoy radio letter permit fee court judge",
)
QUOTE = (
    "“Whoever anchors north of the old light does so at their own risk, and will be towed away at their own cost,”"
    " said Ada Lindqvist, who heads the authority."
)


def report(seed: int, words: int = 300) -> str:
    """Prose without sense, the same for a seed."""
    chosen = random.Random(seed)
    return " ".join(chosen.choice(WORDS) + ("." if n % 12 == 11 else "") for n in range(words))


def edited(text: str, rate: float) -> str:
    chosen = random.Random(1)
    return " ".join("altogether" if chosen.random() < rate else word for word in text.split())


def article(name: str, text: str, title: str = "A headline of some length here") -> Article:
    source = SourceRef(connector="test", id="test")
    url = f"https://{name}.example/a"
    return make_article(url=url, title=title, text=text, source=source, fetched_at=NOW, max_chars=100_000)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "connectors.sqlite", "cluster/")


def story(ledger: Ledger, *args: str) -> str:
    found = ledger.plan(article(*args)).article.story_id
    assert found
    return found


@pytest.mark.parametrize(
    "copy",
    [
        report(1),
        report(1).upper().replace(" ", "\n"),
        f"PORT SELWYN (Selwyn Press) - {report(1)}\n\nThe Tern adds: ships were seen turning back all day.",
        edited(report(1), 0.05),
        " ".join(report(1).split()[:150]),
        edited(" ".join(report(1).split()[60:180]), 0.03),
    ],
    ids=["equal", "laid out anew", "with a paper's own lines", "edited", "cut", "cut and edited"],
)
def test_a_copy_shares_the_story_whichever_comes_first(ledger: Ledger, tmp_path: Path, copy: str) -> None:
    first = story(ledger, "press", report(1))
    assert story(ledger, "tern", copy, "Quite another headline") == first
    other_way = Ledger(tmp_path / "other.sqlite", "cluster/")
    assert story(other_way, "tern", copy) == story(other_way, "press", report(1))


def test_articles_of_their_own_have_stories_of_their_own(ledger: Ledger) -> None:
    texts = [report(seed) for seed in range(2, 8)]
    with_quote = [f"{report(seed, 150)} {QUOTE}" for seed in range(20, 24)]
    brief = f"{QUOTE} Ships have turned back since Thursday, and the council meets on Monday to hear their owners."
    assert len({story(ledger, f"p{n}", text) for n, text in enumerate([*texts, *with_quote, brief])}) == 11


def test_short_texts_share_a_story_only_word_for_word(ledger: Ledger) -> None:
    alert = "The harbour authority of Port Selwyn has closed the north channel to all ships."
    assert story(ledger, "a", alert) == story(ledger, "b", alert.upper())
    assert story(ledger, "c", alert.replace("north", "south")) != story(ledger, "a", alert)
    assert story(ledger, "d", "Watch live", "Harbour") != story(ledger, "e", "Watch live", "Storm")


def test_scripts_without_spaces_are_compared_too(ledger: Ledger) -> None:
    chosen = random.Random(3)
    text = "".join(chosen.choice("港口当局周四警告船只不要在旧灯塔以北抛锚风暴海峡部长公司") for _ in range(300))
    assert story(ledger, "a", text) == story(ledger, "b", f"{text[:200]}。完")


def test_what_was_decided_stays(ledger: Ledger, tmp_path: Path) -> None:
    first = story(ledger, "press", report(1))
    assert story(ledger, "press", report(9)) == first, "a revision tells the same story"
    again = Ledger(tmp_path / "connectors.sqlite", "cluster/")
    assert story(again, "press", report(1)) == first
    assert story(again, "tern", edited(report(1), 0.05)) == first
    assert story(Ledger(tmp_path / "connectors.sqlite", "another/"), "tern", report(1)) != first


def test_only_the_last_articles_are_compared(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "REMEMBERED", 5)
    monkeypatch.setattr(stories, "_PRUNE_EVERY", 5)
    first = story(ledger, "press", report(1))
    assert story(ledger, "tern", report(1)) == first
    for seed in range(40, 60):
        story(ledger, f"p{seed}", report(seed))
    assert story(ledger, "late", report(1)) != first
    assert story(ledger, "press", report(1)) == first
    with ledger.use() as db:
        assert db.execute("SELECT count(DISTINCT number) FROM story_samples").fetchone()[0] <= 10


def test_a_passage_makes_no_copy() -> None:
    long, short = sketch("", report(1, 2000)), sketch("", " ".join(report(1, 2000).split()[:150]))
    assert likeness(len(long.sample & short.sample), len(long.sample), len(short.sample)) == 0
    assert sketch("", "").whole == 0
