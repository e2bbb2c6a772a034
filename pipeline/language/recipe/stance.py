"""Learn the polarity of a sentence towards a target, on the lower layers of the accurate model.

The lower layers stay as they are, so that their vectors are computed once; the layers above are a copy that learns.
"""

from __future__ import annotations

import json
import logging
import re
import time
import zlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from spacy.language import Language
from torch import Tensor, nn
from torch.nn import functional

from pipeline.language.encoding import MAX_PIECES, PieceEncoder, padded
from pipeline.language.recipe.network import ACCURATE, Layer, PieceTrunk, attention_mask

log = logging.getLogger(__name__)

POLARITIES = (-1, 0, 1)
HELD_OUT = 10
"""Every so-manieth sentence is kept for calibration."""
PIECES_PER_BATCH = 1500
WARM_UP = 0.1


@dataclass(slots=True)
class Example:
    """A sentence as columns, the pieces of its target, and the class of its polarity."""

    columns: dict[str, NDArray[Any]]
    target: NDArray[np.bool_]
    polarity: int


class StanceNetwork(nn.Module):
    """Upper encoder layers that know which pieces are the target's, and a classifier of what they make of it."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.marker = nn.Parameter(torch.randn(ACCURATE.width) * 0.02)
        self.layers = nn.ModuleList(Layer(ACCURATE) for _ in range(layers))
        self.classify = nn.Linear(2 * ACCURATE.width, len(POLARITIES))
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor, mask: Tensor, target: Tensor) -> Tensor:
        """Scores of the polarities; x are the lower layers' vectors of (windows, pieces)."""
        marked = target[..., None].float()
        x = x + marked * self.marker
        attention = attention_mask(mask)
        for layer in self.layers:
            x = layer(x, attention)
        pooled = (x * marked).sum(1) / marked.sum(1)
        return self.classify(self.drop(torch.cat([x[:, 0], pooled], -1)))


def read_examples(
    nlp: Language, encoder: PieceEncoder, path: Path, *, without: frozenset[str] = frozenset()
) -> tuple[list[Example], list[str]]:
    """Examples of a file of {"sentence", "target", "label"} rows, and their sentences; `without` some sentences."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
    rows = [row for row in rows if _key(row["sentence"]) not in without]
    examples: list[Example] = []
    sentences: list[str] = []
    for row in rows:
        doc = nlp.make_doc(row["sentence"])
        tokens = [token for token in doc if not token.is_space]
        columns = encoder.encode([t.text for t in tokens], [bool(t.whitespace_) for t in tokens])
        if len(columns["mask"]) > MAX_PIECES:
            continue
        start, end = row["target"]
        target = np.zeros(len(columns["pieces"]), bool)
        bounds = [*columns["first"][1:].tolist(), len(target) - 1]
        for token, a, b in zip(tokens, bounds, bounds[1:]):
            if token.idx < end and token.idx + len(token) > start:
                target[a:b] = True
        if not target.any():
            continue
        examples.append(Example(columns, target, POLARITIES.index(row["label"])))
        sentences.append(row["sentence"])
    return examples, sentences


def _key(sentence: str) -> str:
    return re.sub(r"\W+", " ", sentence.casefold()).strip()


def lower_vectors(trunk: PieceTrunk, examples: list[Example], layers: int) -> list[Tensor]:
    """What the lowest layers make of each sentence, in half precision."""
    out: list[Tensor] = [torch.empty(0)] * len(examples)
    trunk.eval()
    for batch in _batches(examples, Random(0)):
        columns = {k: torch.from_numpy(v) for k, v in padded([examples[i].columns for i in batch]).items()}
        with torch.no_grad():
            x = trunk.embedding_norm(
                trunk.word_embedding(columns["pieces"])
                + trunk.position_embedding.weight[: columns["pieces"].shape[1]]
                + trunk.case_embedding(columns["piece_cases"])
            )
            mask = attention_mask(columns["mask"])
            for layer in trunk.layers[:layers]:
                x = layer(x, mask)
        for row, i in enumerate(batch):
            out[i] = x[row, : len(examples[i].target)].half()
    return out


def _batches(examples: list[Example], rng: Random) -> list[list[int]]:
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].target) * (1 + 0.2 * rng.random()))
    out: list[list[int]] = [[]]
    longest = 0
    for i in order:
        longest = max(longest, len(examples[i].target))
        if out[-1] and longest * (len(out[-1]) + 1) > PIECES_PER_BATCH:
            out.append([])
            longest = len(examples[i].target)
        out[-1].append(i)
    rng.shuffle(out)
    return out


def _inputs(examples: list[Example], vectors: list[Tensor], batch: list[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    longest = max(len(examples[i].target) for i in batch)
    x = torch.zeros(len(batch), longest, ACCURATE.width)
    mask, target = torch.zeros(len(batch), longest), torch.zeros(len(batch), longest, dtype=torch.bool)
    for row, i in enumerate(batch):
        n = len(examples[i].target)
        x[row, :n] = vectors[i].float()
        mask[row, :n] = 1
        target[row, :n] = torch.from_numpy(examples[i].target)
    return x, mask, target, torch.tensor([examples[i].polarity for i in batch])


def scores(network: StanceNetwork, examples: list[Example], vectors: list[Tensor]) -> Tensor:
    network.eval()
    out = torch.zeros(len(examples), len(POLARITIES))
    with torch.no_grad():
        for batch in _batches(examples, Random(0)):
            x, mask, target, _ = _inputs(examples, vectors, batch)
            out[batch] = network(x, mask, target).float()
    return out


def macro_f1(predicted: Tensor, gold: Tensor) -> float:
    parts = []
    for label in range(len(POLARITIES)):
        both = ((predicted == label) & (gold == label)).sum()
        parts.append(float(2 * both / ((predicted == label).sum() + (gold == label).sum())))
    return sum(parts) / len(parts)
