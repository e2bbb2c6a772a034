"""The list of sources that are followed: one TOML file that people edit, checked as a whole before it is used."""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator

from connectors.base import Declared, Options
from connectors.kinds import kind_named
from connectors.secrets import has_secret
from pipeline.errors import BadInput, BadSetting, DemarcheError
from pipeline.inputs.urls import canonical_url
from pipeline.records import Publisher
from pipeline.settings import Settings

_TABLE = re.compile(r"\s*\[\[\s*sources\s*\]\]")


class Source(Options):
    """One `[[sources]]` table. `publisher`, `country` and `tags` are put on every article of the source."""

    url: str = Field(description="Address of the feed or page; secrets in it as ${NAME}.")
    kind: str = Field("feed", description="One of the kinds in connectors/kinds.py.")
    publisher: str | None = Field(None, description="Id of the publisher, such as example.org.")
    name: str | None = Field(None, description="Name of the publisher.")
    country: str | None = Field(None, pattern="^[A-Z]{3}$", description="ISO 3166 alpha-3 code of the publisher.")
    tags: tuple[str, ...] = ()
    every_min: float | None = Field(None, ge=1, le=1440, description="Asked at this pace, whatever its rhythm.")
    silent_after_h: float | None = Field(None, gt=0, description="Hours without news after which it counts as silent.")

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, kind: str) -> str:
        try:
            return kind_named(kind).name
        except BadSetting as error:
            raise ValueError(str(error)) from None

    @field_validator("url")
    @classmethod
    def _usable_url(cls, url: str) -> str:
        try:
            canonical_url(url)
        except DemarcheError as error:
            raise ValueError(str(error)) from None
        password = urlsplit(url).password
        if password and not has_secret(password):
            raise ValueError("it has a password in it: write ${NAME} or ${file:/path} for it")
        return url

    @field_validator("password")
    @classmethod
    def _no_open_password(cls, password: str | None) -> str | None:
        if password and not has_secret(password):
            raise ValueError("write ${NAME} or ${file:/path}, not the password itself")
        return password

    @model_validator(mode="after")
    def _whole(self) -> Source:
        if (self.name or self.country) and not self.publisher:
            raise ValueError("'name' and 'country' describe a publisher: give 'publisher' too")
        return self

    @property
    def declared(self) -> Declared:
        publisher = Publisher(id=self.publisher, name=self.name, country=self.country) if self.publisher else None
        return Declared(publisher=publisher, tags=self.tags)


def sources_path(settings: Settings) -> Path:
    return settings.sources or settings.home / "sources.toml"


def load_sources(path: Path) -> list[Source]:
    """All sources; an empty list where there is no file yet. Raises BadSetting naming line, source and key."""
    try:
        written = path.read_text("utf8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"The list of sources {path} cannot be read: {error}.") from None
    return parse_sources(written, path)


def parse_sources(written: str, path: Path) -> list[Source]:
    """The sources in the text of a list; `path` is what errors call it."""
    try:
        tables = tomllib.loads(written)
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"The list of sources {path} is not valid TOML: {error}.") from None
    others = sorted(set(tables) - {"sources"})
    if others or not isinstance(tables.get("sources", []), list):
        key = others[0] if others else "sources"
        raise BadSetting(
            f"In {path}, line {_line_of_key(written.splitlines(), key)}: '{key}' cannot be used.",
            "The file holds [[sources]] tables only.",
        )
    listed = []
    for number, table in enumerate(tables.get("sources", []), start=1):
        try:
            listed.append(Source.model_validate(table))
        except ValidationError as error:
            raise _mistake(written, path, number, error) from None
    _refuse_twins(written, listed, path)
    return listed


def _mistake(written: str, path: Path, number: int, error: ValidationError) -> BadSetting:
    first = error.errors()[0]
    key = str(first["loc"][0]) if first["loc"] else ""
    line = _line_of_source(written, number, key)
    what = f"'{key}' cannot be used" if key else "it cannot be used"
    reason = first["msg"].removeprefix("Value error, ")
    return BadSetting(f"In {path}, line {line}, source {number}: {what}: {reason}.")


def _line_of_source(written: str, number: int, key: str = "") -> int:
    """The line of a key in the table of the n-th source; that of the table where the key is not written there."""
    lines = written.splitlines()
    starts = [at for at, line in enumerate(lines) if _TABLE.match(line)]
    if number > len(starts):
        return 1
    start = starts[number - 1]
    end = starts[number] if number < len(starts) else len(lines)
    return start + _line_of_key(lines[start:end], key)


def _line_of_key(lines: list[str], key: str) -> int:
    named = re.compile(rf"""\s*\[*\s*["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((at for at, line in enumerate(lines, start=1) if key and named.match(line)), 1)


def _refuse_twins(written: str, listed: list[Source], path: Path) -> None:
    seen: dict[str, int] = {}
    for number, source in enumerate(listed, start=1):
        earlier = seen.setdefault(canonical_url(source.url), number)
        if earlier != number:
            line = _line_of_source(written, number, "url")
            reason = f"In {path}, line {line}, source {number} is source {earlier} again: {source.url}."
            raise BadSetting(reason, "Remove one.")


def add_sources(path: Path, added: list[Source]) -> list[Source]:
    """Append those that are not listed yet, leaving the file's other lines as they are; returns what was added."""
    known = {canonical_url(source.url) for source in load_sources(path)}
    new = []
    for source in added:
        if canonical_url(source.url) not in known:
            known.add(canonical_url(source.url))
            new.append(source)
    if new:
        old = path.read_text("utf8") if path.exists() else ""
        gap = "" if not old else "\n" if old.endswith("\n") else "\n\n"
        _write(path, old + gap + "\n".join(map(_table, new)))
    return new


def remove_source(path: Path, url: str) -> bool:
    """Take a source out of the file, its comments above it included; False where it is not listed."""
    listed = load_sources(path)
    wanted = canonical_url(url)
    number = next((at for at, source in enumerate(listed) if canonical_url(source.url) == wanted), None)
    if number is None:
        return False
    lines = path.read_text("utf8").splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if _TABLE.match(line)]
    if len(starts) != len(listed):
        raise BadInput(f"{path} lists its sources in another form than [[sources]] tables.", "Edit it by hand.")
    begin = _with_comments(lines, starts[number])
    end = _with_comments(lines, starts[number + 1]) if number + 1 < len(starts) else len(lines)
    _write(path, "".join(lines[:begin] + lines[end:]))
    return True


def _with_comments(lines: list[str], start: int) -> int:
    """Where a table begins together with the comment lines right above it."""
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return start


def _table(source: Source) -> str:
    values = source.model_dump(exclude_none=True, exclude_defaults=True) | {"kind": source.kind}
    headers = values.pop("headers", None)
    # A JSON string, number or list of strings is a TOML one, but for the character DEL, which no address or name has.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()]
    if headers:
        pairs = ", ".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in headers.items())
        lines.append(f"headers = {{ {pairs} }}\n")
    return f"[[sources]]\n{''.join(lines)}"


def _write(path: Path, text: str) -> None:
    """Replace the file as a whole, and only by a list that can be loaded: a killed process must not halve it."""
    parse_sources(text, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf8") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path.resolve())
    except OSError as error:
        raise BadSetting(f"The list of sources {path} cannot be written: {error.strerror}.") from None
