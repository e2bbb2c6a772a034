"""Feeds that take too long, or too much, to parse: none of them holds up the others."""

from __future__ import annotations

import pytest

from connectors import parsing
from connectors.parsing import SHORT_BYTES, parse_feed
from pipeline.errors import BadInput, Unreachable

from .test_feeds import LONG, item, rss

TYPE = {"content-type": "application/rss+xml"}
FEED = rss(
    *(item(f"https://gazette.example/{number}", f"Part {number} — é", content=LONG) for number in range(60))
).encode()
NESTED = b"<rss>" + b"<a>" * 300_000


def test_a_long_feed_says_the_same_in_the_process_beside_us() -> None:
    assert len(FEED) > SHORT_BYTES
    beside, here = parse_feed(FEED, TYPE, 50), parsing._parse(FEED, TYPE, 50)
    assert (beside.version, beside.feed, beside.entries) == (here.version, here.feed, here.entries)
    assert len(beside.entries) == 50


def test_markup_that_takes_too_long_is_refused_and_the_next_feed_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_feed(FEED, TYPE, 1)
    monkeypatch.setattr(parsing, "CPU_S", 1.0)
    with pytest.raises(BadInput, match="longer than 1 seconds"):
        parse_feed(NESTED, TYPE, 10)
    monkeypatch.setattr(parsing, "CPU_S", 20.0)
    assert len(parse_feed(FEED, TYPE, 10).entries) == 10


def test_one_that_does_not_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_feed(FEED, TYPE, 1)
    monkeypatch.setattr(parsing, "_PATIENCE_S", 0.5)
    with pytest.raises(Unreachable, match="has ended"):
        parse_feed(NESTED, TYPE, 10)
    monkeypatch.undo()
    assert len(parse_feed(FEED, TYPE, 10).entries) == 10


def test_a_process_that_has_died_is_started_again() -> None:
    parse_feed(FEED, TYPE, 1)
    assert parsing._helper._process is not None
    parsing._helper._process.kill()
    parsing._helper._process.join()
    assert len(parse_feed(FEED, TYPE, 10).entries) == 10


def test_one_that_dies_on_a_feed_may_be_a_passing_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_feed(FEED, TYPE, 1)
    helper = parsing._helper
    monkeypatch.setattr(helper, "_started", lambda: helper._pipe)
    assert helper._process is not None
    helper._process.kill()
    helper._process.join()
    with pytest.raises(Unreachable, match="has ended"):
        parse_feed(FEED, TYPE, 1)
