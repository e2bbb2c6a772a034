"""Words to word pieces, the same in training and at run time.

The encoder is uncased and knows no spacing, so every piece also carries the case class of its word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

CASE_CLASSES = 17
PIECES_PER_WORD = 12
CHARACTERS_PER_WORD = 48
MAX_PIECES = 400
_CACHE_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Encoded:
    """Word pieces of one window.

    Position 0 of `pieces` is the classifier piece, which stands for the root; `first` and `word_cases`
    have one entry more than there are words, entry 0 being that root.
    """

    pieces: list[int]
    piece_cases: list[int]
    first: list[int]
    word_cases: list[int]


def case_class(word: str, space_before: bool) -> int:
    """Shape of a word in 1..16; 0 is kept for pieces that belong to no word."""
    if any(c.isdigit() for c in word):
        shape = 6
    elif not any(c.isalpha() for c in word):
        shape = 7 if word in (".", "!", "?", "...") else 0
    elif word.islower():
        shape = 1
    elif len(word) == 1:
        shape = 4
    elif word.isupper():
        shape = 3
    elif word[0].isupper() and word[1:].islower():
        shape = 2
    else:
        shape = 5
    return 1 + shape + (8 if space_before else 0)


class WordEncoder:
    """Splits words into pieces, remembering the words seen.

    Very long words are cut: nothing a window holds may exceed what the encoder can take.
    """

    def __init__(self, tokenizer_json: str) -> None:
        self._tokenizer = Tokenizer.from_str(tokenizer_json)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        vocabulary = self._tokenizer.get_vocab()
        self._unknown, self._start, self._end = (vocabulary[piece] for piece in ("[UNK]", "[CLS]", "[SEP]"))
        self._known: dict[str, tuple[int, ...]] = {}

    def word_pieces(self, words: Iterable[str]) -> list[tuple[int, ...]]:
        """One or more piece ids for each word; a word that the encoder drops is the unknown piece."""
        keys = [word[:CHARACTERS_PER_WORD] for word in words]
        missing = sorted({key for key in keys if key not in self._known})
        if len(self._known) + len(missing) > _CACHE_LIMIT:
            self._known.clear()
            missing = sorted(set(keys))
        if missing:
            encodings = self._tokenizer.encode_batch(missing, add_special_tokens=False)
            for key, encoding in zip(missing, encodings, strict=True):
                self._known[key] = tuple(encoding.ids[:PIECES_PER_WORD]) or (self._unknown,)
        return [self._known[key] for key in keys]

    def encode(
        self,
        words: Sequence[str],
        spaces: Sequence[bool],
        word_pieces: Sequence[tuple[int, ...]] | None = None,
    ) -> Encoded:
        """Encode one window; `spaces[i]` says whether a space follows word i."""
        if word_pieces is None:
            word_pieces = self.word_pieces(words)
        pieces, piece_cases, first, word_cases = [self._start], [0], [0], [0]
        for i, (word, ids) in enumerate(zip(words, word_pieces, strict=True)):
            case = case_class(word[:CHARACTERS_PER_WORD], i == 0 or spaces[i - 1])
            first.append(len(pieces))
            word_cases.append(case)
            pieces.extend(ids)
            piece_cases.extend([case] * len(ids))
        pieces.append(self._end)
        piece_cases.append(0)
        return Encoded(pieces, piece_cases, first, word_cases)
