"""An enriched article for the eye: the text with its quotations, speakers and cues marked, then its statements.

Statements are numbered, in the text behind their words and in the table, so that the two belong together on a terminal
without colours too.
"""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.records import WARNING_ACTS, EnrichedArticle, FieldName, Party, Span, Statement

_STYLES = {"words": "green", "speaker": "cyan", "cue": "magenta", "addressee": "yellow"}
_NUMBER = "dim"
# What a terminal would obey: an article must not move the cursor or change the title of the window.
_CONTROLS = {code: "\ufffd" for code in [*range(32), *range(127, 160)] if chr(code) not in "\t\n"}


def print_article(enriched: EnrichedArticle, console: Console | None = None) -> None:
    """Print one article: marked text, a legend, and a table of its statements."""
    console = console or Console()
    console.rule(Text(_safe(enriched.id)), style="dim")
    if enriched.title:
        console.print(marked(enriched, "title"), style="bold")
        console.print()
    console.print(marked(enriched, "text"))
    if not enriched.model:
        console.print(f"Language: {enriched.language or 'unknown'}; not read.", style="dim")
        return
    if not enriched.statements:
        console.print("No statements found.", style="dim")
        return
    console.print(statement_table(enriched))
    if console.color_system and not console.no_color:
        console.print(Text("  ").join(Text(name, style=style) for name, style in _STYLES.items()))
    console.print(_summary(enriched), style="dim", highlight=False)


def marked(enriched: EnrichedArticle, field: FieldName) -> Text:
    """A field's text with the spans of its statements coloured and their numbers behind them; inner spans win."""
    text = Text(_safe(enriched.title if field == "title" else enriched.text))
    spans: list[tuple[Span, str]] = []
    ends: dict[int, list[int]] = {}
    for number, statement in enumerate(enriched.statements, 1):
        if statement.field != field:
            continue
        spans += [(span, _STYLES["words"]) for span in statement.content]
        spans += [(party.span, _STYLES["addressee"]) for party in statement.addressees if party.span]
        spans += [(statement.source, _STYLES["speaker"])] if statement.source else []
        spans += [(statement.cue, _STYLES["cue"])] if statement.cue else []
        worded = statement.content or ([statement.cue] if statement.cue else [])
        end = max((span[1] for span in worded), default=0)
        ends.setdefault(end, []).append(number)
    for (start, end), style in sorted(spans, key=lambda marking: marking[0][0] - marking[0][1]):
        text.stylize(style, start, end)
    return _numbered(text, ends)


def _numbered(text: Text, ends: dict[int, list[int]]) -> Text:
    """The text with "[3]" behind the words of the third statement."""
    places = sorted(ends)
    pieces = text.divide(places)
    found = Text()
    for piece, place in zip(pieces, [*places, None], strict=True):
        found.append_text(piece)
        if place is not None:
            found.append("".join(f"[{number}]" for number in ends[place]), style=_NUMBER)
    return found


def statement_table(enriched: EnrichedArticle) -> Table:
    """One row a statement: who, to whom, what kind of act, the words."""
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, padding=(0, 0))
    table.add_column("#", justify="right", no_wrap=True, style=_NUMBER)
    table.add_column("act", no_wrap=True)
    table.add_column("who", ratio=3)
    table.add_column("to whom", ratio=2)
    table.add_column("words", ratio=6)
    for number, statement in enumerate(enriched.statements, 1):
        table.add_row(
            str(number),
            _act(statement),
            _names(statement.speakers).append_text(_via(statement)),
            _names(statement.addressees),
            _words(enriched, statement),
            style=None if statement.parent_id is None else "dim",
        )
    return table


def _names(parties: list[Party]) -> Text:
    said = [f"{p.name} ({p.country})" if p.country and p.country != p.actor_id else p.name for p in parties]
    return Text(_safe(", ".join(said)) or "–")


def _via(statement: Statement) -> Text:
    return Text(" via ", style="dim").append_text(_names(statement.relays)) if statement.relays else Text()


def _act(statement: Statement) -> Text:
    act = Text(statement.act, style="red" if statement.act in WARNING_ACTS else "")
    if statement.alertable:
        act.append(" !", style="bold red")
    if statement.status != "asserted":
        act.append(f"\n{statement.status}", style="dim")
    return act


def _words(enriched: EnrichedArticle, statement: Statement) -> Text:
    text = enriched.title if statement.field == "title" else enriched.text
    words = Text(_safe(" … ".join(" ".join(text[s:e].split()) for s, e in statement.content)))
    if not words and statement.cue:
        words = Text(_safe(text[slice(*statement.cue)]), style="dim")
    return words if statement.closed else words.append(" [mark missing]", style="dim")


def _summary(enriched: EnrichedArticle) -> str:
    count = len(enriched.statements)
    alertable = sum(statement.alertable for statement in enriched.statements)
    found = f"{count} statement{'s' if count != 1 else ''}"
    return f"{found}, {alertable} of them warnings issued now (!)." if alertable else f"{found}, no warning issued now."


def _safe(text: str) -> str:
    """The text without control characters; every character keeps its place."""
    return text.translate(_CONTROLS)
