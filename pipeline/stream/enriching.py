"""Step enrich: articles.raw → articles.enriched."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.dead_letters import Incoming
from pipeline.stream.batches import GivenUp
from pipeline.stream.outbox import Outbox
from pipeline.stream.processes import Enriched, EnrichingProcesses, Refused


class EnrichStep:
    name = "enrich"

    def __init__(self, processes: EnrichingProcesses, outbox: Outbox, topic: str) -> None:
        self._processes = processes
        self._outbox = outbox
        self._topic = topic

    async def __call__(self, batch: Sequence[Incoming]) -> list[GivenUp]:
        answers = await self._processes.enrich([incoming.value or b"" for incoming in batch])
        given_up: list[GivenUp] = []
        enriched: list[tuple[Incoming, Enriched]] = []
        for incoming, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Refused):
                given_up.append(GivenUp(incoming, answer.reason, answer.error_type))
            else:
                enriched.append((incoming, answer))
        # In order: a revision must not pass the article that it revises.
        messages = ((answer.article_id.encode(), answer.value) for _, answer in enriched)
        refusals = await self._outbox.send_in_order(self._topic, messages)
        given_up += [
            GivenUp(incoming, str(error), type(error).__name__)
            for (incoming, _), error in zip(enriched, refusals, strict=True)
            if error is not None
        ]
        return given_up
