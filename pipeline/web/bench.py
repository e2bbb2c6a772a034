"""How fast searches are answered while articles come in: invented articles, in indices of their own.

The articles go through the same writer as real ones, and the searches through a real server.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from random import Random
from statistics import quantiles

import httpx
from elasticsearch import Elasticsearch

from pipeline.errors import Terminal
from pipeline.index import Writer, connect, ensure_indices
from pipeline.index.templates import FIELDS, MONTHLY, alias, tuning
from pipeline.records import hash_id
from pipeline.settings import Settings
from pipeline.web.invented import DAYS, START, Invention, address

_BATCH = 250
_WRITERS = 2
"""At once: while Elasticsearch takes one batch, the next is made."""
_STEP = _WRITERS * _BATCH
_HURRY = {"index": {"refresh_interval": "-1", "translog.durability": "async"}}
_PATIENCE_S = 600


@dataclass
class Measured:
    """Milliseconds of each request, in all and apart, by the kind of page."""

    total: dict[str, list[float]] = field(default_factory=dict)
    search: dict[str, list[float]] = field(default_factory=dict)
    page: dict[str, list[float]] = field(default_factory=dict)
    indexed: int = 0
    """Articles that came in meanwhile."""
    seconds: float = 0.0

    def add(self, kind: str, total_ms: float, timing: str) -> None:
        told = {name: float(ms) for name, ms in re.findall(r"(\w+);dur=([\d.]+)", timing)}
        for where, value in ((self.total, total_ms), (self.search, told["search"]), (self.page, told["page"])):
            where.setdefault(kind, []).append(value)


def percentile(values: list[float], which: int) -> float:
    return quantiles(values, n=100, method="inclusive")[which - 1] if len(values) > 1 else values[0]


def fill(settings: Settings, invention: Invention, articles: int, progress: Callable[[int], None]) -> int:
    """Write what is missing of so many articles, the oldest first; returns how many are there, which may be more.

    Step by step: steps that an earlier run has finished are passed over.
    """
    with connect(settings, request_timeout=_PATIENCE_S) as client:
        ensure_indices(client, settings)
        client.indices.refresh(index=f"{settings.index_prefix}-*")
        order, write = invention.oldest_first(articles), partial(_write, client, settings, invention)
        steps = [order[start : start + _STEP] for start in range(0, articles, _STEP)]
        missing = [not _is_whole(client, settings, step) for step in steps]
        if any(missing):
            _prepare(client, settings)
        with ThreadPoolExecutor(_WRITERS) as pool:
            for number, step in enumerate(steps):
                if missing[number]:
                    list(pool.map(write, [step[start : start + _BATCH] for start in range(0, len(step), _BATCH)]))
                progress(number * _STEP + len(step))
        _settle(client, settings)
        return int(client.count(index=alias(settings.index_prefix, "articles"))["count"])


def _is_whole(client: Elasticsearch, settings: Settings, numbers: list[int]) -> bool:
    """Whether all of these articles have been written, with what belongs to them: a revision is written last."""
    ids = [hash_id(address(number)) for number in numbers]
    found = client.count(index=alias(settings.index_prefix, "revisions"), query={"terms": {"article_id": ids}})
    return bool(found["count"] == len(numbers))


def _prepare(client: Elasticsearch, settings: Settings) -> None:
    """Make the indices of all months, which take what is written without showing it until they are told."""
    months = {f"{START + timedelta(days=day):%Y.%m}" for day in range(DAYS + 1)}
    for kind in MONTHLY:
        name = alias(settings.index_prefix, kind)
        for month in months:
            client.options(ignore_status=400).indices.create(index=f"{name}-{month}")
        client.indices.put_settings(index=name, settings=_HURRY)


def _settle(client: Elasticsearch, settings: Settings) -> None:
    """As the indices of a user are: shown at the usual times, and their segments merged as far as is usual."""
    for kind in MONTHLY:
        name = alias(settings.index_prefix, kind)
        client.indices.put_settings(index=name, settings={"index": {"translog.durability": None, **tuning(kind)}})
    client.indices.refresh(index=f"{settings.index_prefix}-*")
    client.indices.forcemerge(index=f"{settings.index_prefix}-*")


def _write(
    client: Elasticsearch, settings: Settings, invention: Invention, numbers: list[int], *, new: bool = False
) -> None:
    if refused := Writer(client, settings).articles([invention.article(number, new=new) for number in numbers]):
        raise Terminal(f"An invented article was refused: {refused[0].reason}.")


def remove(settings: Settings) -> None:
    """Delete the indices and templates of this prefix."""
    with connect(settings) as client:
        for kind in FIELDS:
            name = alias(settings.index_prefix, kind)
            for index in client.options(ignore_status=404).indices.get(index=name).body:
                client.options(ignore_status=404).indices.delete(index=index)
            client.options(ignore_status=404).indices.delete_index_template(name=name)


def requests(invention: Invention) -> Iterator[tuple[str, str]]:
    """Kinds of page and addresses, without end; always the same."""
    chance = Random(0)

    def word(rarest: int) -> str:
        return invention.words[chance.randrange(30, rarest)]

    while True:
        speaker = chance.choice(invention.speakers[:300])
        day = (START + timedelta(days=chance.randrange(DAYS - 14))).date()
        yield "articles, a word", f"/search?q={word(20_000)}"
        yield "articles, two words", f"/search?q={word(2_000)}+{word(2_000)}"
        yield "articles, words in a row", f"/search?q=%22{word(300)}+{word(300)}%22"
        yield "articles, word and facets", f"/search?q={word(5_000)}&act=WARN&country={speaker.country}"
        yield "statements, a word", f"/search?kind=statements&q={word(20_000)}"
        yield "statements, word and facets", f"/search?kind=statements&q={word(2_000)}&act=WARN&act=THREATEN"
        yield "statements of a country", f"/search?kind=statements&country={speaker.country}&act=WARN"
        yield "statements of a speaker", f"/search?kind=statements&speaker={speaker.name.replace(' ', '+')}"
        last = day + timedelta(days=13)
        yield "statements of two weeks", f"/search?kind=statements&since={day}&until={last}&act=CONDEMN"
        yield "everything", "/search"
        yield "every statement", "/search?kind=statements"
        yield "an actor", f"/actors/{speaker.actor_id}"
        yield "an article", f"/articles/{hash_id(address(chance.randrange(1000)))}"


def measure(settings: Settings, invention: Invention, rounds: int, known: int, per_second: float) -> Measured:
    """Ask for pages one after the other while articles come in, numbered from `known` on.

    What Elasticsearch remembers of an earlier run is forgotten before.
    """
    measured, stop = Measured(), threading.Event()
    came: list[int] = []

    def index() -> None:
        with connect(settings) as client:
            number = known
            while not stop.wait(1.0):
                count = max(round(per_second), 1)
                _write(client, settings, invention, list(range(number, number + count)), new=True)
                number += count
                came.append(count)

    with connect(settings) as client:
        client.indices.clear_cache(index=f"{settings.index_prefix}-*", query=True, request=True)
    busy = threading.Thread(target=index, daemon=True)
    with _server(settings) as base, httpx.Client(base_url=base, timeout=60) as http:
        wanted, kinds = requests(invention), 13
        for _ in range(kinds):
            http.get(next(wanted)[1]).raise_for_status()
        busy.start()
        began = time.perf_counter()
        for _ in range(rounds * kinds):
            kind, path = next(wanted)
            start = time.perf_counter()
            answer = http.get(path)
            measured.add(kind, (time.perf_counter() - start) * 1000, answer.headers["Server-Timing"])
            answer.raise_for_status()
        measured.seconds = time.perf_counter() - began
        stop.set()
        busy.join()
    measured.indexed = sum(came)
    return measured


@contextmanager
def _server(settings: Settings) -> Iterator[str]:
    """A `demarche web` of its own process on the index of these settings."""
    chosen = {"DEMARCHE_INDEX_PREFIX": settings.index_prefix, "DEMARCHE_ELASTICSEARCH": settings.elasticsearch}
    script = "from pipeline.cli import main; main(['web', '--port', '0'])"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env={**os.environ, **chosen}
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://[\d.:]+", process.stdout.readline())
        if found is None:
            raise Terminal("The pages did not start.", "See what `demarche web` says.")
        yield found[0]
    finally:
        process.terminate()
        process.wait(20)


def own_prefix(settings: Settings, articles: int, statements: int) -> str:
    """Of the indices that a benchmark of this size writes to: beside those of the user, never among them."""
    return f"bench_{settings.index_prefix}_{articles}x{statements}"
