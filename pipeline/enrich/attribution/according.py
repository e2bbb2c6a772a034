""" "According to X": what the rest of its sentence says is X's."""

from __future__ import annotations

from spacy.tokens import Span as SentenceSpan
from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.attribution.field import Field
from pipeline.enrich.attribution.found import Attribution, Found
from pipeline.enrich.cues import NEUTRAL
from pipeline.enrich.frames import Frame
from pipeline.enrich.text import trimmed
from pipeline.records import Span


def add_according_to(field: Field, found: Found) -> None:
    """Every "according to X": a statement of X's, or X as relay of one that its sentence has already."""
    by_sentence: dict[int, list[Attribution]] = {}
    for attribution in found.attributions:
        if attribution.frame is not None:
            by_sentence.setdefault(attribution.frame.cue.sent.start, []).append(attribution)
    for token in field.doc[: max(len(field.doc) - 2, 0)]:
        if token.lower_ != "according" or field.doc[token.i + 1].lower_ != "to" or field.quoted[token.i]:
            continue
        source = None if field.part_of(token.idx) is None else _governed(token)
        if source is not None:
            _add_according(field, found, token, source, by_sentence.get(token.sent.start, []))


def _add_according(field: Field, found: Found, token: Token, source: Token, beside: list[Attribution]) -> None:
    """One "according to"; `beside` are the attributions whose cue stands in its sentence."""
    cue = syntax.text_span(token, field.doc[token.i + 1])
    phrase = syntax.noun_phrase(source)
    first, last = min(cue[0], phrase[0]), max(cue[1], phrase[1])
    spans = _both_sides(field, token.sent, (first, last))
    spoken = next((a for a in beside if _is_spoken(a, token.sent.root)), None)
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
            content_head=token.sent.root,
        )
    )


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
