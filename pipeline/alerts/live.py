"""Rules that follow their files: an edit counts within seconds, a bad one is said and changes nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from pathlib import Path

from pipeline.alerts.rules import RuleSet, load_rules
from pipeline.errors import BadSetting

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0


class LiveRules:
    """The rules of a file or folder. Raises BadSetting at the start; later a bad edit leaves the rules as they were."""

    def __init__(
        self,
        path: Path | None,
        channels: Collection[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._channels = channels
        self._clock = clock
        self._seen = self._state()
        self._rules = load_rules(self._path, self._channels)
        self._looked_at = clock()
        self.problem = ""
        """What is wrong with the files as they are now; empty where the rules in force are theirs."""

    def current(self) -> RuleSet:
        """The rules in force; looks at the files every few seconds."""
        if self._path is not None and self._clock() - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = self._clock()
            self._look()
        return self._rules

    def _look(self) -> None:
        seen = self._state()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._rules = load_rules(self._path, self._channels)
        except BadSetting as error:
            self.problem = str(error)
            log.warning("The alert rules were changed and cannot be used; those before stay in force. %s", error)
        else:
            self.problem = ""
            log.info("The alert rules were changed: %d are in force.", len(self._rules))

    def _state(self) -> tuple[tuple[str, int, int], ...]:
        """Names, sizes and times of change of the files."""
        if self._path is None:
            return ()
        files = sorted(self._path.glob("*.toml")) if self._path.is_dir() else [self._path]
        found = []
        for file in files:
            try:
                status = file.stat()
            except OSError:
                continue
            found.append((str(file), status.st_mtime_ns, status.st_size))
        return tuple(found)
