"""The promise of every step: a batch is done with only when each of its messages is durably done or a dead letter.

A step takes a batch and returns the messages that it gives up on. It may raise Transient (a server is away): then the
batch is handed to it again, later, for as long as it takes. When it raises anything else, the batch is tried message by
message, and the one that keeps raising becomes a dead letter. So a step may see a message again, and what it does must
be harmless to repeat.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Protocol, TypeVar

from pipeline.dead_letters import Incoming
from pipeline.errors import BadSetting, Terminal, Transient
from pipeline.metrics import Counters
from pipeline.stream.progress import Progress

log = logging.getLogger(__name__)

FAULTS_ALLOWED = 3
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A message that a step gives up on, and why."""

    incoming: Incoming
    reason: str
    error_type: str


class NotOurs(Exception):
    """The messages went to another worker while we waited: it will do them."""


class Step(Protocol):
    @property
    def name(self) -> str: ...

    async def __call__(self, batch: Sequence[Incoming]) -> list[GivenUp]: ...


@dataclass(frozen=True)
class Batches:
    """Carries batches through one step.

    `bury` writes a dead letter and returns when Kafka has it; `ours` tells whether a message is still this worker's.
    """

    step: Step
    _: KW_ONLY
    bury: Callable[[str, GivenUp], Awaitable[None]]
    ours: Callable[[Incoming], bool]
    counters: Counters
    progress: Progress
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def carry(self, batch: Sequence[Incoming]) -> None:
        """Return when every message of the batch that is still ours is done with."""
        name = self.step.name
        self.counters.received[name] += len(batch)
        for given_up in await self._through_step(batch):
            log.warning("Step %s gives up a message of %s: %s", name, given_up.incoming.topic, given_up.reason)
            await self._bury_durably(given_up)
            self.counters.dropped[name, given_up.error_type] += 1
        self.progress.done(name)

    async def _bury_durably(self, given_up: GivenUp) -> None:
        async def work() -> None:
            await self.bury(self.step.name, given_up)

        try:
            await self._patiently(work, [given_up.incoming])
        except NotOurs:
            log.info("A message that was given up on went to another worker.")

    async def _through_step(self, batch: Sequence[Incoming], faults: int = 0) -> list[GivenUp]:
        ours = [incoming for incoming in batch if self.ours(incoming)]
        if not ours:
            return []

        async def work() -> list[GivenUp]:
            return await self.step(ours)

        try:
            return await self._patiently(work, ours)
        except NotOurs:
            return await self._through_step(ours, faults)
        except Exception as error:
            if len(ours) > 1:
                log.warning("Step %s failed (%s): its %d messages are tried alone.", self.step.name, error, len(ours))
                return [given_up for one in ours for given_up in await self._through_step([one])]
            if isinstance(error, Terminal):
                return [GivenUp(ours[0], str(error), type(error).__name__)]
            if faults + 1 >= FAULTS_ALLOWED:
                log.exception("Step %s keeps failing on a message", self.step.name)
                return [GivenUp(ours[0], f"Step {self.step.name} failed: {error}", type(error).__name__)]
        await self.sleep(FIRST_PAUSE_S)
        return await self._through_step(ours, faults + 1)

    async def _patiently(self, work: Callable[[], Awaitable[T]], batch: Sequence[Incoming]) -> T:
        """Try again and again what fails for a while; raises NotOurs when nothing of the batch is left to us."""
        name, pause = self.step.name, FIRST_PAUSE_S
        while True:
            try:
                result = await work()
            except (Transient, BadSetting) as error:
                # A setting too, a password or an index that is gone: no fault of the messages, and it can be mended.
                if not any(self.ours(incoming) for incoming in batch):
                    raise NotOurs from error
                if self.progress.waiting(name, str(error)):
                    log.warning("Step %s waits: %s Nothing is lost, it goes on by itself.", name, error)
                await self.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
            else:
                if self.progress.going_on(name):
                    log.info("Step %s goes on.", name)
                return result
