"""`demarche reprocess`: read the articles again with the model, rules and actors of today."""

from __future__ import annotations

import click

from pipeline.settings import settings


@click.command()
def reprocess() -> None:
    """Send all articles that Kafka still has (30 days of them) through the workers again. Nobody is alerted.

    The index then holds what today's model, rules and actor files find. Needs running workers: `demarche run`.
    """
    from pipeline.stream.reprocessing import reprocess as articles

    count = 0
    for published in articles(settings()):
        count += published
        click.echo(f"\r{count} articles sent again", nl=False, err=True)
    click.echo(err=True)
    click.echo(f"{count} articles go through the workers again, as backfill: nobody is alerted.")
