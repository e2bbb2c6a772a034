"""The same thing told in other words: which words of a telling the first telling does not have."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_TOKEN = re.compile(r"\w+(?:[’'-]\w+)*|[^\w\s]|\s+")
_MAX_TOKENS = 2000

Piece = tuple[str, bool]
"""Words, and whether they differ."""


def differing(telling: str, first: str) -> list[Piece]:
    """The telling in pieces, marked where it differs from the first. Case, spaces and kinds of quotes do not count."""
    tokens = _TOKEN.findall(telling)[:_MAX_TOKENS]
    others = _TOKEN.findall(first)[:_MAX_TOKENS]
    same: set[int] = set()
    matcher = SequenceMatcher(None, [_plain(t) for t in others], [_plain(t) for t in tokens], autojunk=False)
    for block in matcher.get_matching_blocks():
        same.update(range(block.b, block.b + block.size))
    pieces: list[Piece] = []
    for number, token in enumerate(tokens):
        between = token.isspace() and number - 1 not in same and number + 1 < len(tokens) and number + 1 not in same
        differs = between or (number not in same and not token.isspace())
        if pieces and pieces[-1][1] == differs:
            pieces[-1] = (pieces[-1][0] + token, differs)
        else:
            pieces.append((token, differs))
    return pieces


def _plain(token: str) -> str:
    if token.isspace():
        return " "
    return '"' if token in "“”«»„\"'‘’" else token.casefold().replace("’", "'")
