"""`demarche dead-letters`: what was given up on, and why; send it back once the cause is gone."""

from __future__ import annotations

import click

from pipeline.dead_letters import (
    MAX_ATTEMPTS,
    Letter,
    find_letter,
    purge,
    read_letters,
    replay,
    why_not_replayable,
)
from pipeline.settings import settings

_SHOWN_BYTES = 4000


@click.group("dead-letters")
def dead_letters() -> None:
    """What was given up on, with the reason: look at it, send it back, delete it."""


@dead_letters.command("list")
def list_letters() -> None:
    """One line per dead letter, oldest first."""
    letters = read_letters(settings())
    if not letters:
        click.echo("There are no dead letters.")
        return
    for letter in letters:
        state = "replayed" if letter.replayed_at else "open"
        when = letter.failed_at.strftime("%Y-%m-%d %H:%M")
        reason = " ".join(letter.reason.split())
        click.echo(f"{letter.letter_id[:12]}  {when}  {state:<8}  {letter.step:<8}  {reason[:110]}")
    click.echo(f"{len(letters)} in all. `demarche dead-letters show ID` prints one, `replay ID` sends it back.")


@dead_letters.command()
@click.argument("letter_id")
def show(letter_id: str) -> None:
    """All about one dead letter, with the original message (its first 4,000 bytes)."""
    letter = find_letter(settings(), letter_id)
    place = f"{letter.topic}, partition {letter.partition}, offset {letter.offset}" if letter.topic else "not a topic"
    rows = {
        "id": letter.letter_id,
        "step": letter.step,
        "reason": f"{letter.reason} ({letter.error_type})",
        "from": place,
        "key": letter.key or "",
        "failed": letter.failed_at.isoformat(),
        "attempts": str(letter.attempts),
        "replayed": letter.replayed_at.isoformat() if letter.replayed_at else "no",
        "can be replayed": f"no: {why_not_replayable(letter)}" if why_not_replayable(letter) else "yes",
        "bytes": f"{len(letter.original)}{' (cut)' if letter.truncated else ''}",
    }
    for name, value in rows.items():
        click.echo(f"{name + ':':<17}{value}")
    click.echo()
    click.echo(letter.original[:_SHOWN_BYTES].decode("utf8", "backslashreplace"))


@dead_letters.command("replay")
@click.argument("letter_id", required=False)
@click.option("--all", "everything", is_flag=True, help="All that are open and can be replayed.")
def replay_letters(letter_id: str | None, everything: bool) -> None:
    """Send the original message back to the topic it came from, and mark the letter as replayed.

    A message that fails again opens its letter again. --all leaves out what has failed three times: replay such a
    letter by its id.
    """
    if bool(letter_id) == everything:
        raise click.UsageError("Give the id of one dead letter, or --all.")
    options = settings()
    if letter_id:
        click.echo(f"Replayed {replay(options, [find_letter(options, letter_id)])} message.")
        return
    still_open = [letter for letter in read_letters(options) if letter.replayed_at is None]
    chosen = [letter for letter in still_open if _may_be_replayed(letter)]
    click.echo(f"Replayed {replay(options, chosen)} of {len(still_open)} open dead letters.")


def _may_be_replayed(letter: Letter) -> bool:
    reason = why_not_replayable(letter)
    if not reason and letter.attempts >= MAX_ATTEMPTS:
        reason = f"it has failed {letter.attempts} times"
    if reason:
        click.echo(f"Left out {letter.letter_id[:12]}: {reason}.", err=True)
    return not reason


@dead_letters.command("purge")
@click.option("--yes", is_flag=True, help="Do not ask.")
def purge_letters(yes: bool) -> None:
    """Delete all dead letters, for good."""
    options = settings()
    if not yes:
        count = len(read_letters(options))
        click.confirm(f"Delete {count} dead letters for good?", abort=True)
    click.echo(f"Deleted {purge(options)} dead letters.")
