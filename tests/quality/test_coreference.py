"""The cases are sound, and the figures count what they say."""

from __future__ import annotations

from collections import Counter

import pytest

from pipeline.records import Party
from tests.cases.test_cases_are_sound import wordings
from tests.quality.coreference import HALVES, Case, cases, is_right
from tests.quality.speakers import Chain, words
from tests.quality.speakers import is_right as speaks_for

CASES = {half: cases(half) for half in HALVES}


@pytest.mark.parametrize("case", [c for half in HALVES for c in CASES[half]], ids=lambda case: case.id)
def test_every_article_asks_for_somebody(case: Case) -> None:
    assert case.questions
    assert not set("{|}") & set(case.text)
    for question in case.questions:
        words = case.text[question.start : question.end]
        assert words == words.strip() != ""


def test_ids_differ_and_both_halves_have_the_same_plan() -> None:
    ids = [case.id for half in HALVES for case in CASES[half]]
    assert len(set(ids)) == len(ids)
    tags = {half: [case.tag for case in CASES[half]] for half in HALVES}
    assert tags["tuned"] == tags["kept"]
    assert len(tags["kept"]) >= 40


def test_the_halves_share_no_wording() -> None:
    seen = {half: {run for case in CASES[half] for run in wordings(case.text)} for half in HALVES}
    assert {run for run in seen["tuned"] & seen["kept"] if len(run.split()) > 5} == set()


def party(name: str, kind: str = "person", country: str | None = None) -> Party:
    return Party(name=name, actor_id=f"{kind}/{name.lower()}", kind=kind, country=country)


@pytest.mark.parametrize(
    "found, wanted, right",
    [
        ([party("Ana Gil")], ["ana gil"], True),
        ([party("Ana Gil", country="ESP")], ["ana gil + esp"], True),
        ([party("Ana Gil")], ["ana gil + esp"], False),
        ([party("Ana Gil"), party("Bo Li")], ["bo li", "ana gil"], True),
        ([party("Ana Gil"), party("Bo Li")], ["ana gil"], False),
        ([], [], True),
        ([party("Ana Gil")], [], False),
    ],
)
def test_answers(found: list[Party], wanted: list[str], right: bool) -> None:
    assert is_right(found, tuple(frozenset(one.split(" + ")) for one in wanted)) is right


def test_a_speaker_is_told_from_others_of_the_name() -> None:
    one = Chain("1", "person", ("Tom Reed", "Mr Reed"), ())
    other = Chain("2", "person", ("Ann Reed",), ())
    firm = Chain("3", "organization", ("Reed Ltd",), ())
    actors: dict[str, set[str]] = {name: set() for chain in (one, other, firm) for name in chain.names}
    chains = [one, other, firm]
    assert speaks_for(party("Tom Reed"), one, chains, actors)
    assert speaks_for(party("Mr. Reed"), one, chains, actors)
    assert speaks_for(party("Professor Tom Reed"), one, chains, actors)
    assert not speaks_for(party("Ann Reed"), one, chains, actors)
    assert not speaks_for(party("Reed Ltd", "organisation"), one, chains, actors)
    assert words("The U.S. Department of State") == words("US department of state")


def test_most_questions_are_of_pronouns_and_many_are_not() -> None:
    kinds = Counter(
        case.text[q.start : q.end].casefold() in {"he", "she", "it", "they", "him", "her", "his"}
        for case in CASES["kept"]
        for q in case.questions
    )
    assert kinds[True] > 40
    assert kinds[False] > 30
