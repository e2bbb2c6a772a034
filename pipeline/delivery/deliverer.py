"""Who sends what when: alerts hold their deliveries; whoever finds one due takes it, sends it and writes the outcome.

Nothing of it is in the stream's way. The alert step only creates the alert, with its deliveries in it; every worker
looks in Elasticsearch for what is due, now and then, and sends in threads of its own, one per channel. To take a
delivery is to write `sending` and a time until which it is taken, on the condition that nobody else did: of several
workers one sends. A worker that dies in the middle leaves `sending` behind, which after that time is due again, under
the same key.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from pipeline.delivery.channels import Channel, Channels
from pipeline.delivery.messages import Message, make_message, message_key
from pipeline.delivery.senders import send
from pipeline.errors import BadSetting, DemarcheError, Terminal
from pipeline.records import Alert, Delivery, Record

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
PAUSES = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200))
"""Between one try and the next; after the last the message is a dead letter."""
_AT_ONCE = 100
_THREADS = 8


class Store(Protocol):
    """What we need of Elasticsearch."""

    def due(self, now: datetime, size: int) -> list[Alert]: ...

    def change(self, alert_id: str, change: Callable[[Alert], Alert]) -> Alert | None: ...


class Undelivered(Record):
    """What is in a dead letter: which message did not get through."""

    alert_id: str
    channel: str


Bury = Callable[[Undelivered, str, int], None]
"""Writes a dead letter: what, why, and how often it has been replayed."""

Send = Callable[[Channel, Message], None]


class Deliverer:
    """Delivers what is due. Safe beside others of its kind, in this process or elsewhere."""

    def __init__(
        self,
        store: Store,
        channels: Channels,
        bury: Bury,
        *,
        web_address: str = "",
        sender: Send = send,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._channels = channels
        self._bury = bury
        self._web_address = web_address
        self._send = sender
        self._clock = clock
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="deliver")
        self._busy: dict[str, Future[None]] = {}

    def look(self) -> None:
        """Start sending what is due; a channel that is still at work is left alone. Blocks for one search only."""
        now = self._clock()
        by_channel: dict[str, list[Alert]] = defaultdict(list)
        for alert in self._store.due(now, _AT_ONCE):
            for delivery in alert.deliveries:
                if is_due(delivery, now):
                    by_channel[delivery.channel].append(alert)
        for channel, alerts in by_channel.items():
            running = self._busy.get(channel)
            if running is None or running.done():
                self._busy[channel] = self._pool.submit(self._work_off, channel, alerts)

    def finish(self) -> None:
        """Wait for what is being sent."""
        for future in list(self._busy.values()):
            future.result()

    def close(self) -> None:
        """Send nothing more; what is being sent is waited for."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work_off(self, channel: str, alerts: Sequence[Alert]) -> None:
        try:
            for group in _messages(alerts, channel):
                # One after the other: what is taken long before it is sent could be due again by then.
                taken = [alert for alert in group if self._take(alert, channel)]
                if taken:
                    self._deliver(channel, taken)
        except DemarcheError as error:
            log.warning("Channel %s waits: %s", channel, error)
        except Exception:
            log.exception("Channel %s failed", channel)

    def _take(self, alert: Alert, channel: str) -> bool:
        """Whether the delivery is ours now. One that nobody needs any more is dropped instead."""
        mine = False
        now = self._clock()

        def take(stored: Alert) -> Alert:
            nonlocal mine
            mine = False
            delivery = _of(stored, channel)
            if delivery is None or not is_due(delivery, now):
                return stored
            state = stored.state_at(now)
            if state != "open" and not delivery.news:
                return _with(stored, channel, state="dropped", because=f"{state} before it was sent", changed_at=now)
            mine = True
            return _with(
                stored, channel, state="sending", attempts=delivery.attempts + 1, due_at=now + LEASE, changed_at=now
            )

        self._store.change(alert.alert_id, take)
        return mine

    def _deliver(self, name: str, alerts: Sequence[Alert]) -> None:
        channel = self._channels.get(name)
        first = _of(alerts[0], name)
        digest, news = (first.digest, first.news) if first else ("", "")
        try:
            if channel is None:
                raise BadSetting(f"There is no channel '{name}'.", "Define it in the channels file.")
            key = message_key(name, [alert.alert_id for alert in alerts], news)
            message = make_message(
                alerts, key=key, digest=digest, news=news, web_address=self._web_address, template=channel.template
            )
            self._send(channel, message)
        except DemarcheError as error:
            for alert in alerts:
                self._failed(alert.alert_id, name, error)
        except Exception as error:
            # Our own fault. What it says may hold an address, so that only its kind is written down.
            for alert in alerts:
                self._failed(alert.alert_id, name, Terminal(f"Sending failed: {type(error).__name__}."))
        else:
            for alert in alerts:
                self._store.change(alert.alert_id, partial(_sent, name, news, self._clock()))

    def _failed(self, alert_id: str, channel: str, error: DemarcheError) -> None:
        """Try later, or give it up: at once where trying cannot help, else after the last pause."""
        stored = self._store.change(alert_id, lambda alert: alert)
        delivery = _of(stored, channel) if stored else None
        if delivery is None:
            return
        now, reason = self._clock(), error.message
        hopeless = isinstance(error, Terminal) and not isinstance(error, BadSetting)
        if not hopeless and delivery.attempts <= len(PAUSES):
            due_at = now + PAUSES[delivery.attempts - 1]
            log.warning("Channel %s: %s It is tried again at %s.", channel, error, f"{due_at:%H:%M:%S}")
            self._change(alert_id, channel, state="due", error=reason, due_at=due_at, changed_at=now)
            return
        log.warning("Channel %s gives up alert %s: %s", channel, alert_id[:8], error)
        self._bury(Undelivered(alert_id=alert_id, channel=channel), reason, delivery.replays)
        self._change(alert_id, channel, state="failed", error=reason, changed_at=now)

    def _change(self, alert_id: str, channel: str, **values: object) -> None:
        self._store.change(alert_id, lambda alert: _with(alert, channel, **values))


def redeliver(store: Store, what: Undelivered, replays: int) -> bool:
    """Make a delivery that was given up due once more; False where there is no such alert or channel in it."""
    now = datetime.now(UTC)
    found = store.change(
        what.alert_id,
        lambda alert: _with(alert, what.channel, state="due", due_at=now, attempts=0, replays=replays, changed_at=now)
        if (delivery := _of(alert, what.channel)) and delivery.state == "failed"
        else alert,
    )
    return found is not None and _of(found, what.channel) is not None


def is_due(delivery: Delivery, now: datetime) -> bool:
    return delivery.state in ("due", "sending") and delivery.due_at <= now


def _messages(alerts: Sequence[Alert], channel: str) -> list[list[Alert]]:
    """Digests go together, all else alone."""
    together: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        delivery = _of(alert, channel)
        together[f"digest {delivery.digest}" if delivery and delivery.digest else alert.alert_id].append(alert)
    return list(together.values())


def _of(alert: Alert, channel: str) -> Delivery | None:
    return next((delivery for delivery in alert.deliveries if delivery.channel == channel), None)


def _sent(channel: str, news: str, now: datetime, alert: Alert) -> Alert:
    """The alert after a message; there is another to send where something has become of the alert meanwhile."""
    delivery = _of(alert, channel)
    if delivery is not None and delivery.news != news:
        return _with(alert, channel, state="due", due_at=now, attempts=0, changed_at=now)
    return _with(alert, channel, state="sent", error="", changed_at=now)


def _with(alert: Alert, channel: str, **values: object) -> Alert:
    deliveries = [
        delivery.model_copy(update=values) if delivery.channel == channel else delivery for delivery in alert.deliveries
    ]
    return alert.model_copy(update={"deliveries": deliveries})
