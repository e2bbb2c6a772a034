"""All cue frames of a document: each cue is read as a verb, a predicate, a noun or a message."""

from __future__ import annotations

from spacy.tokens import Doc, Token

from pipeline.enrich import messages, syntax
from pipeline.enrich.cues import NEUTRAL, Cue, Cues, bases
from pipeline.enrich.frames import ASKING, Frame, gives_words_issued
from pipeline.enrich.noun_frames import equated_frame, message_frame, noun_frame, stern_frame
from pipeline.enrich.verb_frames import (
    ULTIMATUM_CUE,
    having_to_say_frame,
    letting_know_frame,
    narrated_ultimatum_frame,
    predicate_frame,
    ultimatum_frame,
    verb_frame,
)
from pipeline.enrich.words import BLOWS, EVENTS, STRUCK

# Acts that yield to that of the noun they carry: "voiced support".
_VAGUE = frozenset({"STATE", "PREDICT"})


def find_frames(doc: Doc, cues: Cues) -> list[Frame]:
    """All cue frames of a document, in text order."""
    found = []
    for token in doc:
        if not cues.may_be(token):
            continue
        entry = cues.of(token)
        if entry is None or entry.act not in ASKING:
            threat = ultimatum_frame(token) or narrated_ultimatum_frame(token)
            if threat is not None:
                found.append(threat)
                continue
        if entry is None or token.pos_ == "NOUN":
            stance = cues.of_predicate(token)
            frame = None if stance is None else predicate_frame(token, stance)
            if frame is not None:
                found.append(frame)
                continue
        if token.pos_ == "NOUN" and (entry is not None or messages.is_message(token)):
            frame = message_frame(token, entry or NEUTRAL, cues) or stern_frame(token, cues)
            frame = frame or equated_frame(token, entry or NEUTRAL)
            if frame is not None:
                found.append(frame)
                continue
        if entry is None:
            continue
        if token.pos_ == "NOUN":
            frame = noun_frame(token, entry, cues)
        elif _is_reporting_verb(token) and not (
            _glosses(token, cues) or _carries(token, cues) or _strikes(token, entry) or _looms(token, entry)
        ):
            frame = letting_know_frame(token) or having_to_say_frame(token, entry) or verb_frame(token, entry)
        else:
            frame = None
        if frame is not None:
            found.append(frame)
    given = {f.source.i: f for f in found if f.entry is ULTIMATUM_CUE and f.source is not None}
    # "An ultimatum from Juba gave …" is told once, by the verb.
    found = [f for f in found if f.source is None or given.get(f.source.i, f) is f or f.cue.lemma_ != "ultimatum"]
    named = {f.cue.i for f in found if messages.is_message(f.cue)}
    # "his answer was clear: …" is told once, by the answer.
    found = [f for f in found if f.source is None or f.source.i not in named]
    carried = {f.carrier.i for f in found if f.is_noun and f.carrier is not f.cue and f.entry.act not in _VAGUE}
    return [f for f in found if f.is_noun or f.cue.i not in carried or f.entry.act not in _VAGUE]


def _carries(verb: Token, cues: Cues) -> bool:
    """ "repeated his warning that …": the act is that of the noun."""
    return cues.is_light(verb) and any(
        entry is not None and entry.act in ASKING for entry in (cues.of(noun) for noun in syntax.objects(verb))
    )


def _strikes(verb: Token, entry: Cue) -> bool:
    """ "crowds trashed the embassy", "the camp was attacked": a blow, where the same verb can mean criticism."""
    if entry.act != "CONDEMN" or BLOWS.isdisjoint(bases(verb.lower_)):
        return False
    struck = [syntax.own_subject(verb)] if syntax.is_passive(verb) else syntax.objects(verb)
    return any(thing is not None and not STRUCK.isdisjoint(bases(thing.lower_)) for thing in struck)


def _looms(verb: Token, entry: Cue) -> bool:
    """ "Rising seas threaten the port", "a row threatened to spoil the summit": an event says nothing."""
    subject = syntax.own_subject(verb) if entry.act == "THREATEN" else None
    doer = syntax.agent(verb) if entry.act == "THREATEN" and syntax.is_passive(verb) else subject
    return doer is not None and doer.pos_ == "NOUN" and not EVENTS.isdisjoint(bases(doer.lower_))


def _glosses(verb: Token, cues: Cues) -> bool:
    """ "remarks hinting at a broader role": the narrator's reading of words said elsewhere, nobody's speech here."""
    if verb.dep_ != "acl" or verb.tag_ != "VBG" or verb.head.pos_ != "NOUN":
        return False
    return cues.of(verb.head) is not None and not gives_words_issued(verb)


def _is_reporting_verb(token: Token) -> bool:
    return token.dep_ not in {"aux", "aux:pass", "auxpass", "case", "mark", "amod", "compound", "fixed", "det", "prep"}
