from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.alerts import RuleSet, load_rules, process
from pipeline.alerts.engine import alerts_of, independent_publishers
from pipeline.alerts.rules import Rule
from pipeline.records import Alert, Claim, StatementRecord
from pipeline.settings import Settings

Make = Callable[..., StatementRecord]
OPTIONS = Settings()
ANY = load_rules()
WARNING = "[RUS:Moscow] warned {USA:Washington} against an attack on the port of Selm."


class Run:
    """Records processed one after the other, as a worker would, with what users would have been told."""

    def __init__(self, rules: RuleSet = ANY, *, late: timedelta = timedelta(minutes=5)) -> None:
        self.rules, self.late = rules, late
        self.claims: dict[str, list[Claim]] = {}
        self.told: list[str] = []
        self.alerts: dict[str, Alert] = {}

    def __call__(self, records: Iterable[StatementRecord]) -> Run:
        for record in records:
            now = record.said_at + self.late
            outcome = process(self.claims.get(record.key, []), record, self.rules, OPTIONS, now)
            self.claims[record.key] = outcome.claims
            self.told += sorted(outcome.new)
            self.alerts.update({alert.alert_id: alert for alert in outcome.alerts})
        return self


def test_a_new_warning_alerts_once_and_later_tellings_are_sources(record: Make) -> None:
    run = Run()([record(WARNING, article=name, hours=n) for n, name in enumerate("abc")])
    [alert] = run.alerts.values()
    assert run.told == [alert.alert_id]
    assert [source.article_id for source in alert.sources] == ["a", "b", "c"]
    assert alert.publisher_count == 3
    assert alert.why == "speaker Moscow [RUS] (any political actor); act WARN; status asserted"
    assert (alert.last_seen_at - alert.first_seen_at) == timedelta(hours=2)


def test_a_new_matter_is_a_new_alert(record: Make) -> None:
    other = "[RUS:Moscow] warned {USA:Washington} over drilling in Arctic waters."
    run = Run()([record(WARNING), record(other, article="b", hours=1)])
    assert len(run.told) == 2


def test_repeating_everything_changes_nothing(record: Make) -> None:
    records = [record(WARNING, article=name, hours=n) for n, name in enumerate("abc")]
    run = Run()(records)
    before = {side: list(claims) for side, claims in run.claims.items()}
    told = list(run.told)
    run(records)
    assert run.claims == before
    assert run.told == told


def test_the_same_order_gives_the_same_ids(record: Make) -> None:
    records = [record(WARNING, article=name, hours=n) for n, name in enumerate("abc")]
    assert Run()(records).alerts == Run()(records).alerts


@pytest.mark.parametrize(
    "changes",
    [{"status": status} for status in ("negated", "denied", "background", "future", "hypothetical", "question")]
    + [{"act": "URGE"}, {"act": "STATE"}, {"backfill": True}],
)
def test_what_is_no_new_warning_alerts_nobody(record: Make, changes: dict[str, Any]) -> None:
    assert Run()([record(WARNING, **changes)]).told == []


def test_a_warning_retold_as_background_is_kept_beside_its_alert_and_is_no_source(record: Make) -> None:
    retold = record(WARNING, article="b", hours=20, status="background")
    run = Run()([record(WARNING), retold, retold])
    [alert] = run.alerts.values()
    assert len(run.told) == 1
    assert (len(alert.sources), alert.joined_count) == (1, 0)
    [kept] = alert.suppressed
    assert kept.article_id == "b"
    assert kept.because == (
        f"no news of claim {alert.claim_id}: it is background; to the same addressee, and both name Selm, attack, port"
    )


def test_an_alert_says_why_each_telling_joined(record: Make) -> None:
    [alert] = Run()([record(WARNING, article=name, hours=n) for n, name in enumerate("ab")]).alerts.values()
    assert [telling.because[:12] for telling in alert.tellings] == ["new claim: n", "joined claim"]


def test_old_statements_join_but_do_not_alert(record: Make) -> None:
    run = Run(late=timedelta(hours=49))([record(WARNING)])
    assert run.told == []
    [[claim]] = run.claims.values()
    assert len(claim.tellings) == 1


def test_backfill_adds_a_source_to_an_alert_without_a_new_one(record: Make) -> None:
    run = Run()([record(WARNING), record(WARNING, article="b", hours=1, backfill=True)])
    [alert] = run.alerts.values()
    assert len(run.told) == 1
    assert len(alert.sources) == 2


def test_a_plea_in_the_article_of_the_warning_is_part_of_it(record: Make) -> None:
    plea = "[RUS:Moscow] urged {USA:Washington} not to attack the port of Selm."
    run = Run()([record(plea, act="URGE"), record(WARNING), record(plea, article="b", hours=1, act="URGE")])
    [alert] = run.alerts.values()
    assert [source.article_id for source in alert.sources] == ["a"]
    assert len(alert.sources[0].words) == 2


def test_min_publishers_waits_for_the_second_independent_one(record: Make) -> None:
    run = Run(RuleSet((Rule(id="two", min_publishers=2),)))
    run([record(WARNING, article="a", publisher="p1"), record(WARNING, article="b", publisher="p1", hours=1)])
    assert run.told == []
    run([record(WARNING, article="c", publisher="p2", hours=2)])
    assert len(run.told) == 1
    [alert] = run.alerts.values()
    assert len(alert.sources) == 3


def test_a_syndicated_copy_is_no_independent_publisher(record: Make) -> None:
    headline = {"title": "Moscow warns Washington over the port of Selm"}
    run = Run()([record(WARNING, article=name, publisher=f"p-{name}", **headline) for name in "ab"])
    run([record(WARNING, article="c", publisher="p-c", title="Another headline altogether, by hand")])
    [alert] = run.alerts.values()
    assert (len(alert.sources), alert.publisher_count) == (3, 2)


def test_copies_of_one_story_are_no_independent_publishers_whatever_their_headlines(record: Make) -> None:
    titles = {"a": "Moscow warns Washington over the port", "b": "Kremlin: keep out of Selm, says spokeswoman"}
    run = Run()([record(WARNING, article=name, title=title, story_id="s") for name, title in titles.items()])
    run([record(WARNING, article="c", title="Another headline altogether, by hand", story_id="t")])
    [alert] = run.alerts.values()
    assert (len(alert.sources), alert.publisher_count) == (3, 2)
    assert [source.story_id for source in alert.sources] == ["s", "s", "t"]


def test_publishers_are_told_apart_by_host_or_article_where_none_is_named(record: Make) -> None:
    told = [record(WARNING, article=name).model_copy(update={"publisher": None}) for name in "ab"]
    same_host = Run()(told).claims["RUS"][0]
    assert independent_publishers(same_host.tellings) == 1
    files = [r.model_copy(update={"url": f"file:///{r.article_id}.txt"}) for r in told]
    assert independent_publishers(Run()(files).claims["RUS"][0].tellings) == 2


def test_each_rule_has_its_own_alert_of_a_claim(record: Make) -> None:
    rules = RuleSet((Rule(id="all"), Rule(id="us", addressees=("United States",)), Rule(id="iran", topics=("Iran",))))
    run = Run(rules)([record(WARNING)])
    assert sorted(alert.rule for alert in run.alerts.values()) == ["all", "us"]


def test_statements_that_no_rule_asks_for_leave_claims_alone(record: Make) -> None:
    outcome = process([], record(WARNING, act="SUPPORT"), ANY, OPTIONS, record(WARNING).said_at)
    assert outcome.claims == []
    assert outcome.decision.because == "no claim: no rule asks for the act SUPPORT"


def test_a_worker_that_forgot_the_claims_raises_the_same_alert_again(record: Make) -> None:
    """The id is the same, so that Elasticsearch refuses the second."""
    assert Run()([record(WARNING)]).told == Run()([record(WARNING)]).told


def test_claims_survive_json(record: Make) -> None:
    [[claim]] = Run()([record(WARNING)]).claims.values()
    assert alerts_of(Claim.model_validate_json(claim.to_json())) == alerts_of(claim)


CLEAR = {
    "port": "[RUS:Moscow] warned {USA:Washington} against an attack on the port of Selm.",
    "drilling": "[RUS:Russia] warned {USA:the US} over drilling for oil in Arctic waters.",
    "border": "[RUS:Russia] warned {FIN:Finland} about closing the border.",
    "dam": "[EGY:Cairo] warned {ETH:Ethiopia} against filling the Nile dam.",
}
TELLINGS = [(matter, outlet) for matter in CLEAR for outlet in range(3)]


@given(order=st.permutations(TELLINGS))
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
def test_any_order_gives_the_same_claims(record: Make, order: list[tuple[str, int]]) -> None:
    told = [record(CLEAR[matter], article=f"{matter}-{outlet}", hours=outlet) for matter, outlet in order]
    run = Run(late=timedelta(hours=6))(told)
    found = {frozenset(t.article_id for t in claim.tellings) for claims in run.claims.values() for claim in claims}
    assert found == {frozenset(f"{matter}-{outlet}" for outlet in range(3)) for matter in CLEAR}
    assert len(run.told) == len(CLEAR)


def test_reported_words_are_shown_with_who_reports_them_and_how(record: Make) -> None:
    reported = record(WARNING, words="against an attack on the port of Selm.")
    [alert] = Run()([reported]).alerts.values()
    assert alert.words == "Moscow warned Washington against an attack on the port of Selm."
    quoted = record(WARNING, words="“Do not attack.”")
    quoted.statement.kind = "direct"
    [alert] = Run()([quoted]).alerts.values()
    assert alert.words == "“Do not attack.”"


def test_about_is_cut_from_the_evidence(record: Make) -> None:
    """Positions are the article's, the evidence begins with the statement's first one."""
    offset = 1000
    text = "Moscow warned Washington against an attack."
    warning = record("[RUS:Moscow] warned {USA:Washington} against an attack.")
    warning.statement.content = [(offset + 25, offset + len(text))]
    warning.statement.source = (offset, offset + 6)
    warning.statement.about = (offset + 33, offset + 42)
    [alert] = Run()([warning]).alerts.values()
    assert alert.about == "an attack"
