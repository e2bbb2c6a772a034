"""Which words an alert shows, and that reasons are written in words."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from pipeline.records import StatementRecord
from tests.alerts.test_engine import Run

Make = Callable[..., StatementRecord]
BARE = "[RUS:Moscow] issued the warning to {USA:Washington}"
SHORT = "[RUS:Moscow] warned {USA:Washington}"
FULL = "[RUS:Moscow] warned {USA:Washington} against an attack on the port of Selm"


def with_addressee(record: StatementRecord) -> StatementRecord:
    """As enrichment would give it: the addressee stands somewhere in the evidence."""
    statement = record.statement
    told = [
        party.model_copy(update={"span": (at, at + len(party.name))})
        for party in statement.addressees
        if (at := record.evidence.find(party.name)) >= 0
    ]
    return record.model_copy(update={"statement": statement.model_copy(update={"addressees": told})})


@pytest.mark.parametrize("order", permutations(range(3)))
def test_the_words_shown_are_the_most_telling_ones_in_whatever_order_they_come(
    record: Make, order: tuple[int, ...]
) -> None:
    told = [with_addressee(record(text, article=name)) for name, text in zip("abc", (BARE, SHORT, FULL), strict=True)]
    run = Run()([told[n] for n in order])
    [alert] = run.alerts.values()
    assert alert.words == "Moscow warned Washington against an attack on the port of Selm"
    assert run.told == [alert.alert_id]


def test_a_later_source_with_better_words_improves_the_alert_and_tells_nobody_again(record: Make) -> None:
    run = Run()([with_addressee(record(SHORT))])
    [first] = run.alerts.values()
    run([with_addressee(record(FULL, article="b", hours=1))])
    [alert] = run.alerts.values()
    assert (first.words, alert.words) == (
        "Moscow warned Washington",
        "Moscow warned Washington against an attack on the port of Selm",
    )
    assert run.told == [alert.alert_id]


def test_of_equally_telling_words_the_earliest_stay(record: Make) -> None:
    told = [with_addressee(record(FULL, article=name, hours=hours)) for name, hours in (("b", 2), ("a", 1))]
    other = FULL.replace("an attack", "attacks")
    told.append(with_addressee(record(other, article="c", hours=3)))
    [alert] = Run()(told).alerts.values()
    assert alert.words == "Moscow warned Washington against an attack on the port of Selm"


def test_a_plea_that_belongs_to_a_warning_is_not_shown_in_its_place(record: Make) -> None:
    plea = "[RUS:Moscow] urged {USA:Washington} not to attack the port of Selm nor its railway"
    told = [with_addressee(record(SHORT)), with_addressee(record(plea, act="URGE"))]
    [alert] = Run()(told).alerts.values()
    assert alert.words == "Moscow warned Washington"


def test_reasons_show_words_as_they_are_written(record: Make) -> None:
    around = {"context": ["Navigation", "satellites", "sailors"]}
    told = [
        record("[FIN:Helsinki] warned {RUS:Moscow} over the jamming of ferries.", article="a", **around),
        record("[FIN:Helsinki] warned {RUS:Moscow} of answers in the gulf.", article="b", hours=1, **around),
        record("[FIN:Helsinki] cautioned {RUS:Moscow} that whoever jammed a ferry would pay.", article="c", hours=2),
    ]
    [alert] = Run()(told).alerts.values()
    assert [telling.because.partition("addressee, ")[2] for telling in alert.tellings] == [
        "",
        "and they share Navigation, sailors, satellites with their articles, on one day",
        "and both name ferry, jammed",
    ]
