"""Definite descriptions: which bodies "the ministry", "the news agency" or "the company" can stand for."""

from __future__ import annotations

import re

from pipeline.actors import slug
from pipeline.enrich.mentions import Resolved

_MEDIA = frozenset(
    {
        "agency",
        "broadcaster",
        "newspaper",
        "paper",
        "daily",
        "magazine",
        "network",
        "channel",
        "outlet",
        "station",
        "site",
    }
)
_FIRMS = frozenset(
    {
        "airline", "bank", "builder", "business", "carmaker", "chain", "company", "conglomerate", "corporation",
        "developer", "firm", "giant", "insurer", "lender", "maker", "manufacturer", "operator", "producer", "refiner",
        "retailer", "startup", "utility",
    }
)  # fmt: skip
GROUPS = frozenset(
    {"alliance", "bloc", "body", "faction", "group", "militia", "movement", "organisation", "organization"}
)
_STATES = frozenset({"country", "nation", "republic", "kingdom"})
# Bodies whose name holds the noun, in any language but ours too often not: only the noun itself tells.
_NAMED_SO = frozenset(
    {
        "administration", "army", "association", "authority", "bureau", "bank", "centre", "center", "charity", "church",
        "club", "command", "commission", "committee", "congress", "consulate", "council", "court", "department",
        "embassy", "federation", "foundation", "government", "guard", "institute", "ministry", "mission", "navy",
        "office", "parliament", "party", "police", "presidency", "senate", "service", "treasury", "tribunal", "union",
        "university",
    }
)  # fmt: skip
NOUNS = _MEDIA | _FIRMS | GROUPS | _STATES | _NAMED_SO
# What may stand beside the noun without being in the name.
_IDLE = frozenset({"news", "state", "armed", "militant", "rebel", "local", "big", "same", "said", "whole", "entire"})
_WORD = re.compile(r"[^\W_]+")


def fits(noun: str, beside: set[str], resolved: Resolved) -> bool:
    """Whether a body mentioned before can be called by a noun, with the words beside it, all in lower case."""
    party = resolved.party
    if party.kind in {"person", "region", None}:
        return False
    own = {_plain(word) for word in _WORD.findall(f"{party.name} {party.actor_id or ''}".casefold())}
    if not {_plain(word) for word in beside - _IDLE} <= own:
        return False
    if noun in _STATES:
        return party.kind == "state"
    if party.kind == "state":
        return False
    named_so = _plain(noun) in own
    if noun in _MEDIA and (resolved.relay or party.kind == "agency"):
        return True
    if noun in _FIRMS and party.kind == "organisation" and not resolved.political:
        return named_so or not own & {_plain(word) for word in _NAMED_SO}
    if noun in GROUPS:
        return party.kind in {"organisation", "group"} and not resolved.relay
    return named_so


def _plain(word: str) -> str:
    return slug(word).replace("defense", "defence").replace("center", "centre").removesuffix("s")
