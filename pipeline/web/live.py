"""Alerts as they come: server-sent events, by asking the index every few seconds, once for all who listen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from starlette.concurrency import run_in_threadpool

from pipeline.errors import DemarcheError
from pipeline.index.reading import changed_alerts
from pipeline.records import Alert
from pipeline.web.security import Refused
from pipeline.web.site import Site

EVERY_S = 2.0
MAX_LISTENERS = 200
_LOOK_BACK = timedelta(seconds=20)
"""An alert is written before it can be found, and by a machine whose clock is not ours."""
_LONGEST_GAP = timedelta(days=1)

Change = tuple[str, Alert]


class Live:
    """Tells every listener each change of an alert once."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._listeners = 0
        self._stopping = False
        self._lock = asyncio.Lock()
        self._asked_at = self._asked_since = datetime.min.replace(tzinfo=UTC)
        self._found: list[Change] = []

    def stop(self) -> None:
        """Let all listeners go: a server that shuts down waits for them."""
        self._stopping = True

    async def changes(self, since: datetime) -> AsyncIterator[Change | None]:
        """Alerts that are new or have changed since then; None when there is nothing, or no index to ask."""
        if self._listeners >= MAX_LISTENERS:
            raise Refused(503, "Too many pages are listening for alerts.", "Close some of them.")
        since = max(since, datetime.now(UTC) - _LONGEST_GAP)
        told: dict[str, str] = {}
        self._listeners += 1
        try:
            while not self._stopping:
                for changed_at, alert in await self._since(since):
                    if told.get(alert.alert_id) != changed_at:
                        told[alert.alert_id] = changed_at
                        yield changed_at, alert
                yield None
                since = max(since, datetime.now(UTC) - _LOOK_BACK)
                await self._pause()
        finally:
            self._listeners -= 1

    async def _since(self, since: datetime) -> list[Change]:
        async with self._lock:
            now = datetime.now(UTC)
            # What was found before a page was made knows nothing of what its reader has just decided.
            known = self._asked_since <= since < self._asked_at
            if not known or now - self._asked_at > timedelta(seconds=EVERY_S / 2):
                try:
                    found = await run_in_threadpool(changed_alerts, self._site.client, self._site.settings, since)
                except DemarcheError:
                    return []
                self._asked_at, self._asked_since, self._found = now, since, found
            return self._found

    async def _pause(self) -> None:
        """In short steps, so that stopping takes no longer than one."""
        for _ in range(int(EVERY_S / 0.25)):
            if not self._stopping:
                await asyncio.sleep(0.25)
