"""Messages that are named, not said: letters, notes and answers, with their words behind a colon or elsewhere."""

from __future__ import annotations

from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.cues import bases
from pipeline.enrich.words import MESSAGES, POLITICAL, STERN, WRITINGS

# Who only takes a message to somebody: not "delivered", which senders do too.
_PASSING = frozenset({"carry", "convey", "pass", "relay", "see", "obtain", "transmit", "publish", "quote"})

# Verbs that only say that something is there, with what is there behind them.
_PRESENTING = frozenset({"be", "come", "follow", "lie", "stand", "sit"})
# What letters and speeches do with an act in them.
_CONTAINING = frozenset({"contain", "include", "carry", "hold", "bear"})
# What media and go-betweens do with the words of others.
_CARRYING = frozenset(
    {"air", "bring", "broadcast", "carry", "convey", "deliver", "pass", "publish", "read", "relay", "show", "transmit"}
)
_NAMES = frozenset({"GPE", "ORG", "PERSON", "NORP"})
_NEW = frozenset({"a", "an", "another", "one"})
_THINGS = frozenset({"thing", "point", "word", "message", "line"})


def _is_actor(who: Token) -> bool:
    return who.ent_type_ in _NAMES or who.lemma_.lower() in POLITICAL


def is_message(noun: Token) -> bool:
    return noun.pos_ == "NOUN" and noun.lemma_.lower() in MESSAGES


def is_stern(noun: Token, told: list[Token]) -> bool:
    """Whether a message to a state or to rulers is a warning, by what it is called."""
    predicate = noun.head if noun.head.i > noun.i else noun
    called = [predicate, *predicate.children, *noun.children]
    meant = any(map(_is_actor, told))
    # Taggers take "stern message" for two nouns as well.
    return meant and is_message(noun) and any(t.pos_ in {"ADJ", "NOUN"} and t.lower_ in STERN for t in called)


def named_by(noun: Token) -> Token | None:
    """ "a note of caution", "a letter of warning": the message that is called by an act."""
    above = noun.head.head if noun.dep_ == "pobj" else noun.head
    of = any(preposition == "of" and what == noun for preposition, what in syntax.prepositions(above))
    return above if of and is_message(above) else None


def colon_behind(noun: Token) -> Token | None:
    """The colon that the clause of a message leads to, where no other clause stands between."""
    colon = next((t for t in noun.doc[noun.i + 1 : syntax.sentence(noun).end - 1] if t.text == ":"), None)
    if colon is None:
        return None
    between = [t for t in noun.doc[noun.i + 1 : colon.i] if t.pos_ == "VERB" and t.tag_ in syntax.TENSED]
    leads = [t for t in between if t != noun.head and t.dep_ not in syntax.RELATIVE]
    return None if leads else colon


def sender(noun: Token) -> Token | None:
    """Whose it is: "Oslo's letter", "the message from Oslo", "the warning issued by the army", "which Oslo sent"."""
    owner = syntax.possessor(noun) or from_whom(noun) or _speaker_of(noun)
    if owner is not None:
        return owner
    if noun.dep_ == "nsubj" and not syntax.auxiliaries(noun.head) and not syntax.objects(noun.head):
        by = syntax.agent(noun.head)
        if by is not None:
            # "Leaflets dropped by the army warned …": parsers take the first verb for that of the sentence.
            return by
    # "A notice to mariners issued by Tehran": parsers give the participle to the noun before it.
    told = [who for word, who in syntax.prepositions(noun) if word in {"to", "for"}]
    for verb in [v for at in (noun, *told) for v in syntax.children(at, syntax.RELATIVE | {"acl"})]:
        complement = verb.dep_ == "acl" and any(c.dep_ == "mark" for c in verb.children)
        if complement or not _PASSING.isdisjoint(bases(verb.lower_)):
            continue
        who = syntax.agent(verb)
        own = syntax.own_subject(verb)
        if who is None and own is not None and own.tag_ not in {"WDT", "WP"} and own.lower_ != "that":
            who = own
        if who is not None:
            return who
    return None


def _speaker_of(noun: Token) -> Token | None:
    """ "the reply of Addis Ababa", "the words of the president": not "news of the storm"."""
    if noun.lemma_.lower() not in MESSAGES | WRITINGS:
        return None
    owners = (who for preposition, who in syntax.prepositions(noun) if preposition == "of")
    return next(filter(_is_actor, owners), None)


def passed_by(noun: Token) -> Token | None:
    """Whose act somebody only hands on: "state television carried a warning from the army", "read out his message"."""
    verb = noun.head
    if noun.dep_ not in syntax.OBJECT or _CARRYING.isdisjoint(bases(verb.lower_)):
        return None
    who = sender(noun) or from_whom(verb)
    return who if who is not None and _is_actor(who) else None


def from_whom(token: Token) -> Token | None:
    senders = (who for preposition, who in syntax.prepositions(token) if preposition in {"from", "by"})
    return next((who for who in senders if who.ent_type_ not in {"DATE", "TIME"}), None)


def speaker_around(noun: Token) -> Token | None:
    """Whose words an act is in, or comes with, where the sentence puts it last or only says that it is there.

    "Among the things she said was a warning", "With the decree came a threat from Quito", "There was a warning in her
    speech", "Her speech contained a warning".
    """
    copulas = (c for t in (noun, noun.head) for c in t.children if c.dep_ == "cop" and c.i < noun.i)
    verb = next(copulas, noun.head)
    if verb.lemma_.lower() in _CONTAINING and noun.dep_ in syntax.OBJECT:
        holder = syntax.subject(verb)
        return None if holder is None or syntax.is_passive(verb) else author(holder)
    sentence = syntax.sentence(noun)
    there = any(t.lower_ == "there" for t in sentence if t.i < noun.i)
    if verb.lemma_.lower() not in _PRESENTING or verb.i > noun.i or not any(c.lower_ in _NEW for c in noun.lefts):
        return None
    own = syntax.own_subject(verb)
    if own is not None and own not in {noun, *noun.subtree} and not there and own.i < verb.i:
        return None
    known = sender(noun)
    if known is not None:
        return known
    places = [t for t in sentence if t.pos_ == "NOUN" and t != noun and (t.i < verb.i or there)]
    return next((who for who in map(_whose_words, places) if who is not None), None)


def _whose_words(noun: Token) -> Token | None:
    """Whose a speech or a letter is, or who said "things"."""
    if noun.lemma_.lower() in _THINGS:
        for verb in syntax.children(noun, syntax.RELATIVE | {"acl"}):
            own = syntax.own_subject(verb)
            if own is not None and own.pos_ in syntax.NOMINALS and own.tag_ not in {"WDT", "WP"}:
                return own
    return sender(noun) if noun.lemma_.lower() in MESSAGES | WRITINGS else None


def author(noun: Token) -> Token | None:
    """Who speaks in a letter or a note: who it is from, or who sent the one that was told of before."""
    if noun.pos_ != "NOUN" or noun.lemma_.lower() not in MESSAGES | WRITINGS:
        return None
    known = sender(noun) or _keeper(noun)
    if known is not None:
        return known
    earlier = (t for t in reversed(noun.doc[: noun.i]) if t.pos_ == "NOUN" and t.lemma_.lower() == noun.lemma_.lower())
    for same in earlier:
        return sender(same) or _writer(same) or syntax.agent(same.head)
    return None


def _keeper(noun: Token) -> Token | None:
    """ "a post on the ministry's channel", "an editorial in the party's paper": whose the place is."""
    places = (place for word, place in syntax.prepositions(noun) if word in {"on", "in"} and place.pos_ in syntax.NOUNS)
    return next((owner for place in places if (owner := syntax.possessor(place)) is not None), None)


def _writer(noun: Token) -> Token | None:
    """ "Oslo published a letter", "Oslo said in a letter": who does what is done with it, or by it."""
    above = noun.head.head if noun.dep_ == "pobj" else noun.head
    by = any(what == noun and word in {"in", "with", "by", "through"} for word, what in syntax.prepositions(above))
    return syntax.subject(above) if noun.dep_ in syntax.OBJECT or by else None
