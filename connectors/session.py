"""What the commands of the connectors have in common: opening what publishing needs, progress, and the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from connectors.base import Connector, Found, Refusal, Target
from connectors.http import Fetcher
from connectors.kinds import kind_of
from connectors.ledger import Ledger
from connectors.publish import ArticleProducer, Summary, stream_id
from pipeline.errors import DemarcheError
from pipeline.inputs.files import printable
from pipeline.records import Article
from pipeline.settings import Settings

_SHOWN = 20
"""Refusals named one by one; the rest is counted, and all are in the dead letters."""


@dataclass
class Session:
    settings: Settings
    fetcher: Fetcher
    producer: ArticleProducer

    def target(self, name: str) -> Target:
        return Target(name, self.settings, self.fetcher)


@contextmanager
def open_session(options: Settings, *, again: bool) -> Iterator[Session]:
    """Everything that publishing needs; Kafka is asked first, so that nothing is read in vain."""
    stream = stream_id(options)
    with (
        Ledger(options.home / "state" / "connectors.sqlite", stream) as ledger,
        Fetcher(options) as fetcher,
        ArticleProducer(options, ledger, again=again) as producer,
    ):
        yield Session(options, fetcher, producer)


class _Refused:
    """Stands for a target that could not even be opened."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal

    def read(self, checkpoint: dict[str, Any]) -> Iterator[Found]:
        yield self._refusal


def opened(target: Target) -> Connector:
    try:
        return kind_of(target).open(target)
    except DemarcheError as error:
        return _Refused(Refusal.of(target.name, error))


def key_of(name: str) -> str:
    """A source's name for its checkpoint."""
    return name if "://" in name else printable(Path(name).absolute())


def exhaust(found: Iterable[Found], advance: Callable[[str], None]) -> None:
    for thing in found:
        advance((thing.title or thing.url) if isinstance(thing, Article) else thing.input)


@contextmanager
def progress(total: int | None = None) -> Iterator[Callable[[str], None]]:
    """A line on standard error that counts while somebody watches; nothing where nobody does."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed:.0f}" + ("/{task.total:.0f}" if total else "") + " read"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=total)

        def advance(name: str) -> None:
            bar.update(task, advance=1, description=name[:60].replace("[", "("))

        yield advance


def report(summary: Summary) -> None:
    revised = f" ({summary.revised} of them revisions)" if summary.revised else ""
    click.echo(
        f"published {summary.published}{revised}, unchanged {summary.unchanged}, refused {len(summary.refusals)}"
    )
    for refusal in summary.refusals[:_SHOWN]:
        click.echo(f"refused: {refusal}", err=True)
    if len(summary.refusals) > _SHOWN:
        more = len(summary.refusals) - _SHOWN
        click.echo(f"and {more} more: `demarche dead-letters list` shows all of them.", err=True)
    if summary.skipped:
        first = summary.skipped[0]
        click.echo(f"skipped {len(summary.skipped)} other files, such as {first.input}: {first.reason}", err=True)
