"""For whom the speakers of an article speak, and what the article is about: settled over the whole article.

A statement by itself may name its speaker by a surname, an office or a word such as "the spokesman". Claims are kept by
side, so that a side that only the rest of the article tells must be found before the statement goes its way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipeline.alerts.countries import place_code
from pipeline.alerts.matter import context_of
from pipeline.records import WARNING_ACTS, EnrichedArticle, Party, StatementRecord

_UNKNOWN = ("person/", "org/")
"""How the ids of those begin of whom we know the name alone."""
_GOVERNING = ("state", "organisation")
_TOGETHER = re.compile(r"\b(?:together|jointly|along|in concert) with (?P<who>[^.;:]+)")
"""Who joins in a statement without being its grammatical subject."""
_INFERRED_CONFIDENCE = 0.5
_OPENING = 700
"""What an article is about, its headline and first sentences tell."""


def settle(records: Sequence[StatementRecord], article: EnrichedArticle) -> list[StatementRecord]:
    """The records with their side and context; a headline that has the parties the wrong way round is left out."""
    warners = _known_sides(r for r in records if r.statement.act in WARNING_ACTS and r.statement.field == "text")
    speakers = warners or _known_sides(records)
    headline = {entity.country or entity.actor_id for entity in article.entities if entity.field == "title"} - {None}
    # Words to somebody first, headlines last: words to nobody in particular join them.
    ordered = sorted(records, key=lambda r: (r.statement.field == "title", not r.statement.addressees))
    context = context_of(f"{article.title}. {article.text[:_OPENING]}")
    speaking = [party for record in records for party in record.statement.speakers]
    movements = {party.side for party in speaking if party.kind == "organisation" and not is_known(party)}
    settled: list[StatementRecord] = []
    for record in ordered:
        if _is_turned_round(record, records):
            continue
        told = {party.side for other in records if _same_voice(other, record) for party in other.statement.addressees}
        side = _known_side(record, told) or _home_side(record, movements) or _warner_below(record, settled)
        side = side or _only_other(record, told, speakers, headline)
        settled.append(_political(record.model_copy(update={"side": side, "context": context}), records))
    return settled


def _known_side(record: StatementRecord, told: set[str]) -> str | None:
    """The side that the speakers themselves tell. A joint statement has one, whichever speaker is named first."""
    parties = [party for party in record.statement.speakers if not _is_at_home(party, told)]
    known = {party.side for party in parties if is_known(party)}
    words = [word for party in parties if not party.actor_id for word in party.name.split()]
    beside = _TOGETHER.search(record.wording(record.statement.source)) if known else None
    words += beside["who"].split() if beside else []
    found = known | {code for word in words if (code := place_code(word))}
    return min(found, default=None)


def _is_at_home(party: Party, told: set[str]) -> bool:
    """Whether a group without a name speaks to the state it is named by: "rebels in northern Chad" to Chad's army."""
    return party.kind == "group" and party.actor_id is None and party.country in told


def _home_side(record: StatementRecord, movements: set[str]) -> str | None:
    """Rebels without a name speak for the one movement that an article has speak; else for themselves."""
    parties = record.statement.speakers
    told = {party.side for party in record.statement.addressees}
    if not parties or not any(_is_at_home(party, told) for party in parties):
        return None
    return next(iter(movements)) if len(movements) == 1 else parties[0].name.casefold()


def _warner_below(record: StatementRecord, settled: Sequence[StatementRecord]) -> str | None:
    """Whom a headline calls by a word ("Rebels warn …") is who warns in its text, where that is one side."""
    if record.statement.field != "title" or record.statement.act not in WARNING_ACTS:
        return None
    sides = {r.side for r in settled if r.statement.field == "text" and r.statement.act in WARNING_ACTS and r.side}
    return next(iter(sides)) if len(sides) == 1 else None


def _same_voice(a: StatementRecord, b: StatementRecord) -> bool:
    voices = [{party.actor_id or party.name for party in record.statement.speakers} for record in (a, b)]
    return bool(voices[0] & voices[1])


def _only_other(
    record: StatementRecord, told: set[str], speakers: set[str], headline: set[str | None]
) -> str | None:
    """Who is known by a surname or an office speaks for the one side that speaks, or that the headline names.

    Never for one to whom he speaks anywhere in the article.
    """
    parties = record.statement.speakers
    if not parties:
        return None
    for possible in (speakers - told, headline - told):
        if len(possible) == 1:
            return next(iter(possible))
    return parties[0].side


def _political(record: StatementRecord, records: Sequence[StatementRecord]) -> StatementRecord:
    """A warning by somebody whose post the article leaves out is a political one where it is said to a government.

    Only where the article tells for which side: "Tehran: …" above, "Kamrani warned Washington" below; or "Tehran tells
    Washington: …" above and "Kamrani warned" below.
    """
    statement = record.statement
    if statement.act != "OTHER" or not statement.speakers or record.side == statement.speakers[0].side:
        return record
    unknown = all(party.kind == "person" and not is_known(party) for party in statement.speakers)
    addressees = statement.addressees or _told_in_headline(record.side, records)
    governments = [party for party in addressees if party.country and party.kind in _GOVERNING]
    if not unknown or not governments or statement.status != "asserted":
        return record
    confidence = min(statement.confidence, _INFERRED_CONFIDENCE)
    changed = statement.model_copy(
        update={
            "act": "WARN",
            "alertable": True,
            "confidence": confidence,
            "addressees": statement.addressees or [party.model_copy(update={"span": None}) for party in governments],
        }
    )
    return record.model_copy(update={"statement": changed})


def _told_in_headline(side: str | None, records: Iterable[StatementRecord]) -> list[Party]:
    """Whom the headline has a side speak to."""
    titles = (r.statement for r in records if r.statement.field == "title" and side in _known_sides([r]))
    return next((statement.addressees for statement in titles if statement.addressees), [])


def _known_sides(records: Iterable[StatementRecord]) -> set[str]:
    return {party.side for record in records for party in record.statement.speakers if is_known(party)}


def is_known(party: Party) -> bool:
    """Whether we know for whom somebody speaks."""
    if party.country or party.affiliation_id:
        return True
    return party.actor_id is not None and not party.actor_id.startswith(_UNKNOWN)


def _is_turned_round(record: StatementRecord, records: Sequence[StatementRecord]) -> bool:
    """Whether a headline makes the one who is warned the warner: "Beirut put on notice over missile sites"."""
    statement = record.statement
    if statement.field != "title" or statement.addressees or statement.act not in WARNING_ACTS:
        return False
    told = [other.statement for other in records if other.statement.field == "text"]
    warned = {party.side for other in told if other.act in WARNING_ACTS for party in other.addressees}
    speaking = {party.side for other in told for party in other.speakers}
    ours = {party.side for party in statement.speakers}
    return bool(ours & warned) and not ours & speaking
