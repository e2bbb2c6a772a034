"""Messages that are named, not said: letters, notes and answers, with their words behind a colon or elsewhere."""

from __future__ import annotations

from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.cues import bases
from pipeline.enrich.words import MESSAGES, POLITICAL, STERN

# Who only takes a message to somebody: not "delivered", which senders do too.
_PASSING = frozenset({"carry", "convey", "pass", "relay", "see", "obtain", "transmit", "publish", "quote"})


def is_message(noun: Token) -> bool:
    return noun.pos_ == "NOUN" and noun.lemma_.lower() in MESSAGES


def is_stern(noun: Token, told: list[Token]) -> bool:
    """Whether a message to a state or to rulers is a warning, by what it is called."""
    predicate = noun.head if noun.head.i > noun.i else noun
    called = [predicate, *predicate.children, *noun.children]
    meant = any(t.ent_type_ in {"GPE", "ORG", "PERSON", "NORP"} or t.lemma_.lower() in POLITICAL for t in told)
    return meant and is_message(noun) and any(t.pos_ == "ADJ" and t.lower_ in STERN for t in called)


def named_by(noun: Token) -> Token | None:
    """ "a note of caution", "a letter of warning": the message that is called by an act."""
    above = noun.head.head if noun.dep_ == "pobj" else noun.head
    of = any(preposition == "of" and what == noun for preposition, what in syntax.prepositions(above))
    return above if of and is_message(above) else None


def colon_behind(noun: Token) -> Token | None:
    """The colon that the clause of a message leads to, where no other clause stands between."""
    colon = next((t for t in noun.doc[noun.i + 1 : noun.sent.end - 1] if t.text == ":"), None)
    if colon is None:
        return None
    between = [t for t in noun.doc[noun.i + 1 : colon.i] if t.pos_ == "VERB" and t.tag_ in syntax.TENSED]
    leads = [t for t in between if t != noun.head and t.dep_ not in syntax.RELATIVE]
    return None if leads else colon


def sender(noun: Token) -> Token | None:
    """Whose it is: "Oslo's letter", "the message from Oslo", "the warning issued by the army", "which Oslo sent"."""
    owner = syntax.possessor(noun) or from_whom(noun)
    if owner is not None:
        return owner
    for verb in syntax.children(noun, syntax.RELATIVE | {"acl"}):
        if not _PASSING.isdisjoint(bases(verb.lower_)):
            continue
        who = syntax.agent(verb)
        own = syntax.own_subject(verb)
        if who is None and own is not None and own.tag_ not in {"WDT", "WP"} and own.lower_ != "that":
            who = own
        if who is not None:
            return who
    return None


def from_whom(token: Token) -> Token | None:
    senders = (who for preposition, who in syntax.prepositions(token) if preposition in {"from", "by"})
    return next((who for who in senders if who.ent_type_ not in {"DATE", "TIME"}), None)


def author(noun: Token) -> Token | None:
    """Who speaks in a letter or a note: who it is from, or who sent the one that was told of before."""
    if not is_message(noun):
        return None
    known = sender(noun)
    if known is not None:
        return known
    earlier = (t for t in reversed(noun.doc[: noun.i]) if t.pos_ == "NOUN" and t.lemma_.lower() == noun.lemma_.lower())
    for same in earlier:
        who = sender(same) or (syntax.subject(same.head) if same.dep_ in syntax.OBJECT else None)
        return who if who is not None else syntax.agent(same.head)
    return None
