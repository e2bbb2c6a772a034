"""Train a joint network; restartable from its last checkpoint."""

from __future__ import annotations

import json
import logging
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.language.encoding import MAX_PIECES, Columns, PieceEncoder, WordEncoder, padded
from pipeline.language.lemmas import lemma_script
from pipeline.language.recipe.augment import augment
from pipeline.language.recipe.data import GUIDELINES, LABELS, SENTENCES, Sentence, load_sentences
from pipeline.language.recipe.network import Joint, bfloat16

log = logging.getLogger(__name__)

WARM_UP_STEPS = 100
MAX_WORDS = 150
SINGLE_SENTENCES = 0.5
NAME_PASSAGES = 0.7
CHECKPOINT_S = 300
WEIGHTS = {"arc": 1.0, "relation": 1.0, "ner": 1.5, "upos": 0.5, "xpos": 0.5, "feats": 0.5, "lemma": 0.5, "start": 0.5}
IGNORED = -100
HIDDEN_PIECES = 0.08
"""Share of word pieces that training hides, so that a name is known by its neighbours too."""


@dataclass(frozen=True)
class Plan:
    """How a network is trained: highest learning rates of trunk and heads, and the size of a batch."""

    trunk_rate: float
    head_rate: float
    places_per_batch: int


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
        chosen += [[s] for s in passages if rng.random() < NAME_PASSAGES]
        rows = [self.make(augment(window, rng)) for window in chosen]
        rows = [row for row in rows if row.places <= MAX_PIECES]
        if self._hidden is not None:
            for row in rows:
                _hide_pieces(row, self._hidden, rng)
        return rows


def _hide_pieces(row: Row, hidden: int, rng: Random) -> None:
    pieces = row.columns["pieces"]
    for place in range(1, len(pieces) - 1):
        if rng.random() < HIDDEN_PIECES:
            pieces[place] = hidden


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


TARGETS = ("upos", "xpos", "feats", "lemma", "ner", "start", "head", "dep")


def tensors(rows: list[Row]) -> tuple[dict[str, Tensor], Tensor, dict[str, Tensor]]:
    """Padded columns, which word places are filled, and targets (IGNORED where unknown)."""
    columns = {name: torch.from_numpy(column) for name, column in padded([row.columns for row in rows]).items()}
    columns["guideline"] = torch.tensor([row.guideline for row in rows])
    words = max(row.words for row in rows)
    filled = torch.zeros(len(rows), words, dtype=torch.bool)
    targets = {key: torch.full((len(rows), words), IGNORED) for key in TARGETS}
    for i, row in enumerate(rows):
        filled[i, : row.words] = True
        for key, values in row.targets.items():
            targets[key][i, 1 : row.words] = torch.tensor(values)
    return columns, filled, targets


def losses(network: Joint, rows: list[Row]) -> dict[str, Tensor]:
    columns, filled, targets = tensors(rows)
    scores = network(columns)
    out: dict[str, Tensor] = {}
    for key in ("upos", "xpos", "feats", "lemma", "ner", "start"):
        if bool((targets[key] >= 0).any()):
            out[key] = functional.cross_entropy(scores[key].flatten(0, 1), targets[key].flatten(), ignore_index=IGNORED)
    known = targets["head"] >= 0
    if bool(known.any()):
        arcs = scores["arc"].masked_fill(~filled[:, None, :], -1e4)
        out["arc"] = functional.cross_entropy(arcs.flatten(0, 1), targets["head"].flatten(), ignore_index=IGNORED)
        row, dependent = known.nonzero(as_tuple=True)
        head = targets["head"][row, dependent]
        relations = network.relations(scores["relation_dependent"][row, dependent], scores["relation_head"][row, head])
        out["relation"] = functional.cross_entropy(relations, targets["dep"][row, dependent], ignore_index=IGNORED)
    return out


def averaged(checkpoints: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of the weights of trainings that began at the same weights: better than each of them as a rule."""
    states = [torch.load(checkpoint)["network"] for checkpoint in checkpoints]
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}


def train(
    network: Joint,
    encoder: WordEncoder,
    plan: Plan,
    prepared: Path,
    checkpoint: Path,
    *,
    steps: int,
    seed: int,
    minutes: float,
) -> None:
    """Train for so many steps in all, from the checkpoint if there is one.

    The learning rate falls linearly to zero at the last step, or at the end of the given minutes if these
    are over sooner: what counts is that it has come down when training ends. Batches depend on the seed and the epoch
    alone, so a restart goes on with the batches that an unbroken run would have seen. Asked to terminate,
    it saves and returns.
    """
    labels = json.loads((prepared / LABELS).read_text(encoding="utf8"))
    sentences = list(load_sentences(prepared / SENTENCES))
    trunk = [p for p in network.trunk.parameters() if p.requires_grad]
    in_trunk = {id(p) for p in trunk}
    heads = [p for p in network.parameters() if p.requires_grad and id(p) not in in_trunk]
    rates = (plan.trunk_rate, plan.head_rate)
    groups = [{"params": trunk}, {"params": heads}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    half = bfloat16()
    log.info("products in %s", "bfloat16" if half else "single precision: this processor has no bfloat16")
    step = epoch = done = 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        step, epoch, done = state["step"], state["epoch"], state["done"]
        log.info("going on at step %d, epoch %d", step, epoch)

    def save() -> None:
        state = {
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),
            "step": step,
            "epoch": epoch,
            "done": done,
        }
        unfinished = checkpoint.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(checkpoint)

    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stopping.set())
    maker = Rows(labels, encoder)
    started = saved = time.monotonic()
    words = 0
    smooth: dict[str, float] = {}
    network.train()
    first_left = 1 - step / steps
    while step < steps and not stopping.is_set():
        rng = Random(f"{seed}/{epoch}")
        todo = batches(maker.epoch(sentences, rng), plan.places_per_batch, rng)
        log.info("epoch %d: %d batches", epoch, len(todo))
        for rows in todo[done:]:
            time_left = 1 - (time.monotonic() - started) / (60 * minutes)
            if step >= steps or time_left <= 0:
                stopping.set()
            if stopping.is_set():
                break
            left = min(1 - step / steps, first_left * time_left)
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * min(1.0, (step + 1) / WARM_UP_STEPS) * left
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                parts = losses(network, rows)
            loss = torch.stack([WEIGHTS[key] * value for key, value in parts.items()]).sum()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_([*trunk, *heads], 2.0)
            optimiser.step()
            step += 1
            done += 1
            words += sum(row.words - 1 for row in rows)
            for key, value in parts.items():
                smooth[key] = 0.97 * smooth.get(key, value.item()) + 0.03 * value.item()
            now = time.monotonic()
            if step % 50 == 0:
                shown = " ".join(f"{key} {smooth[key]:.3f}" for key in WEIGHTS if key in smooth)
                log.info(
                    "step %d of %d, %d s, %d words/s: %s", step, steps, now - started, words / (now - started), shown
                )
            if now - saved > CHECKPOINT_S:
                save()
                saved = now
        else:
            epoch, done = epoch + 1, 0
    save()
