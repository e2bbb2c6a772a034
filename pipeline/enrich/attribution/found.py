"""One attribution, and all that have been found of a field so far: which quotations and cues they have taken."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from spacy.tokens import Token

from pipeline.enrich import syntax
from pipeline.enrich.attribution.field import Field
from pipeline.enrich.frames import Frame, passed_on_by
from pipeline.enrich.quotes import Quotation
from pipeline.records import Kind, Span

# What may stand between quotations in a row.
_SERIES = re.compile(r",? (?:and|or|but) |, |(?<=,[”\"’']) ")


@dataclass
class Attribution:
    """One statement before its people are known. Tokens are heads of phrases in `doc`; spans are character ranges."""

    content: list[Span]
    kind: Kind
    frame: Frame | None = None
    source: Token | None = None
    cue: Span | None = None
    closed: bool = True
    quotations: list[Quotation] = field(default_factory=list)
    content_head: Token | None = None
    relays: list[Token] = field(default_factory=list)
    continues: Attribution | None = None
    """For quoted words without a cue: the attribution whose source speaks on."""
    parent: Attribution | None = None

    @property
    def start(self) -> int:
        return min((s for s, _ in self._spans()), default=0)

    @property
    def end(self) -> int:
        return max((e for _, e in self._spans()), default=0)

    def _spans(self) -> list[Span]:
        return [*self.content, *([self.cue] if self.cue else [])]

    @property
    def source_span(self) -> Span | None:
        if self.source is None:
            return None
        if self.frame is None and self.cue is not None:
            # Layouts that name the speaker give a bare name, whatever the parser hangs on it.
            return syntax.core_phrase(self.source)
        return _source_phrase(self.source, self.frame)


class Found:
    """The attributions of a field, with the quotations and the cues (by token) that are no longer free."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.attributions: list[Attribution] = []
        self.used_cues: set[int] = set()
        self._taken: set[Quotation] = set()
        self._of_frame: dict[int, Attribution] = {}

    def has(self, quotation: Quotation) -> bool:
        return quotation in self._taken

    def covers(self, span: Span) -> bool:
        """Nothing of the range but a quotation that another cue has."""
        return any(q.start <= span[0] and span[1] <= q.end and self.has(q) for q in self.field.quotations_in(*span))

    def of_frame(self, frame: Frame) -> Attribution | None:
        """The first attribution that the frame's cue made."""
        return self._of_frame.get(id(frame))

    def add(self, attribution: Attribution) -> None:
        """One more, with the quotations in a row behind its own."""
        self.attributions.append(attribution)
        self._taken.update(attribution.quotations)
        if attribution.kind == "direct" and attribution.quotations:
            self._take_series(attribution)
        if attribution.frame is not None:
            self._of_frame.setdefault(id(attribution.frame), attribution)

    def take_back(self, attributions: list[Attribution]) -> None:
        """Drop attributions, and free the quotations that nothing else has."""
        gone = {id(a) for a in attributions}
        self.attributions = [a for a in self.attributions if id(a) not in gone]
        self._taken -= {q for a in attributions for q in a.quotations}
        self._taken.update(q for a in self.attributions for q in a.quotations)

    def extend(self, attribution: Attribution, quotation: Quotation, *, start: int | None = None) -> None:
        """One more quotation of the same words, with the narrator's words from `start` on that lead into it."""
        attribution.content.append((quotation.start if start is None else start, quotation.end))
        attribution.quotations.append(quotation)
        attribution.closed = attribution.closed and quotation.closed
        self._taken.add(quotation)

    def _take_series(self, attribution: Attribution) -> None:
        """ "chanted “No dam” and “Save the river”": quotations in a row are one content."""
        last = attribution.quotations[-1]
        following = bisect_right(self.field.quotation_starts, last.start)
        for quotation in self.field.quotations[following:]:
            if self.has(quotation) or not _SERIES.fullmatch(self.field.text, last.end, quotation.start):
                return
            self.extend(attribution, quotation)
            last = quotation

    def in_order(self) -> list[Attribution]:
        """All of them in text order, the larger first, with the links of speech inside speech."""
        for attribution in self.attributions:
            attribution.content = _merged(attribution.content)
        found = [a for a in self.attributions if a.content or a.frame is not None]
        found.sort(key=lambda a: (a.start, -max((e for _, e in a.content), default=0)))
        _nest(found)
        return found


def _source_phrase(source: Token, frame: Frame | None) -> Span:
    """The source as written, without the cue's own clause where a participle or relative clause governs it."""
    start, end = syntax.noun_phrase(source)
    if frame is None:
        return start, end
    cue = frame.carrier
    if start <= cue.idx < end:
        # "Russia has issued a caution …, warning of": the cue hangs inside the phrase.
        return syntax.core_phrase(source)
    return start, end


def attribution_of(
    frame: Frame, content: list[Span], kind: Kind, quotations: list[Quotation], content_head: Token | None
) -> Attribution:
    """What the source of a cue frame says by its cue."""
    relay = passed_on_by(frame.cue)
    return Attribution(
        content=content,
        kind=kind,
        frame=frame,
        source=frame.source,
        cue=_cue_span(frame),
        closed=all(q.closed for q in quotations),
        quotations=quotations,
        content_head=content_head,
        relays=[relay] if relay is not None else [],
    )


def _cue_span(frame: Frame) -> Span:
    """The cue as written, with the verb that carries it ("issued a warning", "made it clear")."""
    if frame.carrier is frame.cue:
        return syntax.text_span(frame.cue, frame.cue)
    first, last = sorted((frame.carrier, frame.cue), key=lambda t: t.i)
    return syntax.text_span(first, last)


def _merged(spans: list[Span]) -> list[Span]:
    """The ranges in text order; those that overlap, where marks are broken, become one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if found and start < found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def _nest(attributions: list[Attribution]) -> None:
    """Link speech inside speech to the smallest content that holds its cue, or its content where no cue is.

    A holder's content is larger than what it holds, so that the links form no circle.
    """
    sizes = {id(a): sum(e - s for s, e in a.content) for a in attributions}
    # Contents that begin before a place, the nearest last: a content holds nothing that begins before it does.
    contents = sorted(((s, e, outer) for outer in attributions for s, e in outer.content), key=lambda c: c[:2])
    starts = [start for start, _, _ in contents]
    longest = max((e - s for s, e, _ in contents), default=0)
    for inner in attributions:
        anchor = inner.cue or (inner.content[0] if inner.content else None)
        if anchor is None:
            continue
        near = contents[bisect_left(starts, anchor[0] - longest) : bisect_right(starts, anchor[0])]
        holders = [outer for _, e, outer in near if anchor[1] <= e and sizes[id(outer)] > sizes[id(inner)]]
        if holders:
            inner.parent = min(holders, key=lambda a: sizes[id(a)])
