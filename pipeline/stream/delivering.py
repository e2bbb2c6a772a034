"""Delivery beside the stream: a look every other second at what is due, and the replay of what was given up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import faust
from pydantic import ValidationError

from pipeline.dead_letters import ATTEMPTS_HEADER, LETTER_HEADER, Incoming, make_letter
from pipeline.delivery.deliverer import Deliverer, Store, Undelivered, redeliver
from pipeline.errors import DemarcheError
from pipeline.records import hash_id
from pipeline.stream.batches import GivenUp
from pipeline.stream.outbox import Outbox
from pipeline.stream.processes import describe
from pipeline.topics import Topics

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
_BURY_WITHIN_S = 60.0
STEP = "deliver"


class Letters:
    """Dead letters of messages that did not get through, written from the threads that send."""

    def __init__(self, app: faust.App, outbox: Outbox, topics: Topics) -> None:
        self._app = app
        self._outbox = outbox
        self._topics = topics

    def __call__(self, what: Undelivered, reason: str, replays: int) -> None:
        """Return when Kafka has the letter. Its message is what a replay sends to the topic of deliveries."""
        letter_id = hash_id(STEP, what.alert_id, what.channel)
        headers = {LETTER_HEADER: letter_id.encode(), ATTEMPTS_HEADER: str(replays).encode()}
        message = Incoming(self._topics.deliveries.name, None, None, what.alert_id.encode(), what.to_json(), headers)
        letter = make_letter(STEP, message, reason, error_type="Undelivered")
        sending = self._outbox.send(self._topics.dead_letter.name, letter.letter_id.encode(), letter.to_json())
        asyncio.run_coroutine_threadsafe(_awaited(sending), self._app.loop).result(_BURY_WITHIN_S)


async def _awaited(sending: object) -> None:
    await sending  # type: ignore[misc]


class Deliveries:
    """Looks for what is due, and says once when it cannot."""

    def __init__(self, deliverer: Deliverer) -> None:
        self._deliverer = deliverer
        self._trouble = ""

    async def look(self) -> None:
        try:
            await asyncio.to_thread(self._deliverer.look)
        except DemarcheError as error:
            if error.message != self._trouble:
                self._trouble = error.message
                log.warning("Alerts are not delivered for now: %s", error)
        except Exception:
            log.exception("Looking for what is to be delivered failed")
        else:
            self._trouble = ""


class RedeliverStep:
    """Step deliver: messages that were given up and replayed are due once more."""

    name = STEP

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(self, batch: Sequence[Incoming]) -> list[GivenUp]:
        given_up = []
        for incoming in batch:
            try:
                what = Undelivered.model_validate_json(incoming.value or b"")
            except ValidationError as error:
                given_up.append(GivenUp(incoming, f"Not a delivery: {describe(error)}", "BadInput"))
                continue
            replays = int(incoming.headers.get(ATTEMPTS_HEADER, b"0") or 0)
            if not await asyncio.to_thread(redeliver, self._store, what, replays):
                given_up.append(GivenUp(incoming, "There is no such alert, or no such channel in it.", "BadInput"))
        return given_up
