from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.dead_letters import Incoming
from pipeline.records import Article, Publisher, SourceRef
from pipeline.settings import Settings, load_settings

FAKES = Path(__file__).parent / "fakes"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(home=tmp_path, processes=2)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the fake enricher importable, also by the processes that we start."""
    monkeypatch.syspath_prepend(str(FAKES))


@pytest.fixture
def article() -> Callable[..., Article]:
    def make(number: int, text: str = "Nothing happened.", **more: object) -> Article:
        url = f"https://example.org/{number}"
        now = datetime.now(UTC)
        fields: dict[str, object] = {
            "article_id": Article.id_of(url),
            "url": url,
            "canonical_url": url,
            "title": f"Title {number}",
            "text": text,
            "fetched_at": now,
            "first_seen_at": now,
            "published_at": now,
            "content_hash": Article.content_hash_of("", text),
            "source": SourceRef(connector="test", id="test"),
            "publisher": Publisher(id=f"p{number}"),
        }
        return Article(**fields | more)

    return make


@pytest.fixture
def incoming() -> Callable[..., Incoming]:
    def make(offset: int, value: bytes = b"{}", **headers: bytes) -> Incoming:
        return Incoming("articles.raw", 0, offset, b"key", value, {k.replace("_", "-"): v for k, v in headers.items()})

    return make
