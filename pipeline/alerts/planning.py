"""When an alert goes to which channel, and which alerts are held back because one like them has just gone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pipeline.alerts.rules import Rule
from pipeline.alerts.times import clock, end_of_quiet, hours, next_digest, span, zone
from pipeline.records import Claim, Delivery, Firing


def planned(rule: Rule, now: datetime) -> list[Delivery]:
    """One delivery per channel: at once, after the quiet hours, or with the next digest."""
    where, due_at, because = zone(rule.time_zone), now, "at once"
    if rule.digest:
        due_at, because = next_digest(now, rule.digest, clock(rule.digest_at), where), f"with the {rule.digest} digest"
    if rule.quiet_hours and (end := end_of_quiet(due_at, hours(rule.quiet_hours), where)):
        due_at, because = end, f"{because}, after quiet hours {rule.quiet_hours} {rule.time_zone}"
    return [
        Delivery(channel=channel, due_at=due_at, digest=rule.digest, because=because)
        for channel in dict.fromkeys(rule.channels)
    ]


def throttle_key(rule: Rule, claim: Claim) -> str:
    """What alerts must share for one to hold back another: the side that speaks at least, never the rule alone."""
    parts = [claim.side]
    if "addressee" in rule.throttle_by:
        parts += sorted(party.side for party in claim.addressees)
    if "act" in rule.throttle_by:
        parts.append(claim.act)
    return " ".join(parts)


def held_back_by(rule: Rule, key: str, claims: Iterable[Claim], now: datetime) -> tuple[Claim, Firing] | None:
    """The latest firing of the same rule and key that went out within the throttle, among the claims of the side."""
    if not rule.throttle:
        return None
    going = [
        (firing.created_at, claim, firing)
        for claim in claims
        for firing in claim.firings
        if firing.rule == rule.id and firing.created_at and not firing.held_back and throttle_key(rule, claim) == key
    ]
    within = [found for found in going if abs(now - found[0]) < span(rule.throttle)]
    if not within:
        return None
    _, claim, firing = max(within, key=lambda found: (found[0], found[1].claim_id))
    return claim, firing
