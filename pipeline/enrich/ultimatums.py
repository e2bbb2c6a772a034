"""Ultimatums without a verb of speech: somebody is given a term, or has one, to do what is wanted of them."""

from __future__ import annotations

from dataclasses import dataclass

from spacy.tokens import Span, Token

from pipeline.enrich import syntax
from pipeline.enrich.words import AFTER_WHICH, ELSE, GIVING, OR_ELSE_DEMANDED, PRESSED, TERMS, UNPRESSED

_MORE = frozenset({"more", "another", "extra", "additional", "longer"})
_LONGEST_OPENING = 40
_HAVING = frozenset({"has", "have", "had", "'ve", "’ve", "got"})


@dataclass(frozen=True)
class Ultimatum:
    """Who is given a term, or has one, for what."""

    told: Token
    wanted: Token
    """The verb of what they are to do."""


def given_by(verb: Token) -> Ultimatum | None:
    """ "gave Minsk 48 hours to reopen the crossing or face sanctions", "was given until Friday by the army to …".

    A demand with a term and an "or else"; a state that is given a term without one knows what is meant.
    """
    if verb.pos_ != "VERB" or not {verb.lemma_.lower(), verb.lower_} & GIVING:
        return None
    if syntax.is_passive(verb):
        own = syntax.subject(verb)
        receivers = [own] if own is not None else []
    else:
        receivers = syntax.indirect_objects(verb) or [t for t in syntax.objects(verb)[:1] if _is_receiver(t)]
    wanted = _wanted(verb)
    if wanted is None:
        return _bare_term(verb, receivers)
    does = syntax.own_subject(wanted)
    told = does if does is not None and does.i > verb.i else receivers[0] if receivers else None
    return _pressing(verb, told, wanted)


def _bare_term(verb: Token, receivers: list[Token]) -> Ultimatum | None:
    """ "set Budapest a deadline of 1 May, after which the funds will be cut": what is wanted goes without saying."""
    terms = [t for t in syntax.objects(verb) if t.pos_ == "NOUN" and _is_term(t) and t not in receivers]
    if not terms or not receivers or syntax.is_negated(verb) or not is_power(receivers[0]):
        return None
    behind = verb.doc[terms[0].i : syntax.sentence(verb).end].text.lower()
    return Ultimatum(receivers[0], terms[0]) if AFTER_WHICH.search(behind) else None


def held_in(tokens: list[Token]) -> Ultimatum | None:
    """ "Somaliland has ten days to hand back the plane": a term that somebody has, by the words of somebody else."""
    for verb in tokens:
        if verb.lower_ not in _HAVING or verb.dep_ == "aux" or syntax.auxiliaries(verb):
            continue
        told, wanted = syntax.own_subject(verb), _wanted(verb)
        if wanted is not None and (found := _pressing(verb, told, wanted)) is not None:
            return found
    return None


def before(sentence: Span) -> Ultimatum | None:
    """The term that the sentence before tells of, where this one begins with what comes then: "After that, …"."""
    if sentence.start == 0 or ELSE.match(sentence.text.lower()) is None:
        return None
    previous = sentence.doc[sentence.start - 1].sent
    return held_in(list(previous)) or next((u for t in previous if (u := given_by(t)) is not None), None)


def _pressing(verb: Token, told: Token | None, wanted: Token) -> Ultimatum | None:
    between = verb.doc[verb.i : wanted.i]
    if told is None or not told.i < wanted.i or not any(_is_term(t) for t in between):
        return None
    if any(t.lower_ in _MORE for t in between) or syntax.is_negated(verb):
        return None
    pressed = is_power(told) and wanted.lemma_.lower() not in UNPRESSED
    if not pressed and not has_consequence(syntax.sentence(verb), wanted.i):
        return None
    return Ultimatum(told, wanted)


def who_acts(ultimatum: Ultimatum) -> Token | None:
    """The power that will do what follows, in the sentence of the term: "…, after which Israel will strike"."""
    told, wanted = ultimatum.told, ultimatum.wanted
    for verb in wanted.doc[wanted.i + 1 : syntax.sentence(wanted).end]:
        coming = [a for a in syntax.auxiliaries(verb) if a.lower_ in syntax.FUTURE and a.i < verb.i]
        if not coming or verb.pos_ != "VERB" or syntax.is_passive(verb):
            continue
        doer = syntax.own_subject(verb) or coming[0].nbor(-1)
        if is_power(doer) and doer.i > wanted.i and doer.lower_ != told.lower_:
            return doer
    return None


def _wanted(verb: Token) -> Token | None:
    """The first infinitive behind the verb, wherever the parser hangs it: on the verb, the term or its noun."""
    following = (t for t in verb.subtree if t.i > verb.i + 1 and t.tag_ == "VB" and t.pos_ in {"VERB", "AUX"})
    return next((t for t in following if syntax.is_infinitive(t)), None)


def _is_receiver(noun: Token) -> bool:
    """ "set Kosovo a deadline": the first of two objects; "set a deadline" has no receiver."""
    return len(syntax.objects(noun.head)) > 1 or noun.ent_type_ not in {"", "DATE", "TIME"} or is_power(noun)


def _is_term(token: Token) -> bool:
    return token.ent_type_ == "TIME" or token.lemma_.lower() in TERMS or token.lower_ in TERMS


def is_power(told: Token) -> bool:
    """Whether somebody told is a state, its rulers or an armed group."""
    state = told.ent_type_ == "GPE" or any(t.ent_type_ == "GPE" for t in told.lefts)
    return state or told.lemma_.lower() in PRESSED


def has_consequence(sentence: Span, start: int) -> bool:
    """Whether the rest of a sentence, or the beginning of the next, tells what follows if the term is not kept."""
    doc = sentence.doc
    if start < sentence.end and OR_ELSE_DEMANDED.search(doc[start : sentence.end].text.lower()):
        return True
    next_begins = syntax.text_of(doc)[sentence.end_char :].lstrip()[:_LONGEST_OPENING].lower()
    return ELSE.match(next_begins) is not None
