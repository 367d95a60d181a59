"""A person's ladder: notification rules in order, put in, moved and taken out.

Somebody may be half-way up while it is changed: they go on behind the position they were at. So the
positions that are stored only ever grow, and nobody skips a rung because another one went.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from tocsin.core.errors import Invalid
from tocsin.core.ids import UNMADE, NotificationRuleId
from tocsin.core.people import NotificationRule, User

RUNGS_MAX: Final = 300  # in both ladders of a person together
WAIT_MAX: Final = timedelta(days=1)
GATHER_MAX: Final = timedelta(minutes=10)

Ladder = tuple[NotificationRule, ...]


def put_in(ladder: Sequence[NotificationRule], rung: NotificationRule, place: int | None = None) -> Ladder:
    """Put *rung* into *ladder* as the *place*-th from 0, or as the last; those behind it make room."""
    before, behind = (ladder, ()) if place is None else (ladder[:place], ladder[place:])
    position = before[-1].position + 1 if before else 0
    grown = replace(rung, position=position)
    return (*before, grown, *_behind(behind, position))


def move(ladder: Sequence[NotificationRule], rung: NotificationRule, place: int) -> Ladder:
    """Put *rung*, which is in *ladder* as it was before some change, at the *place*-th from 0."""
    now_at = next(number for number, each in enumerate(ladder) if each.id == rung.id)
    if now_at == place:
        stays = replace(rung, position=ladder[now_at].position)
        return (*ladder[:now_at], stays, *ladder[now_at + 1 :])
    return put_in(take_out(ladder, rung.id), rung, place)


def arrange(ladder: Sequence[NotificationRule], order: Sequence[NotificationRuleId]) -> Ladder:
    """Put the rungs of *ladder* into *order*, which names each once, moving as few of them as can be.

    Of two that trade places the one that comes later from now on moves: so both are still ahead of whoever
    has not taken them.
    """
    at = {rung.id: number for number, rung in enumerate(ladder)}
    stay = frozenset(-number for number in _longest_rise([-at[each] for each in reversed(order)]))
    arranged: Ladder = tuple(rung for number, rung in enumerate(ladder) if number in stay)
    for place, each in enumerate(order):
        if at[each] not in stay:
            arranged = put_in(arranged, ladder[at[each]], place)
    return arranged


def take_out(ladder: Sequence[NotificationRule], rung: NotificationRuleId) -> Ladder:
    """Take a rung out; the others stay where they are."""
    return tuple(each for each in ladder if each.id != rung)


def timed(ladder: Sequence[NotificationRule]) -> Iterator[tuple[NotificationRule, timedelta]]:
    """Give the rungs that notify, each with how long after the beginning it does."""
    after = timedelta(0)
    for rung in ladder:
        if rung.channel is None:
            after += rung.wait
        else:
            yield rung, after


def put_after(ladder: Sequence[NotificationRule], rung: NotificationRule, after: timedelta) -> Ladder:
    """Put *rung*, which notifies, where it does so *after* so long; the others keep their times.

    Behind others of the same time. A wait that is in the way is cut in two, and the new waits have no id.
    """
    place, left = len(ladder), after
    for number, each in enumerate(ladder):
        if each.wait > left:
            place = number
            break
        left -= each.wait
    unmade = NotificationRule(
        id=NotificationRuleId(UNMADE), user=rung.user, importance=rung.importance, position=0
    )
    before, behind = [*ladder[:place]], [*ladder[place:]]
    if left and behind:
        before.append(replace(behind[0], wait=left))
        behind[0] = replace(unmade, wait=behind[0].wait - left)
    while left and not behind:
        before.append(replace(unmade, wait=min(left, WAIT_MAX)))
        left -= min(left, WAIT_MAX)
    return tuple(_behind([*before, replace(rung, position=0), *behind], -1))


def take_away(ladder: Sequence[NotificationRule], rung: NotificationRuleId) -> Ladder:
    """Take a rung out whose time nobody else needs: waits that come together become one, the last ones go."""
    kept: list[NotificationRule] = []
    for each in take_out(ladder, rung):
        last = kept[-1] if kept else None
        if last is not None and last.channel is None is each.channel and last.wait + each.wait <= WAIT_MAX:
            kept[-1] = replace(last, wait=last.wait + each.wait)
        else:
            kept.append(each)
    while kept and kept[-1].channel is None:
        kept.pop()
    return tuple(kept)


def put_up(ladder: Sequence[NotificationRule], rungs: Sequence[NotificationRule]) -> Ladder:
    """Put *rungs* up in the place of *ladder*; whoever is on the old one goes on with all of the new."""
    first = ladder[-1].position + 1 if ladder else 0
    return tuple(replace(rung, position=first + number) for number, rung in enumerate(rungs))


def check_rung(rung: NotificationRule, user: User, path: str = "") -> None:
    """Raise Invalid, below *path*, for a rung that *user* cannot have."""
    under = f"{path}." if path else ""
    if rung.channel is None:
        if not timedelta(0) < rung.wait <= WAIT_MAX:
            remedy = f"must be 1 to {WAIT_MAX.total_seconds():.0f} seconds"
            raise Invalid(f"{under}wait", f"is {rung.wait.total_seconds():.0f} seconds", remedy)
        return
    if not timedelta(0) <= rung.gather <= GATHER_MAX:
        remedy = f"must be 0 to {GATHER_MAX.total_seconds():.0f} seconds"
        raise Invalid(f"{under}gather", f"is {rung.gather.total_seconds():.0f} seconds", remedy)
    if rung.contact_method is None:
        return
    method = next((each for each in user.contact_methods if each.id == rung.contact_method), None)
    if method is None:
        remedy = "must be one of the user's own contact methods"
        raise Invalid(f"{under}contact_method", f"is none of {user.display_name}'s", remedy)
    if method.channel != rung.channel:
        remedy = f"must be {method.channel}, or be left out"
        raise Invalid(f"{under}channel", f"is {rung.channel}, and the contact method's is not", remedy)


def _behind(rungs: Sequence[NotificationRule], position: int) -> list[NotificationRule]:
    """Let *rungs* follow after *position*, each moved up only where it has to make room."""
    moved: list[NotificationRule] = []
    for rung in rungs:
        position = max(rung.position, position + 1)
        moved.append(replace(rung, position=position))
    return moved


def _longest_rise(numbers: Sequence[int]) -> frozenset[int]:
    """Find the most of *numbers* that stand in rising order."""
    best: list[tuple[int, ...]] = [()]
    for number in numbers:
        longer = [(*rise, number) for rise in best if not rise or rise[-1] < number]
        for rise in longer:
            if len(rise) == len(best):
                best.append(rise)
            elif rise[-1] < best[len(rise)][-1]:
                best[len(rise)] = rise
    return frozenset(best[-1])
