"""What a statement does: its act, its status, who is told, and what it is about.

The decision table is that of the project's definition of a warning: somebody says it; asserted as done now; it points
at a bad outcome or forbids an act; the speaker itself would do the harm (THREATEN) or not (WARN).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from spacy.tokens import Doc, Token

from pipeline.enrich import syntax, wording
from pipeline.enrich.attribution import Attribution
from pipeline.enrich.cues import Cues
from pipeline.enrich.frames import Frame
from pipeline.enrich.text import trimmed
from pipeline.enrich.wording import OwnSide
from pipeline.enrich.words import (
    AUDIENCE,
    CITIZENS,
    DETERRENT,
    EARLIER,
    HARM,
    HARM_NOUNS,
    KIND,
    POLITICAL,
    RETALIATION,
    RUMOURS,
    TRAVEL,
    UNTRUE,
    WISHES,
)
from pipeline.records import WARNING_ACTS, Act, Span, Status

_SOFT = frozenset({"STATE", "PREDICT", "PROMISE", "DEMAND", "URGE"})
_FIRST_PERSON = frozenset({"i", "we"})
_FIRST_PERSON_OWNER = frozenset({"my", "our"})
_CONCERNING = frozenset({"of", "about", "to", "at"})
_ONLY_POSSIBLE = frozenset({"possible", "likely", "unlikely", "conceivable", "thinkable", "improbable"})
# "about to warn", "set to warn", "expected to warn", "due to warn"
_NOT_YET = frozenset({"about", "set", "expected", "due", "poised", "likely"})
_PLACING = frozenset({"in", "over", "near", "at", "around", "outside", "inside", "through", "off", "within", "along"})
_SIDE_CLAUSES = frozenset({"conj", "acl:relcl", "relcl", "acl", "advcl", "parataxis"})
_FUTURE = frozenset({"will", "shall", "'ll", "’ll", "wo"})
_POSSIBLE = frozenset({"may", "might", "could", "can"})
_CONDITIONAL = re.compile(
    r"\b(if|unless|should|any|anyone|whoever|those who|in case|the (?:moment|day|minute)|as soon as)\b", re.IGNORECASE
)
_THREATENED_ELSE = re.compile(r"\bor (else|face|be|see|suffer|lose|(it|they|he|we|you) will)\b", re.IGNORECASE)
_CONSEQUENCE = re.compile(
    r"\b(or (?:else|face|risk|be|see|suffer|lose|it will|they will|we will)|unless)\b", re.IGNORECASE
)


@dataclass
class SpeechAct:
    """What one attribution does. Tokens are heads of phrases in the attribution's doc."""

    act: Act
    status: Status
    addressees: list[Token] = field(default_factory=list)
    target: Token | None = None
    about: Span | None = None
    speech: bool = True
    """False for belief and wish: nobody spoke."""
    implied: bool = False
    """Nobody is named as told; the addressees are those whom the words are for."""
    certainty: float = 1.0
    """How sure the reading of the words is; 1 where a cue or a rule names the act."""


def classify(attribution: Attribution, cues: Cues, own: OwnSide, *, passes_on: bool = False) -> SpeechAct:
    """The act of an attribution by its cue, and where the cue only says that words were said, by the words.

    `own` tells the speaker's side from others; what `passes_on` an act of somebody else's does none of its own.
    """
    frame = attribution.frame
    act: Act = frame.entry.act if frame is not None else "STATE"
    result = SpeechAct(act=act, status=_status(attribution), speech=frame is None or frame.entry.speech)
    if frame is not None:
        result.addressees = list(frame.addressees)
        result.target = frame.target
        _wanted(attribution, result)
    said = _said(attribution)
    named = _named_act(attribution, cues)
    if named is not None:
        act = result.act = cues.nouns[named.lemma_.lower()].act
        result.addressees = result.addressees or [
            who for preposition, who in syntax.prepositions(named) if preposition in {"to", "for"}
        ]
    if act in _SOFT and result.speech:
        _read_words(attribution, cues, result, said)
        if result.act in {"STATE", "PROMISE"} and not passes_on:
            _weigh_words(attribution, own, result)
    if act == "URGE" and frame is not None and _forbids(attribution, said):
        result.act = "WARN" if frame.cue.lemma_.lower() in {"advise", "counsel", "recommend"} else "URGE"
    if act in {"WARN", "DEMAND", "PROMISE", "URGE"} and _own_harm(attribution, said):
        result.act = "THREATEN"
    if result.act == "DEMAND" and (act == "DEMAND" or _is_told(attribution)) and _CONSEQUENCE.search(said):
        result.act = "THREATEN"
    if result.act in {"WARN", "URGE"} and _is_advice(result, said):
        result.act = "OTHER"
    if result.act in WARNING_ACTS:
        # A warning told to reporters is not addressed to them.
        result.addressees = [t for t in result.addressees if t.lemma_.lower() not in AUDIENCE and not own(t)]
        if not result.addressees and frame is not None and result.act == frame.entry.act:
            result.addressees = _named_next(frame, own)
    if not result.addressees:
        result.addressees = _implied_addressees(attribution, result, own)
        result.implied = bool(result.addressees)
    if (
        result.target is None
        and result.act in {"CONDEMN", "ACCUSE", "REJECT", "SUPPORT"}
        and attribution.content_head is not None
    ):
        result.target = attribution.content_head
    result.about = _about(attribution)
    return result


def _is_advice(result: SpeechAct, said: str) -> bool:
    """Advice to travellers and to one's own citizens is no warning of one political actor to another."""
    return bool(TRAVEL.search(said)) or any(t.lemma_.lower() in CITIZENS for t in result.addressees)


def _named_act(attribution: Attribution, cues: Cues) -> Token | None:
    """ "told Moscow, in a stern warning, that …": the noun by which the narrator names what the telling was."""
    frame = attribution.frame
    if frame is None or frame.entry.act != "STATE" or not frame.entry.speech or frame.is_noun:
        return None
    for token in frame.cue.sent:
        named = cues.nouns.get(token.lemma_.lower()) if token.pos_ == "NOUN" else None
        if named is None or named.act not in {"WARN", "THREATEN"} or syntax.is_negated(token):
            continue
        fronted = token.left_edge.i == frame.cue.sent.start and token.i < frame.cue.i
        beside = token.head.i == frame.carrier.i
        if (fronted or beside) and token.left_edge.lower_ in {"in", "as"}:
            return token
    return None


def _wanted(attribution: Attribution, result: SpeechAct) -> None:
    """Directives in other words: "Lawmakers want Biden to act" is an appeal, "told the crew to leave" a demand."""
    frame, head = attribution.frame, attribution.content_head
    if frame is None or head is None or frame.is_noun or not syntax.is_infinitive(head):
        return
    verb = frame.carrier.lemma_.lower()
    if verb in {"want", "wish"}:
        others = [*syntax.objects(frame.carrier), *([own] if (own := syntax.own_subject(head)) is not None else [])]
        if others:
            result.act, result.addressees, result.speech = "URGE", others[:1], True
    elif verb in {"tell", "ask"} and frame.addressees:
        result.act = "DEMAND" if verb == "tell" else "URGE"


def _is_told(attribution: Attribution) -> bool:
    """ "told Oslo to withdraw": words told as what somebody is to do."""
    head = attribution.content_head
    return head is not None and syntax.is_infinitive(head)


def _said(attribution: Attribution) -> str:
    doc = _doc(attribution)
    return " ".join(syntax.text_of(doc)[s:e] for s, e in attribution.content) if doc is not None else ""


def _doc(attribution: Attribution) -> Doc | None:
    for token in (attribution.frame.cue if attribution.frame else None, attribution.source, attribution.content_head):
        if token is not None:
            return token.doc
    return None


# -- status ---------------------------------------------------------------------------------------------------------


def _status(attribution: Attribution) -> Status:
    """Whether the act is asserted as done now. Quoted words without a cue are."""
    frame = attribution.frame
    if frame is None:
        return "asserted"
    verb = frame.carrier
    if frame.presupposed and frame.is_noun:
        return _noun_status(frame.cue, has_words=bool(attribution.content))
    if syntax.is_negated(verb) or (frame.is_noun and syntax.is_negated(frame.cue)):
        return "negated"
    if _is_question(verb, attribution):
        return "question"
    if _is_condition(verb, attribution.content):
        return "hypothetical"
    if _is_withheld(verb):
        return "negated"
    modal = _modality(verb)
    if modal is not None:
        return modal
    if _is_wished(verb):
        return "hypothetical"
    return "background" if _is_background(verb, attribution) else "asserted"


def _noun_status(noun: Token, *, has_words: bool) -> Status:
    """A warning taken for granted is old news, but for one whose words are told and that the sentence is about."""
    if syntax.is_negated(noun):
        return "negated"
    new = any(c.lower_ in {"a", "an", "another"} for c in noun.lefts)
    if (has_words or new) and noun.dep_ in {"nsubj", "nsubj:pass", "nsubjpass", "nsubj:outer", "ROOT"}:
        return "asserted"
    return "background"


def _is_question(verb: Token, attribution: Attribution) -> bool:
    """The narrator asks; a question inside the quoted words is the speaker's."""
    text = verb.sent.text.rstrip(" \n\"”’'")
    return text.endswith("?") and not attribution.quotations


def _is_condition(verb: Token, said: list[Span]) -> bool:
    """Under "if", "unless", or in an inverted condition ("Should Moscow warn …") that is not part of what is said."""
    chain = [verb, *[t for t in syntax.ancestors_until_root(verb) if t.pos_ in {"VERB", "AUX"}][:2]]
    for clause in chain:
        if clause.dep_ == "advcl" and any(
            c.dep_ == "mark" and c.lower_ in {"if", "unless", "whether"} for c in clause.children
        ):
            return True
        first = clause.left_edge
        if any(start <= first.idx < end for start, end in said):
            continue
        if first.lower_ == "had" and first in syntax.auxiliaries(clause):
            return True
        if (
            first.lower_ == "should"
            and (first.dep_ == "mark" or first in syntax.auxiliaries(clause))
            and not clause.sent.text.rstrip().endswith("?")
        ):
            return True
        if clause.dep_ not in {"conj", "xcomp", "advcl"}:
            break
    return False


def _modality(verb: Token) -> Status | None:
    if verb.tag_ == "VB" and {t.lower_ for t in verb.doc[max(verb.i - 3, 0) : verb.i]} & _NOT_YET:
        return "future"
    for aux in _all_auxiliaries(verb):
        word = aux.lower_
        if word in _FUTURE or (word == "would" and verb.lemma_.lower() not in {"like", "say", "add", "argue"}):
            return "future" if verb.tag_ in {"VB", "VBP", "VBZ"} or word in _FUTURE else None
        if word in _POSSIBLE or word in {"should", "must"}:
            return "hypothetical"
    return None


def _all_auxiliaries(verb: Token) -> list[Token]:
    found = syntax.auxiliaries(verb)
    if (
        verb.dep_ == "conj"
        and not found
        and verb.head.pos_ in {"VERB", "AUX"}
        and syntax.own_subject(verb) is None
        and verb.tag_ == "VB"
    ):
        found = syntax.auxiliaries(verb.head)
    return found


def _is_withheld(verb: Token) -> bool:
    """ "stopped short of warning", "without warning Oslo", "has yet to warn": an act left undone."""
    if verb.tag_ == "VB" and verb.i > 1 and verb.nbor(-1).lower_ == "to" and verb.nbor(-2).lower_ == "yet":
        return True
    if verb.tag_ != "VBG":
        return False
    before = {t.lower_ for t in verb.doc[max(verb.i - 2, verb.sent.start) : verb.i]}
    return bool(before & {"without", "short"}) or verb.head.lemma_.lower() in {"refrain", "avoid", "stop", "resist"}


def _is_wished(verb: Token) -> bool:
    """What somebody wants, plans or asks for has not happened, nor has what is possible."""
    if verb.dep_ in {"csubj", "ccomp", "advcl", "acl"} and verb.head.lemma_.lower() in _ONLY_POSSIBLE:
        return True
    if verb.tag_ != "VB" or verb.dep_ not in {"xcomp", "ccomp", "advcl", "acl", "conj"}:
        return False
    if any(aux.lower_ in {"do", "does", "did"} for aux in syntax.auxiliaries(verb)):
        return False
    head = verb.head
    if verb.dep_ == "conj":
        return head.tag_ == "VB" and _is_wished(head)
    if verb.dep_ in {"xcomp", "ccomp"}:
        return head.lemma_.lower() in WISHES or head.pos_ == "ADJ"
    return verb.dep_ == "acl"


def _is_background(verb: Token, attribution: Attribution) -> bool:
    """An old act: "who had earlier warned", "last year warned", "warned in 2019"."""
    relative = verb.dep_ in {"acl:relcl", "relcl", "advcl:relcl"}
    if verb.dep_ == "acl" and verb.tag_ == "VBN" and verb.head.dep_.startswith("nsubj"):
        # "Budapest, long threatened by Brussels with the loss of its funds, signed."
        return True
    perfect = any(a.lower_ in {"had", "'d", "’d"} for a in syntax.auxiliaries(verb))
    if (relative and perfect) or _is_since(verb):
        return True
    if verb.dep_ == "advcl" and verb.i < verb.head.i:
        # "Weeks after Ottawa warned Delhi, …", "Cautioned by Moscow, …": what the news is measured from.
        marks = {c.lower_ for c in verb.children if c.dep_ == "mark"}
        if verb.tag_ == "VBN" or marks & {"after", "since", "before", "until"}:
            return True
    if verb.dep_ in {"acl", "ccomp"} and verb.head.pos_ == "NOUN" and verb.head.lemma_.lower() in RUMOURS:
        return True
    return bool(EARLIER.search(_around_cue(verb, attribution)))


def _is_since(verb: Token) -> bool:
    """ "Since Monday, when an official warned Riga, …": what has gone on from then is the news."""
    when = next((t for t in verb.lefts if t.lower_ == "when"), None)
    return when is not None and "since" in {t.lower_ for t in verb.doc[max(when.i - 4, verb.sent.start) : when.i]}


def _around_cue(verb: Token, attribution: Attribution) -> str:
    """The narrator's words about the act, where a date tells when it was done: not what is said, not side clauses."""
    sentence = verb.sent
    own = {t.i for t in verb.subtree}
    # Sentence splitters cut off fronted dates: "Last year | Tehran warned …".
    before = verb.doc[sentence.start - 1] if sentence.start > 0 else None
    words = [before.sent.text + " "] if before is not None and not (before.is_punct or before.is_space) else []
    known: dict[int, bool] = {}
    for token in sentence:
        if any(s <= token.idx < e for s, e in attribution.content) or (token.i > verb.i and token.i not in own):
            continue
        if token.i != verb.i and _is_beside(token, verb, known):
            continue
        words.append(token.text_with_ws)
    return "".join(words)


def _is_beside(token: Token, verb: Token, known: dict[int, bool]) -> bool:
    """Whether the token or a governor below the verb asked about begins a side clause; `known` keeps the answers."""
    if token.i not in known:
        head = token.head
        above = head.i not in {token.i, verb.i} and _is_beside(head, verb, known)
        known[token.i] = above or token.dep_ in _SIDE_CLAUSES
    return known[token.i]


# -- acts carried by the words --------------------------------------------------------------------------------------


def _read_words(attribution: Attribution, cues: Cues, result: SpeechAct, said: str) -> None:
    """Acts that the words themselves do: "we warn …", "will pay a price", "should cease …"."""
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
        if subject is not None and _is_name(subject) and not result.addressees:
            result.addressees = [subject]
    elif RETALIATION.search(said) or _conditional_harm(attribution, said):
        result.act = "THREATEN"
    elif (deterrent := _deterrent(attribution)) is not None:
        result.act = "WARN"
        subject = syntax.subject(deterrent)
        if subject is not None and _is_name(subject) and not result.addressees:
            result.addressees = [subject]
    elif head is not None and attribution.quotations:
        directive = _directive(attribution)
        if directive is not None:
            result.act, told_token = directive
            result.addressees = [told_token] if told_token is not None else result.addressees


def _weigh_words(attribution: Attribution, own: OwnSide, result: SpeechAct) -> None:
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
    if alarm >= wording.ALARMING:
        warns = shares["WARN"] > shares["THREATEN"] and result.act == "STATE"
        result.act = "WARN" if warns else "THREATEN"
        result.certainty = alarm
    elif result.act == "STATE" and act not in WARNING_ACTS and shares[act] >= wording.TELLING:
        result.act, result.certainty = act, shares[act]
    if result.act in {"DEMAND", "URGE"} and not result.addressees:
        directive = _directive(attribution)
        result.addressees = [directive[1]] if directive is not None and directive[1] is not None else []


def _deterrent(attribution: Attribution) -> Token | None:
    """The verb of words that deter ("will pay a heavy price"), or the word they begin with; None without such words."""
    doc = _doc(attribution)
    if doc is None:
        return None
    for start, end in attribution.content:
        match = DETERRENT.search(syntax.text_of(doc)[start:end])
        token = syntax.token_at(doc, start + match.start()) if match is not None else None
        if token is not None:
            verbs = [t for t in (token, *syntax.ancestors_until_root(token)) if t.pos_ in {"VERB", "AUX"}]
            return verbs[0] if verbs else token
    return None


def _or_else(attribution: Attribution, said: str) -> bool:
    """ "Leave by midnight or be fired upon", "has thirty days to … or it will lose …": an ultimatum in plain words."""
    if not _THREATENED_ELSE.search(said):
        return False
    head = attribution.content_head
    bare = head is not None and head.tag_ == "VB" and not syntax.is_infinitive(head)
    imperative = head is not None and bare and syntax.own_subject(head) is None
    return imperative or bool(re.search(r"\b(must|has|have|had better)\b", said))


def said_tokens(attribution: Attribution) -> list[Token]:
    """The tokens of what is said, in text order."""
    doc = _doc(attribution)
    if doc is None:
        return []
    found: list[Token] = []
    for start, end in attribution.content:
        first = syntax.token_at(doc, start)
        if first is None:
            continue
        for token in doc[first.i :]:
            if token.idx >= end:
                break
            found.append(token)
    return found


def _performative(attribution: Attribution, cues: Cues) -> tuple[Token, Act] | None:
    """ "We want to warn …": a first person doing an act by saying it, in the present."""
    if not attribution.quotations:
        return None
    for token in said_tokens(attribution):
        entry = cues.of(token)
        if entry is None or not entry.speech or entry.act in {"STATE", "PREDICT"} or token.pos_ != "VERB":
            continue
        if token.tag_ in {"VBD", "VBN"} or syntax.is_negated(token) or _is_condition(token, []):
            continue
        speaker = syntax.subject(token)
        if speaker is not None and speaker.lower_ in _FIRST_PERSON:
            auxiliaries = {a.lower_ for a in syntax.auxiliaries(token)}
            if not auxiliaries & (_POSSIBLE | _FUTURE | {"did", "had", "have", "has"}):
                return token, entry.act
    return None


def _conditional_harm(attribution: Attribution, said: str) -> bool:
    """ "If Ankara crosses the river, our artillery will answer": a condition, and a harm of the speaker's own doing."""
    return bool(_CONDITIONAL.search(said)) and (_own_harm(attribution, said) or _own_answer(attribution))


def _own_answer(attribution: Attribution) -> bool:
    """Under a condition, what "we will" do is an answer, unless it is kind."""
    for token in said_tokens(attribution):
        if token.pos_ != "VERB" or token.lemma_.lower() in KIND or syntax.is_negated(token):
            continue
        if {a.lower_ for a in syntax.auxiliaries(token)} & _FUTURE and _is_own_side(syntax.own_subject(token), None):
            subject = syntax.own_subject(token)
            if subject is not None and subject.lower_ not in {"it", "they"}:
                return True
    return False


def _own_harm(attribution: Attribution, said: str) -> bool:
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
        future = {a.lower_ for a in syntax.auxiliaries(token)} & (_FUTURE | {"would"})
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
    return source is not None and subject.lower_ == source.lower_


def _directive(attribution: Attribution) -> tuple[Act, Token | None] | None:
    """ "Parties to the conflict should cease …", "Israel must stop …": what somebody else is to do."""
    for token in said_tokens(attribution):
        if token.lower_ not in {"must", "should"} or token.dep_ != "aux":
            continue
        subject = syntax.own_subject(token.head)
        if subject is None or subject.lower_ in _FIRST_PERSON or subject.lower_ in {"it", "that", "this", "there"}:
            continue
        if syntax.is_passive(token.head) and subject.pos_ == "NOUN" and not subject.ent_type_:
            continue
        return ("DEMAND" if token.lower_ == "must" else "URGE"), subject
    return None


def _forbids(attribution: Attribution, said: str) -> bool:
    head = attribution.content_head
    return bool(re.match(r"(not to|against)\b", said)) or (head is not None and syntax.is_negated(head))


# -- addressee and matter -------------------------------------------------------------------------------------------


def _implied_addressees(attribution: Attribution, result: SpeechAct, own: OwnSide) -> list[Token]:
    """Nobody is named as told: who is to act, who would act, whose act is judged."""
    head = attribution.content_head
    if result.act in {"CONDEMN", "ACCUSE", "REJECT", "SUPPORT"}:
        target = result.target or head
        return [owner_of(target)] if target is not None else []
    if result.act in WARNING_ACTS and (spoken_of := _spoken_of(attribution)) is not None:
        return [spoken_of]
    if result.act == "THREATEN" or (result.act == "WARN" and not _names_act(attribution)):
        return _would_be_agent(attribution, own) or _named_other(attribution, own)
    if result.act == "WARN" and (acting := _state_that_acts(attribution, own)) is not None:
        return [acting]
    if head is None:
        return []
    if result.act in {"DEMAND", "URGE"}:
        subject = syntax.own_subject(head)
        return [subject] if subject is not None and head.pos_ in {"VERB", "AUX"} and _is_name(subject) else []
    if result.act in {"WARN", "THREATEN", "DENY"}:
        return _would_be_agent(attribution, own)
    return []


def _names_act(attribution: Attribution) -> bool:
    """Whether the cue itself says what is done, not only that something was said."""
    return attribution.frame is not None and attribution.frame.entry.act not in {"STATE", "PREDICT"}


def _spoken_of(attribution: Attribution) -> Token | None:
    """ "“They will pay,” he said of Rome", "…, she said, referring to Rome"."""
    frame = attribution.frame
    if frame is None or not attribution.quotations or _names_act(attribution):
        return None
    for token in (frame.cue, *[c for c in frame.cue.children if c.lower_ in {"referring", "alluding", "meaning"}]):
        about = [who for preposition, who in syntax.prepositions(token) if preposition in _CONCERNING]
        about += syntax.objects(token) if token.lower_ == "meaning" else []
        for who in about:
            if who.i > frame.cue.i and (_is_name(owner_of(who)) or who.tag_ in {"NNS", "NNPS"}):
                return owner_of(who)
    return None


def _named_next(frame: Frame, own: OwnSide) -> list[Token]:
    """ "warns Pyongyang over …", "handed Kigali an ultimatum": a name right behind the verb, however parsed."""
    verb = frame.carrier
    if verb.pos_ != "VERB" or syntax.is_passive(verb) or verb.i + 1 >= verb.sent.end:
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
            passive = token.dep_ in {"nsubj:pass", "nsubjpass"}
            if passive or token.dep_ in {"obj", "dobj"}:
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
        if token.pos_ not in {"VERB", "AUX"} or token.dep_ != "advcl":
            continue
        marked = any(c.dep_ == "mark" and c.lower_ in {"if", "unless"} for c in token.children)
        inverted = token.left_edge.lower_ == "should"
        subject = syntax.own_subject(token)
        if not (marked or inverted) or subject is None or own(subject):
            continue
        agent = owner_of(subject)
        if _is_name(agent) or (agent.pos_ == "NOUN" and agent.lemma_.lower() in POLITICAL):
            return [agent]
    return []


def _is_name(token: Token) -> bool:
    return (
        bool(token.ent_type_)
        or token.pos_ == "PROPN"
        or any(t.ent_type_ in {"GPE", "ORG", "NORP", "PERSON"} for t in syntax.name_parts(token))
    )


def owner_of(noun: Token) -> Token:
    """Whose act or thing a noun phrase is: "Israel's strikes", "Israeli attacks"; else the noun itself."""
    owner = syntax.possessor(noun)
    if owner is not None:
        return owner
    if noun.ent_type_ in {"GPE", "PERSON", "ORG", "NORP"} or noun.pos_ == "PROPN":
        return noun
    for child in noun.children:
        if child.ent_type_ in {"NORP", "GPE"} and child.i < noun.i:
            return child
    for preposition, who in syntax.prepositions(noun):
        if preposition in {"by", "of"} and _is_name(who):
            return who
    return noun


def _about(attribution: Attribution) -> Span | None:
    """What the statement is about: its content without the word that introduces it."""
    if not attribution.content:
        return None
    doc = _doc(attribution)
    if doc is None:
        return None
    start, end = attribution.content[0]
    match = re.match(r"(that|against|of|about|over|on|to|not to|for)\s+", syntax.text_of(doc)[start:end])
    if match and match.end() < end - start:
        start += match.end()
    return trimmed(syntax.text_of(doc), start, end, " \t\n\"“”‘’'.,")
