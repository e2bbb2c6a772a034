"""The joint network: one encoder, linear heads for tags and names, biaffine heads for the tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from pipeline.language.encoding import CASE_CLASSES

WIDTH, LAYERS, ATTENTION_HEADS, FEED_FORWARD = 384, 6, 12, 1536
WORD_CASE_WIDTH = 32
ARC_WIDTH, RELATION_WIDTH = 320, 100
LINEAR_HEADS = ("upos", "xpos", "feats", "lemma", "ner")
EPSILON = 1e-12


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
        if self._pool is None:
            self._pool = (torch.rand(self.POOL) >= self.rate).float() / (1 - self.rate)
        start = int(torch.randint(self.POOL - x.numel(), ()))
        return x * self._pool[start : start + x.numel()].view(x.shape)


class Layer(nn.Module):
    """One encoder layer, as in BERT, with query, key and value in one product."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.up = nn.Linear(WIDTH, FEED_FORWARD)
        self.down = nn.Linear(FEED_FORWARD, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.drop = PooledDropout(0.1)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, _ = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, ATTENTION_HEADS, -1).permute(2, 0, 3, 1, 4)
        context = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.norm1(x + self.drop(self.out(context.transpose(1, 2).reshape(batch, length, WIDTH))))
        return self.norm2(x + self.drop(self.down(functional.gelu(self.up(x)))))


class Joint(nn.Module):
    """Scores of every head for each word; word 0 of a window is the root."""

    def __init__(self, labels: dict[str, Any]) -> None:
        super().__init__()
        self.word_embedding = nn.Embedding(30522, WIDTH)
        self.word_embedding.requires_grad_(False)
        self.position_embedding = nn.Embedding(512, WIDTH)
        self.case_embedding = nn.Embedding(CASE_CLASSES, WIDTH)
        self.embedding_norm = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.word_case = nn.Embedding(CASE_CLASSES, WORD_CASE_WIDTH)
        self.sizes = [*(len(labels[head]) for head in LINEAR_HEADS), 2]
        self.tags = nn.Linear(WIDTH + WORD_CASE_WIDTH, sum(self.sizes))
        self.mlp = nn.Linear(WIDTH + WORD_CASE_WIDTH, 2 * ARC_WIDTH + 2 * RELATION_WIDTH)
        self.arc = nn.Parameter(torch.randn(ARC_WIDTH + 1, ARC_WIDTH) * 0.05)
        self.relation = nn.Parameter(torch.randn(RELATION_WIDTH + 1, len(labels["dep"]), RELATION_WIDTH + 1) * 0.05)
        self.drop, self.mlp_drop = PooledDropout(0.1), PooledDropout(0.2)
        nn.init.normal_(self.case_embedding.weight, 0, 0.01)

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
        for i in range(LAYERS):
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

    def encoder_parameters(self) -> list[nn.Parameter]:
        modules = (self.position_embedding, self.case_embedding, self.embedding_norm, self.layers)
        return [p for module in modules for p in module.parameters()]

    def forward(
        self, pieces: Tensor, mask: Tensor, piece_cases: Tensor, first: Tensor, word_cases: Tensor
    ) -> dict[str, Tensor]:
        x = self.word_embedding(pieces) + self.position_embedding.weight[: pieces.shape[1]]
        x = self.drop(self.embedding_norm(x + self.case_embedding(piece_cases)))
        attention = mask[:, None, None, :]
        for layer in self.layers:
            x = layer(x, attention)
        words = torch.gather(x, 1, first[:, :, None].expand(-1, -1, WIDTH))
        words = self.drop(torch.cat([words, self.word_case(word_cases)], -1))
        scores = dict(zip((*LINEAR_HEADS, "start"), self.tags(words).split(self.sizes, -1), strict=True))
        widths = [ARC_WIDTH, ARC_WIDTH, RELATION_WIDTH, RELATION_WIDTH]
        parts = [self.mlp_drop(part) for part in functional.gelu(self.mlp(words)).split(widths, -1)]
        arc_dependent, arc_head, scores["relation_dependent"], scores["relation_head"] = parts
        scores["arc"] = with_one(arc_dependent) @ self.arc @ arc_head.transpose(1, 2)
        return scores

    def relations(self, dependents: Tensor, heads: Tensor) -> Tensor:
        """Relation scores of chosen pairs; both are (pairs, RELATION_WIDTH)."""
        rows, count, columns = self.relation.shape
        weights = (with_one(dependents) @ self.relation.reshape(rows, -1)).view(-1, count, columns)
        return (weights * with_one(heads)[:, None]).sum(-1)


def with_one(x: Tensor) -> Tensor:
    return torch.cat([x, torch.ones_like(x[..., :1])], -1)
