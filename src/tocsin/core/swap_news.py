"""What those whom a shift swap concerns are told of it, and by which of their ways; it wakes nobody."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from tocsin.core.calendar import in_zone, known_zone
from tocsin.core.ids import UserId
from tocsin.core.people import ContactMethod, User, UserStatus
from tocsin.core.shift_swap import ShiftSwap

WAYS = ("email", "push", "telegram", "slack", "sms")
"""The channels by which people hear news, the calmest first; nobody is called."""

TOLD_MAX = 50
DESCRIPTION_SHOWN_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What *user* is told, by *method*: the first line of *text* is its title."""

    user: User
    method: ContactMethod
    text: str
    because: str


def news(
    was: ShiftSwap | None,
    swap: ShiftSwap | None,
    *,
    by: UserId | None,
    schedule: str,
    concerned: Collection[UserId],
    users: Mapping[UserId, User],
    now: datetime,
) -> tuple[Word, ...]:
    """Tell what became of a swap: asked for, taken over, or taken back; *was* None before, *swap* after.

    *concerned* are the people of the schedule, who might take over. Whoever did it, *by*, is told nothing.
    """
    if swap is None and was is not None:
        told = _taken_back(was, by, schedule, users) if was.ends_at > now else iter(())
    elif swap is not None and swap.benefactor is not None:
        before = was.benefactor if was is not None else None
        told = _taken(swap, schedule, users) if swap.benefactor != before else iter(())
    elif swap is not None and was is None and swap.starts_at > now:
        told = _asked(swap, schedule, concerned, users)
    else:
        told = iter(())
    return tuple(word for word in told if word.user.id != by)[:TOLD_MAX]


def way_of(user: User) -> ContactMethod | None:
    """Choose the way by which somebody hears news; None when they have none for it."""
    if user.status is UserStatus.DEACTIVATED:
        return None
    ways = [each for each in user.reachable if each.channel in WAYS]
    return min(ways, key=lambda each: (WAYS.index(each.channel), each.id), default=None)


def _asked(
    swap: ShiftSwap, schedule: str, concerned: Collection[UserId], users: Mapping[UserId, User]
) -> Iterator[Word]:
    asking = _name(swap.beneficiary, users)
    for user in sorted(set(concerned) - {swap.beneficiary}):
        title = f"{asking} looks for somebody to take over duty on {schedule}"
        yield from _word(user, users, title, swap, f"you are on call for {schedule}, too")


def _taken(swap: ShiftSwap, schedule: str, users: Mapping[UserId, User]) -> Iterator[Word]:
    if swap.benefactor is None:
        return
    title = f"{_name(swap.benefactor, users)} has taken over your duty on {schedule}"
    yield from _word(swap.beneficiary, users, title, swap, "you asked for it")
    title = f"You have taken over duty on {schedule} from {_name(swap.beneficiary, users)}"
    yield from _word(swap.benefactor, users, title, swap, "somebody has put you in")


def _taken_back(
    swap: ShiftSwap, by: UserId | None, schedule: str, users: Mapping[UserId, User]
) -> Iterator[Word]:
    if swap.benefactor is None:
        return
    who = _name(by, users)
    title = f"{who} has taken back a swap: you are on call for {schedule} again"
    yield from _word(swap.beneficiary, users, title, swap, "it had been taken over")
    title = f"{who} has taken back a swap: you are not on call for {schedule} in its place"
    yield from _word(swap.benefactor, users, title, swap, "you had taken it over")


def _word(
    user_id: UserId, users: Mapping[UserId, User], title: str, swap: ShiftSwap, because: str
) -> Iterator[Word]:
    user = users.get(user_id)
    method = way_of(user) if user is not None else None
    if user is None or method is None:
        return
    zone = user.time_zone if known_zone(user.time_zone) else "UTC"
    lines = [title, f"From {_moment(swap.starts_at, zone)} until {_moment(swap.ends_at, zone)} ({zone})"]
    if swap.description:
        lines.append(swap.description[:DESCRIPTION_SHOWN_MAX])
    yield Word(user=user, method=method, text="\n".join(lines), because=because)


def _moment(at: datetime, zone: str) -> str:
    local = in_zone(zone, at)
    return f"{local:%a} {local.day} {local:%b %Y}, {local:%H:%M}"


def _name(user_id: UserId | None, users: Mapping[UserId, User]) -> str:
    user = users.get(user_id) if user_id is not None else None
    return user.display_name if user is not None else "Somebody"
