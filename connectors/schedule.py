"""What is known of each source between two readings: when it is due, how it has been doing, where it has moved.

SQLite beside the ledger: every reading writes one row, a killed process loses the row of the reading it was in and no
more, and `demarche sources list` reads it without a server. A compacted topic would have to be read from its beginning
at each start, and could not be written in one step with nothing else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from connectors.base import Refusal, Target
from connectors.database import Database
from connectors.rhythm import (
    DAY_S,
    HOUR_S,
    WEEK_S,
    Bounds,
    back_off_s,
    pause_s,
    rhythm_s,
    weight_of,
    wished_s,
    with_jitter,
)
from connectors.secrets import hide
from connectors.sources import Source
from pipeline.errors import BadInput
from pipeline.records import SourceHealth
from pipeline.settings import Settings

MOVED_AFTER = 3
"""Readings in a row that a permanent redirect must have led to the same address before that one is asked instead."""

_TABLE = "CREATE TABLE IF NOT EXISTS schedule (source TEXT PRIMARY KEY, state TEXT NOT NULL);"
_LOCAL_PAUSE_S = 15.0
"""A folder is looked at this often: there is no server to be spared."""

_SILENT_AFTER_S = DAY_S
_SILENT_AFTER_GAPS = 10
_SILENT_AT_LATEST_S = 21 * DAY_S
_FEW = 2


class State(BaseModel):
    """What one source's row holds; moments are seconds since 1970."""

    due_at: float = 0.0
    added_at: float
    last_fetch_at: float | None = None
    last_success_at: float | None = None
    last_article_at: float | None = None
    last_error_at: float | None = None
    last_error: str | None = None
    failure_count: int = 0
    failure_weight: float = 0.0
    refused_count: int = 0
    last_refusal: str | None = None
    article_count: int = 0
    arrivals: dict[int, int] = Field(default_factory=dict)
    """New articles of the last week by the hour they were published in."""
    usual_gap_s: float | None = None
    """Mean pause between two articles, as it was when the last one came."""
    reach_s: float | None = None
    moved_to: str | None = None
    moving_to: str | None = None
    moving_count: int = 0

    def week(self, now: float) -> tuple[int, float]:
        """How many articles came in the last week, and the seconds that this tells about."""
        recent = {hour: count for hour, count in self.arrivals.items() if hour * HOUR_S > now - WEEK_S}
        if not recent:
            return 0, WEEK_S
        since = min(min(recent) * HOUR_S, self.added_at)
        return sum(recent.values()), max(HOUR_S, min(WEEK_S, now - since))

    def is_silent(self, source: Source, now: float) -> bool:
        """Whether nothing new has come for longer than this source usually takes."""
        if source.silent_after_h is not None:
            patience = source.silent_after_h * HOUR_S
        elif self.usual_gap_s is None:
            patience = _SILENT_AT_LATEST_S
        else:
            patience = max(_SILENT_AFTER_S, min(_SILENT_AFTER_GAPS * self.usual_gap_s, _SILENT_AT_LATEST_S))
        return now - (self.last_article_at or self.added_at) > patience


class Reading(BaseModel):
    """What one reading of a source brought."""

    model_config = {"arbitrary_types_allowed": True}

    started_at: datetime
    ended_at: float
    new_at: list[datetime] = Field(default_factory=list)
    """When each new article was published."""
    refusals: list[Refusal] = Field(default_factory=list)
    failure: Refusal | None = None


def after(state: State, source: Source, target: Target, settings: Settings, reading: Reading) -> State:
    """The state after a reading that ended at `reading.ended_at`, with the moment at which the next is due."""
    changed = state.model_copy(update={"last_fetch_at": reading.ended_at})
    if reading.failure is None:
        _note_success(changed, source, target, reading)
    else:
        _note_failure(changed, reading.failure, reading.ended_at)
    changed.due_at = reading.ended_at + _pause(changed, source, target, settings, reading)
    return changed


def _note_success(state: State, source: Source, target: Target, reading: Reading) -> None:
    now = reading.ended_at
    state.last_success_at = now
    state.failure_count, state.failure_weight, state.last_error = 0, 0.0, None
    if target.answer is None or not target.answer.not_modified:
        state.refused_count = len(reading.refusals)
        state.last_refusal = hide(str(reading.refusals[-1]))[:500] if reading.refusals else None
        state.reach_s = target.reach_s
    _note_arrivals(state, reading)
    _note_move(state, source, target)


def _note_arrivals(state: State, reading: Reading) -> None:
    now = reading.ended_at
    arrivals = {hour: count for hour, count in state.arrivals.items() if hour * HOUR_S > now - WEEK_S}
    for moment in reading.new_at:
        if state.last_article_at is None and moment >= reading.started_at:
            # Without a date, in the first list that we see: nobody knows when it came.
            continue
        hour = int(moment.timestamp() // HOUR_S)
        if hour * HOUR_S > now - WEEK_S:
            arrivals[hour] = arrivals.get(hour, 0) + 1
    state.arrivals = arrivals
    if reading.new_at:
        state.article_count += len(reading.new_at)
        state.last_article_at = now
        count, observed_s = state.week(now)
        if count >= _FEW:
            state.usual_gap_s = observed_s / count


def _note_move(state: State, source: Source, target: Target) -> None:
    """Count the readings in which permanent redirects led to one and the same other address."""
    permanent = target.answer.permanent if target.answer else ""
    if not permanent or permanent == (state.moved_to or source.url):
        state.moving_to, state.moving_count = None, 0
        return
    state.moving_count = state.moving_count + 1 if permanent == state.moving_to else 1
    state.moving_to = permanent
    if state.moving_count >= MOVED_AFTER:
        state.moved_to, state.moving_to, state.moving_count = permanent, None, 0


def _note_failure(state: State, failure: Refusal, now: float) -> None:
    state.last_error_at, state.last_error = now, hide(failure.reason)[:500]
    state.failure_count += 1
    state.failure_weight += weight_of(failure.error)
    if isinstance(failure.error, BadInput):
        # The new address was a mistake, of the publisher or of ours: ask the one in the list again.
        state.moved_to, state.moving_to, state.moving_count = None, None, 0


def _pause(state: State, source: Source, target: Target, settings: Settings, reading: Reading) -> float:
    now = reading.ended_at
    if not target.is_address:
        return with_jitter(source.every_min * 60 if source.every_min else _LOCAL_PAUSE_S)
    bounds = Bounds(settings.poll_soonest_min * 60, settings.poll_latest_min * 60)
    fixed = source.every_min * 60 if source.every_min else None
    if reading.failure is not None:
        return back_off_s(state.failure_weight, reading.failure.error, fixed or bounds.soonest_s)
    count, observed_s = state.week(now)
    rhythm = rhythm_s(count, observed_s, state.reach_s, bounds)
    headers = target.answer.headers if target.answer else {}
    return pause_s(rhythm, wished_s(headers, target.ttl_s, datetime.fromtimestamp(now, UTC)), fixed)


def health_of(source: Source, state: State, now: float) -> SourceHealth:
    """The record that tells others how the source is doing."""
    count, observed_s = state.week(now)
    doing: Literal["ok", "silent", "failing"] = "ok"
    if state.failure_count:
        doing = "failing"
    elif state.is_silent(source, now):
        doing = "silent"
    return SourceHealth(
        source_id=source.url,
        kind=source.kind,
        publisher=source.publisher,
        state=doing,
        moved_to=state.moved_to,
        last_fetch_at=_moment(state.last_fetch_at),
        last_success_at=_moment(state.last_success_at),
        last_article_at=_moment(state.last_article_at),
        last_error_at=_moment(state.last_error_at),
        last_error=state.last_error,
        failure_count=state.failure_count,
        refused_count=state.refused_count,
        last_refusal=state.last_refusal,
        article_count=state.article_count,
        articles_a_day=round(count / max(observed_s, DAY_S) * DAY_S, 2),
        next_fetch_at=_moment(state.due_at),
        updated_at=datetime.fromtimestamp(now, UTC),
    )


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


class Schedule(Database):
    """The rows of all sources, for many threads; `demarche sources list` may read them meanwhile."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _TABLE, holds="The state of the sources")

    def states(self) -> dict[str, State]:
        with self.use() as db:
            rows = db.execute("SELECT source, state FROM schedule").fetchall()
        found = {}
        for source, written in rows:
            try:
                found[source] = State.model_validate_json(written)
            except ValidationError:
                # Of another version: the source counts as new, which costs one reading.
                continue
        return found

    def save(self, source: str, state: State) -> None:
        with self.use() as db:
            db.execute("INSERT OR REPLACE INTO schedule VALUES (?, ?)", (source, state.model_dump_json()))

    def remove(self, source: str) -> None:
        with self.use() as db:
            db.execute("DELETE FROM schedule WHERE source = ?", (source,))
