"""Learn what words said do: `python -m pipeline.enrich.recipe`. Takes a few minutes.

What each act looks like is learned from `data/said.txt` and the marked articles of `data/articles`, written for it;
what ordinary politics sounds like, from the sentences of NewsMTSC that lie beside the project. Those are marked for
polarity, not for acts: hardly one of a hundred statements in such news is a warning or a threat, so each counts as
anything but one, and as nothing more. Words that only they have get no weight. To be run again when the language model
or the features change.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from pipeline import language
from pipeline.actors import Directory
from pipeline.enrich.attribution import Attribution
from pipeline.enrich.contents import said_tokens
from pipeline.enrich.cues import Cues
from pipeline.enrich.hearing import hear
from pipeline.enrich.parties import Cast, meet
from pipeline.enrich.recipe.judged import Marked, all_marked_articles, marked_act
from pipeline.enrich.statements import own_side
from pipeline.enrich.wording import (
    ALARMING,
    HOSTILE,
    LONGEST,
    MODEL_FILE,
    SCALE,
    Vector,
    Weights,
    features,
    points_ahead,
    vector,
)
from pipeline.language.component import FACTORY, DemarcheJoint
from pipeline.records import FieldName
from pipeline.settings import load_settings

DATA = Path(__file__).with_name("data") / "said.txt"
NEWS = Path(language.__file__).parent / "recipe" / "data" / "political_news.txt"
ORDINARY = Path("../shared/data/stance/newsmtsc.train.jsonl")
DAY = date(2025, 6, 1)
FRAMES_PER_LINE = 2
PENALTY = 0.2
STEPS = 150
RATE = 0.1
FOLDS = 5
SMALL = 1e-6
# What a statement of ordinary politics weighs against a line written for its act. With 0.4 sixteen of a thousand
# statements of election news alarmed, with 2 eight, and hardly a warning of the cases was lost.
ORDINARY_WEIGHT = 2.0
ALARMS = ("WARN", "THREATEN")
# Sentences with neither a mark nor one of these hold no statement, and need no parse.
_REPORTS = re.compile(
    r"[\"“]|\b(sa(id|ys?)|t(old|ells)|add(ed|s)|according to|announc|argu|claim|insist|promis|vow|pledg|wrote|tweet)"
)
_SPEAKERS = (
    "the foreign minister", "Ankara", "the president", "Kigali", "the rebels", "a spokesman for the army", "Moscow",
    "the prime minister", "the Greek defence minister", "Tehran's ambassador", "Beijing", "the party leader",
    "a senior official", "NATO", "the Sudanese general", "Lavrov", "the White House", "its interior minister",
)  # fmt: skip
_CUES = ("said", "told reporters", "declared", "wrote", "announced", "told parliament", "added", "told Kyiv")


@dataclass(frozen=True)
class Example:
    """One framing of a line: what it does, the line, and what is to be seen in it.

    Without an act it is a statement of ordinary politics: it may do anything but warn or threaten.
    """

    act: str | None
    line: str
    found: frozenset[str]
    vector: Vector


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
                seen = self.see(text, start, end)
                if seen is not None:
                    yield Example(act, line, *seen)

    def see(self, text: str, start: int, end: int) -> tuple[frozenset[str], Vector] | None:
        """Features and vector of the statement whose words stand in a range; None where it was not found."""
        cast, attributions = self._read(text)
        for attribution in attributions:
            if _covers(attribution, start, end) and attribution.source is not None:
                return self._seen(cast, attribution)
        return None

    def statements(self, text: Iterable[str]) -> Iterator[Example]:
        """Statements of news that look back or name no harm: what most of what politicians say is."""
        for line in text:
            cast, attributions = self._read(line)
            for attribution in attributions:
                tokens, frame = said_tokens(attribution), attribution.frame
                if not tokens or frame is None or frame.entry.act != "STATE" or attribution.source is None:
                    continue
                found, pooled = self._seen(cast, attribution)
                if not (found & HOSTILE and points_ahead(tokens)):
                    yield Example("STATE", attribution_text(attribution), found, pooled)

    def ordinary(self, text: Iterable[str]) -> Iterator[Example]:
        """Statements of news whose act nobody has marked."""
        for line in text:
            cast, attributions = self._read(line)
            for attribution in attributions:
                if _is_left_to_words(attribution):
                    yield Example(None, attribution_text(attribution), *self._seen(cast, attribution))

    def marked(self, articles: Iterable[tuple[str, list[Marked]]]) -> Iterator[Example]:
        """Statements of articles in which a reader marked what each of them does, where no cue tells it."""
        for text, marks in articles:
            cast, attributions = self._read(text)
            for attribution in attributions:
                act = marked_act(attribution.content, marks)
                if act is not None and _is_left_to_words(attribution):
                    yield Example(act, attribution_text(attribution), *self._seen(cast, attribution))

    def _seen(self, cast: Cast, attribution: Attribution) -> tuple[frozenset[str], Vector]:
        tokens = said_tokens(attribution)
        who = cast.resolve(attribution.source) if attribution.source is not None else []
        pooled = vector(tokens)
        if pooled is None:
            raise SystemExit(f"The pipeline {self.nlp.meta['name']} gives no vectors to learn from.")
        own = own_side(cast, attribution, who)
        return features(tokens, own, quoted=bool(attribution.quotations)), pooled

    def _read(self, text: str) -> tuple[Cast, list[Attribution]]:
        fields: dict[FieldName, Doc] = {"text": self.nlp(text)}
        cast = meet(fields, self.directory, at=DAY)
        (heard,) = hear(fields, cast, self.cues)
        return cast, heard.attributions


def _is_left_to_words(attribution: Attribution) -> bool:
    """Whether the cue leaves open what is done, and what is said is as short as what the model reads."""
    frame = attribution.frame
    return 0 < len(said_tokens(attribution)) <= LONGEST and (frame is None or frame.entry.act == "STATE")


def attribution_text(attribution: Attribution) -> str:
    return " ".join(t.text for t in said_tokens(attribution))


def news(path: Path) -> list[str]:
    """The lines of the text on names that comes with the language model's recipe, without its marks."""
    rows = path.read_text("utf8").splitlines()
    return [re.sub(r"\[[A-Z]+ ([^\]]*)\]", r"\1", row) for row in rows if row and not row.startswith("#")]


def ordinary(path: Path) -> list[str]:
    """The sentences of NewsMTSC that can hold a statement, each once."""
    if not path.exists():
        raise SystemExit(f"{path} is missing: name the training part of NewsMTSC with --ordinary.")
    rows = (json.loads(line)["sentence"] for line in path.read_text("utf8").splitlines())
    return list(dict.fromkeys(row for row in rows if _REPORTS.search(row)))


def _covers(attribution: Attribution, start: int, end: int) -> bool:
    shared = sum(max(0, min(e, end) - max(s, start)) for s, e in attribution.content)
    return shared > 0.7 * (end - start)


def vocabulary(examples: list[Example]) -> list[str]:
    """Features seen in several lines written for an act: pairs of words in four, all others in three."""
    seen = Counter(name for line, name in {(e.line, name) for e in examples if e.act for name in e.found})
    return sorted(name for name, count in seen.items() if count > 2 + name.startswith("pair "))


def matrix(examples: list[Example], names: list[str]) -> Vector:
    """One row an example, of length 1, as the model reads it."""
    place = {name: i for i, name in enumerate(names)}
    out = np.zeros((len(examples), len(names)), np.float32)
    for row, example in zip(out, examples, strict=True):
        row[[place[name] for name in example.found if name in place]] = 1.0
        row /= np.sqrt(max(row.sum(), 1.0))
    return out


def learned(examples: list[Example], acts: list[str]) -> tuple[Weights, Weights]:
    """Weights with the encoder's vectors, and without."""
    names = vocabulary(examples)
    x, y = matrix(examples, names), possible(examples, acts)
    vectors = np.array([e.vector for e in examples])
    scale = Weights({}, np.zeros((0, 0), np.float32), vectors.mean(0), vectors.std(0) + SMALL)
    both = fit(np.hstack([x, scale.placed(vectors)]), y)
    alone = fit(x, y)
    full = Weights(dict(zip(names, both, strict=False)), both[len(names) :], scale.mean, scale.spread)
    empty = np.zeros((0, len(acts)), np.float32)
    return full, Weights(dict(zip(names, alone, strict=True)), empty, empty, empty)


def possible(examples: Sequence[Example], acts: list[str]) -> Vector:
    """One row an example: 1 for each act that it may be."""
    quiet = [float(act not in ALARMS) for act in acts]
    return np.array([[float(act == e.act) for act in acts] if e.act else quiet for e in examples], np.float32)


def fit(x: Vector, allowed: Vector) -> Vector:
    """Weights of a softmax regression with a quadratic penalty, by Adam on all examples at once.

    An example that may be several acts is asked for no more than to be one of them.
    """
    marked = allowed.sum(1) == 1
    share = allowed[marked].mean(0)
    weight = np.where(marked, allowed @ (1 / np.sqrt(share * len(share))), ORDINARY_WEIGHT)[:, None].astype(np.float32)
    count = marked.sum()
    w = np.zeros((x.shape[1], allowed.shape[1]), np.float32)
    first, second = np.zeros_like(w), np.zeros_like(w)
    for step in range(1, STEPS + 1):
        p = softmax(x @ w)
        target = p * allowed
        target /= target.sum(1, keepdims=True) + SMALL
        gradient = x.T @ ((p - target) * weight) / count + PENALTY / count * w
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        w -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return w


def held_out(examples: list[Example], acts: list[str]) -> None:
    """Print how well lines are read that the weights were not learned from."""
    fold = np.array([zlib.crc32(e.line.encode()) % FOLDS for e in examples])
    scores = np.zeros((2, len(examples), len(acts)), np.float32)
    for k in range(FOLDS):
        full, plain = learned([e for e, f in zip(examples, fold, strict=True) if f != k], acts)
        for i in np.flatnonzero(fold == k).tolist():
            scores[:, i] = full.scores(examples[i].found, examples[i].vector), plain.scores(examples[i].found, None)
    marked = [i for i, e in enumerate(examples) if e.act]
    y = np.array([acts.index(e.act) for e in examples if e.act])
    for name, table in zip(("with vectors", "without"), scores, strict=True):
        shares = softmax(table)
        report(name, shares[marked], y, acts)
        alarm = np.delete(shares, marked, axis=0)[:, [acts.index(act) for act in ALARMS]].sum(1)
        print(f"  of ordinary statements alarming at {ALARMING}: {np.mean(alarm >= ALARMING):.3f}")


def softmax(scores: Vector) -> Vector:
    shares: Vector = np.exp(scores - scores.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    return shares


def report(name: str, shares: Vector, y: NDArray[np.int64], acts: list[str]) -> None:
    guess = shares.argmax(1)
    print(f"{name}: {np.mean(guess == y):.3f} of acts right on held-out lines")
    for i, act in enumerate(acts):
        right = np.sum((guess == i) & (y == i))
        print(f"  {act:9} precision {right / max(np.sum(guess == i), 1):.2f} recall {right / np.sum(y == i):.2f}")
    alarming = [acts.index(act) for act in ALARMS]
    score, wanted = shares[:, alarming].sum(1), np.isin(y, alarming)
    for floor in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        hit = np.sum((score >= floor) & wanted)
        alarms = max(np.sum(score >= floor), 1)
        print(f"  alarming at {floor}: precision {hit / alarms:.2f} recall {hit / wanted.sum():.2f}")


def save(path: Path, acts: list[str], network: str, full: Weights, plain: Weights) -> None:
    names = sorted(full.rows)
    rows = {n: np.rint(np.array([w.rows[k] for k in names]) * SCALE) for n, w in (("full", full), ("plain", plain))}
    np.savez_compressed(
        path,
        acts=np.array(acts),
        network=np.array(network),
        names=np.array(names),
        full_rows=rows["full"].astype(np.int16),
        plain_rows=rows["plain"].astype(np.int16),
        dense=full.dense.astype(np.float16),
        mean=full.mean.astype(np.float16),
        spread=full.spread.astype(np.float16),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=MODEL_FILE)
    parser.add_argument("--ordinary", type=Path, default=ORDINARY, help="sentences of NewsMTSC, JSON lines")
    parser.add_argument("--held-out", action="store_true", help="also learn five times without a fifth of the lines")
    options = parser.parse_args()
    sentences = ordinary(options.ordinary)
    nlp = language.load(load_settings().model)
    reader = Reader(nlp)
    examples = [
        *reader.read(lines(DATA)),
        *reader.marked(all_marked_articles()),
        *reader.statements(news(NEWS)),
        *reader.ordinary(sentences),
    ]
    acts = sorted({e.act for e in examples if e.act})
    print(f"{len({e.line for e in examples})} lines, {len(examples)} examples")
    if options.held_out:
        held_out(examples, acts)
    joint = nlp.get_pipe(FACTORY)
    assert isinstance(joint, DemarcheJoint)
    network = joint.network.fingerprint
    save(options.output, acts, network, *learned(examples, acts))
    print(f"Weights for the network {network} are in {options.output}")


if __name__ == "__main__":
    main()
