"""Channels: where messages go, read from TOML. Addresses and passwords stand elsewhere, in the environment or in files.

```toml
[[channel]]
name = "desk"
type = "webhook"
url = "env:DESK_HOOK"
secret = "file:/run/secrets/desk"
```
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipeline.errors import BadSetting

_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:.+")


def _is_reference(value: str) -> str:
    if value and not _REFERENCE.fullmatch(value):
        # The value may be the secret itself: it is not repeated.
        raise ValueError("must name where the value stands: env:NAME or file:/path, never the value itself")
    return value


Reference = Annotated[str, AfterValidator(_is_reference)]
"""Where a secret stands; read when it is used, so that a new one counts at once."""


class _Base(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
    template: Path | None = Field(None, strict=False)
    """A Jinja template of the user's own for the text."""


class Webhook(_Base):
    """A signed POST of JSON."""

    type: Literal["webhook"]
    url: Reference
    secret: Reference = ""


class Email(_Base):
    """Mail by SMTP."""

    type: Literal["email"]
    host: str
    port: int = Field(587, ge=1, le=65535)
    tls: Literal["starttls", "ssl", "none"] = "starttls"
    user: Reference = ""
    password: Reference = ""
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    to: list[str] = Field(min_length=1)


class Service(_Base):
    """Slack, Teams, Telegram and all else that apprise knows, by its URL."""

    type: Literal["apprise"]
    url: Reference


Channel = Webhook | Email | Service
_CHANNEL: TypeAdapter[Channel] = TypeAdapter(Annotated[Channel, Field(discriminator="type")])


@dataclass(frozen=True, slots=True)
class Channels:
    """All channels, by name."""

    by_name: Mapping[str, Channel] = field(default_factory=dict)

    def get(self, name: str) -> Channel | None:
        return self.by_name.get(name)

    def __iter__(self) -> Iterator[Channel]:
        return iter(self.by_name.values())

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.by_name)


def load_channels(path: Path | None) -> Channels:
    """Channels of a TOML file; none without a path. Raises BadSetting naming file, channel and key."""
    if path is None:
        return Channels()
    try:
        table = tomllib.loads(path.read_text("utf8"))
    except OSError as error:
        raise BadSetting(
            f"The channels file {path} cannot be read: {error.strerror}.", "See docs/alerts.md."
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSetting(f"{path} is not valid TOML: {error}.") from error
    entries = table.get("channel", [])
    if set(table) - {"channel"} or not isinstance(entries, list):
        raise BadSetting(f"{path}: it must hold [[channel]] tables only.", "See docs/alerts.md.")
    found: dict[str, Channel] = {}
    for number, entry in enumerate(entries, 1):
        channel = _channel(path, number, entry)
        if channel.name in found:
            raise BadSetting(f"{path}: the channel '{channel.name}' is there twice.", "Give each its own name.")
        found[channel.name] = channel
    return Channels(found)


def _channel(path: Path, number: int, entry: Any) -> Channel:
    try:
        channel = _CHANNEL.validate_python(entry)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        known = {"webhook", "email", "apprise"}
        key = ".".join(str(part) for part in first["loc"] if part not in known)
        called = entry.get("name", f"number {number}") if isinstance(entry, dict) else f"number {number}"
        problem = str(first["msg"]).removeprefix("Value error, ")
        raise BadSetting(
            f"{path}: channel '{called}', key '{key or 'type'}': {problem}.", "See docs/alerts.md."
        ) from error
    if channel.template is not None:
        channel = channel.model_copy(update={"template": path.parent / channel.template})
    return channel


def secret(reference: str) -> str:
    """What a reference refers to. Raises BadSetting that names the reference and never the value."""
    kind, _, place = reference.partition(":")
    if kind == "env":
        value = os.environ.get(place, "")
    else:
        try:
            value = Path(place).read_text("utf8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(
                f"The secret {reference} cannot be read.", "Check the file and who may read it."
            ) from error
    if not value.strip():
        raise BadSetting(f"The secret {reference} is empty or not set.", "Set it for the workers, or name another.")
    return value.strip()
