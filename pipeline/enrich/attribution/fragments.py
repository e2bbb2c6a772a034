"""Whether quoted words beside a cue are a fragment of a clause of the narrator's, not a sentence of their own."""

from __future__ import annotations

import re

from pipeline.enrich import syntax
from pipeline.enrich.attribution.clauses import has_clause_between, takes_over
from pipeline.enrich.attribution.field import Field
from pipeline.enrich.frames import Frame
from pipeline.enrich.quotes import Quotation
from pipeline.records import Span

_CLAUSE_BEGINS = re.compile(r"(?:But|And|So|Because|If|Unless) ")
_CONTINUES = re.compile(r" (?P<word>[a-z]+)\b")
_CLAUSE_GOES_ON = frozenset(
    {"because", "despite", "if", "unless", "until", "that", "which", "who", "where", "how", "what", "of", "to", "for",
     "about", "with", "against", "from", "the", "a", "an", "towards", "between", "over", "among", "into", "than"}
)  # fmt: skip


def is_integrated(field: Field, quotation: Quotation, before: Span, frame: Frame) -> bool:
    """The quoted words are part of a clause of the narrator's, not a sentence of their own."""
    inner = quotation.inner(field.text)[0]
    starts_low = field.text[inner : inner + 1].islower()
    if before[0] >= before[1]:
        return False
    last = field.text[before[1] - 1]
    if frame.cue.idx < quotation.start and has_clause_between(field, frame, quotation):
        return True
    if last in ":":
        return False
    if frame.cue.idx >= quotation.end:
        return not (last in ",.?!" and not starts_low) or bool(_CLAUSE_BEGINS.match(field.text, before[0]))
    if last == ",":
        return follows_that(field, frame, before)
    gap = field.text[frame.cue.idx + len(frame.cue) : quotation.start]
    if not gap.strip(" ,"):
        return starts_low and frame.entry.object != "content"
    return True


def follows_that(field: Field, frame: Frame, before: Span) -> bool:
    """ "told them that after ten years, “it is time”": a conjunction right behind the cue begins a clause."""
    start = frame.cue.idx + len(frame.cue)
    for who in frame.addressees if frame.entry.object == "addressee" else ():
        if start <= who.idx < before[1]:
            start = syntax.noun_phrase(who)[1]
    return field.text.startswith(" that ", start)


def is_begun(field: Field, quotation: Quotation, before: Span, frame: Frame) -> bool:
    """ "says “the wind is with us” despite her loss", "said “pilots on shore” must steer": the clause goes on in words
    of the narrator's."""
    if frame.cue.idx >= quotation.start:
        return False
    if field.leads_in(before) and not field.text[: before[1]].endswith("that,"):
        return False
    if field.text[quotation.inner(field.text)[1] - 1 : quotation.end].strip("”’\"'»")[:1] in set(",.?!"):
        return False
    following = _CONTINUES.match(field.text, quotation.end)
    if following is None:
        return False
    if _has_verb_after(field, quotation, frame) or _is_object_with_more(field, quotation, frame):
        return True
    token = syntax.token_at(field.doc, following.start("word"))
    return token is not None and (
        token.lower_ in _CLAUSE_GOES_ON or (token.pos_ == "AUX" and token.tag_ in syntax.FINITE)
    )


def _has_verb_after(field: Field, quotation: Quotation, frame: Frame) -> bool:
    """ "suggesting “panic” over fines had begun": the verb of what is reported comes after the quotation."""
    head = frame.content_head
    return (
        head is not None
        and head.idx >= quotation.end
        and head.pos_ in {"VERB", "AUX", "ADJ"}
        and any(s <= quotation.inner(field.text)[0] and head.idx < e for s, e in frame.content)
    )


def _is_object_with_more(field: Field, quotation: Quotation, frame: Frame) -> bool:
    """ "noted “some tension” in the region": a noun whose own phrase goes on after the mark."""
    head = frame.content_head
    return (
        head is not None
        and head.pos_ in syntax.NOUNS
        and quotation.start <= head.idx < quotation.end
        and any(s <= quotation.inner(field.text)[0] and quotation.end + 2 < e for s, e in frame.content)
        and not takes_over(field, quotation.end)
    )
