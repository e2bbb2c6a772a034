"""Alert rules: what a user wants to be told of, read from TOML and checked before anything runs.

```toml
[[rule]]
id = "russia-warns-the-us"
speakers = ["Russia"]             # a country covers its officials, ministries and metonyms
acts = ["WARN", "THREATEN"]
addressees = ["United States"]
```
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pipeline.alerts.countries import actor_id, country_code, state_code
from pipeline.alerts.groups import UnknownGroup, expanded
from pipeline.alerts.matter import stem
from pipeline.alerts.times import clock, hours, span, zone
from pipeline.errors import BadSetting
from pipeline.records import WARNING_ACTS, Act, Party, Statement, StatementRecord, Status

ANYBODY = "*"
_MEDIA_KIND = "agency"
_NAMES_OF_ACTORS = ("speakers", "addressees", "targets")
_TOKEN = re.compile(r"\w+")


ThrottlePart = Literal["addressee", "act"]
KEPT_D, THROTTLE_MAX_D = 30, 3
"""How far back rules about change and throttles can look (days): so long is remembered what a side said."""


class Rule(BaseModel):
    """One alert rule; an empty list asks nothing of that part."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
    description: str = ""
    owner: str = ""
    enabled: bool = True
    speakers: tuple[str, ...] = ()
    acts: tuple[Act, ...] = ("WARN", "THREATEN")
    addressees: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ("asserted",)
    topics: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    stance: Literal["", "for", "against"] = ""
    min_confidence: float = Field(0.0, ge=0, le=1)
    min_publishers: int = Field(1, ge=1)
    change: Literal["", "first", "flip", "spike"] = ""
    window: str = "30d"
    within: str = "24h"
    at_least: int = Field(3, ge=2)
    factor: float = Field(3.0, gt=0)
    channels: tuple[str, ...] = ()
    quiet_hours: str = ""
    time_zone: str = "UTC"
    throttle: str = ""
    throttle_by: tuple[ThrottlePart, ...] = ("addressee",)
    digest: Literal["", "hourly", "daily"] = ""
    digest_at: str = "07:00"

    @field_validator("window", "within", "throttle")
    @classmethod
    def _is_span(cls, value: str, info: ValidationInfo) -> str:
        longest = {"window": KEPT_D, "within": KEPT_D, "throttle": THROTTLE_MAX_D}[info.field_name or ""]
        if value and span(value) > timedelta(days=longest):
            raise ValueError(f"'{value}' is longer than {longest} days, for which is remembered what was said")
        return value

    @field_validator("quiet_hours")
    @classmethod
    def _are_hours(cls, value: str) -> str:
        if value:
            hours(value)
        return value

    @field_validator("digest_at")
    @classmethod
    def _is_clock(cls, value: str) -> str:
        clock(value)
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        zone(value)
        return value

    @field_validator("speakers", "addressees", "topics", "publishers", "languages", "targets", "channels")
    @classmethod
    def _not_blank(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if any(not value.strip() for value in values):
            raise ValueError("holds an empty text")
        return values

    @field_validator("acts", "statuses")
    @classmethod
    def _not_empty(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not values:
            raise ValueError("must name at least one")
        return values

    @model_validator(mode="after")
    def _fits(self) -> Rule:
        if self.change == "spike" and span(self.within) >= span(self.window):
            raise ValueError("'within' must be shorter than 'window'")
        return self


@dataclass(frozen=True, slots=True)
class Match:
    """A rule met by a statement, and by what."""

    rule: Rule
    why: str


@dataclass(slots=True)
class RuleSet:
    """Rules, found by act, speaker and addressee, so that a statement meets only those that could concern it."""

    rules: tuple[Rule, ...]
    acts: frozenset[str] = field(init=False)
    statuses: frozenset[str] = field(init=False)
    _by_id: dict[str, Rule] = field(init=False)
    _buckets: dict[tuple[str, str, str], list[Rule]] = field(init=False)

    def __post_init__(self) -> None:
        active = [rule for rule in self.rules if rule.enabled]
        self.acts = frozenset(act for rule in active for act in rule.acts)
        self.statuses = frozenset(status for rule in active for status in rule.statuses)
        self._by_id = {rule.id: rule for rule in active}
        self._buckets = defaultdict(list)
        for rule in active:
            for key in _bucket_keys(rule):
                self._buckets[key].append(rule)

    def matches(self, record: StatementRecord) -> list[Match]:
        """The rules that a statement meets by itself, in the order of their ids."""
        statement = record.statement
        speakers = _keys(statement.speakers) | {ANYBODY}
        addressees = _keys(statement.addressees) | {ANYBODY}
        found = {
            rule.id: rule
            for speaker in speakers
            for addressee in addressees
            for rule in self._buckets.get((statement.act, speaker, addressee), ())
        }
        met = (Match(rule, why) for _, rule in sorted(found.items()) if (why := _why(rule, record)))
        return list(met)

    def wants(self, rule_id: str, publishers: int) -> bool:
        """Whether so many independent publishers are enough for a rule that is in force."""
        rule = self._by_id.get(rule_id)
        return rule is not None and publishers >= rule.min_publishers

    def get(self, rule_id: str) -> Rule | None:
        """The rule that is in force under this id."""
        return self._by_id.get(rule_id)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)


def _bucket_keys(rule: Rule) -> Iterator[tuple[str, str, str]]:
    speakers = [key for name in rule.speakers for key in _name_keys(name)] or [ANYBODY]
    addressees = [key for name in rule.addressees for key in _name_keys(name)] or [ANYBODY]
    for act in dict.fromkeys(rule.acts):
        for speaker in dict.fromkeys(speakers):
            for addressee in dict.fromkeys(addressees):
                yield act, speaker, addressee


@lru_cache(maxsize=100_000)
def _name_keys(name: str) -> frozenset[str]:
    """A state by its code; anybody else by the name as written, case aside, and by the id of a known actor."""
    code = state_code(name)
    if code:
        return frozenset({code})
    known = actor_id(name)
    return frozenset({name.strip().casefold().removeprefix("the "), *([known.casefold()] if known else [])})


def party_keys(party: Party) -> set[str]:
    """Every name by which a rule may mean this party: country, actor id, name, last name, affiliation."""
    name = party.name.casefold().removeprefix("the ")
    keys = {name}
    if party.kind in (None, "person") and name:
        keys.add(name.split()[-1])
    keys |= {value.casefold().removeprefix("the ") for value in (party.actor_id, party.affiliation) if value}
    country = party.country or (country_code(party.name) if len(party.name) > 3 else None)
    return keys | ({country} if country else set())


def _keys(parties: Iterable[Party]) -> set[str]:
    return {key for party in parties for key in party_keys(party)}


def _why(rule: Rule, record: StatementRecord) -> str:
    """By what a rule of the right bucket is met, or an empty text if another part of it is not."""
    statement = record.statement
    if statement.status not in rule.statuses or statement.confidence < rule.min_confidence or not _is_plain(statement):
        return ""
    if rule.languages and (record.language or "") not in rule.languages:
        return ""
    speaker = _speaker_met(rule, record)
    addressee = _party_met(rule.addressees, statement.addressees)
    topic = next((topic for topic in rule.topics if _mentions(record, topic)), "")
    publisher = next((name for name in rule.publishers if name.casefold() in _publisher_names(record)), "")
    if not speaker or (rule.topics and not topic) or (rule.publishers and not publisher):
        return ""
    if rule.addressees and not addressee:
        return ""
    target = _target_met(rule, record)
    if (rule.targets or rule.stance) and not target:
        return ""
    parts = [f"speaker {speaker}", f"act {statement.act}", f"status {statement.status}"]
    parts += [f"addressee {addressee}"] if addressee else []
    parts += [f"topic “{topic}”"] if topic else []
    parts += [f"stance {target}"] if target else []
    parts += [f"publisher {publisher}"] if publisher else []
    parts += [f"confidence {statement.confidence:.2f} ≥ {rule.min_confidence:g}"] if rule.min_confidence else []
    return "; ".join(parts)


def _is_plain(statement: Statement) -> bool:
    """Whether a warning stands on more than a model's reading of plain words.

    In ordinary news that reading alone is mostly wrong, however sure it is; between two states it is mostly right. What
    is not plain alerts nobody by itself, but joins what is.
    """
    if statement.act not in WARNING_ACTS or statement.act_certainty == 1:
        return True
    ours = {party.country for party in statement.speakers}
    return any(party.country and party.country not in ours for party in statement.addressees)


def _speaker_met(rule: Rule, record: StatementRecord) -> str:
    """The speaker that meets the rule.

    A rule that names a country, or nobody, asks for a political act of it: a Russian weather service is Russian too.
    """
    statement = record.statement
    warning = statement.act in WARNING_ACTS and statement.status == "asserted"
    if not rule.speakers:
        political = statement.alertable if warning else any(map(_is_political, statement.speakers))
        return _described(statement.speakers[0]) + " (any political actor)" if political and statement.speakers else ""
    named = tuple(name for name in rule.speakers if not state_code(name))
    found = _party_met(named, statement.speakers)
    if not found and (statement.alertable or not warning):
        found = _party_met(rule.speakers, statement.speakers)
    return found


def _target_met(rule: Rule, record: StatementRecord) -> str:
    """Towards whom the speaker takes the stance that a rule asks for."""
    for stance in record.statement.stances:
        if rule.stance and stance.polarity != (1 if rule.stance == "for" else -1):
            continue
        found = _party_met(rule.targets, [stance.target]) if rule.targets else _described(stance.target)
        if found:
            return f"{stance.polarity:+d} towards {found}"
    return ""


def _is_political(party: Party) -> bool:
    return bool(party.country or party.actor_id) and party.kind != _MEDIA_KIND


def _party_met(names: Iterable[str], parties: Iterable[Party]) -> str:
    parties = list(parties)
    for name in names:
        for party in parties:
            if _name_keys(name) & party_keys(party):
                return _described(party) + ("" if party.name.casefold() == name.casefold() else f" (for “{name}”)")
    return ""


def _described(party: Party) -> str:
    return f"{party.name} [{party.country}]" if party.country else party.name


def _publisher_names(record: StatementRecord) -> set[str]:
    publisher = record.publisher
    return {name.casefold() for name in (publisher.id, publisher.name) if name} if publisher else set()


def _mentions(record: StatementRecord, topic: str) -> bool:
    """Whether a topic is meant: an actor it names, or all its words in a row, in the statement or the headline."""
    if _name_keys(topic) & {actor.casefold() if "/" in actor else actor for actor in record.actor_ids}:
        return True
    wanted = [stem(word) for word in _TOKEN.findall(topic)]
    for text in (record.words, record.evidence, record.title, *record.matter):
        words = [stem(word) for word in _TOKEN.findall(text)]
        if any(words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1)):
            return True
    return False


def load_rules(path: Path | None = None, channels: Collection[str] | None = None) -> RuleSet:
    """Rules from a TOML file or a folder of them; without a path, the one that comes along: any new warning.

    With `channels`, a rule may name no others.

    Raises BadSetting naming file, line, rule and key of the first thing that cannot be used.
    """
    if path is None:
        shipped = files("pipeline.alerts") / "rules" / "default.toml"
        return RuleSet(tuple(_parse("default.toml", shipped.read_text("utf8"))))
    seen: dict[str, str] = {}
    rules: list[Rule] = []
    for file in _rule_files(path):
        for rule in _parse(str(file), _read(file), channels):
            if rule.id in seen:
                raise BadSetting(
                    f"{file}: the rule id '{rule.id}' is taken by a rule in {seen[rule.id]}.",
                    "Give each rule its own id.",
                )
            seen[rule.id] = str(file)
            rules.append(rule)
    return RuleSet(tuple(rules))


def _rule_files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(path.glob("*.toml"))
        if not found:
            raise BadSetting(
                f"The rules folder {path} holds no .toml file.", "Put a rule file there; see docs/alerts.md."
            )
        return found
    if not path.exists():
        raise BadSetting(f"The rules file {path} does not exist.", "Create it; docs/alerts.md shows the smallest one.")
    return [path]


def _read(file: Path) -> str:
    try:
        return file.read_text("utf8")
    except UnicodeDecodeError as error:
        raise BadSetting(f"{file} is not a text file in UTF-8.", "Save it as UTF-8.") from error
    except OSError as error:
        raise BadSetting(f"{file} cannot be read: {error.strerror}.") from error


def _parse(name: str, text: str, channels: Collection[str] | None = None) -> Iterator[Rule]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{name} is not valid TOML: {error}.") from error
    for key in table:
        if key not in ("rule", "groups"):
            raise BadSetting(
                f"{name}{_line(text, key)}: unknown key '{key}'.",
                "A rule file holds [[rule]] tables, and lists of your own in [groups].",
            )
    groups = _own_groups(name, text, table.get("groups", {}))
    entries = table.get("rule", [])
    if not isinstance(entries, list) or not entries:
        raise BadSetting(f"{name}: no rule in it.", "Begin each rule with a line [[rule]].")
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        rule = _rule(name, text, number, entry, groups)
        if rule.id in seen:
            at = _line(text, "id", number)
            raise BadSetting(f"{name}{at}: the rule id '{rule.id}' is there twice.", "Give each rule its own id.")
        seen.add(rule.id)
        _check_channels(rule, channels, f"{name}{_line(text, 'channels', number)}")
        yield rule


def _check_channels(rule: Rule, channels: Collection[str] | None, where: str) -> None:
    for name in rule.channels:
        if channels is not None and name not in channels:
            near = difflib.get_close_matches(name, channels, n=1)
            hint = f"Did you mean '{near[0]}'?" if near else "Define it in the file that the setting 'channels' names."
            raise BadSetting(f"{where}: rule '{rule.id}', key 'channels': there is no channel '{name}'.", hint)


def _own_groups(name: str, text: str, table: Any) -> dict[str, tuple[str, ...]]:
    """The user's own lists, by their names in lower case."""
    if not isinstance(table, dict):
        raise BadSetting(f"{name}{_line(text, 'groups')}: 'groups' is not a table.", "Begin it with a line [groups].")
    for key, members in table.items():
        if not isinstance(members, list) or not members or not all(isinstance(m, str) and m.strip() for m in members):
            raise BadSetting(
                f"{name}{_line(text, key)}: the group '{key}' is not a list of names.",
                f'Write {key} = ["Finland", "Sweden"].',
            )
    return {key.casefold(): tuple(members) for key, members in table.items()}


def _rule(name: str, text: str, number: int, entry: Any, groups: dict[str, tuple[str, ...]]) -> Rule:
    if not isinstance(entry, dict):
        raise BadSetting(f"{name}: rule {number + 1} is not a table.", "Begin each rule with a line [[rule]].")
    entry = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    if isinstance(entry.get("min_confidence"), int) and not isinstance(entry["min_confidence"], bool):
        entry["min_confidence"] = float(entry["min_confidence"])
    called = entry.get("id") if isinstance(entry.get("id"), str) else f"number {number + 1}"
    try:
        rule = Rule(**entry)
        return rule.model_copy(update={key: expanded(getattr(rule, key), groups) for key in _NAMES_OF_ACTORS})
    except UnknownGroup as error:
        key = next(key for key in _NAMES_OF_ACTORS if error.name in entry.get(key, ()))
        raise BadSetting(f"{name}{_line(text, key, number)}: rule '{called}', key '{key}': {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        where = f"{name}{_line(text, key, number)}: rule '{called}'" + (f", key '{key}'" if key else "")
        raise BadSetting(f"{where}: {_problem(first)}.", _hint(key, first)) from error


def _problem(error: Any) -> str:
    kind, value = error["type"], error.get("input")
    if kind == "extra_forbidden":
        return "no such key"
    if kind == "missing":
        return "missing"
    if kind == "literal_error":
        return f"'{value}' is not one of {error['ctx']['expected']}".replace("'\"", "'")
    if kind == "tuple_type":
        return f'must be a list, like ["{value}"]'
    return str(error["msg"]).removeprefix("Value error, ")


def _hint(key: str, error: Any) -> str:
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, Rule.model_fields, n=1)
        return f"Did you mean '{near[0]}'?" if near else "Keys are " + ", ".join(Rule.model_fields) + "."
    if error["type"] == "literal_error":
        known = get_args(Act) if key == "acts" else get_args(Status)
        near = difflib.get_close_matches(
            str(error["input"]).upper() if key == "acts" else str(error["input"]), known, n=1
        )
        return f"Did you mean '{near[0]}'?" if near else ""
    return ""


def _line(text: str, key: str, number: int = -1) -> str:
    """`:12` for the line on which a rule sets a key; the rule's first line if the key is not there to be found."""
    rule, start = -1, 0
    for at, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*\[\[\s*rule\s*\]\]", line):
            rule, start = rule + 1, at if rule + 1 == number else start
        if rule == number and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*(=|\])", line.replace("[", "")):
            return f":{at}"
    return f":{start}" if start else ""
