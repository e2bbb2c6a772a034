"""The list of sources that are followed: one TOML file that people edit, checked as a whole before it is used."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from connectors.base import Declared
from connectors.kinds import kind_named
from pipeline.errors import BadSetting, DemarcheError
from pipeline.inputs.urls import canonical_url
from pipeline.records import Publisher
from pipeline.settings import Settings


class Source(BaseModel):
    """One `[[sources]]` table. `publisher`, `country` and `tags` are put on every article of the source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="Address of the feed or page.")
    kind: str = Field("feed", description="One of the kinds in connectors/kinds.py.")
    publisher: str | None = Field(None, description="Id of the publisher, such as example.org.")
    name: str | None = Field(None, description="Name of the publisher.")
    country: str | None = Field(None, pattern="^[A-Z]{3}$", description="ISO 3166 alpha-3 code of the publisher.")
    tags: tuple[str, ...] = ()

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
        return url

    @property
    def declared(self) -> Declared:
        publisher = Publisher(id=self.publisher, name=self.name, country=self.country) if self.publisher else None
        return Declared(publisher=publisher, tags=self.tags)


class _SourceList(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sources: list[Source] = Field(default_factory=list)


def sources_path(settings: Settings) -> Path:
    return settings.sources or settings.home / "sources.toml"


def load_sources(path: Path) -> list[Source]:
    """All sources; an empty list where there is no file yet. Raises BadSetting naming the source and the key."""
    try:
        listed = _SourceList.model_validate(tomllib.loads(path.read_text("utf8")))
    except FileNotFoundError:
        return []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"The list of sources {path} is not valid TOML: {error}.") from None
    except OSError as error:
        raise BadSetting(f"The list of sources {path} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = [part + 1 if isinstance(part, int) else part for part in first["loc"]]
        named = f"source {place[1]}" if len(place) > 1 else "the file"
        raise BadSetting(f"In {path}, {named}: '{place[-1]}' cannot be used: {first['msg']}.") from None
    _refuse_twins(listed.sources, path)
    return listed.sources


def _refuse_twins(listed: list[Source], path: Path) -> None:
    seen: dict[str, int] = {}
    for number, source in enumerate(listed, start=1):
        earlier = seen.setdefault(canonical_url(source.url), number)
        if earlier != number:
            raise BadSetting(f"In {path}, source {number} is source {earlier} again: {source.url}.", "Remove one.")


def add_source(path: Path, source: Source) -> bool:
    """Append a source, leaving the file's other lines as they are; False where it is listed already."""
    if any(canonical_url(known.url) == canonical_url(source.url) for known in load_sources(path)):
        return False
    values = source.model_dump(exclude_none=True, exclude_defaults=True) | {"kind": source.kind}
    # A JSON string or list of strings is a TOML one, but for the character DEL, which no address or name has.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        old = path.read_text("utf8") if path.exists() else ""
        gap = "" if not old else "\n" if old.endswith("\n") else "\n\n"
        with path.open("a", encoding="utf8") as file:
            file.write(f"{gap}[[sources]]\n{''.join(lines)}")
    except OSError as error:
        raise BadSetting(f"The list of sources {path} cannot be written: {error.strerror}.") from None
    return True
