"""One article once, whatever its addresses, GUIDs and tellers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.ledger import Ledger, Plan
from connectors.twins import twin_key
from pipeline.inputs import make_article
from pipeline.records import Article, SourceRef

from .conftest import NOW

LONG = "The harbour authority warned ships on Thursday not to anchor north of the old light. " * 5


def told(
    url: str, *, title: str = "Harbour warns ships", text: str = LONG, by: str = "feed", guid: str | None = None
) -> Article:
    source = SourceRef(connector="feeds", id=by, guid=guid)
    return make_article(url=url, title=title, text=text, source=source, fetched_at=NOW, max_chars=10_000)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "connectors.sqlite", "cluster/") as opened:
        yield opened


def take(ledger: Ledger, article: Article, *, followed: bool = True) -> Plan:
    plan = ledger.plan(article, followed=followed)
    if not plan.unchanged:
        ledger.acknowledge([plan.article])
    return plan


FIRST = "https://gazette.example/2025/06/harbour"
TWINS = [
    "http://gazette.example/2025/06/harbour",
    "https://www.gazette.example/2025/06/harbour",
    "https://gazette.example/2025/06/harbour/",
    "https://m.gazette.example/2025/06/harbour",
    "https://amp.gazette.example/2025/06/harbour",
    "https://gazette.example/amp/2025/06/harbour",
    "https://gazette.example/2025/06/harbour/amp/",
    "https://gazette.example/2025/06/harbour?outputType=amp",
    "https://www.google.com/amp/s/gazette.example/2025/06/harbour",
    "https://gazette-example.cdn.ampproject.org/c/s/gazette.example/2025/06/harbour",
]
OTHERS = [
    "https://gazette.example/2025/06/harbour-2",
    "https://gazette.example/2025/06/harbour?id=2",
    "https://gazette.example:8080/2025/06/harbour",
    "https://m.example/2025/06/harbour",
    "https://amplifier.example/2025/06/harbour",
    "https://gazette.example/ample/2025/06/harbour",
]


@pytest.mark.parametrize("url", TWINS)
def test_a_twin_is_the_article_that_is_known(ledger: Ledger, url: str) -> None:
    first = take(ledger, told(FIRST)).article
    assert twin_key(told(url).canonical_url) == twin_key(first.canonical_url)
    plan = take(ledger, told(url, text="The AMP page begins otherwise. " + LONG))
    assert plan.unchanged
    assert (plan.article.article_id, plan.article.canonical_url) == (first.article_id, first.canonical_url)


@pytest.mark.parametrize("url", OTHERS)
def test_what_only_looks_like_a_twin(ledger: Ledger, url: str) -> None:
    take(ledger, told(FIRST))
    assert not take(ledger, told(url, text="Something else. " + LONG)).unchanged


def test_a_doubtful_twin_needs_the_same_headline(ledger: Ledger) -> None:
    take(ledger, told(FIRST))
    assert take(ledger, told(FIRST + "/", title="“HARBOUR” warns ships!", text="Other words. " + LONG)).unchanged
    assert not take(ledger, told(FIRST + "/amp", title="Ferry stops", text="Other words. " + LONG)).unchanged
    assert take(ledger, told("http://gazette.example/2025/06/harbour", title="Any", text="Any. " + LONG)).unchanged


def test_a_moved_article_is_known_by_its_guid(ledger: Ledger) -> None:
    first = take(ledger, told(FIRST, guid="urn:1")).article
    moved = take(ledger, told("https://gazette.example/harbour-warns", guid="urn:1"))
    assert moved.unchanged
    corrected = take(ledger, told("https://gazette.example/harbour-warns", text="Corrected. " + LONG, guid="urn:1"))
    assert (corrected.article.article_id, corrected.article.revision) == (first.article_id, 2)


def test_moved_and_corrected_at_once(ledger: Ledger) -> None:
    first = take(ledger, told(FIRST, guid="urn:1")).article
    plan = take(ledger, told("https://gazette.example/new", text="Corrected. " + LONG, guid="urn:1"))
    assert (plan.article.article_id, plan.article.revision, plan.unchanged) == (first.article_id, 2, False)


def test_one_guid_for_many_articles_joins_nothing(ledger: Ledger) -> None:
    take(ledger, told(FIRST, guid="urn:1"))
    other = take(
        ledger, told("https://gazette.example/ferry", title="Ferry stops", text="Ferry. " + LONG, guid="urn:1")
    )
    assert other.article.revision == 1
    assert not other.unchanged
    elsewhere = take(ledger, told("https://other.example/x", text="Else. " + LONG, by="other feed", guid="urn:1"))
    assert not elsewhere.unchanged, "a GUID holds within its source"


def test_a_guid_that_changes_each_time_is_no_new_article(ledger: Ledger) -> None:
    for number in range(3):
        plan = take(ledger, told(FIRST, guid=f"urn:{number}"))
    assert plan.unchanged
    corrected = take(ledger, told(FIRST, text="Corrected. " + LONG, guid="urn:9"))
    assert corrected.article.revision == 2


def test_the_same_words_under_another_address_of_the_host(ledger: Ledger) -> None:
    take(ledger, told(FIRST))
    assert take(ledger, told("https://gazette.example/world/harbour")).unchanged
    assert not take(ledger, told("https://wire.example/harbour")).unchanged, "a copy elsewhere is an article of its own"


def test_short_texts_return_word_for_word(ledger: Ledger) -> None:
    take(ledger, told("https://gazette.example/live/1", title="Watch live", text="Watch live here."))
    assert not take(
        ledger, told("https://gazette.example/live/2", title="Watch live", text="Watch live here.")
    ).unchanged


def test_another_source_in_other_words_corrects_nothing_until_it_changes_them(ledger: Ledger) -> None:
    take(ledger, told(FIRST, by="world"))
    for _ in range(2):
        assert take(ledger, told(FIRST, title="Warning to ships", by="top stories")).unchanged
    assert take(ledger, told(FIRST, by="world")).unchanged
    corrected = take(ledger, told(FIRST, title="Two warnings to ships", by="top stories"))
    assert corrected.article.revision == 2
    assert take(ledger, told(FIRST, by="world")).unchanged, "it says what it has always said"


def test_what_the_user_ingests_is_taken_as_it_is(ledger: Ledger) -> None:
    take(ledger, told(FIRST, by="world"))
    assert take(ledger, told(FIRST, text="Other words. " + LONG, by="page"), followed=False).article.revision == 2


def test_what_nobody_has_acknowledged_may_be_told_by_another(ledger: Ledger) -> None:
    ledger.plan(told(FIRST, by="world"), followed=True)
    assert not ledger.plan(told(FIRST, title="Warning", by="top"), followed=True).unchanged


def test_what_is_on_its_way_is_as_good_as_known(ledger: Ledger) -> None:
    first = ledger.plan(told(FIRST, by="world"), followed=True).article
    on_their_way = {first.article_id}
    assert ledger.plan(told(FIRST, title="Warning", by="top"), followed=True, on_their_way=on_their_way).unchanged


def test_a_twin_keeps_the_time_at_which_the_article_was_first_seen(ledger: Ledger) -> None:
    take(ledger, told(FIRST, by="world"))
    later = told(FIRST + "/", by="world").model_copy(update={"first_seen_at": NOW + timedelta(days=40)})
    take(ledger, later)
    changed = later.model_copy(update={"content_hash": "f" * 32})
    assert take(ledger, changed).article.first_seen_at == NOW


def test_names_are_forgotten_after_half_a_year_and_articles_are_not(ledger: Ledger) -> None:
    take(ledger, told(FIRST))
    later = {"fetched_at": NOW + timedelta(days=181)}
    take(ledger, told("https://gazette.example/other", title="Other", text="Other. " + LONG).model_copy(update=later))
    with ledger.use() as db:
        names = db.execute("SELECT DISTINCT canonical_url FROM names").fetchall()
    assert names == [("https://gazette.example/other",)]
    assert take(ledger, told(FIRST).model_copy(update=later)).unchanged
