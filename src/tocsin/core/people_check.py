"""What makes a user, a team or a contact method one that can be stored."""

import re
from typing import Final

from tocsin.core.calendar import known_zone
from tocsin.core.destination import check_email, is_own_chat
from tocsin.core.errors import Invalid, check_text
from tocsin.core.people import ContactMethod, Team, User
from tocsin.core.spelling import from_any

NAME_LENGTH_MAX: Final = 255
DESCRIPTION_LENGTH_MAX: Final = 1_000
CHANNEL_LENGTH_MAX: Final = 50
ADDRESS_LENGTH_MAX: Final = 2_048
CONTACT_METHODS_MAX: Final = 100
MEMBERS_MAX: Final = 1_000
CONTEXT_LENGTH_MAX: Final = 10_000
HANDLE_LENGTH_MAX: Final = 63
TEAM_HANDLE_LENGTH_MAX: Final = 195

_HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?")
_NO_HANDLE = re.compile(r"[^a-z0-9]+")


def check_user(user: User) -> None:
    """Raise Invalid, naming the field, for a user who cannot be."""
    check_text(user.name, "name", longest=NAME_LENGTH_MAX)
    if check_email(user.email, "email") != user.email:
        raise Invalid("email", "is not in its plain form", f"must be {check_email(user.email)}")
    if not known_zone(user.time_zone):
        problem = f"is {user.time_zone[:NAME_LENGTH_MAX]!r}, which is no time zone"
        raise Invalid("time_zone", problem, "must be an IANA name such as Europe/Berlin")


def check_contact_method(method: ContactMethod) -> None:
    """Raise Invalid for a contact method that cannot be; its channel has checked the address."""
    check_text(method.channel, "channel", shortest=1, longest=CHANNEL_LENGTH_MAX)
    check_text(method.address, "address", shortest=1, longest=ADDRESS_LENGTH_MAX)
    check_text(method.label, "label", longest=NAME_LENGTH_MAX)
    check_text(method.context, "context", longest=CONTEXT_LENGTH_MAX)
    if method.context and method.channel != "webhook":
        raise Invalid(
            "context", f"is of no use to {method.channel}", "must be left out: programs are told it"
        )
    if method.channel == "telegram" and not is_own_chat(method.address):
        remedy = "must be the number of the person's own chat with the bot; groups are destinations"
        raise Invalid("address", "is that of a group or a channel", remedy)


def check_team(team: Team) -> None:
    """Raise Invalid, naming the field, for a team that cannot be."""
    check_text(team.name, "name", shortest=1, longest=NAME_LENGTH_MAX)
    check_handle(team.handle, "handle", longest=TEAM_HANDLE_LENGTH_MAX)
    check_text(team.description, "description", longest=DESCRIPTION_LENGTH_MAX)
    if len(team.members) > MEMBERS_MAX:
        raise Invalid("members", f"has {len(team.members)} entries", f"must have at most {MEMBERS_MAX}")
    for place, member in enumerate(team.members):
        if member in team.members[:place]:
            raise Invalid(f"members[{place}].user_id", "is named before", "must be there once")


def check_handle(handle: str, path: str, *, longest: int = HANDLE_LENGTH_MAX) -> None:
    """Raise Invalid unless *handle* can name a thing in addresses and in events, where ids stand as well."""
    if len(handle) > longest or not _HANDLE.fullmatch(handle):
        remedy = f"must be 1 to {longest} of a to z, 0 to 9, and - _ . between them"
        raise Invalid(path, f"is {handle[:longest]!r}", remedy)
    if from_any(handle) is not None:
        raise Invalid(path, "looks like an id", "must not, for events name services by either")


def handle_of(name: str) -> str:
    """Make a handle out of *name*; empty when it has nothing to make one of."""
    return _NO_HANDLE.sub("-", name.casefold())[:HANDLE_LENGTH_MAX].strip("-")
