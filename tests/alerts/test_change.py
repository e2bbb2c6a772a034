"""Rules about change, throttles and deliveries: what fires when, and what is held back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest

from pipeline.alerts import RuleSet, SideState, process
from pipeline.alerts.rules import Rule
from pipeline.records import Alert, Party, Stance, StatementRecord
from pipeline.settings import Settings

Make = Callable[..., StatementRecord]
OPTIONS = Settings()


class Side:
    """What one side says, one statement after the other."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = RuleSet(rules)
        self.state = SideState()
        self.alerts: dict[str, Alert] = {}

    def __call__(self, records: Iterable[StatementRecord]) -> list[list[str]]:
        """The rules of the new alerts, for each statement."""
        told = []
        for record in records:
            now = record.said_at + timedelta(minutes=5)
            outcome = process(self.state.claims, record, self.rules, OPTIONS, now, self.state.memory)
            self.state = SideState.model_validate_json(
                SideState(claims=outcome.claims, memory=outcome.memory).to_json()
            )
            self.alerts.update({alert.alert_id: alert for alert in outcome.alerts})
            told.append(sorted(self.alerts[key].rule for key in outcome.new))
        return told


def said(record: Make, text: str, hours: float, **changes: object) -> StatementRecord:
    return record(text, article=f"a{hours}", hours=hours, **changes)


def test_the_first_words_of_an_actor_on_a_topic(record: Make) -> None:
    side = Side(Rule(id="first", change="first", topics=("lithium",), acts=("STATE",), speakers=("Chile",)))
    mine = "[CHL:Santiago] said that lithium belongs to the nation."
    other = "[CHL:Santiago] said that copper prices are fair."
    days = [(other, 0), (mine, 24), (mine, 24 * 10), (mine, 24 * 60)]
    assert side(said(record, text, hours, act="STATE") for text, hours in days) == [[], ["first"], [], ["first"]]
    assert "first such statement within 30d" in max(side.alerts.values(), key=lambda alert: alert.created_at).why


def test_backfill_teaches_and_alerts_nobody(record: Make) -> None:
    side = Side(Rule(id="first", change="first", topics=("lithium",), acts=("STATE",)))
    mine = "[CHL:Santiago] said that lithium belongs to the nation."
    old = said(record, mine, 0, act="STATE", backfill=True)
    assert side([old, said(record, mine, 200, act="STATE")]) == [[], []]


def test_a_stance_that_flips(record: Make) -> None:
    side = Side(Rule(id="flip", change="flip", acts=("SUPPORT", "CONDEMN"), targets=("Estonia",)))

    def towards(polarity: int, hours: float) -> StatementRecord:
        act = "SUPPORT" if polarity > 0 else "CONDEMN"
        words = f"[LVA:Riga] {'backed' if polarity > 0 else 'condemned'} the plan number {hours} for a ferry."
        one = said(record, words, hours, act=act)
        one.statement.stances = [Stance(target=Party(name="Estonia", country="EST"), polarity=polarity)]
        return one

    assert side([towards(1, 0), towards(1, 100), towards(-1, 200), towards(-1, 300)]) == [[], [], ["flip"], []]
    [alert] = side.alerts.values()
    assert alert.why.endswith("stance towards Estonia was +1 on 06 March, is -1")


def test_a_spike_counts_claims_and_not_tellings(record: Make) -> None:
    side = Side(Rule(id="spike", change="spike", at_least=3, factor=2.0, within="24h"))
    matters = ["its border posts", "shipping in the straits", "gas prices", "chicken imports", "radio jamming"]
    texts = [f"[RUS:Moscow] warned {{FIN:Helsinki}} over {matter}." for matter in matters]
    copies = [record(texts[0], article=f"copy-{n}", hours=400 + n) for n in range(5)]
    told = side([*copies, *(said(record, text, 500 + n) for n, text in enumerate(texts[1:]))])
    assert told == [[], [], [], [], [], [], [], ["spike"], []]
    [alert] = side.alerts.values()
    assert "3 warnings to FIN within 24h, where 0.0 are usual" in alert.why


def test_a_throttle_holds_back_by_key_and_says_so_on_both(record: Make) -> None:
    side = Side(Rule(id="r", throttle="6h", channels=("desk",)))
    first = said(record, "[RUS:Moscow] warned {FIN:Helsinki} over its border posts.", 0)
    second = said(record, "[RUS:Moscow] warned {FIN:Helsinki} over chicken imports.", 1)
    elsewhere = said(record, "[RUS:Moscow] warned {NOR:Oslo} over chicken imports.", 2)
    later = said(record, "[RUS:Moscow] warned {FIN:Helsinki} over gas prices.", 7)
    assert side([first, second, elsewhere, later]) == [["r"], ["r"], ["r"], ["r"]]
    by_words = {alert.sources[0].article_id: alert for alert in side.alerts.values()}
    assert [by_words[name].deliveries[0].state for name in ("a0", "a1", "a2", "a7")] == ["due", "dropped", "due", "due"]
    assert by_words["a1"].held_back == by_words["a0"].alert_id
    assert by_words["a0"].similar == [by_words["a1"].alert_id]
    assert by_words["a1"].deliveries[0].because.startswith("throttled: alert ")


@pytest.mark.parametrize(
    "options, because",
    [
        ({}, "at once"),
        ({"digest": "hourly"}, "with the hourly digest"),
        ({"quiet_hours": "11:00-15:00"}, "at once, after quiet hours 11:00-15:00 UTC"),
    ],
)
def test_deliveries_are_planned_when_an_alert_fires(record: Make, options: dict[str, str], because: str) -> None:
    side = Side(Rule(id="r", channels=("desk", "phone"), **options))  # type: ignore[arg-type]
    side([said(record, "[RUS:Moscow] warned {FIN:Helsinki} over its border posts.", 0)])
    [alert] = side.alerts.values()
    assert [delivery.channel for delivery in alert.deliveries] == ["desk", "phone"]
    assert {delivery.because for delivery in alert.deliveries} == {because}
    assert all(delivery.due_at >= alert.created_at for delivery in alert.deliveries)


def test_what_is_remembered_is_bounded(record: Make) -> None:
    side = Side(Rule(id="r"))
    side(said(record, f"[RUS:Moscow] warned {{FIN:Helsinki}} over matter{n} posts{n}.", n * 24) for n in range(60))
    assert len(side.state.claims) <= 6
    assert len(side.state.memory.warnings) <= 31
