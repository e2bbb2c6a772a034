"""Which entries of a list have been read and which wait."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

from connectors.entries import Entries
from pipeline.errors import BadInput, Unreachable

from .conftest import NOW

A_DAY = timedelta(days=1)


def read(checkpoint: dict, *pairs: tuple[str, str], now=NOW, error: Exception | None = None) -> list[str]:
    """Goes through a list; returns the entries that were not known."""
    entries, fresh = Entries(checkpoint, now), []
    for key, digest in pairs:
        if entries.is_known(key, digest):
            continue
        fresh.append(key)
        if error:
            entries.failed(key, digest, error)  # type: ignore[arg-type]
        else:
            entries.read(key, digest)
    entries.save()
    json.dumps(checkpoint)
    return fresh


def test_an_entry_is_read_when_it_says_something_new() -> None:
    checkpoint: dict = {}
    assert read(checkpoint, ("a", "1"), ("b", "1")) == ["a", "b"]
    assert read(checkpoint, ("a", "1"), ("b", "2")) == ["b"]
    assert read(checkpoint, ("a", "1"), ("b", "2")) == []


def test_an_entry_that_leaves_the_list_is_remembered_for_some_days() -> None:
    checkpoint: dict = {}
    read(checkpoint, ("a", "1"), ("b", "1"))
    read(checkpoint, ("b", "1"), now=NOW + A_DAY)
    assert read(checkpoint, ("a", "1"), ("b", "1"), now=NOW + 2 * A_DAY) == []
    read(checkpoint, ("b", "1"), now=NOW + 10 * A_DAY)
    assert read(checkpoint, ("a", "1"), ("b", "1"), now=NOW + 11 * A_DAY) == ["a"]


def test_what_failed_is_tried_later_and_later_and_not_for_ever() -> None:
    checkpoint: dict = {}
    for error, most in ((BadInput("404"), 6), (Unreachable("503"), 12)):
        checkpoint, now, tries = {}, NOW, []
        while now < NOW + 30 * A_DAY:
            if read(checkpoint, ("a", "1"), now=now, error=error):
                tries.append(now)
            now += timedelta(minutes=5)
        pauses = [later - earlier for earlier, later in pairwise(tries)]
        assert len(tries) == most
        assert pauses == sorted(pauses)
        assert max(pauses) <= A_DAY


def test_the_list_is_needed_whole_only_when_a_try_is_due() -> None:
    checkpoint: dict = {}
    assert not Entries.due(checkpoint, NOW)
    read(checkpoint, ("a", "1"), error=BadInput("404"))
    assert not Entries.due(checkpoint, NOW)
    assert Entries.due(checkpoint, NOW + timedelta(minutes=6))
    read(checkpoint, ("b", "1"), now=NOW + timedelta(minutes=6))
    assert not Entries.due(checkpoint, NOW + A_DAY), "it has left the list"
