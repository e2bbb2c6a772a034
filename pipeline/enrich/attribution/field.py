"""A field as attribution reads it: its paragraphs, its quotations, its cue frames, and what stands beside what."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import replace

from spacy.tokens import Doc, Token

from pipeline.enrich import syntax
from pipeline.enrich.cue_frames import find_frames
from pipeline.enrich.cues import Cues
from pipeline.enrich.frames import Frame
from pipeline.enrich.quotes import Quotation, sentence_ends
from pipeline.enrich.text import is_boilerplate, paragraphs, trimmed
from pipeline.records import Span

_ENDS_SENTENCE = re.compile(r"[.!?][”\"]$")
_NEXT_SENTENCE = re.compile(r"\s+[A-Z0-9“\"]")


class Field:
    """Places are characters, but for `quoted`, which has an entry for each token. Boilerplate is no part of it."""

    def __init__(self, doc: Doc, cues: Cues, quotations: list[Quotation]) -> None:
        self.doc = doc
        self.cues = cues
        self.text = syntax.text_of(doc)
        self.parts = [p for p in paragraphs(self.text) if not is_boilerplate(self.text[slice(*p)])]
        self._part_starts = [start for start, _ in self.parts]
        self.frames = [f for f in find_frames(doc, cues) if self.part_of(f.cue.idx) is not None]
        own = (q for q in quotations if q.depth == 0 and self.part_of(q.start) is not None)
        self.quotations = [q if q.closed else self._without_cue(q) for q in own]
        self.quotation_starts = [q.start for q in self.quotations]
        self.quoted = self._quoted_tokens()
        self.narrated = [f for f in self.frames if not self.quoted[f.cue.i]]
        """The frames whose cue is the narrator's own word."""
        self._narrated_starts = [f.cue.idx for f in self.narrated]

    def part_of(self, char: int) -> Span | None:
        """The paragraph that holds a character; None in boilerplate."""
        index = bisect_right(self._part_starts, char) - 1
        if index < 0 or char >= self.parts[index][1]:
            return None
        return self.parts[index]

    def part_before(self, part: Span) -> Span:
        index = bisect_left(self._part_starts, part[0])
        return self.parts[max(index - 1, 0)]

    def _quoted_tokens(self) -> list[bool]:
        inside = [False] * len(self.doc)
        for quotation in self.quotations:
            first = syntax.token_at(self.doc, quotation.start)
            if first is None:
                continue
            for token in self.doc[first.i :]:
                if token.idx >= quotation.end:
                    break
                inside[token.i] = True
        return inside

    def _without_cue(self, quotation: Quotation) -> Quotation:
        """ "“We know where you live, the general told Riga.": who never closed the marks ends with the cue's comma."""
        for frame in self.frames:
            cue, source = frame.cue, frame.source
            if not quotation.start < cue.idx < quotation.end or source is None or cue.tag_ not in syntax.TENSED:
                continue
            first = min(cue.idx, syntax.noun_phrase(source)[0])
            before = self.text[quotation.start : first].rstrip()
            rest = self.doc.char_span(cue.idx + len(cue), quotation.end, alignment_mode="contract")
            goes_on = rest is not None and any(t.tag_ in syntax.FINITE for t in rest)
            if before.endswith((",", "?", "!")) and source.pos_ != "PRON" and frame.entry.speech and not goes_on:
                return replace(quotation, end=quotation.start + len(before.removesuffix(",")))
        return quotation

    def quotation_at(self, char: int) -> Quotation | None:
        return next((q for q in self.quotations_in(char, char + 1) if q.start <= char < q.end), None)

    def quotations_in(self, start: int, end: int) -> list[Quotation]:
        """The quotations that touch a range, in text order."""
        first = max(bisect_right(self.quotation_starts, start) - 1, 0)
        found = []
        for quotation in self.quotations[first:]:
            if quotation.start >= end:
                break
            if quotation.end > start:
                found.append(quotation)
        return found

    def frames_in(self, span: Span) -> list[Frame]:
        return self.narrated[bisect_left(self._narrated_starts, span[0]) : bisect_left(self._narrated_starts, span[1])]

    def head_of(self, quotation: Quotation) -> Token | None:
        span = self.doc.char_span(*quotation.inner(self.text), alignment_mode="contract")
        return span.root if span is not None and len(span) else None

    def narration_around(self, quotation: Quotation) -> tuple[Span, Span]:
        """The narrator's words between the last sentence end (or quotation) and this one, and from it to the next."""
        first = self.part_of(quotation.start)
        last = self.part_of(max(quotation.end - 1, quotation.start))
        start, end = (first or (quotation.start, quotation.end))[0], (last or (quotation.start, quotation.end))[1]
        here = self.quotations_in(start, end)
        previous = [q.end for q in here if start <= q.end <= quotation.start]
        following = [q.start for q in here if quotation.end <= q.start < end]
        start = max([start, *previous])
        end = min([end, *following])
        breaks = [b for b in sentence_ends(self.text, start, quotation.start)[:-1] if b < quotation.start]
        if breaks:
            start = breaks[-1]
        after_end = sentence_ends(self.text, quotation.end, end)[0]
        before = trimmed(self.text, start, quotation.start)
        if before[0] < before[1] and self.text[before[1] - 1] in ".!?":
            before = (quotation.start, quotation.start)
        return before, trimmed(self.text, quotation.end, after_end)

    def is_part_of_clause(self, before: Span) -> bool:
        """The narrator's words run into the quotation without a stop."""
        return before[0] < before[1] and self.text[before[1] - 1].isalnum()

    def leads_in(self, before: Span) -> bool:
        """The words before end as if a quotation had to follow."""
        return before[0] < before[1] and self.text[before[1] - 1] in ":,"

    def before_marks(self, char: int) -> int:
        """Back over closing marks to the comma inside them, if there is one."""
        at = char
        while at > 0 and self.text[at - 1] in "”’\"'»":
            at -= 1
        return at - 1 if self.text[at - 1] == "," else char

    def within_sentence(self, span: Span, char: int) -> Span:
        """What of a range is in the sentence at a character: parsers overlook ends that marks close (“….” She)."""
        start, end = span
        for quotation in self.quotations_in(start, end):
            if not _ENDS_SENTENCE.search(self.text, quotation.start, quotation.end):
                continue
            if not _NEXT_SENTENCE.match(self.text, quotation.end):
                continue
            if start < quotation.end <= char:
                start = quotation.end
            elif char < quotation.end < end:
                end = quotation.end
                break
        return trimmed(self.text, start, end) if (start, end) != span else span

    def with_marks(self, span: Span) -> Span:
        """A range that cuts a quotation at its edge takes the marks in."""
        start, end = span
        for quotation in self.quotations_in(start, end + 1):
            if quotation.start < end < quotation.end and quotation.end - end <= 3:
                end = quotation.end
            if quotation.start < start < quotation.end and start - quotation.start <= 2:
                start = quotation.start
            if quotation.start < end < quotation.end and start <= quotation.start:
                end = quotation.end
        return start, end
