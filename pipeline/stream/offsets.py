"""Which messages of a partition have come, and fetching those that should have.

Faust may pass messages over when partitions move: it reads on while it seeks back to what is committed, empties queues
that hold new messages already, and takes the gap for one that Kafka made, which it then commits past. So we count for
ourselves. What comes again is dropped; what was passed over is fetched and done before what comes after it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from faust.transport.drivers.aiokafka import Consumer, Transport
from faust.types import TP
from kafka import TopicPartition

from pipeline.settings import Settings
from pipeline.stream.messages import Received
from pipeline.topics import admin, consumer, consumer_group

log = logging.getLogger(__name__)

_FETCH_TIMEOUT_MS = 30_000


class StrictConsumer(Consumer):
    """Commits what we have acknowledged and no gap; we acknowledge in order, without leaving anything out."""

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        return

    def _new_offset(self, tp: TP) -> int | None:
        acked = self._acked[tp]
        if not acked:
            return None
        offset = max(acked) + 1
        self._acked_index[tp].difference_update(acked)
        acked.clear()
        return offset


class StrictTransport(Transport):
    """The Kafka transport with a StrictConsumer."""

    Consumer = StrictConsumer


class Arrivals:
    """The offset that must come next from each partition, in this generation of the consumer group."""

    def __init__(self) -> None:
        self.generation = -1
        self._next: dict[TP, int] = {}

    def begin(self, generation: int, committed: Mapping[TP, int]) -> None:
        """A generation reads on from what is committed, or from the first message that there is."""
        self.generation = generation
        self._next = dict(committed)

    def missing_before(self, message: Received) -> range | None:
        """The offsets that should have come before this message; None where it has come already."""
        offset = message.offset or 0
        expected = self._next.get(message.place, 0)
        if offset < expected:
            return None
        self._next[message.place] = offset + 1
        return range(expected, offset)

    def next(self, place: TP) -> int | None:
        return self._next.get(place)


def committed_offsets(settings: Settings) -> dict[TP, int]:
    """What the workers' group has committed; raises Unreachable where Kafka is away."""
    group = consumer_group(settings)
    with admin(settings) as client:
        offsets = client.list_group_offsets([group])[group]
    return {TP(tp.topic, tp.partition): found.offset for tp, found in offsets.items() if found.offset >= 0}


def fetch(settings: Settings, place: TP, offsets: Sequence[int], generation: int) -> list[Received]:
    """The messages at these offsets, as far as there are any: old ones are deleted, and transactions leave gaps."""
    partition = TopicPartition(place.topic, place.partition)
    found: list[Received] = []
    with consumer(settings, client_id="demarche-offsets") as client:
        client.assign([partition])
        begin = max(offsets[0], client.beginning_offsets([partition])[partition])
        client.seek(partition, begin)
        while client.position(partition) <= offsets[-1]:
            for messages in client.poll(_FETCH_TIMEOUT_MS).values():
                found += [Received.of(message, generation) for message in messages if message.offset <= offsets[-1]]
    return found
