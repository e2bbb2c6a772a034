"""Words to the columns that a network reads, the same in training and at run time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

CASE_CLASSES = 17
_SPACED = 8
PIECES_PER_WORD = 12
CHARACTERS_PER_WORD = 48
MAX_PIECES = 400
CACHE_LIMIT = 100_000
TOKENIZER_FILE = "tokenizer.json"
Known = TypeVar("Known")

Columns = dict[str, NDArray[Any]]
"""Arrays by input name; their first axis runs over places: the words with the root before them, or word pieces.

`mask` is always there, with a one for every place of the longest axis.
"""


class WordEncoder(Protocol):
    """How words become columns."""

    @property
    def capacity(self) -> int:
        """How much room a window has for words."""

    def room(self, words: Iterable[str]) -> list[int]:
        """How much of the capacity each word takes."""

    def encode(self, words: Sequence[str], spaces: Sequence[bool]) -> Columns:
        """Encode one window; `spaces[i]` says whether a space follows word i."""

    def files(self) -> dict[str, bytes]:
        """What it is made of, by file name."""


def padded(rows: Sequence[Columns]) -> Columns:
    """Windows as one batch: (windows, places, …), zero where a window has no more places."""
    out: Columns = {}
    for name, example in rows[0].items():
        places = max(len(row[name]) for row in rows)
        out[name] = np.zeros((len(rows), places, *example.shape[1:]), example.dtype)
        for target, row in zip(out[name], rows, strict=True):
            target[: len(row[name])] = row[name]
    return out


def case_classes(shapes: Sequence[int], spaces: Sequence[bool]) -> list[int]:
    """The case class in 1..16 of every word of a window: its shape, and whether a space stands before it.

    `spaces` say whether a space follows; one stands before the first word. 0 is kept for places that belong to no word.
    """
    before = [True, *spaces[:-1]]
    return [shape + _SPACED * space for shape, space in zip(shapes, before, strict=True)]


def shape_class(word: str) -> int:
    """Capitals, digits and marks of a word as a number in 1..8."""
    if any(map(str.isdigit, word)):
        return 7
    if not any(map(str.isalpha, word)):
        return 8 if word in (".", "!", "?", "...") else 1
    if word.islower():
        return 2
    if len(word) == 1:
        return 5
    if word.isupper():
        return 4
    return 3 if word[0].isupper() and word[1:].islower() else 6


class WordCache(Generic[Known]):
    """What is known of the words seen so far; forgets everything when it grows too large.

    Words are cut to `CHARACTERS_PER_WORD`: nothing a window holds may exceed what a network can take.
    """

    def __init__(self, analyse: Callable[[list[str]], Iterable[Known]]) -> None:
        self._analyse = analyse
        self._known: dict[str, Known] = {}

    def look_up(self, words: Iterable[str]) -> list[Known]:
        keys = [word[:CHARACTERS_PER_WORD] for word in words]
        missing = sorted({key for key in keys if key not in self._known})
        if len(self._known) + len(missing) > CACHE_LIMIT:
            self._known.clear()
            missing = sorted(set(keys))
        if missing:
            self._known.update(zip(missing, self._analyse(missing), strict=True))
        return [self._known[key] for key in keys]


class PieceCutter:
    """Cuts words into word pieces with a tokenizer of the `tokenizers` library."""

    def __init__(self, tokenizer_json: str) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer_json)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.vocabulary: dict[str, int] = self._tokenizer.get_vocab()

    def cut(self, words: list[str]) -> list[list[int]]:
        """One or more piece numbers for each word; a word that the tokenizer drops is the unknown piece."""
        encodings = self._tokenizer.encode_batch(words, add_special_tokens=False)
        unknown = self.vocabulary["[UNK]"]
        return [encoding.ids[:PIECES_PER_WORD] or [unknown] for encoding in encodings]


class PieceEncoder:
    """Words as word pieces of an uncased encoder, with the case class of the word on every piece.

    Columns over pieces: `pieces`, `piece_cases`, `mask`; over words: `first` (the place of the word's first piece) and
    `word_cases`. Place 0 is the classifier piece, which stands for the root.
    """

    capacity = MAX_PIECES - 2

    def __init__(self, tokenizer_json: str) -> None:
        self._tokenizer_json = tokenizer_json
        self._cutter = PieceCutter(tokenizer_json)
        special = ("[CLS]", "[SEP]", "[MASK]")
        self._start, self._end, self.hidden_piece = (self._cutter.vocabulary[piece] for piece in special)
        self._words = WordCache(self._analyse)

    def _analyse(self, words: list[str]) -> Iterable[tuple[int, list[int]]]:
        return zip(map(shape_class, words), self._cutter.cut(words), strict=True)

    def room(self, words: Iterable[str]) -> list[int]:
        return [len(pieces) for _, pieces in self._words.look_up(words)]

    def encode(self, words: Sequence[str], spaces: Sequence[bool]) -> Columns:
        known = self._words.look_up(words)
        cases = case_classes([shape for shape, _ in known], spaces)
        pieces, piece_cases, first = [self._start], [0], [0]
        for (_, ids), case in zip(known, cases, strict=True):
            first.append(len(pieces))
            pieces.extend(ids)
            piece_cases.extend([case] * len(ids))
        pieces.append(self._end)
        piece_cases.append(0)
        columns = {"pieces": pieces, "piece_cases": piece_cases, "first": first, "word_cases": [0, *cases]}
        return {name: np.array(column, np.int64) for name, column in columns.items()} | {
            "mask": np.ones(len(pieces), np.int64)
        }

    def files(self) -> dict[str, bytes]:
        return {TOKENIZER_FILE: self._tokenizer_json.encode()}
