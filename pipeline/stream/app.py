"""The Faust application: settings, the table of claims and the three agents.

Tables live in memory and in their changelog topic. The claims of a few days are some megabytes, which a worker reads
back from Kafka in a moment; a RocksDB store would be faster only for far more, and needs a library that has no wheels
for every platform.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, ParamSpec, TypeVar

import faust
from faust.types import TP
from mode.utils.queues import FlowControlEvent

from pipeline.alerts.memory import KEPT
from pipeline.dead_letters import Incoming, make_letter
from pipeline.errors import Transient
from pipeline.metrics import Counters
from pipeline.settings import Settings
from pipeline.stream.alerting import read_state
from pipeline.stream.batches import FIRST_PAUSE_S, Batches, GivenUp, NotOurs, Step
from pipeline.stream.messages import Received
from pipeline.stream.offsets import Arrivals, StrictTransport, committed_offsets, fetch
from pipeline.stream.outbox import KafkaOutbox
from pipeline.stream.progress import Progress
from pipeline.topics import MAX_LETTER_BYTES, PARTITIONS, bootstrap_servers, consumer_group, topics

log = logging.getLogger(__name__)

BATCH_WITHIN_S = 0.1
_DAY_S = 24 * 3600.0

P = ParamSpec("P")
T = TypeVar("T")


class SteadyFlow(FlowControlEvent):
    """Flow control that empties no queue while messages flow.

    After a rebalance Faust resumes the flow twice, and each time empties the queues of what came before. By the second
    time the first messages of the new assignment may be in them, which would then not be seen again before the next
    rebalance: the step would stand still.
    """

    def resume(self) -> None:
        if not self.is_active():
            super().resume()


class SteadyApp(faust.App):
    """A Faust app on SteadyFlow and a StrictConsumer."""

    def _new_transport(self) -> StrictTransport:
        return StrictTransport(self.conf.broker_consumer, self)

    @cached_property
    def flow_control(self) -> FlowControlEvent:
        return SteadyFlow(loop=self.loop)


def make_app(settings: Settings) -> faust.App:
    """A Faust app without agents.

    With the session timeout of 10 s a killed worker's partitions move within seconds; with the default the group
    stands still for a minute. Polls may be far apart (`broker_max_poll_interval`): a worker that waits for
    Elasticsearch must not be thrown out of the group, it would only make the next one wait.
    """
    group = consumer_group(settings)
    return SteadyApp(
        group,
        broker=[f"aiokafka://{server}" for server in bootstrap_servers(settings)],
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.0,
        broker_commit_interval=1.0,
        broker_max_poll_records=64,
        broker_max_poll_interval=_DAY_S,
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 * 2**20,
        producer_acks=-1,
        producer_max_request_size=MAX_LETTER_BYTES,
        producer_request_timeout=60.0,
        stream_buffer_maxsize=256,
        # What is in work when partitions move is done twice, harmlessly; waiting for it could hold up the whole group.
        stream_wait_empty=False,
        stream_processing_timeout=_DAY_S,
        store="memory://",
        table_standby_replicas=0,
        topic_partitions=PARTITIONS,
        topic_disable_leader=True,
        datadir=str(settings.home / "state" / f"faust-{group}"),
        web_enabled=False,
        autodiscover=False,
    )


def is_ours(app: faust.App, incoming: Incoming) -> bool:
    """Whether no rebalance has come since: after one, everything not yet committed is read again by its new owner."""
    return (
        isinstance(incoming, Received)
        and incoming.generation == app.consumer_generation_id
        and incoming.place in app.consumer.assignment()
    )


class FaustClaims:
    """The open claims of each side in a Faust table: memory, and the changelog topic to read it back from."""

    def __init__(self, app: faust.App, settings: Settings) -> None:
        self._app = app
        self._kept = max(timedelta(hours=settings.claim_window_h + settings.alert_max_age_h), KEPT)
        self._table = app.Table("claims", key_type=bytes, value_type=bytes, partitions=PARTITIONS)

    def get(self, side: str) -> bytes | None:
        value: bytes | None = self._table.data.get(side.encode())
        return value

    async def put(self, side: str, claims: bytes, because_of: Incoming) -> None:
        """Setting `table[side]` would not tell when Kafka has the change, nor work on batches: so both by hand."""
        if not is_ours(self._app, because_of):
            raise NotOurs
        await self._table.send_changelog(because_of.partition, side.encode(), claims)
        self._table.data[side.encode()] = claims

    def forget_old(self) -> None:
        """Drop sides that have been silent for longer than any rule looks back; Kafka forgets them by itself."""
        oldest = datetime.now(UTC) - self._kept
        stale = [side for side, claims in self._table.data.items() if _last_seen(claims) < oldest]
        for side in stale:
            self._table.data.pop(side, None)


def _last_seen(value: bytes) -> datetime:
    state = read_state(value)
    seen = [claim.last_seen_at for claim in state.claims]
    return max([*seen, *filter(None, [state.memory.last_at])], default=datetime.min.replace(tzinfo=UTC))


class Stream:
    """The app with its agents, and what they have in common."""

    def __init__(self, app: faust.App, settings: Settings, progress: Progress, counters: Counters) -> None:
        self.app = app
        self.outbox = KafkaOutbox(app, counters)
        self._progress = progress
        self._counters = counters
        self._dead_letter = topics(settings).dead_letter.name
        self._step_of_topic: dict[str, str] = {}
        self._settings = settings
        self._next_offset: dict[TP, int] = {}
        self._arrivals: dict[str, Arrivals] = {}
        self.at_work: set[str] = set()

    def add(self, step: Step, topic: str, *, batch_size: int) -> None:
        """Let this step carry a topic's messages away, in batches, in order."""
        channel = self.app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
        batches = Batches(
            step,
            bury=self._bury,
            ours=lambda incoming: is_ours(self.app, incoming),
            counters=self._counters,
            progress=self._progress,
        )

        arrivals = self._arrivals[step.name] = Arrivals()

        async def carry(stream: Any) -> None:
            try:
                # Not take(): it acknowledges what it handed out even when the agent was cancelled in the middle of it.
                async for events in stream.noack_take(batch_size, within=BATCH_WITHIN_S):
                    self.at_work.add(step.name)
                    await batches.carry(await self._without_gaps(events, arrivals))
                    await self._acknowledge(stream, events)
                    self.at_work.discard(step.name)
            except Exception as error:
                # Faust would start the agent again behind a gap in its acknowledgements.
                log.exception("Step %s failed: the worker ends.", step.name)
                await self.app.crash(error)
                raise

        self._step_of_topic[topic] = step.name
        self.app.agent(channel, name=step.name)(carry)

    async def _without_gaps(self, events: Sequence[Any], arrivals: Arrivals) -> list[Received]:
        """The messages in order, those that Faust passed over among them, and none that has come before."""
        batch: list[Received] = []
        for event in events:
            message = Received.of(event.message, event.message.generation_id)
            if not is_ours(self.app, message):
                continue
            if arrivals.generation != message.generation:
                arrivals.begin(message.generation, await self._patiently(committed_offsets, self._settings))
            missing = arrivals.missing_before(message)
            if missing is None:
                continue
            if missing:
                found = await self._patiently(fetch, self._settings, message.place, missing, message.generation)
                log.info("Fetched %d messages of %s that were passed over.", len(found), message.topic)
                batch += found
            batch.append(message)
        return batch

    async def _patiently(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do in a thread what needs Kafka, for as long as it takes."""
        while True:
            try:
                return await asyncio.to_thread(work, *args, **kwargs)
            except Transient as error:
                log.warning("%s", error)
                await asyncio.sleep(FIRST_PAUSE_S)

    async def _acknowledge(self, stream: Any, events: Sequence[Any]) -> None:
        for event in events:
            message = Received.of(event.message, event.message.generation_id)
            if is_ours(self.app, message):
                await stream.ack(event)
                self._next_offset[message.place] = event.message.offset + 1

    async def _bury(self, step: str, given_up: GivenUp) -> None:
        letter = make_letter(step, given_up.incoming, given_up.reason, error_type=given_up.error_type)
        await self.outbox.send(self._dead_letter, letter.letter_id.encode(), letter.to_json())

    async def lag(self) -> dict[str, int]:
        """How many messages wait for each step, as far as this worker's partitions go."""
        lag = dict.fromkeys(self._step_of_topic.values(), 0)
        consumer: Any = self.app.consumer
        for tp in consumer.assignment():
            if tp.topic in self._step_of_topic:
                end = consumer.highwater(tp)
                start = self._next_offset.get(tp) or consumer._committed_offset.get(tp) or await consumer.position(tp)
                lag[self._step_of_topic[tp.topic]] += max(0, (end or 0) - (start or 0))
        return lag

    def every(self, seconds: float, work: Callable[[], Any], name: str) -> None:
        self.app.timer(seconds, name=name)(work)
