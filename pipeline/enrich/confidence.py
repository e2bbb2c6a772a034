"""How likely a statement is to be right, by what can be said against it.

The plainest statement (quoted, with a reporting verb, of somebody named) has the highest confidence; each doubt lowers
it, none raises it. What a doubt costs was fitted to statements that a reader judged
(`pipeline.enrich.recipe.confidence`) and stands in `confidence.toml`: a base for all, and a weight for each doubt, in
logits. A statement that may raise an alert is judged by weights of its own, as it must be a warning too.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipeline.enrich.acts import SpeechAct
from pipeline.enrich.attribution import Attribution
from pipeline.enrich.contents import said_tokens
from pipeline.enrich.mentions import Resolved
from pipeline.records import WARNING_ACTS, Statement

WEIGHTS_FILE = Path(__file__).with_name("confidence.toml")
_FEW_WORDS = 4
_MANY_WORDS = 50
_SURE = 0.75
_LIKELY = 0.5


def doubts(statement: Statement, attribution: Attribution, act: SpeechAct, who: list[Resolved]) -> list[str]:
    """What makes a statement less sure than the plainest one, in a fixed order."""
    said = said_tokens(attribution)
    words = sum(t.is_alpha for t in said)
    frame, source = attribution.frame, attribution.source
    warns = statement.act in WARNING_ACTS
    does = statement.act != "STATE"
    signs = {
        "mixed": statement.kind == "mixed",
        "indirect": statement.kind == "indirect",
        "no cue": statement.cue is None,
        "no reporting word": statement.cue is not None and frame is None,
        "word of many senses": frame is not None and frame.entry.clause,
        "belief or wish": frame is not None and not frame.entry.speech,
        "noun as cue": frame is not None and frame.is_noun,
        "mark missing": not statement.closed,
        "no verb in what is said": bool(said) and all(t.pos_ not in {"VERB", "AUX"} for t in said),
        "few words": 0 < words < _FEW_WORDS,
        "many words": words > _MANY_WORDS,
        "inside other speech": attribution.parent is not None,
        "headline": statement.field == "title",
        "no speaker": not who,
        "pronoun": source is not None and source.pos_ == "PRON",
        "speaker not named": bool(who)
        and not who[0].known
        and (source is None or source.pos_ not in {"PRON", "PROPN"}),
        "act from words": does and statement.act_basis == "words",
        "act unsure": does and act.certainty < _SURE,
        "act hardly likely": does and act.certainty < _LIKELY,
        "nobody told": warns and not statement.addressees,
        "speaker of no state": warns and bool(who) and who[0].party.country is None,
    }
    return [name for name, holds in signs.items() if holds]


@dataclass(frozen=True)
class Weights:
    """In logits: what the plainest statement has, and what each doubt takes from it."""

    base: float
    doubts: dict[str, float]

    def probability(self, found: Iterable[str]) -> float:
        return 1 / (1 + math.exp(-self.base - sum(self.doubts.get(doubt, 0.0) for doubt in found)))


@lru_cache(maxsize=1)
def shipped(path: Path = WEIGHTS_FILE) -> dict[str, Weights]:
    """The weights that come with the rules, of `attribution` and `warning`."""
    tables = tomllib.loads(path.read_text("utf8"))
    return {name: Weights(table["base"], table["doubts"]) for name, table in tables.items()}


def confidence(statement: Statement) -> float:
    """The probability that who says what is right and, of an alertable statement, that it is a warning or threat."""
    weights = shipped()["warning" if statement.alertable else "attribution"]
    return round(weights.probability(statement.doubts), 2)
