from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.index.facets import FACETS, aggregations, bars, choice_filters, counted_together, read
from pipeline.index.retention import last_day, policy
from pipeline.index.search import Query, facet_bodies
from pipeline.index.templates import FIELDS, Abilities, analysis, template
from pipeline.index.upgrade import _agrees


def day(text: str, count: int) -> dict[str, Any]:
    return {"key": int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000), "doc_count": count}


def test_a_choice_counts_for_every_facet_but_its_own() -> None:
    query = Query(kind="statements", choices=(("act", "WARN"), ("act", "DENY"), ("language", "en")))
    everything, acts, languages = facet_bodies(query)
    chosen_acts, chosen_languages = {"terms": {"act": ["WARN", "DENY"]}}, {"terms": {"language": ["en"]}}
    assert everything["query"]["bool"]["filter"] == [chosen_acts, chosen_languages]
    assert set(everything["aggs"]) == {*FACETS, "days"} - {"act", "language"}
    assert (acts["query"]["bool"]["filter"], set(acts["aggs"])) == ([chosen_languages], {"act"})
    assert (languages["query"]["bool"]["filter"], set(languages["aggs"])) == ([chosen_acts], {"language"})
    assert [body["track_total_hits"] for body in (everything, acts, languages)] == [True, False, False]


def test_without_choices_everything_is_counted_in_one_search() -> None:
    [body] = facet_bodies(Query(text="ferries"))
    assert set(body["aggs"]) == {*FACETS, "days"}


def test_articles_are_counted_by_one_statement_that_meets_all() -> None:
    [free, _] = counted_together([("publisher", "The Herald")])
    found = aggregations("articles", free, [])
    assert found["speaker"]["terms"]["field"] == "speakers"
    assert found["act"]["terms"]["field"] == "acts"
    [bound, own] = counted_together([("act", "WARN")])
    to_vesland = {"term": {"said.addressee_countries": "VES"}}
    found = aggregations("articles", bound, [to_vesland])
    met = found["said"]["aggs"]["met"]
    assert met["filter"]["bool"]["filter"] == [to_vesland, {"terms": {"said.act": ["WARN"]}}]
    assert met["aggs"]["speaker"]["terms"]["field"] == "said.speakers"
    assert found["publisher"]["terms"]["field"] == "publisher"
    assert aggregations("articles", own, [])["act"]["terms"]["field"] == "acts"
    [filtered] = choice_filters("articles", [("act", "WARN"), ("speaker", "Tavil")], [])
    assert len(filtered["nested"]["query"]["bool"]["filter"]) == 2


@pytest.mark.parametrize("kind", ["articles", "statements"])
def test_every_field_that_is_counted_is_mapped_as_a_keyword_made_ready_for_it(kind: Any) -> None:
    for choices in ((), (("act", "WARN"),)):
        for counted in counted_together(choices):
            for name, aggregation in aggregations(kind, counted, []).items():
                for field in fields(aggregation):
                    mapping: Any = FIELDS[kind]
                    for part in field.split("."):
                        mapping = mapping[part] if part in mapping else mapping["properties"][part]
                    assert mapping["type"] == ("date" if name == "days" else "keyword"), field
                    assert mapping.get("eager_global_ordinals", name == "days"), field


def fields(aggregation: Any) -> list[str]:
    if not isinstance(aggregation, dict):
        return []
    found = [aggregation["field"]] if isinstance(aggregation.get("field"), str) else []
    return found + [field for value in aggregation.values() for field in fields(value)]


def test_values_are_read_from_whichever_search_has_counted_them() -> None:
    plain = {"buckets": [{"key": "a", "doc_count": 1}, {"key": "b", "doc_count": 2}]}
    nested = {"buckets": [{"key": "a", "doc_count": 9, "articles": {"doc_count": 1}}]}
    free: dict[str, Any] = {name: plain for name in FACETS if name not in ("act", "speaker")}
    free |= {"said": {"doc_count": 9, "met": {"doc_count": 9, "speaker": nested}}, "days": {"buckets": []}}
    found = read([free, {"act": plain}]).values
    assert [(v.value, v.count) for v in found["act"]] == [("b", 2), ("a", 1)]
    assert [(v.value, v.count) for v in found["speaker"]] == [("a", 1)]


def test_bars_are_few_and_hold_every_day() -> None:
    assert bars([]) == []
    short = bars([day("2026-03-02", 3), day("2026-03-04", 1)])
    assert (len(short), short[0].first, short[-1].last) == (14, date(2026, 2, 19), date(2026, 3, 4))
    for first in ("2025-12-01", "2020-01-01", "1950-06-01", "0001-01-01"):
        found = bars([day(first, 3), day("2026-03-04", 1)])
        assert 5 <= len(found) <= 60
        assert sum(bar.count for bar in found) == 4
        assert found[-1].last == date(2026, 3, 4)
    assert bars([day("9999-12-31", 1)])[-1].last == date(9999, 12, 31)


@pytest.mark.parametrize(
    "index, last",
    [
        ("news-articles-2026.02", date(2026, 2, 28)),
        ("news-g2-revisions-2024.02", date(2024, 2, 29)),
        ("news-articles-2026.12", date(2026, 12, 31)),
        ("news-articles-2026.13", None),
        ("news-alerts-000001", None),
    ],
)
def test_the_last_day_of_a_month_is_read_from_its_name(index: str, last: date | None) -> None:
    assert last_day(index) == last


def test_where_elasticsearch_can_it_deletes_months_by_itself() -> None:
    assert policy(30)["phases"] == {
        "hot": {"actions": {}},
        "delete": {"min_age": "61d", "actions": {"delete": {}}},
    }
    kept = template("news", "articles", Abilities(lifecycle=True), policy="news-retention")
    assert kept["template"]["settings"]["lifecycle"] == {"name": "news-retention"}
    assert "lifecycle" not in template("news", "alerts", Abilities(), policy="news-retention")["template"]["settings"]


def test_an_index_is_old_when_something_that_is_wanted_is_not_there() -> None:
    wanted = analysis(Abilities(hunspell=True))
    told = {
        "analyzer": {"words": {"type": "custom", "tokenizer": "standard", "filter": ["hunspell_en", "lowercase"]}},
        "normalizer": {"name": {"type": "custom", "filter": ["lowercase"]}},
        "filter": {"hunspell_en": {"type": "hunspell", "locale": "en_US", "dedup": "true"}},
    }
    assert _agrees(wanted, told)
    assert not _agrees(analysis(Abilities(common=True)), told)
    assert not _agrees({"url": {"type": "keyword"}}, {"url": {"type": "text"}})
    assert not _agrees({"url": {"type": "keyword"}}, {})
    assert _agrees({"x": {"type": "object", "enabled": False}}, {"x": {"enabled": "false"}, "more": {}})
