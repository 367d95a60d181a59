"""What is written reads back the same, whatever is included, in a number of queries that does not grow."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counting import Counting
from datadog_office import (
    ANA,
    BEN,
    OPS,
    WEB,
    Office,
    by_type,
    crowd,
    layer,
    policy,
    replacing,
    schedule,
    step,
    target,
)
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.policies.wire import INCLUDES as POLICY_INCLUDES
from tocsin.dialects.datadog.schedules.wire import INCLUDES as SCHEDULE_INCLUDES
from tocsin.dialects.datadog.times import read_time, show_utc

PEOPLE = [to_uuid(each) for each in crowd()]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(str.strip)
ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
TEAMS = st.lists(st.sampled_from([OPS, WEB]), unique_by=lambda team: team.id, max_size=2).map(tuple)
CLOCKS = st.times().map(lambda time: time.replace(microsecond=0).isoformat())


@st.composite
def times(draw, year: int = 2026) -> str:
    """Write an instant of *year* with some offset and some fraction."""
    fraction = draw(st.sampled_from(["", ".5", ".000", ".123", ".123456", ".123456789"]))
    offset = draw(st.sampled_from(["Z", "+00:00", "-05:00", "+05:30", "+14:00"]))
    at = draw(st.datetimes().map(lambda each: each.replace(year=year, day=min(each.day, 28), microsecond=0)))
    return f"{at.isoformat()}{fraction}{offset}"


RESTRICTIONS = st.fixed_dictionaries(
    {
        "start_day": st.sampled_from(DAYS),
        "start_time": CLOCKS,
        "end_day": st.sampled_from(DAYS),
        "end_time": CLOCKS,
    }
)
INTERVALS = st.one_of(
    st.fixed_dictionaries({"days": st.integers(1, 400)}),
    st.fixed_dictionaries({"seconds": st.integers(60, 2_592_000)}),
    st.fixed_dictionaries({"days": st.integers(1, 400), "seconds": st.integers(1, 2_592_000)}),
)
MEMBERS = st.sampled_from([{}, {"user": {"id": ANA}}, {"user": {"id": BEN}}, {"user": {"id": PEOPLE[0]}}])
LAYERS = st.fixed_dictionaries(
    {
        "name": NAMES,
        "effective_date": times(),
        "rotation_start": times(),
        "interval": INTERVALS,
        "members": st.lists(MEMBERS, min_size=1, max_size=4),
    },
    optional={
        "end_date": times(2028),
        "restrictions": st.lists(RESTRICTIONS, max_size=3),
        "time_zone": ZONES,
    },
)
SCHEDULES = st.builds(
    lambda layers, teams, **attributes: schedule(*layers, teams=teams, **attributes),
    st.lists(LAYERS, min_size=1, max_size=4, unique_by=lambda each: each["name"]),
    TEAMS,
    name=NAMES,
    time_zone=ZONES,
    tags=st.lists(NAMES, max_size=3),
)
TARGETS = st.one_of(
    st.builds(target, st.just("users"), st.sampled_from([ANA, BEN, PEOPLE[1]])),
    st.builds(target, st.just("teams"), st.sampled_from([to_uuid(OPS.id), to_uuid(WEB.id)])),
    st.builds(
        target,
        st.just("schedules"),
        st.sampled_from(["first", "second"]),
        st.sampled_from([None, "previous", "current", "next"]),
    ),
)
STEPS = st.fixed_dictionaries(
    {"targets": st.lists(TARGETS, min_size=1, max_size=10)},
    optional={
        "assignment": st.sampled_from(["default", "round-robin"]),
        "escalate_after_seconds": st.integers(60, 36_000),
    },
)
POLICIES = st.builds(
    lambda steps, teams, optional, **attributes: policy(*steps, teams=teams, **attributes, **optional),
    st.lists(STEPS, min_size=1, max_size=10),
    TEAMS,
    st.fixed_dictionaries(
        {},
        optional={
            "retries": st.integers(0, 10),
            "resolve_page_on_policy_end": st.booleans(),
            "description": NAMES,
            "tags": st.lists(NAMES, max_size=3),
        },
    ),
    name=NAMES,
)

one_office = [HealthCheck.function_scoped_fixture]  # for all examples
many = settings(max_examples=20, suppress_health_check=one_office)
a_few = settings(max_examples=6, suppress_health_check=one_office)


def every_mixture(paths: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [each for count in range(len(paths) + 1) for each in combinations(paths, count)]


def brought(paths: tuple[str, ...], kinds: dict[str, set[str]]) -> set[str]:
    """Tell which types *paths* bring: those of each path, and of each on the way."""
    along = {path[: len(path) if end < 0 else end] for path in paths for end in _ends(path)}
    return {kind for path in along for kind in kinds[path]}


def _ends(path: str) -> list[int]:
    return [place for place, letter in enumerate(path) if letter == "."] + [-1]


def references(owner: dict[str, Any], name: str) -> list[tuple[str, str]]:
    return [(each["type"], each["id"]) for each in owner["relationships"][name]["data"]]


def written_schedule(document: dict[str, Any]) -> dict[str, Any]:
    """Write the request that would make the schedule of *document*, which has everything included."""
    found = by_type(document)
    turns = {each["id"]: each["relationships"]["user"]["data"]["id"] for each in found.get("members", ())}
    assert {each["id"] for each in found.get("users", ())} == set(turns.values())
    layers = []
    for each in found["layers"]:
        told = dict(each["attributes"])
        assert told.pop("applied_rotation_start") == told["rotation_start"]
        places = [identifier for _, identifier in references(each, "members")]
        assert places == [f"{each['id']}-member-{place + 1}" for place in range(len(places))]
        told["members"] = [{"user": {"id": turns[place]}} if place in turns else {} for place in places]
        layers.append(told)
    assert references(document["data"], "layers") == [("layers", each["id"]) for each in found["layers"]]
    assert {each["id"] for each in found.get("teams", ())} == {
        identifier for _, identifier in references(document["data"], "teams")
    }
    return _request(document, "schedules", {"layers": layers})


def _request(document: dict[str, Any], kind: str, more: dict[str, Any]) -> dict[str, Any]:
    teams = {"teams": document["data"]["relationships"]["teams"]}
    attributes = document["data"]["attributes"] | more
    return {"data": {"type": kind, "attributes": attributes, "relationships": teams}}


def in_utc(body: dict[str, Any]) -> dict[str, Any]:
    """Write the times of a request as they are read later, and what may be left out."""
    layers = []
    for each in body["data"]["attributes"]["layers"]:
        names = [name for name in each if name in {"effective_date", "rotation_start", "end_date"}]
        shown = {name: show_utc(read_time(each[name], name)) for name in names}
        layers.append({"restrictions": []} | each | shown)
    attributes = body["data"]["attributes"] | {"layers": layers}
    return {"data": body["data"] | {"attributes": attributes}}


SCHEDULE_KINDS = {
    "teams": {"teams"},
    "layers": {"layers"},
    "layers.members": {"members"},
    "layers.members.user": {"users"},
}


@many
@given(body=SCHEDULES, other=SCHEDULES)
def test_a_schedule_reads_back_as_it_was_written(office, body, other):
    everything = f"include={','.join(SCHEDULE_INCLUDES)}"

    made = office.post(f"/schedules?{everything}", body)
    path = f"/schedules/{made['data']['id']}"
    read = office.get(f"{path}?{everything}")
    changed = office.put(f"{path}?{everything}", replacing(other, made["data"]["id"]))
    again = office.get(f"{path}?{everything}")

    assert in_utc(written_schedule(made)) == written_schedule(read) == in_utc(body)
    assert in_utc(written_schedule(changed)) == written_schedule(again) == in_utc(other)
    office.call("DELETE", path)


@a_few
@given(body=SCHEDULES)
def test_every_mixture_of_includes_brings_a_schedule_what_its_paths_say(office, body):
    made = office.post(f"/schedules?include={','.join(SCHEDULE_INCLUDES)}", body)
    path = f"/schedules/{made['data']['id']}"
    whole = by_type(office.get(f"{path}?include={','.join(SCHEDULE_INCLUDES)}"))

    for paths in every_mixture(SCHEDULE_INCLUDES):
        read = office.get(f"{path}?include={','.join(paths)}")
        kinds = brought(paths, SCHEDULE_KINDS)
        assert read["data"] == made["data"]
        assert ("included" in read) is bool(paths)
        assert by_type(read) == {kind: found for kind, found in whole.items() if kind in kinds}


# --- escalation policies --------------------------------------------------------------------------------


def aimed(body: dict[str, Any], schedules: dict[str, str]) -> dict[str, Any]:
    """Aim the targets of a request at schedules that are there."""
    steps = [
        each | {"targets": [one | {"id": schedules.get(one["id"], one["id"])} for one in each["targets"]]}
        for each in body["data"]["attributes"]["steps"]
    ]
    return {"data": body["data"] | {"attributes": body["data"]["attributes"] | {"steps": steps}}}


def written_policy(document: dict[str, Any]) -> dict[str, Any]:
    """Write the request that would make the policy of *document*, which has everything included."""
    found = by_type(document)
    there = {(kind, each["id"]) for kind, objects in found.items() for each in objects}
    positions = {each["id"]: each for each in found.get("schedule_target", ())}
    owners = set(references(document["data"], "teams"))
    assert references(document["data"], "steps") == [("steps", each["id"]) for each in found["steps"]]
    needed, steps = set(owners), []
    for each in found["steps"]:
        targets = []
        for kind, identifier in references(each, "targets"):
            needed.add((kind, identifier))
            if kind == "schedule_target":
                one = positions[identifier]
                of = one["relationships"]["schedule"]["data"]
                needed.add((of["type"], of["id"]))
                position = one["attributes"]["position"]
                assert identifier == f"{of['id']}_{position}"
                targets.append(target(of["type"], of["id"], position))
            else:
                targets.append(target(kind, identifier, "current" if kind == "schedules" else None))
        steps.append(each["attributes"] | {"targets": targets})
    assert there - {("steps", each["id"]) for each in found["steps"]} == needed
    return _request(document, "policies", {"steps": steps})


def spelled_out(body: dict[str, Any]) -> dict[str, Any]:
    """Write a request with all that may be left out of it."""
    plain = {"retries": 0, "resolve_page_on_policy_end": False, "tags": []}
    steps = [
        {"assignment": "default", "escalate_after_seconds": 300}
        | each
        | {"targets": [_with_position(one) for one in each["targets"]]}
        for each in body["data"]["attributes"]["steps"]
    ]
    return {"data": body["data"] | {"attributes": plain | body["data"]["attributes"] | {"steps": steps}}}


def _with_position(one: dict[str, Any]) -> dict[str, Any]:
    position = one.get("config", {}).get("schedule", {}).get("position", "current")
    return target(one["type"], one["id"], position if one["type"] == "schedules" else None)


@pytest.fixture
def schedules(office) -> dict[str, str]:
    return {"first": office.schedule(), "second": office.schedule(name="Second", teams=(OPS,))}


@many
@given(body=POLICIES, other=POLICIES)
def test_a_policy_reads_back_as_it_was_written(office, schedules, body, other):
    everything = f"include={','.join(POLICY_INCLUDES)}"
    body, other = aimed(body, schedules), aimed(other, schedules)

    made = office.post(f"/escalation-policies?{everything}", body)
    path = f"/escalation-policies/{made['data']['id']}"
    read = office.get(f"{path}?{everything}")
    changed = office.put(f"{path}?{everything}", replacing(other, made["data"]["id"]))
    again = office.get(f"{path}?{everything}")

    assert made == read
    assert changed == again
    assert written_policy(read) == spelled_out(body)
    kept = {"description": body["data"]["attributes"].get("description")}
    expected = spelled_out(other)
    if kept["description"] is not None:
        expected["data"]["attributes"] = kept | expected["data"]["attributes"]
    assert written_policy(again) == expected
    office.call("DELETE", path)


@a_few
@given(body=POLICIES)
def test_every_mixture_of_includes_brings_a_policy_what_its_paths_say(office, schedules, body):
    everything = f"include={','.join(POLICY_INCLUDES)}"
    made = office.post(f"/escalation-policies?{everything}", aimed(body, schedules))
    path = f"/escalation-policies/{made['data']['id']}"
    owners = set(references(made["data"], "teams"))
    asked = {one for each in by_type(made)["steps"] for one in references(each, "targets")}

    for paths in every_mixture(POLICY_INCLUDES):
        read = office.get(f"{path}?include={','.join(paths)}")
        wanted = owners if "teams" in paths else set()
        if {"steps", "steps.targets"} & set(paths):
            wanted = wanted | set(references(made["data"], "steps"))
        if "steps.targets" in paths:
            wanted = wanted | asked | behind(asked)
        assert read["data"] == made["data"]
        assert ("included" in read) is bool(paths)
        assert one_each(read) == {name: each for name, each in one_each(made).items() if name in wanted}


def behind(asked: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Give the schedules behind positions."""
    positions = [identifier for kind, identifier in asked if kind == "schedule_target"]
    return {("schedules", identifier.partition("_")[0]) for identifier in positions}


def one_each(document: dict[str, Any]) -> dict[tuple[str, str], Any]:
    return {(kind, each["id"]): each for kind, objects in by_type(document).items() for each in objects}


# --- how much is asked of the database ------------------------------------------------------------------


def large_schedule() -> dict[str, Any]:
    turns = [{"user": {"id": each}} for each in PEOPLE]
    return schedule(*(layer(name=f"Layer {n}", members=turns) for n in range(20)), teams=(OPS, WEB))


def large_policy(schedules: list[str]) -> dict[str, Any]:
    asked = [
        [target("schedules", each, "next") for each in schedules],
        [target("users", each) for each in PEOPLE[:10]],
        [target("teams", to_uuid(team.id)) for team in (OPS, WEB)],
    ]
    return policy(*(step(*asked[n % 3]) for n in range(10)), teams=(OPS, WEB))


class Counts:
    """An office, and how many statements each kind of request took, of the few things and of the many."""

    def __init__(self, database: Any) -> None:
        self.counting = Counting(database)
        self.office = Office(self.counting)
        self.told: dict[str, list[int]] = {}

    def __call__(self, name: str, method: str, path: str, body: Any = None, *, warm: bool = True) -> Any:
        """Count a request, made when the caller and the configuration are known already, or when not."""
        answers: list[Any] = []
        self.office.call("GET" if warm else "POST", "/schedules", None if warm else schedule(name="Another"))
        count = self.counting.count(lambda: answers.append(self.office.call(method, path, body)))
        assert answers[0].is_success, answers[0].text
        self.told.setdefault(name, []).append(count)
        return answers[0].json()["data"]


def count_schedules(count: Counts, body: dict[str, Any]) -> str:
    everything = f"include={','.join(SCHEDULE_INCLUDES)}"
    made = count("create schedule", "POST", f"/schedules?{everything}", body)["id"]
    count("read schedule", "GET", f"/schedules/{made}?{everything}")
    count("read schedule for the first time", "GET", f"/schedules/{made}?{everything}", warm=False)
    changed = replacing(schedule(*body["data"]["attributes"]["layers"], name="Changed", teams=(WEB,)), made)
    count("change schedule", "PUT", f"/schedules/{made}?{everything}", changed)
    count("list schedules", "GET", "/schedules?include=teams&page[size]=100")
    count("who", "GET", f"/schedules/{made}/on-call?include=user")
    count("responders", "GET", f"/schedules/{made}/responders?include=responders.shifts.user,schedule")
    return made


def count_policies(count: Counts, body: dict[str, Any]) -> None:
    everything = f"include={','.join(POLICY_INCLUDES)}"
    made = count("create policy", "POST", f"/escalation-policies?{everything}", body)["id"]
    count("read policy", "GET", f"/escalation-policies/{made}?{everything}")
    changed = replacing(policy(*body["data"]["attributes"]["steps"], name="Changed", tags=["a"]), made)
    count("change policy", "PUT", f"/escalation-policies/{made}?{everything}", changed)
    count("list policies", "GET", f"/escalation-policies?{everything}")


def test_the_number_of_queries_does_not_depend_on_the_size_of_what_is_read_or_written(database):
    count = Counts(database)
    count.office.schedule()

    one = count_schedules(count, schedule(teams=(OPS, WEB)))
    few = [target("schedules", one), target(), target("teams", to_uuid(OPS.id))]
    count_policies(count, policy(step(*few), teams=(OPS,)))
    count_schedules(count, large_schedule())
    others = [count.office.schedule(name=f"Other {number}") for number in range(10)]
    count_policies(count, large_policy(others))

    assert {name: few for name, (few, _) in count.told.items()} == {
        name: many for name, (_, many) in count.told.items()
    }
    assert count.told["who"] == [1, 1]
    assert count.told["read schedule"] == [2, 2]
