"""Enrichment in processes of its own: the event loop stays free, and an article that kills its process harms no other.

Each process loads the model once and then answers one chunk of messages at a time. We hold one pipe per process and
know what each is working on, so that when one dies (killed, out of memory) the blame falls on that chunk and on nobody
else's. A process ends by itself when its pipe does: none outlives a worker that was killed.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Protocol

from pydantic import ValidationError

from pipeline.errors import BadInput, BadSetting, Terminal, Transient
from pipeline.records import Article, EnrichedArticle
from pipeline.settings import Settings

log = logging.getLogger(__name__)

LOAD_TIMEOUT_S = 300.0
CHUNK_TIMEOUT_S = 120.0
CHARS_PER_SECOND = 500
"""The slowest that enrichment may be, beyond CHUNK_TIMEOUT_S, before its process is taken for stuck."""
DEATHS_ALLOWED = 2
_LOAD_PAUSE_S = 5.0


@dataclass(frozen=True, slots=True)
class Enriched:
    article_id: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that no enriched article could be made of."""

    reason: str
    error_type: str


Answer = Enriched | Refused


class Enricher(Protocol):
    def pipe(self, articles: Any) -> Any: ...


EnricherLoader = Callable[[Settings], Enricher]


def load_real_enricher(settings: Settings) -> Enricher:
    from pipeline.enrich import load_enricher_for_good  # spaCy is loaded in these processes only

    enricher: Enricher = load_enricher_for_good(settings)
    return enricher


class ProcessDied(Exception):
    """The process ended, or was ended for being stuck, before it answered."""


class EnrichingProcess:
    """One process and our end of its pipe. Its methods block: call them in a thread."""

    def __init__(self, settings: Settings, loader: EnricherLoader) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, settings, loader), name="demarche-enrich", daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def wait_until_loaded(self) -> None:
        """Raises BadSetting where the model or the rules cannot be loaded."""
        failure = self._receive(LOAD_TIMEOUT_S)
        if isinstance(failure, Terminal):
            self.kill()
            raise failure
        if failure is not None:
            self.kill()
            raise ProcessDied(str(failure))

    def enrich(self, values: Sequence[bytes]) -> list[Answer]:
        """One answer per message, in order; raises ProcessDied where there is none."""
        try:
            self._pipe.send(list(values))
        except OSError as error:
            raise ProcessDied("it had ended before") from error
        answers: list[Answer] = self._receive(CHUNK_TIMEOUT_S + sum(map(len, values)) / CHARS_PER_SECOND)
        return answers

    def _receive(self, timeout_s: float) -> Any:
        try:
            if self._pipe.poll(timeout_s):
                return self._pipe.recv()
        except (EOFError, OSError) as error:
            self._process.join(10)
            raise ProcessDied(f"it ended with {_exit_of(self._process.exitcode)}") from error
        self.kill()
        raise ProcessDied(f"it gave no answer for {timeout_s:.0f} s and was ended")

    def kill(self) -> None:
        self._process.kill()
        self._process.join(10)
        self._pipe.close()


def _exit_of(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def _serve(pipe: Connection, settings: Settings, loader: EnricherLoader) -> None:
    """What runs in the process: load, say so, then answer until the pipe ends."""
    # Ctrl-C reaches every process of a terminal; ours ends with its worker, not before it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        enricher = loader(settings)
    except Terminal as error:
        _report(pipe, error)
        return
    except Exception as error:
        _report(pipe, BadSetting(f"The enrichment cannot be loaded: {error or type(error).__name__}"))
        return
    # A pipe that ends means that the worker is gone, and so are we.
    with suppress(EOFError, OSError):
        pipe.send(None)
        while True:
            pipe.send(enrich_values(enricher, pipe.recv(), settings.max_article_chars))


def _report(pipe: Connection, error: Terminal) -> None:
    with suppress(OSError):
        pipe.send(error)


def enrich_values(enricher: Enricher, values: Sequence[bytes], max_chars: int) -> list[Answer]:
    """One answer per message. Where a batch raises, its articles are tried one by one: the others go on."""
    answers: list[Answer | None] = [None] * len(values)
    articles: dict[int, Article] = {}
    for number, value in enumerate(values):
        try:
            articles[number] = decode_article(value, max_chars)
        except Terminal as error:
            answers[number] = Refused(str(error), type(error).__name__)
    try:
        enriched: list[Answer] = [_enriched(one) for one in enricher.pipe(list(articles.values()))]
        answers_found = dict(zip(articles, enriched, strict=True))
    except Exception:
        answers_found = {number: _enrich_alone(enricher, article) for number, article in articles.items()}
    return [answers_found[number] if answer is None else answer for number, answer in enumerate(answers)]


def _enrich_alone(enricher: Enricher, article: Article) -> Answer:
    try:
        (enriched,) = enricher.pipe([article])
        return _enriched(enriched)
    except Exception as error:
        return Refused(f"Enrichment failed: {error}", type(error).__name__)


def _enriched(enriched: EnrichedArticle) -> Enriched:
    return Enriched(enriched.article_id, enriched.to_json())


def decode_article(value: bytes, max_chars: int) -> Article:
    """The article in a message; raises BadInput with what is wrong with it."""
    try:
        article = Article.model_validate_json(value)
    except ValidationError as error:
        raise BadInput(f"Not an article: {describe(error)}") from error
    if len(article.text) > max_chars:
        raise BadInput(f"The text has {len(article.text)} characters; max_article_chars allows {max_chars}.")
    return article


def describe(error: ValidationError) -> str:
    """The first fault in one line, with the field it is in."""
    first, others = error.errors(include_url=False, include_input=False)[0], error.error_count() - 1
    place = ".".join(str(part) for part in first["loc"])
    more = f" (and {others} more)" if others else ""
    return f"{place + ': ' if place else ''}{first['msg']}{more}"


class EnrichingProcesses:
    """All enriching processes of a worker; replaces those that die."""

    def __init__(self, settings: Settings, loader: EnricherLoader = load_real_enricher) -> None:
        self._settings = settings
        self._loader = loader
        self._idle: asyncio.Queue[EnrichingProcess] = asyncio.Queue()
        self._all: set[EnrichingProcess] = set()

    async def start(self) -> None:
        """Start them all and wait until each has its model; raises BadSetting where it cannot be loaded."""
        for process in await asyncio.gather(*(self._new() for _ in range(self._settings.processes))):
            self._idle.put_nowait(process)

    def stop(self) -> None:
        for process in list(self._all):
            process.kill()
        self._all.clear()

    def pids(self) -> list[int]:
        return sorted(process.pid for process in self._all if process.pid)

    async def enrich(self, values: Sequence[bytes]) -> list[Answer]:
        """One answer per message, in order, whatever happens to the processes."""
        size = -(-len(values) // self._settings.processes)
        chunks = [values[start : start + size] for start in range(0, len(values), size)]
        answers = await asyncio.gather(*(self._enrich_chunk(chunk) for chunk in chunks))
        return [answer for of_chunk in answers for answer in of_chunk]

    async def _enrich_chunk(self, values: Sequence[bytes]) -> list[Answer]:
        try:
            return await self._ask(values)
        except ProcessDied as death:
            log.warning("An enriching process died (%s) with %d articles: each is tried alone.", death, len(values))
        return [await self._enrich_one(value) for value in values]

    async def _enrich_one(self, value: bytes) -> Answer:
        """An innocent article may stand beside the guilty one, so only deaths that it dies alone count against it."""
        reason = ""
        for _ in range(DEATHS_ALLOWED):
            try:
                (answer,) = await self._ask([value])
            except ProcessDied as death:
                reason = str(death)
                continue
            return answer
        return Refused(f"The enriching process died {DEATHS_ALLOWED} times on this article: {reason}.", "ProcessDied")

    async def _ask(self, values: Sequence[bytes]) -> list[Answer]:
        process = await self._idle.get()
        try:
            answers = await asyncio.to_thread(process.enrich, values)
        except BaseException as error:
            # Cancelled as well: the process may still owe an answer that nobody must take for the next one's.
            process.kill()
            self._all.discard(process)
            if isinstance(error, ProcessDied):
                self._idle.put_nowait(await self._replacement())
            raise
        self._idle.put_nowait(process)
        return answers

    async def _replacement(self) -> EnrichingProcess:
        while True:
            try:
                return await self._new()
            except (ProcessDied, Transient, OSError) as error:
                log.warning("A new enriching process did not start (%s): trying again.", error)
                await asyncio.sleep(_LOAD_PAUSE_S)

    async def _new(self) -> EnrichingProcess:
        started = time.monotonic()
        process = EnrichingProcess(self._settings, self._loader)
        self._all.add(process)
        try:
            await asyncio.to_thread(process.wait_until_loaded)
        except BaseException:
            self._all.discard(process)
            raise
        log.info("Enriching process %s is ready after %.1f s.", process.pid, time.monotonic() - started)
        return process
