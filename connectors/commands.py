"""`demarche ingest`, `extract` and `sources`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from connectors.base import Connector, Declared, Found, Refusal, Target
from connectors.http import Fetcher
from connectors.kinds import kind_named, kind_of
from connectors.ledger import Ledger
from connectors.publish import ArticleProducer, Summary, stream_id
from connectors.sources import Source, add_source, load_sources, sources_path
from pipeline.errors import BadInput, DemarcheError
from pipeline.inputs import article_from_page, decode_page, read_file
from pipeline.inputs.files import printable
from pipeline.records import Article, Publisher, SourceRef
from pipeline.settings import Settings, settings

_SHOWN = 20
"""Refusals named one by one; the rest is counted, and all are in the dead letters."""


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="FILE|FOLDER|URL...")
@click.option("--publisher", metavar="ID", help="Publisher of all these articles.")
@click.option("--published-at", metavar="TIME", help="Time of publication of articles that state none (ISO 8601).")
@click.option("--backfill", is_flag=True, help="An archive: index it, but alert nobody.")
@click.option("--again", is_flag=True, help="Publish unchanged articles too, under their first time and revision.")
def ingest(
    inputs: tuple[str, ...], publisher: str | None, published_at: str | None, backfill: bool, again: bool
) -> int:
    """Publish articles from files, folders, feeds and pages.

    Files may be text (.txt: a headline, an empty line, the article), saved pages (.html) or one article a line
    (.jsonl), each also packed as .gz. An address may be a feed or a page. What cannot be used is named with the
    reason and goes to the dead letters; what is known already is not published again.
    """
    declared = Declared(
        publisher=Publisher(id=publisher, name=publisher) if publisher else None,
        published_at=_moment(published_at) if published_at else None,
        backfill=backfill,
    )
    summary = Summary()
    with _session(settings(), again=again) as session, _progress() as advance:
        for name in inputs:
            target = session.target(name)
            _exhaust(session.producer.publish(_key(name), _opened(target), declared, summary), advance)
    _report(summary)
    return summary.exit_code


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--url", required=True, help="Address that the page was saved from.")
def extract(file: Path, url: str) -> None:
    """Print the article in a saved page as JSON, as it would be published."""
    options = settings()
    try:
        markup = decode_page(read_file(file, options.max_file_bytes))
        article = article_from_page(
            markup,
            url=url,
            source=SourceRef(connector="extract", id=file.name),
            fetched_at=datetime.now(UTC),
            max_chars=options.max_article_chars,
        )
    except BadInput as error:
        raise BadInput(f"{file}: {error.message}", error.hint) from None
    click.echo(article.to_json())


@click.group()
def sources() -> None:
    """The feeds and pages that are followed, in one TOML file."""


@sources.command("add")
@click.argument("url")
@click.option("--publisher", metavar="ID", help="Id of the publisher, such as example.org.")
@click.option("--name", help="Name of the publisher.")
@click.option("--country", metavar="CODE", help="Its country: ISO 3166 alpha-3, such as FRA.")
@click.option("--tag", "tags", multiple=True, help="Put on every article; may be repeated.")
def add(url: str, **declared: Any) -> None:
    """Follow a feed or page. It is fetched once, to see what it is."""
    options = settings()
    path = sources_path(options)
    with Fetcher(options) as fetcher:
        kind = kind_of(Target(url, options, fetcher))
    if kind.name == "files":
        raise BadInput(f"{url} is not an http or https address.", "Give files to `demarche ingest`.")
    if (declared["name"] or declared["country"]) and not declared["publisher"]:
        raise click.UsageError("--name and --country describe a publisher: give --publisher too.")
    try:
        source = Source(url=url, kind=kind.name, **declared)
    except ValueError as error:
        raise BadInput(f"This source cannot be added: {error}.") from None
    if add_source(path, source):
        click.echo(f"Added the {kind.name} {url} to {path}. See what it brings: demarche sources test {url}")
    else:
        click.echo(f"{url} is in {path} already.")


@sources.command("list")
def list_() -> None:
    """Show the sources that are followed."""
    path = sources_path(settings())
    listed = load_sources(path)
    for source in listed:
        click.echo(f"{source.kind:6} {source.url}  {source.publisher or ''}".rstrip())
    click.echo(f"{len(listed)} sources in {path}" if listed else f"No sources yet in {path}: demarche sources add URL")


@sources.command("test")
@click.argument("url")
def test(url: str) -> int:
    """Read a source without publishing: what would be published, what was refused and why."""
    options = settings()
    summary = Summary()
    with Fetcher(options) as fetcher:
        connector = _opened(Target(url, options, fetcher))
        for found in connector.read({}):
            if isinstance(found, Article):
                summary.published += 1
                _show(found)
            elif isinstance(found, Refusal):
                summary.refusals.append(found)
                click.echo(f"refused: {found}\n")
    click.echo(f"{summary.published} articles would be published, {len(summary.refusals)} inputs refused.")
    return summary.exit_code


@sources.command("poll")
@click.option("--every", type=click.FloatRange(min=0.1), metavar="MINUTES", help="Go on, with this pause.")
def poll(every: float | None) -> int:
    """Publish what is new in all sources, once or again and again."""
    options = settings()
    while True:
        listed = load_sources(sources_path(options))
        if not listed:
            raise BadInput(f"There are no sources in {sources_path(options)}.", "Add one: demarche sources add URL")
        summary = Summary()
        try:
            _poll_once(options, listed, summary)
        except DemarcheError as error:
            if not every:
                raise
            # A broker that is away for an hour must not end a process that is meant to run for months.
            click.echo(f"demarche: {error}", err=True)
        _report(summary)
        if not every:
            return summary.exit_code
        time.sleep(every * 60)


def _poll_once(options: Settings, listed: list[Source], summary: Summary) -> None:
    with _session(options, again=False) as session, _progress() as advance:
        for source in listed:
            connector = kind_named(source.kind).open(session.target(source.url))
            _exhaust(session.producer.publish(_key(source.url), connector, source.declared, summary), advance)


@dataclass
class _Session:
    settings: Settings
    fetcher: Fetcher
    producer: ArticleProducer

    def target(self, name: str) -> Target:
        return Target(name, self.settings, self.fetcher)


@contextmanager
def _session(options: Settings, *, again: bool) -> Iterator[_Session]:
    """Everything that publishing needs; Kafka is asked first, so that nothing is read in vain."""
    stream = stream_id(options)
    with (
        Ledger(options.home / "state" / "connectors.sqlite", stream) as ledger,
        Fetcher(options) as fetcher,
        ArticleProducer(options, ledger, again=again) as producer,
    ):
        yield _Session(options, fetcher, producer)


class _Refused:
    """Stands for a target that could not even be opened."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal

    def read(self, checkpoint: dict[str, Any]) -> Iterator[Found]:
        yield self._refusal


def _opened(target: Target) -> Connector:
    try:
        return kind_of(target).open(target)
    except DemarcheError as error:
        return _Refused(Refusal.of(target.name, error))


def _key(name: str) -> str:
    """A source's name for its checkpoint."""
    return name if "://" in name else printable(Path(name).absolute())


def _exhaust(found: Iterable[Found], advance: Callable[[Found], None]) -> None:
    for thing in found:
        advance(thing)


@contextmanager
def _progress() -> Iterator[Callable[[Found], None]]:
    """A line on standard error that counts while somebody watches; nothing where nobody does."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed:.0f} read"),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)

        def advance(found: Found) -> None:
            name = found.title or found.url if isinstance(found, Article) else found.input
            progress.update(task, advance=1, description=name[:60].replace("[", "("))

        yield advance


def _report(summary: Summary) -> None:
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


def _show(article: Article) -> None:
    when = article.published_at.isoformat() if article.published_at else "no date"
    click.echo(f"{article.title or '(no title)'}\n  {article.canonical_url}\n  {when}, {len(article.text)} characters")
    opening = " ".join(article.text.split())
    click.echo(f"  {opening[:200]}{'…' if len(opening) > 200 else ''}\n")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not a time; write it like 2025-06-19T14:30:00+02:00.", param_hint="--published-at"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
