"""Groups of states and lists of a user's own, by the names that rules use for them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

_MEMBERS_OF = "members of "


class UnknownGroup(ValueError):
    """A rule asks for the members of a group that is no group."""

    def __init__(self, name: str) -> None:
        super().__init__(f"'{name}' is no group; groups are {', '.join(sorted(_shipped()))} and your own in [groups]")
        self.name = name


@lru_cache(maxsize=1)
def _shipped() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """What a name covers by itself, and the members, by names in lower case."""
    table = tomllib.loads((files("pipeline.alerts") / "groups.toml").read_text("utf8"))
    found = {}
    for name, group in table.items():
        members = tuple(group["members"].split())
        body = (name, *([group["body"]] if "body" in group else []))
        for called in (name, *group.get("also", ())):
            covered = (*body, *members) if group.get("loose") else (called,)
            found[called.casefold()] = (covered, members)
    return found


def expanded(names: tuple[str, ...], own: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Names with groups put in their place; `own` are the user's lists, by names in lower case.

    Raises UnknownGroup for the members of a group that nobody knows.
    """
    found: list[str] = []
    for name in names:
        key = name.strip().casefold()
        key = key.removeprefix("the ")
        group = key.removeprefix(_MEMBERS_OF).removeprefix("the ")
        if key in own:
            found += own[key]
        elif key.startswith(_MEMBERS_OF):
            if group not in own and group not in _shipped():
                raise UnknownGroup(name)
            found += own[group] if group in own else _shipped()[group][1]
        elif key in _shipped():
            found += _shipped()[key][0]
        else:
            found.append(name)
    return tuple(dict.fromkeys(found))
