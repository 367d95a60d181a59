"""Destinations: mailboxes, chat rooms and programs that are told of pages."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from tocsin.actions import audit, usage
from tocsin.actions.actor import Actor, Permission
from tocsin.actions.changing import (
    Edit,
    Sure,
    anyway,
    begin,
    must_be_free,
    must_be_known,
    must_have_room,
)
from tocsin.core.destination_group import places_of
from tocsin.core.errors import Conflict
from tocsin.core.escalation import DestinationTarget
from tocsin.core.ids import DestinationId, NotificationId
from tocsin.core.listing import Listed
from tocsin.core.notification import Notification, NotificationKind
from tocsin.core.service import Destination
from tocsin.core.service_check import check_destination
from tocsin.store import destinations, directories, integrations, outbox, teams
from tocsin.store.transaction import Tx


def create(tx: Tx, actor: Actor, draft: Destination, *, now: datetime) -> Destination:
    """Add a destination; its channel has checked address, options and secret."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    must_have_room(tx, actor, destinations.list_, "destinations")
    made = replace(draft, id=DestinationId(tx.new_id()), workspace=actor.workspace)
    check_destination(made)
    _must_know(tx, actor, made)
    destinations.add(tx, made)
    audit.created(tx, actor, "destination", made, name=made.name, now=now)
    return made


def get(tx: Tx, actor: Actor, destination_id: DestinationId) -> Destination:
    """Read a destination, secrets included: whoever shows it to people leaves those out."""
    actor.must(Permission.READ)
    return destinations.find(tx, actor.workspace, destination_id)


def list_(tx: Tx, actor: Actor, *, after: int | None = None, limit: int) -> Listed[Destination]:
    """List destinations, the oldest first."""
    actor.must(Permission.READ)
    return destinations.list_(tx, actor.workspace, after=after, limit=limit)


def change(
    tx: Tx, actor: Actor, destination_id: DestinationId, edit: Edit[Destination], *, now: datetime
) -> Destination:
    """Change a destination; *edit* has its channel check what is new."""
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    was = destinations.find(tx, actor.workspace, destination_id)
    new = edit(was)
    check_destination(new)
    _must_know(tx, actor, new, was)
    if new != was:
        destinations.save(tx, new, was)
        audit.changed(tx, actor, "destination", new, was=was, name=new.name, now=now)
    return new


def _must_know(tx: Tx, actor: Actor, new: Destination, was: Destination | None = None) -> None:
    """Raise Invalid for an integration or a team that a destination newly names, and that is not here."""
    said, before = new.subscription, was.subscription if was is not None else None
    if said is None:
        return
    doors = sorted(said.integrations.difference(before.integrations if before is not None else ()))
    named = [(each, "subscription.integration_ids") for each in doors]
    must_be_known(tx, actor, integrations.get_many, named, "integration")
    if said.team is not None and (before is None or before.team != said.team):
        must_be_known(tx, actor, teams.get_many, [(said.team, "subscription.team_id")], "team")


def test(tx: Tx, actor: Actor, destination_id: DestinationId, *, now: datetime) -> NotificationId:
    """Send a test notification to a destination, or to each place of a group; give the first one's id."""
    actor.must(Permission.CONFIGURE)
    destination = destinations.find(tx, actor.workspace, destination_id)
    because = f"{actor.name} wants to know whether messages arrive here"
    directory = directories.current(tx, actor.workspace)
    places = places_of(destination, directory.users, directory.teams)
    if not places:
        raise Conflict(f"nobody in {destination.name} has an address there")
    notifications = [
        Notification(
            id=NotificationId(tx.new_id()),
            workspace=actor.workspace,
            kind=NotificationKind.TEST,
            destination=place.id or None,
            channel=place.channel,
            address=place.address,
            because=because,
            body=because,
            queued_at=now,
            due=now,
        )
        for place in places
    ]
    outbox.queue_many(tx, notifications)
    return notifications[0].id


def used_by(tx: Tx, actor: Actor, destination_id: DestinationId) -> tuple[str, ...]:
    """Name the policies that tell a destination of pages, each once."""
    return tuple(dict.fromkeys(_uses(tx, get(tx, actor, destination_id))))


def delete(
    tx: Tx,
    actor: Actor,
    destination_id: DestinationId,
    *,
    sure: Sure[Destination] = anyway,
    even_in_use: bool = False,
    now: datetime,
) -> None:
    """Delete a destination; raise Conflict while a policy tells it anything, unless *even_in_use*.

    A step skips a destination that is not there, and says so.
    """
    actor.must(Permission.CONFIGURE)
    begin(tx, actor)
    destination = destinations.find(tx, actor.workspace, destination_id)
    sure(destination)
    if not even_in_use:
        must_be_free(f"destination {destination.name}", _uses(tx, destination))
    destinations.delete(tx, destination)
    audit.deleted(tx, actor, "destination", destination, name=destination.name, now=now)


def _uses(tx: Tx, destination: Destination) -> Iterator[str]:
    return usage.by_plans(
        tx,
        destination.workspace,
        lambda each: isinstance(each, DestinationTarget) and each.destination == destination.id,
    )
