"""Whom the narrator shows a speaker dealing with, where nobody is named as told: calls, meetings, envoys recalled."""

from __future__ import annotations

from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.addressees import is_name, owner_of
from pipeline.enrich.cues import bases
from pipeline.enrich.frames import Frame
from pipeline.enrich.wording import OwnSide
from pipeline.enrich.words import MEETING, MEETINGS, POLITICAL

_AGAINST = ("on", "upon", "from", "to", "against", "at", "with", "in")


def met(frame: Frame, own: OwnSide) -> list[Token]:
    """ "In a call with the premier, Xi warned …", "warned at talks with Oslo that …": who is on the other side."""
    for noun in syntax.sentence(frame.cue):
        if not is_meeting(noun) or any(t.i < noun.i for t in frame.carrier.children if t.dep_ == "ccomp"):
            continue
        with_whom = (who for word, who in syntax.prepositions(noun) if word in {"with", "to"})
        other = next((who for who in with_whom if _is_other(who, own)), None)
        if other is not None:
            return [other]
    return []


def is_meeting(noun: Token) -> bool:
    return noun.pos_ == "NOUN" and noun.lemma_.lower() in MEETINGS


def dealt_with(frame: Frame, own: OwnSide) -> list[Token]:
    """Whom the clause beside the words deals with, else the sentence before: "phoned the Danish envoy. Then …"."""
    return _beside(frame, own) or _just_met(frame, own)


def _beside(frame: Frame, own: OwnSide) -> list[Token]:
    """ "Warning of a raid, Cairo recalled its envoy from Rome", "summoned the envoy and warned him": the deed."""
    verb = frame.carrier
    if frame.is_noun and verb.pos_ != "VERB":
        return []
    deed = verb if frame.is_noun else verb.head
    joined = verb.dep_ == "conj" or (verb.dep_ == "advcl" and verb.lower_.endswith("ing")) or frame.is_noun
    if not joined or deed.pos_ != "VERB" or syntax.is_passive(deed):
        return []
    return _dealt(deed, own)


def _just_met(frame: Frame, own: OwnSide) -> list[Token]:
    """The sentence before tells of a call or a meeting of the same speaker's, who now is "she" or "the premier"."""
    source, start = frame.source, syntax.sentence(frame.cue).start
    if source is None or start == 0 or not (source.pos_ == "PRON" or source.pos_ == "NOUN"):
        return []
    deed = frame.cue.doc[start - 1].sent.root
    if deed.pos_ != "VERB" or MEETING.isdisjoint(bases(deed.lower_)) or syntax.subject(deed) is None:
        return []
    return _dealt(deed, own)


def _dealt(deed: Token, own: OwnSide) -> list[Token]:
    objects = syntax.objects(deed) + syntax.indirect_objects(deed)
    beside = [who for noun in [*objects, deed] for word, who in syntax.prepositions(noun) if word in _AGAINST]
    return next(([_meant(who)] for who in [*objects, *beside] if _is_other(who, own)), [])


def _meant(who: Token) -> Token:
    """ "The Danish envoy", "her counterpart": a pronoun does not say whose somebody is."""
    owner = owner_of(who)
    return who if owner.pos_ == "PRON" else owner


def _is_other(who: Token, own: OwnSide) -> bool:
    meant = _meant(who)
    if meant.ent_type_ in {"DATE", "TIME"} or own(meant) or own(who):
        return False
    owner = syntax.possessor(who)
    if owner is not None and owner.pos_ == "PRON" and meant == who and who.lemma_.lower() != "counterpart":
        # "Recalled its ambassador": the speaker's own.
        return False
    named = is_name(meant) and meant.ent_type_ in {"GPE", "NORP", "ORG", "PERSON"}
    return named or (meant == who and who.pos_ == "NOUN" and who.lemma_.lower() in POLITICAL)
