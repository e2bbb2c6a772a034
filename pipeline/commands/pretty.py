"""An enriched article for the eye: the text with its quotations, speakers and cues marked, then its statements."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.records import WARNING_ACTS, EnrichedArticle, FieldName, Party, Statement

_STYLES = {"content": "green", "source": "bold cyan", "cue": "magenta", "addressee": "yellow"}


def print_article(enriched: EnrichedArticle, console: Console | None = None) -> None:
    """Print one article: marked text, a legend, and a table of its statements."""
    console = console or Console()
    if enriched.title:
        console.print(marked(enriched, "title"), style="bold")
        console.print()
    console.print(marked(enriched, "text"))
    console.print()
    if not enriched.model:
        console.print(f"Language: {enriched.language or 'unknown'}; not read.", style="dim")
        return
    legend = Text("Marked: ")
    for name, style in _STYLES.items():
        legend.append(name, style=style).append("  ")
    console.print(legend)
    console.print(statement_table(enriched))


def marked(enriched: EnrichedArticle, field: FieldName) -> Text:
    """A field's text with the spans of its statements coloured; inner spans win over the content that holds them."""
    text = Text(enriched.title if field == "title" else enriched.text)
    here = [s for s in enriched.statements if s.field == field]
    for statement in here:
        for start, end in statement.content:
            text.stylize(_STYLES["content"], start, end)
    for statement in here:
        for party in statement.addressees:
            if party.span:
                text.stylize(_STYLES["addressee"], *party.span)
        if statement.source:
            text.stylize(_STYLES["source"], *statement.source)
        if statement.cue:
            text.stylize(_STYLES["cue"], *statement.cue)
    return text


def statement_table(enriched: EnrichedArticle) -> Table:
    """One row a statement: who, to whom, what kind of act, the words."""
    table = Table("who", "to whom", "act", "words", show_lines=False, expand=True)
    for statement in enriched.statements:
        table.add_row(
            _names(statement.speakers) + _via(statement),
            _names(statement.addressees),
            _act(statement),
            _words(enriched, statement),
            style="" if statement.parent_id is None else "dim",
        )
    return table


def _names(parties: list[Party]) -> str:
    return (
        ", ".join(f"{p.name} ({p.country})" if p.country and p.country != p.actor_id else p.name for p in parties)
        or "–"
    )


def _via(statement: Statement) -> str:
    return f" via {_names(statement.relays)}" if statement.relays else ""


def _act(statement: Statement) -> Text:
    act = Text(statement.act, style="bold red" if statement.act in WARNING_ACTS else "")
    if statement.status != "asserted":
        act.append(f" {statement.status}", style="dim")
    if statement.alertable:
        act.append(" !", style="bold red")
    return act


def _words(enriched: EnrichedArticle, statement: Statement) -> str:
    text = enriched.title if statement.field == "title" else enriched.text
    words = " … ".join(text[s:e] for s, e in statement.content)
    if not words and statement.cue:
        words = text[slice(*statement.cue)]
    return words if statement.closed else f"{words} [mark missing]"
