"""What is written reads back the same."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api_world import API
from native_office import ANA, ON_SHOP


def _instant(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity)


SEVERITIES = ("critical", "error", "warning", "nodata", "info")
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
NAME = TEXT.filter(lambda text: text.strip() != "")
ZONE = st.sampled_from(["UTC", "Europe/Madrid", "Australia/Lord_Howe", "America/New_York", "Asia/Kolkata"])
SEVERITY = st.sampled_from(SEVERITIES)
INSTANT = st.integers(0, 2**32).map(_instant)
DAY = st.sampled_from(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
CLOCK = st.times().map(lambda time: time.replace(microsecond=0).isoformat())
FILTER = st.sampled_from(
    ["", "severity = critical", 'labels.team in [db, "data platform"] and not host ~ "^a"']
)


WEEK_SPAN = st.fixed_dictionaries({"start_day": DAY, "start_time": CLOCK, "end_day": DAY, "end_time": CLOCK})
LENGTH = st.integers(1, 366 * 86_400)
WINDOW = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("weekly"), "spans": st.lists(WEEK_SPAN, min_size=1, max_size=4), "time_zone": ZONE}
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("cron"),
            "expression": st.sampled_from(["0 9 * * 1-5", "*/15 * * * *", "0 0 1 1 *"]),
            "duration_s": LENGTH,
            "time_zone": ZONE,
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("dates"),
            "dates": st.lists(st.dates().map(str), min_size=1, max_size=4),
            "start": CLOCK,
            "duration_s": LENGTH,
            "time_zone": ZONE,
        }
    ),
)
TARGET = st.fixed_dictionaries(
    {
        "type": st.just("user"),
        "id": st.just(ANA),
        "via": st.lists(st.sampled_from(["email", "log"]), max_size=2),
    }
)
OUTSIDE = st.fixed_dictionaries(
    {"type": st.just("address"), "channel": st.just("email"), "address": st.just("ext@example.com")}
)
NOTIFY = st.fixed_dictionaries(
    {
        "type": st.just("notify"),
        "targets": st.lists(TARGET | OUTSIDE, min_size=1, max_size=3),
        "assignment": st.sampled_from(["all", "round_robin"]),
        "importance": st.sampled_from([None, "default", "important"]),
    }
)
ACTION = st.one_of(
    NOTIFY,
    st.just({"type": "resolve"}),
    st.fixed_dictionaries({"type": st.just("repeat"), "times": st.integers(0, 10_000)}),
)
OTHERWISE = st.sampled_from(["wait", "skip"])
CONDITION = st.one_of(
    st.none(),
    st.fixed_dictionaries({"type": st.just("within"), "window": WINDOW, "otherwise": OTHERWISE}),
    st.fixed_dictionaries(
        {
            "type": st.just("more_alerts_than"),
            "count": st.integers(0, 1_000),
            "within_s": st.integers(1, 2_592_000),
            "otherwise": OTHERWISE,
        }
    ),
)
STEP = st.fixed_dictionaries({"after_s": st.integers(0, 2_592_000), "action": ACTION, "condition": CONDITION})
ASK = st.fixed_dictionaries({"after_s": st.just(0), "action": NOTIFY, "condition": st.none()})
STEPS = st.tuples(ASK, st.lists(STEP, max_size=4)).map(lambda pair: [pair[0], *pair[1]])
LAYER = st.fixed_dictionaries(
    {
        "name": NAME,
        "effective_date": INSTANT,
        "end_date": st.none(),
        "rotation_start": INSTANT,
        "interval": st.fixed_dictionaries(
            {"days": st.integers(1, 400), "seconds": st.integers(0, 2_592_000)}
        ),
        "members": st.lists(st.sampled_from([None, {"user_id": ANA}]), min_size=1, max_size=5),
        "restrictions": st.lists(WEEK_SPAN, max_size=3),
        "time_zone": st.none() | ZONE,
    }
)
WALL = st.integers(0, 2**32).map(lambda second: _instant(second).removesuffix("Z"))
FEED = st.fixed_dictionaries({"url": st.just("https://example.org/a.ics"), "overrides": st.booleans()})
SHIFT_RULE = st.fixed_dictionaries(
    {
        "frequency": st.sampled_from(["hourly", "daily", "weekly", "monthly", "yearly"]),
        "interval": st.integers(24, 99),
        "by_day": st.lists(st.sampled_from(["MO", "TU", "SU"]), max_size=2, unique=True),
        "by_month": st.lists(st.integers(1, 12), max_size=2),
        "by_month_day": st.lists(st.sampled_from([1, -1, 15]), max_size=2),
        "by_year_day": st.just([]),
        "by_hour": st.lists(st.integers(0, 23), max_size=1),
        "by_minute": st.lists(st.integers(0, 59), max_size=1),
        "by_position": st.just([]),
        "week_start": st.sampled_from(["MO", "SU"]),
        "until": st.none() | WALL,
    }
).map(lambda rule: rule if not rule["by_day"] else {**rule, "frequency": "weekly"})


def _uncounted(step: dict[str, Any]) -> dict[str, Any]:
    """Take away what counts events: a plan that waits for a severity to last cannot."""
    counts = (step["condition"] or {}).get("type") == "more_alerts_than"
    return {**step, "condition": None} if counts else step


PLAN = st.fixed_dictionaries({"name": NAME, "steps": STEPS})
LASTING_PLAN = PLAN.map(lambda plan: {**plan, "steps": [_uncounted(step) for step in plan["steps"]]})
SOME_SEVERITIES = st.lists(SEVERITY, unique=True).map(lambda some: sorted(some, key=_rank))
RULE = st.fixed_dictionaries(
    {
        "name": TEXT,
        "filter": FILTER,
        "severities": SOME_SEVERITIES,
        "window": st.none() | WINDOW,
        "fallback": st.just(False),
        "importance": st.sampled_from([None, "default", "important"]),
        "team_id": st.none(),
        "hours": st.none() | WINDOW,
        "held_for_s": st.none() | st.integers(60, 30 * 86_400),
        "payload": st.sampled_from(
            [None, {"regex": "db-[0-9]+", "template": None}, {"regex": None, "template": "{{ payload.up }}"}]
        ),
        "nobody": st.just(False),
        "escalation_policy_ids": st.just([]),
        "plans": st.lists(PLAN, min_size=1, max_size=2),
        "lasting": st.lists(
            st.fixed_dictionaries({"severities": SOME_SEVERITIES, "plan": LASTING_PLAN}),
            max_size=2,
        ),
    }
)
SECONDS = st.integers(0, 366 * 86_400)
BODIES: dict[str, Any] = {
    "/schedules": st.fixed_dictionaries(
        {
            "name": NAME,
            "time_zone": ZONE,
            "layers": st.lists(LAYER, max_size=3, unique_by=lambda layer: layer["name"]),
            "recurring_shift_ids": st.just([]),
            "shift_time_zone": st.none() | ZONE,
            "feeds": st.lists(FEED, max_size=2),
            "team_ids": st.just([]),
            "tags": st.lists(NAME, max_size=3),
        }
    ),
    "/recurring-shifts": st.fixed_dictionaries(
        {
            "name": TEXT,
            "team_id": st.none(),
            "start": WALL,
            "duration_s": st.integers(1, 86_400),
            "rule": st.none() | SHIFT_RULE,
            "groups": st.lists(st.lists(st.just(ANA), max_size=1), max_size=3),
            "in_turn": st.just(value=True),
            "first_group": st.integers(0, 9),
            "rotation_start": st.none() | WALL,
            "cut": st.booleans(),
            "ends_at": st.none() | INSTANT,
            "level": st.integers(-5, 5),
            "override": st.booleans(),
            "time_zone": st.none() | ZONE,
        }
    ),
    "/escalation-policies": st.fixed_dictionaries(
        {"name": NAME, "description": TEXT, "team_ids": st.just([]), "steps": STEPS}
    ),
    "/alert-policies": st.fixed_dictionaries(
        {
            "name": NAME,
            "description": TEXT,
            "enabled": st.booleans(),
            "time_zone": ZONE,
            "scope": st.fixed_dictionaries(
                {
                    "service_ids": st.sampled_from([[], [ON_SHOP]]),
                    "integration_ids": st.just([]),
                    "monitor_ids": st.lists(NAME, max_size=3, unique=True).map(sorted),
                    "team_id": st.none(),
                    "filter": FILTER,
                }
            ),
            "gathering": st.fixed_dictionaries(
                {
                    "by": st.sampled_from(["fields", "similarity", "meaning"]),
                    "fields": st.lists(st.sampled_from(["labels.a b", "host", "dimensions.x"]), max_size=3),
                    "window_s": st.integers(1, 86_400),
                    "first_at_once": st.booleans(),
                    "first_labels": st.lists(NAME, max_size=2),
                    "digest": st.booleans(),
                }
            ),
            "repeat_after_s": st.none() | SECONDS,
            "repeat_by_severity": st.dictionaries(SEVERITY, st.none() | SECONDS),
            "each_severity": st.booleans(),
            "mode": st.sampled_from(["all", "first", "first_window"]),
            "notify_resolved": st.booleans(),
            "rules": st.lists(RULE, max_size=3),
        }
    ),
    "/silences": st.fixed_dictionaries(
        {
            "name": NAME,
            "comment": TEXT,
            "filter": FILTER,
            "service_ids": st.sampled_from([[], [ON_SHOP]]),
            "starts_at": INSTANT,
            "ends_at": st.none(),
            "recurring": st.none() | WINDOW,
        }
    ),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request) -> str:
    """Both engines: neither changes what it keeps."""
    return request.param


def without_ids(value: Any) -> Any:
    """Leave out what the server adds: ids of parts, and what every thing has."""
    if isinstance(value, dict):
        kept = {name: without_ids(item) for name, item in value.items()}
        return (
            kept if {"type", "id", "via"} <= set(kept) else {n: v for n, v in kept.items() if n not in ADDED}
        )
    return [without_ids(item) for item in value] if isinstance(value, list) else value


ADDED = {"id", "created_at", "created_by"}


@pytest.mark.parametrize("path", BODIES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_reads_back_the_same(api, path, data):
    body = data.draw(BODIES[path])

    made = api.call("POST", API + path, body, as_="owner")

    assert made.status_code == 201, made.text
    read = api.get(f"{path}/{made.json()['id']}")
    assert read == made.json()
    assert without_ids(read) == body
    # What was read can be written as it is, ids and all, and is the same thing still.
    again = {name: value for name, value in read.items() if name not in ADDED}
    assert api.call("PATCH", f"{path}/{read['id']}", again, as_="owner").json() == read
