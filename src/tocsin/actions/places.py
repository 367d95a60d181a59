"""The places of messages that are on their way: nobody has so many that others have none."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.core import fairness
from tocsin.core.ids import WorkspaceId
from tocsin.core.notification import Address, Notification, Send, address_of
from tocsin.store.lanes import Closed

PLACES = 400  # messages of a node that are on their way at a time
AT_ONCE = 20
ADDRESS_MAX = 200  # several times what the wire says to one host at a time, so that it never runs dry
MANY_TIMES = 3

Name = Address | str | WorkspaceId
"""What a message goes under: its address, its channel, its workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many messages more a node may have on its way, and how many it has, by the names they go under.

    *is_scarce* says that more waits than there is room for, so that everybody is to have a turn.
    """

    free: int = PLACES
    is_scarce: bool = False
    held: Mapping[Hashable, int] = field(default_factory=dict)

    def closed(self) -> Closed:
        """Tell where nothing more is to go until there is room for AT_ONCE: few are hardly worth a claim."""
        names = [
            name for name, count in self.held.items() if not has_room(name, count + AT_ONCE - 1, self.free)
        ]
        return Closed(
            addresses=[name for name in names if isinstance(name, tuple)],
            channels=[name for name in names if isinstance(name, str)],
            workspaces=[WorkspaceId(name) for name in names if isinstance(name, int)],
        )

    def admitted(self, sends: Sequence[Send]) -> list[Send]:
        """Choose those that get a place, in their order; the others wait for the next claim."""
        return fairness.admitted(
            sends, lambda send: names_of(send.notification), has_room, held=self.held, free=self.free
        )


def has_room(name: Hashable, held: int, free: int) -> bool:
    """Tell whether one message more may go under *name*, which holds so many places of which some are free.

    An address may hold as many as are free, and no more than keep it busy: others have some, too. What has
    many addresses may hold more.
    """
    if isinstance(name, tuple):
        return held < ADDRESS_MAX and fairness.has_room(held, free)
    return fairness.has_room(held, free, MANY_TIMES)


def names_of(notification: Notification) -> tuple[Name, Name, Name]:
    """Name what a message takes its place under, so that none takes all."""
    return address_of(notification), notification.channel, notification.workspace
