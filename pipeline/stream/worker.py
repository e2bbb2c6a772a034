"""One worker: a process that enriches, indexes and alerts, with its enriching processes beside it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import faust

from pipeline.alerts import process, settle
from pipeline.alerts.live import LiveRules
from pipeline.delivery import Channels, Deliverer, load_channels
from pipeline.delivery.deliverer import Store
from pipeline.errors import DemarcheError
from pipeline.metrics import Counters
from pipeline.records import Alert, Party
from pipeline.settings import Settings, load_settings
from pipeline.stream.alerting import AlertStep, AlertWriter, Engine
from pipeline.stream.app import FaustClaims, Stream, make_app
from pipeline.stream.delivering import LOOK_EVERY_S, Deliveries, Letters, RedeliverStep
from pipeline.stream.enriching import EnrichStep
from pipeline.stream.indexing import ArticleWriter, IndexStep, SourcesStep, StatementsOf
from pipeline.stream.processes import EnricherLoader, EnrichingProcesses, load_real_enricher
from pipeline.stream.progress import WRITE_EVERY_S, Progress
from pipeline.topics import consumer_group, topics

log = logging.getLogger("demarche.worker")

INDEX_BATCH = 64
ALERT_BATCH = 256
EXIT_STUCK = 70  # EX_SOFTWARE
_FORGET_EVERY_S = 3600.0
_GRACE_S = 20.0


def progress_path(settings: Settings, number: int) -> Path:
    """Where worker `number` writes how far it is; read by `demarche status`."""
    return settings.home / "state" / f"worker-{consumer_group(settings)}-{number}.json"


def main(number: int) -> None:
    """Run worker `number` until it is told to stop; the process that starts us holds our standard input open."""
    set_up_logging()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        run(load_settings(), number)
    except DemarcheError as error:
        click.echo(f"demarche: {error}", err=True)
        sys.exit(error.exit_code)


def set_up_logging() -> None:
    """Our own lines on standard error, and of the libraries only what is wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    for noisy in ("faust", "mode", "aiokafka", "kafka", "elastic_transport"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def _end_with_parent() -> None:
    """A worker never outlives `demarche run`, even where that was killed."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(_GRACE_S)
    os._exit(EXIT_STUCK)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the steps do their work with; tests put others in."""

    load_enricher: EnricherLoader
    statements_of: StatementsOf
    articles: ArticleWriter
    alerts: AlertWriter
    engine: Engine
    console: Callable[[Alert], None]
    store: Store
    channels: Channels


def real_parts(settings: Settings) -> Parts:
    """Raises DemarcheError where rules or Elasticsearch settings cannot be used."""
    from pipeline.enrich import statement_records
    from pipeline.index import AlertStore, Writer, connect

    channels = load_channels(settings.channels)
    rules = LiveRules(settings.rules, channels.names)
    client = connect(settings)
    return Parts(
        load_enricher=load_real_enricher,
        statements_of=lambda article: settle(statement_records(article), article),
        articles=Writer(client, settings),
        alerts=Writer(client, settings),
        engine=lambda claims, record, now, memory: process(claims, record, rules.current(), settings, now, memory),
        console=print_alert,
        store=AlertStore(client, settings),
        channels=channels,
    )


def run(settings: Settings, number: int, parts: Parts | None = None) -> None:
    """Run the worker in this process until SIGTERM or SIGINT. Raises DemarcheError where it cannot start."""
    counters = Counters()
    progress = Progress(progress_path(settings, number), counters)
    parts = parts or real_parts(settings)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    processes = EnrichingProcesses(settings, parts.load_enricher)
    stream = Stream(make_app(settings), settings, progress, counters)
    _add_steps(stream, settings, parts, processes)
    stream.every(WRITE_EVERY_S, partial(_report, stream, progress, processes), "progress")
    progress.write("starting")
    try:
        # Before the group is joined: a worker without a model must not be given partitions.
        loop.run_until_complete(processes.start())
        worker = faust.Worker(
            stream.app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False, loglevel="ERROR"
        )
        worker.spinner = None  # it writes control characters even where it must be quiet
        log.info("Worker %d is ready and joins the group %s.", number, consumer_group(settings))
        worker.execute_from_commandline()
    finally:
        processes.stop()
        progress.write("stopped")
        log.info("Worker %d stopped.", number)


def _add_steps(stream: Stream, settings: Settings, parts: Parts, processes: EnrichingProcesses) -> None:
    names = topics(settings)
    raw, enriched, statements = names.articles_raw.name, names.articles_enriched.name, names.statements.name
    claims = FaustClaims(stream.app, settings)
    alert_step = AlertStep(parts.engine, claims, parts.alerts, stream.outbox, names.alerts.name, console=parts.console)
    stream.add(EnrichStep(processes, stream.outbox, enriched), raw, batch_size=settings.batch_size)
    stream.add(
        IndexStep(parts.articles, parts.statements_of, stream.outbox, statements), enriched, batch_size=INDEX_BATCH
    )
    stream.add(alert_step, statements, batch_size=ALERT_BATCH)
    stream.add(RedeliverStep(parts.store), names.deliveries.name, batch_size=INDEX_BATCH)
    deliverer = Deliverer(
        parts.store, parts.channels, Letters(stream.app, stream.outbox, names), web_address=settings.web_address
    )
    stream.every(LOOK_EVERY_S, Deliveries(deliverer).look, "deliver")
    stream.add(SourcesStep(parts.articles), names.sources_health.name, batch_size=INDEX_BATCH)
    stream.every(_FORGET_EVERY_S, claims.forget_old, "forget-old-claims")


async def _report(stream: Stream, progress: Progress, processes: EnrichingProcesses) -> None:
    """Write the progress file; end a worker that is stuck, so that it is started afresh."""
    progress.set_lag({} if stream.app.rebalancing else await stream.lag(), stream.at_work)
    progress.write("running", enriching_pids=processes.pids())
    stuck = progress.stuck()
    if stuck:
        log.error("No progress in step %s though messages wait: the worker ends.", " and ".join(stuck))
        log.error("%s", stream.app.agents.human_tracebacks())
        processes.stop()
        os._exit(EXIT_STUCK)


def print_alert(alert: Alert) -> None:
    """One line on the console: who, what, to whom, the words, the first source."""
    who, whom = _names(alert.speakers) or "somebody", _names(alert.addressees)
    verb = {"WARN": "warns", "THREATEN": "threatens"}.get(alert.act, alert.act.lower() + ":")
    source = alert.sources[0].url if alert.sources else ""
    words = " ".join(alert.words.split())
    click.echo(f"ALERT {who} {verb}{' ' + whom if whom else ''}: {words[:200]} [{alert.rule}] {source}")


def _names(parties: Iterable[Party]) -> str:
    """A country once, however many speak for it."""
    return ", ".join(dict.fromkeys(party.country_name or party.name for party in parties))
