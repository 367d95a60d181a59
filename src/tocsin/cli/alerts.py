"""List, show, acknowledge and resolve alerts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import click
from click.shell_completion import CompletionItem

from tocsin.cli import printing
from tocsin.cli.client import DEFAULT_URL, Refused, Server, part, talks
from tocsin.cli.reading import Duration, Instant, Pair, kind_of, rfc3339

LAST = "last"
STORY_MAX = 100  # decisions that are shown with an alert; the API has them all
STATUSES = ("open", "firing", "acknowledged", "resolved")


class AlertId(click.ParamType[str]):
    """An alert's id, or ``last``; the shell completes it from the alerts that are open."""

    name = "alert"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the open alerts with their titles; none when the server does not answer at once."""
        del param
        token = ctx.params.get("token")
        if not token:
            return []
        server = Server(url=ctx.params.get("url") or DEFAULT_URL, token=token, timeout_s=2)
        try:
            alerts = server.get("/alerts", [("status", "open"), ("limit", 20)])["alerts"]
        except (click.ClickException, LookupError, TypeError):
            return []
        found = [CompletionItem(alert["id"], help=printing.plain(alert.get("title", ""))) for alert in alerts]
        return [item for item in (CompletionItem(LAST), *found) if item.value.startswith(incomplete)]


@click.command()
@click.argument("alert", required=False, type=AlertId())
@click.option("--status", type=click.Choice(STATUSES), help="open is firing or acknowledged.")
@click.option("--service", help="Id or slug of a service.")
@click.option("-l", "--label", "labels", type=Pair(), multiple=True, help="A label that it must have.")
@click.option("-n", "--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="How many.")
@click.option("--cursor", help="Go on where a list ended.")
@click.option("--all", "everything", is_flag=True, help="Follow the list to its end.")
@talks
def alerts(
    *,
    server: Server,
    alert: str | None,
    status: str | None,
    service: str | None,
    labels: Sequence[tuple[str, str]],
    limit: int,
    cursor: str | None,
    everything: bool,
) -> None:
    """List alerts, newest first, or show one ALERT, given by its id or as `last`."""
    if alert is not None:
        _show(server, server.get(f"/alerts/{part(newest(server, alert, 'open'))}"))
        return
    query = [
        ("status", status),
        ("service", service),
        *(("label", f"{name}:{text}") for name, text in labels),
    ]
    if everything:
        found = list(server.every("/alerts", "alerts", query))
        answer = {"alerts": found, "next": None, "total": len(found)}
    else:
        answer = server.get("/alerts", [*query, ("limit", limit), ("cursor", cursor)])
    if server.as_json:
        printing.as_json(answer)
        return
    _list(answer)


@click.command()
@click.argument("alerts", nargs=-1, required=True, metavar="ALERT...", type=AlertId())
@click.option("--for", "duration", type=Duration(), help="Until so long from now, such as 2h.")
@click.option("--until", type=Instant(), help="Until then, such as 2026-03-06T09:00:00Z.")
@click.option("-c", "--comment", help="A word to the others.")
@click.option("--undo", is_flag=True, help="Take the acknowledgement back.")
@talks
def ack(
    *,
    server: Server,
    alerts: Sequence[str],
    duration: timedelta | None,
    until: datetime | None,
    comment: str | None,
    undo: bool,
) -> None:
    """Acknowledge each ALERT, given by its id or as `last`: I have it. A page's id means all its alerts.

    It stays quiet until it is resolved, or until the time that --for or --until names.
    """
    if duration is not None and until is not None:
        raise click.UsageError("--for and --until both say when it ends; give one")
    if undo and (duration or until or comment):
        raise click.UsageError("--undo takes the acknowledgement back; give it alone")
    body: dict[str, Any] = {}
    if duration is not None:
        body["for_s"] = round(duration.total_seconds())
    if until is not None:
        body["until"] = rfc3339(until)
    if comment:
        body["comment"] = comment
    if undo:
        _each(server, alerts, "unacknowledge", {}, last="acknowledged")
    else:
        _each(server, alerts, "acknowledge", body, last="firing")


@click.command()
@click.argument("alerts", nargs=-1, required=True, metavar="ALERT...", type=AlertId())
@talks
def resolve(*, server: Server, alerts: Sequence[str]) -> None:
    """Resolve each ALERT, given by its id or as `last`. A page's id means all its alerts."""
    _each(server, alerts, "resolve", {}, last="open")


def _each(server: Server, alerts: Sequence[str], verb: str, body: dict[str, Any], *, last: str) -> None:
    """Do *verb* to all *alerts*, also to those after one that is refused; fail at the end if one was."""
    answers: list[Any] = []
    refusals: list[Refused] = []
    for alert in alerts:
        try:
            named = newest(server, alert, last)
            where = "pages" if kind_of(named) == "page" else "alerts"
            answer = server.post(f"/{where}/{part(named)}/{verb}", body)
        except Refused as refusal:
            refusals.append(refusal)
            continue
        answers.append(answer)
        if not server.as_json:
            click.echo(_outcome(answer))
    if server.as_json:
        printing.as_json(answers[0] if len(alerts) == len(answers) == 1 else answers)
    for earlier in refusals[:-1]:
        earlier.show()
    if refusals:
        raise refusals[-1]


def newest(server: Server, alert: str, status: str) -> str:
    """Turn ``last`` into the id of the newest alert of that *status*; leave an id as it is."""
    if alert != LAST:
        return alert
    found = server.get("/alerts", [("status", status), ("limit", 1)])["alerts"]
    if not found:
        raise Refused(f"no alert is {status}", status=404)
    return str(found[0]["id"])


def _list(answer: Any) -> None:
    rows = [
        (
            alert["id"],
            _status(alert),
            alert.get("severity", ""),
            printing.when(alert.get("opened_at")),
            alert.get("event_count", ""),
            printing.name_of(alert.get("service")),
            alert.get("title", ""),
        )
        for alert in answer["alerts"]
    ]
    if not rows:
        click.echo("no alerts")
        return
    printing.table(("ID", "STATUS", "SEVERITY", "OPENED", "EVENTS", "SERVICE", "TITLE"), rows)
    if answer.get("next"):
        cursor = printing.plain(answer["next"])
        click.echo(f"{len(rows)} of {answer.get('total', 'more')}; go on with --cursor {cursor}", err=True)


def _show(server: Server, alert: Any) -> None:
    if server.as_json:
        printing.as_json(alert)
        return
    held = alert.get("acknowledgement") or {}
    facts = [
        ("alert", alert["id"]),
        ("title", alert.get("title")),
        ("status", _status(alert)),
        ("severity", alert.get("severity")),
        ("service", printing.name_of(alert.get("service"))),
        ("message", alert.get("message")),
        ("host", alert.get("host")),
        ("opened", printing.when(alert.get("opened_at"))),
        ("last seen", printing.when(alert.get("last_seen_at"))),
        ("events", alert.get("event_count")),
        ("acknowledged by", held.get("by_name")),
        ("until", printing.when(held.get("until")) if held.get("until") else None),
        ("comment", held.get("comment")),
        ("resolved", printing.when(alert["resolved_at"]) if alert.get("resolved_at") else None),
        ("dedup key", alert.get("dedup_key")),
        *((f"label {name}", text) for name, text in (alert.get("labels") or {}).items()),
        *(("link", link) for link in alert.get("links") or ()),
    ]
    printing.facts(facts)
    story = server.get(f"/alerts/{part(alert['id'])}/timeline", [("limit", STORY_MAX)])["timeline"]
    click.echo()
    for told in story:
        click.echo(f"{printing.when(told['at'])}  {printing.plain(told['sentence'])}")


def _status(alert: Any) -> str:
    if alert.get("status") == "firing" and alert.get("acknowledgement"):
        return "acknowledged"
    return str(alert.get("status", ""))


def _outcome(alert: Any) -> str:
    status = _status(alert)
    held = alert.get("acknowledgement") or {}
    until = f" until {printing.when(held['until'])}" if status == "acknowledged" and held.get("until") else ""
    return printing.plain(f"{alert['id']} is {status}{until}: {alert.get('title', '')}")
