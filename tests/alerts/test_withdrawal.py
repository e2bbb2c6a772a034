"""What was told and is taken back: sources are struck out, and an alert without any is closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from pipeline.alerts import load_rules, process
from pipeline.alerts.withdrawal import taken_back
from pipeline.index.alert_states import joined
from pipeline.records import Alert, Delivery, EnrichedArticle, StateChange, StatementRecord
from pipeline.settings import Settings
from tests.alerts.conftest import NOON

Make = Callable[..., StatementRecord]
WARNING = "[RUS:Moscow] warned {USA:Washington} against an attack on the port of Selm."
OTHER = "[RUS:Moscow] condemned {USA:Washington} over an attack on the port of Selm."
LATER = NOON + timedelta(hours=3)


def alert_of(*records: StatementRecord, deliveries: tuple[str, ...] = ()) -> Alert:
    outcome = process([], records[0], load_rules(), Settings(), NOON)
    for record in records[1:]:
        outcome = process(outcome.claims, record, load_rules(), Settings(), NOON)
    [alert] = outcome.alerts
    made = [Delivery.model_validate({"channel": state, "state": state, "due_at": NOON}) for state in deliveries]
    return alert.model_copy(update={"deliveries": made})


def revised(record: StatementRecord, revision: int) -> EnrichedArticle:
    fields = {"article_id": record.article_id, "url": record.url, "canonical_url": record.url, "source": record.source}
    times = {"fetched_at": NOON, "first_seen_at": NOON}
    return EnrichedArticle.model_validate(
        {"id": record.article_id, "text": "", "content_hash": "", "model": "", "revision": revision, **fields, **times}
    )


def test_the_last_source_that_goes_closes_the_alert_and_tells_who_was_told(record: Make) -> None:
    first, second = record(WARNING, article="a"), record(WARNING, article="b", hours=1)
    alert = alert_of(first, second, deliveries=("sent", "due", "sending", "failed"))
    one = taken_back(alert, revised(first, 2), [], LATER)
    assert (one.state, [source.withdrawn_in for source in one.sources]) == ("open", [2, None])
    none = taken_back(one, revised(second, 2), [], LATER)
    assert none.state == "closed"
    assert [(change.state, change.note, change.by) for change in none.history] == [("closed", "withdrawn", "")]
    assert [(d.state, d.news) for d in none.deliveries] == [
        ("due", "withdrawn"),
        ("dropped", ""),
        ("sending", "withdrawn"),
        ("failed", ""),
    ]
    assert taken_back(none, revised(second, 3), [], LATER) == none


@pytest.mark.parametrize("revision, text", [(1, OTHER), (2, WARNING)])
def test_an_old_revision_or_one_that_tells_it_still_changes_nothing(record: Make, revision: int, text: str) -> None:
    told = record(WARNING)
    alert = alert_of(told)
    act = "WARN" if text == WARNING else "CONDEMN"
    assert taken_back(alert, revised(told, revision), [record(text, act=act, revision=revision)], LATER) == alert


def test_a_correction_without_the_warning_takes_it_back(record: Make) -> None:
    told = record(WARNING)
    assert taken_back(alert_of(told), revised(told, 2), [record(OTHER, act="CONDEMN")], LATER).state == "closed"


def test_what_was_closed_by_a_user_stays_theirs(record: Make) -> None:
    told = record(WARNING)
    closed = [StateChange(state="closed", at=NOON, by="ines")]
    alert = alert_of(told).model_copy(update={"state": "closed", "history": closed})
    assert taken_back(alert, revised(told, 2), [], LATER).history == closed


def test_another_outlet_opens_it_again_and_a_replay_does_not(record: Make) -> None:
    first, second = record(WARNING, article="a"), record(WARNING, article="b", hours=1)
    before = alert_of(first, deliveries=("sent",))
    stored = taken_back(before, revised(first, 2), [], LATER)
    assert joined(before, stored) == stored
    again = joined(alert_of(first, second), stored)
    assert (again.state, [source.withdrawn_in for source in again.sources]) == ("open", [2, None])
    assert [(delivery.state, delivery.news) for delivery in again.deliveries] == [("due", "told again")]


def test_a_later_revision_that_tells_it_is_a_source_again(record: Make) -> None:
    first = record(WARNING)
    stored = taken_back(alert_of(first), revised(first, 2), [], LATER)
    restored = record(WARNING + " Washington was silent.", revision=3)
    again = joined(alert_of(first, restored), stored)
    assert (again.state, [source.withdrawn_in for source in again.sources]) == ("open", [None])
