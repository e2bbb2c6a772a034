"""A server's log: how it is written, and what matters in it when the server did not start or has died."""

from __future__ import annotations

import re
from pathlib import Path

_LOG4J = """\
status = error
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {log}
appender.file.filePattern = {log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{ISO8601}} %-5p %c{{1.}}: %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 10MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
"""
SHOWN = 8
TAIL_BYTES = 200_000
_TROUBLE = re.compile(
    r"\b(ERROR|FATAL|SEVERE)\b|Exception|Caused by|^Error|OutOfMemory|No space left|Permission denied|Address already",
)
_STACK = re.compile(r"^\s+at |^\s*\.\.\. \d+ more")


def rolling_log(log: Path) -> str:
    """What log4j is told to write to a file, which begins anew at 10 MB; four of these are kept at the most."""
    return _LOG4J.format(log=log)


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
