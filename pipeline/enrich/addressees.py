"""Whom an act is for where nobody is named as told, and whose a judged act is."""

from __future__ import annotations

from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.acts import SpeechAct
from pipeline.enrich.attribution import Attribution
from pipeline.enrich.contents import said_tokens
from pipeline.enrich.descriptions import NOUNS
from pipeline.enrich.frames import Frame
from pipeline.enrich.people import singular
from pipeline.enrich.wording import OwnSide
from pipeline.enrich.words import POLITICAL, THREATENED

_WISHED = frozenset({"like", "want", "wish", "expect", "need"})
_MEANING = frozenset({"referring", "alluding", "meaning", "speaking", "talking", "pointing"})
_CONCERNING = frozenset({"of", "about", "to", "at"})
_PLACING = frozenset({"in", "over", "near", "at", "around", "outside", "inside", "through", "off", "within", "along"})


def implied_addressees(attribution: Attribution, result: SpeechAct, own: OwnSide) -> list[Token]:
    """Nobody is named as told: who is to act, who would act, whose act is judged."""
    head = attribution.content_head
    if result.act in {"CONDEMN", "ACCUSE", "REJECT", "SUPPORT"}:
        target = result.target or (_judged(head, own) if head is not None else None)
        return [owner_of(target)] if target is not None else []
    if attribution.source is not None and (spoken_on := _spoken_on(attribution.source, own)) is not None:
        return [spoken_on]
    if result.act == "THREATEN" or (result.act == "WARN" and not _names_act(attribution)):
        return _would_be_agent(attribution, own) or _threatened(attribution) or _named_other(attribution, own)
    if result.act == "WARN" and (acting := _state_that_acts(attribution, own)) is not None:
        return [acting]
    if head is None:
        return []
    if result.act in {"DEMAND", "URGE"}:
        wished = syntax.objects(head) if head.lemma_.lower() in _WISHED else []
        subject = wished[0] if wished else syntax.own_subject(head)
        return [subject] if subject is not None and head.pos_ in {"VERB", "AUX"} and is_name(subject) else []
    if result.act in {"WARN", "THREATEN", "DENY"}:
        return _would_be_agent(attribution, own)
    return []


def _judged(head: Token, own: OwnSide) -> Token | None:
    """What a clause judges: "will never accept the annexation", "the raids are a crime"; a phrase by itself."""
    if head.pos_ in syntax.NOMINALS and syntax.own_subject(head) is None:
        return head
    around = [*syntax.objects(head), *syntax.children(head, syntax.NOMINAL_SUBJECTS)]
    return next((t for t in around if t.pos_ in syntax.NOUNS and not own(t)), None)


def _names_act(attribution: Attribution) -> bool:
    """Whether the cue itself says what is done, not only that something was said."""
    return attribution.frame is not None and attribution.frame.entry.act not in {"STATE", "PREDICT"}


def spoken_of(attribution: Attribution) -> Token | None:
    """ "“They will pay,” he said of Rome", "…, she said, referring to Rome"."""
    frame = attribution.frame
    if frame is None or _names_act(attribution):
        return None
    quoting = [frame.cue] if attribution.quotations else []
    for token in (*quoting, *[t for t in syntax.sentence(frame.cue) if t.i > frame.cue.i and t.lower_ in _MEANING]):
        about = [who for preposition, who in syntax.prepositions(token) if preposition in _CONCERNING]
        if token.lower_ == "meaning":
            about += [*syntax.objects(token), *(c for c in token.rights if c.dep_ in {"pobj", "xcomp"})]
        for who in about:
            people = who.tag_ in {"NNS", "NNPS"} or who.lemma_.lower() in POLITICAL
            if who.i > frame.cue.i and (is_name(owner_of(who)) or people):
                return owner_of(who)
    return None


def _spoken_on(source: Token, own: OwnSide) -> Token | None:
    """ "“A grave mistake”: Rome on Tripoli's raid": whom a headline says that the speaker speaks on."""
    if source.dep_ not in {"ROOT", "parataxis", "appos", "dep"} or source.pos_ not in syntax.NOUNS:
        return None
    on = (owner_of(who) for word, who in syntax.prepositions(source) if word in {"on", "over", "about", "to"})
    return next((who for who in on if is_name(who) and not own(who)), None)


def _threatened(attribution: Attribution) -> list[Token]:
    """ "Will wipe out the gangs of Medan": outlaws and rebels to whom it is to be done, wherever they are."""
    for token in said_tokens(attribution):
        passive = token.dep_ in syntax.PASSIVE_NOMINAL_SUBJECTS
        if token.pos_ == "NOUN" and singular(token.lower_) in THREATENED and (passive or token.dep_ in syntax.OBJECT):
            return [owner_of(token)] if syntax.possessor(token) is not None else [token]
    return []


def named_next(frame: Frame, own: OwnSide) -> list[Token]:
    """ "warns Pyongyang over …", "handed Kigali an ultimatum": a name right behind the verb, however parsed."""
    verb = frame.carrier
    if verb.pos_ != "VERB" or syntax.is_passive(verb) or verb.i + 1 >= syntax.sentence(verb).end:
        return []
    name = next((e for e in verb.doc.ents if e.start == verb.i + 1 and e.label_ in {"GPE", "ORG", "PERSON"}), None)
    if name is None or name.root == frame.source or own(name.root) or syntax.possessor(name.root.head) == name.root:
        return []
    return [name.root]


def _state_that_acts(attribution: Attribution, own: OwnSide) -> Token | None:
    """ "Paris, Bamako warned, would be held to account": the state itself that the warning speaks of."""
    head = attribution.content_head
    subject = syntax.own_subject(head) if head is not None and head.pos_ in {"VERB", "AUX"} else None
    if subject is None or subject.ent_type_ not in {"GPE", "PERSON"} or own(subject):
        return None
    return subject


def _named_other(attribution: Attribution, own: OwnSide) -> list[Token]:
    """Who is named in the words and is not of the speaker's side, where that is one: who acts first, places never."""
    found: list[Token] = []
    for token in said_tokens(attribution):
        if token.ent_type_ not in {"GPE", "NORP", "ORG", "PERSON"} or token.head.ent_iob_ == "I" or own(token):
            continue
        if token.i and token.ent_iob_ == "I":
            continue
        root = next(e.root for e in token.doc.ents if e.start <= token.i < e.end)
        if not _is_place(root) and all(root.lower_ != seen.lower_ for seen in found):
            found.append(root)
    acting = [t for t in found if t.dep_.startswith("nsubj")]
    return acting[:1] or found[:1] or _people_meant(attribution, own)


def _people_meant(attribution: Attribution, own: OwnSide) -> list[Token]:
    """ "The settlers will be driven out", "will bury the rebels": people without a name to whom it is to be done."""
    for token in said_tokens(attribution):
        if token.tag_ == "NNS" and not own(token) and syntax.possessor(token) is None and _are_people(token):
            passive = token.dep_ in syntax.PASSIVE_NOMINAL_SUBJECTS
            if passive or token.dep_ in syntax.OBJECT:
                return [token]
    return []


def _are_people(noun: Token) -> bool:
    lemma = noun.lemma_.lower()
    return lemma in POLITICAL or lemma.endswith(("er", "or", "ist", "man", "men", "ian", "ant"))


def _is_place(name: Token) -> bool:
    """ "over Kandahar", "in Sake": where something happens, not who is meant."""
    if name.ent_type_ != "GPE":
        return False
    word = next((c.lower_ for c in name.lefts if c.dep_ == "case"), name.head.lower_ if name.dep_ == "pobj" else "")
    return word in _PLACING


def _would_be_agent(attribution: Attribution, own: OwnSide) -> list[Token]:
    """Whose act the words are a condition on: "if NATO moves …", "should Chinese ships enter …"."""
    for token in said_tokens(attribution):
        if token.pos_ not in {"VERB", "AUX"} or token.dep_ not in {"advcl", "acl"}:
            continue
        marked = any(c.dep_ == "mark" and c.lower_ in {"if", "unless"} for c in token.children)
        inverted = token.left_edge.lower_ == "should"
        if not inverted and token.dep_ == "acl":
            continue
        subject = syntax.own_subject(token)
        if subject is not None and subject.lower_ == "they":
            # "The firms could pack their bags if they paid": who the clause before is about.
            subject = syntax.own_subject(token.head) or subject
        if not (marked or inverted) or subject is None or own(subject):
            continue
        agent = owner_of(subject)
        if own(agent) or syntax.is_passive(token):
            continue
        if is_name(agent) or (agent.pos_ == "NOUN" and singular(agent.lower_) in POLITICAL | THREATENED | NOUNS):
            return [agent]
    return []


def is_name(token: Token) -> bool:
    return (
        bool(token.ent_type_)
        or token.pos_ == "PROPN"
        or any(t.ent_type_ in {"GPE", "ORG", "NORP", "PERSON"} for t in syntax.name_parts(token))
    )


def owner_of(noun: Token) -> Token:
    """Whose act or thing a noun phrase is: "Israel's strikes", "Israeli attacks"; else the noun itself."""
    owner = syntax.possessor(noun)
    if owner is not None and owner.i < noun.i:
        return owner
    if noun.ent_type_ in {"GPE", "PERSON", "ORG", "NORP"} or noun.pos_ == "PROPN":
        return noun
    for child in noun.children:
        if child.ent_type_ in {"NORP", "GPE"} and child.i < noun.i:
            return child
    for preposition, who in syntax.prepositions(noun):
        if preposition in {"by", "of"} and is_name(who):
            return who
    return noun
