"""Dead letters: messages given up on, with the reason; reading, replaying and purging them.

The topic is compacted and holds one letter per message given up on, under a key that does not change. A replay sends
the original bytes back to the topic they came from, in a message that names its letter, and then writes a mark: which
attempt it was that has been replayed. If the message fails once more, the same letter is written again, with one
attempt more than the mark has, and so is open again, whichever of the two was written first. A message that can never
work stays one letter, and `replay --all` leaves it alone after MAX_ATTEMPTS.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import ValidationError

from pipeline.errors import Terminal
from pipeline.records import DeadLetter, Record, UtcTime, hash_id
from pipeline.settings import Settings
from pipeline.topics import MAX_MESSAGE_BYTES, admin, consumer, producer, read_topic, topic_ends, topics

MAX_ATTEMPTS = 3
LETTER_HEADER = "demarche-letter"
ATTEMPTS_HEADER = "demarche-attempts"
_CLIENT = "demarche-dead-letters"
_MARK_SUFFIX = b".replayed"
_REASON_CHARS = 2000
_KEY_BYTES = 1000


class Letter(DeadLetter):
    """A dead letter with what has been done about it since."""

    attempts: int = 1
    replayed_at: UtcTime | None = None

    @property
    def original(self) -> bytes:
        return base64.b64decode(self.value)


class Mark(Record):
    """That the attempts of a letter up to this one have been replayed; under a key of its own beside the letter's."""

    letter_id: str
    attempts: int
    replayed_at: UtcTime

    @property
    def key(self) -> bytes:
        return self.letter_id.encode() + _MARK_SUFFIX


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came: what a letter is made of. Connectors have no partition and offset."""

    topic: str | None
    partition: int | None
    offset: int | None
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes] = field(default_factory=dict)


def make_letter(step: str, incoming: Incoming, error: BaseException | str, *, error_type: str = "") -> Letter:
    """A letter for one message; the same message given up on twice makes the same letter id."""
    value = incoming.value or b""
    kept = value[:MAX_MESSAGE_BYTES]
    letter_id = incoming.headers.get(LETTER_HEADER, b"").decode("utf8", "replace")
    if not letter_id:
        place = (incoming.topic, incoming.partition, incoming.offset)
        letter_id = hash_id(step, *(str(part) for part in place), "" if incoming.topic else kept.hex())
    return Letter(
        letter_id=letter_id,
        step=step,
        reason=(str(error) or type(error).__name__)[:_REASON_CHARS],
        error_type=error_type or (type(error).__name__ if isinstance(error, BaseException) else "Error"),
        topic=incoming.topic,
        partition=incoming.partition,
        offset=incoming.offset,
        key=None if incoming.key is None else incoming.key[:_KEY_BYTES].decode("utf8", "replace"),
        value=base64.b64encode(kept).decode("ascii"),
        truncated=len(kept) < len(value),
        failed_at=datetime.now(UTC),
        attempts=_attempts(incoming.headers) + 1,
    )


def _attempts(headers: Mapping[str, bytes]) -> int:
    try:
        return int(headers.get(ATTEMPTS_HEADER, b"0"))
    except ValueError:
        return 0


def read_letters(settings: Settings) -> list[Letter]:
    """All letters that are there now, oldest first, each as it stands."""
    messages = read_topic(settings, topics(settings).dead_letter.name, client_id=_CLIENT)
    return letters_from((message.key, message.value) for message in messages)


def letters_from(messages: Iterable[tuple[bytes | None, bytes | None]]) -> list[Letter]:
    """Letters from the keys and values of their topic, with the marks of replays put to them."""
    letters: dict[str, Letter] = {}
    marks: dict[str, Mark] = {}
    for key, value in messages:
        try:
            if (key or b"").endswith(_MARK_SUFFIX):
                mark = Mark.model_validate_json(value or b"")
                marks[mark.letter_id] = mark
            else:
                letter = Letter.model_validate_json(value or b"")
                letters[letter.letter_id] = letter
        except ValidationError:
            # Somebody else's message on our topic: nothing that we could show or replay.
            continue
    for letter in letters.values():
        done = marks.get(letter.letter_id)
        if done and done.attempts >= letter.attempts:
            letter.replayed_at = done.replayed_at
    return sorted(letters.values(), key=lambda letter: letter.failed_at)


def find_letter(settings: Settings, letter_id: str) -> Letter:
    """The letter with this id, or with the only id that starts like it."""
    found = [letter for letter in read_letters(settings) if letter.letter_id.startswith(letter_id)]
    if not found:
        raise Terminal(f"There is no dead letter '{letter_id}'.", "`demarche dead-letters list` shows those there are.")
    if len(found) > 1:
        raise Terminal(f"{len(found)} dead letters start with '{letter_id}'.", "Give more of the id.")
    return found[0]


def why_not_replayable(letter: Letter) -> str:
    """Why sending the letter's bytes back cannot work; empty where it can."""
    if letter.topic is None:
        return "it did not come from a topic: give its source to `demarche ingest` again"
    if letter.truncated:
        return "only the first part of it was kept"
    return ""


def replay(settings: Settings, letters: Iterable[Letter]) -> int:
    """Send the original bytes back to their topics and mark the letters; returns how many.

    The mark is written after Kafka has the message: a crash in between replays it once more, and loses nothing.
    """
    dead_letter = topics(settings).dead_letter.name
    count = 0
    with producer(settings, client_id=_CLIENT) as client:
        for letter in letters:
            reason = why_not_replayable(letter)
            if reason:
                raise Terminal(f"The dead letter {letter.letter_id} cannot be replayed: {reason}.")
            headers = [(LETTER_HEADER, letter.letter_id.encode()), (ATTEMPTS_HEADER, str(letter.attempts).encode())]
            key = None if letter.key is None else letter.key.encode("utf8")
            client.send(letter.topic, value=letter.original, key=key, headers=headers).get(timeout=60)
            mark = Mark(letter_id=letter.letter_id, attempts=letter.attempts, replayed_at=datetime.now(UTC))
            client.send(dead_letter, value=mark.to_json(), key=mark.key).get(timeout=60)
            count += 1
    return count


def purge(settings: Settings) -> int:
    """Delete all letters that are there now; returns how many there were."""
    count = len(read_letters(settings))
    with consumer(settings, client_id=_CLIENT) as client:
        ends = topic_ends(client, topics(settings).dead_letter.name)
    filled = {partition: end for partition, end in ends.items() if end > 0}
    if filled:
        with admin(settings) as client:
            client.delete_records(filled)
    return count
