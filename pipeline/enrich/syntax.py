"""One small layer between our rules and the parse: Universal Dependencies and ClearNLP labels read alike.

Both schemes are in use among spaCy's English pipelines. They differ in names (`obj`, `dobj`), and in who governs a
prepositional phrase: the noun with `case` under it (UD), or the preposition with `pobj` under it (ClearNLP). Rules
ask the questions below and see no label.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache

from spacy.strings import get_string_id
from spacy.tokens import Doc, Token
from spacy.tokens import Span as TokenSpan

from pipeline.enrich import layout
from pipeline.records import Span

_SUBJECT = frozenset({"nsubj", "csubj", "nsubj:outer", "csubj:outer"})
_PASSIVE_SUBJECT = frozenset({"nsubj:pass", "csubj:pass", "nsubjpass", "csubjpass"})
PASSIVE_NOMINAL_SUBJECTS = frozenset({"nsubj:pass", "nsubjpass"})
NOMINAL_SUBJECTS = PASSIVE_NOMINAL_SUBJECTS | {"nsubj"}
OBJECT = frozenset({"obj", "dobj"})
_PARTICLE = frozenset({"compound:prt", "prt"})
_INDIRECT = frozenset({"iobj", "dative"})
_OBLIQUE = frozenset({"obl", "nmod", "obl:agent", "obl:unmarked", "obl:tmod", "nmod:unmarked", "nmod:desc"})
# What never brings a preposition, and is most of what hangs on words.
_WITHOUT_PREPOSITION = frozenset(
    {"punct", "det", "case", "mark", "cc", "aux", "aux:pass", "auxpass", "cop", "amod", "advmod", "nummod", "compound"}
    | {"flat", "nsubj", "nsubj:pass", "nsubjpass", "obj", "dobj", "iobj", "conj", "appos", "neg"}
)
_POSSESSOR = frozenset({"nmod:poss", "poss"})
RELATIVE = frozenset({"acl:relcl", "relcl", "advcl:relcl"})
_PASSIVE_AUX = frozenset({"aux:pass", "auxpass"})
_ANY_SUBJECT = _SUBJECT | _PASSIVE_SUBJECT
_MARKS_PASSIVE = _PASSIVE_AUX | _PASSIVE_SUBJECT
_MARKS_ACTIVE = OBJECT | _SUBJECT | {"aux"}
_AUXILIARIES = _PASSIVE_AUX | {"aux", "cop"}
_GOVERNED_NOUN = frozenset({"pobj"})
NOUNS = frozenset({"NOUN", "PROPN"})
NOMINALS = NOUNS | {"PRON"}
TENSED = frozenset({"VBD", "VBZ", "VBP"})
FINITE = TENSED | {"MD"}
FUTURE = frozenset({"will", "shall", "'ll", "’ll", "wo"})
POSSIBLE = frozenset({"may", "might", "could", "can"})
_JOINED = frozenset({"conj", "flat"})
_CLAUSE = frozenset({"ccomp", "xcomp"})
_NAME_PART = frozenset({"flat", "flat:name", "compound", "nn", "nmod:desc"})
_AROUND_PHRASE = frozenset({"case", "mark", "punct", "cc", "cc:preconj", "preconj", "advmod"})
_NEGATIONS = frozenset({"not", "n't", "n’t", "never", "no", "neither", "nor", "hardly"})
_NEGATING = frozenset({"neg", "advmod", "det", "cc:preconj", "preconj", "aux"})
# A clause that one of these introduces is what the object of the verb does, or is not to do: "accused X of …".
_OBJECT_DOES = frozenset({"of", "against", "for", "from", "into"})
_SUPPORTING = frozenset({"make", "have", "take"})
_MANNERS = frozenset(
    {"term", "word", "language", "tone", "manner", "way", "letter", "note", "message", "call", "phone"}
)
_RELATIVE_WORDS = frozenset({"who", "which", "that", "whom"})


def text_of(doc: Doc) -> str:
    """`doc.text`, built once: spaCy joins all tokens anew at every call."""
    text = doc.user_data.get("demarche_text")
    if text is None:
        text = doc.user_data["demarche_text"] = doc.text
    return str(text)


def text_span(start: Token, end: Token) -> Span:
    """Character range from the start of one token to the end of another."""
    return start.idx, end.idx + len(end)


def subtree_span(token: Token) -> Span:
    """Character range of a token with all that hangs on it."""
    return text_span(token.left_edge, token.right_edge)


def children(token: Token, labels: frozenset[str]) -> list[Token]:
    if is_leaf(token):
        return []
    doc, wanted = token.doc, _ids(labels)
    return [doc[place] for place, label in layout.dependents(doc)[token.i] if label in wanted]


def is_leaf(token: Token) -> bool:
    """Whether nothing hangs on a token: two numbers tell, where asking for its children makes objects."""
    return not (token.n_lefts or token.n_rights)


@cache
def _ids(labels: frozenset[str]) -> frozenset[int]:
    """The numbers that spaCy has for labels, the same in every vocabulary: they compare without making strings."""
    return frozenset(get_string_id(label) for label in labels)


def is_passive(verb: Token) -> bool:
    if children(verb, _MARKS_PASSIVE):
        return True
    # "remarks made by", "Warned twice, Tripoli …": a participle without auxiliary or object.
    bare = verb.tag_ == "VBN" and not children(verb, _MARKS_ACTIVE)
    return bare and (verb.dep_ in {"acl", "advcl"} or (verb.dep_ == "conj" and is_passive(verb.head)))


def own_subject(verb: Token) -> Token | None:
    """The subject that stands at the verb itself, active or passive.

    Of two the nearer one before the verb: parsers give "Pyongyang, she warned, must not …" both.
    """
    found = children(verb, _ANY_SUBJECT)
    before = [t for t in found if t.i < verb.i]
    return before[-1] if before else found[0] if found else None


def subject(verb: Token) -> Token | None:
    """The understood subject: the verb's own or shared one, its controller, or what a relative clause describes."""
    seen = 0
    current = verb
    while seen < 6:
        seen += 1
        own = own_subject(current)
        if own is not None:
            if own.lower_ in _RELATIVE_WORDS and current.dep_ in RELATIVE:
                return current.head
            return own
        preposition = _introducing(current)
        if preposition is not None:
            current = current.head.head if current.dep_ == "pcomp" else current.head
            if current.pos_ in NOUNS and own_subject(current) is None:
                if current.dep_ in OBJECT and current.head.lemma_ in _SUPPORTING:
                    # "made a point of saying": the noun is part of what the verb does.
                    current = current.head
                    continue
                return None
            acting = objects(current) or indirect_objects(current) if preposition in _OBJECT_DOES else []
            if acting and acting[0].i < verb.i:
                return acting[0]
            continue
        if current.dep_ in RELATIVE or (current.dep_ == "acl" and current.tag_ in {"VBG", "VBN", "VB"}):
            return current.head
        if _shown_doing(current) or is_fronted_participle(current):
            return own_subject(current.head)
        if current.dep_ in _CLAUSE and current.dep_ != "ccomp":
            controller = sorted(objects(current.head) + indirect_objects(current.head), key=lambda t: t.i)
            if controller and controller[0].i < current.i and current.tag_ == "VB":
                return controller[0]
            current = current.head
        elif current.dep_ in {"conj", "advcl", "parataxis"} and current.head.pos_ in {"VERB", "AUX", "ADJ", "NOUN"}:
            current = current.head
        else:
            return None
    return None


def _shown_doing(clause: Token) -> bool:
    """ "was shown warning Paris": who is seen does it, whichever complement the parser calls the clause."""
    return clause.dep_ in _CLAUSE and clause.tag_ == "VBG" and is_passive(clause.head) and not list(clause.lefts)


def is_fronted_participle(clause: Token) -> bool:
    """ "Warning Riga that …, Oslo said it would …": whoever says does it, whichever complement the parser calls it."""
    alone = clause.dep_ in _CLAUSE and clause.tag_ == "VBG" and own_subject(clause) is None
    saying = own_subject(clause.head)
    return (
        alone
        and clause.left_edge.i == clause.i == sentence(clause).start
        and saying is not None
        and saying.i > clause.i
    )


def _introducing(clause: Token) -> str | None:
    """The preposition that governs a clause without a subject: "accused of hiding", "by saying"."""
    if clause.dep_ == "pcomp":
        return clause.head.lower_
    if clause.tag_ != "VBG" or clause.dep_ not in _CLAUSE | {"advcl", "acl"} or own_subject(clause) is not None:
        return None
    mark = next((c.lower_ for c in clause.lefts if c.dep_ in {"mark", "case"} and c.tag_ == "IN"), None)
    # Parsers waver between complement and adverbial: only a plain preposition tells that a complement is none.
    return mark if clause.dep_ not in _CLAUSE or mark in _OBJECT_DOES else None


def agent(verb: Token) -> Token | None:
    """Who does it in a passive: "was warned by Brussels"."""
    for preposition, noun in prepositions(verb):
        if preposition == "by":
            return noun
    for _, noun in prepositions(verb):
        if noun.lemma_.lower() in _MANNERS or noun.ent_type_ in {"DATE", "TIME"}:
            # "were told in no uncertain terms by Ankara": parsers hang who does it on the noun beside it.
            doer = next((who for preposition, who in prepositions(noun) if preposition == "by"), None)
            if doer is not None:
                return doer
    return None


def objects(verb: Token) -> list[Token]:
    """Direct objects; a second subject behind the verb is one too, as no parser means "X told Y" with two subjects."""
    found = children(verb, OBJECT)
    own = children(verb, _SUBJECT)
    if not found and len(own) == 2 and own[0].i < verb.i < own[1].i:
        return [own[1]]
    if not found and (particle := _particle(verb)) is not None:
        # "shrugged off the threat": nothing but the particle stands between, whatever the parser calls it.
        return [c for c in verb.rights if c.dep_ == "obl" and c.left_edge.i == particle.i + 1 and not _has_case(c)]
    return found


def _particle(verb: Token) -> Token | None:
    """ "shrugged off", "waved aside": the particle, or the adverb that stands in its place."""
    behind = (c for c in verb.rights if c.dep_ in _PARTICLE or (c.dep_ == "advmod" and c.i == verb.i + 1))
    return next(behind, None)


def _has_case(noun: Token) -> bool:
    return any(c.dep_ == "case" and c.i < noun.i for c in noun.children)


def indirect_objects(verb: Token) -> list[Token]:
    return [t for t in children(verb, _INDIRECT) if not children(t, _GOVERNED_NOUN)]


def prepositions(token: Token) -> list[tuple[str, Token]]:
    """Prepositional phrases at a token, in text order: (preposition in lower case, head of what follows it).

    A preposition that governs a clause ("accused of hiding") counts, under either scheme.
    """
    found: list[tuple[str, Token]] = []
    if is_leaf(token):
        return found
    doc, bare = token.doc, _ids(_WITHOUT_PREPOSITION)
    for child in (doc[place] for place, label in layout.dependents(doc)[token.i] if label not in bare):
        if child.dep_ in {"prep", "agent", "dative"} and child.pos_ in {"ADP", "SCONJ", "PART", "VERB"}:
            found.extend(_governed(child))
        elif (
            child.dep_ in _OBLIQUE
            or child.dep_.startswith(("obl:", "nmod:"))
            or _is_adverbial(child)
            or (child.dep_ == "xcomp" and child.pos_ == "NOUN")  # "put Oslo on notice"
        ):
            # "from Addis Ababa": parsers hang the preposition on the first part of a name as well.
            parts = [child, *(part for part in name_parts(child) if part.i < child.i)]
            marks = [c for part in parts for c in part.children if c.dep_ in {"case", "mark"} and c.i < part.i]
            if marks and not (marks[0].lower_ == "to" and _is_adverbial(child)):
                found.append((_whole_preposition(marks[0]), child))
    return found


def _is_adverbial(clause: Token) -> bool:
    return clause.dep_ in {"advcl", "acl"} or (clause.dep_ in _CLAUSE and _introducing(clause) is not None)


def _governed(preposition: Token) -> list[tuple[str, Token]]:
    """What a preposition above its noun governs (ClearNLP), with its other words: "because of", "according to"."""
    name = preposition.lower_
    found: list[tuple[str, Token]] = []
    for child in preposition.rights:
        if child.dep_ in {"pcomp", "prep"} and child.pos_ == "ADP" and child.i == preposition.i + 1:
            name = f"{name} {child.lower_}"
            found.extend((name, noun) for _, noun in _governed(child))
        elif child.dep_ in {"pobj", "pcomp"}:
            found.append((name, child))
    return found


def phrase(head: Token) -> list[Token]:
    """All tokens of a phrase with its preposition, which is above the head in one scheme and below in the other."""
    return list((head.head if head.dep_ in {"pobj", "pcomp"} else head).subtree)


def _whole_preposition(mark: Token) -> str:
    fixed = [c.lower_ for c in mark.children if c.dep_ in {"fixed", "mwe"}]
    return " ".join([mark.lower_, *fixed])


def clauses(verb: Token) -> list[Token]:
    """Heads of the clausal complements, finite or not, in text order."""
    return [c for c in children(verb, _CLAUSE) if _introducing(c) is None]


def is_finite_clause(head: Token | None) -> bool:
    """Whether a token heads a clause with a subject of its own and a verb in a tense."""
    if head is None or own_subject(head) is None:
        return False
    return any(t.tag_ in FINITE for t in [head, *auxiliaries(head)])


def tense(verb: Token) -> str:
    """The tag of the form that has the tense: of "is telling" that of the auxiliary."""
    tensed = [t.tag_ for t in auxiliaries(verb) if t.tag_ in TENSED]
    return tensed[0] if tensed else verb.tag_


def predicating(word: Token) -> Token | None:
    """The verb that says a word of somebody: the copula, under the word or above it; or "make" of "made it clear"."""
    copula = next((c for c in word.children if c.dep_ == "cop"), None)
    if copula is not None:
        return copula
    above = word.head.head if word.dep_ == "pobj" and word.head.dep_ == "prep" else word.head
    if word.dep_ in {"acomp", "attr", "pobj"} and above.lemma_ == "be":
        return above
    made = word.dep_ in {"xcomp", "acomp", "oprd", "ccomp", "advmod"} and above.lemma_ == "make" and above.i < word.i
    return above if made else None


def is_infinitive(clause: Token) -> bool:
    return any(c.lower_ == "to" and c.dep_ in {"mark", "aux"} for c in clause.children)


def possessor(noun: Token) -> Token | None:
    found = children(noun, _POSSESSOR)
    return found[0] if found else None


def conjuncts(token: Token) -> list[Token]:
    """The token and what is coordinated with it, in text order."""
    found = [token]
    for child in children(token, _JOINED):
        if child.dep_ == "conj" and child.pos_ not in {"VERB", "AUX"}:
            found.extend(conjuncts(child))
        elif child.dep_ == "flat":
            # "Port Louis and London" where the parser hangs London on Louis.
            found.extend(conjuncts(child)[1:])
    return sorted(found, key=lambda t: t.i)


def appositions(noun: Token) -> list[Token]:
    return children(noun, frozenset({"appos"}))


def name_parts(noun: Token) -> list[Token]:
    return children(noun, _NAME_PART)


def is_name_part(noun: Token) -> bool:
    """Whether a noun only goes with another: "defence" in "defence minister"."""
    return noun.dep_ in _NAME_PART


def auxiliaries(verb: Token) -> list[Token]:
    return children(verb, _AUXILIARIES)


def is_negated(verb: Token) -> bool:
    """Negation at the word itself; "no" as determiner counts for nouns."""
    return any(child.i < verb.i and child.lower_ in _NEGATIONS for child in children(verb, _NEGATING))


def noun_phrase(head: Token) -> Span:
    """A noun phrase with its modifiers and relative clauses, without punctuation and prepositions at its edges."""
    members = [t for t in head.subtree if not (t.dep_ in {"parataxis"} and t != head)]
    first, last = members[0], members[-1]
    while last.i > head.i and (last.is_punct or last.is_space) and last.text not in {")", "”", '"', "’"}:
        last = last.nbor(-1)
    while first.i < head.i and (
        first.is_space or first.text in {",", "-", "–", "—", ":", ";"} or first.dep_ in {"case", "mark", "fixed", "mwe"}
    ):
        first = first.nbor(1)
    return text_span(first, last)


def core_phrase(head: Token) -> Span:
    """The noun phrase up to its head or name: no relative clause, apposition or prepositional phrase."""
    last = head
    for child in head.rights:
        if child.dep_ in _NAME_PART and child.i == last.i + 1:
            last = child.right_edge
    first = next((child.left_edge for child in head.lefts if child.dep_ not in _AROUND_PHRASE), head)
    return text_span(first, last)


def ancestors_until_root(token: Token) -> Iterator[Token]:
    """The token's governors, nearest first."""
    current = token
    for _ in range(len(token.doc)):
        if current.head.i == current.i:
            return
        current = current.head
        yield current


def token_at(doc: Doc, char: int) -> Token | None:
    """The token that covers a character, or the first one after it."""
    place = _place_at(doc, char)
    return doc[place] if place < len(doc) else None


def tokens_within(doc: Doc, start: int, end: int) -> list[Token]:
    """The tokens that cover a range of characters, with what begins in it."""
    return [doc[place] for place in range(_place_at(doc, start), bisect_left(layout.starts(doc), end))]


def places_begun_within(doc: Doc, start: int, end: int) -> range:
    """The places of the tokens that begin in a range of characters."""
    starts = layout.starts(doc)
    return range(bisect_left(starts, start), bisect_left(starts, end))


def sentence(token: Token) -> TokenSpan:
    """`token.sent`, which looks for the ends of the sentence anew at every call."""
    return TokenSpan(token.doc, *layout.sentences(token.doc)[token.i])


def _place_at(doc: Doc, char: int) -> int:
    place = bisect_right(layout.starts(doc), char) - 1
    return place if place >= 0 and doc[place].idx + len(doc[place]) > char else place + 1
