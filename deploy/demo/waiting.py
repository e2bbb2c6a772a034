"""Waiting until what was published has gone the whole way, and noticing when it will not."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from deploy.local.logs import last_trouble
from deploy.local.servers import LocalServers
from deploy.local.workers import progress
from pipeline.errors import Terminal
from pipeline.index import connect
from pipeline.index.client import translated_errors
from pipeline.index.templates import alias
from pipeline.settings import Settings

PATIENCE_S = 300.0
EVERY_S = 0.5
QUIET_REPORTS = 2
"""How many reports in a row must find nothing waiting: between two steps a record is in none of them for a moment."""


def wait_until_searchable(
    settings: Settings, servers: LocalServers, article_ids: Collection[str], console: Console
) -> set[str]:
    """Wait for the articles, then for their alerts; returns the ids that did not arrive in time.

    Raises Terminal as soon as a server or the workers have died.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    deadline = time.monotonic() + PATIENCE_S
    settled = _Settled(settings)
    if not console.is_terminal:
        console.print("Waiting until the articles are searchable (the language model is loaded first) …")
    with (
        connect(settings) as client,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("Enriching and indexing", total=len(article_ids))
        while True:
            _raise_if_dead(servers)
            with translated_errors(settings):
                answer = client.search(
                    index=alias(settings.index_prefix, "articles"),
                    query={"terms": {"article_id": sorted(article_ids)}},
                    size=len(article_ids),
                    source=False,
                    docvalue_fields=[{"field": "article_id"}],
                )
            there = {hit["fields"]["article_id"][0] for hit in answer["hits"]["hits"]}
            missing = set(article_ids) - there
            bar.update(task, completed=len(there))
            if (not missing and settled()) or time.monotonic() > deadline:
                return missing
            time.sleep(EVERY_S)


class _Settled:
    """Tells whether nothing waits for any step any more, by what the workers report after now."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._since = datetime.now(UTC)
        self._quiet: set[str] = set()

    def __call__(self) -> bool:
        for report in progress(self._settings):
            if report["state"] != "running" or datetime.fromisoformat(report["updated_at"]) < self._since:
                continue
            steps = report["steps"].values()
            if steps and all(step["lag"] == 0 for step in steps):
                self._quiet.add(report["updated_at"])
            else:
                self._quiet.clear()
        return len(self._quiet) >= QUIET_REPORTS


def _raise_if_dead(servers: LocalServers) -> None:
    state = servers.state()
    for name in ("kafka", "elasticsearch", "workers"):
        process = state.of(name)
        if process is None or not process.alive:
            log = process.log if process else servers.layout.logs / f"{name}.log"
            lines = "\n".join(f"  {line}" for line in last_trouble(log))
            raise Terminal(f"{name} ended. The end of the log says:\n{lines}\nThe whole log: {log}")
