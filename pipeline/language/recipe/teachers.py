"""Trained networks that teach another one: it learns their mean probabilities beside what people annotated.

The method is that of Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network" (2015), at temperature 1.
Teachers judge every word, those too of corpora that have no trees or no names, and see the pieces hidden from the
learner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from pipeline.language.recipe.batches import Batch
from pipeline.language.recipe.network import LINEAR_HEADS, Joint

TAGS = (*LINEAR_HEADS, "start")
MASKED = -1e4


@dataclass(frozen=True)
class Lesson:
    """Probabilities for each word: of the classes of every head, of its head word, and of its relation to `heads`."""

    tags: dict[str, Tensor]
    arcs: Tensor
    heads: Tensor
    relations: Tensor


class Teachers:
    """Some networks as one."""

    def __init__(self, networks: Sequence[Joint]) -> None:
        self._networks = [network.eval().requires_grad_(False) for network in networks]

    def lesson(self, batch: Batch) -> Lesson:
        """What they think of a batch; relations are judged with the annotated heads, with their own where none are."""
        with torch.no_grad():
            seen = [network(batch.columns) for network in self._networks]
            arcs = _mean([arc_scores(scores["arc"], batch.filled) for scores in seen])
            annotated = batch.targets["head"]
            heads = torch.where(annotated >= 0, annotated, arcs.argmax(-1))
            return Lesson(
                {key: _mean([scores[key] for scores in seen]) for key in TAGS},
                arcs,
                heads,
                _mean([n.relations_to(heads, scores) for n, scores in zip(self._networks, seen, strict=True)]),
            )


def lesson_losses(network: Joint, scores: dict[str, Tensor], lesson: Lesson, filled: Tensor) -> dict[str, Tensor]:
    """Cross entropy of a network's scores with a lesson, by head of the network: a mean over words."""
    words = filled.clone()
    words[:, 0] = False
    out = {key: _cross_entropy(scores[key], probabilities, words) for key, probabilities in lesson.tags.items()}
    out["arc"] = _cross_entropy(arc_scores(scores["arc"], filled), lesson.arcs, words)
    out["relation"] = _cross_entropy(network.relations_to(lesson.heads, scores), lesson.relations, words)
    return out


def arc_scores(scores: Tensor, filled: Tensor) -> Tensor:
    """Scores of head words, those of empty places out of the question."""
    return scores.masked_fill(~filled[:, None, :], MASKED)


def _mean(scores: Sequence[Tensor]) -> Tensor:
    return torch.stack([part.float().softmax(-1) for part in scores]).mean(0)


def _cross_entropy(scores: Tensor, probabilities: Tensor, words: Tensor) -> Tensor:
    each = -(probabilities * functional.log_softmax(scores.float(), -1)).sum(-1)
    return (each * words).sum() / words.sum()
