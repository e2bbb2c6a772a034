"""The same thing told in other words: which words of a telling the first telling does not have."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_WORD = re.compile(r"\w+(?:[’'-]\w+)*|[^\w\s]|\s+")
_MAX_WORDS = 2000

Piece = tuple[str, bool]
"""Words, and whether they differ."""


def differing(telling: str, first: str) -> list[Piece]:
    """The telling in pieces, marked where it differs from the first. Case, spaces and kinds of quotes do not count."""
    words = _WORD.findall(telling)[:_MAX_WORDS]
    others = _WORD.findall(first)[:_MAX_WORDS]
    same: set[int] = set()
    matcher = SequenceMatcher(None, [_plain(t) for t in others], [_plain(t) for t in words], autojunk=False)
    for block in matcher.get_matching_blocks():
        same.update(range(block.b, block.b + block.size))
    pieces: list[Piece] = []
    for number, word in enumerate(words):
        between = word.isspace() and number - 1 not in same and number + 1 < len(words) and number + 1 not in same
        differs = between or (number not in same and not word.isspace())
        if pieces and pieces[-1][1] == differs:
            pieces[-1] = (pieces[-1][0] + word, differs)
        else:
            pieces.append((word, differs))
    return pieces


def _plain(word: str) -> str:
    if word.isspace():
        return " "
    return '"' if word in "“”«»„\"'‘’" else word.casefold().replace("’", "'")
