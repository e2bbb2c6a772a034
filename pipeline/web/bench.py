"""How fast searches are answered while articles come in: invented articles, always the same, in an index of their own.

The articles go through the same writer as real ones, and the searches through a real server. Words are drawn as often
as words of a language are (the n-th with a frequency of 1/n), and so are speakers; so that there are words in nearly
every article and words in few.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from statistics import quantiles

import httpx

from pipeline.errors import Terminal
from pipeline.index import Writer, connect, ensure_indices
from pipeline.index.templates import FIELDS, alias
from pipeline.records import EnrichedArticle, Party, Publisher, SourceRef, Stance, Statement, hash_id
from pipeline.settings import Settings

_START = datetime(2025, 10, 1, tzinfo=UTC)
_DAYS = 180
_WORDS = 30_000
_SPEAKERS = 3_000
_PUBLISHERS = 60
_TEXT_WORDS = 250
_BATCH = 250
_COUNTRIES = ("USA", "RUS", "CHN", "FRA", "DEU", "GBR", "IRN", "ISR", "UKR", "TUR", "IND", "BRA", "JPN", "EGY", "POL")
_ACTS = ("STATE",) * 12 + ("WARN", "URGE", "CONDEMN", "DENY", "SUPPORT", "DEMAND", "ACCUSE", "PROMISE", "THREATEN")
_SYLLABLES = ("ba", "co", "du", "fel", "gri", "ho", "jan", "ka", "lor", "mi", "nu", "pes", "qua", "ro", "sti", "tam")


class Invention:
    """Articles by their number: the same number is always the same article."""

    def __init__(self, statements: int) -> None:
        self._statements = statements
        self.words = [_name(number) for number in range(_WORDS)]
        self._weights = list(accumulate(1 / (number + 2) for number in range(_WORDS)))
        self.speakers = [self._party(number) for number in range(_SPEAKERS)]
        self._speaker_weights = list(accumulate(1 / (number + 5) for number in range(_SPEAKERS)))
        self.publishers = [Publisher(id=f"p{n}.example", name=f"{_name(n).title()} Post") for n in range(_PUBLISHERS)]

    @staticmethod
    def _party(number: int) -> Party:
        name = f"{_name(number * 7 + 1).title()} {_name(number * 13 + 5).title()}"
        country = _COUNTRIES[number % len(_COUNTRIES)]
        return Party(name=name, actor_id=f"person/{number}", kind="person", country=country, role="minister")

    def article(self, number: int, *, new: bool = False) -> EnrichedArticle:
        """One of the half year, or one that comes in `new` on its last day."""
        chance = Random(number)
        seconds = chance.randrange(_DAYS * 86_400)
        seen = _START + (timedelta(days=_DAYS) if new else timedelta(seconds=seconds))
        words = chance.choices(self.words, cum_weights=self._weights, k=_TEXT_WORDS)
        text, starts = _joined(words)
        url = f"https://bench.example/{number}"
        return EnrichedArticle(
            article_id=hash_id(url),
            id=str(number),
            url=url,
            canonical_url=url,
            publisher=chance.choice(self.publishers),
            title=" ".join(words[:8]).capitalize(),
            text=text,
            language="en",
            published_at=seen,
            fetched_at=seen,
            first_seen_at=seen,
            content_hash="",
            source=SourceRef(connector="bench", id=f"feed{number % 200}"),
            model="none",
            statements=[self._statement(chance, index, text, starts) for index in range(self._statements)],
        )

    def _statement(self, chance: Random, index: int, text: str, starts: list[int]) -> Statement:
        speaker, other = chance.choices(self.speakers, cum_weights=self._speaker_weights, k=2)
        first = chance.randrange(_TEXT_WORDS - 30)
        polarity = chance.choice((-1, 0, 0, 1))
        return Statement(
            statement_id=f"s{index}",
            kind="indirect",
            content=[(starts[first], starts[first + 15] - 1)],
            speakers=[speaker],
            act=chance.choice(_ACTS),
            addressees=[other] if chance.random() < 0.3 else [],
            stances=[Stance(target=other, polarity=polarity)] if polarity else [],
        )


def _name(number: int) -> str:
    """A word that can be said, and no other number has."""
    found = ""
    number += len(_SYLLABLES)
    while number:
        number, digit = divmod(number, len(_SYLLABLES))
        found = _SYLLABLES[digit] + found
    return found


def _joined(words: list[str]) -> tuple[str, list[int]]:
    starts, position = [], 0
    for word in words:
        starts.append(position)
        position += len(word) + 1
    return " ".join(words), starts


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


def fill(settings: Settings, invention: Invention, articles: int, progress: Callable[[int], None]) -> None:
    """Write that many articles."""
    with connect(settings) as client:
        ensure_indices(client, settings)
        writer = Writer(client, settings)
        for start in range(0, articles, _BATCH):
            batch = [invention.article(number) for number in range(start, min(start + _BATCH, articles))]
            if refused := writer.articles(batch):
                raise Terminal(f"An invented article was refused: {refused[0].reason}.")
            progress(start + len(batch))
        client.indices.refresh(index=f"{settings.index_prefix}-*")


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
        day = (_START + timedelta(days=chance.randrange(_DAYS - 14))).date()
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
        yield "an article", f"/articles/{hash_id(f'https://bench.example/{chance.randrange(1000)}')}"


def measure(settings: Settings, invention: Invention, rounds: int, known: int, per_second: float) -> Measured:
    """Ask for pages one after the other while articles come in."""
    measured, stop = Measured(), threading.Event()
    came: list[int] = []

    def index() -> None:
        with connect(settings) as client:
            writer, number = Writer(client, settings), known
            while not stop.wait(1.0):
                count = max(round(per_second), 1)
                writer.articles([invention.article(n, new=True) for n in range(number, number + count)])
                number += count
                came.append(count)

    busy = threading.Thread(target=index, daemon=True)
    with _server(settings) as address, httpx.Client(base_url=address, timeout=60) as http:
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


def own_prefix() -> str:
    return f"bench{uuid.uuid4().hex[:6]}"
