"""From scores to structure: the best tree with one root, and names as valid BIO sequences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]
Ints = NDArray[np.int64]
UNSURE_START = 4.0
"""How far from even the score of a sentence start is where it needs no second opinion."""
START_WEIGHT = 6.0
"""What a point of that score weighs against one of the trees, whose probabilities are too sure of themselves."""
_NEVER = -1e9


class NameDecoder:
    """Finds the best tag sequence in which every I- follows its own B- or I-."""

    def __init__(self, tags: Sequence[str]) -> None:
        self._tags = list(tags)
        self._blocked_start = np.array([_NEVER if tag[0] == "I" else 0.0 for tag in tags])
        self._blocked = np.array(
            [
                [_NEVER if to[0] == "I" and (before == "O" or before[2:] != to[2:]) else 0.0 for to in tags]
                for before in tags
            ]
        )

    def spans(self, scores: Floats) -> list[tuple[int, int, str]]:
        """Half-open word spans with their labels, in order; scores are (words, tags)."""
        best: Ints = scores.argmax(1)
        if self._blocked_start[best[0]] < 0 or (self._blocked[best[:-1], best[1:]] < 0).any():
            best = self._viterbi(scores)
        out: list[tuple[int, int, str]] = []
        for i in np.flatnonzero(best):
            tag = self._tags[best[i]]
            if tag[0] == "B":
                out.append((int(i), int(i) + 1, tag[2:]))
            else:
                start, _, label = out[-1]
                out[-1] = (start, int(i) + 1, label)
        return out

    def _viterbi(self, scores: Floats) -> Ints:
        shifted = scores.astype(np.float64) - scores.max(1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        total = logs[0] + self._blocked_start
        back: list[Ints] = []
        for row in logs[1:]:
            paths = total[:, None] + self._blocked
            back.append(paths.argmax(0))
            total = paths.max(0) + row
        best = [int(total.argmax())]
        for pointers in reversed(back):
            best.append(int(pointers[best[-1]]))
        return np.array(best[::-1])


def sentence_starts(scores: Floats, arcs: Floats) -> list[int]:
    """The words of a window that begin a sentence, by their scores against not doing so; the first one always does.

    Where a score is unsure, the trees have a say: whether two trees or one fit the words on both sides better.
    `arcs` are as `best_tree` takes them.
    """
    starts = {0, *np.flatnonzero(scores > 0).tolist()}
    unsure = [word for word in np.flatnonzero(np.abs(scores) < UNSURE_START).tolist() if word]
    if unsure:
        logs = _log_probabilities(arcs)
        fits = lru_cache(maxsize=None)(partial(_fit, logs))
        for word in sorted(unsure, key=lambda word: -abs(float(scores[word]))):
            before = max(start for start in starts if start < word)
            after = min((start for start in starts if start > word), default=len(scores))
            gain = fits(before, word) + fits(word, after) - fits(before, after)
            if gain + START_WEIGHT * float(scores[word]) > 0:
                starts.add(word)
            else:
                starts.discard(word)
    return sorted(starts)


def _log_probabilities(arcs: Floats) -> NDArray[np.float64]:
    scores = arcs.astype(np.float64)
    np.fill_diagonal(scores, _NEVER)
    scores -= scores.max(1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(1, keepdims=True)))


def _fit(logs: NDArray[np.float64], start: int, end: int) -> float:
    """How probable the best tree of these words is, in logs."""
    places = np.r_[0, start + 1 : end + 1]
    own = logs[places[:, None], places]
    return float(own[np.arange(1, len(places)), best_tree(own)].sum())


def best_tree(scores: Floats) -> Ints:
    """Heads of words 1..n, by maximum spanning tree; exactly one word has head 0.

    `scores[d, h]` is the score of head h for dependent d; row and column 0 are the root.
    """
    s = scores.astype(np.float64)
    np.fill_diagonal(s, _NEVER)
    s[0] = _NEVER
    heads: Ints = s.argmax(1)
    heads[0] = 0
    if (heads[1:] == 0).sum() == 1 and _cycle(heads) is None:
        return heads[1:]
    return _tree_of_one_root(s)[1:]


def _tree_of_one_root(s: NDArray[np.float64]) -> Ints:
    """The best tree by trying words as the only root, those first with which a tree could score most at best.

    What it could score is the best head of every other word, cycles or not. Most often the first tree scores just that
    or more than the next could, which ends the search.
    """
    inner = s.copy()
    inner[:, 0] = _NEVER
    heads_at_best = inner[1:].max(1)
    at_best = s[1:, 0] - heads_at_best + heads_at_best.sum()
    found, score = np.zeros(len(s), np.int64), -np.inf
    for root in (np.argsort(-at_best, kind="stable") + 1).tolist():
        if at_best[root - 1] <= score:
            break
        rooted = inner.copy()
        rooted[root] = _NEVER
        rooted[root, 0] = s[root, 0]
        heads = _spanning_tree(rooted)
        reached = float(rooted[np.arange(1, len(s)), heads[1:]].sum())
        if reached > score:
            found, score = heads, reached
    return found


def _cycle(heads: Ints) -> list[int] | None:
    state = [0] * len(heads)
    state[0] = 2
    for i in range(1, len(heads)):
        path: list[int] = []
        while state[i] == 0:
            state[i] = 1
            path.append(i)
            i = int(heads[i])
        if state[i] == 1:
            return path[path.index(i) :]
        for node in path:
            state[node] = 2
    return None


def _spanning_tree(s: NDArray[np.float64]) -> Ints:
    """Chu and Liu 1965, Edmonds 1967: contract a cycle, solve the rest, open the cycle where it is entered."""
    heads: Ints = s.argmax(1)
    heads[0] = 0
    found = _cycle(heads)
    if found is None:
        return heads
    cycle = np.array(found)
    free = np.ones(len(s), bool)
    free[cycle] = False
    outside = np.flatnonzero(free)
    m = len(outside)
    gains = s[cycle[:, None], outside] - s[cycle, heads[cycle]][:, None]
    entries = gains.argmax(0)
    leaving = s[outside[:, None], cycle]
    exits = leaving.argmax(1)
    small = np.full((m + 1, m + 1), 10 * _NEVER)
    small[:m, :m] = s[outside[:, None], outside]
    small[m, :m] = gains.max(0)
    small[1:m, m] = leaving.max(1)[1:]
    solved = _spanning_tree(small)
    for i in range(1, m):
        heads[outside[i]] = cycle[exits[i]] if solved[i] == m else outside[solved[i]]
    heads[cycle[entries[solved[m]]]] = outside[solved[m]]
    return heads
