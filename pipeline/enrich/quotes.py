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
_SENTENCE_END = re.compile(r"[.!?…]+[\"”’')\]]*(?=\s+[\"“‘'(\[]?[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Col|Lt|Sgt|Sen|Rep|Gov|St|Jr|Sr|No|vs|Inc|Ltd|Co|Corp|Jan|Feb|Aug|Sept?|Oct|Nov"
    r"|Dec)|\b[A-Z](?:\.[A-Z])*)\.$"
)
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
    found: list[Quotation] = []
    carried: int | None = None
    for index, part in enumerate(parts):
        following = text[parts[index + 1][0]] if index + 1 < len(parts) else ""
        quotations, carried = _in_paragraph(text, part, carried, following)
        found.extend(quotations)
    return sorted(found, key=lambda q: (q.start, -q.end))


def _in_paragraph(text: str, part: Span, carried: int | None, following: str) -> tuple[list[Quotation], int | None]:
    """Quotations that end in one paragraph, and the start of one that goes on in the next.

    `carried` is the start of a quotation left open by the paragraph before; `following` is the first character of
    the next paragraph: a repeated opening mark says that the quotation goes on.
    """
    marks = _marks(text, part)
    found: list[Quotation] = []
    stack: list[_Mark] = []
    start_of: dict[int, int] = {}
    if carried is not None and marks and marks[0].start == part[0]:
        start_of[marks[0].start] = carried
    for position, mark in enumerate(marks):
        match = next((i for i in range(len(stack) - 1, -1, -1) if stack[i].double == mark.double), None)
        if match is not None and _closes(text, mark, stack[match], marks[position + 1 :]):
            for lost in stack[match + 1 :]:
                if lost.double:
                    found.append(_unclosed(text, lost, mark.start, depth=match + 1))
            opened = stack[match]
            begin = start_of.get(opened.start, opened.start)
            found.append(Quotation(begin, mark.end, True, match, not mark.double))
            del stack[match:]
        elif mark.opening >= 0.5:
            if match is not None and mark.double:
                # A second opening mark of one kind: the first was never closed.
                lost = stack[match]
                del stack[match:]
                found.append(_unclosed(text, lost, mark.start, depth=match))
            stack.append(mark)
        elif mark.double and not stack and mark.opening < 0.3:
            found.append(_unopened(text, part, mark, found))
    goes_on = bool(stack) and stack[0].double and following in _DOUBLE | {"`"}
    if goes_on:
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


def _closes(text: str, mark: _Mark, opened: _Mark, later: list[_Mark]) -> bool:
    if mark.start == opened.end:
        return False
    if not mark.double:
        return mark.opening < 0.5 and not _is_possessive(text, mark, later)
    return mark.opening <= 0.5


def _is_possessive(text: str, mark: _Mark, later: list[_Mark]) -> bool:
    """ "the workers’ money": a plural possessive inside single marks, when a better closing mark comes later."""
    if text[mark.start - 1] not in "sS" or not text[mark.end : mark.end + 2].strip()[:1].islower():
        return False
    return any(not other.double and other.opening < 0.5 for other in later)


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


def _unopened(text: str, part: Span, mark: _Mark, found: list[Quotation]) -> Quotation:
    """A closing mark that nothing opened: its sentence, back to the last quotation at most."""
    floor = max((q.end for q in found), default=part[0])
    ends = [floor, *sentence_ends(text, floor, mark.start)[:-1]]
    start = ends[max(bisect_left(ends, mark.start) - 1, 0)]
    while start < mark.start and text[start].isspace():
        start += 1
    return Quotation(start, mark.end, False, 0, not mark.double)
