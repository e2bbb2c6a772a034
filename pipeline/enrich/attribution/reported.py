"""What cue frames of the parse report: a clause, an object or a phrase; and acts in quoted words of their own."""

from __future__ import annotations

from pipeline.enrich import syntax
from pipeline.enrich.attribution.clauses import before_takeover, with_beginning
from pipeline.enrich.attribution.field import Field
from pipeline.enrich.attribution.found import Found, attribution_of
from pipeline.enrich.frames import Frame
from pipeline.enrich.quotes import Quotation
from pipeline.records import Kind


def add_reported(field: Field, found: Found) -> None:
    """Indirect speech, or mixed where quoted words stand inside, of every cue that has no quotation."""
    for frame in field.narrated:
        if frame.carrier.i not in found.used_cues and frame.cue.i not in found.used_cues:
            _reported(field, found, frame)


def _reported(field: Field, found: Found, frame: Frame) -> None:
    if not _is_worth(frame):
        return
    content = [s for s in frame.content if not found.covers(s)]
    if frame.content and not content:
        return
    content = [field.within_sentence(field.with_marks(span), frame.cue.idx) for span in content]
    content = [before_takeover(field, with_beginning(field, found, span, frame), frame) for span in content]
    inside = [q for s, e in content for q in field.quotations_in(s, e) if s <= q.start and q.end <= e]
    quoted = any("," not in field.text[s : q.start] for s, _ in content for q in inside)
    if frame.entry.clause and _yields(field, frame):
        return
    if frame.entry.clause and not quoted and not syntax.is_finite_clause(frame.content_head):
        return
    found.used_cues.add(frame.cue.i)
    kind: Kind = "indirect"
    if inside:
        whole = sum(q.end - q.start for q in inside) >= sum(e - s for s, e in content) - 2
        kind = "direct" if whole and _opens_sentence(field, inside[0]) else "mixed"
    found.add(attribution_of(frame, content, kind, inside, frame.content_head))


def _yields(field: Field, frame: Frame) -> bool:
    """ "tried to persuade them that …": the verb that a word of many senses helps reports, and has the words."""
    head = frame.content_head
    if head is None or syntax.own_subject(head) is not None:
        return False
    return any(f.cue == head and f.content and f.entry.speech and not f.entry.clause for f in field.narrated)


def _is_worth(frame: Frame) -> bool:
    """Hearsay without a source ("is expected to") and cues without content say nothing about who said what."""
    act = frame.entry.act
    if act in {"STATE", "PREDICT", "OTHER"}:
        return frame.source is not None and bool(frame.content)
    if frame.source is None and not frame.addressees:
        return False
    return bool(frame.content or frame.addressees or frame.target is not None or frame.is_noun)


def _opens_sentence(field: Field, quotation: Quotation) -> bool:
    inner = quotation.inner(field.text)[0]
    return not field.text[inner : inner + 1].islower()


def add_quoted_acts(field: Field, found: Found) -> None:
    """ "…said that the two premiers “firmly reject …”": an act whose subject the narrator names, quoted itself."""
    for frame in field.frames:
        if not field.quoted[frame.cue.i] or frame.source is None or field.quoted[frame.source.i]:
            continue
        quotation = field.quotation_at(frame.cue.idx)
        if quotation is None or not frame.entry.speech or frame.source.idx > frame.cue.idx:
            continue
        outer = next((a for a in found.attributions if quotation in a.quotations and a.kind == "mixed"), None)
        if outer is None or outer.source == frame.source or outer.frame is None:
            continue
        content = [(quotation.start, quotation.end)]
        act = attribution_of(frame, content, "mixed", [quotation], frame.content_head)
        act.relays = [outer.source] if outer.source is not None else []
        found.add(act)
