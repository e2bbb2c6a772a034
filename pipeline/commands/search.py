"""`demarche search`: what the index holds, by words, by who said what to whom, by publisher and date."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

import click
from rich.console import Console
from rich.text import Text

from pipeline.index import Hit, Query, Results, connect
from pipeline.index import search as run_search
from pipeline.index.facets import Kind
from pipeline.settings import settings


@click.command()
@click.argument("words", nargs=-1)
@click.option("--actor", default="", help="Who speaks. A country covers its officials, ministries and metonyms.")
@click.option("--act", default="", help="Speech act: WARN, THREATEN, DEMAND, URGE, CONDEMN, ACCUSE, ...")
@click.option("--addressee", default="", help="Who is spoken to; countries as for --actor.")
@click.option("--publisher", default="", help="Name or id of the publisher.")
@click.option("--since", default="", help="From this date or age on: 2026-03-01, 2026-03-01T12:00, 36h, 7d, 2w.")
@click.option("--until", default="", help="Up to this date or age, the day included.")
@click.option(
    "--kind",
    type=click.Choice(["articles", "statements"]),
    help="What to list  [default: articles; statements with --actor, --act or --addressee]",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many hits to show.")
@click.option("--output", type=click.Choice(["pretty", "jsonl"]), default="pretty", show_default=True)
def search(
    words: tuple[str, ...],
    actor: str,
    act: str,
    addressee: str,
    publisher: str,
    since: str,
    until: str,
    kind: str | None,
    limit: int,
    output: str,
) -> None:
    """Search articles and statements; all WORDS must be there, "quoted words" in a row, word* any ending.

    \b
    demarche search Iran
    demarche search --actor Russia --act WARN --addressee "United States"
    demarche search '"military intervention"' --since 7d --output jsonl
    """
    options = settings()
    wanted = kind or ("statements" if actor or act or addressee else "articles")
    query = Query(" ".join(words), actor, act, addressee, publisher, since, until, cast(Kind, wanted), limit)
    with connect(options) as client:
        results = run_search(client, options, query)
    if output == "jsonl":
        for hit in results.hits:
            click.echo(json.dumps({"id": hit.id, "score": hit.score, **hit.document}, ensure_ascii=False))
    else:
        print_results(Console(), results, wanted)


def print_results(console: Console, results: Results, kind: str) -> None:
    """Hits for people: who says what to whom, the passage, and where it stands."""
    if not results.hits:
        console.print(f"No {kind} found.")
        return
    for hit in results.hits:
        console.print(_entry(hit, kind), soft_wrap=True)
    shown = len(results.hits)
    more = f", of which {shown} are shown (--limit)" if results.total > shown else ""
    console.print(Text(f"{results.total} {kind if results.total != 1 else kind[:-1]} found{more}.", style="bold"))


def _entry(hit: Hit, kind: str) -> Text:
    document = hit.document
    entry = _headline(hit) if kind == "articles" else who_to_whom(document)
    for passage in _passages(hit, kind):
        entry.append("\n    ").append_text(passage)
    place = [document.get("publisher"), _day(document.get("said_at")), document.get("url")]
    return entry.append("\n    " + " · ".join(part for part in place if part) + "\n", style="dim")


def who_to_whom(document: dict[str, Any]) -> Text:
    """“Maria Zakharova (RUS) → United States  WARN”, with the status where it is not simply asserted."""
    text = Text(_people(document, "speakers", "speaker_countries") or "somebody", style="bold")
    addressees = _people(document, "addressees", "addressee_countries")
    if addressees:
        text.append(" → ").append(addressees)
    warning = document["act"] in ("WARN", "THREATEN")
    text.append("  ").append(document["act"], style="bold red" if warning else "cyan")
    if document.get("status") not in (None, "asserted"):
        text.append(f" ({document['status']})", style="yellow")
    return text


def _people(document: dict[str, Any], names: str, countries: str) -> str:
    found = ", ".join(document.get(names) or [])
    codes = ", ".join(document.get(countries) or [])
    return f"{found} ({codes})" if found and codes else found


def _headline(hit: Hit) -> Text:
    marked = hit.highlights.get("title")
    return _marked(marked[0], "bold") if marked else Text(hit.document.get("title") or "(no title)", style="bold")


def _passages(hit: Hit, kind: str) -> Iterable[Text]:
    field = "text" if kind == "articles" else "evidence" if hit.document["kind"] == "indirect" else "words"
    if field in hit.highlights:
        return [_marked(passage, "") for passage in hit.highlights[field]]
    words = " ".join(str(hit.document.get(field) or "").split())
    return [Text(words if len(words) <= 240 else words[:239] + "…")]


def _marked(passage: list[tuple[str, bool]], style: str) -> Text:
    text = Text(style=style)
    for words, matched in passage:
        text.append(words.replace("\n", " "), style="bold reverse" if matched else "")
    return text


def _day(moment: str | None) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M}" if moment else ""
