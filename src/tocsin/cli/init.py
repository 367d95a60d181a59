"""``tocsin init``: make the first workspace, and say once how to get in."""

import sys
from collections.abc import Iterator

import click

from tocsin import opening
from tocsin.actions import workspace as workspaces
from tocsin.actions.workspace import Beginning
from tocsin.cli import printing
from tocsin.cli.settings import refusing, settings_with
from tocsin.core.errors import Conflict
from tocsin.core.spelling import native
from tocsin.httpkit.outbound import OutboundWire
from tocsin.settings import Settings, table
from tocsin.world import World

OWNER_EMAIL = "owner@localhost"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--email", help=f"The owner's address, to log in with and be paged at; {OWNER_EMAIL} if not given."
)
@click.option("--name", default="", help="The owner's name.")
@click.option("--workspace", default="Tocsin", show_default=True, help="The workspace's name.")
@click.option("--service", default="Default", show_default=True, help="The first service's name.")
@click.option(
    "--if-needed", is_flag=True, help="Do nothing, and end well, when there is a workspace already."
)
@refusing
def init(
    *, as_json: bool, email: str | None, name: str, workspace: str, service: str, if_needed: bool
) -> None:
    """Make the first workspace, its owner and a service, and print their keys once.

    The data folder, the secret key and the tables are made where they are missing. When there is a workspace
    already, the command refuses and changes nothing.
    """
    settings = settings_with()
    if opening.is_empty(settings):
        opening.migrate(settings)
    else:
        opening.must_be_migrated(settings)
    try:
        made = _init(settings, email or OWNER_EMAIL, name, workspace, service)
    except Conflict:
        if not if_needed:
            raise
        return
    if as_json:
        printing.as_json(made.document())
        return
    for line in _page(made, settings):
        click.echo(line)


def _init(settings: Settings, email: str, name: str, workspace: str, service: str) -> Beginning:
    opened = World.real(settings, OutboundWire())
    try:
        return opened.database.transact(
            lambda tx: workspaces.init(
                tx,
                email=email,
                name=name,
                workspace_name=workspace,
                service_name=service,
                entropy=opened.entropy,
                now=opened.now(),
            )
        )
    finally:
        opened.database.close()


def _page(made: Beginning, settings: Settings) -> Iterator[str]:
    """Write it for a person: what there is now, what opens it, and what to do next."""
    token = made.credentials["tocsin"]["token"]
    yield f"{_bold('Tocsin is ready.')} What follows is shown once; keep it."
    yield ""
    yield from _section(
        "There is now",
        [
            ("workspace", f"{made.workspace.name} ({native('workspace', made.workspace.id)})"),
            ("owner", f"{made.owner.display_name} ({native('user', made.owner.id)})"),
            ("service", f"{made.service.name} ({native('service', made.service.id)})"),
            ("database", printing.plain(_where(settings))),
        ],
    )
    yield from _section("To log in", [("e-mail", made.owner.email), ("password", made.password)])
    yield from _section(
        "API keys, all of them the owner's",
        [
            (f"{kind} {part}", secret)
            for kind, parts in made.credentials.items()
            for part, secret in parts.items()
        ],
    )
    yield _bold("What to do next")
    yield "  tocsin serve                  # in another terminal"
    yield f"  export TOCSIN_URL={settings.public_url}"
    yield f"  export TOCSIN_TOKEN={token}"
    yield '  tocsin send "Hello, on-call" --severity critical'
    yield "  tocsin alerts"
    yield ""
    yield f"Every alert that no policy takes pages {made.owner.email} by e-mail."
    if not settings.smtp_url:
        yield "No mail can be sent yet: TOCSIN_SMTP_URL names the mail server."


def _section(title: str, facts: list[tuple[str, str]]) -> Iterator[str]:
    width = max(len(name) for name, _ in facts)
    yield _bold(title)
    yield from (f"  {name.ljust(width)}  {printing.plain(text)}" for name, text in facts)
    yield ""


def _bold(text: str) -> str:
    return click.style(text, bold=True) if sys.stdout.isatty() else text


def _where(settings: Settings) -> str:
    """Say where the database is, without its password."""
    return next(shown for about, shown, _ in table(settings) if about.name == "TOCSIN_DATABASE_URL")
