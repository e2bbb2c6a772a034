"""What is written to an index that goes meanwhile, on a node that answers as it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders
from elastic_transport._node import NodeApiResponse

from pipeline.errors import BadSetting
from pipeline.index import Writer, connect
from pipeline.index.documents import source_doc_id
from pipeline.index.upgrade import _let_end
from pipeline.index.writer import _PAUSES_S
from pipeline.records import EnrichedArticle, SourceHealth
from pipeline.settings import Settings

GONE = {"type": "index_not_found_exception", "reason": "no such index [news-articles-2026.03]"}


class Node(BaseNode):
    """Takes every document, but says of those that `goes` names that their index has gone, that many times."""

    goes: dict[str, int]
    sent: list[list[str]]

    def perform_request(self, method: str, target: str, body: bytes | None = None, **_: Any) -> NodeApiResponse:  # type: ignore[override]
        lines = [json.loads(line) for line in (body or b"").splitlines()]
        places = [value for line in lines for value in line.values() if isinstance(value, dict) and "_id" in value]
        self.sent.append([place["_id"] for place in places])
        answer = {"items": [{"index": self._item(place["_id"])} for place in places]}
        headers = HttpHeaders({"content-type": "application/json", "x-elastic-product": "Elasticsearch"})
        return NodeApiResponse(ApiResponseMeta(200, "1.1", headers, 0.0, self.config), json.dumps(answer).encode())

    def _item(self, doc_id: str) -> dict[str, Any]:
        if self.goes.get(doc_id, 0) > 0:
            self.goes[doc_id] -= 1
            return {"_id": doc_id, "status": 404, "error": GONE}
        return {"_id": doc_id, "status": 201, "result": "created"}


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    monkeypatch.setattr("pipeline.index.writer.time.sleep", lambda seconds: None)
    monkeypatch.setattr(Node, "goes", {}, raising=False)
    monkeypatch.setattr(Node, "sent", [], raising=False)
    with connect(Settings(), node_class=Node) as client:
        yield Writer(client, Settings())


def test_a_document_whose_index_has_gone_is_sent_again(
    writer: Writer, make_article: Callable[..., EnrichedArticle]
) -> None:
    Node.goes["a2"] = len(_PAUSES_S)
    articles = [make_article(article_id=name) for name in ("a1", "a2", "a3")]
    assert writer.articles(articles) == []
    assert writer.counts.articles == writer.counts.statements == 3
    assert Node.sent[: len(_PAUSES_S) + 1] == [["a1", "a2", "a3"], *[["a2"]] * len(_PAUSES_S)]


def test_an_index_that_does_not_come_back_is_a_setting_to_mend_and_no_fault_of_its_documents(
    writer: Writer, make_article: Callable[..., EnrichedArticle]
) -> None:
    Node.goes["a2"] = len(_PAUSES_S) + 1
    with pytest.raises(BadSetting, match="demarche init"):
        writer.articles([make_article(article_id=name) for name in ("a1", "a2")])


def test_each_source_has_its_own_answer_whichever_comes_first(writer: Writer) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    health: dict[str, SourceHealth | None] = {
        name: SourceHealth(source_id=name, kind="rss", state="ok", updated_at=now) for name in ("one", "two")
    }
    assert writer.sources(health) == {}
    [[first, _]] = Node.sent
    Node.goes[first] = 100
    with pytest.raises(BadSetting):
        writer.sources(health)


def test_what_was_to_be_deleted_has_gone_with_its_index(writer: Writer) -> None:
    Node.goes = dict.fromkeys((source_doc_id("one"), source_doc_id("two")), 100)
    assert writer.sources({"one": None, "two": None}) == {}


def test_an_upgrade_waits_for_what_has_begun_and_for_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = [{"n:1", "n:2"}, {"n:1", "n:3"}, {"n:1"}, {"n:3", "n:4"}]
    slept: list[float] = []
    monkeypatch.setattr("pipeline.index.upgrade.time.sleep", slept.append)
    _let_end(_client(lambda: looks.pop(0)))
    assert looks == []
    assert len(slept) == 2


def test_an_upgrade_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("pipeline.index.upgrade.time", SimpleNamespace(monotonic=lambda: next(clock), sleep=id))
    _let_end(_client(lambda: {"n:1"}))
    assert next(clock) < 60


def _client(look: Callable[[], set[str]]) -> Any:
    def listed(actions: list[str]) -> dict[str, Any]:
        return {"nodes": {"n": {"tasks": {task: {} for task in look()}}}}

    return SimpleNamespace(tasks=SimpleNamespace(list=listed))
