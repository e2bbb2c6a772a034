"""Enriching processes, real ones with a fake enricher: who dies, is replaced; who kills, is given up."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import pytest

from pipeline.errors import BadInput, BadSetting
from pipeline.records import Article, EnrichedArticle
from pipeline.settings import Settings
from pipeline.stream import processes
from pipeline.stream.processes import Answer, Enriched, EnrichingProcesses, Refused, decode_article, enrich_values
from tests.articles import article

pytestmark = pytest.mark.usefixtures("fakes")


def _with_processes(
    settings: Settings, work: Callable[[EnrichingProcesses], Awaitable[list[Answer]]], loader: str = "load_fake"
) -> list[Answer]:
    import fake_enricher

    async def go() -> list[Answer]:
        pool = EnrichingProcesses(settings, getattr(fake_enricher, loader))
        try:
            await pool.start()
            return await work(pool)
        finally:
            pool.stop()

    return asyncio.run(go())


def test_answers_come_in_order_and_a_bad_article_harms_no_other(settings: Settings) -> None:
    values = [article(n, "RAISE" if n == 3 else "Fine.").to_json() for n in range(8)]
    values[5] = b'{"title": "not an article"'
    answers = _with_processes(settings, lambda pool: pool.enrich(values))
    assert [type(answer).__name__ for answer in answers] == ["Refused" if n in (3, 5) else "Enriched" for n in range(8)]
    assert answers[3] == Refused("Enrichment failed: this text raises", "ValueError")
    assert isinstance(answers[5], Refused)
    assert answers[5].reason.startswith("Not an article: Invalid JSON")
    for number in (0, 7):
        enriched = answers[number]
        assert isinstance(enriched, Enriched)
        assert EnrichedArticle.model_validate_json(enriched.value).title == article(number).title


def test_an_article_that_kills_its_process_is_given_up_and_its_neighbours_are_not(settings: Settings) -> None:
    values = [article(n, "KILL" if n == 1 else "Fine.").to_json() for n in range(4)]
    answers = _with_processes(settings, lambda pool: pool.enrich(values))
    assert [isinstance(answer, Enriched) for answer in answers] == [True, False, True, True]
    assert isinstance(answers[1], Refused)
    assert "died 2 times on this article: it ended with signal SIGKILL" in answers[1].reason


def test_processes_that_somebody_kills_are_replaced(settings: Settings) -> None:
    async def work(pool: EnrichingProcesses) -> list[Answer]:
        before = pool.pids()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        answers = await pool.enrich([article(n).to_json() for n in range(4)])
        assert len(pool.pids()) == settings.processes
        assert not set(before) & set(pool.pids())
        return answers

    assert all(isinstance(answer, Enriched) for answer in _with_processes(settings, work))


def test_an_article_that_never_ends_is_given_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "CHUNK_TIMEOUT_S", 0.3)
    monkeypatch.setattr(processes, "CHARS_PER_SECOND", 10_000)
    answers = _with_processes(settings, lambda pool: pool.enrich([article(1, "HANG").to_json()]))
    assert isinstance(answers[0], Refused)
    assert "no answer" in answers[0].reason


@pytest.mark.parametrize(
    "loader, message", [("load_nothing", "no such model"), ("load_with_fault", "the file is cut short")]
)
def test_a_model_that_cannot_be_loaded_is_said_at_the_start(settings: Settings, loader: str, message: str) -> None:
    with pytest.raises(BadSetting, match=message):
        _with_processes(settings, lambda pool: pool.enrich([]), loader)


def test_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(BadInput, match="1200 characters; max_article_chars allows 1000"):
        decode_article(article(1, "x" * 1200).to_json(), 1000)


def test_an_enricher_that_gives_too_few_answers_is_asked_one_by_one() -> None:
    class Short:
        def pipe(self, articles: list[Article]) -> list[EnrichedArticle]:
            return [EnrichedArticle(**one.model_dump(), id="x", model="m") for one in articles[:1]]

    answers = enrich_values(Short(), [article(n).to_json() for n in range(3)], 1000)
    assert all(isinstance(answer, Enriched) for answer in answers)
