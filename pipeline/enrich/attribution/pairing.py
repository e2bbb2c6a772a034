"""Quotations beside a cue: "…," X said; X said: "…"; X called it "…".

Quotation marks say surely that words are somebody's; who says them is read from the narrator's words around them, even
where a parser is confused by what is quoted.
"""

from __future__ import annotations

import re

from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.attribution import clauses
from pipeline.enrich.attribution.field import Field
from pipeline.enrich.attribution.found import Found, attribution_of
from pipeline.enrich.attribution.fragments import is_begun, is_integrated
from pipeline.enrich.cues import NEUTRAL
from pipeline.enrich.frames import Frame
from pipeline.enrich.quotes import Quotation
from pipeline.records import Kind, Span

_MAX_CUE_DISTANCE = 45
_MAX_TITLE_WORDS = 6
_NAME_PARTS = frozenset({"flat", "flat:name", "compound", "nn", "nmod:desc", "nmod:poss", "poss"})
_WORD = re.compile(r"\w+")
_COLON_SPEAKER = re.compile(r"^[^:.!?]{2,80}:\s*$")


def pair_quotations(field: Field, found: Found) -> None:
    """Give each quotation to the cue beside it, where there is one."""
    for quotation in field.quotations:
        if not found.has(quotation):
            _pair(field, found, quotation)


def _pair(field: Field, found: Found, quotation: Quotation) -> None:
    before, after = field.narration_around(quotation)
    frame = None if _is_title(field, quotation, before) else _cue_after(field, quotation, after)
    if (
        frame is not None
        and field.is_part_of_clause(before)
        and (not _closes_clause(field, frame, quotation) or _is_fronted(field, before))
    ):
        frame = None
    if frame is None or field.leads_in(before) or _runs_on(field, quotation, after):
        frame = _cue_before(field, found, quotation, before) or frame
    if frame is None:
        return
    if is_integrated(field, quotation, before, frame) or is_begun(field, quotation, before, frame):
        _mixed(field, found, quotation, before, frame)
        return
    _direct(field, found, quotation, frame)


def _is_title(field: Field, quotation: Quotation, before: Span) -> bool:
    """ "star of the show “Harbour Lights,”": a name in marks, in the middle of the narrator's words."""
    if not field.is_part_of_clause(before):
        return False
    words = _WORD.findall(field.text[slice(*quotation.inner(field.text))])
    long = [word for word in words if len(word) > 3]
    return len(long) > 0 and len(words) <= _MAX_TITLE_WORDS and all(not word[0].islower() for word in long)


def _is_fronted(field: Field, before: Span) -> bool:
    """ "While she said it was “over,” her party …", "Remarking on its “charm,” she …": a cue of its own has it."""
    return any(
        f.source is not None and not f.is_noun and clauses.precedes_main_clause(f.carrier)
        for f in field.frames_in(before)
    )


def _closes_clause(field: Field, frame: Frame, quotation: Quotation) -> bool:
    """ "Taxes would be “unfair,” she said": a finite cue whose source follows at once, in either order."""
    if frame.source is None or frame.cue.tag_ not in syntax.TENSED:
        return False
    first = frame.cue.idx
    if frame.source.idx >= quotation.end:
        first = min(first, syntax.noun_phrase(frame.source)[0])
    return not field.text[quotation.end : first].strip(" ,–—-")


def _cue_after(field: Field, quotation: Quotation, after: Span) -> Frame | None:
    """ "…," X said / said X: the first cue of the narrator's sentence after the quotation, near its end."""
    if not _can_go_on(field, quotation, after):
        return None
    for frame in field.frames_in(after):
        if frame.cue.idx - quotation.end > _MAX_CUE_DISTANCE * 2:
            return None
        if frame.is_noun or not (frame.entry.speech or _closes_clause(field, frame, quotation)):
            continue
        source = frame.source
        if source is None or (source.idx < quotation.start and not _runs_on(field, quotation, after)):
            source = _beside(field, frame.cue, after) or source
        if source is None:
            continue
        if frame.cue.i > 0 and _between_is_clause(field, quotation.end, frame, source):
            return None
        if source.idx >= quotation.end or source.idx < quotation.start:
            frame.source = source
            return frame
    return None


def _can_go_on(field: Field, quotation: Quotation, after: Span) -> bool:
    """Whether the marks and stops at the end of a quotation leave it open to a cue after it."""
    if after[0] >= after[1]:
        return False
    inner_end = quotation.inner(field.text)[1]
    last = field.text[inner_end - 1 : inner_end]
    follows = field.text[after[0]]
    if last == "." and quotation.closed and not field.text[inner_end - 2 : inner_end].isupper():
        return False
    if follows in ".;:":
        return False
    return last in ",?!…—–" or follows in ",–—" or follows.islower() or last.isalnum()


def _beside(field: Field, cue: Token, span: Span) -> Token | None:
    """The nearest nominal beside a cue after a quotation: parsers that trip over the quotation lose the subject."""
    for distance in range(1, 8):
        for index in (cue.i - distance, cue.i + distance):
            if not 0 <= index < len(field.doc):
                continue
            token = field.doc[index]
            if span[0] <= token.idx < span[1] and token.pos_ in syntax.NOMINALS and token.ent_type_ != "DATE":
                head = _head_within(token, span)
                return head if head.pos_ in syntax.NOMINALS else None
    return None


def _head_within(token: Token, span: Span) -> Token:
    """The head of a name or a compound, as far as it stands in the span."""
    while token.dep_ in _NAME_PARTS and span[0] <= token.head.idx < span[1]:
        token = token.head
    return token


def _between_is_clause(field: Field, start: int, frame: Frame, source: Token) -> bool:
    """Another finite verb before the cue and its source: the quotation belongs to that one."""
    limit = min(frame.cue.idx, source.idx if source.idx >= start else frame.cue.idx)
    span = field.doc.char_span(start, limit, alignment_mode="contract")
    return span is not None and any(t.pos_ == "VERB" and t.tag_ in syntax.TENSED for t in span)


def _runs_on(field: Field, quotation: Quotation, after: Span) -> bool:
    """The narrator's sentence goes on after the quoted words, without a comma that would hand it to a cue."""
    last = field.text[quotation.inner(field.text)[1] - 1]
    return last not in ",?!" and after[0] < after[1] and field.text[after[0]].islower()


def _cue_before(field: Field, found: Found, quotation: Quotation, before: Span) -> Frame | None:
    """X said: "…": the last cue of the narrator's words before the quotation."""
    if before[0] >= before[1]:
        return None
    for frame in reversed(field.frames_in(before)):
        if frame.source is None and not frame.addressees:
            continue
        if quotation.start - frame.cue.idx > _MAX_CUE_DISTANCE * 4:
            return None
        if frame.entry.clause and not _reports_quoted(field, frame, quotation):
            continue
        if frame.cue.i in found.used_cues and not field.leads_in(before):
            continue
        if not frame.is_noun or not is_integrated(field, quotation, before, frame):
            return _outer(field, frame, quotation, before)
    return _colon(field, before)


def _outer(field: Field, frame: Frame, quotation: Quotation, before: Span) -> Frame:
    """ "says she knows that it is “over”": of cues in one another's clauses the first has the words."""
    if (frame.entry.speech and not frame.entry.clause) or not field.is_part_of_clause(before):
        return frame
    for outer in field.frames_in((before[0], frame.cue.idx)):
        has_both = any(start <= frame.cue.idx and quotation.start < end for start, end in outer.content)
        if (
            has_both
            and outer.entry.speech
            and not outer.entry.clause
            and not outer.is_noun
            and outer.source is not None
        ):
            return outer
    return frame


def _reports_quoted(field: Field, frame: Frame, quotation: Quotation) -> bool:
    """Whether the words after a cue of many senses run into the quotation, or a clause of its own does."""
    gap = field.text[frame.cue.idx + len(frame.cue) : quotation.start].rstrip(" ,")
    return "," not in gap or clauses.has_clause_between(field, frame, quotation)


def _colon(field: Field, before: Span) -> Frame | None:
    """ "Quake survivors: ‘We dug …’": the words before a colon are the source when no verb is there."""
    if not _COLON_SPEAKER.match(field.text[before[0] : before[1]] + " "):
        return None
    tokens = field.doc.char_span(*before, alignment_mode="contract")
    if tokens is None or any(t.pos_ in {"VERB", "AUX"} for t in tokens):
        return None
    nouns = [t for t in tokens if t.pos_ in syntax.NOUNS]
    colon = tokens[-1]
    head = tokens.root
    told = [who for word, who in syntax.prepositions(head) if word == "to" and who in nouns]
    if head in nouns and told and told[0] == nouns[-1]:
        # "Saleh, the rebels' spokesman, to Riyadh: …"
        return Frame(cue=colon, entry=NEUTRAL, carrier=colon, source=head, addressees=told)
    return Frame(cue=colon, entry=NEUTRAL, carrier=colon, source=nouns[-1]) if nouns else None


def _direct(field: Field, found: Found, quotation: Quotation, frame: Frame) -> None:
    existing = found.of_frame(frame)
    if existing is not None:
        found.extend(existing, quotation)
        return
    found.used_cues.add(frame.cue.i)
    whole = (quotation.start, clauses.end_before_cue(field, quotation, frame))
    other = clauses.other_side(field, found, frame, whole)
    content = sorted([whole, *other])
    inside = sorted([quotation, *(q for half in other for q in field.quotations_in(*half))], key=lambda q: q.start)
    found.add(attribution_of(frame, content, _kind(quotation, content), inside, field.head_of(quotation)))


def _mixed(field: Field, found: Found, quotation: Quotation, before: Span, frame: Frame) -> None:
    """A quoted fragment in a reported clause: the clause is the content."""
    found.used_cues.add(frame.cue.i)
    if frame.cue.idx >= quotation.end:
        start, end = clauses.start_before_cue(field, found, before, quotation, frame), quotation.end
    else:
        start, end = clauses.clause_after_cue(field, quotation, frame)
    inside = [q for q in field.quotations_in(start, end) if start <= q.start]
    end = max([end, *(q.end for q in inside)])
    other = clauses.other_side(field, found, frame, (start, end))
    content = sorted([(start, end), *other])
    inside = sorted([*inside, *(q for half in other for q in field.quotations_in(*half))], key=lambda q: q.start)
    head = frame.content_head or field.head_of(quotation)
    found.add(attribution_of(frame, content, _kind(quotation, content), inside, head))


def _kind(quotation: Quotation, content: list[Span]) -> Kind:
    return "direct" if content == [(quotation.start, quotation.end)] else "mixed"
