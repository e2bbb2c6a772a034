"""For whom the speakers of an article speak, and what the article is about: settled over the whole article.

A statement by itself may name its speaker by a surname, an office or a word such as "the spokesman". Claims are kept by
side, so that a side that only the rest of the article tells must be found before the statement goes its way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipeline.alerts.addressees import is_known, told_sides
from pipeline.alerts.countries import place_code
from pipeline.alerts.matter import context_of
from pipeline.records import WARNING_ACTS, EnrichedArticle, Party, StatementRecord

_OF_STATES = frozenset({"GPE", "NORP"})
_GOVERNING = ("state", "organisation")
_TOGETHER = re.compile(r"\b(?:together|jointly|along|in concert) with (?P<who>[^.;:]+)")
"""Who joins in a statement without being its grammatical subject."""
_INFERRED_CONFIDENCE = 0.5
_OPENING = 700
"""What an article is about, its headline and first sentences tell."""


def settle(records: Sequence[StatementRecord], article: EnrichedArticle) -> list[StatementRecord]:
    """The records with their side and context; a headline that has the parties the wrong way round is left out."""
    voices = _Voices(records, article)
    context = context_of(f"{article.title}. {article.text[:_OPENING]}")
    # Words to somebody first, headlines last: words to nobody in particular join them.
    ordered = sorted(records, key=lambda r: (r.statement.field == "title", not r.statement.addressees))
    settled: list[StatementRecord] = []
    for record in ordered:
        if not _is_turned_round(record, records):
            side = voices.side(record)
            settled.append(_political(_not_to_itself(record, side, context), records))
    return settled


def _not_to_itself(record: StatementRecord, side: str | None, context: list[str]) -> StatementRecord:
    """The record with what the article tells of it. Nobody is warned by those who speak for him.

    A speaker whose side the statement does not tell seems to warn it: "Berdin said that Moscow would answer".
    """
    told = told_sides(record.statement)
    addressees = [party for party in record.statement.addressees if party.side != side or party.side in told]
    statement = record.statement.model_copy(update={"addressees": addressees})
    return record.model_copy(update={"statement": statement, "side": side, "context": context})


class _Voices:
    """Who speaks in an article, and for whom."""

    def __init__(self, records: Sequence[StatementRecord], article: EnrichedArticle) -> None:
        self._records = records
        self._headline = {e.country or e.actor_id for e in article.entities if e.field == "title"} - {None}
        opening = (e for e in article.entities if e.field == "title" or e.span[0] < _OPENING)
        self._states = {e.country for e in opening if e.label in _OF_STATES} - {None}
        told = [record for record in records if record.statement.field == "text"]
        self._warnings = [record for record in told if record.statement.act in WARNING_ACTS]
        self._speakers = self._all_told(self._warnings) or self._all_told(records)
        unknown = [party for r in records for party in r.statement.speakers if not is_known(party)]
        self._movements = {party.side for party in unknown if party.kind == "organisation"}

    def side(self, record: StatementRecord) -> str | None:
        """For whom the speakers of a statement speak; None where it has none."""
        if not record.statement.speakers:
            return None
        if known := self._told(record):
            return self._with_others(record, known)
        return self._at_home(record) or self._warner_below(record) or self._only_one(record)

    def _told(self, record: StatementRecord) -> set[str]:
        """The sides that the naming of the speakers tells."""
        addressees = {party.side for party in record.statement.addressees}
        parties = [party for party in record.statement.speakers if not _is_at_home(party, addressees)]
        known = {party.side for party in parties if is_known(party)}
        words = [word for party in parties if not party.actor_id for word in party.name.split()]
        if known and (beside := _TOGETHER.search(_before_cue(record))):
            words += re.findall(r"[^\s,]+", beside["who"])
        return known | {code for word in words if (code := place_code(word))}

    def _all_told(self, records: Iterable[StatementRecord]) -> set[str]:
        return {side for record in records for side in self._told(record)}

    def _with_others(self, record: StatementRecord, sides: set[str]) -> str:
        """A joint statement has one side, whichever speaker is named first, or alone in the headline."""
        if record.statement.field == "title":
            joint = [told for warning in self._warnings if sides <= (told := self._told(warning))]
            sides = sides.union(*joint)
        return min(sides)

    def _at_home(self, record: StatementRecord) -> str | None:
        """Rebels without a name, who speak to the state they are in, speak for the one movement of the article."""
        addressees = {party.side for party in record.statement.addressees}
        group = next((party for party in record.statement.speakers if _is_at_home(party, addressees)), None)
        if group is None:
            return None
        return next(iter(self._movements)) if len(self._movements) == 1 else group.name.casefold()

    def _warner_below(self, record: StatementRecord) -> str | None:
        """Whom a headline calls by a word ("Rebels warn …") is who warns in its text, where that is one side."""
        if record.statement.field != "title" or record.statement.act not in WARNING_ACTS:
            return None
        sides = {side for warning in self._warnings if (side := self.side(warning))}
        return next(iter(sides)) if len(sides) == 1 else None

    def _only_one(self, record: StatementRecord) -> str:
        """Who is known by a surname or an office speaks for the one side that speaks, or that the headline names.

        A person, else, for the one state that the article begins with. Never for one to whom he speaks anywhere in it.
        """
        told = set().union(*(told_sides(r.statement) for r in self._records if _same_voice(r, record)))
        states = self._states if record.statement.speakers[0].kind == "person" else set()
        for possible in (self._speakers - told, self._headline - told, states - told):
            if len(possible) == 1:
                return str(next(iter(possible)))
        return record.statement.speakers[0].side


def _before_cue(record: StatementRecord) -> str:
    """The words that name the speakers, with what stands between them and the cue ("…, together with Brazil's,")."""
    source, cue = record.statement.source, record.statement.cue
    if source is not None and cue is not None and source[1] < cue[0]:
        source = (source[0], cue[0])
    return record.wording(source)


def _is_at_home(party: Party, told: set[str]) -> bool:
    """Whether a group without a name speaks to the state it is named by: "rebels in northern Chad" to Chad's army."""
    return party.kind == "group" and party.actor_id is None and party.country in told


def _same_voice(a: StatementRecord, b: StatementRecord) -> bool:
    ours, theirs = ({party.actor_id or party.name for party in r.statement.speakers} for r in (a, b))
    return bool(ours & theirs)


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
