"""Destinations that are several: a mail group, a list of telephones, the people of a team on one channel.

The address of such a group has its members with commas between them: addresses of the channel, and people
and teams in our own spelling of their ids, whose verified addresses on the channel count when they are told.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from tocsin.core.errors import Invalid
from tocsin.core.ids import UNMADE, DestinationId, TeamId, UserId
from tocsin.core.people import Team, User, UserStatus
from tocsin.core.service import Destination
from tocsin.core.spelling import from_native

GROUPED: Final = frozenset({"email", "sms", "voice"})  # channels by which people are reached
MEMBERS_MAX: Final = 100
SEPARATOR: Final = ", "


def is_group(channel: str, address: str) -> bool:
    """Tell whether *address* names several, or somebody whose addresses are to be looked up."""
    return channel in GROUPED and ("," in address or _is_somebody(address))


def check_group(address: str, check: Callable[[str], str], path: str = "address") -> str:
    """Return *address* as it is to be kept; *check* checks each address in it."""
    members = [member.strip() for member in address.split(",")]
    if len(members) > MEMBERS_MAX:
        raise Invalid(path, f"has {len(members)} members", f"must have at most {MEMBERS_MAX}")
    return SEPARATOR.join(
        dict.fromkeys(member if _is_somebody(member) else check(member) for member in members)
    )


def places_of(
    destination: Destination, users: Mapping[UserId, User], teams: Mapping[TeamId, Team]
) -> tuple[Destination, ...]:
    """Give the place that *destination* is, or those of a group, each once; they have no ids of their own."""
    if not is_group(destination.channel, destination.address):
        return (destination,)
    addresses = _addresses(destination, users, teams)
    return tuple(
        Destination(
            id=DestinationId(UNMADE),
            workspace=destination.workspace,
            name=f"{address} of {destination.name}",
            channel=destination.channel,
            address=address,
        )
        for address in dict.fromkeys(addresses)
    )


def _addresses(
    destination: Destination, users: Mapping[UserId, User], teams: Mapping[TeamId, Team]
) -> Iterator[str]:
    for member in destination.address.split(SEPARATOR):
        if (user := from_native(member, "user")) is not None:
            yield from _reaching(destination.channel, (users.get(UserId(user)),))
        elif (number := from_native(member, "team")) is not None:
            team = teams.get(TeamId(number))
            people = [users.get(each) for each in team.members] if team is not None else []
            yield from _reaching(destination.channel, people)
        else:
            yield member


def _reaching(channel: str, people: Iterable[User | None]) -> Iterator[str]:
    for user in people:
        if user is not None and user.status is not UserStatus.DEACTIVATED:
            yield from (each.address for each in user.reachable if each.channel == channel)


def _is_somebody(text: str) -> bool:
    return from_native(text, "user") is not None or from_native(text, "team") is not None
