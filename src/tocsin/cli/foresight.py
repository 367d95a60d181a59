"""Tell what is to come, what would have been, and what arrives of a drill."""

import time
from typing import IO, Any, Final

import click

from tocsin.cli import printing
from tocsin.cli.client import Server, talks
from tocsin.cli.send import event_of, event_options

PAUSE_S: Final = 1.0
DAYS_MAX: Final = 92


@click.command()
@click.option("--days", type=click.IntRange(1, DAYS_MAX), default=14, help="So many ahead (14).")
@click.option("--strict", is_flag=True, help="Exit with 1 if anything stands in the way.")
@talks
def prove(*, server: Server, days: int, strict: bool) -> None:
    r"""Tell who is reached over the days to come, for every class of alerts that can be told apart.

    Then what stands in the way: hours in which nobody is on call, people without a way, rules that can never
    match, windows that leave holes, hand-overs that a clock change loses or doubles.

    \b
    tocsin prove --days 30
    tocsin prove --strict && deploy
    """
    answer = server.post("/prove", {"days": days})
    printing.report(answer, in_json=server.as_json)
    if strict and answer.get("findings"):
        raise click.exceptions.Exit(1)


@click.command()
@click.option("--days", type=click.IntRange(1, DAYS_MAX), default=30, help="So many back (30).")
@click.option("--without", multiple=True, metavar="ID", help="Do without this alert policy; more than once.")
@click.option("--silence", metavar="FILTER", help="Keep quiet about what this filter takes.")
@click.option(
    "--instead",
    multiple=True,
    nargs=2,
    metavar="ID ID",
    help="In place of the first escalation policy run the second; more than once.",
)
@talks
def replay(
    *,
    server: Server,
    days: int,
    without: tuple[str, ...],
    silence: str | None,
    instead: tuple[tuple[str, str], ...],
) -> None:
    r"""Tell who would have been told of the alerts of the last days, if something had been different.

    \b
    tocsin replay --silence "severity = info"
    tocsin replay --days 7 --without apol_06cq3x1k2m4n
    """
    body: dict[str, Any] = {
        "days": days,
        "without": list(without),
        "instead": [{"of": old, "run": new} for old, new in instead],
    }
    answer = server.post("/replay", body | ({"silence": silence} if silence is not None else {}))
    printing.report(answer, in_json=server.as_json)


@click.command()
@click.option(
    "--wait",
    "wait_s",
    type=click.IntRange(0, 86_400),
    default=60,
    show_default=True,
    help="Seconds to wait for an answer.",
)
@event_options
@talks
def drill(*, server: Server, wait_s: int, title: str | None, file: IO[bytes] | None, **options: Any) -> None:
    r"""Send an alert that says TITLE and is marked as a drill to real people; tell what arrived, and end it.

    It goes the real way: the policies, rules and plans that would take such an alert decide.

    \b
    tocsin drill "Can you hear me?" -s critical -l team=data --wait 300
    """
    report = server.post("/drills", {"event": event_of(title, file, options)})
    alert = report["alert_id"]
    for _ in range(int(wait_s / PAUSE_S)):
        if report["over"] or report["answered_by"]:
            break
        time.sleep(PAUSE_S)
        report = server.get(f"/drills/{alert}")
    server.post(f"/alerts/{alert}/resolve", {})
    printing.report(report, in_json=server.as_json)
    if not any(each["state"] in {"sent", "delivered"} for each in report["arrivals"]):
        raise click.exceptions.Exit(1)
