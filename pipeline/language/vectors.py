"""Static word vectors as the input of a small network; nothing but a table look-up at run time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.language.encoding import (
    TOKENIZER_FILE,
    Columns,
    PieceCutter,
    WordCache,
    case_classes,
    shape_class,
)

AFFIX_BUCKETS = 2000
VECTORS_FILE, VOCABULARY_FILE = "vectors.i8", "vocabulary.txt"
_HEADER = struct.Struct("<ii")


class VectorTable:
    """Vectors of word pieces and, in the rows after them, of whole words; 8 bits a number and a scale a row."""

    def __init__(self, numbers: NDArray[np.int8], scales: NDArray[np.float32]) -> None:
        self._numbers = numbers
        self._scales = scales

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> VectorTable:
        scales = np.maximum(np.abs(vectors).max(1), 1e-6).astype(np.float32) / 127
        return cls(np.round(vectors / scales[:, None]).astype(np.int8), scales)

    @property
    def width(self) -> int:
        return int(self._numbers.shape[1])

    def mean(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """The mean vector of some rows."""
        chosen = list(rows)
        out: NDArray[np.float32] = (self._numbers[chosen] * self._scales[chosen, None]).mean(0)
        return out

    def to_bytes(self) -> bytes:
        return _HEADER.pack(*self._numbers.shape) + self._scales.astype("<f4").tobytes() + self._numbers.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes) -> VectorTable:
        rows, width = _HEADER.unpack_from(content)
        scales = np.frombuffer(content, "<f4", rows, _HEADER.size)
        numbers = np.frombuffer(content, np.int8, rows * width, _HEADER.size + 4 * rows)
        return cls(numbers.reshape(rows, width), scales)


class VectorEncoder:
    """Words as static vectors with what their spelling shows.

    Columns over words, the root before them: `vectors`, `affixes` (buckets of the first and last letters),
    `word_cases` and `mask`. A word without a vector of its own has the mean of its word pieces' vectors.
    """

    capacity = 400

    def __init__(self, table: VectorTable, vocabulary: Sequence[str], tokenizer_json: str) -> None:
        self._table = table
        self._vocabulary = list(vocabulary)
        self._tokenizer_json = tokenizer_json
        self._cutter = PieceCutter(tokenizer_json)
        pieces = len(self._cutter.vocabulary)
        self._row = {word: pieces + i for i, word in enumerate(self._vocabulary)}
        self._words = WordCache(self._analyse)
        self._root = np.zeros(table.width, np.float32)

    def _analyse(self, words: list[str]) -> Iterable[tuple[int, NDArray[np.float32], tuple[int, int]]]:
        for word, pieces in zip(words, self._cutter.cut(words), strict=True):
            lower = word.lower()
            row = self._row.get(lower)
            vector = self._table.mean(pieces if row is None else [row])
            yield shape_class(word), vector, (_bucket(lower[:3] + "-"), _bucket("-" + lower[-3:]))

    def room(self, words: Iterable[str]) -> list[int]:
        return [1 for _ in words]

    def encode(self, words: Sequence[str], spaces: Sequence[bool]) -> Columns:
        known = self._words.look_up(words)
        return {
            "vectors": np.stack([self._root, *(vector for _, vector, _ in known)]),
            "affixes": np.array([(0, 0), *(affixes for _, _, affixes in known)], np.int64),
            "word_cases": np.array([0, *case_classes([shape for shape, _, _ in known], spaces)], np.int64),
            "mask": np.ones(len(words) + 1, np.int64),
        }

    def files(self) -> dict[str, bytes]:
        return {
            TOKENIZER_FILE: self._tokenizer_json.encode(),
            VECTORS_FILE: self._table.to_bytes(),
            VOCABULARY_FILE: "\n".join(self._vocabulary).encode(),
        }

    @classmethod
    def from_files(cls, files: dict[str, bytes]) -> VectorEncoder:
        table = VectorTable.from_bytes(files[VECTORS_FILE])
        return cls(table, files[VOCABULARY_FILE].decode().split("\n"), files[TOKENIZER_FILE].decode())


def _bucket(affix: str) -> int:
    return 1 + zlib.crc32(affix.encode("utf8", "replace")) % (AFFIX_BUCKETS - 1)
