"""`demarche demo`."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

import click
from rich.console import Console

from connectors.publish import Summary
from deploy.demo.report import print_found
from deploy.demo.samples import lay_out, publish
from deploy.demo.waiting import wait_until_searchable
from deploy.local.commands import local_servers
from deploy.local.servers import LocalServers
from deploy.local.workers import start_workers
from pipeline.errors import BadSetting, Terminal
from pipeline.index import connect, ensure_indices
from pipeline.settings import Settings, load_settings
from pipeline.topics import ensure_topics


@click.command()
def demo() -> None:
    """Start everything, publish sample articles and show what was found in them.

    Servers and workers go on running, to be tried out; `demarche down` stops them. Can be repeated: articles that
    are known are not published again, and no alert is raised twice.
    """
    console = Console(soft_wrap=True)
    servers = local_servers(load_settings(), console)
    servers.up()
    settings = _settings_of(servers)
    with console.status("Making topics and indices …"):
        ensure_topics(settings)
        with connect(settings) as client:
            ensure_indices(client, settings)
    started = start_workers(servers)
    console.print("Workers started." if started else "Workers are running already.")

    paths = lay_out(settings.home / "demo")
    summary = Summary()
    ids = [article.article_id for article in publish(settings, paths, summary)]
    known = f", {summary.unchanged} are known from before" if summary.unchanged else ""
    console.print(f"Sample articles from {settings.home / 'demo'}: {summary.published} published{known}.")

    missing = wait_until_searchable(settings, servers, ids, console)
    print_found(settings, ids, console)
    _say_what_next(console, servers)
    if missing:
        raise Terminal(
            f"{len(missing)} of {len(ids)} articles did not become searchable.",
            f"See: demarche dead-letters list, and the log {servers.layout.logs / 'workers.log'}",
        )


def _settings_of(servers: LocalServers) -> Settings:
    """Settings with the addresses of the servers just started. The demo must not write into anybody's cluster."""
    settings = load_settings()
    state = servers.state()
    for name in ("kafka", "elasticsearch"):
        process = state.of(name)
        if process is None or getattr(settings, name) != process.address:
            raise BadSetting(
                f"The setting '{name}' names another server ({getattr(settings, name)}), and the demo uses its own.",
                f"Unset DEMARCHE_{name.upper()}, and take '{name}' out of demarche.toml.",
            )
    return settings


def _say_what_next(console: Console, servers: LocalServers) -> None:
    command = _command()
    lines = (
        ("pages", f"{command} web"),
        ("search on", f"{command} search --actor Finland --act WARN"),
        ("", f"{command} search ferries"),
        ("alerts", f"{command} alerts list"),
        ("add articles", f"{command} ingest FILE|FOLDER|URL"),
        ("stop", f"{command} down   (or: make stop)"),
    )
    console.print("[bold]Everything goes on running.[/]")
    for what, how in lines:
        console.print(f"  {what:13} {how}", highlight=False, markup=False)
    console.print(f"  {'logs':13} {servers.layout.logs}", highlight=False, markup=False)


def _command() -> str:
    """How the user calls us from here, with the home if it was given for this one command."""
    program = Path(sysconfig.get_path("scripts")) / "demarche"
    here = Path.cwd()
    shown = str(program.relative_to(here)) if program.is_relative_to(here) else str(program)
    home = os.environ.get("DEMARCHE_HOME")
    return f"DEMARCHE_HOME={home} {shown}" if home else shown
