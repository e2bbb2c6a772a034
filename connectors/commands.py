"""`demarche ingest` and `extract`; `sources` is in connectors.source_commands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from connectors.base import Declared
from connectors.publish import Summary
from connectors.session import exhaust, key_of, open_session, opened, progress, report
from pipeline.errors import BadInput
from pipeline.inputs import article_from_page, decode_page, read_file
from pipeline.records import Publisher, SourceRef
from pipeline.settings import settings


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
    with open_session(settings(), again=again) as session, progress() as advance:
        for name in inputs:
            target = session.target(name)
            exhaust(session.producer.publish(key_of(name), opened(target), declared, summary), advance)
    report(summary)
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


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not a time; write it like 2025-06-19T14:30:00+02:00.", param_hint="--published-at"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
