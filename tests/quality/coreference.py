"""Coreference by itself: mentions of our own short articles, led to whom they mean.

Cases lie in tests/cases/coreference.tuned.jsonl and coreference.kept.jsonl, one article a line: `id`, `tag` (what is
hard about it), `day` (its date, as offices have their holders of the day) and `text`. A mention in question stands in
braces with its answer: "{She|Clara Venn} left." The answer is the name, the id or the country of a party; "A + B" is
one party that answers to both, "A; B" are two parties, and an empty answer means that nobody is meant or named.
No rule was made after reading errors of the kept half.

`python -m tests.quality.coreference [--errors]` prints the figures by tag, and the errors of the tuned half.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.records import Party
from tests.quality.reading import read

CASES = Path(__file__).parents[1] / "cases"
HALVES = ("tuned", "kept")
_MARKED = re.compile(r"\{(?P<words>[^|{}]+)\|(?P<answer>[^{}]*)\}")
_PRONOUN = re.compile(r"(?i)(he|she|it|they|him|her|his|we|us|who)$")


@dataclass(frozen=True)
class Question:
    """A mention and whom it means: a set of names for each party."""

    start: int
    end: int
    parties: tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Case:
    id: str
    tag: str
    day: date
    text: str
    questions: tuple[Question, ...]


def cases(half: str) -> list[Case]:
    lines = (CASES / f"coreference.{half}.jsonl").read_text("utf8").splitlines()
    return [_case(**json.loads(line)) for line in lines]


def _case(id: str, tag: str, day: str, text: str) -> Case:
    plain, questions, last = "", [], 0
    for marked in _MARKED.finditer(text):
        plain += text[last : marked.start()]
        start = len(plain)
        plain += marked["words"]
        questions.append(Question(start, len(plain), _parties(marked["answer"])))
        last = marked.end()
    return Case(id, tag, date.fromisoformat(day), plain + text[last:], tuple(questions))


def _parties(answer: str) -> tuple[frozenset[str], ...]:
    each = [part for part in answer.split("; ") if part]
    return tuple(frozenset(name.casefold() for name in part.split(" + ")) for part in each)


def is_right(found: list[Party], wanted: tuple[frozenset[str], ...]) -> bool:
    """Whether every party wanted is found, and no other."""
    if len(found) != len(wanted):
        return False
    return all(any(one <= _names(party) for party in found) for one in wanted)


def _names(party: Party) -> set[str]:
    return {name.casefold() for name in (party.name, party.actor_id, party.country, party.country_name) if name}


def answers(half: str) -> Iterator[tuple[Case, Question, list[Party]]]:
    for case in cases(half):
        reading = read("", case.text, case.day)
        for question in case.questions:
            yield case, question, reading.who(question.start, question.end)


def measure(half: str) -> dict[str, float]:
    """Shares of mentions led to the right parties, in per cent: all, pronouns, and other descriptions and names."""
    count: Counter[str] = Counter()
    for case, question, found in answers(half):
        kind = "pronouns" if _PRONOUN.match(case.text[question.start : question.end]) else "descriptions"
        right = is_right(found, question.parties)
        count.update({"all": 1, kind: 1, "all right": right, f"{kind} right": right})
    return {kind: round(100 * count[f"{kind} right"] / count[kind], 1) for kind in ("all", "pronouns", "descriptions")}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.quality.coreference", description="Mentions resolved")
    parser.add_argument("--errors", action="store_true", help="print what was resolved wrongly in the tuned half")
    args = parser.parse_args()
    for half in HALVES:
        tags: dict[str, Counter[str]] = {}
        for case, question, found in answers(half):
            right = is_right(found, question.parties)
            tags.setdefault(case.tag, Counter()).update(right=int(right), all=1)
            if args.errors and half == "tuned" and not right:
                words = case.text[question.start : question.end]
                ours = [(p.name, p.actor_id) for p in found]
                print(f"{case.id:24} {words!r} = {[sorted(n) for n in question.parties]} | {ours}")
        print(half, measure(half))
        print("  " + ", ".join(f"{tag} {c['right']}/{c['all']}" for tag, c in tags.items()))


if __name__ == "__main__":
    main()
