"""Page people by hand."""

from collections.abc import Sequence
from typing import Any

import click

from tocsin.cli import printing
from tocsin.cli.client import Server, talks
from tocsin.cli.reading import Target
from tocsin.cli.who import find


@click.command()
@click.argument("title")
@click.option(
    "-t", "--to", "targets", type=Target(), multiple=True, required=True, help="Whom; may be given again."
)
@click.option("-m", "--message", help="More words.")
@click.option("--important", is_flag=True, help="Go by their rules for important pages.")
@talks
def page(
    *, server: Server, title: str, targets: Sequence[tuple[str, str]], message: str | None, important: bool
) -> None:
    r"""Page people now, with the words TITLE.

    \b
    tocsin page "Please join the call" --to user:ana@example.org --to team:database
    tocsin page "Site is down" --to escalation_policy:web --important

    Ends with 1 when the page reaches nobody, such as a team without members.
    """
    body: dict[str, Any] = {
        "title": title,
        "targets": [{"type": kind, "id": find(server, kind, name)["id"]} for kind, name in targets],
    }
    if message:
        body["message"] = message
    if important:
        body["importance"] = "important"
    answer = server.post("/pages", body)
    if server.as_json:
        printing.as_json(answer)
    else:
        click.echo(printing.plain(f"{answer['id']} is {answer.get('status', 'begun')}: {title}"))
    if _reaches_nobody(answer):
        raise click.ClickException("the page reaches nobody: see why in its timeline, and page somebody else")


def _reaches_nobody(page: dict[str, Any]) -> bool:
    """Tell whether the plan of *page* is at its end and has asked nobody: a team without members, say."""
    asked = any(page.get(name, True) for name in ("responders", "destination_ids", "addresses"))
    return not asked and page.get("next_at") is None
