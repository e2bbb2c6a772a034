"""Which entries of a source (a feed's items, a sitemap's addresses, a page's links) have been read, and which wait.

Kept in the source's checkpoint. An entry that says what it said last time is not read again. One that failed is tried
again later and later, because a page often comes minutes after its feed, and given up on after some hours or days.
An entry that leaves the list is remembered for some days: servers behind one name do not always show the same list.
"""

from __future__ import annotations

from datetime import datetime

from connectors.base import Checkpoint
from pipeline.errors import DemarcheError, Transient
from pipeline.records import hash_id

_KEPT_DAYS = 7
_MOST_KEPT = 20_000
_FIRST_PAUSE_S = 300.0
_LONGEST_PAUSE_S = 86_400.0
_TRIES = {"terminal": 6, "transient": 12}
"""With the pause doubling from five minutes: some hours for what is missing, some days for a server in trouble."""


class Entries:
    """The entries that a checkpoint knows. Call `save` when the whole list has been gone through."""

    def __init__(self, checkpoint: Checkpoint, now: datetime) -> None:
        self._checkpoint = checkpoint
        self._now = now.timestamp()
        self._seen: dict[str, list[str | int]] = dict(checkpoint.get("entries", {}))
        self._waiting: dict[str, list[float]] = dict(checkpoint.get("waiting", {}))
        self._listed: set[str] = set()

    @staticmethod
    def due(checkpoint: Checkpoint, now: datetime) -> bool:
        """Whether an entry is to be tried again: then the list is needed whole, not the answer "not modified"."""
        return any(at <= now.timestamp() for _tries, at in checkpoint.get("waiting", {}).values())

    def is_known(self, key: str, digest: str) -> bool:
        """Whether the entry needs no reading now: it says what it said, or its next try is not due."""
        mark = _mark(key)
        self._listed.add(mark)
        known = self._seen.get(mark)
        if known is not None and known[0] == digest:
            known[1] = self._today
            return True
        tries = self._waiting.get(mark)
        return tries is not None and tries[1] > self._now

    def read(self, key: str, digest: str) -> None:
        """An article was made of the entry."""
        mark = _mark(key)
        self._waiting.pop(mark, None)
        self._seen[mark] = [digest, self._today]

    def failed(self, key: str, digest: str, error: DemarcheError) -> None:
        """No article could be made of the entry: try again later, or call it read after the last try."""
        mark = _mark(key)
        tries = int(self._waiting.get(mark, [0, 0])[0]) + 1
        if tries >= _TRIES["transient" if isinstance(error, Transient) else "terminal"]:
            self.read(key, digest)
        else:
            self._waiting[mark] = [tries, self._now + min(_FIRST_PAUSE_S * 2 ** (tries - 1), _LONGEST_PAUSE_S)]

    def save(self) -> None:
        """Write everything into the checkpoint, but for what has long been gone from the list."""
        oldest = self._today - _KEPT_DAYS
        kept = {mark: known for mark, known in self._seen.items() if int(known[1]) >= oldest}
        if len(kept) > _MOST_KEPT:
            kept = dict(sorted(kept.items(), key=lambda item: int(item[1][1]))[-_MOST_KEPT:])
        self._checkpoint["entries"] = kept
        self._checkpoint["waiting"] = {mark: wait for mark, wait in self._waiting.items() if mark in self._listed}

    @property
    def _today(self) -> int:
        return int(self._now // 86400)


def _mark(key: str) -> str:
    return hash_id(key)[:16]
