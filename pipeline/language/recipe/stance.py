"""Learn the polarity of a sentence towards a target, on the lower layers of the accurate model.

The lower layers stay as they are, so that their vectors are computed once; the layers above start as those of the
published encoder and learn. Words come as the parse leaves them on a Doc, one vector each (of a word's first piece),
read among other sentences as often as alone: so that nothing is computed anew where a text has been parsed.
"""

from __future__ import annotations

import copy
import json
import logging
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.language import tokenizer
from pipeline.language.component import MAX_WORDS
from pipeline.language.encoding import MAX_PIECES, Columns, PieceEncoder, padded
from pipeline.language.recipe.network import (
    ACCURATE,
    LOWER_LAYERS,
    Layer,
    PieceTrunk,
    attention_mask,
    bfloat16,
    mean_weights,
)

log = logging.getLogger(__name__)

POLARITIES = (-1, 0, 1)
TRAIN, TEST = "newsmtsc.train.jsonl", "newsmtsc.devtest_mt.jsonl"
HELD_OUT = 10
"""One sentence in so many is kept from training, to fit the temperature on."""
PLACES_PER_BATCH = 1500
AMONG_OTHERS = 0.5
"""Share of sentences that are read between others, as those of an article are."""
EPOCHS, RUNS = 3, 5
LAYER_RATE, HEAD_RATE = 1.5e-4, 1e-3
WARM_UP = 0.1


@dataclass(slots=True)
class Example:
    """The words of a sentence, the half-open span of them that is its target, and the class of its polarity."""

    sentence: str
    words: list[str]
    spaces: list[bool]
    target: tuple[int, int]
    polarity: int


class StanceNetwork(nn.Module):
    """Upper encoder layers that know which words are the target's, and a classifier of what they make of it."""

    def __init__(self, trunk: PieceTrunk) -> None:
        super().__init__()
        self.marker = nn.Parameter(torch.randn(ACCURATE.width) * 0.02)
        self.layers = nn.ModuleList(Layer(ACCURATE) for _ in range(LOWER_LAYERS, ACCURATE.layers))
        for layer, published in zip(self.layers, trunk.layers[LOWER_LAYERS:], strict=True):
            layer.load_state_dict(published.state_dict())
        self.classify = nn.Linear(2 * ACCURATE.width, len(POLARITIES))
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor, mask: Tensor, target: Tensor) -> Tensor:
        """Scores of the polarities; x are the lower layers' vectors of (sentences, words)."""
        marked = target[..., None].float()
        x = x + marked * self.marker
        attention = attention_mask(mask)
        for layer in self.layers:
            x = layer(x, attention)
        filled = mask[..., None]
        everywhere, pooled = ((x * part).sum(1) / part.sum(1) for part in (filled, marked))
        return self.classify(self.drop(torch.cat([everywhere, pooled], -1)))


def read_examples(path: Path, *, without: Sequence[Example] = ()) -> list[Example]:
    """Examples of {"sentence", "target", "label"} rows; none whose sentence is among those of `without`."""
    nlp = tokenizer.blank()
    left_out = {_key(example.sentence) for example in without}
    out = []
    for line in path.read_text(encoding="utf8").splitlines():
        row = json.loads(line)
        if _key(row["sentence"]) in left_out:
            continue
        tokens = [token for token in nlp.make_doc(row["sentence"]) if not token.is_space]
        start, end = row["target"]
        inside = [i for i, token in enumerate(tokens) if token.idx < end and token.idx + len(token) > start]
        if inside and len(tokens) <= MAX_WORDS:
            words, spaces = [t.text for t in tokens], [bool(t.whitespace_) for t in tokens]
            target = inside[0], inside[-1] + 1
            out.append(Example(row["sentence"], words, spaces, target, POLARITIES.index(row["label"])))
    return out


def training_sentences(data: Path) -> list[str]:
    """The text of the training part, each sentence once, without those of the test part."""
    train, test = ({_key(text): text for text in _sentences(data / name)} for name in (TRAIN, TEST))
    return [sentence for key, sentence in train.items() if key not in test]


def _sentences(path: Path) -> list[str]:
    return [json.loads(line)["sentence"] for line in path.read_text(encoding="utf8").splitlines()]


def _key(sentence: str) -> str:
    return re.sub(r"\W+", " ", sentence.casefold()).strip()


def lower_vectors(trunk: PieceTrunk, encoder: PieceEncoder, examples: Sequence[Example], rng: Random) -> list[Tensor]:
    """What the lower layers make of each sentence's words, in half precision; every second stands among others."""
    out = [torch.empty(0)] * len(examples)
    windows = [_window(encoder, examples, i, rng) for i in range(len(examples))]
    trunk.eval()
    for batch in _batches([len(columns["mask"]) for columns, _ in windows], Random(0)):
        columns = {k: torch.from_numpy(v) for k, v in padded([windows[i][0] for i in batch]).items()}
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16()):
            x = trunk.embedded(columns)
            mask = attention_mask(columns["mask"])
            for layer in trunk.layers[:LOWER_LAYERS]:
                x = layer(x, mask)
        for row, i in enumerate(batch):
            # The root stands before the words.
            first = 1 + windows[i][1]
            out[i] = x[row, columns["first"][row, first : first + len(examples[i].words)]].half()
    return out


def _window(encoder: PieceEncoder, examples: Sequence[Example], i: int, rng: Random) -> tuple[Columns, int]:
    """A sentence alone or between others, and how many words stand before it."""
    parts = [examples[i]]
    before = 0
    if rng.random() < AMONG_OTHERS:
        for _ in range(rng.randint(1, 3)):
            other = rng.choice(examples)
            if sum(len(part.words) for part in parts) + len(other.words) > MAX_WORDS:
                break
            if rng.random() < 0.5:
                parts.insert(0, other)
                before += len(other.words)
            else:
                parts.append(other)
    words = [word for part in parts for word in part.words]
    columns = encoder.encode(words, [space for part in parts for space in [*part.spaces[:-1], True]])
    if len(columns["mask"]) > MAX_PIECES:
        return encoder.encode(examples[i].words, examples[i].spaces), 0
    return columns, before


def _batches(lengths: Sequence[int], rng: Random) -> list[list[int]]:
    order = sorted(range(len(lengths)), key=lambda i: lengths[i] * (1 + 0.2 * rng.random()))
    out: list[list[int]] = [[]]
    for i in order:
        if out[-1] and lengths[i] * (len(out[-1]) + 1) > PLACES_PER_BATCH:
            out.append([])
        out[-1].append(i)
    rng.shuffle(out)
    return out


def _inputs(examples: Sequence[Example], vectors: Sequence[Tensor], batch: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    longest = max(len(examples[i].words) for i in batch)
    x = torch.zeros(len(batch), longest, ACCURATE.width)
    mask, target = torch.zeros(len(batch), longest), torch.zeros(len(batch), longest, dtype=torch.bool)
    for row, i in enumerate(batch):
        n = len(examples[i].words)
        x[row, :n] = vectors[i].float()
        mask[row, :n] = 1
        start, end = examples[i].target
        target[row, start:end] = True
    return x, mask, target


def _gold(examples: Sequence[Example]) -> Tensor:
    return torch.tensor([example.polarity for example in examples])


def predict(network: StanceNetwork, examples: Sequence[Example], vectors: Sequence[Tensor]) -> Tensor:
    """Scores of every example."""
    network.eval()
    out = torch.zeros(len(examples), len(POLARITIES))
    with torch.no_grad():
        for batch in _batches([len(example.words) for example in examples], Random(0)):
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
    trunk: PieceTrunk,
    published: PieceTrunk,
    encoder: PieceEncoder,
    data: Path,
    *,
    seed: int,
    earlier: dict[str, Tensor] | None = None,
) -> tuple[StanceNetwork, float]:
    """The trained network and its temperature; sentences that are in the test part too are not learned from.

    It is the mean of `RUNS` trainings that begin at the same weights and see the examples in other orders; where the
    model that training went on from read polarity, the mean of that mean and the `earlier` weights.
    """
    test = read_examples(data / TEST)
    everything = read_examples(data / TRAIN, without=test)
    held = [zlib.crc32(_key(e.sentence).encode()) % HELD_OUT == 0 for e in everything]
    examples = [e for e, kept in zip(everything, held, strict=True) if not kept]
    kept = [e for e, is_kept in zip(everything, held, strict=True) if is_kept]
    rng = Random(seed)
    vectors, kept_vectors = (lower_vectors(trunk, encoder, part, rng) for part in (examples, kept))
    log.info("stance: %d examples to learn from, %d kept", len(examples), len(kept))
    network = StanceNetwork(published)
    begin = copy.deepcopy(network.state_dict())
    states, gold = [], _gold(kept)
    for run in range(RUNS):
        network.load_state_dict(begin)
        _train_once(network, examples, vectors, rng)
        states.append(copy.deepcopy(network.state_dict()))
        log.info("stance: run %d, macro F1 %.3f", run, macro_f1(predict(network, kept, kept_vectors).argmax(1), gold))
    learned = mean_weights(states)
    network.load_state_dict(learned if earlier is None else mean_weights([learned, _at_scale_of(learned, earlier)]))
    scores = predict(network, kept, kept_vectors)
    found = temperature(scores, gold)
    log.info("stance: macro F1 %.3f on what was kept, temperature %.2f", macro_f1(scores.argmax(1), gold), found)
    return network, found


def _at_scale_of(learned: dict[str, Tensor], earlier: dict[str, Tensor]) -> dict[str, Tensor]:
    """Earlier weights whose scores, which a temperature divided, are of the size of those learned now."""
    scale = learned["classify.weight"].norm() / earlier["classify.weight"].norm()
    return earlier | {name: scale * earlier[name] for name in ("classify.weight", "classify.bias")}


def _train_once(network: StanceNetwork, examples: Sequence[Example], vectors: Sequence[Tensor], rng: Random) -> None:
    groups = [
        {"params": list(network.layers.parameters())},
        {"params": [network.marker, *network.classify.parameters()]},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    lengths = [len(example.words) for example in examples]
    todo = [batch for _ in range(EPOCHS) for batch in _batches(lengths, rng)]
    network.train()
    for step, batch in enumerate(todo):
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
