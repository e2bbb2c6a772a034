"""Manners towards hosts, with real threads and short pauses."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest

from connectors.hosts import LONGEST_WAIT_S, HeldBack, Hosts, Stopped


def test_one_at_a_time_with_a_pause_between() -> None:
    hosts = Hosts(gap_s=0.05)
    spans: list[tuple[float, float]] = []

    def ask() -> None:
        with hosts.turn("a.example"):
            started = time.monotonic()
            time.sleep(0.02)
            spans.append((started, time.monotonic()))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    spans.sort()
    assert len(spans) == 5
    assert all(later[0] - earlier[1] >= 0.049 for earlier, later in pairwise(spans))


def test_another_host_does_not_wait() -> None:
    hosts = Hosts(gap_s=60)
    with hosts.turn("a.example"):
        assert hosts.wait_s("a.example") > 0
        assert hosts.wait_s("b.example") == 0
        with hosts.turn("b.example"):
            pass
    assert hosts.wait_s("a.example") > 59, "its pause has begun"


def test_a_host_that_asked_for_silence() -> None:
    now = [1000.0]
    hosts = Hosts(gap_s=0, clock=lambda: now[0])
    hosts.hold("a.example", LONGEST_WAIT_S + 10)
    with pytest.raises(HeldBack) as held, hosts.turn("a.example"):
        pass
    assert held.value.seconds == pytest.approx(LONGEST_WAIT_S + 10)
    assert hosts.wait_s("a.example") == 0, "a request is turned away at once"
    now[0] += 15
    assert hosts.wait_s("a.example") == pytest.approx(LONGEST_WAIT_S - 5)
    now[0] += LONGEST_WAIT_S
    with hosts.turn("a.example"):
        pass


def test_a_crawl_delay_is_kept_but_not_for_hours() -> None:
    now = [1000.0]
    hosts = Hosts(gap_s=1, clock=lambda: now[0])
    hosts.slow_down("a.example", 7200)
    assert hosts.wait_s("a.example") == 60
    now[0] += 60
    assert hosts.wait_s("a.example") == 0
    with hosts.turn("a.example"):
        pass
    assert hosts.wait_s("a.example") == 60


def test_who_waits_is_told_to_stop() -> None:
    hosts = Hosts(gap_s=60)
    with hosts.turn("a.example"):
        pass
    threading.Timer(0.05, hosts.stop).start()
    started = time.monotonic()
    with pytest.raises(Stopped), hosts.turn("a.example"):
        pass
    assert time.monotonic() - started < 5


def test_a_failed_request_frees_its_host() -> None:
    hosts = Hosts(gap_s=0)
    with pytest.raises(ZeroDivisionError), hosts.turn("a.example"):
        raise ZeroDivisionError
    assert hosts.wait_s("a.example") == 0
