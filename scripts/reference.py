"""Write the pages of the documentation that follow from the code: command line, settings and routes.

``make docs`` runs it; tests/test_house.py fails when a page is not what it would write.
"""

import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from tocsin.cli.main import CLIENT, SERVER, cli
from tocsin.dialects.native.door import routes
from tocsin.httpkit.routes import Route
from tocsin.settings import SETTINGS
from tocsin.sources.registry import inlets

DOCS = Path(__file__).parents[1] / "docs"
COMMAND_LINE = """\
# The command line

<!-- Written by `make docs` from the code: change it there. -->

Every command has `--help`, and `--json` where it prints something that a program may want.
`tocsin completion` prints the completion script of a shell.

| exit code | means |
| --- | --- |
| 0 | done |
| 1 | refused or failed; the message says why |
| 2 | used wrongly |
| 3 | the server cannot be reached |
"""
ON_THE_SERVER = """
## On the server

These read the [settings](settings.md) and work on the database itself.
"""
FROM_ANYWHERE = """
## From anywhere

These talk to a server over HTTP, from any machine. Each of them has these options too:

| option | meaning |
| --- | --- |
| `--url TEXT` | where the server is; `TOCSIN_URL`, else `http://127.0.0.1:8080` |
| `--token TEXT` | an API key; better kept in `TOCSIN_TOKEN` |
| `--timeout SECONDS` | how long to wait for an answer; 30 |
| `--json` | print the server's answer as JSON |
"""
SETTINGS_HEAD = """\
# Settings

<!-- Written by `make docs` from the code: change it there. -->

A setting is an environment variable. A TOML file, named by `TOCSIN_CONFIG`, may hold the same without the
prefix and in lower case (`port = 8080`), or with their whole names; the environment wins. A variable that is
set to nothing is not set. What begins with `TOCSIN_` and is no setting is an error, so that a misspelt one is
not missed. `tocsin check` prints what is in force, and where each came from.

Two variables are the command line's own: `TOCSIN_URL` and `TOCSIN_TOKEN` say which server to talk to, and as
whom.

| setting | holds | if not set | meaning |
| --- | --- | --- | --- |
"""
ROUTES_HEAD = """\
# The routes of the native API

<!-- Written by `make docs` from the code: change it there. -->

What holds for all of them stands in [the native API](api.md). The fields of each, with examples, are in the
OpenAPI document at `/api/tocsin/v1/openapi.json`. *May* names the permission that a caller needs.
"""
EVERYWHERE = {"url", "token", "timeout_s", "as_json"}


def pages() -> dict[Path, str]:
    """Make every generated page, by its path."""
    return {
        DOCS / "cli.md": command_line(),
        DOCS / "routes.md": native_routes(),
        DOCS / "settings.md": settings(),
    }


def native_routes() -> str:
    """List every route of the native API, by its tag."""
    tagged: dict[str, list[Route]] = {}
    for route in routes(inlets(), ""):
        if not route.hidden:
            tagged.setdefault(route.tag, []).append(route)
    sections = [ROUTES_HEAD]
    for tag, found in tagged.items():
        sections.append(f"## {tag}\n\n| route | does | may |\n| --- | --- | --- |")
        sections += [
            f"| `{route.method} {route.path}` | {cell(route.summary)} | {route.permission or 'anybody'} |"
            for route in found
        ]
        sections.append("")
    return "\n".join(sections)


def settings() -> str:
    """List every setting."""
    rows = []
    for setting in SETTINGS:
        default = setting.default
        default = default.strip("[]") if default.startswith("[") else f"`{default}`" if default else ""
        holds = f"{setting.kind}, {setting.unit}" if setting.unit else setting.kind
        row = (f"`{setting.name}`", holds, default, setting.sentence + (" Secret." if setting.secret else ""))
        rows.append(f"| {' | '.join(map(cell, row))} |")
    return SETTINGS_HEAD + "\n".join(rows) + "\n"


def command_line() -> str:
    """Describe every command as its --help does."""
    context = click.Context(cli, info_name="tocsin")
    server = [line for inner in below(context, SERVER) for line in described(inner)]
    client = [line for inner in below(context, CLIENT) for line in described(inner, without=EVERYWHERE)]
    return "\n".join([COMMAND_LINE + ON_THE_SERVER, *server, FROM_ANYWHERE, *client]).rstrip() + "\n"


def below(context: click.Context, names: Iterable[str]) -> Iterator[click.Context]:
    """Enter the commands called *names* of a group."""
    if isinstance(context.command, click.Group):
        for name in names:
            command = context.command.get_command(context, name)
            if command is not None:
                yield click.Context(command, info_name=name, parent=context)


def described(context: click.Context, *, without: Iterable[str] = ()) -> Iterator[str]:
    """Describe a command, or the commands in it, but not the options called *without*."""
    command = context.command
    if isinstance(command, click.Group):
        for inner in below(context, command.list_commands(context)):
            yield from described(inner, without=without)
        return
    yield f"### {context.command_path}\n"
    yield f"`{context.command_path} {' '.join(command.collect_usage_pieces(context))}`\n"
    yield from paragraphs(command.help or "")
    options = [option for option in command.params if option.name not in without]
    records = [record for option in options if (record := option.get_help_record(context)) and record[1]]
    if records:
        yield "| option | meaning |\n| --- | --- |"
        yield "\n".join(f"| `{cell(names)}` | {cell(meaning)} |" for names, meaning in records) + "\n"


def paragraphs(help_text: str) -> Iterator[str]:
    """Split a help text; what click keeps as it stands becomes a block of code."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(help_text)):
        if paragraph.startswith("\b"):
            shown = re.sub(r"^(?=tocsin )", "$ ", paragraph.removeprefix("\b\n"), flags=re.MULTILINE)
            yield f"```console\n{shown}\n```\n"
        else:
            yield " ".join(paragraph.split()) + "\n"


def cell(text: str) -> str:
    """Make *text* fit into a table."""
    return " ".join(text.split()).replace("|", r"\|")


def main() -> None:
    """Write the pages that are not as they should be."""
    for path, text in pages().items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            sys.stdout.write(f"wrote {path.relative_to(DOCS.parent)}\n")


if __name__ == "__main__":
    main()
