"""Statements judged right or wrong by what a careful reader marked: what confidences are fitted to and measured by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.records import Span, Statement

# Content is right where it shares half of its characters with what was marked (Jaccard).
SHARED = 0.5
_MARK = re.compile(r"\{(?P<number>\d)(?P<role>[sc])(?P<warns>!?) (?P<words>[^{}]*)\}")


@dataclass
class Marked:
    """An attribution that a reader marked."""

    source: list[Span] = field(default_factory=list)
    content: list[Span] = field(default_factory=list)
    warns: bool = False


def marked_articles(path: Path) -> Iterator[tuple[str, list[Marked]]]:
    """Articles without their marks, and the attributions marked in them."""
    lines = [line for line in path.read_text("utf8").splitlines() if not line.startswith("#")]
    for article in "\n".join(lines).strip().split("\n\n"):
        found: dict[str, Marked] = {}
        text, end = "", 0
        for mark in _MARK.finditer(article):
            text += article[end : mark.start()]
            one = found.setdefault(mark["number"], Marked())
            spans = one.source if mark["role"] == "s" else one.content
            spans.append((len(text), len(text) + len(mark["words"])))
            one.warns |= bool(mark["warns"])
            text, end = text + mark["words"], mark.end()
        yield text + article[end:], list(found.values())


def is_attributed(statement: Statement, marked: list[Marked]) -> bool:
    """Whether somebody marked these words, all of them or one stretch, as said by this source."""
    said = _characters(statement.content)
    source = _characters([statement.source] if statement.source else [])
    return any(
        any(_jaccard(said, _characters(part)) >= SHARED for part in (one.content, *([s] for s in one.content)))
        and (bool(source & _characters(one.source)) or not (source or one.source))
        for one in marked
    )


def is_warning(statement: Statement, acts: list[dict[str, Any]]) -> bool | None:
    """Whether one of a case's acts is a warning by this speaker; None where readers may differ."""
    wanted = [act for act in acts if act["alert"] == "yes"]
    if not wanted and any(act["alert"] == "maybe" for act in acts):
        return None
    spans = [span for span in (statement.source, *(p.span for p in statement.speakers)) if span is not None]
    named = _characters(spans)
    return any(
        not named.isdisjoint(_characters([slot["span"] for slot in slots]))
        for act in wanted
        for slots in [[act[key] for key in ("speaker", "speaker_antecedent") if act.get(key)]]
    )


def _characters(spans: list[Span]) -> set[int]:
    return {place for start, end in spans for place in range(start, end)}


def _jaccard(one: set[int], other: set[int]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0
