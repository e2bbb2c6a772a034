"""Which words an alert shows: those of the telling that says most by itself, not of the first to arrive."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.alerts.matter import Matter
from pipeline.records import WARNING_ACTS, StatementRecord, Telling

_ADDRESSEE, _MATTER, _CUE, _SAID, _OWN = 4, 3, 2, 2, 1
_PLENTY = 2
"""From so many terms on, words say what the matter is."""
_LONG = 320
"""Characters; what is longer is no line to read at a glance."""


def clarity(record: StatementRecord, matter: Matter, words: str) -> int:
    """How well the words shown tell who says what to whom: they name the addressee, the matter and the act.

    Nothing counts for being first; words that somebody passes on count less than the speaker's.
    """
    statement = record.statement
    value = _ADDRESSEE * _names_addressee(record, words)
    value += _MATTER * min(len(matter.terms), _PLENTY) // _PLENTY
    value += _CUE * (statement.act_basis == "cue") + _SAID * bool(statement.content)
    value += _OWN * (not statement.relays) - _SAID * (len(words) > _LONG)
    return value


def most_telling(tellings: Iterable[Telling], act: str) -> Telling | None:
    """The telling to show for a claim of this act: the clearest; of equals the earliest, in whatever order they came.

    A plea that belongs to a warning is not shown in its place.
    """
    fitting = [one for one in tellings if one.act == act or (one.act in WARNING_ACTS and act in WARNING_ACTS)]
    return min(fitting, key=lambda one: (-one.clarity, one.said_at, one.statement_id), default=None)


def _names_addressee(record: StatementRecord, words: str) -> bool:
    named = [record.wording(party.span) for party in record.statement.addressees]
    return any(name and name in words for name in named)
