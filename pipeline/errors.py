"""What can go wrong, in two families: Terminal (give the record up) and Transient (try again).

Raised where the fact is known, decided upon in one place: the command line prints `message` and `hint`, a worker
sends what is Terminal to the dead letters and retries what is Transient.
"""

from __future__ import annotations


class DemarcheError(Exception):
    """An error with one sentence for the user and, where there is one, a hint on what to do."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class Terminal(DemarcheError):
    """Trying again cannot help: bad input, a refused document, an impossible request."""


class Transient(DemarcheError):
    """Trying again may help: a server that is away, a full queue, a time-out."""

    exit_code = 75  # EX_TEMPFAIL


class BadInput(Terminal):
    """An input that no article can be made of: empty, binary, too large, without text."""

    exit_code = 65  # EX_DATAERR


class BadSetting(Terminal):
    """A setting or a rule that cannot be used; the message names the key."""

    exit_code = 78  # EX_CONFIG


class Unreachable(Transient):
    """A server (Kafka, Elasticsearch, a feed) that does not answer."""

    exit_code = 69  # EX_UNAVAILABLE
