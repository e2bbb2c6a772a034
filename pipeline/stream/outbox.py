"""Writing to Kafka: a send is over when all in-sync replicas have the message.

Sends that begin together may pass one another: while a long message waits for the next batch, a short one finds room in
this one. What must keep its order takes its place in line one message after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import faust
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from faust.exceptions import FaustError

from pipeline.errors import Terminal, Transient
from pipeline.metrics import Counters
from pipeline.topics import MAX_MESSAGE_BYTES


class Outbox(Protocol):
    """Where steps send to; raises Transient where Kafka is away, Terminal where it will never take the message."""

    async def send(self, topic: str, key: bytes, value: bytes | None, headers: Mapping[str, bytes] = ...) -> None: ...

    async def send_in_order(self, topic: str, messages: Iterable[tuple[bytes, bytes]]) -> list[Terminal | None]:
        """Keys and values to one topic, those of one key in this order; for each the refusal, if it was refused."""
        ...


class KafkaOutbox:
    """An outbox on the producer of a Faust app."""

    def __init__(self, app: faust.App, counters: Counters) -> None:
        self._app = app
        self._counters = counters
        self._topics: dict[str, Any] = {}

    def _topic(self, name: str) -> Any:
        if name not in self._topics:
            self._topics[name] = self._app.topic(name, key_serializer="raw", value_serializer="raw")
        return self._topics[name]

    async def send(
        self, topic: str, key: bytes, value: bytes | None, headers: Mapping[str, bytes] | None = None
    ) -> None:
        await (await self._placed(topic, key, value, headers))

    async def send_in_order(self, topic: str, messages: Iterable[tuple[bytes, bytes]]) -> list[Terminal | None]:
        placed: list[Awaitable[None] | Terminal] = []
        try:
            for key, value in messages:
                try:
                    placed.append(await self._placed(topic, key, value))
                except Terminal as error:
                    placed.append(error)
        finally:
            ended = await asyncio.gather(*(_ended(one) for one in placed), return_exceptions=True)
        return [_refusal(outcome) for outcome in ended]

    async def _placed(
        self, topic: str, key: bytes, value: bytes | None, headers: Mapping[str, bytes] | None = None
    ) -> Awaitable[None]:
        """Return when the message has its place in line; what is returned, when Kafka has it."""
        with _kafka_errors(topic, value):
            accepted = await self._topic(topic).send(key=key, value=value, headers=dict(headers or {}))
        return self._accepted(topic, value, accepted)

    async def _accepted(self, topic: str, value: bytes | None, accepted: Awaitable[object]) -> None:
        with _kafka_errors(topic, value):
            await accepted
        self._counters.sent[topic] += 1


async def _ended(placed: Awaitable[None] | Terminal) -> None:
    if isinstance(placed, Terminal):
        raise placed
    await placed


def _refusal(outcome: BaseException | None) -> Terminal | None:
    if outcome is None or isinstance(outcome, Terminal):
        return outcome
    raise outcome


@contextmanager
def _kafka_errors(topic: str, value: bytes | None) -> Iterator[None]:
    """Turn what Kafka's client raises into Transient, or Terminal for what will never be taken."""
    try:
        yield
    except MessageSizeTooLargeError as error:
        raise _too_large(value) from error
    except (KafkaError, FaustError) as error:
        if isinstance(error.__cause__, MessageSizeTooLargeError):
            raise _too_large(value) from error
        raise Transient(f"Kafka did not take a message for '{topic}': {error}") from error


def _too_large(value: bytes | None) -> Terminal:
    size = len(value or b"")
    return Terminal(f"A message of {size} bytes is too large for Kafka ({MAX_MESSAGE_BYTES} bytes are allowed).")
