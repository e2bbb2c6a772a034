"""Speech acts against peers' event records: precision and recall by class of act.

Three codebooks, three maps: PLOVER names its classes; CAMEO has appeals in 02x, demands in 10x, disapproval in 11x (112
accuses), rejection in 12x, threats in 13x; the unit tests of PETRARCH use WEIS, where 09x asks, 11x rejects, 12x
accuses, 13x protests, 15x demands, 16x warns and 17x threatens. A record codes one event of its sentence: an act that
we find beside it counts as wrong, so that precision is a lower bound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipeline.records import EnrichedArticle

_OURS = {
    "THREATEN": "threaten", "WARN": "threaten", "DEMAND": "demand", "URGE": "appeal", "CONDEMN": "disapprove",
    "ACCUSE": "accuse", "REJECT": "reject",
}  # fmt: skip
_PLOVER = {"THREATEN": "threaten", "DEMAND": "demand", "DISAPPROVE": "disapprove", "REJECT": "reject"}
_CAMEO = {"02": "appeal", "10": "demand", "11": "disapprove", "12": "reject", "13": "threaten"}
_WEIS = {
    "09": "appeal", "11": "reject", "12": "accuse", "13": "disapprove", "15": "demand", "16": "threaten",
    "17": "threaten",
}  # fmt: skip
# What a coder may call one or the other: an accusation disapproves, a demand appeals.
_NEAR = {frozenset({"accuse", "disapprove"}), frozenset({"appeal", "demand"})}
CLASSES = ("threaten", "demand", "appeal", "disapprove", "accuse", "reject")


def wanted(row: dict[str, Any]) -> set[str]:
    """The classes of a row's events that our acts have too."""
    codes = [str(event["code"]) for event in row["events"]]
    if row["scheme"].startswith("PLOVER"):
        return {_PLOVER[code] for code in codes if code in _PLOVER}
    if row["scheme"] == "CAMEO":
        return {"accuse" if code == "112" else _CAMEO[code[:2]] for code in codes if code[:2] in _CAMEO}
    return {_WEIS[code[:2]] for code in codes if code[:2] in _WEIS}


def found(article: EnrichedArticle) -> set[str]:
    return {_OURS[s.act] for s in article.statements if s.act in _OURS and s.status == "asserted" and s.speakers}


def fits(name: str, others: set[str]) -> bool:
    return name in others or any(frozenset({name, other}) in _NEAR for other in others)


def measure(rows: Sequence[dict[str, Any]], articles: Sequence[EnrichedArticle]) -> dict[str, float]:
    """Shares by class, rows of all classes counting for precision. Articles are those of the rows, in order."""
    counts: Counter[tuple[str, str]] = Counter()
    for row, article in zip(rows, articles, strict=True):
        gold, ours = wanted(row), found(article)
        for name in gold:
            counts[name, "wanted"] += 1
            counts[name, "hit"] += fits(name, ours)
        for name in ours:
            counts[name, "found"] += 1
            counts[name, "right"] += fits(name, gold)
    figures = {f"{name}_recall": counts[name, "hit"] / max(counts[name, "wanted"], 1) for name in CLASSES}
    figures |= {f"{name}_precision": counts[name, "right"] / max(counts[name, "found"], 1) for name in CLASSES}
    return {name: round(value, 3) for name, value in figures.items()}
