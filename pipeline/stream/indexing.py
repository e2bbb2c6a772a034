"""Step index: articles.enriched → Elasticsearch, and then each statement → statements. Step sources: sources.health →
Elasticsearch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from pydantic import ValidationError

from pipeline.dead_letters import Incoming
from pipeline.records import EnrichedArticle, SourceHealth, StatementRecord
from pipeline.stream.batches import GivenUp
from pipeline.stream.outbox import Outbox
from pipeline.stream.processes import describe


class Refusal(Protocol):
    @property
    def article_id(self) -> str: ...

    @property
    def reason(self) -> str: ...


class ArticleWriter(Protocol):
    """What we need of pipeline.index.Writer."""

    def articles(self, articles: Sequence[EnrichedArticle], /) -> Sequence[Refusal]: ...

    def take_back(self, revised: Sequence[tuple[EnrichedArticle, list[StatementRecord]]], /) -> None: ...

    def sources(self, health: Mapping[str, SourceHealth | None], /) -> Mapping[str, str]: ...


StatementsOf = Callable[[EnrichedArticle], list[StatementRecord]]


class IndexStep:
    name = "index"

    def __init__(self, writer: ArticleWriter, statements_of: StatementsOf, outbox: Outbox, topic: str) -> None:
        self._writer = writer
        self._statements_of = statements_of
        self._outbox = outbox
        self._topic = topic

    async def __call__(self, batch: Sequence[Incoming]) -> list[GivenUp]:
        given_up: list[GivenUp] = []
        articles: list[tuple[Incoming, EnrichedArticle]] = []
        for incoming in batch:
            try:
                articles.append((incoming, EnrichedArticle.model_validate_json(incoming.value or b"")))
            except ValidationError as error:
                given_up.append(GivenUp(incoming, f"Not an enriched article: {describe(error)}", "BadInput"))
        if not articles:
            return given_up
        refusals = await asyncio.to_thread(self._writer.articles, [article for _, article in articles])
        refused = {refusal.article_id: refusal.reason for refusal in refusals}
        for incoming, article in articles:
            if article.article_id in refused:
                reason = f"Elasticsearch refused the article: {refused[article.article_id]}"
                given_up.append(GivenUp(incoming, reason, "Refused"))
        accepted = [
            (incoming, article, self._statements_of(article))
            for incoming, article in articles
            if article.article_id not in refused
        ]
        revised = [(article, records) for _, article, records in accepted if article.revision > 1]
        if revised:
            await asyncio.to_thread(self._writer.take_back, revised)
        return given_up + await self._send_statements(accepted)

    async def _send_statements(
        self, articles: Sequence[tuple[Incoming, EnrichedArticle, list[StatementRecord]]]
    ) -> list[GivenUp]:
        """Send on the statements of articles that are in the index, one article's after the other's.

        What is not there raises no alert, which would lead nowhere; a replay makes up for both. Whether a statement is
        news hangs on what its article told before: in another order there can be two alerts.
        """
        sent = [(incoming, record) for incoming, _, records in articles for record in records]
        messages = ((record.key.encode(), record.to_json()) for _, record in sent)
        refusals = await self._outbox.send_in_order(self._topic, messages)
        failed: dict[int, GivenUp] = {}
        for (incoming, _), error in zip(sent, refusals, strict=True):
            if error is not None:
                failed.setdefault(id(incoming), GivenUp(incoming, str(error), type(error).__name__))
        return list(failed.values())


class SourcesStep:
    """Keeps one document a followed source; a record without a value takes it out."""

    name = "sources"

    def __init__(self, writer: ArticleWriter) -> None:
        self._writer = writer

    async def __call__(self, batch: Sequence[Incoming]) -> list[GivenUp]:
        given_up: list[GivenUp] = []
        latest: dict[str, tuple[Incoming, SourceHealth | None]] = {}
        for incoming in batch:
            try:
                health = SourceHealth.model_validate_json(incoming.value) if incoming.value else None
                latest[(incoming.key or b"").decode()] = (incoming, health)
            except (ValidationError, UnicodeDecodeError) as error:
                reason = describe(error) if isinstance(error, ValidationError) else str(error)
                given_up.append(GivenUp(incoming, f"Not the health of a source: {reason}", "BadInput"))
        refused = await asyncio.to_thread(self._writer.sources, {key: health for key, (_, health) in latest.items()})
        given_up += [
            GivenUp(latest[key][0], f"Elasticsearch refused the health of a source: {reason}", "Refused")
            for key, reason in refused.items()
        ]
        return given_up
