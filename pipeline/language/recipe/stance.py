"""Learn the polarity of a sentence towards a target, on the lower layers of the accurate model.

The lower layers stay as they are, so that their vectors are computed once; the layers above start as those of the
published encoder and learn.
"""

from __future__ import annotations

import json
import logging
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pipeline.language import tokenizer
from pipeline.language.encoding import MAX_PIECES, Columns, PieceEncoder, padded
from pipeline.language.recipe.network import ACCURATE, LOWER_LAYERS, Layer, PieceTrunk, attention_mask, bfloat16

log = logging.getLogger(__name__)

POLARITIES = (-1, 0, 1)
TRAIN, TEST = "newsmtsc.train.jsonl", "newsmtsc.devtest_mt.jsonl"
HELD_OUT = 10
"""One sentence in so many is kept from training, to fit the temperature on."""
PIECES_PER_BATCH = 1500
EPOCHS = 3
LAYER_RATE, HEAD_RATE = 1.5e-4, 1e-3
WARM_UP = 0.1


@dataclass(slots=True)
class Example:
    """A sentence as columns, the pieces of its target, and the class of its polarity."""

    sentence: str
    columns: Columns
    target: NDArray[np.bool_]
    polarity: int


class StanceNetwork(nn.Module):
    """Upper encoder layers that know which pieces are the target's, and a classifier of what they make of it."""

    def __init__(self, trunk: PieceTrunk) -> None:
        super().__init__()
        self.marker = nn.Parameter(torch.randn(ACCURATE.width) * 0.02)
        self.layers = nn.ModuleList(Layer(ACCURATE) for _ in range(LOWER_LAYERS, ACCURATE.layers))
        for layer, published in zip(self.layers, trunk.layers[LOWER_LAYERS:], strict=True):
            layer.load_state_dict(published.state_dict())
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


def read_examples(path: Path, encoder: PieceEncoder, *, without: Sequence[Example] = ()) -> list[Example]:
    """Examples of {"sentence", "target", "label"} rows; none whose sentence is among those of `without`."""
    nlp = tokenizer.blank()
    left_out = {_key(example.sentence) for example in without}
    out = []
    for line in path.read_text(encoding="utf8").splitlines():
        row = json.loads(line)
        if _key(row["sentence"]) in left_out:
            continue
        tokens = [token for token in nlp.make_doc(row["sentence"]) if not token.is_space]
        columns = encoder.encode([t.text for t in tokens], [bool(t.whitespace_) for t in tokens])
        start, end = row["target"]
        target = np.zeros(len(columns["pieces"]), bool)
        for token, (a, b) in zip(tokens, pairwise([*columns["first"][1:].tolist(), len(target) - 1]), strict=True):
            target[a:b] = token.idx < end and token.idx + len(token) > start
        if target.any() and len(target) <= MAX_PIECES:
            out.append(Example(row["sentence"], columns, target, POLARITIES.index(row["label"])))
    return out


def _key(sentence: str) -> str:
    return re.sub(r"\W+", " ", sentence.casefold()).strip()


def lower_vectors(trunk: PieceTrunk, examples: Sequence[Example]) -> list[Tensor]:
    """What the lower layers make of each sentence, in half precision."""
    out = [torch.empty(0)] * len(examples)
    trunk.eval()
    for batch in _batches(examples, Random(0)):
        columns = {k: torch.from_numpy(v) for k, v in padded([examples[i].columns for i in batch]).items()}
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16()):
            x = trunk.embedded(columns)
            mask = attention_mask(columns["mask"])
            for layer in trunk.layers[:LOWER_LAYERS]:
                x = layer(x, mask)
        for row, i in enumerate(batch):
            out[i] = x[row, : len(examples[i].target)].half()
    return out


def _batches(examples: Sequence[Example], rng: Random) -> list[list[int]]:
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].target) * (1 + 0.2 * rng.random()))
    out: list[list[int]] = [[]]
    for i in order:
        if out[-1] and len(examples[i].target) * (len(out[-1]) + 1) > PIECES_PER_BATCH:
            out.append([])
        out[-1].append(i)
    rng.shuffle(out)
    return out


def _inputs(examples: Sequence[Example], vectors: Sequence[Tensor], batch: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    longest = max(len(examples[i].target) for i in batch)
    x = torch.zeros(len(batch), longest, ACCURATE.width)
    mask, target = torch.zeros(len(batch), longest), torch.zeros(len(batch), longest, dtype=torch.bool)
    for row, i in enumerate(batch):
        n = len(examples[i].target)
        x[row, :n] = vectors[i].float()
        mask[row, :n] = 1
        target[row, :n] = torch.from_numpy(examples[i].target)
    return x, mask, target


def _gold(examples: Sequence[Example]) -> Tensor:
    return torch.tensor([example.polarity for example in examples])


def predict(network: StanceNetwork, examples: Sequence[Example], vectors: Sequence[Tensor]) -> Tensor:
    """Scores of every example."""
    network.eval()
    out = torch.zeros(len(examples), len(POLARITIES))
    with torch.no_grad():
        for batch in _batches(examples, Random(0)):
            out[batch] = network(*_inputs(examples, vectors, batch))
    return out


def macro_f1(predicted: Tensor, gold: Tensor) -> float:
    """The mean over the polarities of F1."""
    parts = []
    for label in range(len(POLARITIES)):
        both = int(((predicted == label) & (gold == label)).sum())
        parts.append(2 * both / max(int((predicted == label).sum() + (gold == label).sum()), 1))
    return sum(parts) / len(parts)


def temperature(scores: Tensor, gold: Tensor) -> float:
    """What to divide scores by so that their probabilities are as likely as can be, by search."""
    tried = [0.5 * 1.02**step for step in range(110)]
    return min(tried, key=lambda t: float(functional.cross_entropy(scores / t, gold)))


def train(
    trunk: PieceTrunk, published: PieceTrunk, encoder: PieceEncoder, data: Path, *, seed: int
) -> tuple[StanceNetwork, float]:
    """The trained network and its temperature; sentences that are in the test part too are not learned from."""
    test = read_examples(data / TEST, encoder)
    everything = read_examples(data / TRAIN, encoder, without=test)
    held = [zlib.crc32(_key(e.sentence).encode()) % HELD_OUT == 0 for e in everything]
    examples = [e for e, kept in zip(everything, held, strict=True) if not kept]
    kept = [e for e, is_kept in zip(everything, held, strict=True) if is_kept]
    vectors, kept_vectors = lower_vectors(trunk, examples), lower_vectors(trunk, kept)
    log.info("stance: %d examples to learn from, %d kept", len(examples), len(kept))
    network = StanceNetwork(published)
    groups = [
        {"params": list(network.layers.parameters())},
        {"params": [network.marker, *network.classify.parameters()]},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    rng = Random(seed)
    todo = [batch for _ in range(EPOCHS) for batch in _batches(examples, rng)]
    for step, batch in enumerate(todo):
        network.train()
        pace = min(1.0, (step + 1) / (WARM_UP * len(todo))) * (1 - step / len(todo))
        for group, rate in zip(optimiser.param_groups, (LAYER_RATE, HEAD_RATE), strict=True):
            group["lr"] = rate * pace
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16()):
            scores = network(*_inputs(examples, vectors, batch))
        loss = functional.cross_entropy(scores.float(), _gold([examples[i] for i in batch]))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if step % 50 == 0:
            log.info("stance: step %d of %d, loss %.3f", step, len(todo), loss.item())
    scores, gold = predict(network, kept, kept_vectors), _gold(kept)
    found = temperature(scores, gold)
    log.info("stance: macro F1 %.3f on what was kept, temperature %.2f", macro_f1(scores.argmax(1), gold), found)
    return network, found
