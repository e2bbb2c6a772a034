from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BadInput
from pipeline.index.search import MAX_QUERY_CHARS, Query, _pieces, moment_of, page_bodies, request_body


def filters(query: Query) -> list[dict[str, object]]:
    found: list[dict[str, object]] = request_body(query)["query"]["bool"]["filter"]
    return found


@pytest.mark.parametrize("name", ["Russia", "RUS", "RU", "Russian Federation", "the Kremlin", "Moscow", "Russian"])
def test_a_country_by_any_name_means_all_who_speak_for_it(name: str) -> None:
    assert filters(Query(actor=name, kind="statements")) == [{"term": {"speaker_countries": "RUS"}}]


def test_who_what_and_whom_must_be_true_of_one_statement() -> None:
    [condition] = filters(Query(actor="Russia", act="warn", addressee="US", kind="articles"))
    assert condition["nested"]["query"]["bool"]["filter"] == [  # type: ignore[index]
        {"term": {"said.speaker_countries": "RUS"}},
        {"term": {"said.act": "WARN"}},
        {"term": {"said.addressee_countries": "USA"}},
    ]


@pytest.mark.parametrize(
    "query, says",
    [
        (Query(act="SHOUT"), "not a speech act"),
        (Query(since="yesterdayish"), "--since"),
        (Query(until="2026-13-40"), "--until"),
        (Query(text="x" * (MAX_QUERY_CHARS + 1)), "longer than"),
        (Query(size=0), "between 1 and"),
        (Query(kind="people"), "cannot be searched"),  # type: ignore[arg-type]
    ],
)
def test_what_no_search_can_be_made_of_is_refused_in_a_sentence(query: Query, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        request_body(query)


def test_until_a_day_includes_the_day() -> None:
    assert moment_of("2026-03-01", "until", end=True) == datetime(2026, 3, 1, 23, 59, 59, 999000, tzinfo=UTC)
    assert moment_of("2026-03-01", "since", end=False) == datetime(2026, 3, 1, tzinfo=UTC)
    assert moment_of("2026-03-01T12:00+02:00", "since", end=False) == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert abs(datetime.now(UTC) - timedelta(days=7) - moment_of("7d", "since", end=False)) < timedelta(minutes=1)


@given(st.text(max_size=200), st.text(max_size=50), st.text(max_size=50))
def test_any_text_makes_a_request_or_a_clear_refusal(text: str, actor: str, since: str) -> None:
    with contextlib.suppress(BadInput):
        assert request_body(Query(text=text, actor=actor, addressee=actor, publisher=actor, since=since))


def test_marks_of_the_article_itself_are_no_highlight() -> None:
    assert _pieces("a <em>b</em> \ufdd0c\ufdd1 d") == [("a <em>b</em> ", False), ("c", True), (" d", False)]


def test_only_words_that_are_searched_for_are_marked() -> None:
    body = request_body(Query(text="canal", actor="Russia", act="warn", kind="statements"))
    assert body["highlight"]["highlight_query"]["simple_query_string"]["query"] == "canal"
    assert "highlight" not in request_body(Query(actor="Russia", act="warn", kind="statements"))


def test_words_are_looked_for_once_and_the_newest_without_counting() -> None:
    [found, own] = page_bodies(Query(text="canal", choices=(("act", "WARN"),)))
    assert found["track_total_hits"] is True
    assert found["size"] == 20
    assert {"speaker" in body["aggs"] or "said" in body["aggs"] for body in (found, own)} == {True, False}
    [newest, counted] = page_bodies(Query())
    assert newest["track_total_hits"] is False
    assert "aggs" not in newest
    assert (counted["size"], counted["track_total_hits"]) == (0, True)
