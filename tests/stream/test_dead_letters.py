from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pipeline import dead_letters, topics
from pipeline.dead_letters import Incoming, Letter, Mark, letters_from, make_letter, why_not_replayable

Make = Callable[..., Incoming]


def test_a_letter_keeps_the_original_bytes_and_where_they_came_from(incoming: Make) -> None:
    letter = make_letter("enrich", incoming(7, b"\xff not json"), ValueError("broken"))
    assert letter.original == b"\xff not json"
    assert (letter.topic, letter.partition, letter.offset, letter.key) == ("articles.raw", 0, 7, "key")
    assert (letter.reason, letter.error_type, letter.step) == ("broken", "ValueError", "enrich")
    assert not letter.truncated
    assert Letter.model_validate_json(letter.to_json()) == letter


def test_the_same_message_makes_the_same_letter(incoming: Make) -> None:
    one, two = (make_letter("enrich", incoming(7), "a") for _ in range(2))
    assert one.letter_id == two.letter_id
    assert make_letter("enrich", incoming(8), "a").letter_id != one.letter_id
    assert make_letter("index", incoming(7), "a").letter_id != one.letter_id


def test_letters_of_connectors_are_told_apart_by_their_bytes() -> None:
    letters = [make_letter("connector", Incoming(None, None, None, None, value), "bad") for value in (b"a", b"b")]
    assert letters[0].letter_id != letters[1].letter_id
    assert "demarche ingest" in why_not_replayable(letters[0])


def test_a_huge_message_is_cut_and_says_so(incoming: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "MAX_MESSAGE_BYTES", 10)
    letter = make_letter("enrich", incoming(1, b"0123456789abc"), "too large")
    assert letter.original == b"0123456789"
    assert letter.truncated
    assert why_not_replayable(letter)


def test_a_letter_of_the_largest_message_fits_its_topic(incoming: Make) -> None:
    letter = make_letter("enrich", incoming(1, b"x" * dead_letters.MAX_MESSAGE_BYTES), "r" * 10_000)
    assert len(letter.to_json()) < topics.MAX_LETTER_BYTES - 10_000


def test_a_replayed_message_that_fails_again_opens_the_same_letter(incoming: Make) -> None:
    headers = {dead_letters.LETTER_HEADER.replace("-", "_"): b"abc", "demarche_attempts": b"2"}
    letter = make_letter("enrich", incoming(99, b"{}", **headers), "again")
    assert letter.letter_id == "abc"
    assert letter.attempts == 3
    assert letter.replayed_at is None
    assert why_not_replayable(letter) == ""


def test_an_error_without_words_still_has_a_reason(incoming: Make) -> None:
    assert make_letter("enrich", incoming(1), MemoryError()).reason == "MemoryError"


def test_a_letter_is_replayed_until_it_fails_again_whichever_is_written_first(incoming: Make) -> None:
    letter = make_letter("enrich", incoming(1), "bad")
    mark = Mark(letter_id=letter.letter_id, attempts=1, replayed_at=datetime.now(UTC))
    again = letter.model_copy(update={"attempts": 2})
    written = [(letter.letter_id.encode(), letter.to_json()), (mark.key, mark.to_json())]
    (replayed,) = letters_from(written)
    assert replayed.replayed_at == mark.replayed_at
    failed_again = (letter.letter_id.encode(), again.to_json())
    for order in ([*written, failed_again], [written[0], failed_again, written[1]]):
        (open_again,) = letters_from(order)
        assert open_again.replayed_at is None
        assert open_again.attempts == 2


def test_messages_that_are_no_letters_are_passed_over(incoming: Make) -> None:
    letter = make_letter("enrich", incoming(1), "bad")
    written = [(b"x", b"junk"), (None, None), (letter.letter_id.encode(), letter.to_json()), (b"y.replayed", b"{}")]
    assert [found.letter_id for found in letters_from(written)] == [letter.letter_id]
