"""Writing to Kafka: a send is over when all in-sync replicas have the message."""

from __future__ import annotations

from collections.abc import Mapping
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
        try:
            accepted = await self._topic(topic).send(key=key, value=value, headers=dict(headers or {}))
            await accepted
        except MessageSizeTooLargeError as error:
            raise _too_large(value) from error
        except (KafkaError, FaustError) as error:
            if isinstance(error.__cause__, MessageSizeTooLargeError):
                raise _too_large(value) from error
            raise Transient(f"Kafka did not take a message for '{topic}': {error}") from error
        self._counters.sent[topic] += 1


def _too_large(value: bytes | None) -> Terminal:
    size = len(value or b"")
    return Terminal(f"A message of {size} bytes is too large for Kafka ({MAX_MESSAGE_BYTES} bytes are allowed).")
