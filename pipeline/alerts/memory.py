"""What is remembered of a side beyond its open claims, for rules about change: first words, flips, spikes.

Everything is bounded: nothing older than 30 days is kept, and of one side no more than a fixed number of things. Sets
of claims, no counters: a statement that comes again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import Field

from pipeline.alerts.rules import Rule
from pipeline.alerts.times import span
from pipeline.records import WARNING_ACTS, Claim, Record, StatementRecord, UtcTime

KEPT = timedelta(days=30)
_WARNINGS_MAX = 1000
_STANCES_MAX = 500
_TOPICS_MAX = 2000


class Warned(Record):
    """That a claim of this side is a warning to somebody."""

    claim_id: str
    addressee: str
    at: UtcTime


class Held(Record):
    """The last stance towards a target, and which statement showed it."""

    polarity: int
    at: UtcTime
    statement_id: str


class Memory(Record):
    """What a side has done in the last 30 days."""

    spoken_at: dict[str, UtcTime] = Field(default_factory=dict)
    """When it last met the rest of a rule about first statements, by rule."""
    stances: dict[str, Held] = Field(default_factory=dict)
    warnings: list[Warned] = Field(default_factory=list)
    spikes: dict[str, UtcTime] = Field(default_factory=dict)
    """When a spike was last told, by rule and addressee."""

    @property
    def last_at(self) -> datetime | None:
        times = [
            *self.spoken_at.values(),
            *(one.at for one in self.stances.values()),
            *(one.at for one in self.warnings),
        ]
        return max(times, default=None)


class SideState(Record):
    """All that a worker keeps of one side."""

    claims: list[Claim] = Field(default_factory=list)
    memory: Memory = Field(default_factory=Memory)


def change_met(rule: Rule, memory: Memory, record: StatementRecord, claim: Claim) -> str:
    """By what a rule about change is met, or an empty text. `claim` is in memory already."""
    if rule.change == "first":
        return _first(rule, memory, record)
    if rule.change == "flip":
        return _flip(rule, memory, record)
    return _spike(rule, memory, record, claim)


def _first(rule: Rule, memory: Memory, record: StatementRecord) -> str:
    before = memory.spoken_at.get(rule.id)
    if before is not None and record.said_at - before <= span(rule.window):
        return ""
    return f"first such statement within {rule.window}"


def _flip(rule: Rule, memory: Memory, record: StatementRecord) -> str:
    for stance in record.statement.stances:
        held = memory.stances.get(stance.target.side)
        if held and held.polarity * stance.polarity < 0 and record.said_at - held.at <= span(rule.window):
            before, after = f"{held.polarity:+d} on {held.at:%d %B}", f"{stance.polarity:+d}"
            return f"stance towards {stance.target.name} was {before}, is {after}"
    return ""


def _spike(rule: Rule, memory: Memory, record: StatementRecord, claim: Claim) -> str:
    """A claim that makes the warnings to one addressee in the last hours many more than usual."""
    now, within, window = record.said_at, span(rule.within), span(rule.window)
    for addressee in sorted({one.addressee for one in memory.warnings if one.claim_id == claim.claim_id}):
        told = memory.spikes.get(f"{rule.id} {addressee}")
        if told is not None and abs(now - told) < within:
            continue
        ages = {one.claim_id: now - one.at for one in memory.warnings if one.addressee == addressee}
        recent = sum(age <= within for age in ages.values())
        usual = sum(within < age <= window for age in ages.values()) * within / (window - within)
        if recent >= rule.at_least and recent >= rule.factor * usual:
            return f"{recent} warnings to {addressee} within {rule.within}, where {usual:.1f} are usual"
    return ""


def remembered(
    memory: Memory, record: StatementRecord, *, met: Iterable[Rule] = (), claim: Claim | None = None
) -> Memory:
    """Memory with a statement in it. `met` are the rules about first statements and told spikes."""
    oldest = record.said_at - KEPT
    spoken = {name: at for name, at in memory.spoken_at.items() if at >= oldest}
    for rule in met:
        spoken[rule.id] = max(record.said_at, spoken.get(rule.id, record.said_at))
    stances = {side: held for side, held in memory.stances.items() if held.at >= oldest}
    for stance in record.statement.stances:
        held = stances.get(stance.target.side)
        if stance.polarity and (held is None or held.at <= record.said_at):
            statement_id = record.statement.statement_id
            stances[stance.target.side] = Held(polarity=stance.polarity, at=record.said_at, statement_id=statement_id)
    return Memory(
        spoken_at=dict(list(spoken.items())[-_TOPICS_MAX:]),
        stances=dict(sorted(stances.items(), key=lambda item: item[1].at)[-_STANCES_MAX:]),
        warnings=_warnings(memory.warnings, claim, oldest),
        spikes={name: at for name, at in memory.spikes.items() if at >= oldest},
    )


def _warnings(known: list[Warned], claim: Claim | None, oldest: datetime) -> list[Warned]:
    kept = [one for one in known if one.at >= oldest]
    if claim is not None and claim.act in WARNING_ACTS and claim.status == "asserted":
        present = {(one.claim_id, one.addressee) for one in kept}
        sides = dict.fromkeys(party.side for party in claim.addressees)
        new = [(claim.claim_id, side) for side in sides if (claim.claim_id, side) not in present]
        kept += [Warned(claim_id=claim_id, addressee=side, at=claim.first_seen_at) for claim_id, side in new]
    return kept[-_WARNINGS_MAX:]


def with_spike_told(memory: Memory, rule: Rule, claim: Claim, at: datetime) -> Memory:
    """So that one spike is told once."""
    told = {f"{rule.id} {party.side}": at for party in claim.addressees}
    return memory.model_copy(update={"spikes": {**memory.spikes, **told}})
