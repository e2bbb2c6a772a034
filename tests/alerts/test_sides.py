"""For whom the speakers of an article speak, settled over the whole article."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pipeline.alerts import settle
from pipeline.records import EnrichedArticle, Party, SourceRef, StatementRecord

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
