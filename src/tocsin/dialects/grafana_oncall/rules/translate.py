"""A person's ladder and this API's rules: types and channels, places and positions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

from msgspec import UNSET

from tocsin.core.ids import UNMADE, NotificationRuleId, UserId
from tocsin.core.people import Importance, NotificationRule, User
from tocsin.dialects.grafana_oncall.rules import wire
from tocsin.dialects.grafana_oncall.spelled import write

WAIT: Final = "wait"
DEFAULT_WAIT: Final = timedelta(minutes=5)
TEXTS_TOGETHER: Final = timedelta(minutes=2)
DURATIONS: Final = (60, 300, 900, 1_800, 3_600)
CHANNELS: Final = {
    "notify_by_slack": "slack",
    "notify_by_sms": "sms",
    "notify_by_phone_call": "voice",
    "notify_by_telegram": "telegram",
    "notify_by_email": "email",
    "notify_by_mobile_app": "push",
    "notify_by_mobile_app_critical": "push",
    "notify_by_webhook": "webhook",
}
TYPES: Final = {channel: type_ for type_, channel in reversed(CHANNELS.items())}
OTHER: Final = "notify_by_webhook"  # what a channel is called that this API has no word for
POSITIONS: Final = "positions"
CRITICAL: Final = "critical"

Kept = Mapping[str, Any]
Numbers = dict[NotificationRuleId, int]


def numbers_of(ladder: Sequence[NotificationRule], kept: Kept) -> Numbers:
    """Give the positions of a ladder: as they were given here, as far as its order is still the same.

    What was put in elsewhere has the next number after the rule before it, and those behind make room.
    """
    known = kept.get(POSITIONS, {})
    given = [known.get(str(rung.id)) for rung in ladder]
    if any(one >= other for one, other in pairwise(number for number in given if number is not None)):
        return {rung.id: number for number, rung in enumerate(ladder)}
    numbers: Numbers = {}
    last = -1
    for rung, number in zip(ladder, given, strict=True):
        last = max(last + 1, number or 0)
        numbers[rung.id] = last
    return numbers


def type_of(rule: NotificationRule, kept: Kept) -> str:
    """Name what a rule does."""
    if rule.channel is None:
        return WAIT
    if rule.channel == CHANNELS["notify_by_mobile_app_critical"] and str(rule.id) in kept.get(CRITICAL, ()):
        return "notify_by_mobile_app_critical"
    return TYPES.get(rule.channel, OTHER)


def of_type(rule: NotificationRule, type_: str, duration: timedelta | None) -> NotificationRule:
    """Let a rule be of a type; one that stays what it is keeps its address, and its channel."""
    if type_ == WAIT:
        wait = duration or DEFAULT_WAIT
        return replace(rule, channel=None, contact_method=None, wait=wait, gather=timedelta(0))
    channel = CHANNELS[type_]
    if rule.channel is not None and channel in (rule.channel, CHANNELS[TYPES.get(rule.channel, OTHER)]):
        return replace(rule, wait=timedelta(0))
    gather = TEXTS_TOGETHER if type_ == "notify_by_sms" else timedelta(0)
    return replace(rule, channel=channel, contact_method=None, wait=timedelta(0), gather=gather)


def new_rule(type_: str, duration: timedelta | None, *, important: bool) -> NotificationRule:
    """Make a rule that is still to be stored."""
    rule = NotificationRule(
        id=NotificationRuleId(UNMADE),
        user=UserId(UNMADE),
        importance=Importance.IMPORTANT if important else Importance.DEFAULT,
        position=0,
    )
    return of_type(rule, type_, duration)


def keeping(user: User, kept: Kept, numbers: Numbers, critical: Mapping[NotificationRuleId, bool]) -> Kept:
    """Give what is to be kept of *user*'s rules: *numbers* of one ladder, and which ones are *critical*."""
    there = {str(rule.id) for rule in user.rules}
    positions = kept.get(POSITIONS, {}) | {str(rule): number for rule, number in numbers.items()}
    marked = {*kept.get(CRITICAL, ()), *(str(rule) for rule, is_ in critical.items() if is_)}
    marked -= {str(rule) for rule, is_ in critical.items() if not is_}
    return {
        POSITIONS: {rule: number for rule, number in positions.items() if rule in there},
        CRITICAL: sorted(marked & there),
    }


def show_rule(rule: NotificationRule, number: int, kept: Kept) -> wire.Rule:
    """Write a rule."""
    return wire.Rule(
        id=write("rule", rule.id),
        user_id=write("user", rule.user),
        position=number,
        duration=UNSET if rule.channel is not None else int(rule.wait.total_seconds()),
        important=rule.importance is Importance.IMPORTANT,
        type=type_of(rule, kept),
    )


def show_span(span: timedelta) -> str:
    """Write a span as h:mm:ss, with the days before it if there are any."""
    return str(span)
