"""Articles that tests send through the stream, told apart by a number."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.records import Article, Publisher, SourceRef


def article(number: int, text: str = "Nothing happened today.", **more: object) -> Article:
    url = f"https://example.org/{number}"
    now = datetime.now(UTC)
    fields: dict[str, object] = {
        "article_id": Article.id_of(url),
        "url": url,
        "canonical_url": url,
        "title": f"Headline of article number {number}, made for this test",
        "text": text,
        "fetched_at": now,
        "first_seen_at": now,
        "published_at": now,
        "content_hash": Article.content_hash_of("", text),
        "source": SourceRef(connector="test", id="test"),
        "publisher": Publisher(id=f"publisher-{number}"),
    }
    return Article(**fields | more)
