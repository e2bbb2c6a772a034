"""The trained network as ONNX, in eight-bit integers."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from pipeline.language.inference import JointModel
from pipeline.language.recipe.network import (
    ARC_WIDTH,
    ATTENTION_HEADS,
    EPSILON,
    LAYERS,
    RELATION_WIDTH,
    WIDTH,
)

MASKED = -10_000.0


class _Graph:
    """Collects nodes and constants; every node is named for its one output."""

    def __init__(self, weights: dict[str, NDArray[np.float32]]) -> None:
        self.weights = weights
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: Any) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def integers(self, name: str, *values: int) -> str:
        return self.constant(name, np.array(values, np.int64))

    def node(self, kind: str, inputs: list[str], name: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [name], name=f"{name}_node", **attributes))
        return name

    def split(self, x: str, names: list[str], sizes: list[int]) -> list[str]:
        lengths = self.integers(f"{names[0]}_sizes", *sizes)
        self.nodes.append(helper.make_node("Split", [x, lengths], names, name=f"{names[0]}_split", axis=-1))
        return names

    def affine(self, x: str, weight: NDArray[np.float32], bias: NDArray[np.float32], name: str) -> str:
        product = self.node("MatMul", [x, self.constant(f"{name}_weight", weight)], f"{name}_product")
        return self.node("Add", [product, self.constant(f"{name}_bias", bias)], name)

    def linear(self, x: str, module: str, name: str) -> str:
        return self.affine(x, self.weights[f"{module}.weight"].T, self.weights[f"{module}.bias"], name)

    def norm(self, x: str, module: str, name: str) -> str:
        gain = self.constant(f"{name}_gain", self.weights[f"{module}.weight"])
        offset = self.constant(f"{name}_offset", self.weights[f"{module}.bias"])
        return self.node("LayerNormalization", [x, gain, offset], name, axis=-1, epsilon=EPSILON)


def _embed(g: _Graph) -> str:
    words = g.node("Gather", [g.constant("word_table", g.weights["word_embedding.weight"]), "pieces"], "words")
    cases = g.node("Gather", [g.constant("case_table", g.weights["case_embedding.weight"]), "piece_cases"], "cases")
    zero, one, two, axis = (g.integers(f"i{v}_{n}", v) for n, v in enumerate((0, 1, 2, 0)))
    length = g.node("Slice", [g.node("Shape", ["pieces"], "shape"), one, two, axis], "length")
    table = g.constant("position_table", g.weights["position_embedding.weight"])
    positions = g.node("Slice", [table, zero, length, axis], "positions")
    total = g.node("Add", [g.node("Add", [words, cases], "words_cases"), positions], "embedded")
    return g.norm(total, "embedding_norm", "embedding")


def _attention_mask(g: _Graph) -> str:
    mask = g.node("Cast", ["mask"], "mask_float", to=TensorProto.FLOAT)
    mask = g.node("Unsqueeze", [mask, g.integers("mask_axes", 1, 2)], "mask_wide")
    missing = g.node("Sub", [g.constant("unit", np.float32(1)), mask], "missing")
    return g.node("Mul", [missing, g.constant("masked", np.float32(MASKED))], "attention_mask")


def _layer(g: _Graph, x: str, i: int, mask: str, by_head: str, joined: str, scale: str) -> str:
    p, m = f"l{i}_", f"layers.{i}"
    parts = g.split(g.linear(x, f"{m}.qkv", p + "qkv"), [p + "q", p + "k", p + "v"], [WIDTH] * 3)
    q, k, v = (
        g.node("Transpose", [g.node("Reshape", [part, by_head], part + "_heads")], part + "_turned", perm=turn)
        for part, turn in zip(parts, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]), strict=True)
    )
    scores = g.node("Mul", [g.node("MatMul", [q, k], p + "scores"), scale], p + "scaled")
    weights = g.node("Softmax", [g.node("Add", [scores, mask], p + "masked")], p + "attention", axis=-1)
    context = g.node("Transpose", [g.node("MatMul", [weights, v], p + "context")], p + "turned", perm=[0, 2, 1, 3])
    out = g.linear(g.node("Reshape", [context, joined], p + "joined"), f"{m}.out", p + "out")
    x = g.norm(g.node("Add", [out, x], p + "sum1"), f"{m}.norm1", p + "norm1")
    up = g.node("Gelu", [g.linear(x, f"{m}.up", p + "up")], p + "gelu")
    return g.norm(g.node("Add", [g.linear(up, f"{m}.down", p + "down"), x], p + "sum2"), f"{m}.norm2", p + "norm2")


def build(weights: dict[str, NDArray[np.float32]]) -> onnx.ModelProto:
    """The inference graph: pieces in; tag scores, arc scores and relation vectors out."""
    g = _Graph(weights)
    mask, x = _attention_mask(g), _embed(g)
    by_head, joined = g.integers("by_head", 0, 0, ATTENTION_HEADS, -1), g.integers("joined_shape", 0, 0, WIDTH)
    scale = g.constant("scale", np.float32((WIDTH / ATTENTION_HEADS) ** -0.5))
    for i in range(LAYERS):
        x = _layer(g, x, i, mask, by_head, joined, scale)
    first = g.node("Unsqueeze", ["first", g.integers("last_axis", -1)], "first_wide")
    words = g.node("GatherND", [x, first], "first_pieces", batch_dims=1)
    case_table = g.constant("word_case_table", weights["word_case.weight"])
    word_cases = g.node("Gather", [case_table, "word_cases"], "word_case_vectors")
    words = g.node("Concat", [words, word_cases], "word_vectors", axis=-1)
    tags = g.linear(words, "tags", "tags")
    hidden = g.node("Gelu", [g.linear(words, "mlp", "mlp")], "mlp_gelu")
    widths = [ARC_WIDTH, ARC_WIDTH, RELATION_WIDTH, RELATION_WIDTH]
    dependent, head, *relations = g.split(
        hidden, ["arc_dependent", "arc_head", "relation_dependent", "relation_head"], widths
    )
    weighted = g.affine(dependent, weights["arc"][:-1], weights["arc"][-1], "arc_weighted")
    arc = g.node("MatMul", [weighted, g.node("Transpose", [head], "arc_head_turned", perm=[0, 2, 1])], "arc")
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["windows", size])
        for name, size in (
            ("pieces", "pieces"),
            ("mask", "pieces"),
            ("piece_cases", "pieces"),
            ("first", "words"),
            ("word_cases", "words"),
        )
    ]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["windows", "words", None])
        for name in (tags, arc, *relations)
    ]
    graph = helper.make_graph(g.nodes, "demarche_joint", inputs, outputs, g.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def export(checkpoint: Path, prepared: Path, tokenizer_json: str, *, quantised: bool = True) -> JointModel:
    """The model as it runs.

    Weights are quantised per channel to seven bits (`reduce_range`): with eight, processors without VNNI
    overflow.
    """
    state = torch.load(checkpoint)["network"]
    weights = {name: tensor.numpy() for name, tensor in state.items()}
    model = build(weights)
    with tempfile.TemporaryDirectory() as folder:
        full, small = Path(folder, "full.onnx"), Path(folder, "small.onnx")
        onnx.save(model, full)
        if quantised:
            quantize_dynamic(full, small, weight_type=QuantType.QInt8, reduce_range=True, per_channel=True)
        content = (small if quantised else full).read_bytes()
    labels = json.loads((prepared / "labels.json").read_text(encoding="utf8"))
    return JointModel(content, weights["relation"], tokenizer_json, labels)
