"""Run the joint model on windows of words; numpy and onnxruntime only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pipeline.language.decoding import NameDecoder, best_tree
from pipeline.language.encoding import Encoded, WordEncoder
from pipeline.language.lemmas import apply_script

PIECES_PER_BATCH = 1024
MIN_START_SCORE = 0.0
FILES = ("model.onnx", "relation.f32", "tokenizer.json", "labels.json")
_OUTPUTS = ("tags", "arc", "relation_dependent", "relation_head")
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive words of one paragraph, few enough for one look of the encoder.

    `starts` are the words that begin a sentence, where that is known beforehand; the first word always does.
    """

    words: list[str]
    spaces: list[bool]
    pieces: list[tuple[int, ...]]
    starts: list[int] | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the model says of one window: class numbers, except heads, lemmas and names.

    `heads` count the window's words from 0; the root of a sentence is its own head.
    """

    upos: Ints
    xpos: Ints
    feats: Ints
    lemmas: list[str]
    heads: Ints
    deps: Ints
    names: list[tuple[int, int, str]]


class JointModel:
    """The trained network with its labels. The session opens at first use and is not pickled."""

    def __init__(
        self, onnx: bytes, relation: NDArray[np.float32], tokenizer_json: str, labels: dict[str, Any], threads: int = 1
    ) -> None:
        self.onnx = onnx
        self.relation = relation
        self.tokenizer_json = tokenizer_json
        self.labels = labels
        self.threads = threads
        self._open()

    def _open(self) -> None:
        self._session: Any = None
        self.encoder = WordEncoder(self.tokenizer_json)
        self._names = NameDecoder(self.labels["ner"])
        heads = ("upos", "xpos", "feats", "lemma", "ner")
        ends = np.cumsum([0, *(len(self.labels[head]) for head in heads), 2])
        parts = zip((*heads, "start"), ends[:-1], ends[1:], strict=True)
        self._columns = {head: slice(int(a), int(b)) for head, a, b in parts}
        self._root: int = self.labels["dep"].index("root")
        self._lookup: dict[str, str] = self.labels["lookup"]
        self._known_lemmas = frozenset(self.labels["known_lemmas"])
        self._relation_matrix = np.ascontiguousarray(self.relation.reshape(len(self.relation), -1))

    def __getstate__(self) -> tuple[Any, ...]:
        return self.onnx, self.relation, self.tokenizer_json, self.labels, self.threads

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.onnx, self.relation, self.tokenizer_json, self.labels, self.threads = state
        self._open()

    @property
    def session(self) -> Any:
        if self._session is None:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = self.threads
            options.inter_op_num_threads = 1
            self._session = onnxruntime.InferenceSession(self.onnx, options, providers=["CPUExecutionProvider"])
        return self._session

    def to_bytes(self) -> dict[str, bytes]:
        """Everything the model is, by file name."""
        relation = np.array(self.relation.shape, "<i4").tobytes() + self.relation.astype("<f4").tobytes()
        labels = json.dumps(self.labels, ensure_ascii=False)
        return dict(zip(FILES, (self.onnx, relation, self.tokenizer_json.encode(), labels.encode()), strict=True))

    @classmethod
    def from_bytes(cls, files: dict[str, bytes], threads: int = 1) -> JointModel:
        onnx, packed, tokenizer_json, labels = (files[name] for name in FILES)
        relation = np.frombuffer(packed[12:], "<f4").reshape(np.frombuffer(packed[:12], "<i4"))
        return cls(onnx, relation, tokenizer_json.decode(), json.loads(labels), threads)

    def analyse(self, windows: Sequence[Window]) -> Iterator[tuple[int, Analysis]]:
        """The analysis of every window with its number, shortest windows first."""
        encoded = [self.encoder.encode(w.words, w.spaces, w.pieces) for w in windows]
        for batch in _batches(encoded):
            outputs = self.session.run(_OUTPUTS, _padded([encoded[i] for i in batch]))
            for row, i in enumerate(batch):
                yield i, self._decode(windows[i], *(output[row] for output in outputs))

    def _decode(self, window: Window, tags: Any, arc: Any, dependents: Any, heads_of: Any) -> Analysis:
        n = len(window.words)
        column = self._columns
        scores = tags[1 : n + 1]
        start = scores[:, column["start"]]
        upos = scores[:, column["upos"]].argmax(1)
        begins = window.starts
        if begins is None:
            begins = np.flatnonzero(start[:, 1] - start[:, 0] > MIN_START_SCORE).tolist()
        begins = [0, *(b for b in begins if b)]
        heads = np.zeros(n, np.int64)
        for a, b in zip(begins, [*begins[1:], n], strict=True):
            places = np.r_[0, a + 1 : b + 1]
            heads[a:b] = places[best_tree(arc[places[:, None], places])]
        ones = np.ones((n, 1), np.float32)
        left = (np.c_[dependents[1 : n + 1], ones] @ self._relation_matrix).reshape(n, len(self.labels["dep"]), -1)
        relations = np.matmul(left, np.c_[heads_of[heads], ones][:, :, None])[..., 0]
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


def _batches(encoded: Sequence[Encoded]) -> Iterator[list[int]]:
    batch: list[int] = []
    for i in sorted(range(len(encoded)), key=lambda i: len(encoded[i].pieces)):
        if batch and len(encoded[i].pieces) * (len(batch) + 1) > PIECES_PER_BATCH:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _padded(rows: list[Encoded]) -> dict[str, Ints]:
    pieces = max(len(row.pieces) for row in rows)
    words = max(len(row.first) for row in rows)
    out = {name: np.zeros((len(rows), pieces), np.int64) for name in ("pieces", "mask", "piece_cases")}
    out |= {name: np.zeros((len(rows), words), np.int64) for name in ("first", "word_cases")}
    for i, row in enumerate(rows):
        n, w = len(row.pieces), len(row.first)
        out["pieces"][i, :n] = row.pieces
        out["mask"][i, :n] = 1
        out["piece_cases"][i, :n] = row.piece_cases
        out["first"][i, :w] = row.first
        out["word_cases"][i, :w] = row.word_cases
    return out
