"""What matters in a server's log when it did not start or has died."""

from __future__ import annotations

import re
from pathlib import Path

SHOWN = 8
TAIL_BYTES = 200_000
_TROUBLE = re.compile(
    r"\b(ERROR|FATAL|SEVERE)\b|Exception|Caused by|^Error|OutOfMemory|No space left|Permission denied|Address already",
)
_STACK = re.compile(r"^\s+at |^\s*\.\.\. \d+ more")


def last_trouble(log: Path, since: int = 0) -> list[str]:
    """The last lines that name an error, without stack frames; else the last lines. `since` is a file position."""
    try:
        with log.open("rb") as file:
            end = file.seek(0, 2)
            file.seek(max(since if since <= end else 0, end - TAIL_BYTES))
            lines = file.read().decode("utf8", "replace").splitlines()
    except OSError as error:
        return [f"(the log cannot be read: {error.strerror})"]
    told = [line for line in lines if line.strip() and not _STACK.match(line)]
    return ([line for line in told if _TROUBLE.search(line)] or told)[-SHOWN:]
