"""Tell whom an event would reach, when and why."""

from datetime import datetime
from typing import IO, Any

import click

from tocsin.cli import printing
from tocsin.cli.alerts import AlertId, newest
from tocsin.cli.client import Server, talks
from tocsin.cli.reading import Instant, kind_of, rfc3339
from tocsin.cli.send import event_of, event_options


@click.command()
@click.option("--alert", type=AlertId(), help="Explain this alert, by its id or as last, and not an event.")
@click.option("--at", "then", type=Instant(), help="As if it were then.")
@event_options
@talks
def explain(
    *,
    server: Server,
    alert: str | None,
    then: datetime | None,
    title: str | None,
    file: IO[bytes] | None,
    **options: Any,
) -> None:
    r"""Tell what an event that says TITLE would do, or what becomes of the alert of that id.

    Every policy, rule, step, person, message and time is named, each with its reason.

    Nothing is stored and nothing is sent.

    \b
    tocsin explain "Disk full" -s critical -l team=data --at 2026-12-24T20:00
    tocsin explain alrt_06cq3x1k2m4n
    """
    body: dict[str, Any] = {}
    if alert is None and title is not None and kind_of(title) == "alert":
        alert, title = title, None
    if alert is None:
        body["event"] = event_of(title, file, options)
    elif title is not None or file is not None or any(value not in (None, ()) for value in options.values()):
        raise click.UsageError("--alert is explained as it is; give no event beside it")
    else:
        body["alert"] = newest(server, alert, "open")
    if then is not None:
        body["at"] = rfc3339(then)
    answer = server.post("/explain", body)
    printing.report(answer, in_json=server.as_json)
