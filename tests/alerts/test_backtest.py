"""`demarche alerts backtest` without a language model: a reader of one sentence pattern stands in for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from pipeline.commands.alerts import alerts
from pipeline.errors import BadInput, BadSetting
from pipeline.records import Article, EnrichedArticle, Party, Statement

RULES = '[[rule]]\nid = "any-warning"\nacts = ["WARN", "THREATEN"]\n'
LINES: list[dict[str, Any]] = [
    {"id": "late", "text": "Moscow warned Helsinki about closing the border.", "published_at": "2026-03-02T18:00:00Z"},
    {"id": "first", "text": "Moscow warned Helsinki off closing its border.", "published_at": "2026-03-02T12:00:00Z"},
    {"id": "other", "text": "Moscow warned Helsinki over missiles.", "published_at": "2026-03-02T13:00:00Z"},
    {"text": "Moscow warned Oslo over cod."},
]
COUNTRIES = {"Moscow": "RUS", "Helsinki": "FIN", "Oslo": "NOR"}


class PatternReader:
    """Reads “X warned Y …” and nothing else."""

    def pipe(self, articles: Iterable[Article]) -> Iterator[EnrichedArticle]:
        for article in articles:
            speaker, _, addressee, *_ = article.text.split()
            end = len(speaker) + len(" warned ") + len(addressee)
            statement = Statement(
                statement_id=article.article_id,
                kind="indirect",
                content=[(end + 1, len(article.text))],
                source=(0, len(speaker)),
                cue=(len(speaker) + 1, len(speaker) + 7),
                speakers=[Party(name=speaker, country=COUNTRIES[speaker])],
                addressees=[Party(name=addressee, country=COUNTRIES[addressee], span=(end - len(addressee), end))],
                act="WARN",
                alertable=True,
            )
            yield EnrichedArticle(
                **article.model_dump() | {"id": article.article_id, "model": "", "statements": [statement]}
            )


@pytest.fixture
def backtest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setattr("pipeline.enrich.load_enricher", lambda settings: PatternReader())
    (tmp_path / "rules.toml").write_text(RULES, "utf8")

    def run(articles: str, *options: str, rules: str = "rules.toml") -> Result:
        (tmp_path / "articles.jsonl").write_text(articles, "utf8")
        args = ["backtest", str(tmp_path / rules), str(tmp_path / "articles.jsonl"), *options]
        return CliRunner().invoke(alerts, args, standalone_mode=False)

    return run


def as_jsonl(lines: list[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(line) for line in lines)


def test_one_object_per_alert_with_the_users_ids(backtest: Any) -> None:
    rows = [json.loads(line) for line in backtest(as_jsonl(LINES), "--output", "jsonl").output.splitlines()]
    assert [[source["article_id"] for source in row["sources"]] for row in rows] == [
        ["line-4"],
        ["first", "late"],
        ["other"],
    ]
    assert {"rule", "alert_id", "act", "speakers", "addressees", "sources"} <= set(rows[0])
    assert rows[1]["speakers"][0]["country"] == "RUS"


def test_the_same_articles_in_any_order_give_the_same_bytes(backtest: Any) -> None:
    named = LINES[:3]
    outputs = {backtest(as_jsonl(lines), "--output", "jsonl").output for lines in (named, named[::-1], named)}
    assert len(outputs) == 1


def test_published_times_decide_what_is_one_claim(backtest: Any) -> None:
    later = LINES[1] | {"id": "later", "published_at": "2026-03-09T12:00:00Z"}
    rows = [
        json.loads(line) for line in backtest(as_jsonl([*LINES[:2], later]), "--output", "jsonl").output.splitlines()
    ]
    assert [[source["article_id"] for source in row["sources"]] for row in rows] == [["first", "late"], ["later"]]


def test_people_see_what_why_and_the_sources(backtest: Any) -> None:
    output = backtest(as_jsonl(LINES)).output
    assert "Moscow (RUS) → Helsinki (FIN)  WARN  2 sources" in output
    assert "undated" in output
    assert output.endswith("3 alerts from 4 articles.\n")


def test_a_bad_line_is_named_and_the_others_count(backtest: Any) -> None:
    result = backtest(as_jsonl(LINES[:1]) + "\n{broken\n", "--output", "jsonl")
    assert "articles.jsonl, line 2: It is not valid JSON" in result.stderr
    assert len(result.stdout.splitlines()) == 1
    assert result.return_value == 0


@pytest.mark.parametrize(
    "articles, rules, error, says",
    [
        ("", "rules.toml", BadInput, "articles.jsonl: It is empty"),
        (as_jsonl(LINES), "missing.toml", BadSetting, "missing.toml does not exist"),
    ],
)
def test_what_cannot_be_run_is_explained(
    backtest: Any, articles: str, rules: str, error: type[Exception], says: str
) -> None:
    result = backtest(articles, rules=rules)
    assert isinstance(result.exception, error)
    assert says in str(result.exception)


def test_every_subcommand_has_help() -> None:
    assert isinstance(alerts, click.Group)
    assert all(command.help for command in alerts.commands.values())
