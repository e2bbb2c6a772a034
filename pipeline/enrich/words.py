"""Word lists and patterns of the rules, read once from words.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

_TABLE: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf8"))

POLITICAL = frozenset(_TABLE["political"])
TECHNICAL = frozenset(_TABLE["technical"])
EXPERT = frozenset(_TABLE["expert"])
PAIRS = frozenset(_TABLE["pairs"])
WISHES = frozenset(_TABLE["wishes"])
HARM = frozenset(_TABLE["harm"])
HARM_NOUNS = frozenset(_TABLE["harm_nouns"])
BLOWS = frozenset(_TABLE["blows"])
STRUCK = frozenset(_TABLE["struck"])
KIND = frozenset(_TABLE["kind"])
RUMOURS = frozenset(_TABLE["rumours"])
AUDIENCE = frozenset(_TABLE["audience"])
PEOPLE = frozenset(_TABLE["people"])
CITIZENS = frozenset(_TABLE["citizens"])
BODIES = frozenset(_TABLE["bodies"])
ARMED = frozenset(_TABLE["armed"])
GIVING = frozenset(_TABLE["giving"])
TERMS = frozenset(_TABLE["terms"])
PRESSED = frozenset(_TABLE["pressed"])
UNPRESSED = frozenset(_TABLE["unpressed"])
MEETINGS = frozenset(_TABLE["meetings"])
MEETING = frozenset(_TABLE["meeting"])
MOVEMENTS = frozenset(_TABLE["movements"])
RULING = frozenset(_TABLE["ruling"])
THREATENED = frozenset(_TABLE["threatened"] + _TABLE["armed"])
AGREEING = frozenset(_TABLE["agreeing"])
EVENTS = frozenset(_TABLE["events"])
MESSAGES = frozenset(_TABLE["messages"])
WRITINGS = frozenset(_TABLE["writings"])
SUMMONING = frozenset(_TABLE["summoning"])
WORKERS = frozenset(_TABLE["workers"])
STERN = frozenset(_TABLE["stern"])
IDLE = frozenset(_TABLE["idle"])


def _pattern(*keys: str) -> re.Pattern[str]:
    """Of a text in small letters: to search for both cases takes up to three times as long."""
    return re.compile(rf"\b(?:{'|'.join(word for key in keys for word in _TABLE[key])})\b")


EARLIER = _pattern("earlier")
DETERRENT = _pattern("deterrent")
RETALIATION = _pattern("retaliation")
UNTRUE = _pattern("untrue")
TRAVEL = _pattern("travel")
HAZARDS = _pattern("hazards")
OR_ELSE = _pattern("or_else")
OR_ELSE_DEMANDED = _pattern("or_else", "or_else_demanded")
ELSE = _pattern("else")
AFTER_WHICH = _pattern("after_which")
WARNING_OFF = _pattern("warning_off")
HARMLESS_CONDITIONS = _pattern("harmless_conditions")
FICTION = _pattern("fiction")
