"""Whom a step or a page asks, as JSON has it."""

from collections.abc import Iterable, Sequence
from typing import Annotated, assert_never

from msgspec import Meta, field

from tocsin.core.errors import Invalid
from tocsin.core.escalation import (
    AddressTarget,
    DestinationTarget,
    Mention,
    ScheduleTarget,
    Target,
    TeamTarget,
    UserTarget,
)
from tocsin.core.ids import DestinationId, ScheduleId, TeamId, UserId
from tocsin.core.plan import MENTIONS_MAX
from tocsin.core.schedule import Position
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.shapes import Body, Id
from tocsin.dialects.native.wire.spelled import reference

Via = Annotated[
    list[Annotated[str, Meta(max_length=50)]],
    Meta(max_length=10, description="channels that replace the person's own rules"),
]


class ToUser(Body, tag="user"):
    """One person."""

    id: Id
    via: Via = field(default_factory=list)


class ToTeam(Body, tag="team"):
    """Every member of a team."""

    id: Id
    via: Via = field(default_factory=list)


class ToSchedule(Body, tag="schedule"):
    """Whoever is on call, was before, or is next, when the step is taken."""

    id: Id
    position: Position = Position.CURRENT
    via: Via = field(default_factory=list)


Mentions = Annotated[
    list[ToUser | ToTeam | ToSchedule],
    Meta(max_length=MENTIONS_MAX, description="people whom what is said there names"),
]


class ToDestination(Body, tag="destination", omit_defaults=True):
    """Somewhere that is not a person."""

    id: Id
    mentions: Mentions = field(default_factory=list)


class ToAddress(Body, tag="address"):
    """An address that is nobody's here."""

    channel: Annotated[str, Meta(min_length=1, max_length=50)]
    address: Annotated[str, Meta(min_length=1, max_length=500)]


AnyTarget = ToUser | ToTeam | ToSchedule | ToDestination | ToAddress


def targets(given: Sequence[AnyTarget], path: str) -> tuple[Target, ...]:
    """Read targets; raise Invalid below *path*."""
    return tuple(target(each, f"{path}[{place}]") for place, each in enumerate(given))


def target(given: AnyTarget, path: str) -> Target:
    """Read one target; raise Invalid below *path*."""
    where = f"{path}.id"
    match given:
        case ToUser(id=text, via=via):
            return UserTarget(user=UserId(reference(text, "user", where)), via=tuple(via))
        case ToTeam(id=text, via=via):
            return TeamTarget(team=TeamId(reference(text, "team", where)), via=tuple(via))
        case ToSchedule(id=text, position=position, via=via):
            schedule = ScheduleId(reference(text, "schedule", where))
            return ScheduleTarget(schedule=schedule, position=position, via=tuple(via))
        case ToDestination(id=text, mentions=mentions):
            return DestinationTarget(
                destination=DestinationId(reference(text, "destination", where)),
                mentions=tuple(
                    _mention(each, f"{path}.mentions[{place}]") for place, each in enumerate(mentions)
                ),
            )
        case ToAddress(channel=channel, address=address):
            return AddressTarget(channel=channel, address=address)
        case _:
            assert_never(given)


def _mention(given: ToUser | ToTeam | ToSchedule, path: str) -> Mention:
    if given.via:
        raise Invalid(f"{path}.via", "is of no use where somebody is only named", "must be left out")
    read = target(given, path)
    if isinstance(read, DestinationTarget | AddressTarget):
        raise TypeError("only people are mentioned")
    return read


def show_targets(values: Iterable[Target]) -> list[AnyTarget]:
    """Write targets."""
    return [show_target(each) for each in values]


def show_target(value: Target) -> AnyTarget:
    """Write one target."""
    match value:
        case UserTarget(user=user, via=via):
            return ToUser(id=native("user", user), via=list(via))
        case TeamTarget(team=team, via=via):
            return ToTeam(id=native("team", team), via=list(via))
        case ScheduleTarget(schedule=schedule, position=position, via=via):
            return ToSchedule(id=native("schedule", schedule), position=position, via=list(via))
        case DestinationTarget(destination=destination, mentions=mentions):
            shown = [show_target(each) for each in mentions]
            named = [each for each in shown if isinstance(each, ToUser | ToTeam | ToSchedule)]
            return ToDestination(id=native("destination", destination), mentions=named)
        case AddressTarget(channel=channel, address=address):
            return ToAddress(channel=channel, address=address)
        case _:
            assert_never(value)
