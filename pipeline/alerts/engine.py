"""From a statement to alerts: which claim it tells, which rules it meets, and whether anybody must hear of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pipeline.alerts.claims import Decision, assign, is_retold, retell
from pipeline.alerts.memory import Memory, change_met, remembered, with_spike_told
from pipeline.alerts.planning import held_back_by, planned, throttle_key
from pipeline.alerts.rules import Match, Rule, RuleSet
from pipeline.alerts.showing import most_telling
from pipeline.records import (
    WARNING_ACTS,
    Alert,
    AlertSource,
    Claim,
    Firing,
    Publisher,
    StatementRecord,
    Telling,
    hash_id,
)
from pipeline.settings import Settings

_COMPANIONS = frozenset({"URGE", "DEMAND"})
_TITLE_MIN = 25


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one statement changed: the open claims, and the alerts that are new or have changed."""

    claims: list[Claim]
    alerts: list[Alert] = field(default_factory=list)
    decision: Decision = field(default_factory=lambda: Decision(None, ""))
    new: frozenset[str] = frozenset()
    """Ids of those alerts that fire now for the first time."""
    memory: Memory = field(default_factory=Memory)


def process(
    claims: Sequence[Claim],
    record: StatementRecord,
    rules: RuleSet,
    settings: Settings,
    now: datetime,
    memory: Memory | None = None,
) -> Outcome:
    """Take one statement of a side into the open claims of that side. Pure; a repeated statement changes nothing.

    Except that it fires what has not fired yet: an alert that was given up is raised by its statement's replay.
    """
    memory = memory or Memory()
    refusal = _no_concern(record, rules)
    if refusal:
        return Outcome(list(claims), decision=Decision(None, refusal, changed=False), memory=memory)
    if is_retold(record):
        outcome = _no_news(claims, record, settings, now, memory)
        if outcome.decision.changed:
            return outcome
    if record.statement.status not in rules.statuses:
        return _no_news(claims, record, settings, now, memory)
    joined, decision = assign(claims, record, settings, now)
    claim = next((claim for claim in joined if claim.claim_id == decision.claim_id), None)
    if claim is None:
        return Outcome(joined, decision=decision, memory=memory)
    untouched = set(map(id, joined))
    before = {alert.alert_id: alert for claim in claims if id(claim) not in untouched for alert in alerts_of(claim)}
    if not decision.changed:
        before |= {alert.alert_id: alert for alert in alerts_of(claim)}
    matches, learned = _met(claim, record, rules, memory, known=not decision.changed)
    after = _fire([claim, *(other for other in joined if other is not claim)], record, matches, rules, settings, now)
    if not decision.changed and after[0] == claim:
        return Outcome(joined, decision=decision, memory=memory)
    changed = [
        alert
        for made, was in zip(after, [claim, *(other for other in joined if other is not claim)], strict=True)
        if made is not was or was is claim
        for alert in alerts_of(made)
        if alert != before.get(alert.alert_id)
    ]
    fired = {alert_id(f.rule, after[0].claim_id) for f in after[0].firings if f.created_at}
    new = frozenset(alert.alert_id for alert in changed if alert.alert_id in fired and alert.alert_id not in before)
    in_order = {one.claim_id: one for one in after}
    return Outcome([in_order[one.claim_id] for one in joined], changed, decision, new, learned)


def unfired(claims: Sequence[Claim], refused: Collection[str]) -> list[Claim]:
    """The claims without the firing of alerts that could not be written, so that they can be raised once more."""
    return [
        claim.model_copy(
            update={
                "firings": [
                    f.model_copy(update={"created_at": None}) if alert_id(f.rule, claim.claim_id) in refused else f
                    for f in claim.firings
                ]
            }
        )
        for claim in claims
    ]


def _no_concern(record: StatementRecord, rules: RuleSet) -> str:
    """Why a statement takes no part in claims at all."""
    act = record.statement.act
    if not record.statement.speakers:
        return "no claim: nobody is named who says it"
    companion = act in _COMPANIONS and bool(rules.acts & WARNING_ACTS)
    if act not in rules.acts and not companion and not (act in WARNING_ACTS and rules.acts & WARNING_ACTS):
        return f"no claim: no rule asks for the act {act}"
    return ""


def _no_news(
    claims: Sequence[Claim], record: StatementRecord, settings: Settings, now: datetime, memory: Memory
) -> Outcome:
    """Nobody asks for such a status: it is seen beside the claim it speaks of, and alerts nobody."""
    before = {id(claim) for claim in claims}
    after, decision = retell(claims, record, settings, now)
    changed = [alert for claim in after if id(claim) not in before for alert in alerts_of(claim)]
    return Outcome(after, changed, decision, memory=memory)


def _met(
    claim: Claim, record: StatementRecord, rules: RuleSet, memory: Memory, *, known: bool
) -> tuple[list[Match], Memory]:
    """The rules that a statement meets, those about change by what is remembered of its side, and what is learned."""
    matches = rules.matches(record)
    if known:
        return [match for match in matches if not match.rule.change], memory
    first = [match.rule for match in matches if match.rule.change == "first"]
    learned = remembered(memory, record, met=first, claim=claim)
    met: list[Match] = []
    for match in matches:
        rule = match.rule
        if not rule.change:
            met.append(match)
        elif change := change_met(rule, learned if rule.change == "spike" else memory, record, claim):
            met.append(Match(rule, f"{match.why}; {change}"))
            if rule.change == "spike":
                learned = with_spike_told(learned, rule, claim, record.said_at)
    return met, learned


def _fire(
    claims: Sequence[Claim],
    record: StatementRecord,
    matches: Iterable[Match],
    rules: RuleSet,
    settings: Settings,
    now: datetime,
) -> list[Claim]:
    """The claims, of which the first is the statement's, with an alert for the rules that are due."""
    claim, *others = claims
    fresh = not record.backfill and now - record.said_at <= timedelta(hours=settings.alert_max_age_h)
    if not fresh:
        return list(claims)
    firings = {firing.rule: firing for firing in claim.firings}
    for match in matches:
        firings.setdefault(match.rule.id, _firing(match, record))
    publishers = independent_publishers(claim.tellings)
    for firing in list(firings.values()):
        rule = rules.get(firing.rule)
        if firing.created_at is None and rule is not None and rules.wants(firing.rule, publishers):
            firings[rule.id], others = _due(firing, rule, claim, others, now)
    return [claim.model_copy(update={"firings": list(firings.values())}), *others]


def _firing(match: Match, record: StatementRecord) -> Firing:
    return Firing(
        rule=match.rule.id,
        statement_id=record.statement.statement_id,
        about=_about(record),
        why=match.why,
        confidence=record.statement.confidence,
    )


def _due(firing: Firing, rule: Rule, claim: Claim, others: list[Claim], now: datetime) -> tuple[Firing, list[Claim]]:
    """The firing as an alert of now, with its deliveries; a throttle drops them, and the alert before counts it."""
    deliveries = planned(rule, now)
    going = held_back_by(rule, throttle_key(rule, claim), others, now)
    if going is None:
        return firing.model_copy(update={"created_at": now, "deliveries": deliveries}), others
    before, its_firing = going
    its_alert = alert_id(rule.id, before.claim_id)
    because = (
        f"throttled: alert {its_alert[:8]} of the same {' and '.join(['speaker', *rule.throttle_by])} has just gone"
    )
    dropped = [d.model_copy(update={"state": "dropped", "because": because, "changed_at": now}) for d in deliveries]
    held = firing.model_copy(update={"created_at": now, "deliveries": dropped, "held_back": its_alert})
    mine = alert_id(rule.id, claim.claim_id)
    counted = its_firing.model_copy(update={"similar": [*its_firing.similar, mine]})
    firings = [counted if one is its_firing else one for one in before.firings]
    return held, [one.model_copy(update={"firings": firings}) if one is before else one for one in others]


def _about(record: StatementRecord) -> str:
    """The words that `about` points at, as far as they are evidence."""
    return record.wording(record.statement.about)


def alert_id(rule: str, claim_id: str) -> str:
    return hash_id("alert", rule, claim_id)


def alerts_of(claim: Claim) -> list[Alert]:
    """The alerts that a claim has raised, with what is known of it by now."""
    due = [firing for firing in claim.firings if firing.created_at is not None]
    if not due:
        return []
    sources = _sources(claim.tellings)
    publishers = independent_publishers(claim.tellings)
    shown = most_telling(claim.tellings, claim.act)
    return [
        Alert(
            alert_id=alert_id(firing.rule, claim.claim_id),
            rule=firing.rule,
            claim_id=claim.claim_id,
            act=claim.act,
            speakers=claim.speakers,
            addressees=claim.addressees,
            about=firing.about,
            words=shown.words if shown else "",
            why=firing.why,
            confidence=firing.confidence,
            sources=sources,
            publisher_count=publishers,
            tellings=claim.tellings,
            suppressed=claim.suppressed,
            deliveries=firing.deliveries,
            held_back=firing.held_back,
            similar=firing.similar,
            first_seen_at=claim.first_seen_at,
            last_seen_at=claim.last_seen_at,
            created_at=firing.created_at,
        )
        for firing in due
        if firing.created_at is not None
    ]


def _sources(tellings: Iterable[Telling]) -> list[AlertSource]:
    """One source per article, oldest first, with the different words in which it tells the claim, as they came."""
    by_article: dict[str, list[Telling]] = {}
    for telling in sorted(tellings, key=lambda telling: (telling.said_at, telling.article_id)):
        by_article.setdefault(telling.article_id, []).append(telling)
    return [
        AlertSource(
            article_id=article_id,
            url=told[0].url,
            title=told[0].title,
            publisher=told[0].publisher,
            story_id=told[0].story_id,
            words=list(dict.fromkeys(telling.words for telling in told)),
            said_at=told[0].said_at,
        )
        for article_id, told in by_article.items()
    ]


def independent_publishers(tellings: Iterable[Telling]) -> int:
    """How many publishers tell a claim by themselves: a syndicated copy, known by its story or headline, adds none."""
    groups: list[set[str]] = []
    for telling in tellings:
        marks = {"publisher " + _publisher_of(telling)}
        title = " ".join(telling.title.casefold().split())
        if len(title) >= _TITLE_MIN:
            marks.add("title " + title)
        if telling.story_id:
            marks.add("story " + telling.story_id)
        touching = [group for group in groups if group & marks]
        groups = [group for group in groups if not group & marks]
        groups.append(marks.union(*touching))
    return len(groups)


def _publisher_of(telling: Telling) -> str:
    publisher: Publisher | None = telling.publisher
    return (publisher.id if publisher else "") or urlsplit(telling.url).hostname or telling.article_id
