"""Enrichment of one article: language → entities → attributions → actors → speech acts → stance.

Pure: articles in, records out; no Kafka, Faust or Elasticsearch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.enrich.components import (
    AttributionFinder,
    CoreferenceResolver,
    EntityLinker,
    QuotationFinder,
    StanceReader,
    StatementReader,
)
from pipeline.enrich.language import detect
from pipeline.enrich.statements import rules_version, statement_records
from pipeline.enrich.text import dateline_place, without_datelines
from pipeline.errors import BadSetting
from pipeline.language.component import polarity_reader
from pipeline.language.speed import spare_loaded
from pipeline.records import Article, EnrichedArticle, Entity, FieldName, Statement
from pipeline.settings import Settings

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["Enricher", "load_enricher", "load_enricher_for_good", "statement_records"]


class Enricher:
    """Finds who says what in articles, with a language model and the components of `pipeline.enrich.components`.

    Not thread-safe.
    """

    def __init__(
        self,
        nlp: Language,
        attributions: AttributionFinder,
        entities: EntityLinker,
        coreference: CoreferenceResolver,
        statements: StatementReader,
        stances: StanceReader,
        *,
        model: str,
        rules: str,
        language: str,
        batch_size: int,
    ) -> None:
        self.nlp = nlp
        self.steps = (QuotationFinder(), attributions)
        self.entities = entities
        self.coreference = coreference
        self.statements = statements
        self.stances = stances
        self.directory = entities.directory
        self.cues = attributions.cues
        self.model = model
        self.rules = rules
        self.language = language
        self.batch_size = batch_size

    def pipe(self, articles: Iterable[Article]) -> Iterator[EnrichedArticle]:
        """One enriched article for each article, in order. One in another language passes through marked, unread."""
        stream = iter(articles)
        while batch := list(islice(stream, self.batch_size)):
            yield from self._batch(batch)

    def _batch(self, batch: list[Article]) -> Iterator[EnrichedArticle]:
        languages = [detect(f"{a.title}\n{a.text}", a.language) for a in batch]
        # What its provider took back is told no more: a notice why may quote it.
        readable = [
            i
            for i, found in enumerate(languages)
            if found in {self.language, None} and "withdrawn" not in batch[i].flags
        ]
        texts = [text for i in readable for text in (batch[i].title, without_datelines(batch[i].text))]
        # Parsed as they are read: a parsed article with its vectors is some thousand times as large as its text.
        docs = (self._read_field(doc) for doc in self.nlp.pipe(texts))
        for i, article in enumerate(batch):
            base = article.model_dump() | {"id": _display_id(article), "language": languages[i] or article.language}
            if i not in readable:
                yield EnrichedArticle(**base | {"model": ""})
                continue
            entities, statements = self._read_article(article, {"title": next(docs), "text": next(docs)})
            yield EnrichedArticle(
                **base | {"model": self.model, "rules": self.rules, "entities": entities, "statements": statements}
            )

    def _read_field(self, doc: Doc) -> Doc:
        """What can be found in one field alone."""
        for step in self.steps:
            doc = step(doc)
        return doc

    def _read_article(self, article: Article, fields: dict[FieldName, Doc]) -> tuple[list[Entity], list[Statement]]:
        """What both fields tell together."""
        cast = self.entities.read(fields, at=_day_of(article), dateline=dateline_place(article.text))
        entities = [entity for field, doc in fields.items() for entity in cast.entities(field, doc)]
        heard = self.coreference.read(fields, cast)
        statements = self.statements.read(article, heard, cast)
        self.stances.read(statements, entities, fields)
        return entities, statements


def _display_id(article: Article) -> str:
    """What the user calls an article: the name its source gave it, else its id."""
    return article.source.id if article.source.connector == "files" else article.article_id


def _day_of(article: Article) -> date:
    moment: datetime = article.published_at or article.fetched_at
    return moment.astimezone(UTC).date()


def load_enricher_for_good(settings: Settings) -> Enricher:
    """An enricher for a process that does little else, until it ends; raises BadSetting as `load_enricher` does."""
    enricher = load_enricher(settings)
    spare_loaded()
    return enricher


def load_enricher(settings: Settings) -> Enricher:
    """An enricher as the settings want it; raises BadSetting saying what to do."""
    from pipeline.language import ModelNotFound, load, model_version

    try:
        nlp = load(settings.model)
    except ModelNotFound as error:
        raise BadSetting(f"The setting 'model' cannot be used: {error}") from error
    return Enricher(
        nlp,
        AttributionFinder(settings.cues),
        EntityLinker(settings.actors),
        CoreferenceResolver(settings.actors, settings.cues),
        StatementReader(settings.actors, settings.cues),
        StanceReader(partial(polarity_reader, nlp)),
        model=model_version(nlp),
        rules=rules_version([*settings.cues, *settings.actors]),
        language=settings.language,
        batch_size=settings.batch_size,
    )
