"""Step enrich: articles.raw → articles.enriched."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pipeline.dead_letters import Incoming
from pipeline.errors import Terminal
from pipeline.stream.batches import GivenUp
from pipeline.stream.outbox import Outbox
from pipeline.stream.processes import Answer, EnrichingProcesses, Refused


class EnrichStep:
    name = "enrich"

    def __init__(self, processes: EnrichingProcesses, outbox: Outbox, topic: str) -> None:
        self._processes = processes
        self._outbox = outbox
        self._topic = topic

    async def __call__(self, batch: Sequence[Incoming]) -> list[GivenUp]:
        answers = await self._processes.enrich([incoming.value or b"" for incoming in batch])
        # Sent together and in order: Kafka keeps the order of one article's revisions.
        outcomes = await asyncio.gather(*map(self._send, batch, answers))
        return [given_up for given_up in outcomes if given_up]

    async def _send(self, incoming: Incoming, answer: Answer) -> GivenUp | None:
        if isinstance(answer, Refused):
            return GivenUp(incoming, answer.reason, answer.error_type)
        try:
            await self._outbox.send(self._topic, answer.article_id.encode(), answer.value)
        except Terminal as error:
            return GivenUp(incoming, str(error), type(error).__name__)
        return None
