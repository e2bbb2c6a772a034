from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.alerts.claims import assign
from pipeline.alerts.matter import Matter, matter_of, stem
from pipeline.records import Claim, Party, StatementRecord
from pipeline.settings import Settings

Make = Callable[..., StatementRecord]
FLOORS = {"tuned on": (0.95, 0.9), "held out": (0.9, 0.85), "fresh": (0.95, 0.8)}
"""Least precision and recall over pairs of tellings."""


@pytest.fixture
def settings() -> Settings:
    return Settings()


def claims_of(records: Sequence[StatementRecord], settings: Settings) -> list[Claim]:
    """The claims of all sides after records in this order, each taken in when it was said."""
    by_side: dict[str, list[Claim]] = {}
    for record in records:
        side = record.key
        by_side[side], _ = assign(by_side.get(side, []), record, settings, record.said_at)
    return [claim for claims in by_side.values() for claim in claims]


def told_as_one(records: Sequence[StatementRecord], settings: Settings) -> bool:
    return len(claims_of(records, settings)) == 1


@pytest.mark.parametrize("part", FLOORS)
def test_pairs_of_tellings(record: Make, pairs: dict[str, list[Any]], settings: Settings, part: str) -> None:
    """From different outlets, three hours apart; -s prints the figures."""
    hits = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for pair in pairs[part]:
        told = [record(pair.first, article="a"), record(pair.second, article="b", hours=3)]
        hits[told_as_one(told, settings), pair.same] += 1
    precision = hits[True, True] / (hits[True, True] + hits[True, False])
    recall = hits[True, True] / (hits[True, True] + hits[False, True])
    print(f"\n{part}: precision {precision:.2f}, recall {recall:.2f} over {sum(hits.values())} pairs")
    assert precision >= FLOORS[part][0]
    assert recall >= FLOORS[part][1]


FIRST = [
    (
        "URGE",
        "[RUS:Orlandia's foreign ministry] advised {USA:the United States} on Monday not to attack the port of Selm.",
    ),
    ("WARN", "[RUS:Orlandia] issued the warning after a call between its president and the chancellor of Dervin."),
    (
        "WARN",
        "[RUS:Spokeswoman Tarn] told reporters: We must warn {USA:Washington} against an attack in this situation.",
    ),
    ("WARN", "It would be a very dangerous step, [RUS:she] added."),
]
SECOND = [
    ("URGE", "[RUS:Orlandia] urges {USA:U.S.} to avoid attacking Selm."),
    ("WARN", "[RUS:Orlandia] has sent a stern caution to {USA:the United States} against attacks on Selm port."),
    ("WARN", "[RUS:Tarn] said: We must warn {USA:Washington} against an attack in that situation."),
    ("WARN", "[RUS:Orlandia]'s warnings came as talks in Dervin ended."),
    ("URGE", "[RUS:Tarn] urged {ISR:Israel} to halt work at the reactor."),
]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_one_warning_in_two_articles_is_one_claim(record: Make, settings: Settings, order: tuple[int, int]) -> None:
    """Advice, a warning that points back, quotes and a headline: nine statements, and one other matter beside them."""
    articles = [
        [record(text, article=name, act=act) for act, text in rows]
        for name, rows in zip("ab", (FIRST, SECOND), strict=True)
    ]
    claims = claims_of([r for at in order for r in articles[at]], settings)
    warnings = [claim for claim in claims if claim.act == "WARN"]
    assert len(warnings) == 1
    assert {telling.article_id for telling in warnings[0].tellings} == {"a", "b"}
    assert {party.side for party in warnings[0].addressees} == {"USA"}


def test_in_one_article_other_addressees_and_matters_are_other_claims(record: Make, settings: Settings) -> None:
    article = [
        record("[RUS:Moscow] warned {USA:Washington} against an attack on the port of Selm."),
        record("[RUS:Moscow] also warned {FIN:Finland} about its border."),
        record("[RUS:The ministry] warned {USA:the United States} over drilling in Arctic waters."),
    ]
    assert len(claims_of(article, settings)) == 3


def test_plain_words_to_whom_the_article_has_warned_are_words_of_that_warning(record: Make, settings: Settings) -> None:
    warning = record("[FIN:Helsinki] warned {RUS:Moscow} against jamming satellites over the gulf.")
    text = "[FIN:The minister] told {RUS:Moscow}: whoever blinds sailors in narrow waters plays with lives."
    by_cue = record(text, act="THREATEN")
    in_words = by_cue.model_copy(update={"statement": by_cue.statement.model_copy(update={"act_basis": "words"})})
    assert told_as_one([warning, in_words], settings)
    assert not told_as_one([warning, by_cue], settings)


def test_a_name_that_nobody_knows_in_a_headline_is_explained_by_its_text(record: Make, settings: Settings) -> None:
    warning = record("[RUS:Moscow] warned {FIN:Helsinki} that the depot at Selm would be a target.")
    headline = record("[RUS:Moscow] says Selm depot would be hit.")
    selm = Party(name="Selm", actor_id="org/selm", kind="organisation")
    changes = {"field": "title", "addressees": [selm]}
    headline = headline.model_copy(update={"statement": headline.statement.model_copy(update=changes)})
    assert told_as_one([warning, headline], settings)


def test_an_urgent_plea_elsewhere_is_no_warning(record: Make, settings: Settings) -> None:
    plea = record("[RUS:Moscow] urged {USA:Washington} not to attack Selm port.", article="a", act="URGE")
    warning = record("[RUS:Moscow] warned {USA:Washington} not to attack Selm port.", article="b")
    assert not told_as_one([plea, warning], settings)


def test_threats_and_warnings_are_one_group(record: Make, settings: Settings) -> None:
    threat = record(
        "[IRN:Tehran] threatened {USA:Washington} to close the Strait of Hormuz.", article="a", act="THREATEN"
    )
    warning = record("[IRN:Iran] warned {USA:Washington} it would shut the Hormuz strait.", article="b")
    assert told_as_one([threat, warning], settings)


def test_a_telling_that_leaves_the_matter_open_joins_what_was_said_today(record: Make, settings: Settings) -> None:
    told = record("[RUS:Moscow] warned {USA:Washington} against an attack on Selm.", article="a")
    for text in ("[RUS:Russia] issued a stern warning.", "[RUS:Russia] issued a stern warning to {USA:the US}."):
        assert told_as_one([told, record(text, article="b", hours=5)], settings)
        assert not told_as_one([told, record(text, article="b", hours=30)], settings)
    assert not told_as_one([told, record("[RUS:Russia] issued a warning to {FIN:Finland}.", article="b")], settings)


def test_the_same_words_within_a_day_are_one_claim_whoever_is_addressed(record: Make, settings: Settings) -> None:
    patrols = Party(name="EU patrols", kind="group")

    def headline(article: str, hours: int) -> StatementRecord:
        made = record("[AZE:Baku] issues threat to patrols at Selm.", article=article, hours=hours)
        return made.model_copy(update={"statement": made.statement.model_copy(update={"addressees": [patrols]})})

    assert told_as_one([headline("a", 0), headline("b", 5)], settings)
    assert not told_as_one([headline("a", 0), headline("b", 30)], settings)


def test_outside_the_window_the_same_words_are_a_new_act(record: Make, settings: Settings) -> None:
    text = "[RUS:Moscow] warned {USA:Washington} against an attack on Selm."
    assert told_as_one([record(text), record(text, article="b", hours=71)], settings)
    assert not told_as_one([record(text), record(text, article="b", hours=73)], settings)


def test_the_window_moves_with_each_telling_and_late_articles_find_their_claim(
    record: Make, settings: Settings
) -> None:
    text = "[RUS:Moscow] warned {USA:Washington} against an attack on Selm."
    times = [0, 60, 120, 10, -50]
    assert told_as_one([record(text, article=f"a{hours}", hours=hours) for hours in times], settings)


@pytest.mark.parametrize("status", ["background", "future", "hypothetical"])
def test_an_act_of_another_status_is_not_the_same_claim(record: Make, settings: Settings, status: str) -> None:
    text = "[RUS:Moscow] warned {USA:Washington} against an attack on Selm."
    assert not told_as_one([record(text), record(text, article="b", status=status)], settings)


def test_a_known_statement_changes_nothing(record: Make, settings: Settings) -> None:
    told = record("[RUS:Moscow] warned {USA:Washington} against an attack on Selm.")
    claims, first = assign([], told, settings, told.said_at)
    again, second = assign(claims, told, settings, told.said_at)
    assert again == claims
    assert (first.changed, second.changed) == (True, False)
    assert second.claim_id == first.claim_id


def test_the_claim_id_follows_from_the_first_telling(record: Make, settings: Settings) -> None:
    told = record("[RUS:Moscow] warned {USA:Washington} against an attack on Selm.")
    ids = {assign([], told, settings, told.said_at)[1].claim_id for _ in range(2)}
    assert len(ids) == 1


def test_decisions_explain_themselves(record: Make, settings: Settings) -> None:
    told = record("[RUS:Moscow] warned {USA:Washington} against an attack on Selm port.", article="a")
    claims, _ = assign([], told, settings, told.said_at)
    same = record("[RUS:Moscow] warned {USA:Washington} off attacking the port.", article="b")
    _, joined = assign(claims, same, settings, same.said_at)
    assert joined.because.endswith("by the same side, to the same addressee, and both name attacking, port")
    other = record("[RUS:Moscow] warned {USA:Washington} over chip exports.", article="c")
    _, new = assign(claims, other, settings, other.said_at)
    assert new.because == "new claim: none of 1 open claims of this side to this addressee is about the same matter"


def test_numbers_and_directions_are_respected(record: Make) -> None:
    matter = matter_of(
        record("[USA:Washington] warned {MEX:Mexico} not to miss the 48 hours for 2,000 trucks in 2026.")
    )
    assert matter.quantities == {("hour", 48.0), (stem("trucks"), 2000.0)}
    assert matter.direction == "-miss"
    assert matter_of(record("[TUR:Ankara] told {SYR:Damascus} to leave Manbij.")).direction == "+departure"
    assert matter_of(record("[TUR:Ankara] told {SYR:Damascus} to stop shelling.")).direction == "-force"
    assert matter_of(record("[TUR:Ankara] warned {SYR:Damascus} over plans to leave.")).direction == ""


def test_a_matter_survives_being_written_down(record: Make) -> None:
    matter = matter_of(record("[USA:Washington] warned {MEX:Mexico} against sending 30 trucks to Iran."))
    assert Matter.of_marks(matter.marks()) == matter


@pytest.mark.parametrize(
    "words",
    [
        "intervene intervention intervening interventions",
        "escalate escalation",
        "sanction sanctions sanctioned",
        "ban banned bans",
    ],
)
def test_forms_of_a_word_have_one_stem(words: str) -> None:
    assert len({stem(word) for word in words.split()}) == 1


def test_look_alikes_keep_their_stems() -> None:
    assert stem("missile") != stem("mission")
    assert stem("international") != stem("internal")


def test_a_claim_takes_no_endless_number_of_tellings(record: Make, settings: Settings) -> None:
    text = "[RUS:Moscow] warned {USA:Washington} against an attack on Selm."
    [claim] = claims_of([record(text, article=f"a{n}") for n in range(260)], settings)
    assert len(claim.tellings) == 250


@given(words=st.text(max_size=300), other=st.text(max_size=300))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_words_make_claims(record: Make, settings: Settings, words: str, other: str) -> None:
    text = "[RUS:Moscow] warned {USA:Washington} against an attack."
    told = [
        record(text, article=name, words=w, evidence=w, matter=w.split()) for name, w in (("a", words), ("b", other))
    ]
    assert 1 <= len(claims_of(told, settings)) <= 2


@pytest.mark.parametrize("piece", ["warn ", "a", "the warning’s ", "1,"])
def test_endless_words_do_not_stall(record: Make, settings: Settings, piece: str) -> None:
    words = piece * 100_000
    told = record("[RUS:Moscow] warned {USA:Washington}.", words=words, evidence=words, matter=words.split())
    assert len(claims_of([told, told.model_copy(update={"article_id": "b"})], settings)) == 1


def test_an_addressee_who_is_only_named_in_the_words_is_a_guess(record: Make, settings: Settings) -> None:
    """ "Guns from Paris would end treaty, Baku says": it may still be Armenia that is told."""
    told = record("[AZE:Baku] warned {ARM:Yerevan} that howitzers would end the treaty.", article="a")
    guess = record("[AZE:Baku] says howitzers of {FRA:Paris} would end treaty.", article="b")
    inside = [party.model_copy(update={"span": (20, 25)}) for party in guess.statement.addressees]
    guess = guess.model_copy(update={"statement": guess.statement.model_copy(update={"addressees": inside})})
    plain = record("[AZE:Baku] says to {FRA:Paris} that howitzers would end treaty.", article="c")
    assert told_as_one([told, guess], settings)
    assert not told_as_one([told, plain], settings)
    [claim] = claims_of([told, guess], settings)
    assert [party.name for party in claim.addressees] == ["Yerevan"]


def test_who_is_told_may_stand_in_the_opening_of_the_article(record: Make, settings: Settings) -> None:
    told = record(
        "[AZE:Baku] warned {ARM:Yerevan} that howitzers would end the treaty.",
        article="a",
        context=["howitzers", "France", "Armenia", "treaty"],
    )
    quote = record("Not one barrel or no treaty, [AZE:Baku] warned.", article="b")
    near = quote.model_copy(update={"context": ["guns", "Paris", "howitzers", "Armenia"]})
    elsewhere = quote.model_copy(update={"context": ["guns", "Paris", "howitzers", "Georgia"]})
    assert told_as_one([told, near], settings)
    assert not told_as_one([told, elsewhere], settings)


def test_only_the_same_act_bidden_and_forbidden_is_a_contradiction(record: Make, settings: Settings) -> None:
    shut = record("[TCD:The front] warned {NER:Niamey} to shut the pipeline to the coast.", article="a")
    pump = record(
        "[TCD:The front] warned {NER:Niamey} against pumping oil through the pipeline to the coast.", article="b"
    )
    close = record("[TCD:The front] warned {NER:Niamey} against closing the pipeline to the coast.", article="c")
    assert told_as_one([shut, pump], settings)
    assert not told_as_one([shut, close], settings)
