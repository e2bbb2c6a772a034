"""A message from a stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from faust.types import TP

from pipeline.dead_letters import Incoming


@dataclass(frozen=True, slots=True)
class Received(Incoming):
    """A message that came to this worker; the generation of the consumer group tells whether it is still ours."""

    generation: int = 0

    @property
    def place(self) -> TP:
        return TP(self.topic or "", self.partition or 0)

    @classmethod
    def of(cls, message: Any, generation: int) -> Received:
        """From a message of Faust or of kafka-python, which look alike."""
        return cls(
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            key=message.key,
            value=message.value,
            headers=_headers(message.headers),
            generation=generation,
        )


def _headers(headers: Any) -> dict[str, bytes]:
    pairs: Iterable[tuple[str, bytes | None]] = headers.items() if hasattr(headers, "items") else headers or ()
    return {name: value or b"" for name, value in pairs}
