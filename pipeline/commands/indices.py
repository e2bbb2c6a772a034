"""`demarche upgrade` and `demarche retention`: what is done to indices, now and then."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from pipeline.index import connect
from pipeline.settings import settings


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show which indices would be copied.")
def upgrade(dry_run: bool) -> None:
    """Copy indices whose mapping or analyzer has changed, while everything goes on.

    Searches never miss anything; writers wait for some seconds at the end of each index. Interrupted, start it again:
    nothing is lost or done twice. Run it with the new version before the workers of the new version start.
    """
    from pipeline.index.upgrade import plan
    from pipeline.index.upgrade import upgrade as replace

    options = settings()
    console = Console(soft_wrap=True)
    with connect(options) as client:
        steps = plan(client, options)
        if not steps:
            click.echo("Every index is as it should be.")
        for step in steps:
            if dry_run:
                click.echo(f"{step.index}: {step.documents} documents would be copied to {step.target}")
                continue
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
                task = bar.add_task(step.index, total=step.documents)
                documents = replace(client, options, step, partial(_show, bar, task))
            click.echo(f"{step.index}: {documents} documents are now in {step.target}")


def _show(bar: Progress, task: TaskID, done: int, total: int) -> None:
    bar.update(task, completed=done, total=total)


@click.command()
@click.option("--keep-days", type=click.IntRange(1, 36500), required=True, help="How long articles are kept.")
@click.option("--apply", "really", is_flag=True, help="Delete; without it, only show what would go.")
def retention(keep_days: int, really: bool) -> None:
    """Delete articles, statements and revisions older than so many days, by whole months. Alerts stay.

    Shows what would go; --apply deletes it, and lets an Elasticsearch that can (ILM) go on doing so by itself.
    """
    from pipeline.index.retention import delete, expired, keep_by_policy

    options = settings()
    with connect(options) as client:
        months = expired(client, options, keep_days, datetime.now(UTC).date())
        for month in months:
            click.echo(f"{month.index}: {month.documents} documents, {month.bytes / 2**20:.1f} MB")
        if not months:
            click.echo(f"Nothing is older than {keep_days} days.")
        if not really:
            if months:
                click.echo("Nothing was deleted. With --apply these go, for good.")
            return
        delete(client, options, months)
        if months:
            click.echo(f"{len(months)} indices deleted.")
        if keep_by_policy(client, options, keep_days):
            click.echo("From now on Elasticsearch deletes old months by itself.")
        else:
            click.echo("This Elasticsearch has no ILM: run this command now and then.")
