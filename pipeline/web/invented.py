"""Invented articles to measure with: the same number is always the same article.

Words are drawn as often as words of a language are (the n-th with a frequency of 1/n), and so are speakers; so that
there are words in nearly every article and words in few.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random

from pipeline.records import EnrichedArticle, Party, Publisher, SourceRef, Stance, Statement, hash_id

START = datetime(2025, 10, 1, tzinfo=UTC)
DAYS = 180
_WORDS = 30_000
_SPEAKERS = 3_000
_PUBLISHERS = 60
_TEXT_WORDS = 250
_COUNTRIES = ("USA", "RUS", "CHN", "FRA", "DEU", "GBR", "IRN", "ISR", "UKR", "TUR", "IND", "BRA", "JPN", "EGY", "POL")
_ACTS = ("STATE",) * 12 + ("WARN", "URGE", "CONDEMN", "DENY", "SUPPORT", "DEMAND", "ACCUSE", "PROMISE", "THREATEN")
_SYLLABLES = ("ba", "co", "du", "fel", "gri", "ho", "jan", "ka", "lor", "mi", "nu", "pes", "qua", "ro", "sti", "tam")


class Invention:
    """Articles by their number, each with so many statements."""

    def __init__(self, statements: int) -> None:
        self._statements = statements
        self.words = [_name(number) for number in range(_WORDS)]
        self._weights = list(accumulate(1 / (number + 2) for number in range(_WORDS)))
        self.speakers = [self._party(number) for number in range(_SPEAKERS)]
        self._speaker_weights = list(accumulate(1 / (number + 5) for number in range(_SPEAKERS)))
        self.publishers = [Publisher(id=f"p{n}.example", name=f"{_name(n).title()} Post") for n in range(_PUBLISHERS)]

    @staticmethod
    def _party(number: int) -> Party:
        name = f"{_name(number * 7 + 1).title()} {_name(number * 13 + 5).title()}"
        country = _COUNTRIES[number % len(_COUNTRIES)]
        return Party(name=name, actor_id=f"person/{number}", kind="person", country=country, role="minister")

    @staticmethod
    def oldest_first(articles: int) -> list[int]:
        """The numbers of so many articles, in the order in which they came."""
        return sorted(range(articles), key=lambda number: _second(Random(number)))

    def article(self, number: int, *, new: bool = False) -> EnrichedArticle:
        """One of the half year, or one that comes in `new` on its last day."""
        chance = Random(number)
        second = _second(chance)
        seen = START + (timedelta(days=DAYS) if new else timedelta(seconds=second))
        words = chance.choices(self.words, cum_weights=self._weights, k=_TEXT_WORDS)
        text, starts = _joined(words)
        url = address(number)
        return EnrichedArticle(
            article_id=hash_id(url),
            id=str(number),
            url=url,
            canonical_url=url,
            publisher=chance.choice(self.publishers),
            title=" ".join(words[:8]).capitalize(),
            text=text,
            language="en",
            published_at=seen,
            fetched_at=seen,
            first_seen_at=seen,
            content_hash="",
            source=SourceRef(connector="bench", id=f"feed{number % 200}"),
            model="none",
            statements=[self._statement(chance, index, text, starts) for index in range(self._statements)],
        )

    def _statement(self, chance: Random, index: int, text: str, starts: list[int]) -> Statement:
        speaker, other = chance.choices(self.speakers, cum_weights=self._speaker_weights, k=2)
        first = chance.randrange(_TEXT_WORDS - 30)
        polarity = chance.choice((-1, 0, 0, 1))
        return Statement(
            statement_id=f"s{index}",
            kind="indirect",
            content=[(starts[first], starts[first + 15] - 1)],
            speakers=[speaker],
            act=chance.choice(_ACTS),
            addressees=[other] if chance.random() < 0.3 else [],
            stances=[Stance(target=other, polarity=polarity)] if polarity else [],
        )


def address(number: int) -> str:
    """The address of an article."""
    return f"https://bench.example/{number}"


def _second(chance: Random) -> int:
    """Of the half year; drawn before anything else of an article."""
    return chance.randrange(DAYS * 86_400)


def _name(number: int) -> str:
    """A word that can be said, and no other number has."""
    found = ""
    number += len(_SYLLABLES)
    while number:
        number, digit = divmod(number, len(_SYLLABLES))
        found = _SYLLABLES[digit] + found
    return found


def _joined(words: list[str]) -> tuple[str, list[int]]:
    starts, position = [], 0
    for word in words:
        starts.append(position)
        position += len(word) + 1
    return " ".join(words), starts
