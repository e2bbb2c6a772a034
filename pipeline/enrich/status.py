"""Whether an act is asserted as done now, or negated, asked, supposed, wished, planned, or old."""

from __future__ import annotations

import re

from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.attribution import Attribution
from pipeline.enrich.words import EARLIER, FICTION, RUMOURS, WISHES
from pipeline.records import Span, Status

_ONLY_POSSIBLE = frozenset({"possible", "likely", "unlikely", "conceivable", "thinkable", "improbable"})
# "about to warn", "set to warn", "expected to warn", "due to warn"
_NOT_YET = frozenset({"about", "set", "expected", "due", "poised", "likely"})
_LEFT_UNDONE = re.compile(r"\b((yet to|without|short of|rather than|instead of)( \w+)?|against)$", re.IGNORECASE)
_SPANS_OF_TIME = frozenset({"day", "week", "fortnight", "month", "year", "decade"})
_SIDE_CLAUSES = frozenset({"conj", "acl:relcl", "relcl", "acl", "advcl", "parataxis"})


def status_of(attribution: Attribution) -> Status:
    """Whether the act is asserted as done now. Quoted words without a cue are."""
    frame = attribution.frame
    if frame is None:
        return "asserted"
    verb = frame.carrier
    if frame.presupposed and frame.is_noun:
        return _noun_status(frame.cue, has_words=bool(attribution.content))
    if syntax.is_negated(verb) or (frame.is_noun and syntax.is_negated(frame.cue)) or _is_done_by_nobody(verb):
        return "negated"
    if _is_question(verb, attribution):
        return "question"
    if is_condition(verb, attribution.content):
        return "hypothetical"
    if _is_withheld(verb):
        return "negated"
    modal = _modality(verb)
    if modal is not None:
        return modal
    if _is_wished(verb):
        return "hypothetical"
    return "background" if _is_background(verb, attribution) or _is_in_a_story(verb) else "asserted"


def _noun_status(noun: Token, *, has_words: bool) -> Status:
    """A warning taken for granted is old news, but for one whose words are told and that the sentence is about."""
    if syntax.is_negated(noun):
        return "negated"
    new = any(c.lower_ in {"a", "an", "another"} for c in noun.lefts) or _is_headline(noun)
    if has_words and new and {c.lower_ for c in noun.lefts} & {"with", "for"}:
        # "The talks ended with a threat by Damascus to cut the river."
        return "asserted"
    if (has_words or new) and noun.dep_ in {"nsubj", "nsubj:pass", "nsubjpass", "nsubj:outer", "ROOT"}:
        return "asserted"
    return "background"


def _is_headline(noun: Token) -> bool:
    """ "Oslo's blunt warning to Riga": a title that is a noun and whom it is for tells the act as news."""
    told = any(word in {"to", "for"} for word, _ in syntax.prepositions(noun))
    return (
        noun.dep_ == "ROOT"
        and told
        and syntax.sentence(noun).text.rstrip()[-1:] not in ".?!"
        and len(syntax.sentence(noun)) == len(noun.doc)
    )


def _is_question(verb: Token, attribution: Attribution) -> bool:
    """The narrator asks; a question inside the quoted words is the speaker's."""
    return not attribution.quotations and _asks(verb)


def _asks(clause: Token) -> bool:
    """Whether the sentence of a clause is a question."""
    sentence = syntax.sentence(clause)
    words = syntax.text_of(clause.doc)[sentence.start_char : sentence.end_char]
    return words.rstrip(" \n\"”’'").endswith("?")


def is_condition(verb: Token, said: list[Span]) -> bool:
    """Under "if", "unless", or in an inverted condition that is not part of what is said.

    Such are "Should Moscow warn …", "Had Moscow warned …" and "Were Moscow to warn …".
    """
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
        if first.lower_ == "were" and clause.tag_ == "VB" and first.i < clause.i:
            return True
        if (
            first.lower_ == "should"
            and (first.dep_ == "mark" or first in syntax.auxiliaries(clause))
            and not _asks(clause)
        ):
            return True
        if clause.dep_ not in {"conj", "xcomp", "advcl"}:
            break
    return False


def _modality(verb: Token) -> Status | None:
    before = [t.lower_ for t in verb.doc[max(verb.i - 3, 0) : verb.i]]
    # "Envoy to warn Riga": headlines leave out what makes it a plan.
    if verb.tag_ == "VB" and (_NOT_YET.intersection(before) or (verb.dep_ == "ROOT" and before[-1:] == ["to"])):
        return "future"
    for aux in _all_auxiliaries(verb):
        word = aux.lower_
        if word in syntax.FUTURE or (word == "would" and verb.lemma_.lower() not in {"like", "say", "add", "argue"}):
            return "future" if verb.tag_ in {"VB", "VBP", "VBZ"} or word in syntax.FUTURE else None
        if word in syntax.POSSIBLE or word in {"should", "must"}:
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
    """ "stopped short of warning", "rather than warn Oslo", "has yet to warn": an act left undone."""
    if verb.tag_ not in {"VB", "VBG"}:
        return False
    if _LEFT_UNDONE.search(verb.doc[max(verb.i - 3, syntax.sentence(verb).start) : verb.i].text):
        return True
    return verb.tag_ == "VBG" and verb.head.lemma_.lower() in {"refrain", "avoid", "stop", "resist"}


def _is_done_by_nobody(verb: Token) -> bool:
    """ "No minister warned Oslo", "Neither Oslo nor Rome threatened", "At no point did Oslo threaten Rome"."""
    subject = syntax.own_subject(verb)
    if subject is None:
        return False
    inverted = any(a.i < subject.i for a in syntax.auxiliaries(verb))
    return syntax.is_negated(subject) or (
        inverted and any(noun.i < verb.i and syntax.is_negated(noun) for _, noun in syntax.prepositions(verb))
    )


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


def _is_in_a_story(verb: Token) -> bool:
    """ "In the last act the king threatens Burgundy": what happens on a stage or in a book is told in the present."""
    present = verb.tag_ in {"VBZ", "VBP"}
    return present and FICTION.search(verb.doc[syntax.sentence(verb).start : verb.i].text.lower()) is not None


def _is_background(verb: Token, attribution: Attribution) -> bool:
    """An old act: "who had earlier warned", "last year warned", "warned in 2019"."""
    relative = verb.dep_ in {"acl:relcl", "relcl", "advcl:relcl"}
    if verb.dep_ == "acl" and verb.tag_ == "VBN" and verb.head.dep_.startswith("nsubj"):
        # "Budapest, long threatened by Brussels with the loss of its funds, signed."
        return True
    perfect = any(a.lower_ in {"had", "'d", "’d"} for a in syntax.auxiliaries(verb))
    if (relative and perfect) or _is_since(verb):
        return True
    if _is_counted_from(verb):
        return True
    if verb.dep_ == "advcl" and verb.i < verb.head.i:
        # "Weeks after Ottawa warned Delhi, …", "Cautioned by Moscow, …": what the news is measured from.
        marks = {c.lower_ for c in verb.children if c.dep_ == "mark"}
        if verb.tag_ == "VBN" or marks & {"after", "since", "before", "until"}:
            return True
    if verb.dep_ in {"acl", "ccomp"} and verb.head.pos_ == "NOUN" and verb.head.lemma_.lower() in RUMOURS:
        return True
    return _retells(attribution) or bool(EARLIER.search(_around_cue(verb, attribution).lower()))


def _is_counted_from(verb: Token) -> bool:
    """ "talks resumed three weeks after Oslo threatened …": a time that has passed since."""
    after = next((c for c in verb.lefts if c.dep_ == "mark" and c.lower_ in {"after", "since"}), None)
    return after is not None and after.i > 0 and after.nbor(-1).lemma_.lower() in _SPANS_OF_TIME


def _retells(attribution: Attribution) -> bool:
    """ "noted that they had previously said that …": what is told is that somebody spoke before."""
    head = attribution.content_head
    if head is None or head.tag_ != "VBN" or not syntax.clauses(head):
        return False
    perfect = any(a.lower_ in {"had", "has", "have"} for a in syntax.auxiliaries(head))
    return perfect and any(c.pos_ == "ADV" and EARLIER.fullmatch(c.lower_) for c in head.lefts)


def _is_since(verb: Token) -> bool:
    """ "Since Monday, when an official warned Riga, …": what has gone on from then is the news."""
    when = next((t for t in verb.lefts if t.lower_ == "when"), None)
    return when is not None and "since" in {
        t.lower_ for t in verb.doc[max(when.i - 4, syntax.sentence(verb).start) : when.i]
    }


def _around_cue(verb: Token, attribution: Attribution) -> str:
    """The narrator's words about the act, where a date tells when it was done: not what is said, not side clauses."""
    sentence = syntax.sentence(verb)
    own = {t.i for t in verb.subtree}
    # Sentence splitters cut off fronted dates: "Last year | Tehran warned …".
    before = verb.doc[sentence.start - 1] if sentence.start > 0 else None
    words = (
        [syntax.sentence(before).text + " "] if before is not None and not (before.is_punct or before.is_space) else []
    )
    said = {i for start, end in attribution.content for i in syntax.places_begun_within(verb.doc, start, end)}
    known: dict[int, bool] = {}
    for token in sentence:
        place = token.i
        if place in said or (place > verb.i and place not in own):
            continue
        if place != verb.i and _is_beside(token, verb, known):
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
