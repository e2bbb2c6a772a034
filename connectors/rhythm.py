"""When a source is to be asked again: its own rhythm, what its server wishes, and what its failures call for.

The rhythm is miniflux's `entry_frequency`: a week through the articles of a week. Two things are added. A list that
covers only hours is asked before it can have scrolled by. And back-off is rss-fetcher's: it grows with each failure,
by less the more likely the fault is to pass, and it ends at a day; no source is given up for good.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from connectors.http import Unavailable
from connectors.network import UnknownHost
from pipeline.errors import DemarcheError, Transient

HOUR_S = 3600.0
DAY_S = 86_400.0
WEEK_S = 7 * DAY_S
LONGEST_S = DAY_S
"""However long a server wishes to be left alone: a source is looked at once a day."""

_STEP_S = 1200.0
_WEIGHTS = {"dns": 0.25, "soft": 0.5, "hard": 1.0}
_TOO_MANY_REQUESTS = 429
_JITTER = 0.1


@dataclass(frozen=True, slots=True)
class Bounds:
    """How soon and how late a source is asked again by its rhythm alone, in seconds."""

    soonest_s: float
    latest_s: float


def rhythm_s(article_count: int, observed_s: float, reach_s: float | None, bounds: Bounds) -> float:
    """The pause that fits `article_count` new articles in `observed_s`.

    `reach_s` is how far back the source's list goes: by half of it, the list must be seen again.
    """
    pause = observed_s / article_count if article_count else bounds.latest_s
    if reach_s is not None:
        pause = min(pause, reach_s / 2)
    return max(bounds.soonest_s, min(pause, bounds.latest_s))


def wished_s(headers: Mapping[str, str], ttl_s: float | None, now: datetime) -> float:
    """How long the answer may be kept: the feed's TTL, Cache-Control's max-age or Expires, whatever is longest."""
    return max(ttl_s or 0.0, _max_age_s(headers), _expires_s(headers, now))


def _max_age_s(headers: Mapping[str, str]) -> float:
    for part in headers.get("cache-control", "").lower().split(","):
        name, _, value = part.strip().partition("=")
        value = value.strip('"')
        if name == "max-age" and value.isdigit():
            age = headers.get("age", "")
            return max(0.0, float(value) - (float(age) if age.isdigit() else 0.0))
    return 0.0


def _expires_s(headers: Mapping[str, str], now: datetime) -> float:
    try:
        return max(0.0, (parsedate_to_datetime(headers.get("expires", "")) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def pause_s(rhythm: float, wished: float, fixed_s: float | None) -> float:
    """The pause after a success; one that the user fixed stands against what the server wishes."""
    pause = fixed_s if fixed_s is not None else max(rhythm, wished)
    return with_jitter(min(pause, LONGEST_S))


def weight_of(error: DemarcheError | None) -> float:
    """How much a failure counts: a name that cannot be resolved for a while is hardly the source's fault."""
    if isinstance(error, UnknownHost):
        return _WEIGHTS["dns"]
    return _WEIGHTS["soft" if isinstance(error, Transient) else "hard"]


def back_off_s(failures: float, error: DemarcheError | None, soonest_s: float) -> float:
    """The pause after a failure, given the weight of all failures since the last success. It may be shorter than the
    source's rhythm: a quiet source must not wait for an hour because it missed a beat."""
    pause = max(soonest_s, _STEP_S * failures)
    if isinstance(error, Unavailable):
        pause = max(pause, error.retry_after_s or 0.0)
        if error.status == _TOO_MANY_REQUESTS:
            # Others were turned away with us: not all of them should be back at the same moment.
            pause += random.uniform(0.0, HOUR_S)
    return with_jitter(min(pause, LONGEST_S))


def with_jitter(pause: float) -> float:
    """A little longer, so that sources that started together drift apart; never sooner than asked for."""
    return pause * random.uniform(1.0, 1.0 + _JITTER)
