"""`demarche enrich`: articles in, what they say out, without any server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console

from pipeline.errors import BadInput
from pipeline.records import Article
from pipeline.settings import settings


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--input", "input_form", type=click.Choice(["auto", "text", "jsonl"]), default="auto", show_default=True,
              help="Form of the input; auto goes by the file's name, and takes standard input as text.")
@click.option("--output", type=click.Choice(["pretty", "jsonl"]), default="pretty", show_default=True,
              help="Marked text for people, or one JSON object a line for programs.")
@click.option("--model", help="Language model: ours by name, a folder, or an installed spaCy pipeline.")
def enrich(files: tuple[Path, ...], input_form: str, output: str, model: str | None) -> int:
    """Find entities and statements in FILES ('-' or none: standard input), without any server.

    \b
    demarche enrich article.txt
    demarche enrich --output jsonl articles.jsonl | jq '.statements[].act'
    """
    from pipeline.commands.pretty import print_article
    from pipeline.enrich import load_enricher
    from pipeline.settings import load_settings

    options = load_settings(model=model) if model else settings()
    refused: list[str] = []
    enricher = load_enricher(options)
    console = Console()
    done = 0
    for enriched in enricher.pipe(_articles(files, input_form, refused)):
        done += 1
        if output == "jsonl":
            click.echo(enriched.model_dump_json(exclude_defaults=False))
        else:
            print_article(console, enriched)
    for reason in refused:
        click.echo(f"demarche: {reason}", err=True)
    if refused and not done:
        return BadInput.exit_code
    return 0


def _articles(files: tuple[Path, ...], form: str, refused: list[str]) -> Iterator[Article]:
    from pipeline import inputs

    for path in files or (Path("-"),):
        try:
            yield from inputs.read(sys.stdin.buffer if str(path) == "-" else path, form, refused)
        except BadInput as error:
            refused.append(str(error))
