"""Fit what each doubt about a statement costs: `python -m pipeline.enrich.recipe.confidence`. Takes a minute.

Who says what is judged by the marks in `data/articles`, which no rule was written from. Whether an
alertable statement is a warning is judged by those marks too, and by the tuned half of the cases (`tests/cases`). To
be run again when the language model or the rules change.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from pipeline.enrich import Enricher, load_enricher
from pipeline.enrich.confidence import WEIGHTS_FILE, Weights
from pipeline.enrich.recipe.judged import all_marked_articles, counts, is_attributed, is_warning
from pipeline.records import Article, SourceRef, Statement, hash_id
from pipeline.settings import load_settings

CASES = Path("tests/cases")
CASE_SETS = ("speech_acts", "wordings", "plain_words")
DAY = datetime(2025, 6, 1, tzinfo=UTC)
# A doubt seen less often than this tells too little to be weighed.
SEEN = 3
PENALTY = 1.0
STEPS = 5000

# Rules were tuned on the cases, so that they show fewer errors there than in news; the articles count whole.
CASE_WEIGHT = 0.25

Judged = tuple[list[str], bool, float]
"""The doubts about a statement, whether it is right, and what it counts."""


def read(enricher: Enricher, texts: Iterable[str]) -> Iterator[list[Statement]]:
    """The statements of each text."""
    articles = [
        Article(
            article_id=hash_id(text),
            url="",
            canonical_url="",
            title="",
            text=text,
            language="en",
            published_at=DAY,
            fetched_at=DAY,
            first_seen_at=DAY,
            content_hash=hash_id("", text),
            source=SourceRef(connector="recipe", id=""),
        )
        for text in texts
    ]
    return (article.statements for article in enricher.pipe(articles))


def judged(enricher: Enricher, cases: Path) -> tuple[list[Judged], list[Judged]]:
    """Statements judged by who says what, and alertable ones judged by whether they warn."""
    attributions: list[Judged] = []
    warnings: list[Judged] = []
    articles = list(all_marked_articles())
    for (_, marked), found in zip(articles, read(enricher, (text for text, _ in articles)), strict=True):
        for statement in found:
            if counts(statement):
                attributions.append((statement.doubts, is_attributed(statement, marked), 1.0))
            if statement.alertable:
                threats = [one for one in marked if one.warns]
                warnings.append((statement.doubts, is_attributed(statement, threats), 1.0))
    for name in CASE_SETS:
        rows = [json.loads(line) for line in (cases / f"{name}.tuned.jsonl").read_text("utf8").splitlines()]
        for row, found in zip(rows, read(enricher, (row["text"] for row in rows)), strict=True):
            for statement in found:
                right = is_warning(statement, row["acts"]) if statement.alertable else None
                if right is not None:
                    warnings.append((statement.doubts, right, CASE_WEIGHT))
    return attributions, warnings


def fit(rows: list[Judged]) -> Weights:
    """Logistic regression with a quadratic penalty on doubts, none of which may raise the probability."""
    seen = Counter(doubt for found, _, _ in rows for doubt in found)
    names = sorted(doubt for doubt, count in seen.items() if count >= SEEN)
    x = np.array([[1.0, *(name in found for name in names)] for found, _, _ in rows])
    right = np.array([float(one) for _, one, _ in rows])
    weight = np.array([one for _, _, one in rows])
    penalty = np.array([0.0] + [PENALTY] * len(names))
    w = np.zeros(len(names) + 1)
    # The longest step that cannot overshoot: the curvature is a quarter of this at most.
    rate = 4 / (np.linalg.norm(x * np.sqrt(weight)[:, None], 2) ** 2 + 4 * PENALTY)
    for _ in range(STEPS):
        gradient = x.T @ (weight * (1 / (1 + np.exp(-x @ w)) - right)) + penalty * w
        w -= rate * gradient
        w[1:] = np.minimum(w[1:], 0.0)
    costs = {name: round(float(cost), 2) for name, cost in zip(names, w[1:], strict=True)}
    return Weights(round(float(w[0]), 2), {name: cost for name, cost in costs.items() if cost})


def table(name: str, weights: Weights, rows: list[Judged]) -> str:
    """The weights as TOML."""
    right = sum(one for _, one, _ in rows)
    lines = [f"# From {len(rows)} statements, of which {right} are right.", f"[{name}]", f"base = {weights.base}", ""]
    costs = sorted(weights.doubts.items(), key=lambda item: item[1])
    return "\n".join([*lines, f"[{name}.doubts]", *(f'"{doubt}" = {cost}' for doubt, cost in costs), ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, default=CASES, help="folder of the cases")
    parser.add_argument("--output", type=Path, default=WEIGHTS_FILE)
    options = parser.parse_args()
    attributions, warnings = judged(load_enricher(load_settings()), options.cases)
    head = (
        "# Logits, written by `python -m pipeline.enrich.recipe.confidence`: what is left of them is a probability.\n"
    )
    tables = [table(name, fit(rows), rows) for name, rows in (("attribution", attributions), ("warning", warnings))]
    options.output.write_text("\n".join([head, *tables]), "utf8")
    print(options.output.read_text("utf8"))


if __name__ == "__main__":
    main()
