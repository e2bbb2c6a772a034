"""`demarche up`, `down`, `status` and `doctor`: thin, the work is done by LocalServers and doctor."""

from __future__ import annotations

import os

import click
from rich.console import Console
from rich.markup import escape

from deploy.local.doctor import findings
from deploy.local.logs import last_trouble
from deploy.local.servers import NAMES, LocalServers
from deploy.local.workers import progress
from pipeline.settings import Settings, settings


def local_servers(chosen: Settings, console: Console) -> LocalServers:
    """The servers that these settings describe."""
    return LocalServers(
        chosen.home,
        cache=chosen.downloads,
        elasticsearch_version=chosen.elasticsearch_version,
        console=console,
    )


@click.command()
def up() -> None:
    """Start Kafka and Elasticsearch on this machine; the first time, download them.

    Nothing need be installed: no Docker, no Java. Data, logs and downloads lie in one folder (DEMARCHE_HOME).
    """
    console = Console(soft_wrap=True)
    chosen = settings()
    servers = local_servers(chosen, console)
    started = servers.up()
    if not started:
        console.print("Kafka and Elasticsearch are running already:")
        state = servers.state()
        for name in NAMES:
            process = state.of(name)
            console.print(f"  {name:14} {process.address if process else ''}", highlight=False)
    console.print(f"Data and logs: {servers.layout.home}. Stop them with: demarche down", highlight=False)
    _warn_of_other_addresses(console)


def _warn_of_other_addresses(console: Console) -> None:
    for name in NAMES:
        variable = f"DEMARCHE_{name.upper()}"
        if variable in os.environ:
            console.print(
                f"[yellow]{variable} is set[/]: the other commands use {escape(os.environ[variable])}, not this server."
            )


@click.command()
def down() -> None:
    """Stop what `demarche up` and `demarche demo` started; the data stay."""
    console = Console(soft_wrap=True)
    servers = local_servers(settings(), console)
    stopped = servers.down(lambda name: console.print(f"Stopping {name} …"))
    console.print(f"Stopped. The data stay in {servers.layout.home}." if stopped else "Nothing is running.")


@click.command()
@click.pass_context
def status(context: click.Context) -> None:
    """Show which servers and workers run; exit code 1 if one has died, 3 if none was started."""
    console = Console(soft_wrap=True)
    servers = local_servers(settings(), console)
    state = servers.state()
    dead = False
    for name in (*NAMES, "workers"):
        process = state.of(name)
        if process is None:
            console.print(f"{name:14} not started", highlight=False)
        elif process.alive:
            address = f" at {process.address}" if process.address else ""
            console.print(f"{name:14} [green]runs[/]{address} (process {process.pid})", highlight=False)
            if name == "workers":
                _print_progress(console)
        else:
            dead = True
            console.print(f"{name:14} [red]dead[/] (was process {process.pid}). The end of {process.log} says:")
            for line in last_trouble(process.log):
                console.print(f"    {escape(line)}", highlight=False)
    if dead:
        console.print("Start again what died with: demarche up")
        context.exit(1)
    if not any(state.of(name) for name in NAMES):
        context.exit(3)


def _print_progress(console: Console) -> None:
    """How far the workers are, as they last wrote it."""
    for report in progress(settings()):
        for step, told in sorted(report["steps"].items()):
            waits = f", waits for {told['waits_for']}" if told["waits_for"] else ""
            lag = "unknown" if told["lag"] is None else told["lag"]
            console.print(escape(f"    {step:12} {lag} waiting{waits}"), highlight=False)


@click.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Check Python, Java, disk, memory, ports, downloads, servers, topics, indices and the language model.

    Exit code 1 when something is wrong; a warning alone changes nothing.
    """
    console = Console(soft_wrap=True)
    marks = {"ok": "[green]ok[/]", "warn": "[yellow]note[/]", "wrong": "[red]WRONG[/]"}
    wrong = 0
    for finding in findings(settings(), local_servers(settings(), console)):
        hint = f" [bold]{escape(finding.hint)}[/]" if finding.hint else ""
        stop = "." if hint else ""
        console.print(
            f"{marks[finding.level]:5} {finding.subject}: {escape(finding.text)}{stop}{hint}", highlight=False
        )
        wrong += finding.level == "wrong"
    if wrong:
        console.print(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")
        context.exit(1)
