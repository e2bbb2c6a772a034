"""Writing to Elasticsearch so that writing twice changes nothing.

Ids are deterministic, an article's index follows from its first sight, and each write carries the revision as an
external version: an older revision that arrives late is counted as stale and leaves the newer one alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from elasticsearch import ApiError, Elasticsearch
from elasticsearch.helpers import streaming_bulk

from pipeline.index.alert_states import change_alert, change_state, create_alert, joined, take_back
from pipeline.index.client import (
    blocked,
    inner_reason,
    is_blocked,
    is_gone,
    no_indices,
    reason_of,
    translated_errors,
    unreachable,
)
from pipeline.index.documents import (
    Document,
    article_document,
    month_of,
    revision_document,
    revision_id,
    source_doc_id,
    source_document,
    statement_doc_id,
    statement_documents,
)
from pipeline.index.templates import alias
from pipeline.records import Alert, AlertState, EnrichedArticle, SourceHealth, StatementRecord
from pipeline.settings import Settings

_BULK_BYTES = 8 * 2**20
_PAGE = 1000
_PAUSES_S = (0.1, 0.5, 2.0)
"""Before a document is sent again whose index has gone."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An article that Elasticsearch will never take, and why."""

    article_id: str
    reason: str


@dataclass(slots=True)
class Counts:
    """What a writer has done so far."""

    articles: int = 0
    statements: int = 0
    removed: int = 0
    stale: int = 0


class Writer:
    """Writes enriched articles and alerts; blocking, for one thread."""

    def __init__(self, client: Elasticsearch, settings: Settings) -> None:
        self.client = client
        self.settings = settings
        self.counts = Counts()

    def articles(self, articles: Sequence[EnrichedArticle]) -> list[Refusal]:
        """Write articles with their statements and revisions; statements of older revisions go.

        Returns what Elasticsearch refuses for good. Raises Unreachable when it is away or too busy: nothing is lost
        then by writing the same articles again.
        """
        try:
            with translated_errors(self.settings):
                return self._write(articles)
        except _SpoiledRequest as spoiled:
            if len(articles) == 1:
                return [Refusal(articles[0].article_id, spoiled.reason)]
            middle = len(articles) // 2
            return [*self.articles(articles[:middle]), *self.articles(articles[middle:])]

    def _write(self, articles: Sequence[EnrichedArticle]) -> list[Refusal]:
        """Articles first: whether a revision is stale, Elasticsearch decides; then its statements, then clearing up."""
        by_id = _latest(articles)
        refused: dict[str, str] = {}
        accepted: list[EnrichedArticle] = []
        seen_before: list[EnrichedArticle] = []
        for item in self._bulk(self._article_actions(by_id.values())):
            article = by_id[item["_id"]]
            if item["status"] == 409:
                self.counts.stale += 1
            elif "error" in item:
                refused[article.article_id] = inner_reason(item["error"])
            else:
                accepted.append(article)
                if item["result"] == "updated":
                    seen_before.append(article)
        self.counts.articles += len(accepted)
        refused |= self._write_statements(accepted)
        self._write_revisions(article for article in articles if article.article_id not in refused)
        self._remove_older_statements(seen_before)
        return [Refusal(article_id, reason) for article_id, reason in refused.items()]

    def _write_statements(self, articles: Sequence[EnrichedArticle]) -> dict[str, str]:
        """Statements; a refused one refuses its article, so that the dead letter has it whole."""
        actions: list[Document] = []
        owners: dict[str, str] = {}
        for article in articles:
            for action in self._statement_actions(article):
                actions.append(action)
                owners[action["_id"]] = article.article_id
        refused = {}
        for item in self._bulk(actions):
            if item["status"] == 409:
                self.counts.stale += 1
            elif "error" in item:
                refused[owners[item["_id"]]] = inner_reason(item["error"])
            else:
                self.counts.statements += 1
        return refused

    def _write_revisions(self, articles: Iterable[EnrichedArticle]) -> None:
        """Every revision once, also one that arrives after a newer one; what is there already stays."""
        for _ in self._bulk(self._revision_action(article) for article in articles):
            pass

    def _article_actions(self, articles: Iterable[EnrichedArticle]) -> Iterable[Document]:
        for article in articles:
            index = f"{self._alias('articles')}-{month_of(article)}"
            yield self._versioned(index, article.article_id, article.revision) | {"_source": article_document(article)}

    def _statement_actions(self, article: EnrichedArticle) -> list[Document]:
        return [
            self._statement_place(article, statement_doc_id(article, document["statement_id"])) | {"_source": document}
            for document in statement_documents(article)
        ]

    def _statement_place(self, article: EnrichedArticle, doc_id: str) -> Document:
        """Under the month's name, which stays while the index behind it may be exchanged."""
        return self._versioned(f"{self._alias('statements')}-{month_of(article)}", doc_id, article.revision)

    def _revision_action(self, article: EnrichedArticle) -> Document:
        return {
            "_op_type": "create",
            "_index": f"{self._alias('revisions')}-{month_of(article)}",
            "_id": revision_id(article),
            "_source": revision_document(article),
        }

    @staticmethod
    def _versioned(index: str, doc_id: str, version: int) -> Document:
        return {"_index": index, "_id": doc_id, "version": version, "version_type": "external_gte"}

    def _remove_older_statements(self, articles: Sequence[EnrichedArticle]) -> None:
        """Delete the statements that an article written before no longer has. Not every node can delete by query."""
        if not articles:
            return
        name = self._alias("statements")
        self.client.indices.refresh(index=name)
        kept = {
            article.article_id: {statement_doc_id(article, s.statement_id) for s in article.statements}
            for article in articles
        }
        by_id = {article.article_id: article for article in articles}
        gone = [
            {"_op_type": "delete"} | self._statement_place(by_id[hit["_source"]["article_id"]], hit["_id"])
            for hit in self._statements_of(list(kept))
            if hit["_id"] not in kept[hit["_source"]["article_id"]]
        ]
        for item in self._bulk(gone):
            self.counts.removed += item["status"] == 200

    def _statements_of(self, article_ids: list[str]) -> Iterable[Any]:
        after: list[Any] | None = None
        while True:
            page = self.client.search(
                index=self._alias("statements"),
                query={"terms": {"article_id": article_ids}},
                source={"includes": ["article_id"]},
                sort=["article_id", "statement_id"],
                size=_PAGE,
                search_after=after,
            )["hits"]["hits"]
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1]["sort"]

    def _bulk(self, actions: Iterable[Document]) -> Iterable[Document]:
        """Each document's own answer, in any order.

        A document whose index has gone meanwhile is sent again, as its name may mean another index by now. Raises
        BadSetting where the index of one that is to be written does not come back; what was to be deleted has gone too.
        """
        left = list(actions)
        for pause in _PAUSES_S:
            by_id, gone = {action["_id"]: action for action in left}, []
            for item in self._answers(left):
                if is_gone(item.get("error")):
                    gone.append(by_id[item["_id"]])
                else:
                    yield item
            if not gone:
                return
            time.sleep(pause)
            left = gone
        for item in self._answers(left):
            if is_gone(item.get("error")) and by_id[item["_id"]].get("_op_type") != "delete":
                raise no_indices(self.settings)
            yield item

    def _answers(self, actions: Iterable[Document]) -> Iterable[Document]:
        """Raises Unreachable when a document was turned away for lack of room."""
        try:
            answers = streaming_bulk(
                self.client,
                actions,
                max_chunk_bytes=_BULK_BYTES,
                raise_on_error=False,
                max_retries=3,
                initial_backoff=1,
            )
            for _, answer in answers:
                item: Document = next(iter(answer.values()))
                if is_blocked(item.get("error")):
                    raise blocked(self.settings, inner_reason(item["error"]))
                if item["status"] in (429, 503):
                    raise unreachable(self.settings, f"too busy: {inner_reason(item.get('error'))}")
                yield item
        except ApiError as error:
            if error.status_code in (400, 413):
                raise _SpoiledRequest(reason_of(error)) from error
            raise

    def sources(self, health: Mapping[str, SourceHealth | None]) -> dict[str, str]:
        """Write how sources are doing, by their ids; None takes one out. Returns what was refused, and why.

        An older record that comes late is turned away by its version, the time it was made.
        """
        index, actions, asked = self._alias("sources"), [], {}
        for source_id, one in health.items():
            asked[source_doc_id(source_id)] = source_id
            if one is None:
                actions.append({"_op_type": "delete", "_index": index, "_id": source_doc_id(source_id)})
            else:
                version = int(one.updated_at.timestamp() * 1000)
                document = {"_source": source_document(one)}
                actions.append(self._versioned(index, source_doc_id(source_id), version) | document)
        with translated_errors(self.settings):
            answers = list(self._bulk(actions))
        return {
            asked[item["_id"]]: inner_reason(item["error"])
            for item in answers
            if "error" in item and item["status"] != 409 and not is_gone(item["error"])
        }

    def alert(self, alert: Alert, *, create: bool) -> bool:
        """Write an alert. With `create`, True only for whoever writes it first: that one may notify.

        Without, its sources join those that are there; its state, which users change, stays as it is.
        """
        if create:
            return create_alert(self.client, self.settings, alert)
        return (
            change_alert(self.client, self.settings, alert.alert_id, partial(joined, alert), missing=alert) is not None
        )

    def take_back(self, revised: Sequence[tuple[EnrichedArticle, list[StatementRecord]]]) -> None:
        """Strike out, in the alerts they are sources of, articles of which a revision tells no more what they told."""
        take_back(self.client, self.settings, revised)

    def set_alert_state(
        self, alert_id: str, state: AlertState, *, by: str = "", note: str = "", until: datetime | None = None
    ) -> Alert | None:
        """Acknowledge, mute, close or reopen an alert; None if there is no such alert."""
        return change_state(self.client, self.settings, alert_id, state, by=by, note=note, until=until)

    def _alias(self, kind: str) -> str:
        return alias(self.settings.index_prefix, kind)


class _SpoiledRequest(Exception):
    """Elasticsearch refused a whole request because of something in it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _latest(articles: Iterable[EnrichedArticle]) -> dict[str, EnrichedArticle]:
    """The last of the highest revision of each article, by id: one request must not write an id twice."""
    found: dict[str, EnrichedArticle] = {}
    for article in articles:
        known = found.get(article.article_id)
        if known is None or article.revision >= known.revision:
            found[article.article_id] = article
    return found
