"""`demarche bench`: how fast the parts are on this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import click

from pipeline.errors import BadInput, BadSetting
from pipeline.settings import settings


@click.group()
def bench() -> None:
    """Measure how fast the parts are on this machine."""


@bench.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--model", help="Language model, if not that of the settings: ours by name, a folder, or an installed one."
)
@click.option(
    "--words",
    type=click.IntRange(min=1),
    default=20_000,
    show_default=True,
    help="Read the files again and again until this many words are read.",
)
def model(files: tuple[Path, ...], model: str | None, words: int) -> None:
    """Words a second that a language model reads on one core, from the text of FILES, and its memory at the peak.

    \b
    demarche bench model deploy/demo/articles/*.txt
    demarche bench model --model fast article.txt
    """
    from pipeline.language import ModelNotFound, load, model_version
    from pipeline.language.speed import measure_speed

    texts = _repeated(_read(files), words)
    _keep_to_one_core()
    try:
        nlp = load(model or settings().model)
    except ModelNotFound as error:
        raise BadSetting(str(error)) from error
    speed = measure_speed(nlp, texts)
    click.echo(
        f"{model_version(nlp)}: {speed.words_per_s:,} words a second on one core "
        f"({speed.words:,} words in {speed.seconds:.1f} s of processor time), {speed.peak_memory_mb} MB at the peak"
    )


@bench.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--model", help="Language model, if not that of the settings: ours by name, a folder, or an installed one."
)
def enrich(files: tuple[Path, ...], model: str | None) -> None:
    """What enrichment adds to the language model's own time on one core: rules, actors, acts and stances.

    Each of FILES is one article and is read once, as repeated phrases cost less. Give some 50,000 words.
    """
    from pipeline.enrich import load_enricher_for_good
    from pipeline.enrich.speed import measure_cost

    texts = _read(files)
    _keep_to_one_core()
    enricher = load_enricher_for_good(settings().model_copy(update={"model": model or settings().model}))
    cost = measure_cost(enricher, texts)
    click.echo(
        f"{enricher.model}: {cost.words / cost.model:,.0f} words a second by the model alone, "
        f"{cost.words / cost.enrichment:,.0f} by enrichment alone, which adds {cost.share:.1%} to the model's time "
        f"({cost.words:,} words in {cost.model:.1f} s and {cost.enrichment:.1f} s of processor time)"
    )


@bench.command()
@click.option("--rate", type=click.FloatRange(0.1, 200), default=1.0, show_default=True, help="Articles a second.")
@click.option("--articles", type=click.IntRange(1, 800), default=60, show_default=True, help="How many in all.")
@click.option("--patience", type=click.FloatRange(1, 600), default=60.0, show_default=True, help="Wait so long (s).")
def alerts(rate: float, articles: int, patience: float) -> int:
    """Time from publishing an article to its alert on the topic, with the workers that run (`demarche run`).

    Publishes invented warnings on articles.raw: use topics and indices that nobody else does, and rules without
    channels (DEMARCHE_TOPIC_PREFIX, DEMARCHE_INDEX_PREFIX).
    """
    from pipeline.stream.latency import measure_latency

    found = measure_latency(settings(), rate, articles, patience)
    if not found.seconds:
        raise BadInput(
            "No alert came.", "Do workers run on these topics (`demarche run`), with rules that ask for warnings?"
        )
    click.echo(
        f"{len(found.seconds)} alerts at {rate:g} articles a second: p50 {found.percentile(50):.2f} s, "
        f"p99 {found.percentile(99):.2f} s, longest {max(found.seconds):.2f} s; {found.missing} without an alert"
    )
    return 1 if found.missing else 0


@bench.command()
@click.option("--rules", type=click.IntRange(1, 100_000), default=10_000, show_default=True, help="The most rules.")
def rules(rules: int) -> None:
    """Cost of matching one statement against one rule, a hundred, and so on up to --rules."""
    from pipeline.alerts.speed import measure_rules

    size = 1
    while size < rules:
        click.echo(f"{size:>7,} rules: {measure_rules(size):7.1f} µs a statement")
        size *= 100 if size == 1 else 10
    click.echo(f"{rules:>7,} rules: {measure_rules(rules):7.1f} µs a statement")


@bench.command()
@click.option("--articles", type=click.IntRange(min=1000), default=100_000, show_default=True)
@click.option("--statements", type=click.IntRange(1, 50), default=10, show_default=True, help="Per article.")
@click.option("--rounds", type=click.IntRange(min=2), default=40, show_default=True, help="Requests of each kind.")
@click.option("--incoming", type=click.FloatRange(min=1), default=5, show_default=True, help="Articles a second.")
@click.option("--keep", is_flag=True, help="Leave the index there: the next run of this size fills what is missing.")
def search(articles: int, statements: int, rounds: int, incoming: float, keep: bool) -> None:
    """How fast pages are answered from an index of invented articles while more come in. Deletes the index afterwards.

    Prints milliseconds: of the whole request, of the waiting for Elasticsearch in it, of the page's own work. To
    delete an index that was kept, run once more without --keep.
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress
    from rich.table import Table

    from pipeline.web import bench as pages
    from pipeline.web.invented import Invention

    own = {"index_prefix": pages.own_prefix(settings(), articles, statements)}
    options, invention, console = settings().model_copy(update=own), Invention(statements), Console()
    try:
        with Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=console) as bar:
            task = bar.add_task("Indexing", total=articles)
            known = pages.fill(options, invention, articles, lambda done: bar.update(task, completed=done))
        measured = pages.measure(options, invention, rounds, known, incoming)
    finally:
        if not keep:
            pages.remove(options)
    table = Table("page", *(f"{what} {which}" for what in ("in all", "search", "own") for which in ("p50", "p95")))
    parts = (measured.total, measured.search, measured.page)
    every = [[value for values in part.values() for value in values] for part in parts]
    for kind, columns in [*((kind, [part[kind] for part in parts]) for kind in measured.total), ("all", every)]:
        table.add_row(kind, *(f"{pages.percentile(values, which):.1f}" for values in columns for which in (50, 95)))
    console.print(table)
    console.print(
        f"{known:,} articles with {known * statements:,} statements; {measured.indexed} more came in during "
        f"{measured.seconds:.0f} s and {len(every[0])} requests."
    )


def _read(files: Sequence[Path]) -> list[str]:
    texts = []
    for path in files:
        try:
            text = path.read_text(encoding="utf8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{path} cannot be read as UTF-8 text: {error}") from error
        if text.strip():
            texts.append(text)
    if not texts:
        raise BadInput("There is no text in what was given: name files with text in them.")
    return texts


def _repeated(texts: list[str], words: int) -> list[str]:
    """The texts over and over, until they hold so many words between blanks."""
    out: list[str] = []
    for text in cycle(texts):
        if words <= 0:
            break
        out.append(text)
        words -= len(text.split())
    return out


def _keep_to_one_core() -> None:
    """Where the system lets us; elsewhere the models run on one thread all the same."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
