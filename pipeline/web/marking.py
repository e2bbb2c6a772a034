"""Marked text: spans that nest and overlap, cut into stretches in which the same marks hold.

HTML elements cannot overlap. So the text is cut wherever a mark begins or ends, and each stretch names all marks that
hold in it. Positions are code points, as in the records.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from pipeline.records import Entity, Span, Statement

Role = Literal["content", "source", "cue", "addressee", "entity"]
_NO_NAMES = frozenset({"CARDINAL", "DATE", "MONEY", "ORDINAL", "PERCENT", "QUANTITY", "TIME"})
_PARAGRAPH = re.compile(r"[^\S\n]*\n\s*")


@dataclass(frozen=True, slots=True)
class Mark:
    """One span of the text and what it is. `number` is that of its statement in the article; 0 for entities."""

    span: Span
    role: Role
    number: int = 0
    warning: bool = False
    actor_id: str | None = None
    label: str = ""
    opens: bool = False
    """The first span of its statement: where the statement is linked from its list."""
    unclosed: bool = False
    """The last content of a quotation that never closes."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words with the marks that hold in all of them, and those that begin and end with them."""

    text: str
    marks: tuple[Mark, ...] = ()
    opening: tuple[int, ...] = ()
    """Numbers of the statements that begin here."""
    unclosed: tuple[int, ...] = ()
    """Numbers of the statements whose quotation breaks off here."""

    @property
    def roles(self) -> list[str]:
        return list(dict.fromkeys(mark.role for mark in self.marks))

    @property
    def warning(self) -> bool:
        return any(mark.warning and mark.role == "content" for mark in self.marks)

    @property
    def numbers(self) -> list[int]:
        return sorted({mark.number for mark in self.marks if mark.number})

    @property
    def entity(self) -> Mark | None:
        """The shortest entity here."""
        found = [mark for mark in self.marks if mark.role == "entity"]
        return min(found, key=lambda mark: mark.span[1] - mark.span[0], default=None)


@dataclass(slots=True)
class Paragraph:
    stretches: list[Stretch] = field(default_factory=list)


def marks_of(
    statements: Sequence[Statement], entities: Iterable[Entity], where: str, warnings: frozenset[str]
) -> list[Mark]:
    """The marks in one field (`title` or `text`) of an article; statements are numbered from 1 in their order."""
    found: list[Mark] = []
    for number, statement in enumerate(statements, 1):
        if statement.field == where:
            found += _marks_of(statement, number, statement.act in warnings and statement.status == "asserted")
    found += [
        Mark(entity.span, "entity", actor_id=entity.actor_id, label=entity.name)
        for entity in entities
        if entity.field == where and entity.label not in _NO_NAMES
    ]
    return found


def _marks_of(statement: Statement, number: int, warning: bool) -> Iterator[Mark]:
    spans: list[tuple[Span, Role]] = [(span, "content") for span in statement.content]
    if statement.source:
        spans.append((statement.source, "source"))
    if statement.cue:
        spans.append((statement.cue, "cue"))
    if not statement.content and statement.about:
        spans.append((statement.about, "content"))
    spans += [(party.span, "addressee") for party in statement.addressees if party.span]
    first = min((span[0] for span, _ in spans), default=None)
    broken = max((span[1] for span in statement.content), default=None) if not statement.closed else None
    opened = False
    for span, role in spans:
        opens = span[0] == first and not opened
        opened = opened or opens
        yield Mark(span, role, number, warning, opens=opens, unclosed=role == "content" and span[1] == broken)


def paragraphs(text: str, marks: Iterable[Mark]) -> list[Paragraph]:
    """The text in paragraphs of stretches; spans that do not fit the text are left out."""
    fitting = [mark for mark in marks if 0 <= mark.span[0] < mark.span[1] <= len(text)]
    spans = list(_paragraph_spans(text))
    found = []
    for number, (start, end) in enumerate(spans):
        inside = [mark for mark in fitting if mark.span[0] < end and mark.span[1] > start]
        left = spans[number - 1][1] if number else 0
        right = spans[number + 1][0] if number + 1 < len(spans) else len(text)
        found.append(Paragraph(list(_stretches(text, start, end, inside, (left, right)))))
    return found


def _paragraph_spans(text: str) -> Iterator[Span]:
    start = 0
    for gap in [*_PARAGRAPH.finditer(text), None]:
        end = gap.start() if gap else len(text)
        if text[start:end].strip():
            yield start, end
        start = gap.end() if gap else end


def _stretches(text: str, start: int, end: int, marks: Sequence[Mark], around: Span) -> Iterator[Stretch]:
    """Stretches of one paragraph; a mark that begins or ends in the gap `around` it does so at its border."""
    cuts = {start, end} | {cut for mark in marks for cut in mark.span if start < cut < end}
    for left, right in pairwise(sorted(cuts)):
        holding = tuple(mark for mark in marks if mark.span[0] <= left and right <= mark.span[1])
        yield Stretch(
            text[left:right],
            holding,
            tuple(
                mark.number
                for mark in holding
                if mark.opens and mark.span[0] in range(around[0] if left == start else left, left + 1)
            ),
            tuple(
                mark.number
                for mark in holding
                if mark.unclosed and mark.span[1] in range(right, (around[1] if right == end else right) + 1)
            ),
        )
