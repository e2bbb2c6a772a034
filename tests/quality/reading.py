"""An article as enrichment reads it, with the cast that tells whom any mention means."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from pipeline.enrich import Enricher, load_enricher
from pipeline.enrich.parties import Cast
from pipeline.enrich.text import dateline_place, without_datelines
from pipeline.records import Article, EnrichedArticle, FieldName, Party, SourceRef, Statement, hash_id
from pipeline.settings import load_settings

OWN_CASES = Path(__file__).parents[1] / "cases"
_SEED_DAY = datetime(2025, 6, 19, tzinfo=UTC)


@lru_cache(maxsize=1)
def enricher() -> Enricher:
    return load_enricher(load_settings())


@dataclass
class Reading:
    doc: Doc
    cast: Cast
    statements: list[Statement]

    def who(self, start: int, end: int) -> list[Party]:
        """Whom a mention of the text means."""
        span = self.doc.char_span(start, end, alignment_mode="expand")
        return [] if span is None else [r.party for r in self.cast.who(span.root)]


def read(title: str, text: str, day: date) -> Reading:
    """Read one article as of a day."""
    article = _article("reading", title, text, datetime.combine(day, time(12), UTC))
    reader = enricher()
    fields: dict[FieldName, Doc] = {"title": reader.nlp(title), "text": reader.nlp(without_datelines(text))}
    cast = reader.entities.read(fields, at=day, dateline=dateline_place(text))
    heard = reader.coreference.read(fields, cast)
    return Reading(fields["text"], cast, reader.statements.read(article, heard, cast))


def enriched(texts: Iterable[tuple[str, str, str]], day: datetime = _SEED_DAY) -> list[EnrichedArticle]:
    """Enrich (id, title, text) triples, as of a day."""
    return list(enricher().pipe(_article(name, title, text, day) for name, title, text in texts))


def _article(name: str, title: str, text: str, day: datetime) -> Article:
    return Article(
        article_id=hash_id(name),
        url=f"file:///{name}",
        canonical_url=f"file:///{name}",
        title=title,
        text=text,
        language="en",
        published_at=day,
        fetched_at=day,
        first_seen_at=day,
        content_hash=hash_id(title, text),
        source=SourceRef(connector="files", id=name),
    )


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf8").splitlines() if line.strip()]
