"""Articles in which a careful reader marked who says what, and statements judged right or wrong by such marks.

They teach what words do and what a statement's doubts cost, and attributions are measured by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.records import Span, Statement

ARTICLES = Path(__file__).with_name("data") / "articles"
# Content is right where it shares half of its characters with what was marked (Jaccard).
SHARED = 0.5
_MARK = re.compile(r"\{(?P<number>\d+)(?P<role>[scv])(?P<warns>!?)(?:/(?P<act>[A-Z]+))? (?P<words>[^{}]*)\}")
_BETWEEN = re.compile(r"\n\s*\n")


@dataclass
class Marked:
    """An attribution that a reader marked. `act` is None where the reader of that file marked no acts."""

    source: list[Span] = field(default_factory=list)
    content: list[Span] = field(default_factory=list)
    cue: list[Span] = field(default_factory=list)
    act: str | None = None
    warns: bool = False


def marked_articles(path: Path) -> list[tuple[str, list[Marked]]]:
    """The articles of a file without their marks, and the attributions marked in each."""
    lines = [line for line in path.read_text("utf8").splitlines() if not line.startswith("#")]
    articles = [_read(article) for article in _BETWEEN.split("\n".join(lines).strip())]
    if any(one.act for _, marked in articles for one in marked):
        for one in (one for _, marked in articles for one in marked):
            one.act = one.act or "STATE"
    return articles


def all_marked_articles(folder: Path = ARTICLES) -> Iterator[tuple[str, list[Marked]]]:
    for path in sorted(folder.glob("*.txt")):
        yield from marked_articles(path)


def _read(article: str) -> tuple[str, list[Marked]]:
    found: dict[str, Marked] = {}
    text, end = "", 0
    for mark in _MARK.finditer(article):
        text += article[end : mark.start()]
        one = found.setdefault(mark["number"], Marked())
        spans = {"s": one.source, "c": one.content, "v": one.cue}[mark["role"]]
        spans.append((len(text), len(text) + len(mark["words"])))
        one.warns |= bool(mark["warns"])
        one.act = one.act or mark["act"]
        text, end = text + mark["words"], mark.end()
    return text + article[end:], list(found.values())


def counts(statement: Statement) -> bool:
    """Readers mark the outermost attribution only, and none without words."""
    return statement.parent_id is None and bool(statement.content)


def attribution_row(statement: Statement) -> dict[str, Any]:
    """A statement in the form that `score_quotes.py` reads."""
    return {
        "content": statement.content,
        "source": [statement.source] if statement.source else [],
        "cue": [statement.cue] if statement.cue else [],
        "kind": statement.kind,
    }


def is_attributed(statement: Statement, marked: list[Marked]) -> bool:
    """Whether somebody marked these words, all of them or one stretch, as said by this source."""
    said = _characters(statement.content)
    source = _characters([statement.source] if statement.source else [])
    return any(
        any(_jaccard(said, _characters(part)) >= SHARED for part in (one.content, *([s] for s in one.content)))
        and (bool(source & _characters(one.source)) or not (source or one.source))
        for one in marked
    )


def marked_act(content: list[Span], marked: list[Marked]) -> str | None:
    """The act that a reader marked of these words; None where nobody marked them, or no acts."""
    said = _characters(content)
    return next((one.act for one in marked if _jaccard(said, _characters(one.content)) >= SHARED), None)


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
