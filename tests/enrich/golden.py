"""Articles with what a careful reader finds in them: cases/NAME.txt beside cases/NAME-expected.json.

The first line of a case is its title. `statements` lists rows; each must be met in all its fields by one statement:

    contains, not_contains   words of the content          evidence    words of the sentences around the statement
    field, closed, alertable as in the statement           kind, act, status   lists: one of them
    speaker                  a name or all of several      addressee, relay    a name
    nobody                   no speaker is known           target, polarity    of one stance
    cue                      words of the cue              xfail       why we know that we miss it

A party answers to its own name, its country's, its affiliation's and their ids. `forbidden` lists rows that no
statement may meet. Quotation marks of any shape are alike, and so is white space.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.enrich import Enricher, load_enricher
from pipeline.inputs import article_from_text
from pipeline.records import Article, EnrichedArticle, Party, SourceRef, Span, Statement
from pipeline.settings import load_settings

CASES = Path(__file__).with_name("cases")
DAY = datetime(2026, 3, 4, tzinfo=UTC)
Row = dict[str, Any]

_FIELDS = frozenset(
    {
        "id",
        "contains",
        "not_contains",
        "evidence",
        "cue",
        "field",
        "closed",
        "alertable",
        "kind",
        "act",
        "status",
        "speaker",
        "addressee",
        "relay",
        "nobody",
        "target",
        "polarity",
        "xfail",
    }
)
_MARKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})


def cases() -> list[str]:
    return sorted(path.stem for path in CASES.glob("*.txt"))


@lru_cache(maxsize=1)
def expected() -> dict[str, dict[str, list[Row]]]:
    found = {}
    for name in cases():
        found[name] = json.loads((CASES / f"{name}-expected.json").read_text("utf8"))
        for row in [*found[name]["statements"], *found[name].get("forbidden", [])]:
            assert not set(row) - _FIELDS, f"{name}: unknown field in {row}"
    return found


@lru_cache(maxsize=1)
def enricher() -> Enricher:
    return load_enricher(load_settings())


def article(name: str) -> Article:
    return article_from_text(
        (CASES / f"{name}.txt").read_text("utf8"),
        url=f"https://news.example/{name}",
        source=SourceRef(connector="files", id=name),
        fetched_at=DAY,
        max_chars=100_000,
    )


@lru_cache(maxsize=1)
def enriched() -> dict[str, EnrichedArticle]:
    """All cases, read by the default model in one go."""
    return dict(zip(cases(), enricher().pipe(map(article, cases())), strict=True))


def satisfies(row: Row, statement: Statement, article: EnrichedArticle) -> bool:
    """Whether a statement meets all fields of a row."""
    text = article.title if statement.field == "title" else article.text
    said = plain(" ".join(text[s:e] for s, e in statement.content))
    tests = {
        "contains": lambda want: plain(want) in said,
        "not_contains": lambda want: plain(want) not in said,
        "evidence": lambda want: plain(want) in plain(around(statement, text)),
        "cue": lambda want: statement.cue is not None and want in plain(text[slice(*statement.cue)]),
        "field": lambda want: statement.field == want,
        "closed": lambda want: statement.closed is want,
        "alertable": lambda want: statement.alertable is want,
        "kind": lambda want: statement.kind in want,
        "act": lambda want: statement.act in want,
        "status": lambda want: statement.status in want,
        "speaker": lambda want: set([want] if isinstance(want, str) else want) <= names(statement.speakers),
        "addressee": lambda want: want in names(statement.addressees),
        "relay": lambda want: want in names(statement.relays),
        "nobody": lambda want: (not statement.speakers) is want,
        "target": lambda want: any(
            want in names([s.target]) and s.polarity == row.get("polarity", s.polarity) for s in statement.stances
        ),
    }
    return all(tests[key](want) for key, want in row.items() if key in tests)


def names(parties: list[Party]) -> set[str]:
    """Every name by which parties answer."""
    return {name for p in parties for name in (p.name, p.actor_id, p.country, p.country_name, p.affiliation) if name}


def around(statement: Statement, text: str) -> str:
    """The sentences from the first to the last span of a statement."""
    spans: list[Span] = [s for s in (statement.source, statement.cue, statement.about, *statement.content) if s]
    spans += [p.span for p in statement.addressees if p.span]
    if not spans:
        return ""
    start, end = min(s for s, _ in spans), max(e for _, e in spans)
    first = max(text.rfind("\n", 0, start), text.rfind(". ", 0, start)) + 1
    ends = [at for at in (text.find("\n", end), text.find(". ", end)) if at >= 0]
    return text[first : min(ends, default=len(text)) + 1]


def plain(text: str) -> str:
    return " ".join(text.translate(_MARKS).split())
