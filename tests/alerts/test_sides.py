"""For whom the speakers of an article speak, settled over the whole article."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pipeline.alerts import settle
from pipeline.records import EnrichedArticle, Entity, Party, SourceRef, StatementRecord

Make = Callable[..., StatementRecord]
DAY = datetime(2026, 3, 2, tzinfo=UTC)
KYIV = Party(name="Ukraine", country="UKR", kind="state", actor_id="UKR")
MINSK = Party(name="Belarus", country="BLR", kind="state", actor_id="BLR")
UNKNOWN = Party(name="Tarasko", kind="person", actor_id="person/tarasko")


def article(title: str) -> EnrichedArticle:
    return EnrichedArticle(
        id="a",
        article_id="a",
        url="https://example.org/a",
        canonical_url="https://example.org/a",
        title=title,
        text="",
        fetched_at=DAY,
        first_seen_at=DAY,
        content_hash="",
        source=SourceRef(connector="test", id="test"),
        model="test",
        entities=[],
        statements=[],
    )


@pytest.mark.parametrize("told, addressees", [([MINSK], ["Belarus"]), ([], None)])
def test_who_is_known_by_surname_warns_whom_the_headline_has_their_side_tell(
    record: Make, told: list[Party], addressees: list[str] | None
) -> None:
    """ "Kyiv tells Minsk: …" above, "…, Tarasko warned" below; not without somebody told."""
    says = record("[UKR:Kyiv] tells {BLR:Minsk}: we see your yards.", act="STATE")
    title = says.statement.model_copy(update={"field": "title", "speakers": [KYIV], "addressees": told})
    warns = record("We see each yard, Tarasko warned.", act="OTHER")
    text = warns.statement.model_copy(update={"speakers": [UNKNOWN], "addressees": []})
    records = [says.model_copy(update={"statement": title}), warns.model_copy(update={"statement": text})]
    settled = settle(records, article("Kyiv tells Minsk: we see your yards"))
    acts = {r.statement.act: [p.name for p in r.statement.addressees] for r in settled if r.statement.field == "text"}
    assert acts == ({"WARN": addressees} if addressees else {"OTHER": []})


def changed(told: StatementRecord, **values: object) -> StatementRecord:
    return told.model_copy(update={"statement": told.statement.model_copy(update=values)})


def sides(records: list[StatementRecord], title: str = "") -> list[str | None]:
    return [r.side for r in settle(records, article(title))]


def test_rebels_without_a_name_speak_for_the_movement_of_their_article_and_not_for_the_state(record: Make) -> None:
    group = Party(name="rebel group", kind="group", country="TCD")
    state = Party(name="Chad", country="TCD", kind="state", actor_id="TCD")
    front = Party(name="Upland Front", kind="organisation", actor_id="org/upland-front")
    warns = changed(record("A rebel group in Chad warned Chad to shut the line."), speakers=[group], addressees=[state])
    says = changed(record("The Upland Front said its men were in place.", act="STATE"), speakers=[front])
    title = changed(
        record("Rebels warn Chad."), field="title", speakers=[Party(name="Rebels", kind="group")], addressees=[state]
    )
    assert sides([warns, says, title]) == ["org/upland-front"] * 3
    assert sides([warns]) == ["rebel group"]


def test_nobody_speaks_for_those_whom_he_warns_anywhere_in_the_article(record: Make) -> None:
    says = changed(record("No ox will pass, Tarasko said.", act="THREATEN"), speakers=[UNKNOWN])
    title = changed(record("Tarasko tells Belarus: pay."), field="title", speakers=[UNKNOWN], addressees=[MINSK])
    whom = changed(record("Minsk reads it.", act="STATE"), speakers=[MINSK])
    assert sides([says, title, whom])[0] == "person/tarasko"


def test_a_speaker_does_not_warn_those_for_whom_he_speaks(record: Make) -> None:
    """ "Tarasko said that Kyiv would answer": the words name Kyiv as who acts."""
    warns = record("[UKR:Kyiv] warned {BLR:Minsk} about the yards.")
    says = changed(record("Kyiv would answer, Tarasko said."), speakers=[UNKNOWN])
    says = changed(says, addressees=[KYIV.model_copy(update={"span": (0, 4)})])
    settled = settle([warns, says], article(""))
    assert [(r.side, [p.name for p in r.statement.addressees]) for r in settled] == [("UKR", ["Minsk"]), ("UKR", [])]


def test_a_headline_that_names_one_of_those_who_speak_together_is_theirs(record: Make) -> None:
    kyiv = changed(
        record("Ukraine's foreign ministry, together with Moldova's, warned Minsk."),
        speakers=[KYIV],
        source=(0, 50),
        addressees=[MINSK],
    )
    title = changed(record("Ukraine warns Belarus."), field="title", speakers=[KYIV], addressees=[MINSK])
    assert sides([kyiv, title]) == ["MDA", "MDA"]
    assert sides([title]) == ["UKR"]


def test_who_joins_between_speaker_and_cue_speaks_too(record: Make) -> None:
    words = "Ukraine's foreign ministry, together with Moldova's, warned Minsk."
    both = changed(record(words), speakers=[KYIV], source=(0, 26), cue=(53, 59), addressees=[MINSK])
    assert sides([both]) == ["MDA"]


def test_a_person_of_no_known_side_speaks_for_the_one_state_that_the_article_begins_with(record: Make) -> None:
    warns = changed(record("Boats will sink, Tarasko warned Hanoi."), speakers=[UNKNOWN], addressees=[MINSK])
    front = Party(name="Upland Front", kind="organisation", actor_id="org/upland-front")
    states = [Entity(span=(0, 3), label="NORP", name=code, country=code) for code in ("UKR", "BLR")]
    far = Entity(span=(900, 905), label="GPE", name="POL", country="POL")
    told = article("").model_copy(update={"entities": [*states, far]})
    assert [r.side for r in settle([warns], told)] == ["UKR"]
    assert [r.side for r in settle([changed(warns, speakers=[front])], told)] == ["org/upland-front"]
    near = [*states, far.model_copy(update={"span": (20, 25)})]
    assert [r.side for r in settle([warns], told.model_copy(update={"entities": near}))] == ["person/tarasko"]
