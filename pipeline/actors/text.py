"""Words of names: where they stand and how they compare, whatever the case, accents, dots and hyphens."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_APOSTROPHES = "'’ʻʼ`´"
_WORD = re.compile(
    rf"[A-Za-z](?:\.[A-Za-z])+\.?(?![^\W_])"  # U.S., J.D., U.S.A
    rf"|[^\W_]+(?:[{_APOSTROPHES}][^\W_]+)*"
    r"|&"
)
_TAIL = re.compile(rf"[{_APOSTROPHES}]([sS]|ll|re|ve|d|m)$")  # Moscow's, she'll
_GAP_TAIL = re.compile(rf"^[{_APOSTROPHES}][a-zA-Z]+")
_MARKS = re.compile(rf"[.{_APOSTROPHES}\u0300-\u036f]")
_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i", "æ": "ae", "ß": "ss", "ə": "e"}
)
_JOINTS = re.compile(r"[ \t\u00a0\u2009\u202f]{0,3}\n?[ \t\u00a0]*|[‐‑–]")
_PHRASE_LENGTH = 120
_SHORT = frozenset({"st", "mr", "mrs", "ms", "dr", "gen", "col", "lt", "maj", "adm", "sen", "rep", "gov", "prof", "no"})


class Word(NamedTuple):
    """One word: `base` and `full` are what it compares by, without and with a possessive 's."""

    start: int
    end: int
    written: str
    base: str
    full: str

    @property
    def possessive(self) -> bool:
        return self.base != self.full


@lru_cache(maxsize=1 << 14)
def fold(word: str) -> str:
    """What a word compares by: no case, accents, dots or apostrophes."""
    if word.isascii():
        return word.lower() if word.isalnum() else _MARKS.sub("", word).lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", word.translate(_LETTERS))).casefold()


def words(text: str) -> list[Word]:
    """The words of a text in order. The span of a word leaves a possessive 's out."""
    return list(_phrase_words(text)) if len(text) <= _PHRASE_LENGTH else _words(text)


@lru_cache(maxsize=256)
def _phrase_words(text: str) -> tuple[Word, ...]:
    """Those of a phrase, which is looked up as a name, an office and a body, one after the other."""
    return tuple(_words(text))


def _words(text: str) -> list[Word]:
    found = []
    for match in _WORD.finditer(text):
        written = match.group()
        if written == "&":
            found.append(Word(match.start(), match.end(), "and", "and", "and"))
            continue
        bare = written if written.isalnum() else _TAIL.sub("", written)
        base = fold(bare)
        if base:
            full = base if bare == written else fold(written)
            found.append(Word(match.start(), match.start() + len(bare), bare, base, full))
    return found


def name_words(name: str) -> list[Word]:
    """The words of a name by itself, whose spans mean nothing; quick for the plain names that most are."""
    parts = name.split(" ")
    if name.isascii() and all(part.isalnum() for part in parts):
        return [Word(0, 0, part, part.lower(), part.lower()) for part in parts]
    return words(name)


def joined(text: str, left: Word, right: Word) -> bool:
    """Whether two neighbouring words can belong to one name: no sentence end, paragraph or quote between them."""
    gap = text[left.end : right.start]
    if left.possessive:
        gap = _GAP_TAIL.sub("", gap)
    if gap in (" ", "-", "' ", "’ "):
        return True
    if gap.startswith("."):
        return (len(left.base) == 1 or left.base in _SHORT) and gap in (".", ". ")
    return gap == ", " or _JOINTS.fullmatch(gap) is not None


@lru_cache(maxsize=10_000)
def slug(name: str) -> str:
    """A readable id part: "Maria Zakharova" → "maria-zakharova"."""
    plain = name.replace(" ", "")
    if plain.isascii() and plain.isalnum():
        return "-".join(name.lower().split())
    return "-".join(word.base for word in words(name))
