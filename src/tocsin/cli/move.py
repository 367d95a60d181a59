"""``tocsin move``: move everything to another database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit, urlunsplit

import click

from tocsin import opening
from tocsin.actions import moves
from tocsin.cli import printing
from tocsin.cli.settings import refuse, refusing, settings_with
from tocsin.core.errors import Conflict, Invalid
from tocsin.httpkit.outbound import OutboundWire
from tocsin.settings import Settings
from tocsin.world import Database, World


@click.command()
@click.option("--to", metavar="URL", help="The new database: postgresql://user@host/name, empty.")
@click.option("--back", is_flag=True, help="Let the old database be served again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@refusing
def move(*, to: str | None, back: bool, as_json: bool) -> None:
    r"""Move everything from TOCSIN_DATABASE_URL to another database.

    Stop the server first. The tables are made in the new database, every row is copied, and both sides are
    counted and compared. From the beginning the old database is not served any more, and the new one not
    before all has arrived. Nothing is deleted. Run the command again to go on after an interruption.

    \\b
    From SQLite to PostgreSQL:
      tocsin move --to postgresql://tocsin@db.example.org/tocsin

    The nodes need the same secret key: TOCSIN_SECRET_KEY, or the file secret.key of the old data folder. Keep
    passwords out of the command line: PGPASSWORD and ~/.pgpass work.

    --back undoes the mark on the old database, as long as nobody has used the new one.
    """
    settings = settings_with()
    if back == (to is not None):
        raise click.UsageError("say either --to URL or --back")
    opening.must_be_migrated(settings)
    with opening.serving(settings):
        if to is None:
            _come_back(settings)
        else:
            _move(settings, to, as_json=as_json)


def _come_back(settings: Settings) -> None:
    with _opened(settings) as old:
        left = old.database.transact(moves.come_back)
    if left is None:
        refuse("this database was not moved")
    click.echo(f"This database may be served again; what went to {left.where} is to be used no more.")


def _move(settings: Settings, to: str, *, as_json: bool) -> None:
    whence, where = _without_password(settings.database_url), _without_password(to)
    if whence == where:
        raise Invalid("--to", f"is {where}", "must be another database than TOCSIN_DATABASE_URL")
    target = replace(settings, database_url=to, database_direct_url="", database_pooler="none")
    opening.migrate(target)
    with _opened(settings) as old, _opened(target) as new:
        try:
            begun = new.database.transact(lambda tx: moves.arrive(tx, whence=whence, now=new.now()))
            old.database.transact(lambda tx: moves.leave(tx, where=where, now=old.now()))
        except Conflict as error:
            raise Invalid("--to", f"is {where}", str(error)) from None
        _copy(old.database, new.database, begun, quiet=as_json)
        counts = _compare(old.database, new.database)
        new.database.transact(moves.settle_in)
        old.database.transact(moves.close)
    _report(counts, where, settings, as_json=as_json)


def _copy(old: Database, new: Database, move: moves.Move, *, quiet: bool) -> None:
    """Copy table after table from where *move* is; each piece and how far it goes are stored together."""
    begin = moves.TABLES.index(move.table) if move.table else 0
    for table in moves.TABLES[begin:]:
        key = move.key if table == move.table else ()
        copied = 0
        while True:
            rows, key = old.read_now(partial(moves.read_on, table=table, key=key))
            if not rows:
                break
            move = new.transact(partial(moves.take_in, move=move, table=table, rows=rows, key=key))
            copied += len(rows)
        if copied and not quiet:
            click.echo(f"{table}: {copied:,} copied")


def _compare(old: Database, new: Database) -> dict[str, int]:
    """Count and compare both sides; return how many rows each table has."""
    counts: dict[str, int] = {}
    for table in moves.TABLES:
        before, after = (side.read_now(partial(moves.count_and_sum, table=table)) for side in (old, new))
        if before != after:
            refuse(
                f"{table} differs: {before[0]:,} rows here, {after[0]:,} there, or other contents.\n"
                "The new database is not served. Empty it and begin again, or go back with --back."
            )
        counts[table] = before[0]
    return counts


def _report(counts: dict[str, int], where: str, settings: Settings, *, as_json: bool) -> None:
    if as_json:
        printing.as_json({"moved_to": where, "rows": counts})
        return
    click.echo(
        f"{sum(counts.values()):,} rows in {len(counts)} tables are in {where}, and are the same there."
    )
    click.echo("Now give every node TOCSIN_DATABASE_URL for the new database, and the same secret key")
    if settings.secret_key:
        click.echo("(TOCSIN_SECRET_KEY).")
    else:
        click.echo(f"(TOCSIN_SECRET_KEY, with what is in {settings.secret_key_file}).")


@contextmanager
def _opened(settings: Settings) -> Iterator[World]:
    opened = World.real(settings, OutboundWire())
    try:
        yield opened
    finally:
        opened.database.close()


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}@{host}"))
