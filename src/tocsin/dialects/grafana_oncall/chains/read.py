"""What a body says of a link: the fields of its type, read by type."""

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET

from tocsin.core.directory import Directory
from tocsin.core.ids import UserId
from tocsin.core.plan import TARGETS_MAX
from tocsin.dialects.grafana_oncall.chains import links
from tocsin.dialects.grafana_oncall.errors import refused
from tocsin.dialects.grafana_oncall.fields import Fields, as_integer, as_text

NO_TYPE: Final = "Invalid escalation step type"
FOR_SLACK: Final = f"{NO_TYPE}: step is Slack-specific"
NOT_ENABLED: Final = f"{NO_TYPE}: step is not enabled"
BAD_TIME: Final = "Invalid time format, should be '00:00:00Z'"
TYPES: Final = (
    links.WAIT,
    links.PERSONS,
    links.NEXT_PERSON,
    links.ON_CALL,
    links.TEAM,
    links.GROUP,
    links.WEBHOOK,
    links.RESOLVE,
    links.HOURS,
    links.ALERTS,
    links.REPEAT,
)
WAIT_MIN_S: Final = 60
WAIT_MAX_S: Final = 86_400
WINDOW_MAX_MIN: Final = 43_200
ALERTS_MAX: Final = 1_000_000
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ", re.ASCII)


def type_in(fields: Fields) -> str | None:
    """Read the type of a link; None if the body has none."""
    value = fields.text("type")
    if not isinstance(value, str):
        return None
    if value == "notify_whole_channel":
        raise refused(FOR_SLACK)
    if value == "declare_incident":
        raise refused(NOT_ENABLED)
    if value not in TYPES:
        raise refused(NO_TYPE)
    return value


def values_in(fields: Fields, type_: str, was: Mapping[str, Any], directory: Directory) -> dict[str, Any]:
    """Read the fields of *type_*; what is not given stays as it *was*."""
    given: dict[str, Any] = {}
    match type_:
        case "wait":
            given["duration"] = _duration(fields)
        case "notify_persons" | "notify_person_next_each_time":
            given["persons"] = _persons(fields, type_, directory)
        case "notify_on_call_from_schedule":
            given["schedule"] = fields.reference(type_, "schedule", directory.schedules)
        case "notify_team_members":
            given["team"] = fields.reference("team_to_notify", "team", directory.teams)
        case "notify_user_group":
            fields.reference("group_to_notify", "user_group", ())
        case "trigger_webhook":
            given["webhook"] = fields.reference("action_to_trigger", "webhook", directory.destinations)
        case "notify_if_time_from_to":
            given |= {name: _time(fields, f"notify_if_time_{name}") for name in ("from", "to")}
        case "notify_if_num_alerts_in_window":
            window = fields.integer("num_minutes_in_window", null=True, least=1, most=WINDOW_MAX_MIN)
            given["minutes"] = window
            given["alerts"] = fields.integer("num_alerts_in_window", null=True, least=0, most=ALERTS_MAX)
        case _:
            pass
    if type_.startswith("notify_") and not type_.startswith("notify_if"):
        given["important"] = fields.boolean("important")
    return {**was, **{name: value for name, value in given.items() if value is not UNSET}}


def _persons(fields: Fields, type_: str, directory: Directory) -> Any:
    name = "persons_to_notify" if type_ == links.PERSONS else "persons_to_notify_next_each_time"
    people = fields.references(name, "user", directory.users)
    if people is None:
        return []
    if not isinstance(people, list):
        return UNSET
    if len(people) > TARGETS_MAX:
        return fields.wrong(name, f"Ensure this field has no more than {TARGETS_MAX} elements.")
    if type_ == links.NEXT_PERSON:
        people.sort(key=lambda person: (directory.users[UserId(person)].display_name, person))
    return people


def _duration(fields: Fields) -> Any:
    value = fields.raw("duration")
    if value is UNSET or value is None:
        return value
    number = as_integer(value)
    if number is None and isinstance(value, float):
        number = int(value)
    if number is None:
        return fields.wrong("duration", "A valid number is required.")
    if number < WAIT_MIN_S:
        return fields.wrong("duration", "Ensure this value is greater than or equal to 0:01:00.")
    if number > WAIT_MAX_S:
        return fields.wrong("duration", "Ensure this value is less than or equal to 1 day, 0:00:00.")
    return number


def _time(fields: Fields, name: str) -> Any:
    value = fields.raw(name)
    if value is UNSET or value is None:
        return value
    text = as_text(value)
    if text is None or not _TIME.fullmatch(text):
        raise refused(BAD_TIME)
    return text.removesuffix("Z")
