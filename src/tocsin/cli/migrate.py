"""``tocsin migrate``: bring the database's tables up to this version."""

import click

from tocsin import opening
from tocsin.cli import printing
from tocsin.cli.settings import refusing, settings_with


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@refusing
def migrate(*, as_json: bool) -> None:
    """Bring the database's tables up to this version.

    It is done whole or not at all; running it again does nothing. Old nodes may go on while it runs: each
    version works on the tables of the one after it.
    """
    before, after = opening.migrate(settings_with())
    if as_json:
        printing.as_json({"from": before, "to": after})
    elif before == after:
        click.echo(f"The database is up to date, at revision {after}.")
    else:
        click.echo(f"Migrated from {before or 'nothing'} to revision {after}.")
