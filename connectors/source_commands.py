"""`demarche sources`: the list of what is followed, how it is doing, and following it."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from prometheus_client import start_http_server
from rich.console import Console
from rich.table import Table
from rich.text import Text

from connectors.base import Options, Refusal, Target
from connectors.discovery import discover
from connectors.following import Follower, Reader, sole_follower, watch
from connectors.http import Fetcher
from connectors.kinds import KINDS, kind_named, kind_of
from connectors.opml import read_opml, write_opml
from connectors.publish import Summary
from connectors.schedule import Schedule, State, health_of
from connectors.secrets import HidingFilter, hide
from connectors.session import open_session, progress, report
from connectors.sources import Source, add_sources, load_sources, remove_source, sources_path
from pipeline.errors import BadInput, Transient
from pipeline.inputs import read_file
from pipeline.inputs.urls import canonical_url
from pipeline.records import Article, SourceHealth
from pipeline.settings import Settings, settings

log = logging.getLogger("demarche.sources")

_KAFKA_AWAY_S = 15.0
_OPENING_CHARS = 400


@click.group()
def sources() -> None:
    """The feeds and pages that are followed, in one TOML file."""


@sources.command("add")
@click.argument("url")
@click.option("--kind", type=click.Choice([kind.name for kind in KINDS]), help="Take it for this, whatever is there.")
@click.option("--publisher", metavar="ID", help="Id of the publisher, such as example.org.")
@click.option("--name", help="Name of the publisher.")
@click.option("--country", metavar="CODE", help="Its country: ISO 3166 alpha-3, such as FRA.")
@click.option("--tag", "tags", multiple=True, help="Put on every article; may be repeated.")
def add(url: str, kind: str | None, **declared: Any) -> None:
    """Follow a feed, or the feed of the site that URL is a page of.

    The address is fetched once, to see what it is. Secrets in it are written as ${NAME} and taken from the environment.
    """
    options = settings()
    path = sources_path(options)
    with Fetcher(options) as fetcher:
        target = Target(url, options, fetcher)
        found = [(url, kind)] if kind else _what_is_at(target)
    url, kind = found[0]
    if kind == "files" and "://" not in url:
        raise BadInput(f"{url} is not an http or https address.", "Give files to `demarche ingest`.")
    try:
        source = Source(url=url, kind=kind, **declared)
    except ValueError as error:
        raise BadInput(f"This source cannot be added: {error}.") from None
    if add_sources(path, [source]):
        click.echo(f"Added the {kind} {url} to {path}. See what it brings: demarche sources test {url}")
    else:
        click.echo(f"{url} is in {path} already.")
    for other, its_kind in found[1:]:
        click.echo(f"The site also has the {its_kind} {other}")


def _what_is_at(target: Target) -> list[tuple[str, str]]:
    kind = kind_of(target).name
    if kind != "page":
        return [(target.name, kind)]
    found = discover(target)
    if not found:
        click.echo("No feed was found there: the page itself is followed.")
    return found or [(target.name, kind)]


@sources.command("remove")
@click.argument("url")
def remove(url: str) -> None:
    """Follow a source no more. What it brought stays."""
    path = sources_path(settings())
    if not remove_source(path, url):
        raise BadInput(f"{url} is not in {path}.", "See `demarche sources list`.")
    click.echo(f"Removed {url} from {path}.")


@sources.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_(file: Path) -> int:
    """Add the feeds in an OPML file, as feed readers export it. Folders become tags; nothing is fetched yet."""
    options = settings()
    path = sources_path(options)
    try:
        listed, refused = read_opml(read_file(file, options.max_file_bytes))
    except BadInput as error:
        raise BadInput(f"{file}: {error.message}", error.hint) from None
    added = add_sources(path, listed)
    click.echo(f"Added {len(added)} of {len(listed)} feeds to {path}; {len(listed) - len(added)} were there already.")
    for line in refused:
        click.echo(f"refused: {line}", err=True)
    return BadInput.exit_code if refused and not listed else 0


@sources.command("export")
def export() -> None:
    """Print the list as OPML, for feed readers. It holds addresses, names and tags, no other keys."""
    click.echo(write_opml(load_sources(sources_path(settings()))), nl=False)


@sources.command("list")
@click.option("--output", type=click.Choice(["table", "jsonl"]), default="table", show_default=True)
def list_(output: str) -> None:
    """Show the sources that are followed and how each is doing. Needs no server."""
    options = settings()
    path = sources_path(options)
    listed = load_sources(path)
    with Schedule(_schedule_path(options)) as schedule:
        states = schedule.states()
    now = time.time()
    health = [health_of(source, states.get(source.url, State(added_at=now)), now) for source in listed]
    if output == "jsonl":
        for one in health:
            click.echo(one.to_json())
        return
    if not listed:
        click.echo(f"No sources yet in {path}: demarche sources add URL")
        return
    _show_table(listed, health, datetime.fromtimestamp(now, UTC))
    states_of = [one.state for one in health]
    click.echo(
        f"{len(listed)} sources in {path}: {states_of.count('ok')} ok, {states_of.count('silent')} silent, "
        f"{states_of.count('failing')} failing"
    )


def _show_table(listed: list[Source], health: list[SourceHealth], now: datetime) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("state", "source", "read", "last news", "a day", "next"):
        table.add_column(column, overflow="fold", justify="right" if column == "a day" else "left")
    style = {"ok": "green", "silent": "yellow", "failing": "red"}
    for source, one in zip(listed, health, strict=True):
        state = one.state if one.last_fetch_at else "new"
        table.add_row(
            Text(state, style.get(state, "")),
            _described(source, one),
            _ago(one.last_success_at, now),
            _ago(one.last_article_at, now),
            f"{one.articles_a_day:.1f}" if one.last_fetch_at else "",
            _ahead(one.next_fetch_at, now),
        )
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(table)


def _described(source: Source, health: SourceHealth) -> Text:
    lines = [f"{source.name or source.publisher or ''}  {source.url}".strip()]
    if source.kind != "feed":
        lines[0] += f"  ({source.kind})"
    if health.moved_to:
        lines.append(f"  moved to {health.moved_to}")
    if health.failure_count:
        times = "once" if health.failure_count == 1 else f"{health.failure_count} times"
        lines.append(f"  failed {times}: {health.last_error}")
    elif health.refused_count:
        others = f" (and {health.refused_count - 1} others)" if health.refused_count > 1 else ""
        lines.append(f"  refused: {health.last_refusal}{others}")
    return Text("\n".join(lines))


def _ago(moment: datetime | None, now: datetime) -> str:
    return f"{_span((now - moment).total_seconds())} ago" if moment else "never"


def _ahead(moment: datetime | None, now: datetime) -> str:
    if moment is None or moment <= now:
        return "now"
    return f"in {_span((moment - now).total_seconds())}"


def _span(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"


@sources.command("test")
@click.argument("url")
@click.option("--full", is_flag=True, help="Show the whole text of each article.")
@click.option("--limit", default=10, show_default=True, metavar="N", help="Stop after N articles.")
def test(url: str, full: bool, limit: int) -> int:
    """Read a source without publishing: what would be published, what was refused and why.

    A source that is in the list is read as its table there says.
    """
    options = settings()
    summary = Summary()
    listed = {canonical_url(source.url): source for source in load_sources(sources_path(options))}
    with Fetcher(options) as fetcher:
        source = listed.get(canonical_url(url)) if "://" in url else None
        target = Target(url, options, fetcher, options=source or Options())
        connector = (kind_named(source.kind) if source else kind_of(target)).open(target)
        for found in connector.read({}):
            if isinstance(found, Article):
                summary.published += 1
                _show(source.declared.apply(found) if source else found, full)
            elif isinstance(found, Refusal):
                summary.refusals.append(found)
                click.echo(f"refused: {hide(str(found))}\n")
            if summary.published >= limit:
                click.echo(f"There may be more: --limit {limit} is reached.")
                break
    click.echo(f"{summary.published} articles would be published, {len(summary.refusals)} inputs refused.")
    return summary.exit_code


def _show(article: Article, full: bool) -> None:
    when = article.published_at.isoformat() if article.published_at else "no date"
    by = f", by {', '.join(article.authors)}" if article.authors else ""
    click.echo(f"{article.title or '(no title)'}\n  {article.canonical_url}")
    flags = f"; {', '.join(article.flags)}" if article.flags else ""
    click.echo(f"  {when}{by}, {article.language or 'no language named'}, {len(article.text)} characters{flags}")
    text = article.text if full else " ".join(article.text.split())
    shown = text if full or len(text) <= _OPENING_CHARS else text[:_OPENING_CHARS] + "…"
    click.echo("".join(f"  {line}\n" for line in shown.splitlines()))


@sources.command("poll")
def poll() -> int:
    """Read all sources once, due or not, and publish what is new."""
    options = settings()
    path = sources_path(options)
    if not load_sources(path):
        raise BadInput(f"There are no sources in {path}.", "Add one: demarche sources add URL")
    summary = Summary()

    def add_up(source: Source, one: Summary) -> None:
        summary.add(one)
        advance(source.url)

    with (
        _told_to_stop() as stop,
        sole_follower(options.home, stop, wait=False) as alone,
        progress(len(load_sources(path))) as advance,
    ):
        if not alone:
            raise Transient("Another process follows these sources.", "It reads them by itself: see `sources list`.")
        _follow(options, watch(path), stop, add_up, once=True)
    report(summary)
    return 130 if stop.is_set() else summary.exit_code


@sources.command("run")
@click.option("--metrics", type=click.IntRange(1, 65535), metavar="PORT", help="Show figures to Prometheus there.")
def run(metrics: int | None) -> None:
    """Follow all sources, each at its own rhythm, until told to stop (Ctrl-C or SIGTERM).

    Changes of the list are taken over while it runs. A second process waits until the first has ended.
    """
    options = settings()
    _log_to_standard_error()
    load = watch(sources_path(options))
    if not load():
        log.warning("There are no sources in %s yet. Add some: demarche sources add URL", sources_path(options))
    if metrics:
        start_http_server(metrics)
    with _told_to_stop() as stop, sole_follower(options.home, stop, wait=True) as alone:
        while alone and not stop.is_set():
            try:
                _follow(options, load, stop, lambda _source, _summary: None, once=False)
            except Transient as error:
                # Kafka may be away for an hour: a process that is meant to run for months waits.
                log.warning("%s Trying again in %.0f s.", error, _KAFKA_AWAY_S)
                stop.wait(_KAFKA_AWAY_S)
    log.info("Stopped.")


def _follow(
    options: Settings,
    load: Callable[[], list[Source]],
    stop: threading.Event,
    done: Callable[[Source, Summary], None],
    *,
    once: bool,
) -> None:
    with (
        Schedule(_schedule_path(options)) as schedule,
        open_session(options, again=False) as session,
    ):
        reader = Reader(options, session.fetcher, session.producer, schedule, threading.Event())
        follower = Follower(options, reader, schedule, load, stop, once=once, done=done)
        follower.run()


def _schedule_path(options: Settings) -> Path:
    return options.home / "state" / "sources.sqlite"


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set; a second Ctrl-C ends the process as usual."""
    stop = threading.Event()

    def tell(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.signal(number, tell) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log_to_standard_error() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(HidingFilter())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", handlers=[handler])
    for noisy in ("httpx", "httpcore", "kafka"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
