"""Step sources: the last word about each source, and no bad record in the way of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from pipeline.dead_letters import Incoming
from pipeline.records import SourceHealth
from pipeline.stream.indexing import SourcesStep


class Writer:
    def __init__(self, refused: dict[str, str] | None = None) -> None:
        self.written: dict[str, SourceHealth | None] = {}
        self.refused = refused or {}

    def articles(self, _articles: object) -> list:
        raise AssertionError("no articles here")

    def sources(self, health: Mapping[str, SourceHealth | None]) -> dict[str, str]:
        self.written |= health
        return self.refused


def message(offset: int, key: str, value: bytes | None) -> Incoming:
    return Incoming("sources.health", 0, offset, key.encode(), value, {})


def health(source_id: str, minute: int) -> bytes:
    at = datetime(2025, 6, 20, 12, minute, tzinfo=UTC)
    return SourceHealth(source_id=source_id, kind="feed", updated_at=at).to_json()


def test_the_last_record_of_each_source_is_written_and_a_removed_one_taken_out() -> None:
    writer = Writer()
    batch = [message(1, "a", health("a", 1)), message(2, "a", health("a", 2)), message(3, "b", None)]
    assert asyncio.run(SourcesStep(writer)(batch)) == []
    assert writer.written["b"] is None
    assert writer.written["a"] is not None
    assert writer.written["a"].updated_at.minute == 2


def test_what_cannot_be_read_or_is_refused_is_given_up_alone() -> None:
    writer = Writer({"a": "no"})
    batch = [message(1, "a", health("a", 1)), message(2, "b", b"{"), message(3, "c", health("c", 1))]
    given_up = asyncio.run(SourcesStep(writer)(batch))
    assert [(one.incoming.offset, one.error_type) for one in given_up] == [(2, "BadInput"), (1, "Refused")]
    assert set(writer.written) == {"a", "c"}
