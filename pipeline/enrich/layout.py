"""How the tokens of a doc lie, in plain numbers that are read once: where each begins, its sentence, what hangs on it.

spaCy makes an object of every token that is looked at. Rules that look one up, or ask what hangs on it, would spend
most of their time on objects that they throw away.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import TypeVar

from spacy.tokens import Doc

T = TypeVar("T")


def starts(doc: Doc) -> list[int]:
    """The character at which each token begins."""
    return _read_once(doc, "demarche_starts", _starts)


def sentences(doc: Doc) -> list[tuple[int, int]]:
    """The range of tokens of each token's sentence."""
    return _read_once(doc, "demarche_sentences", _sentences)


def dependents(doc: Doc) -> list[list[tuple[int, int]]]:
    """What hangs on each token, in text order: its place, and its label as the number that spaCy has for it."""
    return _read_once(doc, "demarche_dependents", _dependents)


def sentence_numbers(doc: Doc) -> list[int]:
    """Which sentence each token stands in, counted from any number."""
    return list(accumulate(int(start == 1) for start in doc.to_array("SENT_START").astype("int64").tolist()))


def _read_once(doc: Doc, name: str, read: Callable[[Doc], list[T]]) -> list[T]:
    """Kept with the doc, for as long as no other component joins or splits its tokens."""
    kept: list[T] | None = doc.user_data.get(name)
    if kept is None or len(kept) != len(doc):
        kept = doc.user_data[name] = read(doc)
    return kept


def _starts(doc: Doc) -> list[int]:
    return [token.idx for token in doc]


def _sentences(doc: Doc) -> list[tuple[int, int]]:
    numbers = sentence_numbers(doc)
    found: list[tuple[int, int]] = []
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[start]:
            found += [(start, place)] * (place - start)
            start = place
    return found


def _dependents(doc: Doc) -> list[list[tuple[int, int]]]:
    found: list[list[tuple[int, int]]] = [[] for _ in range(len(doc))]
    distances = doc.to_array("HEAD").astype("int64").tolist()
    for place, (distance, label) in enumerate(zip(distances, doc.to_array("DEP").tolist(), strict=True)):
        if distance:
            found[place + distance].append((place, label))
    return found
