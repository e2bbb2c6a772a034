"""Quotation marks paired by shape, place and paragraph, in text as it comes.

Shapes lie: news text mixes straight and curly marks, closes with an opening mark, forgets to close, repeats the
opening mark in every paragraph of a long quotation. So a mark's neighbours decide what it can be, and its shape only
where they leave it open. Offsets are those of the text as given; nothing is normalised.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, replace

from pipeline.enrich.text import paragraphs
from pipeline.records import Span

_MARK = re.compile(r"``|''|[\"“”„‟«»‹›‘’‚‛'`]")
_DOUBLE = frozenset(('"', "“", "”", "„", "‟", "«", "»", "``", "''"))
_OPENS = frozenset("“„‟«‹‘‚‛") | {"``"}
_CLOSES = frozenset("”»›’") | {"''"}
_BEFORE_OPENING = frozenset(" \t\u00a0\u2009\u202f([{—–-/:")
_AFTER_CLOSING = frozenset(" \t\u00a0\u2009\u202f)]}—–-.,;:!?…/")
_STOPS = frozenset(".!?,…;")
# "’90s", "’tis", "'em": an apostrophe that stands where an opening mark could.
_ELISION = re.compile(r"['’](\d0s|\d\d\b|tis\b|twas\b|em\b|til\b|cause\b|bout\b|n['’])", re.IGNORECASE)
# Possessive, and from the first stop of a run alone: a page of dots must not be tried from every one of them.
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[\"”’')\]]*+(?=\s++[\"“‘'`(\[]{0,2}[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Sgt|Sen|Rep|Gov|St|Jr|Sr|No|vs|Inc|Ltd|Co|Corp|Jan|Feb|Aug|Sept?|Oct|Nov"
    r"|Dec)|\b[A-Z](?:\.[A-Z])*)\.$"
)
# Double marks inside one another; what opens more has lost its closing marks.
_DEEPEST = 2
_MEASURE = re.compile(r"(?<![\w.,])\d{1,3}(?:\.\d)?$")
_OWN_VOICE = re.compile(r"\b(I|I['’]\w+|we|we['’]\w+|us|our|ours|my|me|you|your|let['’]s)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Quotation:
    """A quoted passage with its marks: half-open range, the marks included where they are there.

    `closed` is False where a mark is missing on either side. `depth` is 0 for the outermost. `single` tells single
    marks, which news uses in headlines and inside double ones.
    """

    start: int
    end: int
    closed: bool = True
    depth: int = 0
    single: bool = False

    def holds_something(self, text: str) -> bool:
        start, end = self.inner(text)
        return start < end

    def inner(self, text: str) -> Span:
        """The range between the marks, without white space."""
        start, end = self.start, self.end
        while start < end and (text[start] in "\"“”„‟«»‹›‘’‚‛'`" or text[start].isspace()):
            start += 1
        while end > start and (text[end - 1] in "\"“”„‟«»‹›‘’‚‛'`" or text[end - 1].isspace()):
            end -= 1
        return start, end


@dataclass(frozen=True)
class _Mark:
    start: int
    end: int
    double: bool
    opening: float
    """How well it would open: 1 surely, 0 surely not."""


def find_quotations(text: str) -> list[Quotation]:
    """All quotations of a text in text order, nested ones after the one that holds them. Never raises."""
    parts = paragraphs(text)
    marks = [_marks(text, part) for part in parts]
    repeats = [_repeats_opening(part, own) for part, own in zip(parts, marks, strict=True)]
    found: list[Quotation] = []
    carried: int | None = None
    for part, own, goes_on in zip(parts, marks, [*repeats[1:], False], strict=False):
        quotations, carried = _in_paragraph(text, part, own, carried, goes_on=goes_on)
        found.extend(q for q in quotations if q.closed or q.holds_something(text))
    return sorted(found, key=lambda q: (q.start, -q.end))


def _repeats_opening(part: Span, marks: list[_Mark]) -> bool:
    """A paragraph that begins with an opening mark: the quotation left open before it goes on."""
    return bool(marks) and marks[0].start == part[0] and marks[0].double and marks[0].opening >= 0.5


def _in_paragraph(
    text: str, part: Span, marks: list[_Mark], carried: int | None, *, goes_on: bool
) -> tuple[list[Quotation], int | None]:
    """Quotations that end in one paragraph, and the start of one that goes on in the next.

    `carried` is the start of a quotation left open by the paragraph before; `goes_on` tells that the next paragraph
    would carry on one left open by this.
    """
    closes_later = _next_single_closes(marks)
    pairs = _paired_doubles(text, marks)
    found: list[Quotation] = []
    floor = part[0]
    stack: list[_Mark] = []
    doubles: list[int] = []
    start_of: dict[int, int] = {}
    if carried is not None:
        start_of[marks[0].start] = carried
    for position, mark in enumerate(marks):
        match = (doubles[-1] if doubles else None) if mark.double else _last_single(stack)
        if match is not None and _closes(text, mark, stack[match], better_later=closes_later[position]):
            for lost in stack[match + 1 :]:
                if lost.double:
                    found.append(_unclosed(text, lost, mark.start, depth=match + 1))
            opened = stack[match]
            begin = start_of.get(opened.start, opened.start)
            found.append(Quotation(begin, mark.end, True, match, not mark.double))
            floor = mark.end
            del stack[match:]
            doubles = [place for place in doubles if place < match]
        elif match is not None and mark.start == stack[match].end and mark.opening < 0.5:
            # Nothing stands between the two.
            del stack[match:]
            doubles = [place for place in doubles if place < match]
        elif mark.opening >= 0.5:
            if match is not None and mark.double and stack[match].start not in pairs:
                # A second opening mark of one kind: the first was never closed.
                lost = stack[match]
                del stack[match:]
                doubles = [place for place in doubles if place < match]
                quotation = _unclosed(text, lost, mark.start, depth=match)
                found.append(replace(quotation, start=start_of.get(lost.start, lost.start)))
                floor = quotation.end
            if mark.double:
                doubles.append(len(stack))
            stack.append(mark)
        elif mark.double and not stack and mark.opening < 0.3 and not _is_inches(text, mark):
            found.append(_unopened(text, mark, floor))
            floor = mark.end
    if goes_on and stack and stack[0].double:
        opened = stack[0]
        return found, start_of.get(opened.start, opened.start)
    for depth, lost in enumerate(stack):
        if lost.double:
            quotation = _unclosed(text, lost, part[1], depth=depth)
            found.append(replace(quotation, start=start_of.get(lost.start, lost.start)))
    return found, None


def _marks(text: str, part: Span) -> list[_Mark]:
    found = []
    for match in _MARK.finditer(text, *part):
        sign = match.group()
        before = text[match.start() - 1] if match.start() > part[0] else " "
        after = text[match.end()] if match.end() < part[1] else " "
        double = sign in _DOUBLE
        if not double and _is_apostrophe(text, match.start(), before, after):
            continue
        found.append(_Mark(match.start(), match.end(), double, _opening(sign, before, after)))
    return found


def _is_apostrophe(text: str, at: int, before: str, after: str) -> bool:
    if before.isalnum() and after.isalnum():
        return True
    return (not before.isalnum()) and bool(_ELISION.match(text, at))


def _opening(sign: str, before: str, after: str) -> float:
    """How likely a mark opens, from its neighbours first and its shape second."""
    can_open = (before in _BEFORE_OPENING or before in "\"“‘'«„") and not after.isspace() and after not in ".,;:!?)"
    can_close = not before.isspace() and (after in _AFTER_CLOSING or after in "\"”’'»“‘")
    shape = 1.0 if sign in _OPENS else 0.0 if sign in _CLOSES else 0.5
    if can_open and not can_close:
        return 0.9 if sign in _CLOSES else 1.0
    if can_close and not can_open:
        return 0.1 if sign in _OPENS else 0.0
    if shape != 0.5:
        return 0.2 + 0.6 * shape
    return 0.5


def _paired_doubles(text: str, marks: list[_Mark]) -> set[int]:
    """Starts of the double marks that are closed, if the paragraph's marks pair like brackets: they may hold others.

    “It read: “Nobody in,” and we left,” she said. Else a second opening mark tells that the first was never closed.
    """
    opened: list[int] = []
    found: set[int] = set()
    for mark in marks:
        if not mark.double or _is_inches(text, mark):
            continue
        if mark.opening > 0.5:
            opened.append(mark.start)
        elif opened and mark.opening < 0.5:
            found.add(opened.pop())
        else:
            return set()
        if len(opened) > _DEEPEST:
            return set()
    return found if not opened else set()


def _next_single_closes(marks: list[_Mark]) -> list[bool]:
    """Of each mark, whether the next single mark after it would close rather than open."""
    found = [False] * len(marks)
    for position in range(len(marks) - 2, -1, -1):
        following = marks[position + 1]
        found[position] = found[position + 1] if following.double else following.opening < 0.5
    return found


def _is_inches(text: str, mark: _Mark) -> bool:
    """ "a 6" pipe": no quotation ends there unless one has begun."""
    return text[mark.start] == '"' and bool(_MEASURE.search(text, max(mark.start - 6, 0), mark.start))


def _last_single(stack: list[_Mark]) -> int | None:
    """Place of the innermost open single mark: at the top, or right under the double marks that are open."""
    lowest = max(len(stack) - _DEEPEST - 2, -1)
    return next((i for i in range(len(stack) - 1, lowest, -1) if not stack[i].double), None)


def _closes(text: str, mark: _Mark, opened: _Mark, *, better_later: bool) -> bool:
    if mark.start == opened.end:
        return False
    if not mark.double:
        return mark.opening < 0.5 and not (better_later and _is_possessive(text, mark))
    return mark.opening <= 0.5


def _is_possessive(text: str, mark: _Mark) -> bool:
    """ "the workers’ money": what could be a plural possessive inside single marks."""
    return text[mark.start - 1] in "sS" and text[mark.end : mark.end + 2].strip()[:1].islower()


def sentence_ends(text: str, start: int, end: int) -> list[int]:
    """Ends of sentences in a range by punctuation alone, closing marks included; the range's end is the last."""
    found = []
    for match in _SENTENCE_END.finditer(text, start, end):
        if not _ABBREVIATION.search(text, max(start, match.start() - 12), match.start() + 1):
            found.append(match.end())
    found.append(end)
    return found


def _unclosed(text: str, mark: _Mark, limit: int, depth: int) -> Quotation:
    """A quotation that never closes: its sentence, and those after it that go on in the speaker's own voice."""
    ends = sentence_ends(text, mark.end, limit)
    end = ends[0]
    for following in ends[1:]:
        if not _OWN_VOICE.search(text, end, following):
            break
        end = following
    while end > mark.end and text[end - 1].isspace():
        end -= 1
    return Quotation(mark.start, end, False, depth, not mark.double)


def _unopened(text: str, mark: _Mark, floor: int) -> Quotation:
    """A closing mark that nothing opened: its sentence, back to `floor`, the end of the last quotation, at most."""
    ends = [floor, *sentence_ends(text, floor, mark.start)[:-1]]
    start = ends[max(bisect_left(ends, mark.start) - 1, 0)]
    while start < mark.start and text[start].isspace():
        start += 1
    return Quotation(start, mark.end, False, 0, not mark.double)
