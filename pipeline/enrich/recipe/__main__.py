"""Learn what words said do, from `data/said.txt`: `python -m pipeline.enrich.recipe`. Takes about a minute.

To be run again when the language model or the features change. Needs nothing but what enrichment itself needs.
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language

from pipeline import language
from pipeline.actors import Directory
from pipeline.enrich.attribution import Attribution, find_attributions
from pipeline.enrich.cues import Cues
from pipeline.enrich.entities import link_entities
from pipeline.enrich.parties import Cast
from pipeline.enrich.speech_acts import said_tokens
from pipeline.enrich.statements import own_side, who_is_quoted
from pipeline.enrich.wording import MODEL_FILE, features
from pipeline.settings import load_settings

DATA = Path(__file__).with_name("data") / "said.txt"
DAY = date(2025, 6, 1)
FRAMES_PER_LINE = 3
PENALTY = 0.02
STEPS = 300
RATE = 0.1
FOLDS = 5
SCALE = 100
_SPEAKERS = (
    "the foreign minister", "Ankara", "the president", "Kigali", "the rebels", "a spokesman for the army", "Moscow",
    "the prime minister", "the Greek defence minister", "Tehran's ambassador", "Beijing", "the party leader",
    "a senior official", "NATO", "the Sudanese general", "Lavrov", "the White House", "its interior minister",
)  # fmt: skip
_CUES = ("said", "told reporters", "declared", "wrote", "announced", "told parliament", "added", "told Kyiv")


@dataclass(frozen=True)
class Example:
    """One framing of a line: what it does, the line, and what is to be seen in it."""

    act: str
    line: str
    found: frozenset[str]


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """(act, words said): quoted words in marks, reported ones without."""
    act = ""
    for line in path.read_text("utf8").splitlines():
        if line.startswith("# "):
            act = line[2:]
        elif line:
            yield act, line


def framed(line: str, chance: random.Random) -> tuple[str, int, int]:
    """The words in a sentence of news, and where they stand in it."""
    speaker, cue = chance.choice(_SPEAKERS), chance.choice(_CUES)
    start = speaker[0].upper() + speaker[1:]
    if not line.startswith('"'):
        if chance.random() < 0.25:
            return f"{line[0].upper()}{line[1:]}, {speaker} {cue}.", 0, len(line)
        before = f"{start} {cue} {chance.choice(('that ', '', ''))}"
        return f"{before}{line}.", len(before), len(before) + len(line)
    words = line.strip('"')
    style = chance.random()
    if style < 0.2:
        before = f"{start} {cue}: “"
        return f"{before}{words}”", len(before), len(before) + len(words)
    words = words.removesuffix(".")
    comma = "" if words[-1] in "?!" else ","
    if style < 0.8:
        return f"“{words}{comma}” {speaker} {cue}.", 1, 1 + len(words)
    return f"{words}{comma} {speaker} {cue}.", 0, len(words)


class Reader:
    """Sees in framed lines what enrichment would see in articles."""

    def __init__(self, nlp: Language) -> None:
        self.nlp = nlp
        self.directory = Directory.load()
        self.cues = Cues.load()

    def read(self, rows: Iterable[tuple[str, str]], seed: int = 1) -> Iterator[Example]:
        chance = random.Random(seed)
        for act, line in rows:
            for _ in range(FRAMES_PER_LINE):
                text, start, end = framed(line, chance)
                found = self.see(text, start, end)
                if found:
                    yield Example(act, line, found)

    def see(self, text: str, start: int, end: int) -> frozenset[str]:
        """The features of the statement whose words stand in a range; none where it was not found."""
        doc = self.nlp(text)
        cast = Cast(self.directory, DAY)
        cast.meet(doc, link_entities(doc, self.directory, DAY))
        attributions = find_attributions(doc, self.cues)
        cast.listen(doc, *who_is_quoted(doc, attributions))
        for attribution in attributions:
            if _covers(attribution, start, end) and attribution.source is not None:
                own = own_side(cast, attribution, cast.resolve(attribution.source))
                return features(said_tokens(attribution), own, quoted=bool(attribution.quotations))
        return frozenset()


def _covers(attribution: Attribution, start: int, end: int) -> bool:
    shared = sum(max(0, min(e, end) - max(s, start)) for s, e in attribution.content)
    return shared > 0.7 * (end - start)


def vocabulary(examples: list[Example]) -> list[str]:
    """Features seen in several lines: pairs of words in three, all others in two."""
    seen = Counter(name for line, name in {(e.line, name) for e in examples for name in e.found})
    return sorted(name for name, count in seen.items() if count > 1 + name.startswith("pair "))


def matrix(examples: list[Example], names: list[str]) -> NDArray[np.float32]:
    """One row an example, of length 1, as the model reads it."""
    place = {name: i for i, name in enumerate(names)}
    out = np.zeros((len(examples), len(names)), np.float32)
    for row, example in zip(out, examples, strict=True):
        row[[place[name] for name in example.found if name in place]] = 1.0
        row /= np.sqrt(max(row.sum(), 1.0))
    return out


def fit(x: NDArray[np.float32], y: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """Weights of a softmax regression with a quadratic penalty, by Adam on all examples at once."""
    share = np.bincount(y, minlength=classes) / len(y)
    weight = (1 / np.sqrt(share * classes))[y][:, None].astype(np.float32)
    target = np.eye(classes, dtype=np.float32)[y]
    w = np.zeros((x.shape[1], classes), np.float32)
    first, second = np.zeros_like(w), np.zeros_like(w)
    for step in range(1, STEPS + 1):
        scores = x @ w
        p = np.exp(scores - scores.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        gradient = x.T @ ((p - target) * weight) / len(y) + PENALTY / len(y) * w
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        w -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return w


def held_out(examples: list[Example], acts: list[str]) -> None:
    """Print how well lines are read that the weights were not learned from."""
    fold = np.array([zlib.crc32(e.line.encode()) % FOLDS for e in examples])
    y = np.array([acts.index(e.act) for e in examples])
    shares = np.zeros((len(examples), len(acts)), np.float32)
    for k in range(FOLDS):
        known = [e for e, f in zip(examples, fold, strict=True) if f != k]
        names = vocabulary(known)
        w = fit(matrix(known, names), y[fold != k], len(acts))
        scores = matrix([e for e, f in zip(examples, fold, strict=True) if f == k], names) @ w
        p = np.exp(scores - scores.max(1, keepdims=True))
        shares[fold == k] = p / p.sum(1, keepdims=True)
    guess = shares.argmax(1)
    print(f"held-out lines: {np.mean(guess == y):.3f} of acts right")
    for i, act in enumerate(acts):
        right = np.sum((guess == i) & (y == i))
        print(f"  {act:9} precision {right / max(np.sum(guess == i), 1):.2f} recall {right / np.sum(y == i):.2f}")
    alarming = [acts.index("WARN"), acts.index("THREATEN")]
    score, wanted = shares[:, alarming].sum(1), np.isin(y, alarming)
    for floor in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        hit = np.sum((score >= floor) & wanted)
        print(f"  alarming at {floor}: precision {hit / np.sum(score >= floor):.2f} recall {hit / wanted.sum():.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=MODEL_FILE)
    options = parser.parse_args()
    reader = Reader(language.load(load_settings().model))
    examples = list(reader.read(lines(DATA)))
    acts = sorted({e.act for e in examples})
    print(f"{len({e.line for e in examples})} lines, {len(examples)} examples")
    held_out(examples, acts)
    names = vocabulary(examples)
    w = fit(matrix(examples, names), np.array([acts.index(e.act) for e in examples]), len(acts))
    rows = {name: np.rint(row * SCALE).astype(int).tolist() for name, row in zip(names, w, strict=True)}
    model = {"acts": acts, "scale": SCALE, "weights": {name: row for name, row in rows.items() if any(row)}}
    options.output.write_text(json.dumps(model, separators=(",", ":")) + "\n", "utf8")
    print(f"{len(model['weights'])} features in {options.output}")


if __name__ == "__main__":
    main()
