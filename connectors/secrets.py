"""Passwords and tokens of sources: written as `${NAME}` or `${file:/path}`, filled in only for the request itself.

Whatever leaves the process (log lines, dead letters, health, error messages) goes through `hide`, which puts the
placeholder back. What was filled in is remembered for the whole process: a secret must not get out by any way.
"""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from urllib.parse import quote, quote_plus

from pipeline.errors import BadSetting

_PLACEHOLDER = re.compile(r"\$\{(file:[^}]+|[A-Za-z_][A-Za-z0-9_]*)\}")
_SHORTEST = 4
"""A shorter value would be found inside ordinary words and numbers."""

_known: dict[str, str] = {}


def has_secret(text: str) -> bool:
    return bool(_PLACEHOLDER.search(text))


def reveal(text: str) -> str:
    """The text with its placeholders filled in. Raises BadSetting naming the one that stands for nothing."""
    return _PLACEHOLDER.sub(lambda match: _value(match.group(0), match.group(1)), text)


def _value(placeholder: str, name: str) -> str:
    if name.startswith("file:"):
        try:
            value = Path(name.removeprefix("file:")).read_text("utf8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"The secret {placeholder} cannot be read: {error}.") from None
    else:
        value = os.environ.get(name, "")
    if not value:
        raise BadSetting(f"The secret {placeholder} is empty.", "Set that environment variable, or write the file.")
    remember(value, placeholder)
    return value


def remember(value: str, placeholder: str) -> None:
    """Let `hide` replace this value from now on, also as it stands in an address."""
    if len(value) >= _SHORTEST:
        for form in {value, quote(value, safe=""), quote_plus(value), quote(value)}:
            _known[form] = placeholder


def hide(text: str) -> str:
    """The text without any secret that was filled in so far."""
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, _known[value])
    return text


def hide_bytes(raw: bytes) -> bytes:
    for value in sorted(_known, key=len, reverse=True):
        raw = raw.replace(value.encode(), _known[value].encode())
    return raw


class HidingFilter(logging.Filter):
    """Keeps secrets out of log lines, those of libraries included."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _known:
            record.msg, record.args = hide(record.getMessage()), None
        return True
