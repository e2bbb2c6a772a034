"""Acts left undone, done by nobody, or told as notice of a hazard are no alarms; the same words in earnest are."""

from __future__ import annotations

import pytest

from pipeline.enrich import Enricher
from tests.enrich.reading import alarms, statements


@pytest.mark.parametrize(
    "text",
    [
        "Rather than warn Tehran, Washington sent a mediator.",
        "Instead of threatening Minsk, Vilnius offered money.",
        "Delhi decided against warning Dhaka.",
        "Envoy to warn Dhaka next week",
        "Tbilisi has yet to warn Moscow.",
        "Neither Oslo nor Stockholm warned Moscow about the cable.",
        "No minister in Athens threatened Ankara.",
        "At no point did Ankara threaten Nicosia.",
        "Were Ankara to warn Nicosia over the gas field, the talks would end.",
    ],
)
def test_what_is_left_undone_or_done_by_nobody_alarms_nobody(enricher: Enricher, text: str) -> None:
    assert not alarms(enricher, text)


@pytest.mark.parametrize(
    "text",
    [
        "In no uncertain terms, Ankara warned Athens.",
        "Washington sent a mediator and warned Tehran.",
        "The minister in Athens threatened Ankara.",
    ],
)
def test_what_is_done_alarms(enricher: Enricher, text: str) -> None:
    assert alarms(enricher, text)


@pytest.mark.parametrize(
    "text",
    [
        "The Dutch foreign ministry warned holidaymakers against trips to Beirut.",
        "Prague warned that measles was spreading in Brno.",
        "Hungary's interior minister warned of black ice on the mountain roads.",
    ],
)
def test_notice_of_hazards_is_no_warning_between_actors(enricher: Enricher, text: str) -> None:
    assert not alarms(enricher, text)


@pytest.mark.parametrize(
    "text",
    [
        "The line will bring farmers closer to the port, the transport minister of Serbia said.",
        "“Anyone who finishes school will find a place here,” Chile's education minister said.",
        "“We will thrash them on Sunday,” the Greek sports minister said.",
        "“If you vote for us, your street will be lit at night,” the Liberal leader said.",
    ],
)
def test_promises_and_benefits_alarm_nobody(enricher: Enricher, text: str) -> None:
    assert not alarms(enricher, text)


@pytest.mark.parametrize(
    ("text", "criticism"),
    [
        ("Crowds trashed the embassy of Libya on Sunday.", False),
        ("The camp was attacked by Burundi on Sunday.", False),
        ("Libya trashed the plan of the mediators on Sunday.", True),
    ],
)
def test_blows_on_things_are_no_criticism(enricher: Enricher, text: str, criticism: bool) -> None:
    found = statements(enricher, text)
    assert any(s.act == "CONDEMN" for s in found) is criticism
