"""How far confidences are from the share that is right: on PolNeAR dev who says what, on the kept cases who warns.

No weight was fitted to either. `python -m tests.quality.confidence` prints the tables of the documentation.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from pipeline.enrich.recipe.confidence import CASE_SETS
from pipeline.enrich.recipe.judged import Marked, counts, is_attributed, is_warning
from tests.quality.conftest import DEFAULT
from tests.quality.reading import OWN_CASES, enriched, rows_of

Answer = tuple[float, bool]
"""The confidence of a statement, and whether it is right."""


def polnear(shared: Path) -> list[Answer]:
    """Statements of PolNeAR dev: right where an annotator marked the words and the source."""
    found: list[Answer] = []
    rows = rows_of(shared / "data" / "quotes" / "polnear.dev.jsonl")
    for row, article in zip(rows, enriched((row["id"], "", row["text"]) for row in rows), strict=True):
        marked = [Marked(a["source"], a["content"]) for a in row["attributions"]]
        found += [(s.confidence, is_attributed(s, marked)) for s in article.statements if counts(s)]
    return found


def cases(half: str) -> list[Answer]:
    """Alertable statements of both sets of cases: right where the case has a warning by that speaker."""
    found: list[Answer] = []
    for name in CASE_SETS:
        rows = rows_of(OWN_CASES / f"{name}.{half}.jsonl")
        for row, article in zip(rows, enriched((row["id"], "", row["text"]) for row in rows), strict=True):
            judged = [(s.confidence, is_warning(s, row["acts"])) for s in article.statements if s.alertable]
            found += [(sure, right) for sure, right in judged if right is not None]
    return found


def reliability(answers: list[Answer]) -> dict[int, tuple[int, float, float]]:
    """By tenth of confidence: how many, their mean confidence and the share that is right, in per cent."""
    tenths: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        tenths[min(int(10 * answer[0]), 9)].append(answer)
    return {
        tenth: (len(some), 100 * sum(c for c, _ in some) / len(some), 100 * sum(r for _, r in some) / len(some))
        for tenth, some in sorted(tenths.items())
    }


def calibration_error(answers: list[Answer]) -> float:
    """Expected calibration error in points: the mean distance of confidence and share right, over tenths."""
    return sum(n * abs(sure - right) for n, sure, right in reliability(answers).values()) / len(answers)


def ranking(answers: list[Answer]) -> float:
    """How often, in per cent, a right statement has a higher confidence than a wrong one; 50 is chance."""
    right, wrong = [c for c, r in answers if r], [c for c, r in answers if not r]
    wins = sum((a > b) + (a == b) / 2 for a in right for b in wrong)
    return 100 * wins / (len(right) * len(wrong))


def measure(shared: Path) -> dict[str, float]:
    """100 less the calibration error, and how well right statements rank above wrong ones."""
    said, warned = polnear(shared), cases("kept")
    return {
        "polnear_dev": round(100 - calibration_error(said), 1),
        "polnear_dev_ranking": round(ranking(said), 1),
        "kept_warnings": round(100 - calibration_error(warned), 1),
        "kept_warnings_ranking": round(ranking(warned), 1),
    }


def main() -> None:
    for name, answers in (("PolNeAR dev", polnear(DEFAULT)), ("kept cases", cases("kept"))):
        print(f"{name}: ECE {calibration_error(answers):.1f}, ranking {ranking(answers):.1f}")
        print("| confidence | statements | mean confidence | right |\n|---|---|---|---|")
        for tenth, (n, sure, right) in reliability(answers).items():
            print(f"| .{tenth} | {n} | {sure:.1f} | {right:.1f} |")


if __name__ == "__main__":
    main()
