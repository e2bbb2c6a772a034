"""Step sources: the last word about each source, and no bad record in the way of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pipeline.dead_letters import Incoming
from pipeline.errors import Terminal
from pipeline.records import EnrichedArticle, SourceHealth, SourceRef
from pipeline.stream.indexing import IndexStep, SourcesStep


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


class LineOutbox:
    """Keeps what it is sent in order, and refuses one message."""

    def __init__(self) -> None:
        self.line: list[bytes] = []

    async def send(
        self, topic: str, key: bytes, value: bytes | None, headers: Mapping[str, bytes] | None = None
    ) -> None:
        raise AssertionError("A message that is sent by itself may pass others.")

    async def send_in_order(self, topic: str, messages: Iterable[tuple[bytes, bytes]]) -> list[Terminal | None]:
        values = [value for _, value in messages]
        self.line += values
        return [Terminal("too large") if value == b"too large" else None for value in values]


class Record(NamedTuple):
    key: str
    words: bytes

    def to_json(self) -> bytes:
        return self.words


class Taker(Writer):
    def __init__(self) -> None:
        super().__init__()
        self.revised: list[tuple[str, int]] = []

    def articles(self, _articles: object) -> list:
        return []

    def take_back(self, revised: Sequence[tuple[EnrichedArticle, list[Any]]]) -> None:
        self.revised += [(article.article_id, len(records)) for article, records in revised]


def enriched(number: int, revision: int = 1) -> Incoming:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    article = EnrichedArticle(
        article_id=f"a{number}",
        id=f"a{number}",
        url="https://example.org",
        canonical_url="https://example.org",
        text="Nothing.",
        fetched_at=at,
        first_seen_at=at,
        content_hash="h",
        revision=revision,
        source=SourceRef(connector="test", id="t"),
        model="",
    )
    return Incoming("articles.enriched", 0, number, article.article_id.encode(), article.to_json(), {})


def test_statements_leave_in_the_order_of_their_articles_and_a_bad_one_gives_up_its_article() -> None:
    outbox = LineOutbox()
    words = {"a0": [b"0 first", b"0 second"], "a1": [b"1 first", b"too large"], "a2": [b"2 first"]}

    def statements_of(article: EnrichedArticle) -> list[Any]:
        return [Record("RUS", text) for text in words[article.article_id]]

    step = IndexStep(Taker(), statements_of, outbox, "statements")
    given_up = asyncio.run(step([enriched(number) for number in range(3)]))
    assert outbox.line == [b"0 first", b"0 second", b"1 first", b"too large", b"2 first"]
    assert [one.incoming.offset for one in given_up] == [1]


def test_revisions_may_take_back_what_was_told() -> None:
    writer = Taker()
    step = IndexStep(writer, lambda _: [Record("RUS", b"words")], LineOutbox(), "statements")
    asyncio.run(step([enriched(1), enriched(2, revision=2)]))
    assert writer.revised == [("a2", 1)]
