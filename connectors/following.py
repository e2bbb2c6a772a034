"""Following all sources in one process: each asked when it is due, no host hurried, none waiting for another.

One process a home does it, held by a lock that the system frees when the process dies, however it dies: a second one
waits and takes over. Two that shared the work would each keep their own manners towards a host that both ask.
"""

from __future__ import annotations

import fcntl
import heapq
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from connectors import metrics
from connectors.base import Checkpoint, Connector, Found, Refusal, Target
from connectors.hosts import Stopped
from connectors.http import Fetcher
from connectors.kinds import kind_named
from connectors.publish import ArticleProducer, Summary
from connectors.schedule import Reading, Schedule, State, after, health_of
from connectors.secrets import hide
from connectors.sources import Source, load_sources
from pipeline.errors import BadSetting, DemarcheError
from pipeline.settings import Settings

log = logging.getLogger("demarche.sources")

_LOOK_EVERY_S = 2.0
"""How often the list is looked at for changes."""

_LONGEST_SLEEP_S = 1.0


@contextmanager
def sole_follower(home: Path, stop: threading.Event, *, wait: bool) -> Iterator[bool]:
    """Hold the lock on a home's sources; False where another process has it and we do not wait, or are told to stop."""
    path = home / "state" / "sources.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        told = False
        while not (held := _lock(file.fileno())) and wait and not stop.is_set():
            if not told:
                log.warning("Another process follows these sources. This one waits to take over.")
                told = True
            stop.wait(1.0)
        yield held


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class _Contained:
    """A connector whose errors are its source's: what else is raised while publishing is Kafka's or the disk's."""

    def __init__(self, target: Target, open_: Callable[[Target], Connector]) -> None:
        self._target = target
        self._open = open_

    def read(self, checkpoint: Checkpoint) -> Iterator[Found]:
        try:
            yield from self._open(self._target).read(checkpoint)
        except DemarcheError as error:
            yield Refusal.of(self._target.name, error)


@dataclass
class Reader:
    """Reads one source: fetches, publishes, and tells how it went."""

    settings: Settings
    fetcher: Fetcher
    producer: ArticleProducer
    schedule: Schedule
    stop: threading.Event
    clock: Callable[[], float] = time.time

    def read(self, source: Source, state: State) -> tuple[State, Summary]:
        """Raises Stopped, and a DemarcheError where Kafka or the disk is away, which is not the source's fault."""
        now = datetime.fromtimestamp(self.clock(), UTC)
        target = Target(source.url, self.settings, self.fetcher, now, source, state.moved_to)
        summary = Summary()
        connector = _Contained(target, kind_named(source.kind).open)
        findings = self.producer.publish(source.url, connector, source.declared, summary, followed=True)
        with closing(findings):
            for _ in findings:
                if self.stop.is_set():
                    raise Stopped
        failure = next((one for one in summary.refusals if one.input == source.url), None)
        return self._note(source, state, target, summary, failure), summary

    def broken(self, source: Source, state: State, error: Exception) -> tuple[State, Summary]:
        """A fault of our own code on what this source sent: its failure, so that all others go on."""
        failure = Refusal(source.url, hide(f"It cannot be read: {type(error).__name__}: {error}"), error_type="Fault")
        target = Target(source.url, self.settings, self.fetcher, options=source)
        summary = Summary(refusals=[failure])
        return self._note(source, state, target, summary, failure), summary

    def _note(self, source: Source, state: State, target: Target, summary: Summary, failure: Refusal | None) -> State:
        now = self.clock()
        reading = Reading(
            started_at=target.now, ended_at=now, new_at=summary.new_at, refusals=summary.refusals, failure=failure
        )
        changed = after(state, source, target, self.settings, reading)
        self.schedule.save(source.url, changed)
        self.producer.send_health(source.url, health_of(source, changed, now))
        _tell(source, state, changed, summary)
        metrics.note_reading(changed, summary)
        return changed


def _tell(source: Source, before: State, now: State, summary: Summary) -> None:
    """What is news about a source, one line each."""
    url = source.url
    if summary.published:
        revised = f" ({summary.revised} of them revisions)" if summary.revised else ""
        log.info("%s: published %d%s", url, summary.published, revised)
    for refusal in summary.refusals[:5]:
        log.log(logging.INFO if refusal.input != url else logging.DEBUG, "refused: %s", refusal)
    if now.failure_count:
        minutes = (now.due_at - (now.last_fetch_at or 0)) / 60
        log.warning("%s: %s (%d in a row; next try in %.0f min)", url, now.last_error, now.failure_count, minutes)
    elif before.failure_count:
        log.info("%s: answers again after %d failures", url, before.failure_count)
    if now.moved_to and now.moved_to != before.moved_to:
        log.info("%s has moved for good and is asked at %s from now on.", url, now.moved_to)


@dataclass
class Follower:
    """Gives each source to a thread when it is due and its host is free."""

    settings: Settings
    reader: Reader
    schedule: Schedule
    load: Callable[[], list[Source]]
    stop: threading.Event
    once: bool = False
    """Read every source one time, whether it is due or not, and return."""
    done: Callable[[Source, Summary], None] = lambda _source, _summary: None
    """Told of each reading that has ended; one at a time."""
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._sources: dict[str, Source] = {}
        self._states: dict[str, State] = {}
        self._due: list[tuple[float, str]] = []
        self._ready: dict[str, deque[str]] = {}
        self._at_work: set[str] = set()
        self._lost: Exception | None = None

    def run(self) -> None:
        """Follow the sources until told to stop. Raises DemarcheError where Kafka or the disk is lost."""
        self._states = self.schedule.states()
        self._take_list(self.load())
        looked_at = self.clock()
        workers = ThreadPoolExecutor(self.settings.source_threads, thread_name_prefix="source")
        try:
            while not self.stop.is_set() and self._lost is None and not self._is_done():
                if not self.once and self.clock() - looked_at >= _LOOK_EVERY_S:
                    self._look_for_changes()
                    looked_at = self.clock()
                self._start_ready(workers)
                with self._changed:
                    self._changed.wait(self._until_next())
        finally:
            self.stop_reading()
            workers.shutdown(wait=True, cancel_futures=True)
        if self._lost is not None:
            raise self._lost

    def stop_reading(self) -> None:
        """Let threads end at the next thing they find."""
        if not self._is_done():
            self.reader.stop.set()
            self.reader.fetcher.stop()

    def _is_done(self) -> bool:
        return self.once and not (self._due or self._ready or self._at_work)

    def _look_for_changes(self) -> None:
        try:
            listed = self.load()
        except BadSetting as error:
            log.warning("The list of sources is not taken over, the old one stays: %s", error)
            return
        if {source.url: source for source in listed} != self._sources:
            self._take_list(listed)

    def _take_list(self, listed: list[Source]) -> None:
        before, self._sources = self._sources, {source.url: source for source in listed}
        with self._changed:
            for url in self._states.keys() - self._sources.keys():
                self._states.pop(url)
                self.schedule.remove(url)
                self.reader.producer.send_health(url, None)
                log.info("%s is followed no more.", url)
            now = self.clock()
            for url, source in self._sources.items():
                if before.get(url) != source and url not in self._at_work:
                    state = self._states.setdefault(url, State(added_at=now))
                    if url in before or self.once:
                        # It stands in the list in other words than before: see at once what they do.
                        self._states[url] = state = state.model_copy(update={"due_at": now})
                    heapq.heappush(self._due, (state.due_at, url))
        metrics.SOURCES.set(len(self._sources))
        log.info("%d sources are followed.", len(self._sources))

    def _start_ready(self, workers: ThreadPoolExecutor) -> None:
        """Give work to free threads. Sources wait in a queue of their host, so that a busy host holds up no other."""
        with self._changed:
            self._sort_due()
            for host in list(self._ready):
                if len(self._at_work) >= self.settings.source_threads:
                    return
                if host and self.reader.fetcher.hosts.wait_s(host) > 0:
                    continue
                queue = self._ready[host]
                url = queue.popleft()
                if not queue:
                    del self._ready[host]
                else:
                    # The host goes to the end of the line.
                    self._ready[host] = self._ready.pop(host)
                if url in self._sources and url not in self._at_work:
                    self._at_work.add(url)
                    workers.submit(self._work, self._sources[url], self._states[url])

    def _sort_due(self) -> None:
        while self._due and self._due[0][0] <= self.clock():
            due_at, url = heapq.heappop(self._due)
            state = self._states.get(url)
            # An entry with another time than the state's is of an earlier plan.
            if state is not None and state.due_at == due_at:
                self._ready.setdefault(_host(url, state), deque()).append(url)

    def _until_next(self) -> float:
        """Seconds until something may be due, or a host that sources wait for may be free."""
        waits = [_LONGEST_SLEEP_S]
        if self._due:
            waits.append(self._due[0][0] - self.clock())
        if len(self._at_work) < self.settings.source_threads:
            waits += map(self.reader.fetcher.hosts.wait_s, self._ready)
        return max(0.0, min(waits))

    def _work(self, source: Source, state: State) -> None:
        changed: State | None = None
        try:
            changed, summary = self._read(source, state)
        except Stopped:
            return
        except Exception as error:
            self._lost = self._lost or error
            return
        finally:
            with self._changed:
                self._at_work.discard(source.url)
                if changed is not None and source.url in self._sources:
                    self._states[source.url] = changed
                    if not self.once:
                        heapq.heappush(self._due, (changed.due_at, source.url))
                self._changed.notify_all()
        with self._changed:
            self.done(source, summary)

    def _read(self, source: Source, state: State) -> tuple[State, Summary]:
        try:
            return self.reader.read(source, state)
        except DemarcheError:
            raise
        except Stopped:
            raise
        except Exception as error:
            log.exception("A fault while reading %s", source.url)
            return self.reader.broken(source, state, error)


def _host(url: str, state: State | None) -> str:
    return urlsplit((state.moved_to if state else None) or url).hostname or ""


def watch(path: Path) -> Callable[[], list[Source]]:
    """Loads the list when its file has changed, and else returns what it last returned. Raises BadSetting once."""
    stamp: tuple[int, int] | None = None
    listed: list[Source] = []

    def load() -> list[Source]:
        nonlocal stamp, listed
        found = _stamp(path)
        if found != stamp:
            stamp = found
            listed = load_sources(path)
        return listed

    return load


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
