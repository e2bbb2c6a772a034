"""Start training from an exported model: its 8-bit matrices as the numbers that they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

from pipeline.language.inference import LOWER_FILE, STANCE_FILE, JointModel
from pipeline.language.recipe.network import ACCURATE, LOWER_LAYERS, Joint

_TABLES = {
    "position_table": "trunk.position_embedding.weight",
    "cases_table": "trunk.case_embedding.weight",
    "word_case_table": "word_case.weight",
    "embedding_gain": "trunk.embedding_norm.weight",
    "embedding_offset": "trunk.embedding_norm.bias",
}
_LINEAR = ("qkv", "out", "up", "down")
_NORMS = ("norm1", "norm2")


def load_exported(network: Joint, model: JointModel) -> None:
    """Give an accurate network the weights of an exported one; what is never trained stays as it is."""
    files = model.to_bytes()
    # Version 0.2.0 had all layers in one graph.
    graphs = [name for name in (LOWER_FILE, "model.onnx") if name in files]
    scores = {name: value for graph in graphs for name, value in _constants(files[graph]).items()}
    relations = _constants(files["relations.onnx"])
    state: dict[str, NDArray[Any]] = {ours: scores[name] for name, ours in _TABLES.items()}
    for name in ("tags", "mlp"):
        state[f"{name}.weight"], state[f"{name}.bias"] = scores[f"{name}_weight"].T, scores[f"{name}_bias"]
    state |= {f"trunk.{name}": value for name, value in _layers(scores, network.shape.layers).items()}
    state["arc"] = np.vstack([scores["arc_weighted_weight"], scores["arc_weighted_bias"]])
    flat = np.vstack([relations["weighted_weight"], relations["weighted_bias"]])
    state["relation"] = flat.reshape(tuple(network.relation.shape))
    wrong = network.load_state_dict(_tensors(state), strict=False)
    # An exported head for names has its guideline inside it: training starts without differences.
    left = [name for name in wrong.missing_keys if name not in ("trunk.word_embedding.weight", "guideline")]
    assert not left, left
    assert not wrong.unexpected_keys, wrong.unexpected_keys


def exported_polarity(model: JointModel) -> dict[str, Tensor]:
    """The weights of the layers that read polarity in an exported model, named as in `StanceNetwork`.

    The temperature that its scores were divided by is in those of `classify`.
    """
    given = _constants(model.to_bytes()[STANCE_FILE])
    state = {
        "marker": given["marker"],
        "classify.weight": given["scores_weight"].T,
        "classify.bias": given["scores_bias"],
        **_layers(given, ACCURATE.layers - LOWER_LAYERS),
    }
    return _tensors(state)


def _layers(given: dict[str, NDArray[Any]], count: int) -> dict[str, NDArray[Any]]:
    """The weights of a graph's encoder layers."""
    state = {}
    for i in range(count):
        for part in _LINEAR:
            state[f"layers.{i}.{part}.weight"] = given[f"l{i}_{part}_weight"].T
            state[f"layers.{i}.{part}.bias"] = given[f"l{i}_{part}_bias"]
        for part in _NORMS:
            state[f"layers.{i}.{part}.weight"] = given[f"l{i}_{part}_gain"]
            state[f"layers.{i}.{part}.bias"] = given[f"l{i}_{part}_offset"]
    return state


def _tensors(state: dict[str, NDArray[Any]]) -> dict[str, Tensor]:
    return {name: torch.tensor(np.ascontiguousarray(value)) for name, value in state.items()}


def _constants(onnx_bytes: bytes) -> dict[str, NDArray[Any]]:
    """Constants of a graph by name, those in integers as floating-point numbers under their name before that."""
    given = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load_from_string(onnx_bytes).graph.initializer
    }
    out = dict(given)
    for name, numbers in given.items():
        plain = name.removesuffix("_quantized")
        if plain != name:
            zero = given[f"{plain}_zero_point"].astype(np.float32)
            out[plain] = (numbers.astype(np.float32) - zero) * given[f"{plain}_scale"]
    return out
