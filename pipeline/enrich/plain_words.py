"""Acts that the words do where the cue tells only that they were said: by rules first, then by the learned model."""

from __future__ import annotations

import re

from spacy.tokens import Token

from pipeline.enrich import syntax, wording
from pipeline.enrich.acts import SpeechAct
from pipeline.enrich.addressees import is_name
from pipeline.enrich.attribution import Attribution
from pipeline.enrich.contents import doc_of, said_tokens
from pipeline.enrich.cues import Cues, bases
from pipeline.enrich.status import is_condition
from pipeline.enrich.wording import OwnSide
from pipeline.enrich.words import BLOWS, DETERRENT, HARM, HARM_NOUNS, KIND, OR_ELSE, RETALIATION, UNTRUE
from pipeline.records import WARNING_ACTS, Act

_FIRST_PERSON = frozenset({"i", "we"})
_FIRST_PERSON_OWNER = frozenset({"my", "our"})
_CONDITIONAL = re.compile(
    r"\b(if|unless|should|any|anyone|whoever|those who|in case|the (?:moment|day|minute)|as soon as)\b"
)


def read_words(attribution: Attribution, cues: Cues, result: SpeechAct, said: str) -> None:
    """Acts that the words themselves do: "we warn …", "will pay a price", "should cease …".

    `said`: the words in small letters.
    """
    head = attribution.content_head
    performed = _performative(attribution, cues)
    if performed is not None:
        verb, act = performed
        result.act = act
        told = syntax.objects(verb) or syntax.indirect_objects(verb)
        if act in {"WARN", "URGE", "THREATEN", "DEMAND"}:
            result.addressees = told or result.addressees
        else:
            result.target = told[0] if told else None
        return
    if result.act not in {"STATE", "PREDICT"}:
        return
    if UNTRUE.search(said):
        result.act = "DENY"
        return
    if _or_else(attribution, said):
        result.act = "THREATEN"
        subject = syntax.own_subject(head) if head is not None else None
        if subject is not None and is_name(subject) and not result.addressees:
            result.addressees = [subject]
    elif RETALIATION.search(said) or _conditional_harm(attribution, said):
        result.act = "THREATEN"
    elif DETERRENT.search(said) and (deterrent := _deterrent(attribution)) is not None:
        result.act = "WARN"
        subject = syntax.subject(deterrent)
        if subject is not None and is_name(subject) and not result.addressees:
            result.addressees = [subject]
    elif head is not None and attribution.quotations:
        directive = _directive(attribution)
        if directive is not None:
            result.act, told_token = directive
            result.addressees = [told_token] if told_token is not None else result.addressees


def weigh_words(attribution: Attribution, own: OwnSide, result: SpeechAct) -> None:
    """What no rule names, the learned model reads."""
    tokens, head = said_tokens(attribution), attribution.content_head
    clause = any(t.pos_ in {"VERB", "AUX"} for t in tokens)
    if not tokens or not (clause or (attribution.quotations and result.act == "STATE")):
        return
    if result.act == "STATE" and head is not None and syntax.is_infinitive(head) and not attribution.quotations:
        return
    shares = wording.shipped().read(tokens, own, quoted=bool(attribution.quotations))
    alarm = shares["WARN"] + shares["THREATEN"]
    act = max(shares, key=shares.__getitem__)
    if alarm >= wording.ALARMING and not _only_defies(tokens):
        warns = shares["WARN"] > shares["THREATEN"] and result.act == "STATE"
        result.act = "WARN" if warns else "THREATEN"
        result.certainty = alarm
    elif result.act == "STATE" and act not in WARNING_ACTS and shares[act] >= wording.TELLING:
        result.act, result.certainty = act, shares[act]
    if result.act in {"DEMAND", "URGE"} and not result.addressees:
        directive = _directive(attribution)
        result.addressees = [directive[1]] if directive is not None and directive[1] is not None else []


def _only_defies(tokens: list[Token]) -> bool:
    """ "We will not be bullied, and we will not be provoked": what is not to be done to the speaker harms nobody."""
    verbs = [t for t in tokens if t.pos_ == "VERB"]
    return bool(verbs) and all(syntax.is_negated(verb) and syntax.is_passive(verb) for verb in verbs)


def _deterrent(attribution: Attribution) -> Token | None:
    """The verb of words that deter ("will pay a heavy price"), or the word they begin with; None without such words."""
    doc = doc_of(attribution)
    if doc is None:
        return None
    for start, end in attribution.content:
        match = DETERRENT.search(syntax.text_of(doc)[start:end].lower())
        token = syntax.token_at(doc, start + match.start()) if match is not None else None
        if token is not None:
            verbs = [t for t in (token, *syntax.ancestors_until_root(token)) if t.pos_ in {"VERB", "AUX"}]
            return verbs[0] if verbs else token
    return None


def _or_else(attribution: Attribution, said: str) -> bool:
    """ "Leave by midnight or be fired upon", "has thirty days to … or it will lose …": an ultimatum in plain words."""
    if not OR_ELSE.search(said):
        return False
    head = attribution.content_head
    bare = head is not None and head.tag_ == "VB" and not syntax.is_infinitive(head)
    imperative = head is not None and bare and syntax.own_subject(head) is None
    return imperative or bool(re.search(r"\b(must|has|have|had better)\b", said))


def _performative(attribution: Attribution, cues: Cues) -> tuple[Token, Act] | None:
    """ "We want to warn …": a first person doing an act by saying it, in the present."""
    if not attribution.quotations:
        return None
    for token in said_tokens(attribution):
        entry = cues.of(token)
        if entry is None or not entry.speech or entry.act in {"STATE", "PREDICT"} or token.pos_ != "VERB":
            continue
        if token.tag_ in {"VBD", "VBN"} or syntax.is_negated(token) or is_condition(token, []):
            continue
        if entry.act == "CONDEMN" and not BLOWS.isdisjoint(bases(token.lower_)):
            # "or we attack": no criticism.
            continue
        speaker = syntax.subject(token)
        if speaker is not None and speaker.lower_ in _FIRST_PERSON:
            auxiliaries = {a.lower_ for a in syntax.auxiliaries(token)}
            if not auxiliaries & (syntax.POSSIBLE | syntax.FUTURE | {"did", "had", "have", "has"}):
                return token, entry.act
    return None


def _conditional_harm(attribution: Attribution, said: str) -> bool:
    """ "If Ankara crosses the river, our artillery will answer": a condition, and a harm of the speaker's own doing."""
    return bool(_CONDITIONAL.search(said)) and (own_harm(attribution) or _own_answer(attribution))


def _own_answer(attribution: Attribution) -> bool:
    """Under a condition, what "we will" do is an answer, unless it is kind."""
    for token in said_tokens(attribution):
        if token.pos_ != "VERB" or token.lemma_.lower() in KIND or syntax.is_negated(token):
            continue
        if {a.lower_ for a in syntax.auxiliaries(token)} & syntax.FUTURE and _is_own_side(
            syntax.own_subject(token), None
        ):
            subject = syntax.own_subject(token)
            if subject is not None and subject.lower_ not in {"it", "they"}:
                return True
    return False


def own_harm(attribution: Attribution) -> bool:
    """The speaker's side will itself do the harm that is announced."""
    source = attribution.source
    for token in said_tokens(attribution):
        if token.pos_ != "VERB" or syntax.is_negated(token):
            continue
        lemma = token.lemma_.lower()
        harm = lemma in HARM or any(
            t.lemma_.lower() in HARM_NOUNS
            for t in [*syntax.objects(token), *[n for _, n in syntax.prepositions(token)]]
        )
        if not harm or lemma in {"face", "cease", "stop", "suffer", "avoid", "join", "have", "be", "risk", "warn"}:
            continue
        future = {a.lower_ for a in syntax.auxiliaries(token)} & (syntax.FUTURE | {"would"})
        infinitive = token.tag_ == "VB" and syntax.is_infinitive(token) and token == attribution.content_head
        if not future and not infinitive:
            continue
        if infinitive:
            if attribution.frame is not None and attribution.frame.entry.act in {"PROMISE", "THREATEN"}:
                return True
            continue
        if _is_own_side(syntax.subject(token), source):
            return True
    return (
        attribution.frame is not None
        and attribution.frame.entry.act == "PROMISE"
        and bool(
            attribution.content_head is not None
            and attribution.content_head.lemma_.lower() in HARM_NOUNS - {"action", "measure", "answer"}
        )
    )


def _is_own_side(subject: Token | None, source: Token | None) -> bool:
    if subject is None:
        return False
    if subject.lower_ in _FIRST_PERSON or subject.lower_ in {"it", "they"}:
        return True
    owner = syntax.possessor(subject)
    if owner is not None and owner.lower_ in _FIRST_PERSON_OWNER | {"its", "their", "his"}:
        return True
    return source is not None and (subject.lower_ == source.lower_ or is_of_them(subject, source))


def is_of_them(noun: Token, source: Token | None) -> bool:
    """ "Truckers will block the border, their association said": those whose body speaks."""
    owner = syntax.possessor(source) if source is not None else None
    theirs = owner is not None and owner.lower_ == "their" and noun.i < owner.i
    return theirs and noun.tag_ == "NNS" and noun.dep_.startswith("nsubj")


def _directive(attribution: Attribution) -> tuple[Act, Token | None] | None:
    """ "Parties to the conflict should cease …", "Israel must stop …": what somebody else is to do."""
    for token in said_tokens(attribution):
        if token.lower_ not in {"must", "should"} or token.dep_ != "aux":
            continue
        subject = syntax.own_subject(token.head)
        if (
            subject is None
            or subject.i > token.i
            or subject.lower_ in _FIRST_PERSON
            or subject.lower_ in {"it", "that", "this", "there"}
        ):
            continue
        if syntax.is_passive(token.head) and subject.pos_ == "NOUN" and not subject.ent_type_:
            continue
        return ("DEMAND" if token.lower_ == "must" else "URGE"), subject
    return None
