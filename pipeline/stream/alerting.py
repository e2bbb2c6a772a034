"""Step alert: statements → claims and novelty → alerts, news-alerts and a line on the console.

The order is the promise: first every alert is in Elasticsearch and on the topic, then the claims are remembered, then
the statements are acknowledged. A crash in between makes the same statements come again, to the same claims as before,
and out come the same alerts under the same ids, of which none is made twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from pipeline.alerts import Memory, Outcome, SideState, unfired
from pipeline.dead_letters import Incoming
from pipeline.errors import BadSetting, Terminal
from pipeline.records import Alert, Claim, StatementRecord
from pipeline.stream.batches import GivenUp
from pipeline.stream.outbox import Outbox
from pipeline.stream.processes import describe

log = logging.getLogger(__name__)

_READ_MAX = 500
"""Sides whose state is kept as read, beside its JSON in the table."""
_CLAIMS: TypeAdapter[list[Claim]] = TypeAdapter(list[Claim])


def read_state(value: bytes | None) -> SideState:
    """What is kept of a side; up to version 0.1 it was a list of its claims."""
    if not value:
        return SideState()
    if value.startswith(b"["):
        return SideState(claims=_CLAIMS.validate_json(value))
    return SideState.model_validate_json(value)


class ClaimsTable(Protocol):
    """The open claims of each side and what is remembered of it, as JSON."""

    def get(self, side: str) -> bytes | None: ...

    async def put(self, side: str, claims: bytes, because_of: Incoming) -> None:
        """Return when Kafka has it; raises NotOurs where the side belongs to another worker by now."""


class AlertWriter(Protocol):
    """What we need of pipeline.index.Writer."""

    def alert(self, alert: Alert, *, create: bool) -> bool: ...


Engine = Callable[[list[Claim], StatementRecord, datetime, Memory], Outcome]
"""pipeline.alerts.process with rules and settings filled in."""


@dataclass(frozen=True)
class AlertStep:
    engine: Engine
    table: ClaimsTable
    writer: AlertWriter
    outbox: Outbox
    topic: str
    _: KW_ONLY
    console: Callable[[Alert], None]
    name: str = "alert"
    _read: dict[str, tuple[bytes | None, SideState]] = field(default_factory=dict, init=False)

    async def __call__(self, batch: Sequence[Incoming]) -> list[GivenUp]:
        given_up: list[GivenUp] = []
        states: dict[str, SideState] = {}
        known: dict[str, SideState] = {}
        touched: dict[str, Incoming] = {}
        alerts: dict[str, tuple[Incoming, Alert]] = {}
        new: set[str] = set()
        now = datetime.now(UTC)
        for incoming in batch:
            try:
                record = StatementRecord.model_validate_json(incoming.value or b"")
                side = record.key
                if side not in states:
                    states[side] = known[side] = self._state(side)
                before = states[side]
                outcome = self.engine(before.claims, record, now, before.memory)
            except ValidationError as error:
                given_up.append(GivenUp(incoming, f"Not a statement: {describe(error)}", "BadInput"))
                continue
            except Exception as error:
                log.exception("The alert rules failed on a statement")
                given_up.append(GivenUp(incoming, f"The alert rules failed: {error}", type(error).__name__))
                continue
            states[side] = SideState(claims=outcome.claims, memory=outcome.memory)
            touched[side] = incoming
            alerts.update({alert.alert_id: (incoming, alert) for alert in outcome.alerts})
            new |= outcome.new
        delivered = await asyncio.gather(*(self._deliver(*pair, pair[1].alert_id in new) for pair in alerts.values()))
        refused = {key for key, gone in zip(alerts, delivered, strict=True) if gone and key in new}
        given_up += [gone for gone in delivered if gone]
        for side, incoming in touched.items():
            # An alert that was refused has not fired: the replay of its statement raises it.
            claims = unfired(states[side].claims, refused) if refused else states[side].claims
            state = states[side].model_copy(update={"claims": claims})
            if state != known[side]:
                value = state.to_json()
                await self.table.put(side, value, incoming)
                self._keep(side, value, state)
        return given_up

    def _state(self, side: str) -> SideState:
        """What is kept of a side. Reading it costs more than all else here: what was read last is remembered."""
        value = self.table.get(side)
        kept = self._read.get(side)
        state = kept[1] if kept is not None and kept[0] == value else read_state(value)
        self._keep(side, value, state)
        return state

    def _keep(self, side: str, value: bytes | None, state: SideState) -> None:
        self._read.pop(side, None)
        self._read[side] = (value, state)
        if len(self._read) > _READ_MAX:
            del self._read[next(iter(self._read))]

    async def _deliver(self, because_of: Incoming, alert: Alert, new: bool) -> GivenUp | None:
        """Elasticsearch decides whether an alert is new: it was made before where a crash made us forget."""
        try:
            created = new and await asyncio.to_thread(self.writer.alert, alert, create=True)
            if not created:
                await asyncio.to_thread(self.writer.alert, alert, create=False)
            await self.outbox.send(self.topic, alert.alert_id.encode(), alert.to_json())
        except BadSetting:
            raise
        except Terminal as error:
            return GivenUp(because_of, f"The alert was refused: {error}", type(error).__name__)
        if created:
            self.console(alert)
        return None
