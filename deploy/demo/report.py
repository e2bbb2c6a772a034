"""What the sample articles brought: articles, statements and alerts, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from pipeline.commands.alerts import print_alert
from pipeline.commands.search import who_to_whom
from pipeline.index import connect, find_alerts
from pipeline.index.client import translated_errors
from pipeline.index.templates import alias
from pipeline.settings import Settings

MAX_STATEMENTS = 500
MAX_ALERTS = 200
WORDS_SHOWN = 150
PLAIN_ACTS = frozenset({"STATE", "OTHER", "PREDICT"})


def print_found(settings: Settings, article_ids: Sequence[str], console: Console) -> None:
    """Print what the index holds of these articles, in their order."""
    with connect(settings) as client, translated_errors(settings):
        client.indices.refresh(index=[alias(settings.index_prefix, kind) for kind in ("articles", "statements")])
        articles = _documents(client, alias(settings.index_prefix, "articles"), article_ids)
        statements = _documents(client, alias(settings.index_prefix, "statements"), article_ids)
        alerts, _ = find_alerts(client, settings, size=MAX_ALERTS)
    ours = [alert for alert in alerts if any(source.article_id in article_ids for source in alert.sources)]

    console.print(Rule(f"{len(articles)} articles"))
    console.print(_articles_table(articles))
    console.print(Rule(f"{len(statements)} statements: who → to whom, what"))
    telling = [statement for statement in statements if statement["act"] not in PLAIN_ACTS]
    for statement in telling:
        console.print(_statement(statement))
    console.print(Text(f"and {len(statements) - len(telling)} that only state something", style="dim"))
    console.print(Rule(f"{len(ours)} {'alert' if len(ours) == 1 else 'alerts'}"))
    for alert in reversed(ours):
        print_alert(console, alert)


def _documents(client: Any, index: str, article_ids: Sequence[str]) -> list[dict[str, Any]]:
    answer = client.search(
        index=index,
        query={"terms": {"article_id": list(article_ids)}},
        size=MAX_STATEMENTS,
        source_excludes=["enriched", "variants", "text"],
    )
    found = [hit["_source"] for hit in answer["hits"]["hits"]]
    return sorted(found, key=lambda document: (article_ids.index(document["article_id"]), _position(document)))


def _position(document: dict[str, Any]) -> tuple[bool, int]:
    """Headline first, then where the statement begins."""
    spans = document.get("spans") or {}
    starts = [span[0] for span in (spans.get("source"), spans.get("cue"), *(spans.get("content") or [])) if span]
    return document.get("field") != "title", min(starts, default=0)


def _articles_table(articles: Sequence[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("Title")
    table.add_column("Publisher")
    table.add_column("Statements", justify="right")
    table.add_column("Warnings", justify="right")
    for article in articles:
        warnings = article["warning_count"]
        table.add_row(
            Text(article["title"]),
            Text(article.get("publisher") or ""),
            str(article["statement_count"]),
            Text(str(warnings), style="bold red" if warnings else "dim"),
        )
    return table


def _statement(statement: dict[str, Any]) -> Text:
    words = " ".join(statement["words"].split())
    shown = words if len(words) <= WORDS_SHOWN else words[: WORDS_SHOWN - 1] + "…"
    return who_to_whom(statement).append(f": {shown}", style="dim")
