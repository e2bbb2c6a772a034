"""Base noun phrases on Universal Dependencies trees.

spaCy's English iterator expects other labels: on these trees it misses objects and obliques.
"""

from __future__ import annotations

from collections.abc import Iterator

from spacy.errors import Errors
from spacy.tokens import Doc, Span, Token

_INNER = ("compound", "flat", "fixed", "goeswith", "nmod:poss", "nmod:desc", "det", "amod", "nummod")
_BEFORE = frozenset(
    {
        "det",
        "amod",
        "compound",
        "nummod",
        "nmod:poss",
        "nmod:desc",
        "nmod:unmarked",
        "nmod:npmod",
        "flat",
        "goeswith",
        "advmod",
        "reparandum",
    }
)
_NEVER_FIRST = frozenset({"punct", "cc", "case", "mark", "advmod"})
_AFTER = frozenset({"flat", "fixed", "goeswith", "compound", "nummod"})


def _base(dep: str) -> str:
    return dep if dep.startswith("nmod:") else dep.partition(":")[0]


def _bounds(head: Token) -> tuple[int, int]:
    """Outermost tokens of the phrase, walking outwards from its head while modifiers touch."""
    start, end = head.i, head.i
    for child in reversed(list(head.lefts)):
        if child.right_edge.i != start - 1 or not (_base(child.dep_) in _BEFORE or child.text in ("-", "–")):
            break
        start = child.left_edge.i
    doc = head.doc
    while start < head.i and (doc[start].is_space or doc[start].dep_ in _NEVER_FIRST):
        start += 1
    for child in head.rights:
        if child.left_edge.i != end + 1 or _base(child.dep_) not in _AFTER:
            break
        end = child.right_edge.i
    return start, end


def noun_chunks(doclike: Doc | Span) -> Iterator[tuple[int, int, int]]:
    """Start, end and label of each base noun phrase, in order, without overlap."""
    doc = doclike.doc
    if not doc.has_annotation("DEP"):
        raise ValueError(Errors.E029)
    label = doc.vocab.strings.add("NP")
    covered = -1
    for token in doclike:
        if token.pos_ not in ("NOUN", "PROPN", "PRON") or _base(token.dep_) in _INNER or token.i <= covered:
            continue
        start, end = _bounds(token)
        start = max(start, covered + 1)
        covered = end
        yield start, end + 1, label
