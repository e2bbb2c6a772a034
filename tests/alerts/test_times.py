from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from pipeline.alerts.times import clock, end_of_quiet, hours, next_digest, span, zone

BERLIN = zone("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("text, wanted", [("30m", 30), ("6h", 360), ("2d", 2880), ("1w", 10080)])
def test_spans(text: str, wanted: int) -> None:
    assert span(text) == timedelta(minutes=wanted)


@pytest.mark.parametrize(
    "read, text",
    [(span, "6"), (span, "0h"), (span, "soon"), (clock, "25:00"), (clock, "7"), (hours, "22:00"), (zone, "Mars/Base")],
)
def test_what_is_no_time_is_said(read: object, text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        read(text)  # type: ignore[operator]


@pytest.mark.parametrize(
    "now, wanted",
    [
        ("2026-03-02T20:59", None),
        ("2026-03-02T21:00", "2026-03-03T06:00"),
        ("2026-03-03T02:00", "2026-03-03T06:00"),
        ("2026-03-03T06:00", None),
        # The night in which the clocks go forward ends an hour earlier in UTC.
        ("2026-03-28T23:00", "2026-03-29T05:00"),
    ],
)
def test_quiet_hours_pass_midnight_in_the_zone_of_the_user(now: str, wanted: str | None) -> None:
    found = end_of_quiet(at(now), hours("22:00-07:00"), BERLIN)
    assert found == (at(wanted) if wanted else None)


def test_quiet_hours_within_a_day() -> None:
    assert end_of_quiet(at("2026-03-02T12:00"), hours("12:00-14:00"), zone("UTC")) == at("2026-03-02T14:00")


def test_digests_go_out_at_the_hour_or_at_a_time_of_day() -> None:
    now = at("2026-03-02T08:10")
    assert next_digest(now, "hourly", time(7), BERLIN) == at("2026-03-02T09:00")
    assert next_digest(now, "daily", time(7), BERLIN) == at("2026-03-03T06:00")
    assert next_digest(now, "daily", time(18), BERLIN) == at("2026-03-02T17:00")
