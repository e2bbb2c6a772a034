"""Train a joint network; restartable from its last checkpoint."""

from __future__ import annotations

import json
import logging
import multiprocessing
import pickle
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.language.encoding import WordEncoder
from pipeline.language.recipe.batches import IGNORED, Batch, Rows
from pipeline.language.recipe.data import LABELS, SENTENCES, Sentence, load_sentences
from pipeline.language.recipe.network import Joint, bfloat16, mean_weights
from pipeline.language.recipe.teachers import TAGS, Teachers, arc_scores, lesson_losses

log = logging.getLogger(__name__)

WARM_UP_STEPS = 100
CHECKPOINT_S = 300
WEIGHTS = {"arc": 1.0, "relation": 1.0, "ner": 1.5, "upos": 0.5, "xpos": 0.5, "feats": 0.5, "lemma": 0.5, "start": 0.5}
TAUGHT = 0.6
"""Share of the loss that comes from teachers, if there are any, where people annotated too."""


@dataclass(frozen=True)
class Plan:
    """How a network is trained: highest learning rates of trunk and heads, and the size of a batch."""

    trunk_rate: float
    head_rate: float
    places_per_batch: int


@dataclass(frozen=True)
class Length:
    """How long a network is trained: at most so many steps of the optimiser, and minutes."""

    steps: int
    minutes: float


def device() -> torch.device:
    """The first graphics processor, or the processor if there is none."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def losses(network: Joint, batch: Batch, teachers: Teachers | None = None) -> dict[str, Tensor]:
    """Cross entropy with what people annotated, by head; with teachers, mixed with that of their judgement."""
    scores = network(batch.noisy)
    targets, known = batch.targets, batch.known
    out = {key: _cross_entropy(scores[key], targets[key]) for key in TAGS if key in known}
    if "head" in known:
        out["arc"] = _cross_entropy(arc_scores(scores["arc"], batch.filled), targets["head"])
        out["relation"] = _cross_entropy(network.relations_to(targets["head"].clamp(min=0), scores), targets["dep"])
    if teachers is None:
        return out
    taught = lesson_losses(network, scores, teachers.lesson(batch), batch.filled)
    return {key: TAUGHT * loss + (1 - TAUGHT) * out.get(key, loss) for key, loss in taught.items()}


def _cross_entropy(scores: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)


def averaged(checkpoints: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of the weights of checkpoints."""
    return mean_weights([torch.load(checkpoint, map_location="cpu")["network"] for checkpoint in checkpoints])


@contextmanager
def epochs(rows: Rows, sentences: list[Sentence], most: int, seed: int, first: int) -> Iterator[Iterator[list[Batch]]]:
    """The batches of each epoch from the given one on, made in a process of its own while the network learns.

    They depend on the seed and the epoch alone, so a restart goes on with the batches that an unbroken run would have
    seen.
    """
    # Forked, the maker has the sentences without being sent them; it never touches a graphics processor.
    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    maker = fork.Process(target=_make_epochs, args=(sender, rows, sentences, most, seed, first), daemon=True)
    maker.start()
    sender.close()
    try:
        # Batches travel as bytes: torch would share each of their thousands of tensors through a file of its own.
        yield (pickle.loads(receiver.recv_bytes()) for _ in count())  # noqa: S301 from our own process
    finally:
        maker.terminate()
        maker.join()


def _make_epochs(sender: Connection, rows: Rows, sentences: list[Sentence], most: int, seed: int, first: int) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    torch.set_num_threads(1)
    for epoch in count(first):
        sender.send_bytes(pickle.dumps(rows.batches(sentences, most, Random(f"{seed}/{epoch}"))))


@dataclass(slots=True)
class _Progress:
    """What a checkpoint holds beside weights: steps in all, the epoch, and batches of it that are done."""

    step: int = 0
    epoch: int = 0
    done: int = 0
    ended: bool = False


class _Watch:
    """Says now and then how training goes: words a second, and each loss as a running mean."""

    EVERY = 50

    def __init__(self, steps: int) -> None:
        self._steps, self._started = steps, time.monotonic()
        self._words = 0
        self._losses: dict[str, list[Tensor]] = {}

    def saw(self, step: int, words: int, parts: dict[str, Tensor]) -> None:
        self._words += words
        for key, value in parts.items():
            self._losses.setdefault(key, []).append(value.detach())
        if step % self.EVERY == 0:
            spent = time.monotonic() - self._started
            shown = " ".join(
                f"{key} {torch.stack(self._losses[key]).mean():.3f}" for key in WEIGHTS if key in self._losses
            )
            log.info("step %d of %d, %d s, %d words/s: %s", step, self._steps, spent, self._words / spent, shown)
            self._losses.clear()


def train(
    network: Joint,
    encoder: WordEncoder,
    plan: Plan,
    length: Length,
    prepared: Path,
    checkpoint: Path,
    *,
    seed: int,
    teachers: Teachers | None = None,
) -> None:
    """Train from the checkpoint if there is one, on a graphics processor if there is one.

    The learning rate falls linearly to zero at the last step, or at the end of the given minutes if these
    are over sooner: what counts is that it has come down when training ends. Asked to terminate, it saves and returns;
    a training that came to its end is not gone on with.
    """
    place = device()
    labels = json.loads((prepared / LABELS).read_text(encoding="utf8"))
    sentences = list(load_sentences(prepared / SENTENCES))
    if teachers is None:
        sentences = [s for s in sentences if s.tree is not None or s.names is not None]
    network.to(place).train()
    trunk = [p for p in network.trunk.parameters() if p.requires_grad]
    in_trunk = {id(p) for p in trunk}
    heads = [p for p in network.parameters() if p.requires_grad and id(p) not in in_trunk]
    groups = [{"params": trunk}, {"params": heads}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    half = place.type == "cuda" or bfloat16()
    log.info("on %s, products in %s", place, "bfloat16" if half else "single precision: no bfloat16 here")
    at = _Progress()
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=place)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        at = _Progress(*(state[field] for field in _Progress.__slots__))
        if at.ended:
            log.info("%s is trained", checkpoint.stem)
            return
        log.info("going on at step %d, epoch %d", at.step, at.epoch)

    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stopping.set())
    started = saved = time.monotonic()
    watch, first_left = _Watch(length.steps), 1 - at.step / length.steps
    with epochs(Rows(labels, encoder), sentences, plan.places_per_batch, seed, at.epoch) as coming:
        while not (at.ended or stopping.is_set()):
            todo = next(coming)
            log.info("epoch %d: %d batches", at.epoch, len(todo))
            for batch in todo[at.done :]:
                time_left = 1 - (time.monotonic() - started) / (60 * length.minutes)
                at.ended = at.step >= length.steps or time_left <= 0
                if at.ended or stopping.is_set():
                    break
                left = min(1 - at.step / length.steps, first_left * time_left)
                warm = min(1.0, (at.step + 1) / WARM_UP_STEPS)
                for group, rate in zip(optimiser.param_groups, (plan.trunk_rate, plan.head_rate), strict=True):
                    group["lr"] = rate * left * warm
                with torch.autocast(place.type, torch.bfloat16, enabled=half):
                    parts = losses(network, batch.to(place), teachers)
                loss = torch.stack([WEIGHTS[key] * value for key, value in parts.items()]).sum()
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_([*trunk, *heads], 2.0)
                optimiser.step()
                at.step += 1
                at.done += 1
                watch.saw(at.step, batch.words, parts)
                if time.monotonic() - saved > CHECKPOINT_S:
                    _save(checkpoint, network, optimiser, at)
                    saved = time.monotonic()
            else:
                at.epoch, at.done = at.epoch + 1, 0
    _save(checkpoint, network, optimiser, at)
    network.cpu()


def _save(checkpoint: Path, network: Joint, optimiser: torch.optim.Optimizer, at: _Progress) -> None:
    unfinished = checkpoint.with_suffix(".part")
    state = {"network": network.state_dict(), "optimiser": optimiser.state_dict()} | asdict(at)
    torch.save(state, unfinished)
    unfinished.replace(checkpoint)
