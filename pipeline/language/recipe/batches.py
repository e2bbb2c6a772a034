"""Windows of sentences to batches of numbers: what a network reads, and what it should say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from torch import Tensor

from pipeline.language.encoding import MAX_PIECES, Columns, PieceEncoder, WordEncoder, padded
from pipeline.language.lemmas import lemma_script
from pipeline.language.recipe.augment import augment
from pipeline.language.recipe.data import GUIDELINES, Sentence

MAX_WORDS = 150
SINGLE_SENTENCES = 0.5
NAME_PASSAGES = 0.7
PLAIN_PASSAGES = 0.3
"""Share of the passages without any annotation that an epoch has."""
IGNORED = -100
HIDDEN_PIECES = 0.08
"""Share of word pieces that training hides, so that a name is known by its neighbours too."""
TARGETS = ("upos", "xpos", "feats", "lemma", "ner", "start", "head", "dep")


@dataclass(slots=True)
class Row:
    """One window ready for the network: what goes in, and the class of each word for each head."""

    columns: Columns
    targets: dict[str, list[int]]
    guideline: int

    @property
    def places(self) -> int:
        return len(self.columns["mask"])

    @property
    def words(self) -> int:
        """Words with the root."""
        return len(self.columns["word_cases"])


def windows(sentences: list[Sentence], rng: Random) -> Iterator[list[Sentence]]:
    """Neighbouring sentences in groups: most often one, else two to seven, seldom across paragraphs."""
    current: list[Sentence] = []
    words = 0

    def size() -> int:
        return 1 if rng.random() < SINGLE_SENTENCES else rng.randint(2, 7)

    wanted = size()
    for sentence in sentences:
        if current and (
            len(current) >= wanted
            or sentence.document != current[-1].document
            or words + len(sentence.words) > MAX_WORDS
            or (sentence.paragraph != current[-1].paragraph and rng.random() < 0.7)
        ):
            yield current
            current, words, wanted = [], 0, size()
        current.append(sentence)
        words += len(sentence.words)
    if current:
        yield current


@dataclass(slots=True)
class Batch:
    """Rows of like length, padded.

    `columns` is what the words are, `noisy` what a network in training reads of them; `filled` (rows, words) says
    which places have a word or the root; `targets` (rows, words) has IGNORED where nothing is known; `known` names the
    targets of which there are any.
    """

    columns: dict[str, Tensor]
    noisy: dict[str, Tensor]
    filled: Tensor
    targets: dict[str, Tensor]
    known: frozenset[str]

    @property
    def words(self) -> int:
        """Words without roots."""
        return int(self.filled.sum()) - len(self.filled)

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        columns, noisy, targets = (
            {name: tensor.to(device, non_blocking=True) for name, tensor in part.items()}
            for part in (self.columns, self.noisy, self.targets)
        )
        return Batch(columns, noisy, self.filled.to(device, non_blocking=True), targets, self.known)


class Rows:
    """Makes rows: class numbers looked up, words cut into pieces."""

    def __init__(self, labels: dict[str, Any], encoder: WordEncoder) -> None:
        self._encoder = encoder
        self._hidden = encoder.hidden_piece if isinstance(encoder, PieceEncoder) else None
        self._index = {
            key: {label: i for i, label in enumerate(labels[key])}
            for key in ("upos", "xpos", "feats", "lemma", "ner", "dep")
        }

    def make(self, window: list[Sentence]) -> Row:
        words = [word for s in window for word in s.words]
        columns = self._encoder.encode(words, [space for s in window for space in s.spaces])
        index = self._index
        targets: dict[str, list[int]] = {}
        if any(s.names is not None for s in window):
            names = [name for s in window for name in (s.names or ["?"] * len(s.words))]
            targets["ner"] = [index["ner"].get(name, IGNORED) for name in names]
        trees = [s.tree for s in window if s.tree is not None]
        if trees:
            for key in ("upos", "xpos", "feats"):
                targets[key] = [index[key].get(label, IGNORED) for t in trees for label in getattr(t, key)]
            lemmas = [lemma for t in trees for lemma in t.lemmas]
            targets["lemma"] = [
                index["lemma"].get(lemma_script(word, lemma), 0) for word, lemma in zip(words, lemmas, strict=True)
            ]
            targets["dep"] = [index["dep"].get(label, IGNORED) for t in trees for label in t.deps]
            targets["start"] = [int(i == 0) for t in trees for i in range(len(t.heads))]
            targets["head"], offset = [], 0
            for t in trees:
                targets["head"] += [head + offset if head else 0 for head in t.heads]
                offset += len(t.heads)
        return Row(columns, targets, GUIDELINES.index(window[-1].guideline))

    def epoch(self, sentences: list[Sentence], rng: Random) -> list[Row]:
        trees = [s for s in sentences if s.tree is not None]
        passages = [s for s in sentences if s.tree is None and len(s.words) <= MAX_WORDS]
        chosen = list(windows(trees, rng))
        chosen += [[s] for s in passages if rng.random() < (PLAIN_PASSAGES if s.names is None else NAME_PASSAGES)]
        rows = [self.make(augment(window, rng)) for window in chosen]
        return [row for row in rows if row.places <= MAX_PIECES]

    def batches(self, sentences: list[Sentence], most: int, rng: Random) -> list[Batch]:
        """One epoch: batches of at most so many places, in random order."""
        return [self._batch(rows, rng) for rows in batches(self.epoch(sentences, rng), most, rng)]

    def _batch(self, rows: list[Row], rng: Random) -> Batch:
        """Padded columns and targets of rows, with some of the word pieces hidden if words are read in pieces."""
        columns = {name: torch.from_numpy(column) for name, column in padded([row.columns for row in rows]).items()}
        columns["guideline"] = torch.tensor([row.guideline for row in rows])
        words = max(row.words for row in rows)
        targets = {key: torch.full((len(rows), words), IGNORED) for key in TARGETS}
        filled = torch.zeros(len(rows), words, dtype=torch.bool)
        for i, row in enumerate(rows):
            filled[i, : row.words] = True
            for key, values in row.targets.items():
                targets[key][i, 1 : row.words] = torch.tensor(values)
        noisy = columns
        if self._hidden is not None:
            noisy = columns | {"pieces": _some_hidden(columns, self._hidden, rng)}
        known = frozenset(key for key, values in targets.items() if bool((values >= 0).any()))
        return Batch(columns, noisy, filled, targets, known)


def _some_hidden(columns: dict[str, Tensor], hidden: int, rng: Random) -> Tensor:
    """The word pieces, some of them hidden; first and last place of a window stay."""
    chance = torch.rand(columns["pieces"].shape, generator=torch.Generator().manual_seed(rng.getrandbits(32)))
    chosen = chance < HIDDEN_PIECES
    chosen[:, 0] = False
    inner = torch.zeros_like(columns["mask"])
    inner[:, :-1] = columns["mask"][:, 1:]
    return torch.where(chosen & inner.bool(), hidden, columns["pieces"])


def batches(rows: list[Row], most: int, rng: Random) -> list[list[Row]]:
    """Rows of like length together, at most so many places with padding, in random order."""
    order = sorted(rows, key=lambda row: row.places * (1 + 0.15 * rng.random()))
    out: list[list[Row]] = [[]]
    longest = 0
    for row in order:
        longest = max(longest, row.places)
        if out[-1] and longest * (len(out[-1]) + 1) > most:
            out.append([])
            longest = row.places
        out[-1].append(row)
    rng.shuffle(out)
    return out
