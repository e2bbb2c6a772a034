"""The form of the data files, and their reading. docs/actors.md describes the form for users."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.actors.model import Gender, Kind
from pipeline.actors.text import slug
from pipeline.errors import BadSetting

DATA = Path(__file__).parent / "data"
_POST = re.compile(r"(?P<role>[^@]+?)(?:\s*@(?P<body>\S+))?\s+(?P<start>[\d-]+|\.\.)/(?P<end>[\d-]+|\.\.)")
_HINT = "docs/actors.md describes the form of actor files."


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class State(Entry):
    """A state or a territory, under its ISO 3166 alpha-3 code."""

    name: str = ""
    capital: str = ""
    demonyms: list[str] = Field(default_factory=list)
    adjective: str = ""
    aliases: list[str] = Field(default_factory=list)
    seats: list[str] = Field(default_factory=list)
    note: str = ""


class Region(Entry):
    """A part of a state, under its name."""

    country: str
    aliases: list[str] = Field(default_factory=list)
    demonyms: list[str] = Field(default_factory=list)
    note: str = ""


class Organisation(Entry):
    """A body, party, armed group, agency or medium with a name of its own."""

    id: str
    name: str
    kind: Kind = "organisation"
    country: str | None = None
    aliases: list[str] = Field(default_factory=list)
    metonyms: list[str] = Field(default_factory=list)
    political: bool = True
    relay: bool = False
    note: str = ""


class Medium(Organisation):
    """A news agency, broadcaster or newspaper."""

    kind: Kind = "agency"
    relay: bool = True


class Person(Entry):
    """A person with the posts held, the more important first. `surname` where it is not the last word of the name."""

    name: str
    country: str | None = None
    gender: Gender | None = None
    surname: str = ""
    aliases: list[str] = Field(default_factory=list)
    posts: list[str] = Field(default_factory=list)
    id: str = ""


class Body(Entry):
    id: str
    name: str
    words: list[str]
    names: dict[str, list[str]] = Field(default_factory=dict)
    display: dict[str, str] = Field(default_factory=dict)
    political: bool = True
    relay: bool = False


class Office(Entry):
    id: str
    role: str = ""
    words: list[str]
    body: str = ""
    names: dict[str, list[str]] = Field(default_factory=dict)
    many: bool = False

    def role_in(self, country: str | None) -> str:
        special = self.names.get(country or "")
        return special[0] if special else self.role or self.id.replace("-", " ")


class Leaders(Entry):
    order: list[str] = Field(default_factory=list)
    first: dict[str, str] = Field(default_factory=dict)


class Words(Entry):
    generic: list[str] = Field(default_factory=list)
    modifiers: list[str] = Field(default_factory=list)
    former: list[str] = Field(default_factory=list)
    titles: list[str] = Field(default_factory=list)
    determiners: list[str] = Field(default_factory=list)
    openers: list[str] = Field(default_factory=list)


class Companies(Entry):
    heads: list[str] = Field(default_factory=list)
    openings: list[str] = Field(default_factory=list)


class Reading(Entry):
    """Another meaning of a name, taken where an article speaks for it.

    `because`: words of the article that tell; `unless`: words that rule it out; case matters.
    """

    name: str
    actor: str
    because: list[str] = Field(min_length=1)
    unless: list[str] = Field(default_factory=list)
    where: str = ""
    """Which file it comes from."""


class Post(NamedTuple):
    """An office held: role as written, body (None: the office's own), first day, and the day it passed on."""

    role: str
    body: str | None
    start: date
    end: date

    def held(self, at: date) -> bool:
        return self.start <= at < self.end


class Files(BaseModel):
    """All entries of all files, later files winning over earlier ones by id."""

    states: dict[str, State] = Field(default_factory=dict)
    territories: dict[str, State] = Field(default_factory=dict)
    regions: dict[str, Region] = Field(default_factory=dict)
    parts: dict[str, list[str]] = Field(default_factory=dict)
    places: dict[str, list[str]] = Field(default_factory=dict)
    organisations: dict[str, Organisation] = Field(default_factory=dict)
    people: dict[str, Person] = Field(default_factory=dict)
    bodies: dict[str, Body] = Field(default_factory=dict)
    offices: dict[str, Office] = Field(default_factory=dict)
    leaders: Leaders = Field(default_factory=Leaders)
    words: Words = Field(default_factory=Words)
    companies: Companies = Field(default_factory=Companies)
    checked: str = ""
    common_surnames: list[str] = Field(default_factory=list)
    given_names: dict[Gender, list[str]] = Field(default_factory=dict)
    readings: list[Reading] = Field(default_factory=list)
    where: dict[str, str] = Field(default_factory=dict)
    """Which file an entry comes from, by "table/id"."""


E_ = TypeVar("E_", bound=Entry)


def _day(written: str, *, end: bool) -> date:
    """A date of full or partial precision; of a partial one the first day or, for an end, the day after the last."""
    if written == "..":
        return date.max if end else date.min
    parts = [int(part) for part in written.split("-")]
    if len(parts) == 3:
        return date(*parts)
    year, month = parts[0], parts[1] if len(parts) > 1 else (12 if end else 1)
    if not end:
        return date(year, month, 1)
    return date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)


def post(written: str) -> Post:
    """Read `ROLE[@BODY] FROM/UNTIL`, such as "president 2012-05-07/..". Raises ValueError."""
    match = _POST.fullmatch(written.strip())
    if not match:
        raise ValueError(f'the post "{written}" is not of the form ROLE[@BODY] FROM/UNTIL')
    start, end = _day(match["start"], end=False), _day(match["end"], end=True)
    if end <= start:
        raise ValueError(f'the post "{written}" ends before it begins')
    return Post(role=match["role"], body=match["body"], start=start, end=end)


def _entry(model: type[E_], value: Any, path: Path, what: str) -> E_:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadSetting(f"{path}: {what}: {place}: {first['msg']}.", _HINT) from error


_LISTS: dict[str, tuple[str, type[Entry]]] = {
    "organisation": ("organisations", Organisation),
    "medium": ("organisations", Medium),
    "person": ("people", Person),
    "body": ("bodies", Body),
    "office": ("offices", Office),
}
_TABLES: dict[str, type[Entry]] = {"states": State, "territories": State, "regions": Region}
_SINGLE: dict[str, type[Entry]] = {"leaders": Leaders, "words": Words, "companies": Companies}


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf8"))
    except OSError as error:
        raise BadSetting(f"The actor file {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"The actor file {path} is not valid TOML: {error}.", _HINT) from error


def _key(value: Any, kind: str, number: int, path: Path) -> str:
    """The id of an entry of a list, which for people is made of the name."""
    named = value.get("id") if isinstance(value, dict) else None
    if not named and kind == "person" and isinstance(value, dict) and isinstance(value.get("name"), str):
        named = f"person/{slug(value['name'])}"
    if not isinstance(named, str) or not named:
        need = "name" if kind == "person" else "id"
        raise BadSetting(f"{path}: [[{kind}]] number {number} has no {need}.", _HINT)
    return named


def _read(files: Files, path: Path) -> None:
    for table, value in _load(path).items():
        if table in _LISTS and isinstance(value, list):
            _add_list(files, table, value, path)
        elif table in _TABLES and isinstance(value, dict):
            _add_table(files, table, value, path)
        elif table in _SINGLE and isinstance(value, dict):
            setattr(files, table, _entry(_SINGLE[table], value, path, f"[{table}]"))
        elif table in ("parts", "places") and isinstance(value, dict):
            _add_names(getattr(files, table), files, value, path, table)
        elif table == "checked":
            files.checked = _checked(value, path)
        elif table == "given_names" and isinstance(value, dict):
            _add_given_names(files, value, path)
        elif table == "reading" and isinstance(value, list):
            files.readings += [_reading(item, number, path) for number, item in enumerate(value, 1)]
        elif table == "common_surnames" and isinstance(value, list):
            files.common_surnames += [str(name) for name in value]
        else:
            raise BadSetting(f'{path}: unknown table "{table}".', _HINT)


def _add_list(files: Files, table: str, items: list[Any], path: Path) -> None:
    field, model = _LISTS[table]
    target = getattr(files, field)
    seen: set[str] = set()
    for number, item in enumerate(items, 1):
        key = _key(item, table, number, path)
        if key in seen:
            raise BadSetting(f'{path}: [[{table}]] "{key}" stands there twice.', _HINT)
        seen.add(key)
        target[key] = _entry(model, {**item, "id": key}, path, f'[[{table}]] "{key}"')
        files.where[key] = str(path)


def _add_table(files: Files, table: str, items: dict[str, Any], path: Path) -> None:
    target = getattr(files, table)
    for key, item in items.items():
        target[key] = _entry(_TABLES[table], item, path, f'[{table}] "{key}"')
        files.where[key] = str(path)


def _add_names(target: dict[str, list[str]], files: Files, given: dict[str, Any], path: Path, table: str) -> None:
    for key, names in given.items():
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise BadSetting(f'{path}: [{table}] "{key}" must be a list of names.', _HINT)
        target[key] = [*target.get(key, []), *names]
        files.where[key] = files.where.get(key, str(path))


def _reading(value: Any, number: int, path: Path) -> Reading:
    return _entry(Reading, value, path, f"[[reading]] number {number}").model_copy(update={"where": str(path)})


def _checked(value: Any, path: Path) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError as error:
        raise BadSetting(f'{path}: checked = "{value}" is no day of the form 2026-12-31.', _HINT) from error


def _add_given_names(files: Files, table: dict[str, Any], path: Path) -> None:
    for gender, names in table.items():
        if gender not in ("f", "m") or not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise BadSetting(f'{path}: [given_names] must hold lists of names "f" and "m".', _HINT)
        files.given_names.setdefault("f" if gender == "f" else "m", []).extend(names)


def read(extra: Sequence[Path] = ()) -> Files:
    """Our data files, then the user's, whose entries replace ours of the same id."""
    files = Files()
    for path in [*sorted(DATA.glob("*.toml")), *extra]:
        _read(files, Path(path))
    return files
