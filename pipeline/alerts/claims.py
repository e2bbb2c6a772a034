"""Claims: the same act told many times, in other words, by other outlets, or several times in one article.

A statement joins an open claim of its side when act, addressee, time and matter agree; which of them must agree how
well depends on where the other telling stands. Asked in this order:

1. The statement is known already: nothing changes.
2. The claim was told in the same article: the statement joins unless its addressee or its matter is plainly another.
3. The claim was told elsewhere: the words must name the same matter (`same_matter`), or say nothing of the matter
   ("Moscow issued a warning to Washington") within a day.
4. Otherwise the statement is the first telling of a new claim.

Where a statement ties a claim of its own article to one told elsewhere, the two become one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from pipeline.alerts.addressees import is_known, sides_of, told_sides
from pipeline.alerts.matter import OPENING, Matter, contradiction, matter_of
from pipeline.alerts.showing import clarity
from pipeline.records import WARNING_ACTS, Claim, Party, StatementRecord, Telling, hash_id
from pipeline.settings import Settings

_DIRECTIVES = frozenset({"URGE", "DEMAND"})
"""Acts that, inside one article, may tell the same claim as a warning: "advised … not to strike"."""

_VAGUE_WINDOW = timedelta(hours=24)
_WORDS_MAX = 600
_TELLINGS_MAX = 250
"""A claim told more often is known well enough; it bounds what a worker keeps of one side."""
_SUPPRESSED_MAX = 50
_STORY_WORDS = 3
"""So many content words must two articles share for their tellings to be one by the articles alone."""
_DETAILED = 2
"""From so many marks on, a telling says what it is about."""

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile(r"\b(" + "|".join(_WEEKDAYS) + r")\b", re.IGNORECASE)
_OLD_DAYS = 2
"""A weekday so many days before publication is no longer that of the news; the day after, papers still print it."""

_ANAPHOR = re.compile(
    r"\b(?:the|this|that|these|those|its|his|her|their|\w+(?:'s|’s|s'|s’))\s+(?:\w+\s+){0,2}"
    r"(?:warnings?|cautions?|threats?|admonitions?|ultimatums?|remarks|comments|message)\b(?!\s+(?:of|from|posed|to)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a statement went and why, in words for the user."""

    claim_id: str | None
    because: str
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """A claim that a statement may join; the higher the score, the surer."""

    claim: Claim
    score: float
    because: str
    in_article: bool


def side_of(record: StatementRecord) -> str:
    return record.key


def claim_group(act: str) -> str:
    return "WARN" if act in WARNING_ACTS else act


def same_matter(a: Matter, b: Matter, *, addressed: bool) -> tuple[float, str]:
    """How well two tellings in different articles agree, 0 for not at all, and on what.

    One shared content word is enough where one telling says little more than that; the longer both are, the more
    they must share, and a shared country alone says nothing. Without a common addressee more is asked for.
    """
    shared_terms, shared_names = a.terms & b.terms, a.names & b.names
    if not shared_terms or contradiction(a, b):
        return 0.0, ""
    shared = len(shared_terms) + len(shared_names)
    smaller = min(a.size, b.size)
    overlap = shared / smaller
    enough = (shared >= 2 and overlap >= 0.4) or (shared >= 3 and overlap >= 0.3) or (smaller <= 2 and overlap >= 0.5)
    if not addressed:
        enough = shared >= 2 and overlap >= 0.5
    if not enough:
        return 0.0, ""
    return overlap + 0.05 * shared, "both name " + ", ".join(a.shown(shared_terms | shared_names))


def same_story(a: Matter, b: Matter, parties: Collection[str] = ()) -> tuple[float, str]:
    """How well the articles around two tellings agree, for tellings of one day by one side to one addressee.

    Such tellings are seldom about two things: it is enough that they share one word and the articles another, or, where
    they share none, that the headlines and first sentences share several. A third state counts as a word, `parties`
    are those who speak and are spoken to.
    """
    around = (a.terms | a.context) & (b.terms | b.context)
    around |= ((a.names | a.places) & (b.names | b.places)) - set(parties)
    needed = _STORY_WORDS - 1 if a.terms & b.terms else _STORY_WORDS
    if len(around) < needed or contradiction(a, b):
        return 0.0, ""
    own = (a.terms & b.terms) | (a.names & b.names)
    shown = [*a.shown(own), *a.shown(around - own)][:6]
    return 0.2 + 0.05 * len(own) + 0.01 * len(around), f"they share {', '.join(shown)} with their articles, on one day"


def assign(
    claims: Sequence[Claim], record: StatementRecord, settings: Settings, now: datetime
) -> tuple[list[Claim], Decision]:
    """Put a statement into the claim it tells, or into a new one. Claims that are over are left out of the result."""
    known = _known(claims, record)
    if known is not None:
        return list(claims), Decision(known.claim_id, f"already a telling of claim {known.claim_id}", changed=False)
    open_claims = [claim for claim in claims if _is_open(claim, settings, now)]
    matter = matter_of(record)
    candidates = sorted(
        filter(None, (_candidate(claim, record, matter, settings) for claim in open_claims)),
        key=lambda candidate: (-candidate.score, -candidate.claim.last_seen_at.timestamp(), candidate.claim.claim_id),
    )
    if candidates and len(candidates[0].claim.tellings) >= _TELLINGS_MAX:
        full = candidates[0].claim.claim_id
        because = f"one more telling of claim {full}, which has {_TELLINGS_MAX} already: it is not listed"
        return open_claims, Decision(full, because, changed=False)
    if not candidates:
        because = _why_new(open_claims, record)
        claim = _new_claim(record, matter, because)
        return [*open_claims, claim], Decision(claim.claim_id, because)
    return _join(open_claims, candidates, record, matter)


def is_retold(record: StatementRecord) -> bool:
    """Whether the words tell of an act that was news before: "had warned", "warned on Friday" in Sunday's paper.

    Words that somebody passes on are told in the past perfect too: they may be news.
    """
    statement = record.statement
    if statement.relays or statement.cue is None:
        return False
    start = record.evidence_at
    before_cue = record.evidence[: statement.cue[0] - start]
    said = min((span[0] for span in statement.content), default=start + len(record.evidence))
    frame = record.evidence[: max(said, statement.cue[1]) - start]
    if re.search(r"\bhad\s+(?:\w+\s+){0,2}$", before_cue):
        return True
    days = [_WEEKDAYS.index(match.casefold()) for match in _WEEKDAY.findall(frame)]
    return any((record.said_at.weekday() - day) % 7 >= _OLD_DAYS for day in days)


def retell(
    claims: Sequence[Claim], record: StatementRecord, settings: Settings, now: datetime
) -> tuple[list[Claim], Decision]:
    """Keep a statement that is no news beside the open claim that it speaks of; without one, nothing changes."""
    status = record.statement.status
    if _known(claims, record) is not None:
        return list(claims), Decision(None, "known already", changed=False)
    open_claims = [claim for claim in claims if _is_open(claim, settings, now)]
    matter = matter_of(record)
    candidates = [
        candidate
        for claim in open_claims
        if (candidate := _candidate(claim, record, matter, settings, any_status=True))
    ]
    if not candidates:
        return list(claims), Decision(None, f"no claim: it is {status}, and no open claim tells of it", changed=False)
    best = max(candidates, key=lambda candidate: (candidate.score, candidate.claim.claim_id))
    what = "told as past" if status == best.claim.status else status
    because = f"no news of claim {best.claim.claim_id}: it is {what}; {best.because}"
    kept = [*best.claim.suppressed, _telling(record, matter, because)][-_SUPPRESSED_MAX:]
    claim = best.claim.model_copy(update={"suppressed": kept})
    return [claim if other is best.claim else other for other in open_claims], Decision(claim.claim_id, because)


def _known(claims: Iterable[Claim], record: StatementRecord) -> Claim | None:
    wanted = record.statement.statement_id
    for claim in claims:
        if any(telling.statement_id == wanted for telling in (*claim.tellings, *claim.suppressed)):
            return claim
    return None


def _is_open(claim: Claim, settings: Settings, now: datetime) -> bool:
    """Late articles still find a claim for as long as they could alert anybody."""
    kept = timedelta(hours=settings.claim_window_h + settings.alert_max_age_h)
    return now - claim.last_seen_at <= kept


def _candidate(
    claim: Claim, record: StatementRecord, matter: Matter, settings: Settings, *, any_status: bool = False
) -> Candidate | None:
    window = timedelta(hours=settings.claim_window_h)
    in_time = claim.first_seen_at - window <= record.said_at <= claim.last_seen_at + window
    if (claim.status != record.statement.status and not any_status) or not in_time:
        return None
    ours, theirs = sides_of(record.statement.addressees), sides_of(claim.addressees)
    here = any(telling.article_id == record.article_id for telling in claim.tellings)
    if here and record.statement.field == "title":
        # A headline may call somebody by a word or a name that only its text explains: "warns South".
        ours = {party.side for party in record.statement.addressees if is_known(party)}
    if ours and theirs and not ours & theirs and told_sides(record.statement) and claim.told_sides:
        return None
    if here:
        return _told_here(claim, record, matter)
    return _told_elsewhere(
        claim, record, matter, _whether_addressed(ours, theirs, matter, Matter.of_marks(claim.matter))
    )


class Addressed(IntEnum):
    """How well two tellings agree on whom they are said to."""

    NO = 0
    AROUND = 1
    """One names nobody, and its article names the addressee of the other."""
    YES = 2


def _whether_addressed(ours: set[str], theirs: set[str], matter: Matter, other: Matter) -> Addressed:
    """A telling without an addressee is said to one whom its words name, or else, it may be, whom its article names."""
    if ours and theirs:
        return Addressed.YES if ours & theirs else Addressed.NO
    wanted, bare = (theirs, matter) if theirs else (ours, other)
    if wanted & bare.names:
        return Addressed.YES
    return Addressed.AROUND if wanted & bare.places else Addressed.NO


def _told_here(claim: Claim, record: StatementRecord, matter: Matter) -> Candidate | None:
    here = [telling for telling in claim.tellings if telling.article_id == record.article_id]
    matters = [Matter.of_marks(telling.matter) for telling in here]
    union = Matter(
        frozenset().union(*(m.terms for m in matters)),
        frozenset().union(*(m.names for m in matters)),
    )
    shared = (matter.terms & union.terms) | (matter.names & union.names)
    anaphor = _points_back(record)
    addressed = bool(sides_of(record.statement.addressees) & sides_of(claim.addressees))
    headline = addressed and record.statement.field == "title"
    # Quoted words that no cue calls a warning, to somebody whom their article has warned: they are of that warning.
    plain = addressed and record.statement.act_basis == "words"
    if any(contradiction(matter, other) for other in matters):
        return None
    score = 2.0 + 0.5 * addressed + 0.1 * len(shared) - 0.05 * (not union.size)
    if claim_group(record.statement.act) != claim_group(claim.act):
        if not _directive_and_warning(record, claim, matter, matters) or not (anaphor or (addressed and shared)):
            return None
        score -= 1
    elif not (anaphor or shared or headline or plain) and _both_detailed(matter, union, addressed=addressed):
        if sides_of(record.statement.addressees) or not sides_of(claim.addressees):
            return None
        # Words to nobody in particular, by a side that warns somebody in the same article, are words of that warning.
        return Candidate(claim, score - 1.5, "told in the same article, and it is said to nobody else", in_article=True)
    if headline and not shared:
        return Candidate(claim, score, "told in the same article, of which it is the headline", in_article=True)
    if plain and not shared:
        return Candidate(
            claim, score, "told in the same article, to the same addressee, in plain words", in_article=True
        )
    reason = "it shares " + ", ".join(matter.shown(shared)) if shared else "it names no other matter"
    if anaphor and not shared:
        reason = f"“{anaphor.group()}” points back"
    return Candidate(claim, score, f"told in the same article, and {reason}", in_article=True)


def _points_back(record: StatementRecord) -> re.Match[str] | None:
    """Words such as "the warning" or "Russia's threats", which mean one told of before."""
    return _ANAPHOR.search(record.evidence[:OPENING])


def _both_detailed(a: Matter, b: Matter, *, addressed: bool) -> bool:
    """Whether two tellings without a common word say enough to be about different things.

    Where both name the addressee they are full sentences of their own and little is enough; an afterthought without
    addressee ("they are playing with fire") needs more to stand for another matter.
    """
    return min(a.size, b.size) >= (_DETAILED if addressed else _DETAILED + 1)


def _directive_and_warning(record: StatementRecord, claim: Claim, matter: Matter, matters: Sequence[Matter]) -> bool:
    """Whether one is a warning and the other bids somebody not to act."""
    act = record.statement.act
    if act in _DIRECTIVES and claim.act in WARNING_ACTS:
        return matter.direction.startswith("-")
    return (
        act in WARNING_ACTS and claim.act in _DIRECTIVES and any(other.direction.startswith("-") for other in matters)
    )


def _told_elsewhere(claim: Claim, record: StatementRecord, matter: Matter, told: Addressed) -> Candidate | None:
    if claim_group(record.statement.act) != claim_group(claim.act):
        return None
    addressed = told is Addressed.YES
    best: tuple[float, str] = (0.0, "")
    for telling in claim.tellings:
        best = max(best, same_matter(matter, Matter.of_marks(telling.matter), addressed=addressed))
    if best[0]:
        addressee = "to the same addressee" if addressed else "where one names no addressee"
        return Candidate(claim, best[0], f"{addressee}, and {best[1]}", in_article=False)
    if _is_near(claim, record) and _shown(record) in {telling.words for telling in claim.tellings}:
        return Candidate(claim, 1.0, "in the same words, less than a day apart", in_article=False)
    if told and _is_near(claim, record):
        parties = {side_of(record), *sides_of(record.statement.addressees), *sides_of(claim.addressees)}
        for telling in claim.tellings:
            best = max(best, same_story(matter, Matter.of_marks(telling.matter), parties))
        if best[0]:
            addressee = "to the same addressee" if addressed else "where one article names the other's addressee"
            return Candidate(claim, best[0], f"{addressee}, and {best[1]}", in_article=False)
    points_back = not sides_of(record.statement.addressees) and _points_back(record)
    return _vague(
        claim,
        record,
        Matter(context=matter.context, places=matter.places) if points_back else matter,
        addressed=addressed,
    )


def _is_near(claim: Claim, record: StatementRecord) -> bool:
    """Whether a statement comes less than a day before or after others of a claim."""
    return claim.first_seen_at - _VAGUE_WINDOW <= record.said_at <= claim.last_seen_at + _VAGUE_WINDOW


def _vague(claim: Claim, record: StatementRecord, matter: Matter, *, addressed: bool) -> Candidate | None:
    """A telling that leaves the matter open, or a claim of which only such tellings are known so far."""
    theirs = Matter.of_marks(claim.matter)
    if matter.terms and theirs.terms:
        return None
    if matter.names and theirs.names and not matter.names & theirs.names:
        return None
    if not addressed and (sides_of(record.statement.addressees) or (sides_of(claim.addressees) and matter.terms)):
        return None
    if not _is_near(claim, record):
        return None
    return Candidate(claim, 0.1, "one of them leaves the matter open, and they are less than a day apart", False)


def _join(
    claims: Sequence[Claim], candidates: Sequence[Candidate], record: StatementRecord, matter: Matter
) -> tuple[list[Claim], Decision]:
    best = candidates[0]
    tied = [best.claim]
    for other in candidates[1:]:
        if _ties(best, other, matter) and all(_may_become_one(claim, other.claim) for claim in tied):
            tied.append(other.claim)
    survivor = min(
        tied,
        key=lambda claim: (not any(f.created_at for f in claim.firings), claim.first_seen_at, claim.claim_id),
    )
    merged = survivor
    for claim in tied:
        if claim is not survivor:
            merged = _merge(merged, claim)
    because = f"joined claim {survivor.claim_id}: by the same side, {best.because}"
    gone = {claim.claim_id for claim in tied}
    rest = [claim for claim in claims if claim.claim_id not in gone]
    return [*rest, _with_telling(merged, record, matter, because)], Decision(survivor.claim_id, because)


def _ties(best: Candidate, other: Candidate, matter: Matter) -> bool:
    """Whether a statement that joins `best` shows that `other` is the same claim: it names the matter of both."""
    if not best.in_article:
        return False
    theirs, bests = Matter.of_marks(other.claim.matter), Matter.of_marks(best.claim.matter)
    firm = bool(matter.terms & bests.terms) or not bests.terms
    return firm and (bool(matter.terms & theirs.terms) or (other.in_article and not theirs.terms))


def _may_become_one(a: Claim, b: Claim) -> bool:
    """Two claims of which both have alerted stay two: an alert cannot be taken back."""
    alerted = [{firing.rule for firing in claim.firings if firing.created_at} for claim in (a, b)]
    ours, theirs = set(a.told_sides), set(b.told_sides)
    return not (alerted[0] and alerted[1]) and not (ours and theirs and not ours & theirs)


def _merge(into: Claim, other: Claim) -> Claim:
    present = {firing.rule for firing in into.firings}
    told = {*into.told_sides, *other.told_sides}
    addressees = [
        party
        for party in _united(into.addressees, other.addressees)
        if not told or not (side := sides_of([party])) or side & told
    ]
    return into.model_copy(
        update={
            "act": into.act if into.act in WARNING_ACTS else other.act,
            "speakers": _united(into.speakers, other.speakers),
            "addressees": addressees,
            "told_sides": sorted(told),
            "matter": sorted({*into.matter, *other.matter}),
            "actor_ids": sorted({*into.actor_ids, *other.actor_ids}),
            "tellings": sorted([*into.tellings, *other.tellings], key=lambda telling: telling.said_at),
            "suppressed": [*into.suppressed, *other.suppressed][-_SUPPRESSED_MAX:],
            "firings": [*into.firings, *(firing for firing in other.firings if firing.rule not in present)],
            "first_seen_at": min(into.first_seen_at, other.first_seen_at),
            "last_seen_at": max(into.last_seen_at, other.last_seen_at),
        }
    )


def _new_claim(record: StatementRecord, matter: Matter, because: str) -> Claim:
    statement = record.statement
    return Claim(
        claim_id=hash_id("claim", statement.statement_id),
        act=statement.act,
        status=statement.status,
        side=side_of(record),
        speakers=statement.speakers,
        addressees=statement.addressees,
        told_sides=sorted(told_sides(statement)),
        matter=matter.marks(),
        actor_ids=record.actor_ids,
        tellings=[_telling(record, matter, because)],
        first_seen_at=record.said_at,
        last_seen_at=record.said_at,
    )


def _with_telling(claim: Claim, record: StatementRecord, matter: Matter, because: str) -> Claim:
    """The claim with one more telling. Words that only point back say nothing new about its matter."""
    terms = Matter.of_marks(claim.matter).terms
    if terms and not terms & matter.terms and _points_back(record):
        matter = Matter(context=matter.context, places=matter.places)
    single = _new_claim(record, matter, because)
    return _merge(claim, single)


def _shown(record: StatementRecord) -> str:
    # "against intervening" says little: reported words are shown with who reports them and how.
    words = record.evidence if record.statement.kind == "indirect" else record.words
    return words if len(words) <= _WORDS_MAX else words[: _WORDS_MAX - 1] + "…"


def _telling(record: StatementRecord, matter: Matter, because: str) -> Telling:
    shown = _shown(record)
    return Telling(
        statement_id=record.statement.statement_id,
        article_id=record.article_id,
        revision=record.revision,
        url=record.url,
        title=record.title,
        publisher=record.publisher,
        source=record.source,
        story_id=record.story_id,
        act=record.statement.act,
        words=shown,
        matter=matter.marks(),
        clarity=clarity(record, matter, shown),
        said_at=record.said_at,
        because=because,
    )


def _why_new(claims: Sequence[Claim], record: StatementRecord) -> str:
    if not claims:
        return "new claim: no open claim of this side"
    ours = sides_of(record.statement.addressees)
    same = [claim for claim in claims if not ours or ours & sides_of(claim.addressees)]
    if not same:
        return f"new claim: none of {len(claims)} open claims of this side has this addressee"
    return f"new claim: none of {len(same)} open claims of this side to this addressee is about the same matter"


def _united(parties: Sequence[Party], more: Sequence[Party]) -> list[Party]:
    present = {(party.actor_id, party.name.casefold()) for party in parties}
    new = [party for party in more if (party.actor_id, party.name.casefold()) not in present]
    return [*parties, *new]
