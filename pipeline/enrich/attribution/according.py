""" "According to X", "as reported by X", "as X put it": what the rest of its sentence says is X's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from spacy.tokens import Span as SentenceSpan
from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.attribution.field import Field
from pipeline.enrich.attribution.found import Attribution, Found
from pipeline.enrich.cues import NEUTRAL
from pipeline.enrich.frames import Frame
from pipeline.enrich.text import trimmed
from pipeline.records import Span

_CREDITING = re.compile(r"\b(?:[Aa]ccording|[Aa]s|[Ii]n(?= (?:[\w.’'-]+ ){1,6}words\b))\b")
# What a clause with "as" reports by, and does not only tell when: not "as he spoke".
_SAYING = frozenset(
    {"put", "say", "explain", "note", "report", "describe", "observe", "acknowledge", "argue", "write", "state"}
)


@dataclass(frozen=True)
class _Credit:
    """Words that give a sentence to somebody: "according to X", "as reported by X", "as X put it"."""

    start: Token
    """Where they begin: with the cue, or with the conjunction before it."""
    cue: Token
    end: Token
    """The last word of the cue."""
    source: Token


def add_according_to(field: Field, found: Found) -> None:
    """Every "according to X" and its like: a statement of X's, or X as relay of one that its sentence has already."""
    by_sentence: dict[int, list[Attribution]] = {}
    for attribution in found.attributions:
        if attribution.frame is not None:
            by_sentence.setdefault(syntax.sentence(attribution.frame.cue).start, []).append(attribution)
    for match in _CREDITING.finditer(field.text):
        token = syntax.token_at(field.doc, match.start())
        if token is None or token.idx != match.start() or field.quoted[token.i] or field.part_of(token.idx) is None:
            continue
        credit = _credit(field, found, token)
        if credit is not None:
            _add_according(field, found, credit, by_sentence.get(syntax.sentence(token).start, []))


def _credit(field: Field, found: Found, token: Token) -> _Credit | None:
    if token.i + 2 >= len(field.doc):
        return None
    following = token.nbor(1)
    if token.lower_ == "in":
        return _in_words_of(token)
    if token.lower_ == "according":
        source = _governed(token) if following.lower_ == "to" else None
        return _Credit(token, token, following, source) if source is not None else None
    if following.tag_ == "VBN" and token.nbor(2).lower_ == "by" and _reports(field, following):
        source = syntax.agent(following)
        return _Credit(token, token, token.nbor(2), source) if source is not None else None
    inside = any(start <= token.idx < end for a in found.attributions for start, end in a.content)
    return None if inside else _by_clause(field, found, token)


def _in_words_of(token: Token) -> _Credit | None:
    """ "In the words of the minister, …", "…, in Oslo's words, …"."""
    words = next((t for t in token.doc[token.i + 1 : token.i + 9] if t.lower_ == "words"), None)
    if words is None:
        return None
    owner = syntax.possessor(words)
    if owner is not None:
        return _Credit(token, token, words, owner)
    of = next((who for word, who in syntax.prepositions(words) if word == "of"), None)
    return _Credit(token, token, words.nbor(1), of) if of is not None and words.i + 2 < len(token.doc) else None


def _reports(field: Field, verb: Token) -> bool:
    entry = field.cues.of(verb)
    return entry is not None and entry.act == "STATE" and entry.speech and not entry.clause


def _by_clause(field: Field, found: Found, token: Token) -> _Credit | None:
    """ "The quay, as she explained, was built on sand": a clause beside the words, whose verb has none of its own."""
    if token.i > syntax.sentence(token).start and token.nbor(-1).text not in {",", "”", '"'}:
        return None
    end = field.text.find(",", token.idx, syntax.sentence(token).end_char)
    limit = end if end >= 0 else syntax.sentence(token).end_char
    for frame in field.frames_in((token.idx, limit)):
        source, verb = frame.source, frame.cue
        if verb.lemma_.lower() not in _SAYING or verb.tag_ not in syntax.TENSED or source is None or source.i < token.i:
            continue
        said = " ".join(field.text[slice(*span)] for span in frame.content)
        known = found.of_frame(frame)
        if said in {"", "it"} and (known is None or not known.quotations):
            if known is not None:
                # "It" stands for the words beside the clause.
                found.attributions.remove(known)
            following = field.doc[verb.i + 1 : verb.i + 2]
            last = following[0] if following.text == "it" else verb
            return _Credit(token, verb, last, source) if last.idx + len(last) >= limit - 25 else None
    return None


def _add_according(field: Field, found: Found, credit: _Credit, beside: list[Attribution]) -> None:
    """One of them; `beside` are the attributions whose cue stands in its sentence."""
    token, source = credit.cue, credit.source
    cue = syntax.text_span(token, credit.end)
    phrase = _credited(field, source)
    first, last = min(credit.start.idx, phrase[0]), max(cue[1], phrase[1])
    spans = _both_sides(field, syntax.sentence(token), (first, last))
    spoken = next((a for a in beside if _is_spoken(a, syntax.sentence(token).root)), None)
    if spoken is not None:
        spoken.relays.append(source)
    for other in beside:
        # What "according to X" hands to X is not part of an inner statement's words.
        other.content = [
            s if not s[0] < first < s[1] else trimmed(field.text, s[0], first, " ,;") for s in other.content
        ]
    if not spans or (spoken is not None and spoken.kind == "direct"):
        return
    inside = [q for s, e in spans for q in field.quotations_in(s, e) if s <= q.start and q.end <= e + 1]
    if len(spans) == 2 and spans[0][1] - spans[0][0] < 12 and " " not in field.text[slice(*spans[0])]:
        spans = spans[1:]
    frame = Frame(cue=token, entry=NEUTRAL, carrier=token, source=source, content=spans)
    found.add(
        Attribution(
            content=spans,
            kind="mixed" if inside else "indirect",
            frame=frame,
            source=source,
            cue=cue,
            closed=all(q.closed for q in inside),
            quotations=inside,
            content_head=syntax.sentence(token).root,
        )
    )


def _credited(field: Field, source: Token) -> Span:
    """Who is credited; not what follows a comma where the sentence has no subject but in there.

    "According to the Herald, Professor Brandt, head of the panel, left": parsers take him for the Herald's apposition.
    """
    start, end = syntax.noun_phrase(source)
    root = syntax.sentence(source).root
    subject = syntax.own_subject(root)
    comma = field.text.find(",", source.idx, end)
    if comma < 0 or root.pos_ != "VERB" or (subject is not None and not start <= subject.idx < end):
        return start, end
    return start, comma


def _both_sides(field: Field, sentence: SentenceSpan, phrase: Span) -> list[Span]:
    """What a sentence says before and after "according to X"."""
    start, end = field.within_sentence((sentence.start_char, sentence.end_char), phrase[0])
    sides = [(start, phrase[0]), (phrase[1], end)]
    spans = [trimmed(field.text, start, end, " ,.;:\n\t") for start, end in sides]
    return [field.with_marks(span) for span in spans if span[1] - span[0] > 2]


def _is_spoken(attribution: Attribution, root: Token) -> bool:
    """Whether somebody says the sentence itself, by a verb that is its root or stands beside it."""
    frame = attribution.frame
    if frame is None or not frame.entry.speech or frame.is_noun:
        return False
    cue = frame.carrier
    return cue.i == root.i or (cue.dep_ in {"parataxis", "conj"} and cue.head.i == root.i)


def _governed(according: Token) -> Token | None:
    """The head noun of "according to X" under either label scheme."""
    if according.dep_ in {"case", "mark"}:
        return according.head
    after = according.doc[according.i + 1]
    for token in (after, according):
        for child in token.children:
            if child.dep_ in {"pobj", "obl", "nmod"} and child.i > after.i:
                return child
    return None
