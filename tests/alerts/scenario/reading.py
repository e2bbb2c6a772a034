"""Scenarios: articles of a month with the warning that each tells, and how well alerts group them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

from pipeline.records import Alert, Article, Publisher, SourceRef

_HEADER = re.compile(
    r"(?P<id>[arn]\d{3}) (?P<day>\d\d)T(?P<hour>\d\d):(?P<minute>\d\d) (?P<outlet>\S+) (?P<warning>[wk]\d\d|-)"
    r"(?: (?P<copied>a\d{3}))?(?: (?P<sentences>\d+))? *"
)


@dataclass(frozen=True, slots=True)
class Scenario:
    articles: tuple[Article, ...]
    warning_of: dict[str, str]
    """The warning that an article tells, by article id; articles that tell none are left out."""


def read_scenario(name: str) -> Scenario:
    blocks = Path(__file__).with_name(f"{name}.txt").read_text("utf8").split("\n\n")
    articles: dict[str, Article] = {}
    warning_of: dict[str, str] = {}
    for block in blocks:
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        header = _HEADER.fullmatch(lines[0])
        assert header, lines[0]
        original = articles.get(header["copied"] or "")
        text = original.text if original else "\n".join(lines[2:])
        title = lines[1] if len(lines) > 1 else original.title if original else ""
        if header["sentences"]:
            text = " ".join(re.split(r"(?<=[.?!]) (?=[A-Z“])|(?<=[.?!]”) (?=[A-Z“])", text)[: int(header["sentences"])])
        articles[header["id"]] = _article(header, title, text)
        if header["warning"] != "-":
            warning_of[header["id"]] = header["warning"]
    return Scenario(tuple(articles.values()), warning_of)


def _article(header: re.Match[str], title: str, text: str) -> Article:
    said_at = datetime(2026, 3, int(header["day"]), int(header["hour"]), int(header["minute"]), tzinfo=UTC)
    url = f"https://{header['outlet']}.example/{header['id']}"
    return Article(
        article_id=header["id"],
        url=url,
        canonical_url=url,
        publisher=Publisher(id=header["outlet"]),
        title=title,
        text=text,
        language="en",
        published_at=said_at,
        fetched_at=said_at,
        first_seen_at=said_at,
        content_hash=Article.content_hash_of(title, text),
        source=SourceRef(connector="test", id="scenario"),
    )


@dataclass(frozen=True, slots=True)
class Score:
    """Pairs of articles in one alert against pairs that tell one warning, and what went wrong."""

    precision: float
    recall: float
    alerts: int
    whole: int
    """Warnings with one alert that has all its articles and no other."""
    split: dict[str, int]
    """Warnings with more than one alert."""
    missed: list[str]
    """Articles that tell a warning and are no source of any alert."""
    false: list[str]
    """Articles that tell none and are a source of one."""

    def figures(self) -> dict[str, float]:
        return {
            "pair_precision": round(self.precision, 3),
            "pair_recall": round(self.recall, 3),
            "whole_warnings": self.whole,
        }


def score(scenario: Scenario, alerts: Iterable[Alert]) -> Score:
    groups = [sorted({source.article_id for source in alert.sources}) for alert in alerts]
    found = set(_pairs(groups))
    warnings = sorted(set(scenario.warning_of.values()))
    told = [sorted(id_ for id_, name in scenario.warning_of.items() if name == warning) for warning in warnings]
    gold = set(_pairs(told))
    raised = Counter(name for group in groups for name in {scenario.warning_of.get(id_, "") for id_ in group} if name)
    sourced = {id_ for group in groups for id_ in group}
    return Score(
        precision=len(found & gold) / len(found) if found else 0.0,
        recall=len(found & gold) / len(gold),
        alerts=len(groups),
        whole=sum(groups.count(group) == 1 for group in told),
        split={name: number for name, number in sorted(raised.items()) if number > 1},
        missed=sorted(set(scenario.warning_of) - sourced),
        false=sorted(sourced - set(scenario.warning_of)),
    )


def _pairs(groups: Iterable[Sequence[str]]) -> Iterator[tuple[str, str]]:
    for group in groups:
        yield from combinations(group, 2)
