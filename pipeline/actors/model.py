"""What the directory hands out: actors, and matches that say how a name led to an actor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["state", "person", "organisation", "agency", "group", "region"]
Gender = Literal["m", "f"]
How = Literal["name", "alias", "metonym", "demonym", "holder", "office", "body", "guess"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who can speak, be spoken to or be spoken about.

    `id` is an ISO 3166 alpha-3 code for states and territories, else a readable slug ("person/maria-zakharova",
    "rus/foreign-ministry", "nato"). `role` and `affiliation` are those of the date the actor was asked for.
    `political`: speaks for a state, a party, an armed group or an international organisation. `relay`: an agency or
    a medium that passes on what others say.
    """

    id: str
    name: str
    kind: Kind
    country: str | None = None
    country_name: str | None = None
    role: str | None = None
    affiliation: str | None = None
    political: bool = True
    relay: bool = False
    gender: Gender | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """An actor, and how the words led to it. `note` warns of another reading of the same words."""

    actor: Actor
    how: How
    note: str = ""
