"""Statement records for tests, made from sentences with marked speaker and addressee.

`[RUS:Moscow] warned {USA:Washington} against …`: the marks name the side and are taken out of the text. The matter is
what enrichment would give at its plainest: the words, less the names of speaker and addressee.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline.records import Party, Publisher, SourceRef, Statement, StatementRecord, hash_id

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_MARK = re.compile(r"[\[{](?P<side>\w+):(?P<words>[^\]}]+)[\]}]")
_STOP_WORDS = """
    a an the and or but of to in on at by for from with over about against off out up down into onto through
    under that this these those it its he him his she her they them their we us our you your i me my who whom
    which what is are was were be been being has have had do does did not no nor if unless until while as than
    then there here so any all more most other another some such only own same too very s t don should would
    could will can may might must after before during because also between off
"""
_STOP = frozenset(_STOP_WORDS.split())

_SEATS = {"Kyiv": "UKR", "Moscow": "RUS", "Damascus": "SYR", "Beirut": "LBN", "Kremlin": "RUS", "Seoul": "KOR"}


def party(side: str, words: str) -> Party:
    country = side if len(side) == 3 else None
    return Party(name=words, country=country, actor_id=None if country else side)


def make_record(
    marked: str,
    *,
    article: str = "a",
    hours: float = 0,
    act: str = "WARN",
    status: str = "asserted",
    publisher: str | None = None,
    **changes: Any,
) -> StatementRecord:
    """A statement record of a marked sentence, said `hours` after noon."""
    speakers = [party(m["side"], m["words"]) for m in _MARK.finditer(marked) if m.group().startswith("[")]
    addressees = [party(m["side"], m["words"]) for m in _MARK.finditer(marked) if m.group().startswith("{")]
    text = _MARK.sub(lambda m: m["words"], marked)
    bare = _MARK.sub(" ", marked)
    said_at = NOON + timedelta(hours=hours)
    statement = Statement(
        statement_id=hash_id(article, text),
        kind="indirect",
        content=[(0, len(text))],
        speakers=speakers,
        addressees=addressees,
        act=act,  # type: ignore[arg-type]
        status=status,  # type: ignore[arg-type]
        alertable=act in ("WARN", "THREATEN") and status == "asserted",
        confidence=0.9,
    )
    values: dict[str, Any] = {
        "statement": statement,
        "words": text,
        "evidence": text,
        "matter": [word for word in re.findall(r"[A-Za-z][\w'-]*|\d+", bare) if word.casefold() not in _STOP],
        "actor_ids": [code for seat, code in _SEATS.items() if seat in bare],
        "article_id": article,
        "url": f"https://example.org/{article}",
        "title": "",
        "language": "en",
        "publisher": Publisher(id=publisher or f"publisher-{article}"),
        "source": SourceRef(connector="test", id="test"),
        "published_at": said_at,
        "fetched_at": said_at,
        "first_seen_at": said_at,
    }
    return StatementRecord(**{**values, **changes})


class Pair(NamedTuple):
    """Two tellings, and whether they tell one claim."""

    same: bool
    first: str
    second: str


def read_pairs(name: str) -> list[Pair]:
    blocks = Path(__file__).with_name(name).read_text("utf8").split("\n\n")
    lines = [[line for line in block.splitlines() if line and not line.startswith("#")] for block in blocks]
    return [Pair(block[0] == "same", block[1], block[2]) for block in lines if len(block) == 3]


@pytest.fixture
def record() -> Callable[..., StatementRecord]:
    return make_record


@pytest.fixture
def pairs() -> dict[str, list[Pair]]:
    """Pairs by what was done with them: tuned on, held out while tuning, written afterwards."""
    early, fresh = read_pairs("claim_pairs.txt"), read_pairs("claim_pairs_fresh.txt")
    return {"tuned on": early[::2], "held out": early[1::2], "fresh": fresh}
