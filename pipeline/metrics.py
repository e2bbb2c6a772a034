"""Counters of what each step received, sent and dropped, and why it dropped it."""

from __future__ import annotations

from collections import Counter


class Counters:
    """Counts since the process started; no record leaves a step without being counted."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.dropped: Counter[tuple[str, str]] = Counter()

    def as_dict(self) -> dict[str, object]:
        """For the progress file: drops by step and then by reason."""
        dropped: dict[str, dict[str, int]] = {}
        for (step, reason), count in self.dropped.items():
            dropped.setdefault(step, {})[reason] = count
        return {"received": dict(self.received), "sent": dict(self.sent), "dropped": dropped}
