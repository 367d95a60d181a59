"""``tocsin check``: the settings, and whether what they name works."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any, Final

import click

from tocsin.actions import nodes, watching
from tocsin.actions.watching import Findings
from tocsin.channels.base import Unsent
from tocsin.cli import printing
from tocsin.cli.settings import refuse, refusing, settings_with
from tocsin.core.because import span
from tocsin.core.errors import TocsinError
from tocsin.engine import local_model
from tocsin.engine.presence import SKEW_MAX
from tocsin.httpkit.outbound import OutboundWire
from tocsin.httpkit.smtp import SmtpConnections, read_smtp_url
from tocsin.opening import must_be_migrated
from tocsin.settings import Settings, table
from tocsin.world import World

LATER: Final = ("alembic", "icalendar", "markdown_it", "nh3", "webauthn")
"""The libraries that a server loads when something first needs them: here they are tried before that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one look came to: *good* is None where it could not be told."""

    what: str
    good: bool | None
    text: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--markdown", is_flag=True, help="Print only the table of settings, for documentation.")
@refusing
def check(*, as_json: bool, markdown: bool) -> None:
    """Print every setting and try what it names: the database, the mail server, and gaps in the set-up.

    Secrets are never printed. Ends with 1 when something is wrong.
    """
    settings = settings_with()
    if markdown:
        _print_markdown(settings)
        return
    found = list(_look(settings))
    if as_json:
        printing.as_json(_document(settings, found))
    else:
        rows = [(about.name, value or "-", origin) for about, value, origin in table(settings)]
        printing.table(("SETTING", "VALUE", "FROM"), rows)
        click.echo()
        for each in found:
            mark = {True: "ok", False: "WRONG", None: "?"}[each.good]
            click.echo(f"{mark:6}{each.what}: {printing.plain(each.text)}")
    if any(each.good is False for each in found):
        refuse("something is wrong; see above")


def _look(settings: Settings) -> Iterator[Found]:
    """Try one thing after the other."""
    database = _database(settings)
    yield database
    yield _libraries(settings)
    yield _mail(settings)
    if settings.operator_email and settings.smtp_url:
        yield Found(what="operator", good=True, text=f"{settings.operator_email} is told of alarms")
    else:
        text = "TOCSIN_OPERATOR_EMAIL or TOCSIN_SMTP_URL is not set: alarms go to the log alone"
        yield Found(what="operator", good=None, text=text)
    if database.good:
        yield from _inside(settings)


def _database(settings: Settings) -> Found:
    try:
        must_be_migrated(settings)
    except TocsinError as error:
        return Found(what="database", good=False, text=str(error))
    except Exception as error:  # noqa: BLE001 - any driver's error is the answer
        return Found(what="database", good=False, text=f"cannot be opened: {error}")
    return Found(what="database", good=True, text="it is there and its tables are up to date")


def _libraries(settings: Settings) -> Found:
    """Load what the server loads later, so that what is broken is not found at night."""
    names = LATER + (local_model.LIBRARIES if settings.meaning_folder is not None else ())
    for name in names:
        try:
            import_module(name)
        except Exception as error:  # noqa: BLE001 - whatever its loading comes to is the answer
            return Found(what="libraries", good=False, text=f"{name} cannot be loaded: {error}")
    return Found(what="libraries", good=True, text="those that are loaded when they are needed are there")


def _mail(settings: Settings) -> Found:
    if not settings.smtp_url:
        return Found(what="mail", good=None, text="TOCSIN_SMTP_URL is not set: no mail can be sent")

    async def connect() -> None:
        async with SmtpConnections(read_smtp_url(settings.smtp_url)) as server:
            await server.greet()

    try:
        asyncio.run(connect())
    except Unsent as unsent:
        return Found(what="mail", good=False, text=unsent.problem)
    return Found(what="mail", good=True, text="the mail server answers and lets us in")


def _inside(settings: Settings) -> Iterator[Found]:
    """Tell what in the configuration, or in how the nodes are, would keep a page from somebody."""
    world = World.real(settings, OutboundWire())
    try:
        now = world.now()
        gaps = world.database.read_now(lambda tx: watching.gaps(tx, now=now))
        findings = world.database.read_now(lambda tx: watching.look(tx, now=now))
        failures = world.database.read_now(watching.failures)
        if world.database.shared:
            yield _clock(world)
            yield _nodes(world, findings)
    finally:
        world.database.close()
    for gap in gaps:
        yield Found(what="gap", good=None, text=gap)
    for failure in failures:
        yield Found(what="timer", good=False, text=failure)
    late = max(findings.overdue_timer, findings.overdue_notification)
    firing, unrouted = findings.firing, findings.unrouted
    text = f"{firing} alerts fire, {unrouted} reach nobody; the oldest work is {span(late)} late"
    yield Found(what="engine", good=not findings.stranded, text=text)


def _clock(world: World) -> Found:
    """Compare this machine's clock with the database's."""
    ours = world.now()
    skew = ours - world.database.read_now(nodes.clock)
    good = abs(skew) <= SKEW_MAX
    way = "ahead of" if skew > timedelta(0) else "behind"
    text = f"this machine's is {span(abs(skew))} {way} the database's"
    return Found(
        what="clock", good=good, text=text if not good else "this machine's and the database's agree"
    )


def _nodes(world: World, findings: Findings) -> Found:
    """Say which nodes are at work, and what none of them does."""
    working = world.database.read_now(nodes.at_work)
    if not working:
        return Found(what="nodes", good=None, text="none is at work")
    text = f"at work: {', '.join(node.name for node in working)}"
    if findings.unstaffed:
        text += f"; none has the role {' or '.join(findings.unstaffed)}"
    return Found(what="nodes", good=not findings.unstaffed, text=text)


def _document(settings: Settings, found: list[Found]) -> dict[str, Any]:
    return {
        "settings": [
            {"name": about.name, "value": value, "from": origin} for about, value, origin in table(settings)
        ],
        "checks": [{"what": each.what, "good": each.good, "text": each.text} for each in found],
    }


def _print_markdown(settings: Settings) -> None:
    click.echo("| setting | holds | default | |\n| --- | --- | --- | --- |")
    for about, _value, _origin in table(settings):
        unit = f", {about.unit}" if about.unit else ""
        default = about.default or "none"
        click.echo(f"| `{about.name}` | {about.kind}{unit} | {default} | {about.sentence} |")
