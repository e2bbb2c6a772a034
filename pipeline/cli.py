"""The `demarche` command: a list of sub-commands, each imported only when it is called.

Commands are named in pyproject.toml under the entry-point group `demarche.commands`, so that this module imports
neither connectors nor local servers, and `demarche search` does not wait for a language model to be imported.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from typing import Any

import click

from pipeline.errors import DemarcheError

COMMANDS = "demarche.commands"


class Commands(click.Group):
    """A click group whose commands come from entry points."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(point.name for point in entry_points(group=COMMANDS))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for point in entry_points(group=COMMANDS, name=cmd_name):
            command: click.Command = point.load()
            return command
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="demarche", prog_name="demarche")
def demarche() -> None:
    """Follow live news: who said what to whom, and who has just issued a new warning.

    Start with `demarche demo`: it starts the servers and the workers, publishes sample articles and shows what was
    found in them. Settings are environment variables (DEMARCHE_...) or demarche.toml: see docs/settings.md.
    """


def main(args: list[str] | None = None) -> Any:
    """Run the command line; a known error becomes one sentence on standard error and an exit code."""
    try:
        code = demarche.main(args, prog_name="demarche", standalone_mode=False)
    except DemarcheError as error:
        click.echo(f"demarche: {error}", err=True)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.exceptions.Abort:
        click.echo("demarche: interrupted", err=True)
        code = 130
    except BrokenPipeError:
        # The reader of our output has left (`demarche search | head`): no error of ours.
        sys.stderr.close()
        code = 0
    sys.exit(code if isinstance(code, int) else 0)
