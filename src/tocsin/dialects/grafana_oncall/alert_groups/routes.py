"""``/alert_groups``: lists, and what people do about the trouble."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from tocsin.actions import alert_care, alerts, history, looking_up
from tocsin.actions.actor import Permission
from tocsin.actions.looking_up import Wanted
from tocsin.core.alert import Alert, AlertStatus
from tocsin.core.errors import NotFound
from tocsin.core.ids import AlertId, IntegrationId, RuleId
from tocsin.dialects.grafana_oncall import spelled
from tocsin.dialects.grafana_oncall.alert_groups import wire
from tocsin.dialects.grafana_oncall.alert_groups.show import show_groups
from tocsin.dialects.grafana_oncall.bodies import read_fields
from tocsin.dialects.grafana_oncall.errors import Refused, plainly, refused
from tocsin.dialects.grafana_oncall.fields import Fields, as_integer
from tocsin.dialects.grafana_oncall.handling import Ask, Resource, done, must_accept_json, seeing
from tocsin.dialects.grafana_oncall.pages import Window
from tocsin.dialects.grafana_oncall.team_filter import team_filter
from tocsin.httpkit.requests import Call

STATES: Final[dict[str, Wanted]] = {
    "new": Wanted(status=AlertStatus.FIRING, acknowledged=False, snoozed=False),
    "acknowledged": Wanted(status=AlertStatus.FIRING, acknowledged=True),
    "resolved": Wanted(status=AlertStatus.RESOLVED),
    "silenced": Wanted(status=AlertStatus.FIRING, acknowledged=False, snoozed=True),
}
ENDLESS: Final = timedelta(days=36_500)  # a silence that is longer than that has no end
_RANGE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)_(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)", re.ASCII)

RESOURCE = Resource(
    "alert_groups",
    "alert_group",
    shown=wire.AlertGroup,
    noun="alert group",
    may_write=Permission.RESPOND,
)
ROUTES = RESOURCE.routes


@RESOURCE.lists(show_groups, long=True)
def list_alert_groups(ask: Ask) -> Window[Alert] | Sequence[Alert]:
    """Find those that fit every filter, the newest first."""
    wanted = _wanted(ask)
    if wanted is None:
        return ()
    return Window(
        count=looking_up.count_alerts(ask.tx, ask.actor, wanted),
        fetch=lambda offset, limit: looking_up.alerts(ask.tx, ask.actor, wanted, offset=offset, limit=limit),
    )


@RESOURCE.reads
def read_alert_group(ask: Ask, identifier: int) -> wire.AlertGroup:
    """Read one alert group."""
    alert = history.find_alert(ask.tx, ask.actor, AlertId(identifier))
    return show_groups(ask, [alert])[0]


@RESOURCE.acts("acknowledge", "Acknowledge an alert group")
def acknowledge_alert_group(ask: Ask, identifier: int, fields: Fields) -> None:
    """Say that one has it."""
    del fields
    _must_be_a_person(ask, "acknowledge")

    def sure(alert: Alert) -> None:
        if alert.acknowledgement is not None:
            raise refused("Can't acknowledge an acknowledged alert group")
        _must_not(alert, "acknowledge", resolved=True)

    alerts.acknowledge(ask.tx, ask.actor, (AlertId(identifier),), sure=sure, now=ask.now)


@RESOURCE.acts("unacknowledge", "Unacknowledge an alert group")
def unacknowledge_alert_group(ask: Ask, identifier: int, fields: Fields) -> None:
    """Take that back; people are notified from the first step."""
    del fields
    _must_be_a_person(ask, "unacknowledge")

    def sure(alert: Alert) -> None:
        if alert.acknowledgement is None:
            raise refused("Can't unacknowledge an unacknowledged alert group")
        _must_not(alert, "unacknowledge", resolved=True)

    alerts.unacknowledge(ask.tx, ask.actor, (AlertId(identifier),), sure=sure, now=ask.now)


@RESOURCE.acts("resolve", "Resolve an alert group")
def resolve_alert_group(ask: Ask, identifier: int, fields: Fields) -> None:
    """Say that it is over."""
    del fields
    _must_be_a_person(ask, "resolve")
    alerts.resolve(ask.tx, ask.actor, (AlertId(identifier),), sure=_sure("resolve"), now=ask.now)


@RESOURCE.acts("unresolve", "Unresolve an alert group")
def unresolve_alert_group(ask: Ask, identifier: int, fields: Fields) -> None:
    """Take that back. The group fires and stands for itself: the next alert opens another."""
    del fields
    _must_be_a_person(ask, "unresolve")

    def sure(alert: Alert) -> None:
        if alert.status is AlertStatus.FIRING:
            raise refused("Can't unresolve an unresolved alert group")

    alert_care.reopen(ask.tx, ask.actor, (AlertId(identifier),), alone=True, sure=sure, now=ask.now)


@RESOURCE.acts("silence", "Silence an alert group", body=wire.SilenceBody)
def silence_alert_group(ask: Ask, identifier: int, fields: Fields) -> None:
    """Let nobody be notified of it for so many seconds; again replaces."""
    _must_be_a_person(ask, "silence")
    history.find_alert(ask.tx, seeing(ask.actor), AlertId(identifier))
    if "delay" not in fields or fields.raw("delay") is None:
        raise refused("delay is required")
    delay = as_integer(fields.raw("delay"))
    if delay is None or delay < -1:
        raise refused("invalid delay value")

    def sure(alert: Alert) -> None:
        _must_not(alert, "silence", resolved=True, acknowledged=True)

    endless = delay <= 0 or delay > ENDLESS.total_seconds()
    until = None if endless else ask.now + timedelta(seconds=delay)
    alert_care.snooze(ask.tx, ask.actor, (AlertId(identifier),), until=until, sure=sure, now=ask.now)


@RESOURCE.acts("unsilence", "Unsilence an alert group")
def unsilence_alert_group(ask: Ask, identifier: int, fields: Fields) -> None:
    """Let people be notified again, from the first step."""
    del fields
    _must_be_a_person(ask, "unsilence")

    def sure(alert: Alert) -> None:
        if alert.snooze is None:
            raise refused("Can't unsilence an unsilenced alert group")
        _must_not(alert, "unsilence", resolved=True, acknowledged=True)

    alert_care.wake(ask.tx, ask.actor, (AlertId(identifier),), sure=sure, now=ask.now)


@ROUTES.delete(
    "/{id}/",
    permission=Permission.RESPOND,
    summary="Delete an alert group",
    body_later=wire.DeleteBody,
    body_optional=True,
    raises=(NotFound,),
    params={"id": "the alert group's id"},
)
async def delete_alert_group(call: Call) -> Response:
    """Wipe an alert group, which leaves a shell of it, or delete it."""
    must_accept_json(call)
    alert = AlertId(RESOURCE.id_in_path(call))
    fields = await read_fields(call)
    mode = fields.raw("mode") if "mode" in fields else "wipe"

    def do(ask: Ask) -> None:
        _must_be_a_person(ask, "delete")
        history.find_alert(ask.tx, seeing(ask.actor), alert)
        if mode not in ("wipe", "delete"):
            raise Refused("Invalid mode")
        (alert_care.erase if mode == "wipe" else alert_care.delete)(ask.tx, ask.actor, alert, now=ask.now)

    await done(call, do)
    return Response(None, HTTPStatus.NO_CONTENT)


def _sure(verb: str) -> Callable[[Alert], None]:
    return lambda alert: _must_not(alert, verb, resolved=True)


def _must_not(alert: Alert, verb: str, *, resolved: bool = False, acknowledged: bool = False) -> None:
    """Refuse to do *verb* to a group that is resolved, or acknowledged."""
    if resolved and alert.status is AlertStatus.RESOLVED:
        raise refused(f"Can't {verb} a resolved alert group")
    if acknowledged and alert.acknowledgement is not None:
        raise refused(f"Can't {verb} an acknowledged alert group")


def _must_be_a_person(ask: Ask, verb: str) -> None:
    if ask.actor.user is None:
        sentence = f"Service accounts are not allowed to {verb} alert groups"
        raise refused(sentence, HTTPStatus.FORBIDDEN)


def _wanted(ask: Ask) -> Wanted | None:
    """Read the filters; None when nothing can fit them."""
    query = ask.query
    state = query.one("state")
    wanted = Wanted() if not state else STATES.get(state.lower())
    if wanted is None:
        raise plainly("state", f"Must be one of the following: {', '.join(STATES)}")
    since, until = _range(query.one("started_at"))
    more: dict[str, Any] = {"since": since, "until": until, "labels": _labels(query.every("label")) or None}
    for name, kind, field, of in (
        ("id", "alert_group", "id", AlertId),
        ("integration_id", "integration", "integration", IntegrationId),
        ("route_id", "route", "rule", RuleId),
    ):
        text = query.one(name)
        if text:
            identifier = spelled.read(kind, text)
            if identifier is None:
                return None
            more[field] = of(identifier)
    team = team_filter(ask)
    if team is not None:
        owners = ask.directory.services.values()
        more["services"] = [service.id for service in owners if service.team in team]
    return replace(wanted, **more)


def _range(text: str | None) -> tuple[datetime | None, datetime | None]:
    if not text:
        return None, None
    match = _RANGE.fullmatch(text)
    try:
        if match is not None:
            since, until = (datetime.fromisoformat(part).replace(tzinfo=UTC) for part in match.groups())
            return since, until + timedelta(microseconds=1)
    except (ValueError, OverflowError):
        pass
    raise refused("Invalid range value")


def _labels(texts: Sequence[str]) -> dict[str, str]:
    return {name: value for name, colon, value in (text.partition(":") for text in texts) if colon}
