"""`demarche alerts`: the alerts raised, their life, and what rules would have raised on past articles."""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.alerts import Rule, RuleSet, SideState, load_rules, process, settle
from pipeline.delivery import load_channels, make_message, send
from pipeline.delivery.messages import sample_alert
from pipeline.errors import BadInput, BadSetting
from pipeline.records import Alert, AlertState, Article, EnrichedArticle, Party, Telling
from pipeline.settings import Settings, settings

_UNDATED = datetime(2026, 1, 1, tzinfo=UTC)
"""The time of articles without one in a backtest, which must not depend on the day it is run. It decides who holds
which office, so it is not long past."""
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""As time of fetching: no publication date is later, and a later one would not be believed."""


@click.group()
def alerts() -> None:
    """List alerts and decide about them; try rules on past articles."""


@alerts.command("list")
@click.option(
    "--state", type=click.Choice(["open", "acknowledged", "muted", "closed"]), help="Only alerts in this state."
)
@click.option("--rule", default="", help="Only alerts of this rule.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--output", type=click.Choice(["pretty", "jsonl"]), default="pretty", show_default=True)
def list_(state: str | None, rule: str, limit: int, output: str) -> None:
    """Alerts, newest first."""
    from pipeline.index import connect, find_alerts

    options = settings()
    with connect(options) as client:
        found, total = find_alerts(client, options, state=state or "", rule=rule, size=limit)
    if output == "jsonl":
        for alert in found:
            click.echo(alert.model_dump_json())
    elif not found:
        click.echo("No alerts.")
    else:
        console = Console()
        for alert in found:
            console.print(summary(alert), soft_wrap=True)
        console.print(Text(f"{total} alert{'s' if total != 1 else ''}.", style="bold"))


@alerts.command()
@click.argument("alert_id")
@click.option("--output", type=click.Choice(["pretty", "jsonl"]), default="pretty", show_default=True)
def show(alert_id: str, output: str) -> None:
    """One alert with all its sources and why it fired. ALERT_ID may be the beginning of the id."""
    from pipeline.index import connect, find_alert

    options = settings()
    with connect(options) as client:
        alert = find_alert(client, options, alert_id)
    if output == "jsonl":
        click.echo(alert.model_dump_json())
    else:
        print_alert(Console(), alert)


def _decision(command: Callable[..., None]) -> Callable[..., None]:
    """What all commands that decide about alerts take."""
    for decorate in (
        click.argument("alert_ids", nargs=-1, required=True),
        click.option("--by", default=_user, show_default="your user name", help="Who decides."),
        click.option("--note", default="", help="Why; kept with the alert."),
    ):
        command = decorate(command)
    return command


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


@alerts.command()
@_decision
def ack(alert_ids: tuple[str, ...], by: str, note: str) -> None:
    """Mark alerts as seen. The beginning of an id is enough."""
    _decide(alert_ids, "acknowledged", by, note)


@alerts.command()
@_decision
@click.option("--until", default="", help="When it ends by itself: 12h, 7d, 2w, 2026-03-01 or 2026-03-01T12:00 (UTC).")
def mute(alert_ids: tuple[str, ...], by: str, note: str, until: str) -> None:
    """Keep alerts out of the way, for good or until a time; their sources still grow."""
    _decide(alert_ids, "muted", by, note, _later(until) if until else None)


@alerts.command()
@_decision
def unmute(alert_ids: tuple[str, ...], by: str, note: str) -> None:
    """End the mute of alerts: they are again what they were before."""
    from pipeline.index import connect, find_alert
    from pipeline.index import unmute as end_mute

    options = settings()
    with connect(options) as client:
        for start in alert_ids:
            alert = find_alert(client, options, start)
            changed = end_mute(client, options, alert.alert_id, by=by, note=note)
            click.echo(_state_line(changed or alert))


@alerts.command()
@_decision
def close(alert_ids: tuple[str, ...], by: str, note: str) -> None:
    """Be done with alerts for good; they can still be found."""
    _decide(alert_ids, "closed", by, note)


@alerts.command("open")
@_decision
def open_(alert_ids: tuple[str, ...], by: str, note: str) -> None:
    """Put alerts back among the open ones."""
    _decide(alert_ids, "open", by, note)


def _decide(alert_ids: Sequence[str], state: AlertState, by: str, note: str, until: datetime | None = None) -> None:
    from pipeline.index import change_state, connect, find_alert

    options = settings()
    with connect(options) as client:
        for start in alert_ids:
            alert = find_alert(client, options, start)
            changed = change_state(client, options, alert.alert_id, state, by=by, note=note, until=until)
            click.echo(_state_line(changed or alert))


def _state_line(alert: Alert) -> str:
    until = f" until {_time(alert.muted_until)}" if alert.muted_until else ""
    return f"{alert.alert_id[:8]} is {alert.state_at(datetime.now(UTC))}{until}."


def _later(text: str) -> datetime:
    """A time to come: so long from now (12h, 7d, 2w), or a date with or without time, in UTC by itself."""
    match = re.fullmatch(r"(\d{1,4})([hdw])", text.strip())
    if match:
        unit = {"h": "hours", "d": "days", "w": "weeks"}[match[2]]
        return datetime.now(UTC) + timedelta(**{unit: int(match[1])})
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadInput(
            f"'{text[:50]}' is not a time that --until can use.", "Write 12h, 7d, 2w, 2026-03-01 or 2026-03-01T12:00."
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@alerts.command()
@click.argument("rules", type=click.Path(path_type=Path))
def check(rules: Path) -> None:
    """Say whether RULES.toml, a file or a folder, can be used, and what each rule asks for."""
    options = settings()
    found = load_rules(rules, load_channels(options.channels).names)
    for rule in found:
        click.echo(f"{rule.id}: {described(rule)}")
    click.echo(f"{len(found)} rule{'s' if len(found) != 1 else ''}, all of which can be used.")


@alerts.command("test-channel")
@click.argument("name")
def test_channel(name: str) -> None:
    """Send a made-up alert to channel NAME, now, and say how it went."""
    options = settings()
    channels = load_channels(options.channels)
    channel = channels.get(name)
    if channel is None:
        known = ", ".join(channel.name for channel in channels) or "none"
        raise BadSetting(
            f"There is no channel '{name}'.", f"Channels are: {known}; the setting 'channels' names their file."
        )
    alert = sample_alert(datetime.now(UTC))
    message = make_message([alert], key=alert.alert_id, web_address=options.web_address, template=channel.template)
    send(channel, message)
    click.echo(f"Channel {name} has taken “{message.subject}”.")


@alerts.command()
@click.argument("rules", type=click.Path(path_type=Path))
@click.argument("articles", type=click.Path(path_type=Path), required=False)
@click.option("--since", default="", help="Instead of a file: articles in Elasticsearch from then on (7d, 2026-03-01).")
@click.option("--until", default="", help="With --since: to this time; default: now.")
@click.option("--output", type=click.Choice(["pretty", "jsonl"]), default="pretty", show_default=True)
def backtest(rules: Path, articles: Path | None, since: str, until: str, output: str) -> int:
    """Print what RULES.toml would have raised on ARTICLES.jsonl, oldest article first. Needs no server.

    Each line of ARTICLES.jsonl is an object with `text`, and `id`, `title`, `url`, `publisher` and `published_at` where
    they are known. The same input always gives the same output. With --since, what is in Elasticsearch is taken, as it
    was enriched when it came. Nobody is notified.
    """
    if (articles is None) == (not since):
        raise click.UsageError("Give a file of articles, or --since for what is in Elasticsearch.")
    options = settings()
    ruleset = load_rules(rules)
    if articles is None:
        return _print_backtest(replay(_stored(options, since, until), ruleset, options), output)
    found, bad = _read(articles, options)
    raised = replay(_enriched([article for _, article in found], options), ruleset, options)
    for reason in bad:
        click.echo(f"demarche: {reason}", err=True)
    ids = {article.article_id: name for name, article in found}
    _print_backtest(raised, output, ids, f" from {len(found)} articles")
    return BadInput.exit_code if bad and not found else 0


def _print_backtest(raised: Sequence[Alert], output: str, ids: dict[str, str] | None = None, of: str = "") -> int:
    if output == "jsonl":
        for alert in raised:
            click.echo(json.dumps(_row(alert, ids or {}), ensure_ascii=False))
        return 0
    console = Console()
    for alert in raised:
        print_alert(console, alert, ids)
    console.print(Text(f"{len(raised)} alert{'s' if len(raised) != 1 else ''}{of}.", style="bold"))
    return 0


def _stored(options: Settings, since: str, until: str) -> Iterator[EnrichedArticle]:
    """Articles of a period as they stand in Elasticsearch, in the order in which they were published."""
    from pipeline.index import connect, moment_of, stored_articles

    end = moment_of(until, "until", end=True) if until else datetime.now(UTC)
    with connect(options) as client:
        for article in stored_articles(client, options, moment_of(since, "since", end=False), end):
            yield article.model_copy(update={"backfill": False})


def _read(path: Path, options: Settings) -> tuple[list[tuple[str, Article]], list[str]]:
    """Articles with the names the user gave them, and what is wrong with the lines that are none.

    Each is taken as if it had been seen when it was published: a backtest asks what would have fired then.
    """
    from pipeline.inputs import read_articles, read_file
    from pipeline.inputs.files import stem_of

    try:
        data = read_file(path, options.max_file_bytes)
        parts = list(read_articles(data, path=path, kind="jsonl", settings=options, fetched_at=_NEVER))
    except BadInput as error:
        raise BadInput(f"{path}: {error.message}", error.hint) from error
    found: list[tuple[str, Article]] = []
    bad: list[str] = []
    for number, part in enumerate(parts, 1):
        if isinstance(part, Article):
            seen_at = part.published_at or _UNDATED
            article = part.model_copy(update={"fetched_at": seen_at, "first_seen_at": seen_at, "backfill": False})
            found.append((part.source.id if part.source.id != stem_of(path) else f"line-{number}", article))
        else:
            bad.append(f"{path}, {part.place}: {part.error}")
    return found, bad


def _enriched(articles: Sequence[Article], options: Settings) -> Iterator[EnrichedArticle]:
    """Articles in the order in which they were published, as enrichment reads them."""
    from pipeline.enrich import load_enricher_for_good

    if articles:
        ordered = sorted(articles, key=lambda article: (article.first_seen_at, article.article_id))
        yield from load_enricher_for_good(options).pipe(ordered)


def replay(articles: Iterable[EnrichedArticle], rules: RuleSet, options: Settings) -> list[Alert]:
    """The alerts that articles raise when each is processed at the time of its publication, in their last state."""
    from pipeline.enrich import statement_records

    states: dict[str, SideState] = {}
    raised: dict[str, Alert] = {}
    for article in articles:
        for record in settle(statement_records(article), article):
            before = states.get(record.key, SideState())
            outcome = process(before.claims, record, rules, options, record.said_at, before.memory)
            states[record.key] = SideState(claims=outcome.claims, memory=outcome.memory)
            raised.update({alert.alert_id: alert for alert in outcome.alerts})
    return list(raised.values())


def _row(alert: Alert, ids: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = alert.model_dump(mode="json")
    for told in (*row["sources"], *row["tellings"], *row["suppressed"]):
        told["article_id"] = ids.get(told["article_id"], told["article_id"])
    return row


def described(rule: Rule) -> str:
    """A rule in one line: what it asks for beyond the defaults."""
    asked = rule.model_dump(exclude_defaults=True, exclude={"id", "description", "owner"})
    parts = [f"{key} {', '.join(value) if isinstance(value, tuple) else value}" for key, value in asked.items()]
    return "; ".join(parts) or "any new warning"


def summary(alert: Alert) -> Text:
    """Two lines: who to whom, the act, how many tell it; the words."""
    text = Text(alert.alert_id[:8], style="dim")
    text.append("  ").append(_named(alert.speakers), style="bold")
    if alert.addressees:
        text.append(" → ").append(_named(alert.addressees))
    text.append("  ").append(alert.act, style="bold red")
    count = len(alert.sources)
    text.append(f"  {count} source{'s' if count != 1 else ''}, {alert.publisher_count} independent")
    text.append(f"  [{alert.state_at(datetime.now(UTC))}]  {alert.rule}  {_time(alert.created_at)}", style="dim")
    words = " ".join(alert.words.split())
    return text.append("\n          " + (words if len(words) <= 200 else words[:199] + "…") + "\n")


def print_alert(console: Console, alert: Alert, ids: dict[str, str] | None = None) -> None:
    """An alert whole: what, why, and each source with its words."""
    console.print(summary(alert), soft_wrap=True)
    facts = Table.grid(padding=(0, 2))
    about = [("about", alert.about)] if alert.about else []
    for name, value in [*about, ("because", alert.why), ("confidence", f"{alert.confidence:.2f}")]:
        facts.add_row(Text("        " + name, style="dim"), Text(value))
    for source in alert.sources:
        publisher = (source.publisher.name or source.publisher.id) if source.publisher else ""
        name = (ids or {}).get(source.article_id, "")
        struck = "withdrawn" if source.withdrawn_in else ""
        place = " · ".join(filter(None, [_time(source.said_at), name, publisher, source.url, struck]))
        facts.add_row(Text("        source", style="dim"), Text(place))
        for telling in _tellings_in(alert, source.article_id):
            facts.add_row("", Text(" ".join(telling.words.split())))
            facts.add_row("", Text(telling.because, style="dim"))
    for telling in alert.suppressed:
        facts.add_row(Text("        no news", style="dim"), Text(" · ".join([_time(telling.said_at), telling.url])))
        facts.add_row("", Text(" ".join(telling.words.split())))
        facts.add_row("", Text(telling.because, style="dim"))
    for delivery in alert.deliveries:
        told = " · ".join(
            filter(None, [delivery.state, _time(delivery.changed_at or delivery.due_at), delivery.because])
        )
        facts.add_row(
            Text("        to " + delivery.channel, style="dim"),
            Text(told + (f": {delivery.error}" if delivery.error else "")),
        )
    for change in alert.history:
        by, note = f" by {change.by}" if change.by else "", f": {change.note}" if change.note else ""
        until = f" until {_time(change.until)}" if change.until else ""
        facts.add_row(Text("        " + change.state, style="dim"), Text(f"{_time(change.at)}{until}{by}{note}"))
    console.print(facts, soft_wrap=True)
    console.print()


def _tellings_in(alert: Alert, article_id: str) -> Iterator[Telling]:
    """What one article says, each wording once."""
    seen: set[str] = set()
    for telling in alert.tellings:
        if telling.article_id == article_id and telling.words not in seen:
            seen.add(telling.words)
            yield telling


def _named(parties: Sequence[Party]) -> str:
    """Names, each once: a country that is told by several names is shown by its own."""
    names = dict.fromkeys(
        party.name if not party.country or party.name == party.country_name else f"{party.name} ({party.country})"
        for party in parties
    )
    return ", ".join(names)


def _time(moment: datetime) -> str:
    return "undated" if moment == _UNDATED else f"{moment:%Y-%m-%d %H:%M}"
