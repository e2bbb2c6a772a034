"""What is sent in order lies in Kafka in that order, whatever the sizes; what is refused holds up nothing."""

from __future__ import annotations

import asyncio
from itertools import cycle, islice

from pipeline.errors import Terminal
from pipeline.metrics import Counters
from pipeline.settings import Settings
from pipeline.stream.app import make_app
from pipeline.stream.outbox import KafkaOutbox
from pipeline.topics import MAX_LETTER_BYTES, ensure_topics, read_topic, topics

# Statements take three to six thousand bytes; where a long one no longer fits into a batch, a short one still may.
SIZES = (5_000, 6_000, 300, 90_000, 4_000, 100, 7_000)


def sent(settings: Settings, values: list[bytes]) -> list[Terminal | None]:
    async def send() -> list[Terminal | None]:
        app = make_app(settings)
        try:
            name = topics(settings).statements.name
            return await KafkaOutbox(app, Counters()).send_in_order(name, [(b"FIN", value) for value in values])
        finally:
            await app.producer.stop()

    return asyncio.run(send())


def in_kafka(settings: Settings) -> list[bytes]:
    name = topics(settings).statements.name
    return [message.value for message in read_topic(settings, name, client_id="demarche-tests")]


def test_messages_of_all_sizes_keep_their_order(settings: Settings) -> None:
    ensure_topics(settings)
    values = [b"%03d" % number + b"x" * size for number, size in enumerate(islice(cycle(SIZES), 400))]
    assert sent(settings, values) == [None] * len(values)
    assert [value[:3] for value in in_kafka(settings)] == [value[:3] for value in values]


def test_a_message_that_kafka_never_takes_is_refused_alone(settings: Settings) -> None:
    ensure_topics(settings)
    too_large = b"x" * (MAX_LETTER_BYTES + 1)
    first, refusal, last = sent(settings, [b"first", too_large, b"last"])
    assert (first, last) == (None, None)
    assert isinstance(refusal, Terminal)
    assert in_kafka(settings) == [b"first", b"last"]
