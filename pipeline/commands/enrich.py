"""`demarche enrich`: articles in, who said what to whom out, without any server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.errors import BadInput
from pipeline.records import Article, EnrichedArticle
from pipeline.settings import Settings, load_settings, settings

_STDIN = Path("-")


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--input",
    "form",
    type=click.Choice(["auto", "text", "jsonl", "html", "wire", "warc"]),
    default="auto",
    show_default=True,
    help="What the input is; auto goes by the file's name, and takes standard input as text.",
)
@click.option(
    "--output",
    type=click.Choice(["auto", "pretty", "jsonl"]),
    default="auto",
    show_default=True,
    help="Marked text for people, or one JSON object a line; auto: pretty on a terminal.",
)
@click.option("--model", help="Language model: ours by name, a folder, or an installed spaCy pipeline.")
def enrich(files: tuple[Path, ...], form: str, output: str, model: str | None) -> int:
    """Find entities, statements and warnings in FILES; without FILES, or for '-', in standard input.

    \b
    demarche enrich article.txt
    demarche enrich --output jsonl articles.jsonl > enriched.jsonl
    echo 'Moscow warned Oslo against closing the port.' | demarche enrich

    Needs no server. Exit code 65 when nothing could be read.
    """
    from pipeline.enrich import load_enricher_for_good

    chosen = load_settings(model=model) if model else settings()
    refused: list[str] = []
    done = 0
    for enriched in load_enricher_for_good(chosen).pipe(_articles(files or (_STDIN,), form, chosen, refused)):
        done += 1
        _show(enriched, output)
    for reason in refused:
        click.echo(f"demarche: {reason}", err=True)
    return 0 if done or not refused else BadInput.exit_code


def _articles(files: tuple[Path, ...], form: str, chosen: Settings, refused: list[str]) -> Iterator[Article]:
    """Articles of all files in order; what cannot be read is added to `refused` and the rest goes on."""
    from pipeline.inputs.files import BadPart, format_of, read_articles, read_file

    now = datetime.now(UTC)
    for path in files:
        kind = form if form != "auto" else (format_of(path) or "text")
        try:
            data = (
                sys.stdin.buffer.read(chosen.max_file_bytes + 1)
                if path == _STDIN
                else read_file(path, chosen.max_file_bytes)
            )
            for part in read_articles(data, path=path, kind=kind, settings=chosen, fetched_at=now):
                if isinstance(part, BadPart):
                    refused.append(f"{path}, {part.place}: {part.error}")
                else:
                    yield part
        except BadInput as error:
            refused.append(f"{path}: {error}")


def _show(enriched: EnrichedArticle, output: str) -> None:
    if output == "jsonl" or (output == "auto" and not sys.stdout.isatty()):
        click.echo(enriched.model_dump_json())
        return
    from pipeline.commands.pretty import print_article

    print_article(enriched)
