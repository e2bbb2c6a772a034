"""Whether one text is a copy of another, a cut and edited one included: agencies' reports run in many papers.

Of each text a sample of its runs of four words is kept: those whose hash is divisible by eight, so that two texts keep
the same of what they share. A copy of which half was cut shares nearly all of *its* sample, whatever the longer text
has besides; so what counts is the shared part of the smaller sample. (simhash and minhash compare whole texts and do
not see that; a hash of the whole text sees nothing but equal texts.)
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_RUN = 4
_ONE_OF = 8
_MOST_WORDS = 20_000
FEWEST_SHARED = 5
_SHARED = 0.4
_SMALLEST_PART = 0.15
"""A text that is a smaller part of another is a passage in it, such as a statement that both quote."""

_SHORTEST_WORDS = 8
_EAST_ASIAN = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_EAST_ASIAN}]|[^\W{_EAST_ASIAN}]+")
"""Scripts without spaces are taken character by character."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a text. `whole` stands for all its words, for texts too short to be sampled; 0: no words."""

    sample: frozenset[int]
    whole: int


def sketch(title: str, text: str) -> Sketch:
    """Case, punctuation and line breaks do not count. Papers write their own headlines: the text alone is sampled."""
    words = _WORD.findall(text.casefold())[:_MOST_WORDS]
    runs = {_hash(" ".join(words[start : start + _RUN])) for start in range(len(words) - _RUN + 1)}
    told = words if len(words) >= _SHORTEST_WORDS else [*_WORD.findall(title.casefold()), *words]
    whole = _hash(" ".join(told)) if len(told) >= _SHORTEST_WORDS else 0
    return Sketch(frozenset(run for run in runs if run % _ONE_OF == 0), whole)


def likeness(shared: int, size: int, other_size: int) -> float:
    """How much of the smaller of two samples is shared, from 0 to 1; 0 where that makes no copy."""
    smaller, larger = sorted((size, other_size))
    if shared < FEWEST_SHARED or shared < _SHARED * smaller or smaller < _SMALLEST_PART * larger:
        return 0.0
    return shared / smaller


def _hash(words: str) -> int:
    """As SQLite can keep it: 63 bits."""
    return int.from_bytes(hashlib.blake2b(words.encode("utf8", "replace"), digest_size=8).digest()) >> 1
