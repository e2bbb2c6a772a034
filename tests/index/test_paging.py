"""A page of hits whose point in time is no more, on a node that answers as it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders
from elastic_transport._node import NodeApiResponse

from pipeline.errors import DemarcheError
from pipeline.index import connect
from pipeline.index.paging import Cursor, page
from pipeline.index.search import Query
from pipeline.settings import Settings

HITS = {"total": {"value": 12}, "hits": []}


class Node(BaseNode):
    """Refuses to search at the point "old" with a status, and says "new" when one is opened."""

    status: int

    def perform_request(self, method: str, target: str, body: bytes | None = None, **_: Any) -> NodeApiResponse:  # type: ignore[override]
        if "_pit" in target:
            return self._answer(200, {"id": "new"})
        if json.loads(body or b"{}")["pit"]["id"] == "old":
            return self._answer(self.status, {"error": {"type": "illegal_state_exception", "reason": "bad id"}})
        return self._answer(200, {"pit_id": "new", "took": 1, "timed_out": False, "hits": HITS})

    def _answer(self, status: int, body: dict[str, Any]) -> NodeApiResponse:
        headers = HttpHeaders({"content-type": "application/json", "x-elastic-product": "Elasticsearch"})
        return NodeApiResponse(ApiResponseMeta(status, "1.1", headers, 0.0, self.config), json.dumps(body).encode())


@pytest.mark.parametrize("status", [404, 500])
def test_a_point_in_time_that_is_over_or_damaged_is_opened_anew(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Node, "status", status, raising=False)
    with connect(Settings(), node_class=Node) as client:
        found = page(client, Settings(), Query(kind="articles"), Cursor([1], 10, "old"))
    assert (found.first, found.results.total) == (11, 12)


def test_another_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Node, "status", 400, raising=False)
    with connect(Settings(), node_class=Node) as client, pytest.raises(DemarcheError, match="bad id"):
        page(client, Settings(), Query(kind="articles"), Cursor([1], 10, "old"))
