"""Politeness: one request at a time to a host, with a pause between two, and silence when a host asks for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LONGEST_WAIT_S = 90.0
"""A host that wants to be left alone for longer is not waited for: the request fails and is tried another time."""

LONGEST_DELAY_S = 60.0
"""The longest Crawl-delay that is obeyed to the letter: some sites write hours."""

_BUSY_S = 0.1
"""Nobody knows how long a request that is running will take."""

_FORGET_ABOVE = 10_000


class Stopped(Exception):
    """The process is told to stop. No DemarcheError: a connector must not take it for a fault of an entry."""


class HeldBack(Exception):
    """The host asked to be left alone for `seconds` more."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"held back for {seconds:.0f} s")
        self.seconds = seconds


@dataclass(slots=True)
class _Host:
    free_at: float = 0.0
    held_until: float = 0.0
    busy: bool = False
    delay_s: float = 0.0


class Hosts:
    """What each host was asked and when; for many threads."""

    def __init__(self, gap_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._gap_s = gap_s
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._changed = threading.Condition()
        self._stopped = False

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait until this host may be asked, and keep others from it meanwhile. Raises HeldBack and Stopped."""
        with self._changed:
            known = self._known(host)
            while True:
                if self._stopped:
                    raise Stopped
                now = self._clock()
                if known.held_until - now > LONGEST_WAIT_S:
                    raise HeldBack(known.held_until - now)
                wait = max(known.free_at, known.held_until) - now
                if not known.busy and wait <= 0:
                    break
                self._changed.wait(None if known.busy else wait)
            known.busy = True
        try:
            yield
        finally:
            with self._changed:
                known.busy = False
                known.free_at = self._clock() + max(self._gap_s, known.delay_s)
                self._changed.notify_all()

    def wait_s(self, host: str) -> float:
        """Seconds until a request to the host could start; 0 where it would start, or be turned away, at once."""
        with self._changed:
            known = self._hosts.get(host)
            if known is None:
                return 0.0
            now = self._clock()
            if known.held_until - now > LONGEST_WAIT_S:
                return 0.0
            wait = max(known.free_at, known.held_until) - now
            return max(wait, _BUSY_S) if known.busy else max(0.0, wait)

    def hold(self, host: str, seconds: float) -> None:
        """Leave a host alone for some time, because it said so (Retry-After)."""
        with self._changed:
            known = self._known(host)
            known.held_until = max(known.held_until, self._clock() + seconds)

    def slow_down(self, host: str, delay_s: float) -> None:
        """Keep the pause that a host's robots.txt asks for, if it is longer than ours."""
        with self._changed:
            known = self._known(host)
            known.delay_s = min(delay_s, LONGEST_DELAY_S)
            known.free_at = max(known.free_at, self._clock() + known.delay_s)

    def stop(self) -> None:
        """Let nobody begin any more; whoever waits gets Stopped."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _known(self, host: str) -> _Host:
        if len(self._hosts) > _FORGET_ABOVE:
            now = self._clock()
            over = [name for name, one in self._hosts.items() if not one.busy and one.held_until < now > one.free_at]
            for name in over:
                del self._hosts[name]
        return self._hosts.setdefault(host, _Host())
