"""Who is told by a step: how they are called in its story, and what makes two of them the same."""

from tocsin.core.because import Because
from tocsin.core.because_paging import NotAsked, Unreachable
from tocsin.core.directory import GONE, NO_ADDRESS, Recipient
from tocsin.core.escalation import Outside
from tocsin.core.ids import DestinationId
from tocsin.core.people import User
from tocsin.core.service import Destination


def place_of(destination: Destination) -> DestinationId | Outside:
    """Name *destination* as a page remembers it."""
    return destination.id or Outside(destination.channel, destination.address)


def identity_of(recipient: Recipient) -> object:
    """Give what makes two recipients the same: somebody twice, or a place twice."""
    who = recipient.who
    return who.id if isinstance(who, User) else place_of(who)


def called(recipient: Recipient) -> str:
    """Say who *recipient* is, and why it is they."""
    return f"{recipient.name} ({recipient.why})" if recipient.why else recipient.name


def why_skipped(because: Because) -> str | None:
    """Say in a word why a recipient that a step names was skipped, where somebody should mend that."""
    match because:
        case NotAsked(why=why) if why in (GONE, NO_ADDRESS):
            return "gone"
        case Unreachable():
            return "unreachable"
        case _:
            return None
