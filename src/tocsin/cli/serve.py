"""``tocsin serve``: run the server."""

from pathlib import Path

import click

from tocsin.app.assembly import assemble
from tocsin.cli.settings import refusing, settings_with
from tocsin.httpkit import logs
from tocsin.httpkit.server import must_have_certificate, server_of
from tocsin.opening import is_empty, migrate, must_be_home, must_be_migrated, serving


@click.command()
@click.option("--host", help="The address to listen on (TOCSIN_HOST).")
@click.option("--port", type=click.IntRange(1, 65_535), help="The TCP port to listen on (TOCSIN_PORT).")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Certificate chain, PEM (TOCSIN_TLS_CERT).")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Private key, PEM (TOCSIN_TLS_KEY).")
@click.option("--roles", help="What this node does: web,ingest,engine,send, or some of them (TOCSIN_ROLES).")
@click.option("--json", "as_json", is_flag=True, help="Log in JSON, a line each (TOCSIN_LOG_FORMAT=json).")
@refusing
def serve(
    *,
    host: str | None,
    port: int | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    roles: str | None,
    as_json: bool,
) -> None:
    """Run the server until it is told to stop (SIGTERM, SIGINT).

    It finishes what it has begun before it ends; what remains is taken up at the next start, or by another
    node. An empty database is filled with tables, and the log shows a code by which the first person sets the
    server up in a browser, unless `tocsin init` does so. One that is not up to date is left to
    `tocsin migrate`.

    On PostgreSQL any number of nodes serve one database. Each does everything, unless --roles says less:
    web is the APIs, the pages and the links in messages, ingest the addresses that monitors report to,
    engine whatever happens in time, send the messages. Health and metrics answer on every node.
    """
    settings = settings_with(
        {
            "TOCSIN_HOST": host,
            "TOCSIN_PORT": port,
            "TOCSIN_TLS_CERT": tls_cert,
            "TOCSIN_TLS_KEY": tls_key,
            "TOCSIN_ROLES": roles,
            "TOCSIN_LOG_FORMAT": "json" if as_json else None,
        }
    )
    logs.configure(level=settings.log_level, form=settings.log_format)
    must_have_certificate(settings)
    if is_empty(settings):
        migrate(settings)
    must_be_migrated(settings)
    must_be_home(settings)
    with serving(settings):
        server_of(assemble(settings), settings).run()
