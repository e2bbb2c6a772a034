from __future__ import annotations

from faust.types import TP

from pipeline.stream.messages import Received
from pipeline.stream.offsets import Arrivals

PLACE = TP("articles.raw", 3)


def message(offset: int, generation: int = 1) -> Received:
    return Received(PLACE.topic, PLACE.partition, offset, b"k", b"{}", generation=generation)


def test_messages_in_order_miss_nothing() -> None:
    arrivals = Arrivals()
    arrivals.begin(1, {PLACE: 4})
    assert [arrivals.missing_before(message(offset)) for offset in (4, 5, 6)] == [range(4, 4), range(5, 5), range(6, 6)]


def test_what_was_passed_over_is_missed_at_the_start_and_in_between() -> None:
    arrivals = Arrivals()
    arrivals.begin(1, {PLACE: 4})
    assert arrivals.missing_before(message(11)) == range(4, 11)
    assert arrivals.missing_before(message(13)) == range(12, 13)


def test_a_partition_without_commits_begins_with_its_first_message() -> None:
    arrivals = Arrivals()
    arrivals.begin(1, {})
    assert arrivals.missing_before(message(2)) == range(2)


def test_what_comes_again_is_told_apart() -> None:
    arrivals = Arrivals()
    arrivals.begin(1, {PLACE: 4})
    arrivals.missing_before(message(4))
    assert arrivals.missing_before(message(4)) is None
    assert arrivals.missing_before(message(3)) is None
    assert arrivals.missing_before(message(5)) == range(5, 5)


def test_a_new_generation_begins_at_what_is_committed_then() -> None:
    arrivals = Arrivals()
    arrivals.begin(1, {PLACE: 4})
    arrivals.missing_before(message(9))
    arrivals.begin(2, {PLACE: 6})
    assert arrivals.missing_before(message(6, generation=2)) == range(6, 6)
    assert arrivals.generation == 2
