"""Whom a statement is said to, as sides: states, bodies and people whom other articles would name the same way."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.alerts.countries import place_code
from pipeline.records import Party, Statement

_UNKNOWN = ("person/", "org/")
"""How the ids of those begin of whom we know the name alone."""


def is_known(party: Party) -> bool:
    """Whether we know for whom somebody speaks."""
    if party.country or party.affiliation_id:
        return True
    return party.actor_id is not None and not party.actor_id.startswith(_UNKNOWN)


def sides_of(parties: Iterable[Party]) -> set[str]:
    """The sides of addressees; "neighbour", "briefing" or "EU patrols" are nobody whom others could name too."""
    found = set()
    for party in parties:
        place = _place_in(party)
        if place or is_known(party) or not (party.kind == "group" or party.name.islower()):
            found.add(place or party.side)
    return found


def told_sides(statement: Statement) -> set[str]:
    """The sides to whom it is said in so many words. An addressee named only in what is said is a guess."""
    return sides_of(party for party in statement.addressees if not _is_within(party, statement))


def _is_within(party: Party, statement: Statement) -> bool:
    return party.span is not None and any(start <= party.span[0] < end for start, end in statement.content)


def _place_in(party: Party) -> str | None:
    """The state in an unresolved name: Canadian milk."""
    if party.country or party.actor_id or party.affiliation_id:
        return None
    return next((code for word in party.name.split() if (code := place_code(word))), None)
