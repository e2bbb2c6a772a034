"""How long matching takes, whatever the number of rules."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import product

import pycountry

from pipeline.alerts.rules import Rule, RuleSet
from pipeline.records import Act, Party, SourceRef, Statement, StatementRecord

_STATEMENTS = 2000
_ACTS: tuple[tuple[Act, ...], ...] = (("WARN", "DEMAND"), ("THREATEN", "CONDEMN"))


def measure_rules(count: int) -> float:
    """Microseconds to match one statement against so many rules, of which a few are met."""
    codes = [country.alpha_3 for country in pycountry.countries]
    rules = RuleSet(tuple(_rules(count, codes)))
    records = [_record(codes[n % len(codes)], codes[(n * 7 + 3) % len(codes)]) for n in range(_STATEMENTS)]
    for record in records[:50]:
        rules.matches(record)
    start = time.perf_counter()
    for record in records:
        rules.matches(record)
    return (time.perf_counter() - start) / len(records) * 1e6


def _rules(count: int, codes: list[str]) -> list[Rule]:
    """Each pair of speaker and addressee once, and from then on with another topic."""
    found = []
    for number, (speaker, addressee) in zip(range(count), product(codes, codes), strict=False):
        found.append(
            Rule(
                id=f"r{number}",
                speakers=(speaker,),
                addressees=(addressee,),
                acts=_ACTS[number % 2],
            )
        )
    return found


def _record(speaker: str, addressee: str) -> StatementRecord:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    statement = Statement(
        statement_id=f"{speaker}{addressee}",
        kind="indirect",
        speakers=[Party(name=speaker, country=speaker, kind="state")],
        addressees=[Party(name=addressee, country=addressee, kind="state")],
        act="WARN",
        alertable=True,
    )
    return StatementRecord(
        statement=statement,
        words="against mining near the border",
        evidence="warned against mining near the border",
        article_id="a",
        url="https://bench.example/a",
        source=SourceRef(connector="bench", id="bench"),
        fetched_at=now,
        first_seen_at=now,
    )
