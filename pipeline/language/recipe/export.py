"""A trained network as ONNX."""

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

from pipeline.language.encoding import WordEncoder
from pipeline.language.inference import LOWER_FILE, JointModel
from pipeline.language.recipe.data import GUIDELINES
from pipeline.language.recipe.network import (
    ACCURATE,
    CONVOLUTIONS,
    EPSILON,
    HEAD_WIDTH,
    LINEAR_HEADS,
    LOWER_LAYERS,
    MASKED,
    VECTOR_WIDTH,
    Joint,
    PieceTrunk,
    Shape,
)

GUIDELINE = {"ewt": 8, "wikipedia": 1, "own": 1}
"""Whose weighted mean the exported head for names follows; chosen on the dev parts and our own test part."""

Weights = dict[str, NDArray[np.float32]]


class _Graph:
    """Collects nodes and constants; every node is named for its one output."""

    def __init__(self, weights: Weights) -> None:
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


def _gather(g: _Graph, table: str, indices: str, name: str) -> str:
    return g.node("Gather", [g.constant(f"{name}_table", g.weights[f"{table}.weight"]), indices], name)


def _positions(g: _Graph, like: str) -> str:
    """The embeddings of as many positions as the second axis of `like` has."""
    zero, one, two, axis = (g.integers(f"i{v}_{n}", v) for n, v in enumerate((0, 1, 2, 0)))
    length = g.node("Slice", [g.node("Shape", [like], "shape"), one, two, axis], "length")
    table = g.constant("position_table", g.weights["trunk.position_embedding.weight"])
    return g.node("Slice", [table, zero, length, axis], "positions")


def _piece_embeddings(g: _Graph) -> str:
    words = _gather(g, "trunk.word_embedding", "pieces", "words")
    cases = _gather(g, "trunk.case_embedding", "piece_cases", "cases")
    total = g.node("Add", [g.node("Add", [words, cases], "words_cases"), _positions(g, "pieces")], "embedded")
    return g.norm(total, "trunk.embedding_norm", "embedding")


def _first_pieces(g: _Graph, x: str) -> str:
    first = g.node("Unsqueeze", ["first", g.integers("last_axis", -1)], "first_wide")
    return g.node("GatherND", [x, first], "first_pieces", batch_dims=1)


def _convolved(g: _Graph) -> str:
    prefix, suffix = (
        g.node("Gather", ["affixes", g.integers(f"affix_{n}", n)], f"affix_{n}_of_words", axis=-1) for n in (0, 1)
    )
    prefix, suffix = (g.node("Squeeze", [x, g.integers(f"{x}_axis", -1)], f"{x}_flat") for x in (prefix, suffix))
    parts = [
        "vectors",
        _gather(g, "trunk.prefix_embedding", prefix, "prefixes"),
        _gather(g, "trunk.suffix_embedding", suffix, "suffixes"),
        _gather(g, "trunk.case_embedding", "word_cases", "cases"),
    ]
    x = g.linear(g.node("Concat", parts, "spelled", axis=-1), "trunk.mix", "mixed")
    x = g.norm(g.node("Add", [x, _positions(g, "mask")], "placed"), "trunk.embedding_norm", "embedding")
    mask = g.node("Cast", ["mask"], "mask_numbers", to=TensorProto.FLOAT)
    mask = g.node("Unsqueeze", [mask, g.integers("mask_last_axis", -1)], "mask_of_words")
    before, after = g.integers("pad_before", 0, 1, 0, 0, 0, 0), g.integers("pad_after", 0, 0, 0, 0, 1, 0)
    first, second, end, last, axis = (
        g.integers(f"cut_{n}", v) for n, v in enumerate((0, 1, np.iinfo(np.int64).max, -1, 1))
    )
    for i in range(CONVOLUTIONS):
        p = f"c{i}_"
        x = g.node("Mul", [x, mask], p + "filled")
        left = g.node("Slice", [g.node("Pad", [x, before], p + "late"), first, last, axis], p + "left")
        right = g.node("Slice", [g.node("Pad", [x, after], p + "early"), second, end, axis], p + "right")
        seen = g.linear(
            g.node("Concat", [left, x, right], p + "window", axis=-1), f"trunk.convolutions.{i}", p + "seen"
        )
        x = g.norm(
            g.node("Add", [x, g.node("Gelu", [seen], p + "gelu")], p + "sum"), f"trunk.norms.{i}", p + "normalised"
        )
    return x


def _attended(g: _Graph, x: str, shape: Shape, layers: range) -> str:
    """The given encoder layers over x; the weights are those of the same numbers."""
    mask = g.node("Cast", ["mask"], "mask_float", to=TensorProto.FLOAT)
    mask = g.node("Unsqueeze", [mask, g.integers("mask_axes", 1, 2)], "mask_wide")
    missing = g.node("Sub", [g.constant("unit", np.float32(1)), mask], "missing")
    mask = g.node("Mul", [missing, g.constant("masked", np.float32(MASKED))], "attention_mask")
    by_head = g.integers("by_head", 0, 0, shape.width // HEAD_WIDTH, -1)
    joined = g.integers("joined_shape", 0, 0, shape.width)
    scale = g.constant("scale", np.float32(HEAD_WIDTH**-0.5))
    for i in layers:
        x = _layer(g, x, i, mask, by_head, joined, scale, shape.width)
    return x


def _layer(g: _Graph, x: str, i: int, mask: str, by_head: str, joined: str, scale: str, width: int) -> str:
    p, m = f"l{i}_", f"trunk.layers.{i}"
    parts = g.split(g.linear(x, f"{m}.qkv", p + "qkv"), [p + "q", p + "k", p + "v"], [width] * 3)
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


Field = tuple[str, int, list[str | int | None]]
PIECE_INPUTS: list[Field] = [
    ("pieces", TensorProto.INT64, ["windows", "pieces"]),
    ("mask", TensorProto.INT64, ["windows", "pieces"]),
    ("piece_cases", TensorProto.INT64, ["windows", "pieces"]),
    ("first", TensorProto.INT64, ["windows", "words"]),
    ("word_cases", TensorProto.INT64, ["windows", "words"]),
]
PIECES, MASK, PIECE_CASES, FIRST, WORD_CASES = PIECE_INPUTS
LOWER: Field = ("lower", TensorProto.FLOAT, ["windows", "pieces", ACCURATE.width])
SENTENCE_INPUTS: list[Field] = [
    ("lower", TensorProto.FLOAT, ["sentences", "words", ACCURATE.width]),
    ("mask", TensorProto.INT64, ["sentences", "words"]),
    ("target", TensorProto.FLOAT, ["sentences", "words"]),
]
VECTOR_INPUTS: list[Field] = [
    ("vectors", TensorProto.FLOAT, ["windows", "words", VECTOR_WIDTH]),
    ("affixes", TensorProto.INT64, ["windows", "words", 2]),
    ("word_cases", TensorProto.INT64, ["windows", "words"]),
    ("mask", TensorProto.INT64, ["windows", "words"]),
]


def _model(g: _Graph, name: str, inputs: list[Field], outputs: list[Field]) -> onnx.ModelProto:
    fields = ([helper.make_tensor_value_info(*field) for field in part] for part in (inputs, outputs))
    graph = helper.make_graph(g.nodes, name, *fields, g.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def lower_graph(weights: Weights, shape: Shape) -> onnx.ModelProto:
    """Word pieces in; what the lower encoder layers make of them out."""
    g = _Graph(weights)
    x = _attended(g, _piece_embeddings(g), shape, range(LOWER_LAYERS))
    g.node("Identity", [x], "lower")
    return _model(g, "lower", [PIECES, MASK, PIECE_CASES], [LOWER])


def scores_graph(weights: Weights, shape: Shape, *, pieces: bool) -> onnx.ModelProto:
    """Columns in, or what the lower layers made of word pieces; tag scores, arc scores and relation vectors out."""
    g = _Graph(weights)
    if pieces:
        words = _first_pieces(g, _attended(g, "lower", shape, range(LOWER_LAYERS, shape.layers)))
    else:
        words = _attended(g, _convolved(g), shape, range(shape.layers))
    words = g.node("Concat", [words, _gather(g, "word_case", "word_cases", "word_case")], "word_vectors", axis=-1)
    tags = g.linear(words, "tags", "tags")
    hidden = g.node("Gelu", [g.linear(words, "mlp", "mlp")], "mlp_gelu")
    dependent, head, *relations = g.split(
        hidden,
        ["arc_dependent", "arc_head", "relation_dependent", "relation_head"],
        [shape.arc, shape.arc, shape.relation, shape.relation],
    )
    weighted = g.affine(dependent, weights["arc"][:-1], weights["arc"][-1], "arc_weighted")
    arc = g.node("MatMul", [weighted, g.node("Transpose", [head], "arc_head_turned", perm=[0, 2, 1])], "arc")
    outputs: list[Field] = [(name, TensorProto.FLOAT, ["windows", "words", None]) for name in (tags, arc, *relations)]
    return _model(g, "scores", [LOWER, MASK, FIRST, WORD_CASES] if pieces else VECTOR_INPUTS, outputs)


def stance_graph(weights: Weights, temperature: float) -> onnx.ModelProto:
    """What the lower layers made of a sentence's words, and which are the target's; probabilities of polarities out."""
    g = _Graph({f"trunk.{name}": value for name, value in weights.items()})
    wide = g.node("Unsqueeze", ["target", g.integers("target_axis", -1)], "target_wide")
    marked = g.node("Mul", [wide, g.constant("marker", weights["marker"])], "marked")
    x = g.node("Add", ["lower", marked], "with_marker")
    layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))
    x = _attended(g, x, ACCURATE, range(layers))
    filled = g.node("Cast", ["mask"], "filled", to=TensorProto.FLOAT)
    filled = g.node("Unsqueeze", [filled, g.integers("filled_axis", -1)], "filled_wide")
    both = g.node(
        "Concat", [_pooled(g, x, filled, "sentence"), _pooled(g, x, wide, "of_target")], "sentence_and_target", axis=-1
    )
    weight, bias = weights["classify.weight"].T / temperature, weights["classify.bias"] / temperature
    g.node(
        "Softmax", [g.affine(both, weight.astype(np.float32), bias.astype(np.float32), "scores")], "polarities", axis=-1
    )
    return _model(g, "stance", SENTENCE_INPUTS, [("polarities", TensorProto.FLOAT, ["sentences", 3])])


def _pooled(g: _Graph, x: str, chosen: str, name: str) -> str:
    """The mean over the chosen places."""
    axes = g.integers(f"{name}_axes", 1)
    total = g.node("ReduceSum", [g.node("Mul", [x, chosen], f"{name}_places"), axes], f"{name}_sum", keepdims=0)
    return g.node("Div", [total, g.node("ReduceSum", [chosen, axes], f"{name}_count", keepdims=0)], name)


def relations_graph(weights: Weights, shape: Shape) -> onnx.ModelProto:
    """Relation vectors of dependents and of their heads in; a score for every relation out."""
    g = _Graph(weights)
    tensor = weights["relation"]
    rows, count, columns = tensor.shape
    flat = tensor.reshape(rows, -1)
    product = g.affine("dependents", flat[:-1], flat[-1], "weighted")
    by_relation = g.node("Reshape", [product, g.integers("by_relation", -1, count, columns)], "by_relation_weighted")
    vectors, bias = (
        g.node("Slice", [by_relation, *(g.integers(f"{name}_{n}", v) for n, v in enumerate(cut))], name)
        for name, cut in (("vectors", (0, -1, 2)), ("bias", (-1, np.iinfo(np.int64).max, 2)))
    )
    heads = g.node("Unsqueeze", ["heads", g.integers("column", -1)], "heads_upright")
    scores = g.node("Add", [g.node("MatMul", [vectors, heads], "products"), bias], "scores_upright")
    g.node("Squeeze", [scores, g.integers("squeezed", -1)], "relations")
    pairs: list[Field] = [(name, TensorProto.FLOAT, ["pairs", shape.relation]) for name in ("dependents", "heads")]
    return _model(g, "relations", pairs, [("relations", TensorProto.FLOAT, ["pairs", count])])


def quantised(model: onnx.ModelProto) -> bytes:
    """The model with matrices in integers.

    Weights are quantised per channel to seven bits (`reduce_range`): with eight, processors without VNNI
    overflow.
    """
    with tempfile.TemporaryDirectory() as folder:
        full, small = Path(folder, "full.onnx"), Path(folder, "small.onnx")
        onnx.save(model, full)
        quantize_dynamic(full, small, weight_type=QuantType.QInt8, reduce_range=True, per_channel=True)
        return small.read_bytes()


def _settle_guideline(weights: Weights, labels: dict[str, Any]) -> None:
    """Make the head for names one matrix: the common part and the differences of `GUIDELINE`."""
    shares = [GUIDELINE.get(name, 0) for name in GUIDELINES]
    difference = np.average(weights.pop("guideline"), axis=0, weights=shares).astype(np.float32)
    first = sum(len(labels[head]) for head in LINEAR_HEADS[: LINEAR_HEADS.index("ner")])
    weights["tags.weight"] = weights["tags.weight"].copy()
    weights["tags.weight"][first : first + difference.shape[1]] += difference.T


def export(
    network: Joint, labels: dict[str, Any], encoder: WordEncoder, checkpoint: Path, *, integers: bool
) -> JointModel:
    """The trained model as it runs; `integers` makes it small and, on processors with VNNI, fast."""
    weights = {name: tensor.numpy() for name, tensor in torch.load(checkpoint, map_location="cpu")["network"].items()}
    _settle_guideline(weights, labels)
    pieces = isinstance(network.trunk, PieceTrunk)
    graphs = {"model.onnx": scores_graph(weights, network.shape, pieces=pieces)}
    if pieces:
        graphs[LOWER_FILE] = lower_graph(weights, network.shape)
    files = {name: quantised(graph) if integers else graph.SerializeToString() for name, graph in graphs.items()}
    files["relations.onnx"] = relations_graph(weights, network.shape).SerializeToString()
    files["labels.json"] = json.dumps(labels, ensure_ascii=False).encode()
    return JointModel.from_bytes(files | encoder.files())
