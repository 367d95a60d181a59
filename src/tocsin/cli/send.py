"""Send an event."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import IO, Any

import click

from tocsin.cli import printing
from tocsin.cli.client import Server, talks
from tocsin.cli.reading import Instant, Pair, rfc3339

_OPTIONS: tuple[Callable[[Callable[..., None]], Callable[..., None]], ...] = (
    click.option("-k", "--dedup-key", help="What makes this the same trouble as an event before."),
    click.option("-s", "--severity", help="critical, error, warning, nodata, info, or ok, which resolves."),
    click.option(
        "--status", type=click.Choice(["firing", "acknowledged", "resolved"]), help="firing if not given."
    ),
    click.option("-m", "--message", help="More words."),
    click.option("-l", "--label", "labels", type=Pair(), multiple=True, help="A label; may be given again."),
    click.option("--dimension", "dimensions", type=Pair(), multiple=True, help="What was measured over."),
    click.option("--service", help="Id or slug of the service; the key's own if not given."),
    click.option("--host", help="The machine."),
    click.option("--source", help="The monitoring system that speaks."),
    click.option("--event-type", help="A word for the kind of event."),
    click.option("--monitor-id", help="The monitor that saw it."),
    click.option("--monitor-name", help="The monitor's name."),
    click.option("--metric", type=Pair(), help="What was measured, and its value."),
    click.option("--link", "links", multiple=True, help="An address that helps; may be given again."),
    click.option("--image", "images", multiple=True, help="The address of a picture; may be given again."),
    click.option("--detail", "details", type=Pair(), multiple=True, help="Something to keep with the event."),
    click.option("--occurred-at", type=Instant(), help="When it was; now if not given."),
)


def event_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each field of an event, and *file* for events written as JSON."""
    for option in reversed(_OPTIONS):
        command = option(command)
    file = click.option(
        "-f", "--file", type=click.File("rb"), help="Read JSON from a file, or from - as it is."
    )
    return click.argument("title", required=False)(file(command))


def event_of(title: str | None, file: IO[bytes] | None, options: Mapping[str, Any]) -> Any:
    """Make what goes to the server from the words of the command line, or from *file*."""
    fields = {name: value for name, value in options.items() if value not in (None, ())}
    if file is not None:
        if title is not None or fields:
            raise click.UsageError("--file holds the whole event; give it alone")
        return _from_file(file)
    if title is None and not fields:
        raise click.UsageError("an event must say something: give a TITLE, or --file")
    for name in ("labels", "dimensions", "details"):
        if name in fields:
            fields[name] = dict(fields[name])
    if "metric" in fields:
        fields["metric"] = _metric(*fields["metric"])
    if isinstance(instant := fields.get("occurred_at"), datetime):
        fields["occurred_at"] = rfc3339(instant)
    return fields if title is None else {"title": title, **fields}


@click.command()
@event_options
@talks
def send(*, server: Server, title: str | None, file: IO[bytes] | None, **options: Any) -> None:
    r"""Send an event that says TITLE, or the events of a JSON file.

    \b
    tocsin send "Disk full on db-1" -s critical -k db-1/disk -l team=data
    tocsin send -k db-1/disk -s ok
    tocsin send -f events.json
    """
    answer = server.post("/events", event_of(title, file, options))
    if server.as_json:
        printing.as_json(answer)
        return
    for identifier in _ids(answer):
        click.echo(f"accepted {printing.plain(identifier)}")


def _from_file(file: IO[bytes]) -> Any:
    try:
        return json.loads(file.read())
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"--file is not JSON: {error}") from error


def _metric(name: str, value: str) -> dict[str, Any]:
    try:
        return {"name": name, "value": float(value)}
    except ValueError:
        raise click.UsageError(f"--metric {name}={value}: the value must be a number") from None


def _ids(answer: Any) -> list[Any]:
    events = (answer.get("events") or answer.get("ids") or [answer]) if isinstance(answer, Mapping) else []
    return [event.get("id", "") if isinstance(event, Mapping) else event for event in events]
