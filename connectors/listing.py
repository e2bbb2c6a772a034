"""Sources that list articles or addresses of pages: what is new on the list becomes an article, none is read twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from connectors.base import Checkpoint, Found, Refusal, Target, Unchanged
from connectors.entries import Entries
from connectors.http import Response
from connectors.pages import article_in
from pipeline.errors import DemarcheError

List = TypeVar("List")


def read_list(
    target: Target,
    checkpoint: Checkpoint,
    parse: Callable[[Response], List],
    take: Callable[[List, Response, Entries], Iterator[Found]],
    *,
    whole: bool = False,
) -> Iterator[Found]:
    """Ask for a list, parse it, take what is new on it, and write into the checkpoint what was read.

    A list that cannot be parsed is the source's own Refusal. `whole`: it is wanted even where it has not changed, as it
    is when an entry waits for another try.
    """
    entries = Entries(checkpoint, target.now)
    try:
        response = target.fetch(checkpoint, whole=whole or Entries.due(checkpoint, target.now))
        if response.not_modified:
            yield Unchanged(target.name)
            return
        found = parse(response)
    except DemarcheError as error:
        yield Refusal.of(target.name, error)
        return
    yield from take(found, response, entries)
    entries.save()
    target.remember(response, checkpoint)


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
