"""Notification rules over the wire: rungs of a person's ladder, each at its place from 0."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from tocsin.core.errors import Invalid
from tocsin.core.ids import UNMADE, ContactMethodId, NotificationRuleId, UserId
from tocsin.core.people import Importance, NotificationRule
from tocsin.core.spelling import native
from tocsin.dialects.native.wire.contact_methods import Channel
from tocsin.dialects.native.wire.rewording import Words
from tocsin.dialects.native.wire.shapes import Body, Id, View, seconds, span
from tocsin.dialects.native.wire.spelled import reference, spelled

DAY_S = 86_400
WORDS: Words = (
    (re.compile(r"\bwait$"), "wait_s"),
    (re.compile(r"\bgather$"), "gather_s"),
    (re.compile(r"\bcontact_method$"), "contact_method_id"),
)

Place = Annotated[int, Meta(ge=0, le=1_000, description="the place in its ladder, from 0")]
Wait = Annotated[int, Meta(ge=1, le=DAY_S, description="seconds to wait before the next rule")]
Gather = Annotated[
    int, Meta(ge=0, le=600, description="seconds for which messages after one by it wait, to go as one")
]
Placed = tuple[int, NotificationRule]


class NotifyRung(Body, tag="notify"):
    """Notify by a channel, or at one address of it."""

    channel: Channel | None = None
    contact_method_id: Id | None = None
    gather_s: Gather = 0


class WaitRung(Body, tag="wait"):
    """Wait before the next rule."""

    wait_s: Wait


class NewNotify(NotifyRung, tag="notify"):
    """A rule to notify, put in at *position* or at the end."""

    importance: Importance = Importance.DEFAULT
    position: Place | None = None


class NewWait(WaitRung, tag="wait"):
    """A rule to wait, put in at *position* or at the end."""

    importance: Importance = Importance.DEFAULT
    position: Place | None = None


class RuleChanges(Body):
    """What to change about a rule."""

    position: Place | UnsetType = UNSET
    channel: Channel | UnsetType = UNSET
    contact_method_id: Id | UnsetType | None = UNSET
    wait_s: Wait | UnsetType = UNSET
    gather_s: Gather | UnsetType = UNSET


class Ladder(Body):
    """All rules of one importance, in order."""

    notification_rules: Annotated[list[NotifyRung | WaitRung], Meta(max_length=100)]


class RuleView(View):
    """A rung of a person's ladder."""

    id: str
    importance: Importance
    position: int
    type: Literal["notify", "wait"]
    channel: str | None
    contact_method_id: str | None
    wait_s: int | None
    gather_s: int | None


class RuleList(View, kw_only=True):
    """A person's ladders."""

    notification_rules: list[RuleView]
    next: str | None
    total: int


def drafted(
    body: NotifyRung | WaitRung, importance: Importance = Importance.DEFAULT, path: str = ""
) -> NotificationRule:
    """Read a new rule; raise Invalid, below *path*."""
    rule = NotificationRule(
        id=NotificationRuleId(UNMADE), user=UserId(UNMADE), importance=importance, position=0
    )
    if isinstance(body, WaitRung):
        return replace(rule, wait=span(body.wait_s))
    under = f"{path}." if path else ""
    if body.channel is None and body.contact_method_id is None:
        raise Invalid(f"{under}channel", "is missing", "must name a channel, or contact_method_id an address")
    method = None
    if body.contact_method_id is not None:
        method = ContactMethodId(
            reference(body.contact_method_id, "contact_method", f"{under}contact_method_id")
        )
    gather = timedelta(seconds=body.gather_s)
    return replace(rule, channel=body.channel or "", contact_method=method, gather=gather)


def edited(was: Placed, body: RuleChanges) -> Placed:
    """Apply changes to a rule and its place; raise Invalid for a field that its kind does not have."""
    place, rule = was
    if rule.channel is None:
        _refuse(body, ("channel", "contact_method_id", "gather_s"), "a rule that waits")
        wait = rule.wait if body.wait_s is UNSET else timedelta(seconds=body.wait_s)
        rule = replace(rule, wait=wait)
    else:
        _refuse(body, ("wait_s",), "a rule that notifies")
        method = rule.contact_method
        if body.contact_method_id is None:
            method = None
        elif body.contact_method_id is not UNSET:
            method = ContactMethodId(reference(body.contact_method_id, "contact_method", "contact_method_id"))
        channel = body.channel
        if channel is UNSET:  # another address brings its own channel
            channel = rule.channel if method in (None, rule.contact_method) else ""
        gather = rule.gather if body.gather_s is UNSET else timedelta(seconds=body.gather_s)
        rule = replace(rule, channel=channel, contact_method=method, gather=gather)
    return (place if body.position is UNSET else body.position), rule


def show_rule(placed: Placed) -> RuleView:
    """Write a rule and its place."""
    place, rule = placed
    waits = rule.channel is None
    return RuleView(
        id=native("notification_rule", rule.id),
        importance=rule.importance,
        position=place,
        type="wait" if waits else "notify",
        channel=rule.channel,
        contact_method_id=spelled("contact_method", rule.contact_method),
        wait_s=seconds(rule.wait) if waits else None,
        gather_s=None if waits else seconds(rule.gather),
    )


def show_rules(placed: tuple[Placed, ...]) -> RuleList:
    """Write ladders."""
    shown = [show_rule(each) for each in placed]
    return RuleList(notification_rules=shown, next=None, total=len(shown))


def _refuse(body: RuleChanges, names: tuple[str, ...], kind: str) -> None:
    for name in names:
        if getattr(body, name) is not UNSET:
            raise Invalid(name, f"is of no use to {kind}", "must be left out; make a new rule instead")
