"""The joint networks: a trunk that reads words, linear heads for tags and names, biaffine heads for the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from pipeline.language.encoding import CASE_CLASSES
from pipeline.language.recipe.data import GUIDELINES
from pipeline.language.vectors import AFFIX_BUCKETS

WORD_CASE_WIDTH = 32
LINEAR_HEADS = ("upos", "xpos", "feats", "lemma", "ner")
EPSILON = 1e-12
MASKED = -10_000.0


class PooledDropout(nn.Module):
    """Dropout whose masks are slices of one pool of random bits.

    Drawing fresh bits for every mask takes a tenth of a training step on a processor.
    """

    POOL = 1 << 24

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self._pool: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        if self._pool is None or self._pool.dtype != x.dtype:
            self._pool = ((torch.rand(self.POOL, device=x.device) >= self.rate).float() / (1 - self.rate)).to(x.dtype)
        start = int(torch.randint(self.POOL - x.numel(), ()))
        return x * self._pool[start : start + x.numel()].view(x.shape)


@dataclass(frozen=True)
class Shape:
    """Sizes of a network; attention heads are `HEAD_WIDTH` wide."""

    width: int
    layers: int
    feed_forward: int
    arc: int
    relation: int


HEAD_WIDTH = 32
LOWER_LAYERS = 3
"""Layers of the accurate encoder that the polarity towards a target is read from too."""
ACCURATE = Shape(width=384, layers=6, feed_forward=1536, arc=320, relation=100)
FAST = Shape(width=192, layers=1, feed_forward=384, arc=128, relation=48)
CONVOLUTIONS = 4
VECTOR_WIDTH, AFFIX_WIDTH = 128, 32
MAX_PLACES = 512


class Layer(nn.Module):
    """One encoder layer, as in BERT, with query, key and value in one product."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.heads = width // HEAD_WIDTH
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm1 = nn.LayerNorm(width, eps=EPSILON)
        self.up = nn.Linear(width, shape.feed_forward)
        self.down = nn.Linear(shape.feed_forward, width)
        self.norm2 = nn.LayerNorm(width, eps=EPSILON)
        self.drop = PooledDropout(0.1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """`mask` is added to the attention scores.

        They are spelled out: on short sentences the fused attention of torch is several times slower backwards.
        """
        batch, length, width = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = (q * HEAD_WIDTH**-0.5) @ k.transpose(2, 3) + mask
        context = scores.softmax(-1).to(v.dtype) @ v
        x = self.norm1(x + self.drop(self.out(context.transpose(1, 2).reshape(batch, length, width))))
        return self.norm2(x + self.drop(self.down(functional.gelu(self.up(x)))))


def attention_mask(filled: Tensor) -> Tensor:
    """What to add to attention scores so that empty places get no attention."""
    return (filled[:, None, None, :].float() - 1) * -MASKED


class Trunk(nn.Module):
    """Reads the columns of a batch; gives each word, the root before them, a vector of the shape's width."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.position_embedding = nn.Embedding(MAX_PLACES, shape.width)
        self.embedding_norm = nn.LayerNorm(shape.width, eps=EPSILON)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.drop = PooledDropout(0.1)

    def attend(self, x: Tensor, mask: Tensor) -> Tensor:
        attention = attention_mask(mask)
        for layer in self.layers:
            x = layer(x, attention)
        return x


class PieceTrunk(Trunk):
    """all-MiniLM-L6-v2, reading word pieces; a word is its first piece."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.word_embedding = nn.Embedding(30522, shape.width)
        self.word_embedding.requires_grad_(False)
        self.case_embedding = nn.Embedding(CASE_CLASSES, shape.width)
        nn.init.normal_(self.case_embedding.weight, 0, 0.01)

    def forward(self, columns: dict[str, Tensor]) -> Tensor:
        first = columns["first"]
        x = self.attend(self.drop(self.embedded(columns)), columns["mask"])
        return torch.gather(x, 1, first[:, :, None].expand(-1, -1, x.shape[-1]))

    def embedded(self, columns: dict[str, Tensor]) -> Tensor:
        """What the first layer reads."""
        pieces = columns["pieces"]
        x = self.word_embedding(pieces) + self.position_embedding.weight[: pieces.shape[1]]
        return self.embedding_norm(x + self.case_embedding(columns["piece_cases"]))

    def load_encoder(self, weights: Path) -> None:
        """Start from the published weights of all-MiniLM-L6-v2."""
        given = load_file(str(weights))
        given = {name.removeprefix("bert."): tensor for name, tensor in given.items()}
        state: dict[str, Tensor] = {}
        embeddings = "embeddings."
        state["word_embedding.weight"] = given[embeddings + "word_embeddings.weight"]
        state["position_embedding.weight"] = (
            given[embeddings + "position_embeddings.weight"] + given[embeddings + "token_type_embeddings.weight"][0]
        )
        places = {"embedding_norm": embeddings + "LayerNorm"}
        for i in range(len(self.layers)):
            old, new = f"encoder.layer.{i}.", f"layers.{i}."
            for kind in ("weight", "bias"):
                state[f"{new}qkv.{kind}"] = torch.cat(
                    [given[f"{old}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
                )
            places |= {
                new + "out": old + "attention.output.dense",
                new + "norm1": old + "attention.output.LayerNorm",
                new + "up": old + "intermediate.dense",
                new + "down": old + "output.dense",
                new + "norm2": old + "output.LayerNorm",
            }
        for name, origin in places.items():
            for kind in ("weight", "bias"):
                state[f"{name}.{kind}"] = given[f"{origin}.{kind}"]
        unexpected = self.load_state_dict(state, strict=False).unexpected_keys
        assert not unexpected, unexpected


class VectorTrunk(Trunk):
    """Convolutions over static word vectors, spelling and case, then attention."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.case_embedding = nn.Embedding(CASE_CLASSES, AFFIX_WIDTH)
        self.prefix_embedding = nn.Embedding(AFFIX_BUCKETS, AFFIX_WIDTH)
        self.suffix_embedding = nn.Embedding(AFFIX_BUCKETS, AFFIX_WIDTH)
        self.mix = nn.Linear(VECTOR_WIDTH + 3 * AFFIX_WIDTH, shape.width)
        self.convolutions = nn.ModuleList(nn.Linear(3 * shape.width, shape.width) for _ in range(CONVOLUTIONS))
        self.norms = nn.ModuleList(nn.LayerNorm(shape.width, eps=EPSILON) for _ in range(CONVOLUTIONS))
        nn.init.normal_(self.position_embedding.weight, 0, 0.02)

    def forward(self, columns: dict[str, Tensor]) -> Tensor:
        affixes = columns["affixes"]
        parts = [
            columns["vectors"],
            self.prefix_embedding(affixes[..., 0]),
            self.suffix_embedding(affixes[..., 1]),
            self.case_embedding(columns["word_cases"]),
        ]
        x = self.mix(self.drop(torch.cat(parts, -1)))
        x = self.drop(self.embedding_norm(x + self.position_embedding.weight[: x.shape[1]]))
        mask = columns["mask"][..., None]
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = x * mask
            before, after = functional.pad(x, (0, 0, 1, 0))[:, :-1], functional.pad(x, (0, 0, 0, 1))[:, 1:]
            x = norm(x + self.drop(functional.gelu(convolution(torch.cat([before, x, after], -1)))))
        return self.attend(x, columns["mask"])


class Joint(nn.Module):
    """Scores of every head for each word; word 0 of a window is the root.

    The head for names is one for all corpora, and for each of `GUIDELINES` a difference of its own is added to it
    (as in Daumé's feature augmentation), so that what corpora mark differently need not be evened out.
    """

    def __init__(self, labels: dict[str, Any], shape: Shape, trunk: Trunk) -> None:
        super().__init__()
        self.shape = shape
        self.trunk = trunk
        self.word_case = nn.Embedding(CASE_CLASSES, WORD_CASE_WIDTH)
        self.sizes = [*(len(labels[head]) for head in LINEAR_HEADS), 2]
        width = shape.width + WORD_CASE_WIDTH
        self.tags = nn.Linear(width, sum(self.sizes))
        self.guideline = nn.Parameter(torch.zeros(len(GUIDELINES), width, len(labels["ner"])))
        self.mlp = nn.Linear(width, 2 * shape.arc + 2 * shape.relation)
        self.arc = nn.Parameter(torch.randn(shape.arc + 1, shape.arc) * 0.05)
        relations = (shape.relation + 1, len(labels["dep"]), shape.relation + 1)
        self.relation = nn.Parameter(torch.randn(relations) * 0.05)
        self.drop, self.mlp_drop = PooledDropout(0.1), PooledDropout(0.33)

    def forward(self, columns: dict[str, Tensor]) -> dict[str, Tensor]:
        words = self.trunk(columns)
        words = self.drop(torch.cat([words, self.word_case(columns["word_cases"])], -1))
        scores = dict(zip((*LINEAR_HEADS, "start"), self.tags(words).split(self.sizes, -1), strict=True))
        scores["ner"] = scores["ner"] + words @ self.guideline[columns["guideline"]]
        widths = [self.shape.arc, self.shape.arc, self.shape.relation, self.shape.relation]
        parts = [self.mlp_drop(part) for part in functional.gelu(self.mlp(words)).split(widths, -1)]
        arc_dependent, arc_head, scores["relation_dependent"], scores["relation_head"] = parts
        scores["arc"] = with_one(arc_dependent) @ self.arc @ arc_head.transpose(1, 2)
        return scores

    def relations_to(self, heads: Tensor, scores: dict[str, Tensor]) -> Tensor:
        """Relation scores (rows, words, relations) of every word with the head word given for it (rows, words)."""
        relation = scores["relation_head"]
        of_heads = torch.gather(relation, 1, heads[..., None].expand(-1, -1, relation.shape[-1]))
        rows, count, columns = self.relation.shape
        weights = with_one(scores["relation_dependent"]) @ self.relation.reshape(rows, -1)
        return (weights.unflatten(-1, (count, columns)) @ with_one(of_heads)[..., None]).squeeze(-1)


def bfloat16() -> bool:
    """Whether this processor multiplies in bfloat16, which trains half again as fast and no worse."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def mean_weights(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of the weights of trainings that began at the same weights: better than each of them as a rule."""
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}


def with_one(x: Tensor) -> Tensor:
    return torch.cat([x, torch.ones_like(x[..., :1])], -1)
