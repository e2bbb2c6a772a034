"""robots.txt: which pages a site lets us read, at what pace, and where its sitemaps are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from connectors.hosts import Hosts
from pipeline.errors import BadInput, Unreachable

AGENT = "demarche"
_KEPT_S = 86_400.0
_KEPT_AFTER_FAILURE_S = 900.0
_MOST_KEPT = 5_000


class Disallowed(BadInput):
    """A page that robots.txt keeps us from."""


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """The text of a robots.txt; None where the server is in trouble, and then `trouble` says which."""

    text: str | None
    trouble: str = ""


@dataclass(slots=True)
class _Known:
    rules: Protego | None
    trouble: str
    until: float


class Robots:
    """The rules of each site, read once a day; for many threads."""

    def __init__(
        self, load: Callable[[str], RobotsFile], hosts: Hosts, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._hosts = hosts
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def check(self, url: str) -> None:
        """Raises Disallowed, and Unreachable while nobody can tell."""
        known = self._of(url)
        if known.rules is None:
            raise Unreachable(f"{url} is not asked for: its robots.txt cannot be read. {known.trouble}")
        if not known.rules.can_fetch(url, AGENT):
            raise Disallowed(f"{url} is not for us: robots.txt disallows it.", "Ask the publisher.")

    def sitemaps(self, url: str) -> list[str]:
        """The sitemaps that the robots.txt of a site names."""
        known = self._of(url)
        return list(known.rules.sitemaps) if known.rules else []

    def _of(self, url: str) -> _Known:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        with self._lock:
            known = self._known.get(origin)
        if known is None or known.until < self._clock():
            known = self._read(origin, parts.hostname or "")
        return known

    def _read(self, origin: str, host: str) -> _Known:
        file = self._load(f"{origin}/robots.txt")
        if file.text is None:
            known = _Known(None, file.trouble, self._clock() + _KEPT_AFTER_FAILURE_S)
        else:
            known = _Known(Protego.parse(file.text), "", self._clock() + _KEPT_S)
            delay = known.rules.crawl_delay(AGENT) if known.rules else None
            self._hosts.slow_down(host, float(delay or 0))
        with self._lock:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[origin] = known
        return known
