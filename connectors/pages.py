"""A single page: its body and what it says of itself become one article."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.base import Checkpoint, Found, Refusal, Target, Unchanged
from pipeline.errors import DemarcheError
from pipeline.inputs import article_from_page, decode_page
from pipeline.records import SourceRef

CONNECTOR = "pages"


def accepts(target: Target) -> bool:
    return target.is_address


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
            yield article_from_page(
                decode_page(body, response.content_type),
                url=response.url,
                source=SourceRef(connector=CONNECTOR, id=target.name),
                fetched_at=target.now,
                max_chars=target.settings.max_article_chars,
            )
            target.remember(response, checkpoint)
        except DemarcheError as error:
            yield Refusal.of(target.name, error, body)
