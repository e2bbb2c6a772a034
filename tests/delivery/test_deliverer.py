"""Each message once, later again where it must be, and never one that nobody needs any more."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from pipeline.delivery import Channels, Deliverer, Message, redeliver
from pipeline.delivery.channels import Channel, Webhook
from pipeline.delivery.deliverer import LEASE, PAUSES, Undelivered
from pipeline.errors import Terminal, Transient
from pipeline.records import Alert, Delivery
from tests.delivery.conftest import SEEN, make_alert

DESK = Webhook(name="desk", type="webhook", url="env:DESK")
PHONE = Webhook(name="phone", type="webhook", url="env:PHONE")


class MemoryStore:
    """Alerts in memory, changed one at a time."""

    def __init__(self, *alerts: Alert) -> None:
        self.alerts = {alert.alert_id: alert for alert in alerts}
        self._lock = threading.Lock()

    def due(self, now: datetime, size: int) -> list[Alert]:
        return list(self.alerts.values())[:size]

    def change(self, alert_id: str, change: Callable[[Alert], Alert]) -> Alert | None:
        with self._lock:
            if alert_id in self.alerts:
                self.alerts[alert_id] = change(self.alerts[alert_id])
            return self.alerts.get(alert_id)


class Desk:
    """A deliverer with a clock to turn and a receiver that fails as told."""

    def __init__(self, *alerts: Alert) -> None:
        self.store = MemoryStore(*alerts)
        self.now = SEEN
        self.sent: list[tuple[str, Message]] = []
        self.errors: list[Exception] = []
        self.letters: list[tuple[Undelivered, str, int]] = []
        self.deliverer = self.another()

    def another(self) -> Deliverer:
        channels = Channels({"desk": DESK, "phone": PHONE})
        return Deliverer(
            self.store, channels, lambda *letter: self.letters.append(letter), sender=self._send, clock=lambda: self.now
        )

    def _send(self, channel: Channel, message: Message) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append((channel.name, message))

    def look(self, after: timedelta = timedelta()) -> None:
        self.now += after
        self.deliverer.look()
        self.deliverer.finish()

    def states(self) -> list[str]:
        return [delivery.state for alert in self.store.alerts.values() for delivery in alert.deliveries]


def due(channel: str = "desk", **values: object) -> Delivery:
    return Delivery.model_validate({"channel": channel, "due_at": SEEN} | values)


def test_each_channel_gets_one_message_however_often_and_by_whom_is_looked() -> None:
    desk = Desk(make_alert(1, due(), due("phone")))
    others = [desk.another() for _ in range(3)]
    for deliverer in (desk.deliverer, *others) * 2:
        deliverer.look()
    for deliverer in (desk.deliverer, *others):
        deliverer.finish()
    assert sorted(name for name, _ in desk.sent) == ["desk", "phone"]
    assert desk.states() == ["sent", "sent"]


def test_nothing_is_sent_before_its_time() -> None:
    desk = Desk(make_alert(1, due(due_at=SEEN + timedelta(hours=1))))
    desk.look()
    assert desk.sent == []
    desk.look(timedelta(hours=1))
    assert len(desk.sent) == 1


@pytest.mark.parametrize("state", ["acknowledged", "muted", "closed"])
def test_what_somebody_has_dealt_with_is_dropped_and_says_why(state: str) -> None:
    desk = Desk(make_alert(1, due(), state=state))
    desk.look()
    [alert] = desk.store.alerts.values()
    assert desk.sent == []
    assert (alert.deliveries[0].state, alert.deliveries[0].because) == ("dropped", f"{state} before it was sent")


def test_a_digest_is_one_message_of_what_is_due() -> None:
    alerts = [make_alert(number, due(digest="hourly")) for number in range(3)]
    desk = Desk(*alerts, make_alert(7, due(digest="hourly", due_at=SEEN + timedelta(hours=1))), make_alert(8, due()))
    desk.look()
    assert [message.subject for _, message in desk.sent] == ["3 alerts, hourly", "Orlandia warns Vesta"]
    assert desk.states() == ["sent", "sent", "sent", "due", "sent"]


def test_failures_are_tried_again_later_and_later_and_then_are_a_dead_letter() -> None:
    desk = Desk(make_alert(1, due()))
    desk.errors = [Transient("The webhook answers 503.")] * (len(PAUSES) + 1)
    desk.look()
    for pause in PAUSES:
        assert desk.letters == []
        tried = len(desk.errors)
        desk.look(pause - timedelta(seconds=1))
        assert len(desk.errors) == tried, "not before its time"
        desk.look(timedelta(seconds=1))
    assert desk.states() == ["failed"]
    [(what, reason, replays)] = desk.letters
    assert (what.channel, reason, replays) == ("desk", "The webhook answers 503.", 0)

    assert redeliver(desk.store, what, 1)
    desk.now += timedelta(days=365)
    [alert] = desk.store.alerts.values()
    assert alert.deliveries[0].replays == 1
    desk.look(timedelta(days=3650))
    assert desk.states() == ["sent"]


@pytest.mark.parametrize("error", [Terminal("The webhook refuses the message: 400."), ZeroDivisionError("hush")])
def test_what_can_never_work_is_given_up_at_once(error: Exception) -> None:
    desk = Desk(make_alert(1, due()))
    desk.errors = [error]
    desk.look()
    assert desk.states() == ["failed"]
    assert "hush" not in desk.letters[0][1]


def test_a_worker_that_died_while_sending_is_made_up_for_under_the_same_key() -> None:
    desk = Desk(make_alert(1, due()))
    desk.look()
    [(_, first)] = desk.sent
    for alert in desk.store.alerts.values():
        alert.deliveries[0].state = "sending"
        alert.deliveries[0].due_at = desk.now + LEASE
    desk.look()
    assert len(desk.sent) == 1, "it may still be at work"
    desk.look(LEASE)
    assert [message.key for _, message in desk.sent] == [first.key] * 2


def test_a_slow_channel_holds_up_no_other() -> None:
    release = threading.Event()
    desk = Desk(make_alert(1, due(), due("phone")))
    quick = desk._send

    def slow(channel: Channel, message: Message) -> None:
        if channel.name == "desk":
            release.wait(10)
        quick(channel, message)

    desk.deliverer._send = slow
    desk.deliverer.look()
    desk.deliverer._busy["phone"].result(10)
    desk.deliverer.look()
    assert [name for name, _ in desk.sent] == ["phone"]
    release.set()
    desk.deliverer.finish()
    assert sorted(name for name, _ in desk.sent) == ["desk", "phone"]


def test_a_channel_that_is_gone_is_tried_again_and_named() -> None:
    desk = Desk(make_alert(1, due("pager")))
    desk.look()
    [alert] = desk.store.alerts.values()
    assert alert.deliveries[0].error == "There is no channel 'pager'."
    assert alert.deliveries[0].state == "due"


def test_a_replay_of_what_is_not_there_says_so() -> None:
    assert not redeliver(MemoryStore(), Undelivered(alert_id="x", channel="desk"), 1)
    assert not redeliver(MemoryStore(make_alert(1)), Undelivered(alert_id=f"{1:032x}", channel="desk"), 1)


def test_who_was_told_hears_that_it_is_withdrawn_though_it_is_closed() -> None:
    desk = Desk(make_alert(1, due(), due("phone", news="withdrawn"), state="closed"))
    desk.look()
    [(channel, message)] = desk.sent
    assert (channel, message.subject) == ("phone", "Withdrawn: Orlandia warns Vesta")
    assert "no outlet tells this any more" in message.text
    assert json.loads(message.payload)["news"] == "withdrawn"
    assert desk.states() == ["dropped", "sent"]


def test_what_is_withdrawn_while_it_is_sent_is_followed_by_a_message_of_its_own() -> None:
    desk = Desk(make_alert(1, due()))
    [alert] = desk.store.alerts.values()

    def withdraw(_channel: Channel, message: Message) -> None:
        desk.sent.append(("desk", message))
        [stored] = desk.store.alerts.values()
        if len(desk.sent) == 1:
            deliveries = [delivery.model_copy(update={"news": "withdrawn"}) for delivery in stored.deliveries]
            desk.store.alerts[alert.alert_id] = stored.model_copy(update={"deliveries": deliveries})

    desk.deliverer._send = withdraw
    desk.look()
    desk.look(timedelta(seconds=2))
    assert [message.subject for _, message in desk.sent] == [
        "Orlandia warns Vesta",
        "Withdrawn: Orlandia warns Vesta",
    ]
    assert len({message.key for _, message in desk.sent}) == 2
    assert desk.states() == ["sent"]
