"""Run the joint model on windows of words; numpy and onnxruntime only."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pipeline.language.decoding import NameDecoder, best_tree, sentence_starts
from pipeline.language.encoding import TOKENIZER_FILE, Columns, PieceEncoder, WordEncoder, padded
from pipeline.language.lemmas import apply_script
from pipeline.language.vectors import VECTORS_FILE, VOCABULARY_FILE, VectorEncoder

PLACES_PER_BATCH = 1024
POLARITY_PLACES = 256
"""An article has few sentences to read and of all lengths: small batches are padded less, which saves a quarter."""
START_BIAS, AFTER_STOP = 0.2, 3.0
"""What the score of a sentence start gains anywhere, for borders in quoted speech are missed more than made up, and
what a capitalised word after a full stop gains: in the treebanks 99.8 % of those begin a sentence."""
NETWORK_FILE, RELATIONS_FILE, LABELS_FILE = "model.onnx", "relations.onnx", "labels.json"
LOWER_FILE, STANCE_FILE = "lower.onnx", "stance.onnx"
_GRAPHS = (NETWORK_FILE, RELATIONS_FILE, LOWER_FILE, STANCE_FILE)
FILES = (*_GRAPHS, LABELS_FILE, TOKENIZER_FILE, VECTORS_FILE, VOCABULARY_FILE)
_FULL_STOPS = frozenset({".", "!", "?"})
_OUTPUTS = ("tags", "arc", "relation_dependent", "relation_head")
# Layers whose vectors are handed on: a middle one still knows much of what words mean, the last one how they relate.
# The middle one is what the lower graph gives, where the network is split.
MIDDLE_LAYER, LAST_LAYER = "l2_norm2", "l5_norm2"
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive words of one paragraph, few enough for one look of the encoder.

    `starts` are the words that begin a sentence, where that is known beforehand; the first word always does.
    """

    words: list[str]
    spaces: list[bool]
    starts: list[int] | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the model says of one window: class numbers, except heads, lemmas and names.

    `heads` count the window's words from 0; the root of a sentence is its own head. `vectors` has a row for each word,
    the vectors of the middle and of the last layer side by side; a network without these layers gives none.
    """

    upos: Ints
    xpos: Ints
    feats: Ints
    lemmas: list[str]
    heads: Ints
    deps: Ints
    names: list[tuple[int, int, str]]
    vectors: NDArray[np.float16] | None = None


class JointModel:
    """The trained network with its labels. The sessions open at first use and are not pickled.

    `graphs` are ONNX files by name. Where `LOWER_FILE` is among them, its vectors of word pieces feed the network, and
    those of `STANCE_FILE`, which may be missing.
    """

    def __init__(
        self, graphs: dict[str, bytes], labels: dict[str, Any], encoder: WordEncoder, threads: int = 1
    ) -> None:
        self.labels = labels
        self.threads = threads
        self.encoder = encoder
        self._graphs = graphs
        layers = (LAST_LAYER,) if LOWER_FILE in graphs else (MIDDLE_LAYER, LAST_LAYER)
        self._layers = layers if all(layer.encode() in graphs[NETWORK_FILE] for layer in layers) else ()
        self._sessions: dict[str, Any] = {}
        self._names = NameDecoder(labels["ner"])
        heads = ("upos", "xpos", "feats", "lemma", "ner")
        ends = np.cumsum([0, *(len(labels[head]) for head in heads), 2])
        parts = zip((*heads, "start"), ends[:-1], ends[1:], strict=True)
        self._columns = {head: slice(int(a), int(b)) for head, a, b in parts}
        self._root: int = labels["dep"].index("root")
        self._lookup: dict[str, str] = labels["lookup"]
        self._known_lemmas = frozenset(labels["known_lemmas"])

    def __reduce__(self) -> tuple[Any, ...]:
        return JointModel.from_bytes, (self.to_bytes(), self.threads)

    @cached_property
    def fingerprint(self) -> str:
        """Names the network: vectors of one network mean nothing to what was learned on those of another."""
        return f"{zlib.crc32(self._graphs[NETWORK_FILE]):08x}"

    def _run(self, name: str, outputs: Sequence[str], inputs: Mapping[str, Any]) -> list[Any]:
        session = self._sessions.get(name)
        if session is None:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = self.threads
            options.inter_op_num_threads = 1
            network = self._graphs[name] + _also_gives(self._layers if name == NETWORK_FILE else ())
            session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
            self._sessions[name] = session
        results: list[Any] = session.run(outputs, inputs)
        return results

    def to_bytes(self) -> dict[str, bytes]:
        """Everything the model is, by file name."""
        labels = json.dumps(self.labels, ensure_ascii=False)
        return self._graphs | {LABELS_FILE: labels.encode()} | self.encoder.files()

    @classmethod
    def from_bytes(cls, files: dict[str, bytes], threads: int = 1) -> JointModel:
        encoder: WordEncoder
        if VECTORS_FILE in files:
            encoder = VectorEncoder.from_files(files)
        else:
            encoder = PieceEncoder(files[TOKENIZER_FILE].decode())
        graphs = {name: files[name] for name in _GRAPHS if name in files}
        return cls(graphs, json.loads(files[LABELS_FILE]), encoder, threads)

    def analyse(self, windows: Sequence[Window]) -> Iterator[tuple[int, Analysis]]:
        """The analysis of every window with its number, shortest windows first."""
        encoded = [self.encoder.encode(window.words, window.spaces) for window in windows]
        for batch in _batches([len(columns["mask"]) for columns in encoded]):
            outputs = self._scores(padded([encoded[i] for i in batch]))
            for row, i in enumerate(batch):
                tags, arc, dependents, heads, *layers = (output[row] for output in outputs)
                analysis = self._decode(windows[i], tags, arc, dependents, heads)
                if layers:
                    places = encoded[i]["first"][1:]
                    vectors = np.concatenate([layer[places] for layer in layers], axis=1).astype(np.float16)
                    analysis = replace(analysis, vectors=vectors)
                yield i, analysis

    def _scores(self, columns: Columns) -> list[Any]:
        """The network's outputs, then the vectors of the middle and of the last layer, where it has them."""
        outputs = (*_OUTPUTS, *self._layers)
        if LOWER_FILE not in self._graphs:
            return self._run(NETWORK_FILE, outputs, columns)
        lower = self._lower(columns)
        upper = {name: columns[name] for name in ("mask", "first", "word_cases")}
        scores = self._run(NETWORK_FILE, outputs, upper | {"lower": lower})
        return [*scores[: len(_OUTPUTS)], lower, *scores[len(_OUTPUTS) :]] if self._layers else scores

    def _lower(self, columns: Columns) -> NDArray[np.float32]:
        """What the lower layers make of each word piece."""
        inputs = {name: columns[name] for name in ("pieces", "piece_cases", "mask")}
        vectors: NDArray[np.float32] = self._run(LOWER_FILE, ["lower"], inputs)[0]
        return vectors

    @property
    def reads_polarity(self) -> bool:
        return STANCE_FILE in self._graphs

    def lower_vectors(self, windows: Sequence[Window]) -> list[NDArray[np.float16]]:
        """What the lower layers make of the words of each window: the first half of `Analysis.vectors`."""
        encoded = [self.encoder.encode(window.words, window.spaces) for window in windows]
        out: list[NDArray[np.float16]] = [np.zeros((0, 0), np.float16)] * len(windows)
        for batch in _batches([len(columns["mask"]) for columns in encoded]):
            lower = self._lower(padded([encoded[i] for i in batch]))
            for row, i in enumerate(batch):
                out[i] = lower[row, encoded[i]["first"][1:]].astype(np.float16)
        return out

    def polarities(
        self, sentences: Sequence[NDArray[np.float16]], targets: Sequence[tuple[int, int]]
    ) -> NDArray[np.float32]:
        """How likely each sentence is against (0), neutral (1) or for (2) its target, a half-open span of its words.

        Sentences are the lower layers' vectors, a row a word.
        """
        out = np.zeros((len(sentences), 3), np.float32)
        for batch in _batches([len(words) for words in sentences], POLARITY_PLACES):
            longest = max(len(sentences[i]) for i in batch)
            lower = np.zeros((len(batch), longest, sentences[batch[0]].shape[1]), np.float32)
            mask = np.zeros((len(batch), longest), np.int64)
            marks = np.zeros((len(batch), longest), np.float32)
            for row, i in enumerate(batch):
                n, (start, end) = len(sentences[i]), targets[i]
                lower[row, :n], mask[row, :n], marks[row, start:end] = sentences[i], 1, 1
            inputs = {"lower": lower, "mask": mask, "target": marks}
            (out[batch],) = self._run(STANCE_FILE, ["polarities"], inputs)
        return out

    def _decode(self, window: Window, tags: Any, arc: Any, dependents: Any, heads_of: Any) -> Analysis:
        n = len(window.words)
        column = self._columns
        scores = tags[1 : n + 1]
        start = scores[:, column["start"]]
        upos = scores[:, column["upos"]].argmax(1)
        begins = window.starts
        if begins is None:
            start_scores = start[:, 1] - start[:, 0] + START_BIAS + AFTER_STOP * _after_stops(window.words)
            begins = sentence_starts(start_scores, arc[: n + 1, : n + 1])
        begins = [0, *(b for b in begins if b)]
        heads = np.zeros(n, np.int64)
        for a, b in zip(begins, [*begins[1:], n], strict=True):
            places = np.r_[0, a + 1 : b + 1]
            heads[a:b] = places[best_tree(arc[places[:, None], places])]
        pairs = {"dependents": dependents[1 : n + 1], "heads": heads_of[heads]}
        (relations,) = self._run(RELATIONS_FILE, ["relations"], pairs)
        relations[:, self._root] = -1e9
        deps = relations.argmax(1)
        deps[heads == 0] = self._root
        return Analysis(
            upos=upos,
            xpos=scores[:, column["xpos"]].argmax(1),
            feats=scores[:, column["feats"]].argmax(1),
            lemmas=self._lemmas(window.words, scores[:, column["lemma"]]),
            heads=np.where(heads == 0, np.arange(n), heads - 1),
            deps=deps,
            names=self._names.spans(scores[:, column["ner"]]),
        )

    def _lemmas(self, words: list[str], scores: NDArray[np.float32]) -> list[str]:
        """Lemmas by edit script; class 0 asks the table of lemmas that no frequent script explains.

        Where the best script makes a word that the training text does not hold as a lemma, the next ones
        are asked for one that it does hold: "warned" gives "warn", not "warne".
        """
        scripts, known = self.labels["lemma"], self._known_lemmas
        out: list[str] = []
        for i, (word, best) in enumerate(zip(words, scores.argmax(1).tolist(), strict=True)):
            lemma = self._lookup.get(word) if best == 0 else apply_script(scripts[best], word)
            if lemma is None or (scripts[best][0] == "l" and lemma not in known and word.isalpha()):
                ranked = [apply_script(scripts[k], word) for k in np.argsort(-scores[i])[:5].tolist() if k]
                fitting = [candidate for candidate in ranked if candidate]
                lemma = next((c for c in fitting if c in known), lemma or next(iter(fitting), word))
            out.append(lemma)
        return out


def _after_stops(words: Sequence[str]) -> NDArray[np.bool_]:
    """Which words have a capital and a full stop before them, but for that of an initial or of a number in a list."""
    found = np.zeros(len(words), bool)
    for i in range(2, len(words)):
        if words[i - 1] in _FULL_STOPS and words[i][0].isupper():
            before = words[i - 2]
            found[i] = len(before) > 1 and not before[-1].isdigit()
    return found


def _also_gives(tensors: Sequence[str]) -> bytes:
    """What to append to an ONNX network so that it gives inner tensors too.

    Protocol buffers merge what is appended: `graph { output { name, type { tensor_type { elem_type: FLOAT } } } }`.
    """
    kind = bytes([0x12, 4, 0x0A, 2, 0x08, 1])
    outputs = b"".join(
        bytes([0x62, len(name) + 2 + len(kind), 0x0A, len(name)]) + name + kind for name in map(str.encode, tensors)
    )
    return bytes([0x3A, len(outputs)]) + outputs if outputs else b""


def _batches(lengths: Sequence[int], places: int = PLACES_PER_BATCH) -> Iterator[list[int]]:
    """Numbers of what is so long, the shortest first, in runs that fill at most so many places."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[i] * (len(batch) + 1) > places:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
