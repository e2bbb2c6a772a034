"""Parsing feeds of any kind and size within a limit of time and memory.

feedparser reads what no other parser does, but some markup (deep nesting, tags that never end) costs it time that grows
with the square of the size: half a megabyte can take a minute, ten take hours. A thread cannot be stopped. So all but
short feeds are parsed in one process beside us, which gives up after some seconds of the processor's time, whatever
else the machine has to do; should it not, it is ended and started afresh.
"""

from __future__ import annotations

import atexit
import contextlib
import signal
import threading
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import feedparser

from pipeline.errors import BadInput, Unreachable

SHORT_BYTES = 32 * 1024
"""Shorter feeds are parsed here: at worst they take a second."""

CPU_S = 20.0
_PATIENCE_S = 180.0
_START_S = 60.0
_MEMORY_BYTES = 2**30
_READY = "ready"


def parse_feed(body: bytes, headers: Mapping[str, str], most_entries: int) -> Any:
    """What feedparser makes of a feed: `version`, `feed` and `entries`, of these at most `most_entries`.

    Raises BadInput for what cannot be parsed, or not within the limits.
    """
    if len(body) <= SHORT_BYTES:
        return _parse(body, headers, most_entries)
    return _helper.parse(body, headers, most_entries)


def _parse(body: bytes, headers: Mapping[str, str], most_entries: int) -> Any:
    try:
        found = feedparser.parse(body, response_headers=dict(headers))
    except Exception as error:  # feedparser lets the errors of several parsers through
        raise BadInput(f"It cannot be read as a feed: {error or type(error).__name__}.") from None
    return feedparser.FeedParserDict(
        version=found.get("version", ""), feed=found.feed, entries=found.entries[:most_entries]
    )


class _Helper:
    """The process that parses, for many threads, one feed after the other."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def parse(self, body: bytes, headers: Mapping[str, str], most_entries: int) -> Any:
        with self._turn:
            try:
                pipe = self._started()
                pipe.send((body, dict(headers), most_entries, CPU_S))
                if not pipe.poll(_PATIENCE_S):
                    raise EOFError
                answer = pipe.recv()
            except (EOFError, OSError):
                self.end()
                raise Unreachable("It was not parsed: the process that does it has ended.", "Try again.") from None
        if isinstance(answer, str):
            raise BadInput(answer)
        return answer

    def _started(self) -> Connection:
        if self._pipe is None or self._process is None or not self._process.is_alive():
            self.end()
            context = get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs,), daemon=True, name="feed-parser")
            self._process.start()
            theirs.close()
            if not self._pipe.poll(_START_S) or self._pipe.recv() != _READY:
                raise EOFError
        return self._pipe

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None


def _serve(pipe: Connection) -> None:
    """Parse what comes until nobody is there any more."""
    # Ctrl-C reaches all processes of a terminal; ours ends with the one that started it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGVTALRM, _give_up)
    _limit_memory()
    pipe.send(_READY)
    with contextlib.suppress(EOFError, OSError):
        while True:
            body, headers, most_entries, cpu_s = pipe.recv()
            try:
                signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s)
                answer = _parse(body, headers, most_entries)
            except BadInput as error:
                answer = error.message
            except _TooLong:
                answer = f"It takes longer than {cpu_s:.0f} seconds to parse: its markup is broken."
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            pipe.send(answer)


class _TooLong(BaseException):
    """No Exception: feedparser goes on after those."""


def _give_up(_number: int, _frame: object) -> None:
    raise _TooLong


def _limit_memory() -> None:
    """A feed of ten megabytes can ask for gigabytes. Not every system can set a limit."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


_helper = _Helper()
atexit.register(_helper.end)
