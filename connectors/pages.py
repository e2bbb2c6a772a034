"""A single page: its body and what it says of itself become one article."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.base import Checkpoint, Found, Refusal, Target, Unchanged
from connectors.http import Response
from pipeline.errors import DemarcheError
from pipeline.inputs import article_from_page, decode_page
from pipeline.records import Article, SourceRef

CONNECTOR = "pages"


def accepts(target: Target) -> bool:
    return target.is_address


def article_in(response: Response, target: Target, connector: str, **fields: Any) -> Article:
    """The article on a page that a source is or leads to; `fields` are what the source says of it. Raises BadInput."""
    return article_from_page(
        decode_page(response.body, response.content_type),
        url=response.url,
        source=SourceRef(connector=connector, id=target.name),
        fetched_at=target.now,
        max_chars=target.settings.max_article_chars,
        selectors=target.selectors,
        **fields,
    )


class PageConnector:
    """The article on a page."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def read(self, checkpoint: Checkpoint) -> Iterator[Found]:
        target, body = self._target, b""
        try:
            response = target.fetch(checkpoint)
            if response.not_modified:
                yield Unchanged(target.name)
                return
            body = response.body
            yield article_in(response, target, CONNECTOR)
            target.remember(response, checkpoint)
        except DemarcheError as error:
            yield Refusal.of(target.name, error, body)
