"""An index of names: which words, written how, lead to which actor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.actors.model import How
from pipeline.actors.text import Word, name_words

# Acronyms that are also words: in a text of capitals alone they are taken for the word.
_WORDS_IN_CAPITALS = frozenset({"who", "is", "it", "as", "am", "spa", "mod"})
_RANK: dict[How, int] = {
    "name": 0,
    "alias": 1,
    "metonym": 2,
    "demonym": 3,
    "holder": 1,
    "office": 4,
    "body": 4,
    "guess": 5,
}


class Name(NamedTuple):
    """One name of one actor. `capitals`: which of its words must begin with a capital in a text.

    `acronym`: a short name that must be written as it is, such as "US" or "AfD"; else empty.
    """

    target: str
    how: How
    capitals: tuple[bool, ...]
    acronym: str
    scanned: bool
    note: str

    def fits(self, found: Sequence[Word], *, shouting: bool = False) -> bool:
        """Whether the words as written can be this name: "us" is not "US", nor is "turkey" the state."""
        if self.acronym:
            written = found[0].written.replace(".", "")
            exact = written == self.acronym or (shouting and written == self.acronym.upper())
            return exact and not (shouting and found[0].base in _WORDS_IN_CAPITALS)
        for word, capital in zip(found, self.capitals, strict=True):
            if capital and word.written[0].islower():
                return False
        return True


def key_of(found: Sequence[Word]) -> str:
    """What a run of words is looked up by; only its last word may stand in the possessive."""
    return " ".join([*(word.full for word in found[:-1]), found[-1].base])


class Index:
    """Names by key, and by their first word the lengths that occur, longest first."""

    def __init__(self) -> None:
        self._names: dict[str, list[Name]] = {}
        self._lengths: dict[str, list[int]] = {}

    def add(self, target: str, written: str, how: How, *, note: str = "", scanned: bool = True) -> None:
        found = name_words(written)
        if len(found) > 1 and found[0].base == "the":
            found = found[1:]
        if not found:
            return
        only = found[0].written.replace(".", "")
        short = len(found) == 1 and len(only) <= 3 and sum(letter.isupper() for letter in only) > 1
        acronym = only if short else ""
        name = Name(target, how, tuple(word.written[0].isupper() for word in found), acronym, scanned, note)
        key = key_of(found)
        here = self._names.setdefault(key, [])
        if any(other.target == target and other.capitals == name.capitals for other in here):
            return
        here.append(name)
        if len(here) > 1:
            here.sort(key=lambda other: _RANK[other.how])
        lengths = self._lengths.setdefault(found[0].full if len(found) > 1 else found[0].base, [])
        if len(found) not in lengths:
            lengths.append(len(found))
            lengths.sort(reverse=True)

    def get(self, found: Sequence[Word]) -> list[Name]:
        """The names that these words, all of them, can be."""
        if not found:
            return []
        return [
            name for name in self._names.get(key_of(found), ()) if len(name.capitals) == len(found) and name.fits(found)
        ]

    def begins(self, word: Word) -> bool:
        """Whether any name begins with the word."""
        return word.full in self._lengths or word.base in self._lengths

    def longest(
        self, found: Sequence[Word], at: int, reach: int, *, shouting: bool = False
    ) -> tuple[int, list[Name]] | None:
        """The longest names that begin at a word and end within `reach` words, with their length in words."""
        first = found[at]
        lengths = self._lengths.get(first.full, ())
        if first.possessive:
            lengths = [*lengths, *(n for n in self._lengths.get(first.base, ()) if n == 1)]
        for length in lengths:
            if length > reach:
                continue
            run = found[at : at + length]
            names = [
                name
                for name in self._names.get(key_of(run), ())
                if name.scanned and len(name.capitals) == length and name.fits(run, shouting=shouting)
            ]
            if names:
                return length, names
        return None
