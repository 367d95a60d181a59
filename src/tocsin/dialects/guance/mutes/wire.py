"""Mute rules over the wire, and the silences that they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from tocsin.core import cron
from tocsin.core.alert_policy import AlertPolicy
from tocsin.core.calendar import CronWindow, known_zone, to_instant, to_wall
from tocsin.core.errors import Invalid
from tocsin.core.filter_fields import MONITOR_LABELS
from tocsin.core.filter_tree import Compare, Expression, In, Operator, Truth, all_of, any_of
from tocsin.core.filters import EVERYTHING, Filter, from_expression
from tocsin.core.ids import UNMADE, AlertPolicyId, SilenceId, WorkspaceId
from tocsin.core.silence import Silence
from tocsin.dialects.guance.spelled import STRATEGY, read
from tocsin.dialects.guance.strategies.moments import DURATION_S_MAX
from tocsin.dialects.guance.strategies.search import parse_search, tags_filter

MOMENT: Final = "%Y/%m/%d %H:%M:%S"
NEVER: Final = ("", "0", "-1")
_CRON: Final = ("min", "hour", "day", "month", "week")
_RANGES: Final = ("checkerUUID", "alertPolicyUUID", "tagUUID", "sloUUID", "monitorUUID")

Moment = Annotated[str, Meta(max_length=30, description="YYYY/MM/DD HH:mm:ss")]


class MuteBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """When what is muted."""

    type: Literal["checker", "alertPolicy", "tag", "custom"]
    mute_ranges: Annotated[list[dict[str, Any]], Meta(max_length=1_000)] = []
    name: Annotated[str, Meta(max_length=255)] = ""
    description: Annotated[str, Meta(max_length=1_000)] = ""
    tags: dict[str, Any] | None = None
    filter_string: Annotated[str, Meta(max_length=65_536)] | None = None
    timezone: Annotated[str, Meta(min_length=1, max_length=64)] = "Asia/Shanghai"
    repeat_time_set: Literal[0, 1] = 0
    start_time: Moment | int | None = None
    end_time: Moment | int | None = None
    repeat_crontab_set: dict[str, Any] | None = None
    crontab_duration: int | None = None
    repeat_expire_time: Moment | int | None = None
    notify_targets: list[Any] | None = None
    notify_message: str | None = None
    notify_time_str: str | None = None
    declaration: dict[str, Any] | None = None


Policies = Mapping[AlertPolicyId, AlertPolicy]


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a silence holds."""

    starts_at: datetime
    ends_at: datetime | None
    recurring: CronWindow | None


def silence_of(body: MuteBody, policies: Policies, now: datetime) -> Silence:
    """Make the silence that a mute rule is; *policies* are those that it may name."""
    if not known_zone(body.timezone):
        problem = f"is {body.timezone!r}, which is no time zone"
        raise Invalid("timezone", problem, "must be an IANA name such as Asia/Shanghai")
    times = _repeating(body, now) if body.repeat_time_set else _once(body, now)
    return Silence(
        id=SilenceId(UNMADE),
        workspace=WorkspaceId(UNMADE),
        name=body.name or _name(body),
        comment=body.description,
        filter=_filter(body, policies),
        starts_at=times.starts_at,
        ends_at=times.ends_at,
        recurring=times.recurring,
    )


def show_moment(at: datetime, zone: str) -> str:
    """Write an instant as the clocks of *zone* show it."""
    return to_wall(zone, at).strftime(MOMENT)


def _name(body: MuteBody) -> str:
    names = [str(each.get("name", "")) for each in body.mute_ranges]
    return (", ".join(name for name in names if name) or f"Mute rule ({body.type})")[:255]


def _once(body: MuteBody, now: datetime) -> Times:
    starts_at = now if body.start_time in (None, *NEVER) else _moment(body.start_time, "startTime", body)
    ends_at = None if body.end_time in (None, *NEVER) else _moment(body.end_time, "endTime", body)
    if ends_at is not None and ends_at <= starts_at:
        raise Invalid("endTime", f"is {body.end_time!r}", "must be later than startTime")
    return Times(starts_at=starts_at, ends_at=ends_at, recurring=None)


def _repeating(body: MuteBody, now: datetime) -> Times:
    given = body.repeat_crontab_set
    if given is None:
        raise Invalid("repeatCrontabSet", "is missing", "must say when the rule holds")
    expression = " ".join(str(given.get(name, "*")).strip() or "*" for name in _CRON)
    try:
        cron.parse(expression, "repeatCrontabSet", may_never_come=True)
    except Invalid as error:
        raise Invalid("repeatCrontabSet", error.problem, error.remedy) from None
    if body.crontab_duration is None or not 1 <= body.crontab_duration <= DURATION_S_MAX:
        problem = "is missing" if body.crontab_duration is None else f"is {body.crontab_duration}"
        raise Invalid("crontabDuration", problem, f"must be 1 to {DURATION_S_MAX} seconds")
    window = CronWindow(
        expression=expression,
        duration=timedelta(seconds=body.crontab_duration),
        time_zone=body.timezone,
    )
    expires = body.repeat_expire_time
    ends_at = None if expires in (None, *NEVER, 0) else _moment(expires, "repeatExpireTime", body)
    if ends_at is not None and ends_at <= now:
        raise Invalid("repeatExpireTime", f"is {expires!r}", "must be in the future, or 0 for never")
    return Times(starts_at=now, ends_at=ends_at, recurring=window)


def _moment(value: str | int | None, path: str, body: MuteBody) -> datetime:
    """Read an instant: what the clocks of the rule's zone show, or seconds since 1970."""
    try:
        if isinstance(value, int):
            return datetime.fromtimestamp(value, UTC)
        wall = datetime.strptime(str(value), MOMENT)  # noqa: DTZ007 - it is a wall's
        return to_instant(body.timezone, wall)
    except (ValueError, OverflowError, OSError):
        raise Invalid(path, f"is {str(value)[:60]!r}", "must be like 2026/01/31 09:00:00") from None


def _filter(body: MuteBody, policies: Policies) -> Filter:
    parts: list[Expression] = []
    if body.mute_ranges:
        parts.append(any_of(*_ranges(body, policies)))
    if body.filter_string and body.filter_string.strip():
        parts.append(parse_search(body.filter_string, "filterString").expression)
    elif body.tags:
        parts.append(tags_filter(_tags(body.tags), "tags").expression)
    parts = [part for part in parts if part != Truth(holds=True)]
    return from_expression(all_of(*parts), "muteRanges") if parts else EVERYTHING


def _ranges(body: MuteBody, policies: Policies) -> Iterator[Expression]:
    for place, given in enumerate(body.mute_ranges):
        path = f"muteRanges[{place}]"
        name = next((key for key in _RANGES if given.get(key)), "")
        value = given.get(name)
        if not name or not isinstance(value, str) or not 1 <= len(value) <= 255:
            remedy = f"must name one of {', '.join(_RANGES)}"
            raise Invalid(path, "names nothing", remedy)
        if name == "alertPolicyUUID":
            yield _of_policy(value, policies)
        elif name == "tagUUID":
            yield Compare(MONITOR_LABELS, Operator.EQUAL, str(given.get("name") or value))
        else:
            yield Compare("monitor_id", Operator.EQUAL, value)


def _of_policy(uuid: str, policies: Policies) -> Expression:
    """Cover what a strategy takes: the events of its monitors, all of them if it has none."""
    number = read(uuid, STRATEGY)
    policy = policies.get(AlertPolicyId(number)) if number is not None else None
    if policy is None:
        return Truth(holds=False)
    monitors = tuple(sorted(policy.scope.monitors))
    return In("monitor_id", monitors) if monitors else Truth(holds=True)


def _tags(given: Mapping[str, Any]) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = {}
    for name, values in given.items():
        found = [values] if isinstance(values, str) else values
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise Invalid(f"tags.{name}", "is no list of texts", "must be an array of strings")
        tags[name] = found
    return tags
