"""What a statement does: its act, its status, who is told, and what it is about.

The decision table is that of the project's definition of a warning: somebody says it; asserted as done now; it points
at a bad outcome or forbids an act; the speaker itself would do the harm (THREATEN) or not (WARN).
"""

from __future__ import annotations

import re
from itertools import pairwise

from spacy.tokens import Token

from pipeline.enrich import dealings, syntax, ultimatums
from pipeline.enrich.acts import SpeechAct
from pipeline.enrich.addressees import implied_addressees, is_name, named_next, owner_of, spoken_of
from pipeline.enrich.attribution import Attribution
from pipeline.enrich.contents import doc_of, said_tokens, said_words
from pipeline.enrich.cues import Cues, bases
from pipeline.enrich.frames import Frame
from pipeline.enrich.plain_words import own_harm, read_words, weigh_words
from pipeline.enrich.status import status_of
from pipeline.enrich.text import trimmed
from pipeline.enrich.wording import OwnSide
from pipeline.enrich.words import (
    AGREEING,
    AUDIENCE,
    CITIZENS,
    HARMLESS_CONDITIONS,
    HAZARDS,
    OR_ELSE_DEMANDED,
    POLITICAL,
    RULING,
    TRAVEL,
    WARNING_OFF,
)
from pipeline.records import WARNING_ACTS, Act, Span

_SOFT = frozenset({"STATE", "PREDICT", "PROMISE", "DEMAND", "URGE"})
_CALLS = frozenset({"billed", "branded", "called", "calls", "described", "labelled", "termed"})
_REACH_OF_WHAT = 9


def classify(attribution: Attribution, cues: Cues, own: OwnSide, *, passes_on: bool = False) -> SpeechAct:
    """The act of an attribution by its cue, and where the cue only says that words were said, by the words.

    `own` tells the speaker's side from others; what `passes_on` an act of somebody else's does none of its own.
    """
    frame = attribution.frame
    act: Act = frame.entry.act if frame is not None else "STATE"
    result = SpeechAct(act=act, status=status_of(attribution), speech=frame is None or frame.entry.speech)
    if frame is not None:
        result.addressees = list(frame.addressees)
        result.target = frame.target
        _wanted(attribution, result)
    said = said_words(attribution).lower()
    named = _named_act(attribution, cues)
    if named is not None:
        act = result.act = cues.nouns[named.lemma_.lower()].act
        result.addressees = result.addressees or [
            who for preposition, who in syntax.prepositions(named) if preposition in {"to", "for"}
        ]
    pressed = False
    # "If elected, we will …" is a promise, "unless parliament objects" a formality, whatever harm the words name.
    harmless = act in _SOFT and HARMLESS_CONDITIONS.search(said) is not None
    if act in _SOFT and result.speech and not harmless:
        read_words(attribution, cues, result, said)
        if result.act in {"STATE", "PROMISE", "PREDICT"}:
            pressed = _ultimatum(attribution, own, result)
        agreed = frame is not None and not AGREEING.isdisjoint(bases(frame.cue.lower_))
        if result.act in {"STATE", "PROMISE"} and not passes_on and not agreed:
            weigh_words(attribution, own, result)
    if act == "URGE" and frame is not None and _forbids(attribution, said):
        result.act = "WARN" if frame.cue.lemma_.lower() in {"advise", "counsel", "recommend"} else "URGE"
    if act in {"WARN", "DEMAND", "PROMISE", "URGE"} and not harmless and own_harm(attribution):
        result.act = "THREATEN"
    if result.act == "DEMAND" and (act == "DEMAND" or _is_told(attribution)) and OR_ELSE_DEMANDED.search(said):
        result.act = "THREATEN"
    if result.act in {"DEMAND", "STATE"} and _warns_off(said) and any(_is_foreign(t) for t in result.addressees):
        result.act = "WARN"
    if result.act in {"WARN", "URGE"} and _is_advice(result, said):
        result.act = "OTHER"
    _tell(attribution, own, result, pressed=pressed)
    if (
        result.target is None
        and result.act in {"CONDEMN", "ACCUSE", "REJECT", "SUPPORT"}
        and attribution.content_head is not None
    ):
        result.target = attribution.content_head
    result.about = _about(attribution)
    return result


def _tell(attribution: Attribution, own: OwnSide, result: SpeechAct, *, pressed: bool) -> None:
    """Settle who is told: whom the cue names, else whom the words mean, else whom the narrator shows beside them.

    Who is `pressed` by a term stays.
    """
    frame = attribution.frame
    if result.act in WARNING_ACTS and not pressed:
        # A warning told to reporters is not addressed to them.
        by_name = frame is not None and result.act == frame.entry.act
        result.addressees = [t for t in result.addressees if not _only_listens(t, own, named=by_name) and not own(t)]
        if not result.addressees and frame is not None and by_name:
            result.addressees = named_next(frame, own)
    if result.act in WARNING_ACTS and not any(is_name(t) for t in result.addressees):
        meant = spoken_of(attribution)
        result.addressees = [meant] if meant is not None else result.addressees
        result.implied = meant is not None
    if not result.addressees:
        result.addressees = implied_addressees(attribution, result, own)
        result.implied = bool(result.addressees)
    if result.act in WARNING_ACTS and frame is not None:
        _look_beside(attribution, frame, own, result)


def _only_listens(told: Token, own: OwnSide, *, named: bool) -> bool:
    """ "Told reporters", "told a rally": no addressees of a warning; a cabinet warned, or another's parliament, is."""
    lemma = told.lemma_.lower()
    if lemma not in AUDIENCE:
        return False
    owner = owner_of(told)
    of_others = told.ent_type_ == "ORG" or (owner != told and not own(owner))
    return not (lemma in RULING and (named or of_others))


def _look_beside(attribution: Attribution, frame: Frame, own: OwnSide, result: SpeechAct) -> None:
    """Who is meant by the narrator, called, met or dealt with, where the words and their cue name nobody."""
    told = [] if result.implied else [t for t in result.addressees if not dealings.is_meeting(t)]
    found = [] if told else dealings.met(frame, own)
    if found or not result.implied:
        result.addressees, result.implied = told or found, False
    result.otherwise = dealings.dealt_with(frame, own)
    if not result.implied:
        # "Told the BBC": where those who are told turn out to pass the words on only.
        result.otherwise = implied_addressees(attribution, result, own) or result.otherwise


def _ultimatum(attribution: Attribution, own: OwnSide, result: SpeechAct) -> bool:
    """ "Minsk has ten days to free them," X said; or X tells what comes after the term that the narrator told of."""
    frame = attribution.frame
    found = ultimatums.held_in(said_tokens(attribution))
    if found is None and frame is not None and not frame.is_noun:
        found = ultimatums.before(syntax.sentence(frame.cue))
    if found is None or (own(found.told) and not _is_of_no_state(attribution.source)):
        return False
    result.act = "THREATEN"
    result.addressees = [found.told] if found.told.lower_ != "you" else result.addressees
    return True


def _is_of_no_state(source: Token | None) -> bool:
    """ "the general said that Paris had …": of whose side a state is, a description without one does not tell."""
    return source is not None and source.pos_ == "NOUN" and not is_name(owner_of(source))


def _is_foreign(told: Token) -> bool:
    """A power, somebody with a name, or people of a state: not the neighbours, whom a mayor keeps off the ice."""
    named = told.ent_type_ in {"ORG", "PERSON", "NORP"} or any(t.ent_type_ in {"NORP", "ORG"} for t in told.lefts)
    return named or ultimatums.is_power(told) or told.lemma_.lower() in POLITICAL


def _warns_off(said: str) -> bool:
    """ "told the pilots to keep out of its skies": an order to keep off is a warning."""
    return WARNING_OFF.match(re.sub(r"^(?:\W*to\s+|\W+)", "", said)) is not None


def _is_advice(result: SpeechAct, said: str) -> bool:
    """Advice to travellers and to one's own citizens, or notice of a hazard, is no warning of one actor to another."""
    hazard = result.act == "WARN" and HAZARDS.search(said)
    return bool(hazard or TRAVEL.search(said)) or any(t.lemma_.lower() in CITIZENS for t in result.addressees)


def _named_act(attribution: Attribution, cues: Cues) -> Token | None:
    """ "told Moscow, in a stern warning, that …": the noun by which the narrator names what the telling was."""
    frame = attribution.frame
    if frame is None or frame.entry.act != "STATE" or not frame.entry.speech or frame.is_noun:
        return None
    sentence = syntax.sentence(frame.cue)
    for token in sentence:
        named = cues.nouns.get(token.lemma_.lower()) if token.pos_ == "NOUN" else None
        if named is None or named.act not in {"WARN", "THREATEN"} or syntax.is_negated(token):
            continue
        fronted = token.left_edge.i == sentence.start and token.i < frame.cue.i
        beside = token.head.i == frame.carrier.i
        if ((fronted or beside) and token.left_edge.lower_ in {"in", "as"}) or _is_called_so(token):
            return token
    return None


def _is_called_so(noun: Token) -> bool:
    """ "…, in what he called a last warning to Hanoi"; but "in what many saw as" tells what others took it for."""
    words = [t.lower_ for t in noun.doc[max(noun.i - _REACH_OF_WHAT, syntax.sentence(noun).start) : noun.i]]
    places = [i for i, pair in enumerate(pairwise(words)) if pair == ("in", "what")]
    between = words[places[-1] :] if places else []
    return "," not in between and not _CALLS.isdisjoint(between)


def _wanted(attribution: Attribution, result: SpeechAct) -> None:
    """Directives in other words: "Lawmakers want Biden to act" is an appeal, "told the crew to leave" a demand."""
    frame, head = attribution.frame, attribution.content_head
    if frame is None or head is None or frame.is_noun:
        return
    verb = frame.carrier.lemma_.lower()
    if verb == "insist" and _is_subjunctive(head):
        subject = syntax.own_subject(head)
        result.act, result.addressees = "DEMAND", [owner_of(subject)] if subject is not None else []
    if not syntax.is_infinitive(head):
        return
    if verb in {"want", "wish", "like"}:
        others = syntax.objects(frame.carrier) or syntax.indirect_objects(frame.carrier)
        others = [*others, *([own] if (own := syntax.own_subject(head)) is not None else [])]
        if others:
            result.act, result.addressees, result.speech = "URGE", others[:1], True
    elif verb in {"tell", "ask"} and frame.addressees:
        result.act = "DEMAND" if verb == "tell" else "URGE"


def _is_subjunctive(head: Token) -> bool:
    """ "Insisted that Israel leave the hill": a bare verb behind its subject."""
    return head.tag_ == "VB" and syntax.own_subject(head) is not None and not syntax.auxiliaries(head)


def _is_told(attribution: Attribution) -> bool:
    """ "told Oslo to withdraw": words told as what somebody is to do."""
    head = attribution.content_head
    return head is not None and syntax.is_infinitive(head)


def _forbids(attribution: Attribution, said: str) -> bool:
    head = attribution.content_head
    return bool(re.match(r"(not to|against)\b", said)) or (head is not None and syntax.is_negated(head))


def _about(attribution: Attribution) -> Span | None:
    """What the statement is about: its content without the word that introduces it."""
    if not attribution.content:
        return None
    doc = doc_of(attribution)
    if doc is None:
        return None
    start, end = attribution.content[0]
    match = re.match(r"(that|against|of|about|over|on|to|not to|for)\s+", syntax.text_of(doc)[start:end])
    if match and match.end() < end - start:
        start += match.end()
    return trimmed(syntax.text_of(doc), start, end, " \t\n\"“”‘’'.,")
