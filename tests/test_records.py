from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline import records
from pipeline.records import RECORDS, Article, Record, StatementRecord, hash_id, json_schema

ALL = [
    model
    for model in vars(records).values()
    if isinstance(model, type) and issubclass(model, Record) and model is not Record
]
ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(
    min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=st.one_of(st.none(), ZONES)
)


def values_of(model: type[Record]) -> st.SearchStrategy[Any]:
    """Records with any values that their fields may have."""
    fields = {name: strategy_of(field.rebuild_annotation()) for name, field in model.model_fields.items()}
    return st.builds(model, **fields)


def strategy_of(annotation: Any) -> st.SearchStrategy[Any]:
    """What hypothesis makes of a field's type; times and records are ours."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return strategy_of(arguments[0])
    if origin in {Union, UnionType}:
        return st.one_of([strategy_of(argument) for argument in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is list:
        return st.lists(strategy_of(arguments[0]), max_size=2)
    if origin is tuple:
        return st.tuples(*[strategy_of(argument) for argument in arguments])
    if annotation is datetime:
        return TIMES
    if annotation is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    if annotation is str:
        return st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return values_of(annotation)
    return st.from_type(annotation)


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.__name__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_round_trip(model, data):
    record = data.draw(values_of(model))
    again = model.model_validate_json(record.to_json())
    assert again == record
    assert again.to_json() == record.to_json()


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_records_fit_their_schema(model, data):
    record = data.draw(values_of(model))
    jsonschema.validate(json.loads(record.to_json()), json_schema()[model.__name__])


def article(**fields: Any) -> Article:
    return Article(
        **{
            "article_id": "a",
            "url": "https://news.example/1",
            "canonical_url": "https://news.example/1",
            "text": "Oslo warned Moscow.",
            "fetched_at": datetime(2026, 3, 4, 12, tzinfo=UTC),
            "first_seen_at": datetime(2026, 3, 4, 12, tzinfo=UTC),
            "content_hash": "c",
            "source": {"connector": "files", "id": "x"},
            **fields,
        }
    )


def test_unknown_fields_travel_along():
    written = json.loads(article().to_json()) | {"mood": {"a": [1, None]}, "publisher": {"id": "p", "owner": "o"}}
    again = json.loads(Article.model_validate(written).to_json())
    assert again["mood"] == {"a": [1, None]}
    assert again["publisher"]["owner"] == "o"


def test_a_newer_version_is_read():
    written = json.loads(article().to_json()) | {"schema_version": 99}
    assert Article.model_validate(written).schema_version == 99


@pytest.mark.parametrize(
    "given_time, expected",
    [
        (datetime(2026, 3, 4, 12), "2026-03-04T12:00:00Z"),
        ("2026-03-04T12:00:00", "2026-03-04T12:00:00Z"),
        ("2026-03-04T12:00:00+02:00", "2026-03-04T10:00:00Z"),
        ("2026-03-04T12:00:00.5Z", "2026-03-04T12:00:00.500000Z"),
        (datetime(2026, 3, 4, 12, tzinfo=timezone(timedelta(hours=-5))), "2026-03-04T17:00:00Z"),
    ],
)
def test_times_are_utc_and_naive_ones_taken_as_utc(given_time, expected):
    record = article(published_at=given_time)
    assert record.published_at.utcoffset() == timedelta(0)
    assert json.loads(record.to_json())["published_at"] == expected


@pytest.mark.parametrize(
    "field, value", [("text", None), ("fetched_at", "yesterday"), ("revision", "second"), ("source", "files")]
)
def test_what_is_no_article_is_refused(field, value):
    with pytest.raises(ValidationError, match=field):
        article(**{field: value})


def test_statements_refuse_unknown_acts():
    with pytest.raises(ValidationError, match="act"):
        records.Statement(statement_id="s", kind="direct", act="SHOUT")


def test_every_record_of_a_topic_has_a_schema():
    schema = json_schema()
    assert set(schema) == {model.__name__ for model in RECORDS}
    for name, one in schema.items():
        jsonschema.Draft202012Validator.check_schema(one)
        assert one.get("additionalProperties") is True, f"{name} must let unknown fields through"
        assert "schema_version" in one["properties"]
    assert schema["Article"]["properties"]["fetched_at"]["format"] == "date-time"


def test_ids_depend_on_all_parts_and_their_order():
    assert len({hash_id("a", "b"), hash_id("b", "a"), hash_id("ab"), hash_id("a", "b", ""), hash_id("a")}) == 5
    assert hash_id("a", "b") == hash_id("a", "b")
    assert len(hash_id("\ud800")) == 32


def statement_record(speakers: list[dict[str, str]], **fields: Any) -> StatementRecord:
    return StatementRecord(
        **{
            "statement": {"statement_id": "s", "kind": "direct", "speakers": speakers},
            "words": "w",
            "evidence": "e",
            "article_id": "a",
            "url": "u",
            "source": {"connector": "files", "id": "x"},
            "fetched_at": datetime(2026, 3, 4, tzinfo=UTC),
            "first_seen_at": datetime(2026, 3, 4, tzinfo=UTC),
            **fields,
        }
    )


@pytest.mark.parametrize(
    "speakers, key",
    [
        ([{"name": "Ingrid Solheim", "actor_id": "p1", "country": "NOR"}], "NOR"),
        ([{"name": "NATO", "actor_id": "org:nato"}], "org:nato"),
        ([{"name": "Two Diplomats"}], "two diplomats"),
        ([{"name": "X", "country": "NOR"}, {"name": "Y", "country": "SWE"}], "NOR"),
        ([], "unknown"),
    ],
)
def test_the_key_is_the_speakers_side(speakers, key):
    assert statement_record(speakers).key == key


def test_said_at_is_the_publication_or_the_first_sight():
    assert statement_record([]).said_at == datetime(2026, 3, 4, tzinfo=UTC)
    published = datetime(2026, 3, 3, tzinfo=UTC)
    assert statement_record([], published_at=published).said_at == published
