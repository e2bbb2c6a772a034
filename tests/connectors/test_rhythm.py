"""When a source is asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connectors.http import NotServed, Unavailable, retry_after_s
from connectors.network import UnknownHost
from connectors.rhythm import DAY_S, HOUR_S, WEEK_S, Bounds, back_off_s, pause_s, rhythm_s, weight_of, wished_s
from pipeline.errors import DemarcheError, Unreachable

NOW = datetime(2025, 6, 20, 12, 0, tzinfo=UTC)
BOUNDS = Bounds(soonest_s=300, latest_s=6 * HOUR_S)


@pytest.mark.parametrize(
    "count, observed_s, reach_s, expected",
    [
        (0, WEEK_S, None, 6 * HOUR_S),
        (168, WEEK_S, None, HOUR_S),
        (7, WEEK_S, None, 6 * HOUR_S),
        (10_000, WEEK_S, None, 300),
        (10, 5 * HOUR_S, None, HOUR_S / 2),
        (7, WEEK_S, 2 * HOUR_S, HOUR_S),
        (7, WEEK_S, 10, 300),
    ],
)
def test_a_week_through_its_articles(count: int, observed_s: float, reach_s: float | None, expected: float) -> None:
    assert rhythm_s(count, observed_s, reach_s, BOUNDS) == expected


@pytest.mark.parametrize(
    "headers, ttl_s, expected",
    [
        ({}, None, 0),
        ({}, 1800, 1800),
        ({"cache-control": "public, max-age=900"}, None, 900),
        ({"cache-control": "max-age=900", "age": "600"}, None, 300),
        ({"cache-control": "no-cache"}, None, 0),
        ({"cache-control": "max-age=soon"}, None, 0),
        ({"expires": format_datetime(NOW + timedelta(hours=2), usegmt=True)}, 60, 7200),
        ({"expires": "0"}, None, 0),
        ({"expires": "-1", "cache-control": "max-age=60"}, 120, 120),
    ],
)
def test_what_a_server_wishes(headers: dict[str, str], ttl_s: float | None, expected: float) -> None:
    assert wished_s(headers, ttl_s, NOW) == expected


@pytest.mark.parametrize(
    "written, expected",
    [
        ("120", 120),
        (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300),
        (format_datetime(NOW - timedelta(minutes=5), usegmt=True), None),
        ("999999999", DAY_S),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_in_both_forms(written: str, expected: float | None) -> None:
    assert retry_after_s({"retry-after": written}, NOW) == expected


def test_the_longest_of_rhythm_and_wish_up_to_a_day_and_the_users_word_above_both() -> None:
    assert HOUR_S <= pause_s(HOUR_S, 300, None) <= 1.1 * HOUR_S
    assert 2 * HOUR_S <= pause_s(HOUR_S, 2 * HOUR_S, None) <= 2.2 * HOUR_S
    assert DAY_S <= pause_s(HOUR_S, 30 * DAY_S, None) <= 1.1 * DAY_S
    assert 600 <= pause_s(HOUR_S, 2 * HOUR_S, 600) <= 660
    assert len({pause_s(HOUR_S, 0, None) for _ in range(5)}) > 1, "two sources that start together drift apart"


@pytest.mark.parametrize(
    "error, weight",
    [
        (UnknownHost("no such host"), 0.25),
        (Unreachable("away"), 0.5),
        (Unavailable("503", "", 503, None), 0.5),
        (NotServed("404", "", 404), 1.0),
        (None, 1.0),
    ],
)
def test_failures_weigh_by_their_kind(error: DemarcheError | None, weight: float) -> None:
    assert weight_of(error) == weight


def test_back_off_grows_and_ends_at_a_day() -> None:
    gone = NotServed("404", "", 404)
    pauses = [back_off_s(float(failures), gone, 300) for failures in (1, 3, 10, 1000)]
    assert pauses == sorted(pauses)
    assert 1200 <= pauses[0] <= 1320
    assert DAY_S <= pauses[-1] <= 1.1 * DAY_S, "never given up"
    assert back_off_s(0.25, UnknownHost("x"), 300) < 400


def test_a_server_says_when_to_come_back() -> None:
    assert back_off_s(0.5, Unavailable("503", "", 503, 7200), 300) >= 7200
    busy = [back_off_s(0.5, Unavailable("429", "", 429, 7200), 300) for _ in range(50)]
    assert min(busy) >= 7200
    assert max(busy) - min(busy) > 900, "those turned away together do not come back together"
