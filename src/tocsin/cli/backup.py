"""``tocsin backup`` and ``tocsin restore``: copies of an SQLite database, out and back in."""

from pathlib import Path

import click

from tocsin.actions import copies
from tocsin.cli import printing
from tocsin.cli.settings import refusing, settings_with
from tocsin.world import Clock

_PATH = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.command()
@click.argument("to", type=_PATH)
@_JSON
@refusing
def backup(to: Path, *, as_json: bool) -> None:
    r"""Copy the SQLite database to the file TO while the server runs.

    Where TO is a folder, the file in it is named by the time. The copy is of one moment, whole, and on disk
    when the command ends. The secret key is not in it: keep a copy of that elsewhere. On PostgreSQL, use
    pg_dump: see docs/operate/backup.md.

    \b
      tocsin backup /var/backups/tocsin
      tocsin backup before-the-upgrade.db
    """
    database, target = copies.back_up(settings_with().database_url, to, Clock()())
    if as_json:
        printing.as_json({"from": str(database), "to": str(target), "bytes": target.stat().st_size})
        return
    click.echo(f"Copied {database} to {target}, {target.stat().st_size / 1e6:,.1f} MB.")


@click.command()
@click.argument("backup_file", metavar="FROM", type=_PATH)
@click.option("--yes", is_flag=True, help="Do not ask.")
@_JSON
@refusing
def restore(backup_file: Path, *, yes: bool, as_json: bool) -> None:
    """Put the copy FROM, made by `tocsin backup`, in the place of the SQLite database.

    No server may run on it. What is in the database now is lost. The secret key must be the one that the copy
    was made under. Afterwards run `tocsin migrate`, if the copy is of an earlier version, and `tocsin check`.
    """
    url = settings_with().database_url
    database = copies.file_of(url)
    if database.exists() and not yes:
        click.confirm(f"Replace everything in {database}?", abort=True, err=as_json)
    copies.restore(url, backup_file)
    if as_json:
        printing.as_json({"from": str(backup_file), "to": str(database)})
        return
    click.echo(f"{database} is as {backup_file} was.")
