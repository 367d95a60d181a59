"""What other APIs have made reads sensibly here, and writing it back destroys nothing of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api_world import ADA, NOW, REA
from datadog_office import ANA, BEN, OPS, Office, by_type, refusal, target
from tocsin.core.feed import Calendar, FeedEvent
from tocsin.core.ids import FeedId
from tocsin.core.spelling import from_native, native, to_uuid
from tocsin.store import feeds
from tocsin.store.feeds import Copy

PEOPLE = (native("user", REA.id), native("user", ADA.id))
OPS_ID = to_uuid(OPS.id)
GROUPS = st.lists(st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True), min_size=1, max_size=3)
RULES = st.one_of(
    st.none(),
    st.builds(
        lambda frequency, interval: {"frequency": frequency, "interval": interval},
        st.sampled_from(["hourly", "daily", "weekly", "monthly"]),
        st.integers(1, 3),
    ),
)
SHIFTS = st.builds(
    lambda groups, rule, level, override, hours, zone: {
        "name": "Nights",
        "start": "2026-03-02T20:00:00",
        "duration_s": hours * 3_600,
        "rule": rule,
        "groups": groups,
        "in_turn": len(groups) > 1,
        "level": level,
        "override": override,
        "time_zone": zone,
    },
    GROUPS,
    RULES,
    st.integers(-1, 2),
    st.booleans(),
    st.integers(1, 12),
    st.sampled_from([None, "Asia/Kolkata", "America/New_York"]),
)
LAYERS = st.lists(
    st.builds(
        lambda interval, members: {
            "effective_date": "2026-03-01T00:00:00Z",
            "rotation_start": "2026-03-01T09:00:00Z",
            "interval": interval,
            "members": members,
        },
        st.sampled_from([{"days": 1}, {"seconds": 3_600}]),
        st.lists(st.sampled_from([None, {"user_id": ANA}]), min_size=1, max_size=3),
    ),
    max_size=2,
)
WINDOWS = [
    {
        "type": "weekly",
        "spans": [
            {"start_day": "friday", "start_time": "22:00:00", "end_day": "monday", "end_time": "06:00:00"}
        ],
        "time_zone": "Europe/Paris",
    },
    {"type": "cron", "expression": "0 22 * * *", "duration_s": 28_800, "time_zone": "Europe/Madrid"},
    {"type": "dates", "dates": ["2026-12-24"], "time_zone": "UTC"},
    {"type": "date_sets", "date_set_ids": ["the set"], "time_zone": "UTC"},
]
TARGETS = st.lists(
    st.sampled_from(
        [
            {"type": "user", "id": ANA, "via": ["email"]},
            {"type": "user", "id": BEN},
            {"type": "team", "id": OPS_ID},
            {"type": "schedule", "id": "the schedule", "position": "next"},
            {"type": "destination", "id": "the hook"},
            {"type": "address", "channel": "email", "address": "outside@example.org"},
        ]
    ),
    min_size=1,
    max_size=3,
    unique_by=str,
)
CONDITIONS = st.one_of(
    st.none(),
    st.builds(
        lambda window, otherwise: {"type": "within", "window": window, "otherwise": otherwise},
        st.sampled_from(WINDOWS[:3]),
        st.sampled_from(["wait", "skip"]),
    ),
    st.just({"type": "more_alerts_than", "count": 3, "within_s": 600}),
)
ASKING = st.builds(
    lambda targets, assignment, importance: {
        "type": "notify",
        "targets": targets,
        "assignment": assignment,
        "importance": importance,
    },
    TARGETS,
    st.sampled_from(["all", "round_robin"]),
    st.sampled_from([None, "important", "default"]),
)
STEPS = st.builds(
    lambda steps, ending: [*steps, *ending],
    st.lists(
        st.builds(
            lambda after, action, condition: {"after_s": after, "action": action, "condition": condition},
            st.integers(0, 40_000),
            st.one_of(ASKING, ASKING, st.just({"type": "pause"})),
            CONDITIONS,
        ),
        min_size=1,
        max_size=6,
    ).filter(lambda steps: any(each["action"]["type"] == "notify" for each in steps)),
    st.sampled_from(
        [
            [],
            [{"after_s": 60, "action": {"type": "repeat", "times": 50}}],
            [{"after_s": 5, "action": {"type": "resolve"}}],
        ]
    ),
)
FILTERS = st.sampled_from(["", "labels.env = prod", "title ~ disk", "severity = warning or title = x"])
HOOK = {"type": "destination", "id": "the hook"}
PLANS = [
    {},
    {"escalation_policy_ids": ["the policy"]},
    {"escalation_policy_ids": ["the policy", "the other"]},
    {
        "plans": [
            {
                "steps": [
                    {"action": {"type": "notify", "targets": [{"type": "destination", "id": "the hook"}]}}
                ]
            }
        ]
    },
]
ROUTING = st.lists(
    st.builds(
        lambda plans, lasting, **more: {
            **more,
            **plans,
            "nobody": not plans,
            "lasting": lasting if plans else [],
            "fallback": more["fallback"] and more["window"] is None,
        },
        st.sampled_from(PLANS),
        st.sampled_from(
            [
                [],
                [
                    {
                        "severities": ["critical"],
                        "plan": {
                            "steps": [{"after_s": 600, "action": {"type": "notify", "targets": [HOOK]}}]
                        },
                    }
                ],
            ]
        ),
        filter=FILTERS,
        severities=st.sampled_from([[], ["critical", "error"]]),
        window=st.sampled_from([None, *WINDOWS]),
        hours=st.sampled_from([None, *WINDOWS]),
        fallback=st.booleans(),
        importance=st.sampled_from([None, "important", "default"]),
        held_for_s=st.sampled_from([None, 90, 3_600, 500_000]),
        payload=st.sampled_from([None, {"regex": "disk"}, {"template": "{{ payload.x }}"}]),
    ),
    max_size=3,
)


def filled(value: Any, names: dict[str, Any]) -> Any:
    """Put what there is in the place of its name."""
    if isinstance(value, dict):
        return {key: filled(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


def uuid(text: str) -> str:
    found = from_native(text)
    assert found is not None
    return to_uuid(found)


def make(office: Office, kind: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    return office.api.post(f"/{kind}", body, as_="admin", **more)


def rota(office: Office, layers: list[Any], shifts: list[Any], *, fed: bool, swapped: bool) -> str:
    """Make a schedule of all kinds of duty, and give its native id."""
    made = [make(office, "recurring-shifts", each)["id"] for each in shifts]
    calendars = [{"url": "https://calendar.example/on-call.ics", "overrides": False}] if fed else []
    body = {
        "name": "Mixed",
        "time_zone": "Europe/Berlin",
        "layers": [each | {"name": f"Layer {place}"} for place, each in enumerate(layers)],
        "recurring_shift_ids": made,
        "feeds": calendars,
    }
    there = make(office, "schedules", body)
    for feed in there["feeds"]:
        event = FeedEvent(
            uid="one",
            names=(REA.email, ADA.email),
            level=1,
            start=datetime(2026, 3, 6, 8),  # noqa: DTZ001 - what the clock on the wall shows
            duration=timedelta(hours=5),
            time_zone="UTC",
        )
        copy = Copy(calendar=Calendar(events=(event,)), digest="one")
        number = FeedId(from_native(feed["id"]) or 0)
        office.database.transact(lambda tx, number=number, copy=copy: feeds.read(tx, number, copy, now=NOW))
    if swapped:
        swap = {
            "schedule_id": there["id"],
            "starts_at": "2026-03-08T00:00:00Z",
            "ends_at": "2026-03-12T00:00:00Z",
            "beneficiary_id": PEOPLE[0],
        }
        wish = make(office, "shift-swaps", swap)
        office.api.post(f"/shift-swaps/{wish['id']}/take", {"benefactor_id": PEOPLE[1]}, as_="admin")
    return there["id"]


def all_reads(schedule: str, policy: str) -> list[str]:
    """Name every read of the API that configuration can show in."""
    everything = "responders,responders.shifts,responders.shifts.user,schedule"
    return [
        "/schedules?include=teams&page[size]=100",
        f"/schedules?filter[query]=user.id:{ANA}",
        f"/schedules/{schedule}?include=teams,layers.members.user",
        f"/schedules/{schedule}/on-call?include=user",
        f"/schedules/{schedule}/on-call?include=user&filter[at_ts]=2026-03-09T23:30:00Z",
        f"/schedules/{schedule}/responders?include={everything}&filter[position]=previous,current,next",
        f"/schedules/{schedule}/overrides",
        f"/escalation-policies/{policy}?include=teams,steps.targets",
        "/escalation-policies?include=steps.targets",
        f"/teams/{OPS_ID}/routing-rules?include=rules,rules.policy",
        f"/teams/{OPS_ID}/on-call?include=responders,escalations.responders",
        f"/users/{ANA}/notification-channels",
        f"/users/{ANA}/notification-rules?include=channel",
    ]


@pytest.fixture
def names(office: Office) -> dict[str, Any]:
    """Make what the drawn things name."""
    hook = {"name": "Hook", "channel": "webhook", "address": "https://example.org/hook"}
    dates = {"name": "Holidays", "dates": ["2026-03-06", "2026-12-25"]}
    return {
        "the hook": make(office, "destinations", hook)["id"],
        "the set": make(office, "date-sets", dates)["id"],
        "the other": office.policy(name="Other"),
    }


def natively(office: Office, kind: str, identifier: str) -> dict[str, Any]:
    return office.api.get(f"/{kind}/{identifier}", as_="admin")


def written_schedule(document: dict[str, Any]) -> dict[str, Any]:
    """Write the request that puts back what was read of a schedule."""
    found = by_type(document)
    turns = {each["id"]: each["relationships"]["user"]["data"] for each in found.get("members", ())}
    layers = []
    for each in found.get("layers", ()):
        places = [one["id"] for one in each["relationships"]["members"]["data"]]
        members = [{"user": {"id": turns[one]["id"]}} if one in turns else {} for one in places]
        layers.append(each["attributes"] | {"id": each["id"], "members": members})
    data = document["data"]
    return {"data": data | {"attributes": data["attributes"] | {"layers": layers, "name": "Renamed"}}}


def written_policy(document: dict[str, Any]) -> dict[str, Any]:
    """Write the request that puts back what was read of a policy, but that the first step asks otherwise."""
    steps = []
    for each in by_type(document).get("steps", ()):
        targets = []
        for one in each["relationships"]["targets"]["data"]:
            schedule, _, position = one["id"].partition("_")
            kind = "schedules" if one["type"] == "schedule_target" else one["type"]
            targets.append(target(kind, schedule, position or None))
        steps.append(each["attributes"] | {"id": each["id"], "targets": targets})
    turned = {"default": "round-robin", "round-robin": "default"}
    steps[0]["assignment"] = turned[steps[0]["assignment"]]
    data = document["data"]
    return {"data": data | {"attributes": data["attributes"] | {"steps": steps}}}


def written_rules(document: dict[str, Any]) -> dict[str, Any]:
    """Write the request that puts back what was read of a team's rules."""
    rules = [{"id": each["id"]} | each["attributes"] for each in document["included"]]
    return {"data": {"type": "team_routing_rules", "id": OPS_ID, "attributes": {"rules": rules}}}


def before_the_end(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give all but how a plan ends; the first to ask may ask in turn or not."""
    shown = [each for each in steps if each["action"]["type"] not in {"repeat", "resolve"}]
    first = next(place for place, each in enumerate(shown) if each["action"]["type"] == "notify")
    shown[first] = shown[first] | {"action": shown[first]["action"] | {"assignment": ""}}
    return shown


@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    duty=st.fixed_dictionaries(
        {
            "layers": LAYERS,
            "shifts": st.lists(SHIFTS, max_size=3),
            "fed": st.booleans(),
            "swapped": st.booleans(),
        }
    ),
    steps=STEPS,
    routing=ROUTING,
)
def test_whatever_was_made_elsewhere_reads_sensibly_and_is_not_destroyed(office, names, duty, steps, routing):
    start_anew(office)
    schedule = rota(office, **duty)
    there = names | {"the schedule": schedule}
    ladder = make(office, "escalation-policies", {"name": "Mixed", "steps": filled(steps, there)})
    there |= {
        "the policy": ladder["id"],
    }
    last = {"escalation_policy_ids": [ladder["id"]], "hours": None}
    routed = make(
        office,
        "alert-policies",
        {
            "name": "Ops",
            "mode": "first",
            "scope": {"team_id": OPS_ID},
            "rules": filled([*routing, last], there),
        },
    )

    for path in all_reads(uuid(schedule), uuid(ladder["id"])):
        by_type({"included": []} | office.get(path))
    to_ops = {"title": "Look", "urgency": "high", "target": {"type": "team_id", "identifier": OPS_ID}}
    paged = office.call("POST", "/pages", {"data": {"type": "pages", "attributes": to_ops}})
    assert paged.status_code == 200 or "cannot be paged" in refusal(paged)

    schedule_is_kept(office, schedule)
    steps_are_kept(office, ladder["id"])
    rules_are_kept(office, routed["id"])


def start_anew(office: Office) -> None:
    """Delete what an example before this one has made."""
    for kind, key in (("alert-policies", "alert_policies"), ("escalation-policies", "escalation_policies")):
        for each in office.api.get(f"/{kind}", as_="admin")[key]:
            if each["name"] in {"Ops", "Mixed"}:
                assert office.api.call("DELETE", f"/{kind}/{each['id']}", as_="admin").is_success
    for each in office.api.get("/schedules", as_="admin")["schedules"]:
        assert office.api.call("DELETE", f"/schedules/{each['id']}", as_="admin").is_success


def schedule_is_kept(office: Office, schedule: str) -> None:
    before, path = natively(office, "schedules", schedule), f"/schedules/{uuid(schedule)}"
    answer = office.call("PUT", path, written_schedule(office.get(f"{path}?include=layers.members.user")))
    nothing = not (before["layers"] or before["recurring_shift_ids"] or before["feeds"])
    if nothing:
        assert refusal(answer).startswith('attribute "layers" ')
    assert answer.is_success is not nothing
    after = natively(office, "schedules", schedule)
    assert after == before | ({} if nothing else {"name": "Renamed"})


def steps_are_kept(office: Office, policy: str) -> None:
    before = natively(office, "escalation-policies", policy)["steps"]
    path = f"/escalation-policies/{uuid(policy)}?include=steps.targets"
    office.put(path, written_policy(office.get(path)))
    after = natively(office, "escalation-policies", policy)["steps"]
    assert before_the_end(after) == before_the_end(before)


def rules_are_kept(office: Office, policy: str) -> None:
    before = natively(office, "alert-policies", policy)["rules"]
    path = f"/teams/{OPS_ID}/routing-rules?include=rules"
    answer = office.call("PUT", path, written_rules(office.get(path)))
    if answer.status_code != 200:
        assert "support hours beside a time restriction" in refusal(answer)
    assert natively(office, "alert-policies", policy)["rules"] == before
