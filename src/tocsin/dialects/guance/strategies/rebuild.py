"""From an alert policy to the ``alertOpt`` that says the same, where it was made or changed elsewhere.

What this API has no words for is left out: schedules as recipients, conditions of steps, rules that hand on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any, Final

from tocsin.core.aggregation import GatherBy, Gathering
from tocsin.core.alert_policy import AlertPolicy, RepeatSilence, Rule
from tocsin.core.calendar import CronWindow, DatedWindow, DateSetWindow, Restriction, TimeWindow, WeeklyWindow
from tocsin.core.escalation import (
    AddressTarget,
    DestinationTarget,
    EscalationPlan,
    NotifyTargets,
    ScheduleTarget,
    Target,
    TeamTarget,
    UserTarget,
)
from tocsin.core.event import Severity
from tocsin.core.filter_tree import And, Compare, Exists, Expression, In, Not, Operator, Or, Truth
from tocsin.core.ids import EscalationPolicyId
from tocsin.dialects.guance.attributes import name_of
from tocsin.dialects.guance.spelled import spelled
from tocsin.dialects.guance.strategies.by_member import infos_of, is_by_member
from tocsin.dialects.guance.strategies.wire import UPGRADES_MAX

_DAY_S: Final = 86_400
_FIELDS: Final = {
    "monitor_id": "df_monitor_checker_id",
    "dimensions": "df_dimension_tags",
    "monitor_labels": "df_label",
}
_TYPES: Final = {
    GatherBy.FIELDS: "byFields",
    GatherBy.SIMILARITY: "byCluster",
    GatherBy.MEANING: "byAI",
}

Plans = Mapping[EscalationPolicyId, EscalationPlan]
Json = dict[str, Any]


def alert_opt_of(policy: AlertPolicy, plans: Plans) -> Json:
    """Write what *policy* does; *plans* are those of the named escalation policies."""
    return {
        "alertType": "member" if is_by_member(policy) else "status",
        **_silence(policy.repeat),
        **_gathering(policy.gathering),
        "ignoreOK": not policy.notify_resolved,
        "alertTarget": list(_entries(policy, plans)),
    }


def _silence(repeat: RepeatSilence) -> Json:
    written: Json = {"silentTimeout": _seconds_of_silence(repeat.after)}
    if repeat.by_severity:
        written["silentTimeoutByStatusEnable"] = True
        written["silentTimeoutByStatus"] = [
            {"status": level.value, "silentTimeout": _seconds_of_silence(silence)}
            for level, silence in repeat.by_severity.items()
        ]
    return written


def _seconds_of_silence(after: timedelta | None) -> int:
    """Write a silence: here 0 is for ever, and the least that ends is a second."""
    return 0 if after is None else max(1, int(after.total_seconds()))


def _gathering(gathering: Gathering) -> Json:
    if gathering.by is GatherBy.NONE:
        return {"aggInterval": 0}
    written: Json = {
        "aggInterval": int(gathering.window.total_seconds()),
        "aggType": _TYPES[gathering.by],
        "aggSendFirst": gathering.first_at_once,
    }
    if gathering.by is not GatherBy.FIELDS:
        texts = [name_of(field) for field in gathering.texts]
        return {**written, "aggFields": [], "aggClusterFields": texts}
    custom = any(field not in _FIELDS for field in gathering.fields)
    written["aggFields"] = [_FIELDS.get(field) or name_of(field) for field in gathering.fields]
    if custom:
        written["aggType"] = "byCustom"
    if gathering.first_labels:
        written["aggLabels"] = list(gathering.first_labels)
    return written


def _entries(policy: AlertPolicy, plans: Plans) -> Iterator[Json]:
    """Write the rules of each window together, in the order of the first of them; the fallback comes last."""
    by_member = is_by_member(policy)
    by_window: dict[TimeWindow | None, list[Rule]] = {}
    for rule in policy.rules:
        by_window.setdefault(None if rule.fallback else rule.window, []).append(rule)
    for window, rules in sorted(by_window.items(), key=lambda item: item[0] is None):
        said: Json = (
            {"alertInfo": [info for rule in rules for info in _infos(rule, plans)]}
            if by_member
            else {"targets": [_target(rule, plans) for rule in rules]}
        )
        name = next((rule.name for rule in rules if rule.name), "")
        for times in _times(window):
            yield {**({"name": name} if name else {}), **times, **said}


def _times(window: TimeWindow | None) -> Iterator[Json]:
    match window:
        case None:
            yield {}
        case CronWindow(expression=expression, duration=duration):
            yield {"crontab": expression, "crontabDuration": int(duration.total_seconds())}
        case DateSetWindow(sets=sets, start=start, duration=duration):
            yield {
                "customDateUUIDs": [spelled("date_set", each) for each in sets],
                "customStartTime": start.strftime("%H:%M:%S"),
                "customDuration": int(duration.total_seconds()),
            }
        case DatedWindow(dates=dates, start=start, duration=duration):
            yield from (_dated(each, start, duration) for each in dates[:100])
        case WeeklyWindow(spans=spans):
            yield from map(_weekly, spans)


def _dated(day: date, start: time, duration: timedelta) -> Json:
    """Write one date as the crontab that it is every year."""
    crontab = f"{start.minute} {start.hour} {day.day} {day.month} *"
    return {"crontab": crontab, "crontabDuration": int(duration.total_seconds())}


def _weekly(span: Restriction) -> Json:
    """Write hours of the week; days count from Sunday here."""
    start = span.start_day * _DAY_S + _second_of_day(span.start_time)
    end = span.end_day * _DAY_S + _second_of_day(span.end_time)
    seconds = (end - start) % (7 * _DAY_S) or 7 * _DAY_S
    crontab = f"{span.start_time.minute} {span.start_time.hour} * * {(span.start_day + 1) % 7}"
    return {"crontab": crontab, "crontabDuration": seconds}


def _second_of_day(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


def _infos(rule: Rule, plans: Plans) -> list[Json]:
    named = [plans[each] for each in rule.escalation_policies if each in plans]
    asked = [(after, "", target) for after, target in _asked([*named, *rule.inline])]
    for lasting in rule.lasting:
        levels = _levels(lasting.severities) if lasting.severities else ""
        asked += [(after, levels, target) for after, target in _asked([lasting.plan])]
    text = search_of(rule.filter.expression)
    return infos_of(asked, {"status": _levels(rule.severities), **({"filterString": text} if text else {})})


def _target(rule: Rule, plans: Plans) -> Json:
    named = [plans[each] for each in rule.escalation_policies if each in plans]
    asked = list(_asked([*named, *rule.inline]))
    written: Json = {
        "to": _names(target for after, target in asked if not after),
        "status": _levels(rule.severities),
    }
    if text := search_of(rule.filter.expression):
        written["filterString"] = text
    later: dict[tuple[int, str], list[Target]] = {}
    for after, target in asked:
        if after:
            later.setdefault((int(after.total_seconds()), ""), []).append(target)
    for lasting in rule.lasting:
        status = _levels(lasting.severities) if lasting.severities else ""
        for after, target in _asked([lasting.plan]):
            later.setdefault((int(after.total_seconds()), status), []).append(target)
    upgrades = [
        {"to": _names(targets), "duration": seconds, **({"status": status} if status else {})}
        for (seconds, status), targets in sorted(later.items())[:UPGRADES_MAX]
    ]
    return {**written, **({"upgradeTargets": upgrades} if upgrades else {})}


def _asked(plans: Sequence[EscalationPlan]) -> Iterator[tuple[timedelta, Target]]:
    """Give whom *plans* ask, each with how long after the beginning."""
    for plan in plans:
        after = timedelta(0)
        for step in plan.steps:
            after += step.after
            if isinstance(step.action, NotifyTargets):
                yield from ((after, target) for target in step.action.targets)


def _names(targets: Iterable[Target]) -> list[str]:
    names = (_name(target) for target in targets)
    return list(dict.fromkeys(name for name in names if name))


def _name(target: Target) -> str:
    match target:
        case UserTarget(user=user):
            return spelled("user", user)
        case TeamTarget(team=team):
            return spelled("team", team)
        case DestinationTarget(destination=destination):
            return spelled("destination", destination)
        case AddressTarget(channel=channel, address=address):
            return address if channel == "email" else ""
        case ScheduleTarget():
            return ""


def _levels(levels: frozenset[Severity]) -> str:
    return ",".join(level.value for level in Severity if level in levels) if levels else "All"


def search_of(expression: Expression) -> str:  # noqa: C901, PLR0911 - one for each kind of it
    """Write *expression* in the search syntax; what holds always is nothing."""
    match expression:
        case Truth(holds):
            return "" if holds else "NOT df_status:*"
        case And(parts):
            return " AND ".join(_bracketed(part) for part in parts)
        case Or(parts):
            return " OR ".join(_bracketed(part) for part in parts)
        case Not(part):
            return f"NOT {_bracketed(part)}"
        case In(field, values):
            return f"{name_of(field)} IN [{', '.join(map(_quoted, values))}]"
        case Exists(field):
            return f"{name_of(field)}:*"
        case Compare(field, Operator.EQUAL, value):
            return f"{name_of(field)}:{_quoted(value)}"
        case Compare(field, Operator.LIKE, value):
            return f"*{name_of(field)}:{_quoted(value)}"
        case Compare(field, Operator.MATCHES, value):
            quote = value.replace('"', '\\"')
            return f'{name_of(field)}:~"{quote}"'
        case Compare(field, operator, value):
            return f"{name_of(field)} {operator} {_quoted(value)}"


def _bracketed(part: Expression) -> str:
    text = search_of(part) or "NOT (NOT df_status:*)"
    return f"({text})" if isinstance(part, And | Or) else text


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
