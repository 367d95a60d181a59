"""What there is to choose from in a form, and how a choice is written in it. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol, TypeVar, assert_never

from tocsin.core.directory import Directory
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
from tocsin.core.ids import DestinationId, ScheduleId, ServiceId, TeamId, UserId
from tocsin.core.people import UserStatus
from tocsin.core.schedule import Position
from tocsin.core.spelling import from_native, native

SHOWN_MAX: Final = 100

Options = Sequence[tuple[str, str]]
"""Values with the words for them."""

Groups = Sequence[tuple[str, Options]]
"""Options under headings."""

_HOLDS: Final = {
    Position.CURRENT: "who is on call",
    Position.NEXT: "who is next",
    Position.PREVIOUS: "who was before",
}


class Named(Protocol):
    """What has a name."""

    @property
    def name(self) -> str:
        """The name."""


N = TypeVar("N", bound=Named)
I = TypeVar("I", bound=int)  # noqa: E741 - an id


def services(directory: Directory) -> Options:
    """Offer every service."""
    return by_name("service", directory.services)


def teams(directory: Directory) -> Options:
    """Offer every team."""
    return by_name("team", directory.teams)


def people(directory: Directory) -> Options:
    """Offer everybody who is there."""
    there = [user for user in directory.users.values() if user.status is not UserStatus.DEACTIVATED]
    there.sort(key=lambda user: (user.display_name.casefold(), user.id))
    return [(native("user", user.id), user.display_name) for user in there]


def by_name(kind: str, things: Mapping[Any, N]) -> Options:
    """Offer *things*, in the order of their names."""
    listed = sorted(things.items(), key=lambda item: (item[1].name.casefold(), item[0]))
    return [(native(kind, number), thing.name) for number, thing in listed]


def chosen(
    text: str, kind: str, there: Iterable[int], make: Callable[[int], I], *, was: Iterable[int] = ()
) -> I | None:
    """Read the choice of a thing of *kind*: one that is *there*, or *was* chosen before; nothing is None."""
    if not text:
        return None
    number = from_native(text, kind)
    if number is None or not (number in there or number in was):
        noun = kind.replace("_", " ")
        raise Invalid(
            "",
            f"is {text[:SHOWN_MAX]!r}",
            f"must be {'an' if noun[0] in 'aeio' else 'a'} {noun} that is here",
        )
    return make(number)


def service_of(text: str, directory: Directory) -> ServiceId | None:
    """Read the choice of a service."""
    return chosen(text, "service", directory.services, ServiceId)


def team_of(text: str, directory: Directory) -> TeamId | None:
    """Read the choice of a team."""
    return chosen(text, "team", directory.teams, TeamId)


# --- whom a step asks ---------------------------------------------------------------------------------


def targets(directory: Directory, present: Iterable[str] = ()) -> Groups:
    """Offer everybody and everything that a step can ask; *present* choices stay, whatever they are."""
    schedules = sorted(directory.schedules.values(), key=lambda each: (each.name.casefold(), each.id))
    groups: list[tuple[str, list[tuple[str, str]]]] = [
        (
            "Schedules",
            [
                (written(ScheduleTarget(schedule=each.id, position=position)), f"{each.name}: {words}")
                for each in schedules
                for position, words in _HOLDS.items()
            ],
        ),
        ("People", [(f"user:{value}", words) for value, words in people(directory)]),
        ("Teams", [(f"team:{value}", f"everybody in {words}") for value, words in teams(directory)]),
        (
            "Destinations",
            [
                (f"destination:{each}", words)
                for each, words in by_name("destination", directory.destinations)
            ],
        ),
    ]
    offered = {value for _, options in groups for value, _ in options}
    kept = [text for text in dict.fromkeys(present) if text and text not in offered]
    others = [(text, described(text, directory)) for text in kept]
    return [(name, options) for name, options in [*groups, ("As it is", others)] if options]


def described(text: str, directory: Directory) -> str:
    """Say in words whom a choice means."""
    try:
        target = target_of(text)
    except Invalid:
        return text[:SHOWN_MAX]
    via = target.via if isinstance(target, UserTarget | TeamTarget | ScheduleTarget) else ()
    by = (
        f" by {', '.join(via)}"
        if via
        else f" by {target.channel}"
        if isinstance(target, AddressTarget)
        else ""
    )
    if isinstance(target, DestinationTarget) and target.mentions:
        by = f", naming {', '.join(map(directory.describe, target.mentions))}"
    return directory.describe(target) + by


def written(target: Target) -> str:
    """Write *target* as a form holds it."""
    match target:
        case UserTarget(user=user, via=via):
            return _joined("user", native("user", user), "", via)
        case TeamTarget(team=team, via=via):
            return _joined("team", native("team", team), "", via)
        case ScheduleTarget(schedule=schedule, position=position, via=via):
            return _joined("schedule", native("schedule", schedule), position.value, via)
        case DestinationTarget(destination=destination, mentions=mentions):
            named = [written(replace(each, via=())).replace(":", "~") for each in mentions]
            return _joined("destination", native("destination", destination), "", named)
        case AddressTarget(channel=channel, address=address):
            return f"address:{channel}:{address}"
        case _:
            assert_never(target)


def target_of(text: str) -> Target:
    """Read a target as `written` writes it."""
    kind, _, rest = text.partition(":")
    if kind == "address":
        channel, _, address = rest.partition(":")
        return AddressTarget(channel=channel, address=address)
    spelled, _, rest = rest.partition(":")
    where, _, by = rest.partition(":")
    number, via = from_native(spelled, kind) if kind in _KINDS else None, tuple(filter(None, by.split(",")))
    if number is None or where not in ("", *Position):
        raise Invalid("", f"is {text[:SHOWN_MAX]!r}", "must be one of the choices")
    match kind:
        case "user":
            return UserTarget(user=UserId(number), via=via)
        case "team":
            return TeamTarget(team=TeamId(number), via=via)
        case "schedule":
            position = Position(where) if where else Position.CURRENT
            return ScheduleTarget(schedule=ScheduleId(number), position=position, via=via)
        case _:
            mentions = tuple(_mention(each.replace("~", ":")) for each in via)
            return DestinationTarget(destination=DestinationId(number), mentions=mentions)


def composed(text: str, via: Sequence[str], names: Sequence[str]) -> Target:
    """Ask the choice *text* by the channels *via*; one that is a destination names people instead."""
    target = target_of(text)
    match target:
        case DestinationTarget():
            if via:
                raise Invalid("", "is a destination", "has no channels to choose from: untick them")
            return replace(target, mentions=tuple(map(_mention, names)))
        case AddressTarget():
            return target
        case _:
            if names:
                raise Invalid("", "is no destination", "names nobody in a message: leave these empty")
            return replace(target, via=tuple(via))


def _mention(text: str) -> Mention:
    target = target_of(text)
    if isinstance(target, DestinationTarget | AddressTarget):
        raise Invalid("", f"is {text[:SHOWN_MAX]!r}", "must be one of the choices")
    return target


_KINDS: Final = ("user", "team", "schedule", "destination")


def _joined(kind: str, spelled: str, position: str, via: Sequence[str]) -> str:
    return f"{kind}:{spelled}:{position}:{','.join(via)}".rstrip(":")
