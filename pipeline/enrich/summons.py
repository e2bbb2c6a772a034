"""Who tells a guest something that the sentence leaves without a doer: "The ministry summoned him. He was told …"."""

from __future__ import annotations

from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.cues import bases
from pipeline.enrich.words import BODIES, SUMMONING

_GUEST_AGAIN = frozenset({"he", "she", "they", "who"})


def told_by_host(verb: Token) -> Token | None:
    """Who summoned or received the one that was told, in the same sentence or the one before."""
    told = syntax.subject(verb)
    if told is None:
        return None
    if verb.dep_ in syntax.RELATIVE and verb.head == told:
        # "Oslo summoned the envoy, who was told that …"
        return _host(told.head, told)
    if verb.dep_ == "conj" and _summons(verb.head) and syntax.is_passive(verb.head):
        # "The envoy was summoned to the foreign ministry and told that …"
        return syntax.agent(verb.head) or _place(verb.head)
    if told.i >= verb.i or syntax.sentence(verb).start == 0:
        return None
    before = verb.doc[syntax.sentence(verb).start - 1].sent
    for host in before:
        guests = [*syntax.objects(host), syntax.own_subject(host)] if host.pos_ == "VERB" else []
        if _summons(host) and any(g is not None and (told.lower_ in _GUEST_AGAIN or _same(told, g)) for g in guests):
            return syntax.agent(host) or _place(host) if syntax.is_passive(host) else syntax.subject(host)
    return None


def _host(verb: Token, guest: Token) -> Token | None:
    """Who does the summoning of a guest who is its object."""
    return syntax.subject(verb) if _summons(verb) and guest.dep_ in syntax.OBJECT else None


def _summons(verb: Token) -> bool:
    return verb.pos_ == "VERB" and not SUMMONING.isdisjoint(bases(verb.lower_))


def _same(told: Token, guest: Token) -> bool:
    return told.pos_ == "NOUN" and told.lemma_.lower() == guest.lemma_.lower()


def _place(verb: Token) -> Token | None:
    """The body that somebody was summoned to."""
    to = (where for word, where in syntax.prepositions(verb) if word in {"to", "at", "into"})
    return next((where for where in to if where.lemma_.lower() in BODIES or where.ent_type_ == "ORG"), None)
