"""A person's ladder: notification rules in order, put in, moved and taken out.

Somebody may be half-way up while it is changed: they go on behind the position they were at. So the
positions that are stored only ever grow, and nobody skips a rung because another one went.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from tocsin.core.errors import Invalid
from tocsin.core.ids import NotificationRuleId
from tocsin.core.people import NotificationRule, User

RUNGS_MAX: Final = 100  # in both ladders of a person together
WAIT_MAX: Final = timedelta(days=1)

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


def take_out(ladder: Sequence[NotificationRule], rung: NotificationRuleId) -> Ladder:
    """Take a rung out; the others stay where they are."""
    return tuple(each for each in ladder if each.id != rung)


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
