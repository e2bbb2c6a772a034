"""Where sentences begin in news that quotes: borders found in cases/sentences.jsonl, which are our own.

One passage a line, every sentence with the blanks after it, so that they join to the text:

    id, tag     the tag names what is hard about the passage
    sentences   what a careful reader takes for sentences
    hard        numbers of those sentences (the first is 0) that begin where a simple rule sees no border, or must look
                twice: inside or beside quotation marks and brackets, after abbreviations, numbers, lines without a stop
    traps       places where a simple rule cuts and nothing ends: words of the text with a bar at the place. A border
                anywhere from the bar to the next letter or figure falls into the trap.

A line break ends a sentence. A dateline, with its dash, is a sentence; the number of a list's item belongs to the item.
Closing marks and brackets belong to the sentence before them. What follows a colon or a semicolon is no new sentence,
and a speaker's tag belongs to the words it names the speaker of, also after a question mark.
All passages are invented for this file, persons and places included; no model is trained on them.

`python -m tests.quality.sentences --model NAME` prints the figures, by tag too, and with `--errors` what went wrong.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from pipeline.language import load, model_version

CASES = Path(__file__).parent / "cases" / "sentences.jsonl"
BAR = "|"


@dataclass(frozen=True)
class Passage:
    """A text with the places where sentences begin, the text's beginning left out."""

    id: str
    tag: str
    text: str
    borders: frozenset[int]
    hard: frozenset[int]
    traps: tuple[range, ...]


def read_passages(path: Path = CASES) -> list[Passage]:
    return [_passage(**json.loads(line)) for line in path.read_text("utf8").splitlines()]


def _passage(id: str, tag: str, sentences: list[str], hard: list[int], traps: list[str]) -> Passage:
    text = "".join(sentences)
    starts = list(itertools.accumulate(map(len, sentences), initial=0))[:-1]
    places = tuple(_trap(text, trap) for trap in traps)
    return Passage(id, tag, text, frozenset(starts[1:]), frozenset(starts[n] for n in hard), places)


def _trap(text: str, marked: str) -> range:
    before, after = marked.split(BAR)
    if text.count(before + after) != 1:
        raise ValueError(f"{marked!r} must be in the text once: {text!r}")
    place = text.index(before + after) + len(before)
    end = re.compile(r"\W*").match(text, place)
    assert end is not None
    return range(place, end.end() + 1)


def found_borders(doc: Doc) -> frozenset[int]:
    """Where sentences begin, at their first word; the text's beginning left out."""
    words = [next((token.idx for token in sent if not token.is_space), None) for sent in doc.sents]
    return frozenset(sorted(place for place in words if place is not None)[1:])


def count(passage: Passage, found: frozenset[int]) -> Counter[str]:
    fallen = sum(not found.isdisjoint(trap) for trap in passage.traps)
    return Counter(
        found=len(found),
        gold=len(passage.borders),
        both=len(found & passage.borders),
        hard=len(passage.hard),
        hard_found=len(passage.hard & found),
        traps=len(passage.traps),
        traps_passed=len(passage.traps) - fallen,
    )


def figures(counts: Counter[str]) -> dict[str, float]:
    """In per cent; `hard` is the share of hard borders and traps that were decided rightly."""
    c = counts
    parts = {
        "precision": (c["both"], c["found"]),
        "recall": (c["both"], c["gold"]),
        "f": (2 * c["both"], c["found"] + c["gold"]),
        "hard_borders": (c["hard_found"], c["hard"]),
        "traps": (c["traps_passed"], c["traps"]),
        "hard": (c["hard_found"] + c["traps_passed"], c["hard"] + c["traps"]),
    }
    return {name: round(100 * part / whole, 1) for name, (part, whole) in parts.items() if whole}


def score(nlp: Language, passages: Sequence[Passage]) -> list[tuple[Passage, frozenset[int]]]:
    """Each passage with the borders that the pipeline finds."""
    docs = nlp.pipe(passage.text for passage in passages)
    return [(passage, found_borders(doc)) for passage, doc in zip(passages, docs, strict=True)]


def total(scored: Iterable[tuple[Passage, frozenset[int]]]) -> dict[str, float]:
    return figures(sum((count(passage, found) for passage, found in scored), Counter[str]()))


def measure(model: str = "accurate") -> dict[str, float]:
    return total(score(load(model), read_passages()))


def shown(passage: Passage, found: frozenset[int]) -> str:
    """The text with a bar at each border: + invented, - missed, nothing where it is right."""
    out, last = [], 0
    for place in sorted(passage.borders | found):
        sign = "" if place in passage.borders and place in found else "+" if place in found else "-"
        out += [passage.text[last:place], sign, BAR]
        last = place
    return "".join([*out, passage.text[last:]]).replace("\n", "⏎")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.quality.sentences", description="Borders of sentences found")
    parser.add_argument("--model", default="accurate", help="shipped model, folder or installed pipeline")
    parser.add_argument("--errors", action="store_true", help="print the passages that were cut wrongly")
    args = parser.parse_args()
    nlp = load(args.model)
    scored = score(nlp, read_passages())
    print(model_version(nlp), total(scored))
    for tag, group in itertools.groupby(scored, key=lambda pair: pair[0].tag):
        print(f"{tag:18}", total(group))
    if args.errors:
        for passage, found in scored:
            if found != passage.borders:
                print(f"{passage.id:20} {shown(passage, found)}")


if __name__ == "__main__":
    main()
