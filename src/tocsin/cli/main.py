"""The command ``tocsin``: its subcommands are listed here and imported only when they are used.

Exit codes: 0 done, 1 refused or failed, 2 used wrongly, 3 the server cannot be reached.
"""

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import click

from tocsin import __version__


@dataclass(frozen=True, slots=True)
class Entry:
    """One subcommand: its module under ``tocsin.cli``, and the line that the list of commands shows.

    *function* is the command's, where that cannot have its name.
    """

    module: str
    line: str
    function: str = ""


SERVER: Mapping[str, Entry] = {
    "init": Entry("init", "Make the first workspace, its owner and a service; print their keys once."),
    "serve": Entry("serve", "Run the server."),
    "migrate": Entry("migrate", "Bring the database's tables up to this version."),
    "telegram": Entry("telegram", "Let Telegram hand on what people answer, or stop that."),
    "move": Entry("move", "Move everything to another database: from SQLite to PostgreSQL."),
    "backup": Entry("backup", "Copy the SQLite database while the server runs."),
    "restore": Entry("backup", "Put such a copy in the database's place."),
    "check": Entry("check", "Print the settings; try the database and the providers; name what is missing."),
}
CLIENT: Mapping[str, Entry] = {
    "send": Entry("send", "Send an event."),
    "alerts": Entry("alerts", "List alerts, or show one."),
    "ack": Entry("alerts", "Acknowledge alerts: I have it."),
    "resolve": Entry("alerts", "Resolve alerts."),
    "who": Entry("who", "Say who is on call, now or at another time."),
    "page": Entry("page", "Page people by hand."),
    "explain": Entry("explain", "Tell whom an event would reach, when and why; nothing is sent."),
    "prove": Entry("foresight", "Tell who is reached over the days to come, and what stands in the way."),
    "replay": Entry("foresight", "Tell what a change would have made of the alerts of the past."),
    "drill": Entry("foresight", "Send a marked test alert the real way, and tell what arrived."),
    "keys": Entry("keys", "Create, list and revoke API keys."),
    "import": Entry("moving", "Move in from another on-call system.", "import_"),
    "completion": Entry("completion", "Print the completion script of a shell."),
}
_ENTRIES = {**SERVER, **CLIENT}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one only to run it or to print its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of the tables above."""
        del ctx
        return list(_ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command *cmd_name*, or return None when there is none."""
        del ctx
        entry = _ENTRIES.get(cmd_name)
        if entry is None:
            return None
        command = getattr(_loaded(entry), entry.function or cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above names commands only
        # Docstrings are raw, so what keeps click from filling the lines of an example is two signs there.
        command.help = (command.help or "").replace("\\b\n", "\b\n")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        del ctx
        for title, entries in (("On the server", SERVER), ("From anywhere", CLIENT)):
            with formatter.section(title):
                formatter.write_dl([(name, entry.line) for name, entry in entries.items()])


def _loaded(entry: Entry) -> ModuleType:
    """Import the module of *entry*, and keep the garbage collector off what it brings.

    All of it stays for as long as the process does: looking through it, again and again while it grows, takes
    a sixth of the time that loading the server does, and finds nothing.
    """
    gc.disable()
    try:
        return import_module(f"tocsin.cli.{entry.module}")
    finally:
        gc.freeze()
        gc.enable()


_EPILOG = """\b
Commands under "From anywhere" talk to a server over HTTP:
  TOCSIN_URL    where it is (http://127.0.0.1:8080 if not set)
  TOCSIN_TOKEN  an API key, as `tocsin init` or `tocsin keys create` printed it

\b
Exit codes: 0 done, 1 refused or failed, 2 used wrongly,
            3 the server cannot be reached.
"""


@click.group(cls=LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="tocsin %(version)s")
def cli() -> None:
    """Tocsin: an on-call server that asks the right person, and says why."""


def main() -> None:
    """Run ``tocsin``."""
    cli(prog_name="tocsin")
