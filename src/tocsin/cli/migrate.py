"""``tocsin migrate``: bring the database's tables up to this version."""

import apsw
import click
import psycopg

from tocsin.cli.settings import refuse, refusing, settings_with
from tocsin.settings import Settings
from tocsin.store import schema
from tocsin.world import prepare


def bring_up_to_date(settings: Settings) -> tuple[str | None, str | None]:
    """Migrate the database; return its revisions before and after, None for an empty one."""
    prepare(settings)
    try:
        return schema.upgrade(settings.database_url)
    except (apsw.Error, psycopg.Error) as error:
        refuse(f"cannot open TOCSIN_DATABASE_URL: {error}; see docs/operate.md")
    except schema.SchemaTooNewError as error:
        refuse(f"{error}; run the version that migrated it, or a later one")


@click.command()
@refusing
def migrate() -> None:
    """Bring the database's tables up to this version.

    It is done whole or not at all; running it again does nothing. Old nodes may go on while it runs: each
    version works on the tables of the one after it.
    """
    before, after = bring_up_to_date(settings_with())
    if before == after:
        click.echo(f"The database is up to date, at revision {after}.")
    else:
        click.echo(f"Migrated from {before or 'nothing'} to revision {after}.")
