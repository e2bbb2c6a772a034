"""Sources that list addresses of pages: each page that is new becomes an article, none is asked for twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from connectors.base import Found, Refusal, Target, Unchanged
from connectors.entries import Entries
from connectors.pages import article_in
from pipeline.errors import DemarcheError


@dataclass(frozen=True, slots=True)
class Listed:
    """One address on a list. `digest` changes when the list says that the page has changed; `fields` are what the list
    says of the article."""

    url: str
    digest: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


def read_listed(listed: Iterable[Listed], entries: Entries, target: Target, connector: str) -> Iterator[Found]:
    """The articles at these addresses, without those that are known."""
    for item in listed:
        if entries.is_known(item.url, item.digest):
            yield Unchanged(item.url)
            continue
        body = b""
        try:
            response = target.page(item.url)
            body = response.body
            yield article_in(response, target, connector, **item.fields)
            entries.read(item.url, item.digest)
        except DemarcheError as error:
            entries.failed(item.url, item.digest, error)
            yield Refusal.of(item.url, error, body)
