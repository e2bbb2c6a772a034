"""Times of day and spans of time as people write them in rules: "22:00-07:00", "6h", "30d"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_SPAN = re.compile(r"(\d{1,4})\s*(m|min|h|d|w)")
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAY = timedelta(days=1)


def span(text: str) -> timedelta:
    """A span of time: 30m, 6h, 2d, 1w. Raises ValueError."""
    match = _SPAN.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"'{text}' is no span of time; write 30m, 6h, 2d or 1w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def clock(text: str) -> time:
    """A time of day, 07:30. Raises ValueError."""
    try:
        if not re.fullmatch(r"\d{1,2}:\d\d", text.strip()):
            raise ValueError
        hour, minute = text.strip().split(":")
        return time(int(hour), int(minute))
    except ValueError:
        raise ValueError(f"'{text}' is no time of day; write 07:30") from None


def hours(text: str) -> tuple[time, time]:
    """Quiet hours, 22:00-07:00, which may pass midnight. Raises ValueError."""
    start, dash, end = text.partition("-")
    if not dash or clock(start) == clock(end):
        raise ValueError(f"'{text}' are no quiet hours; write 22:00-07:00")
    return clock(start), clock(end)


def zone(name: str) -> ZoneInfo:
    """Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"'{name}' is no time zone; write a name such as Europe/Berlin or UTC") from None


def end_of_quiet(now: datetime, quiet: tuple[time, time], where: ZoneInfo) -> datetime | None:
    """When the quiet hours around `now` end; None outside them. In wall-clock time, whatever summer time does."""
    start, end = quiet
    local = now.astimezone(where)
    at = local.time().replace(tzinfo=None)
    if start < end:
        inside, day = start <= at < end, local.date()
    else:
        inside, day = at >= start or at < end, local.date() + (_DAY if at >= start else timedelta())
    return datetime.combine(day, end, where).astimezone(UTC) if inside else None


def next_digest(now: datetime, every: str, at: time, where: ZoneInfo) -> datetime:
    """When the next digest goes out: at the full hour, or each day at a time of day."""
    local = now.astimezone(where)
    if every == "hourly":
        return (now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)).astimezone(UTC)
    day = local.date() if local.time().replace(tzinfo=None) < at else local.date() + _DAY
    return datetime.combine(day, at, where).astimezone(UTC)
