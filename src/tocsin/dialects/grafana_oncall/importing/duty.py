"""Who is on call: shifts, and the schedules that they belong to."""

from typing import Final

from tocsin.dialects.grafana_oncall.importing.copying import Copy, Outcome, by, only
from tocsin.dialects.grafana_oncall.importing.peers import Json

WEB, CALENDAR, ICAL = "web", "calendar", "ical"
FROM_API: Final = 0
_SHIFT: Final = (
    "name", "type", "time_zone", "level", "start", "duration", "rotation_start", "frequency", "interval",
    "until", "week_start", "by_day", "by_month", "by_monthday", "start_rotation_from_user_index",
)  # fmt: skip
_SCHEDULE: Final = (
    "name", "type", "time_zone", "ical_url_primary", "ical_url_overrides", "enable_web_overrides",
)  # fmt: skip


def copy_schedules(copy: Copy) -> None:
    """Let every schedule be here under its name, with its shifts; one that is here stays as it is."""
    shifts = {shift["id"]: shift for shift in copy.found("on_call_shifts")}
    here = by(list(copy.here.every("schedules")), "name")
    used: set[str] = set()
    for schedule in copy.found("schedules"):
        name = schedule["name"]
        used |= set(schedule.get("shifts") or ())
        known = here.get((name,))
        if known is not None:
            copy.keep("schedule", name, schedule["id"], known["id"])
            continue
        body = only(schedule, *_SCHEDULE) | {"team_id": copy.here_for(schedule.get("team_id"))}
        body = {field: value for field, value in body.items() if value is not None}
        if schedule["type"] != ICAL:
            body["shifts"] = _copy_shifts(copy, [shifts[one] for one in schedule["shifts"] if one in shifts])
        copy.make("schedule", name, schedule["id"], body, path="schedules/")
    for shift in shifts.values():
        if shift["id"] not in used:
            copy.note("shift", _named(shift), Outcome.LEAVE, "it is in no schedule")


def _copy_shifts(copy: Copy, shifts: list[Json]) -> list[str]:
    found = []
    for shift in shifts:
        if copy.here_for(shift["id"]) is None:
            body = only(shift, *_SHIFT) | {"source": FROM_API}
            body["team_id"] = copy.here_for(shift.get("team_id"))
            if shift.get("users") is not None:
                body["users"] = copy.all_here(shift["users"])
            if shift.get("rolling_users") is not None:
                body["rolling_users"] = [copy.all_here(group) for group in shift["rolling_users"]]
            body = {field: value for field, value in body.items() if value is not None}
            copy.make("shift", _named(shift), shift["id"], body, path="on_call_shifts/")
        found += copy.all_here([shift["id"]])
    return found


def _named(shift: Json) -> str:
    return str(shift.get("name") or shift["id"])
