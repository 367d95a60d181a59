"""Say who is on call."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from tocsin.cli import printing
from tocsin.cli.client import Refused, Server, part, talks
from tocsin.cli.reading import Instant, kind_of, rfc3339
from tocsin.core.spelling import from_any

COLLECTIONS = {
    "schedule": "schedules",
    "team": "teams",
    "user": "users",
    "escalation_policy": "escalation_policies",
}


@click.command()
@click.argument("whose", required=False)
@click.option("--team", is_flag=True, help="WHOSE is the name of a team.")
@click.option("--at", type=Instant(), help="Then, not now.")
@talks
def who(*, server: Server, whose: str | None, team: bool, at: datetime | None) -> None:
    r"""Say who is on call for WHOSE schedule or team, given by id or name; for every schedule if not given.

    \b
    tocsin who
    tocsin who "Database primary" --at 2026-12-24T20:00
    tocsin who --team database
    """
    if team and whose is None:
        raise click.UsageError("--team needs the name of a team")
    query = [("at", rfc3339(at) if at else None)]
    found = list(_asked(server, whose, team=team))
    answers = [
        {**named, **server.get(f"/{COLLECTIONS[kind]}/{part(named['id'])}/on-call", query)}
        for kind, named in found
    ]
    if server.as_json:
        printing.as_json(answers if whose is None else answers[0])
        return
    rows = [row for answer in answers for row in _rows(answer)]
    if not rows:
        click.echo("there is no schedule")
        return
    printing.table(("FOR", "ON CALL", "SINCE", "UNTIL"), rows)


def find(server: Server, kind: str, name: str) -> dict[str, str]:
    """Find the *kind* of thing that is called *name*: its id, name, handle, slug or e-mail address."""
    if kind_of(name) == kind:
        return {"id": name, "name": name}
    collection = COLLECTIONS[kind]
    wanted = name.casefold()
    found = [
        entry
        for entry in server.every(f"/{collection.replace('_', '-')}", collection)
        if wanted
        in {str(entry.get(field) or "").casefold() for field in ("id", "name", "handle", "slug", "email")}
    ]
    words = kind.replace("_", " ")
    if not found and from_any(name) is not None:
        return {"id": name, "name": name}
    if not found:
        raise Refused(f"there is no {words} {name!r}", status=404)
    if len(found) > 1:
        ids = ", ".join(printing.plain(entry["id"]) for entry in found)
        raise Refused(f"there is more than one {words} {name!r}; give the id: {ids}", status=409)
    return {"id": found[0]["id"], "name": str(found[0].get("name") or found[0]["id"])}


def _asked(server: Server, whose: str | None, *, team: bool) -> Iterator[tuple[str, dict[str, str]]]:
    if whose is None:
        for entry in server.every("/schedules", "schedules"):
            yield "schedule", {"id": entry["id"], "name": entry.get("name") or entry["id"]}
        return
    kind = "team" if team or kind_of(whose) == "team" else "schedule"
    yield kind, find(server, kind, whose)


def _rows(answer: Any) -> Iterator[tuple[str, ...]]:
    shifts = answer.get("on_call") or []
    if not shifts:
        yield printing.name_of(answer), "nobody", "-", "-"
    for shift in shifts:
        person = printing.name_of(shift.get("user") or shift.get("user_id"))
        yield (
            printing.name_of(answer),
            person,
            printing.when(shift.get("starts_at")),
            printing.when(shift.get("ends_at")),
        )
