"""Escalation policies: the documented examples, what is included, what is refused, what is kept."""

import pytest

from api_world import API
from datadog_office import (
    ANA,
    BEN,
    FOREIGN,
    OPS,
    UNKNOWN,
    WEB,
    Office,
    by_type,
    layer,
    links,
    policy,
    refusal,
    replacing,
    step,
    target,
)
from tocsin.core.spelling import from_native, native, to_uuid

OPS_ID, WEB_ID = to_uuid(OPS.id), to_uuid(WEB.id)


def documented(schedule: str) -> dict:
    """Make the request of the vendor's page, with ids of ours."""
    return {
        "data": {
            "attributes": {
                "description": "Escalation Policy 1 description",
                "name": "Escalation Policy 1",
                "resolve_page_on_policy_end": True,
                "retries": 2,
                "steps": [
                    {
                        "assignment": "default",
                        "escalate_after_seconds": 3600,
                        "targets": [
                            {"id": ANA, "type": "users"},
                            {"id": schedule, "type": "schedules"},
                            {"id": OPS_ID, "type": "teams"},
                        ],
                    },
                    {
                        "assignment": "round-robin",
                        "escalate_after_seconds": 3600,
                        "targets": [{"id": WEB_ID, "type": "teams"}],
                    },
                ],
            },
            "relationships": links(OPS),
            "type": "policies",
        }
    }


def steps_of(document: dict) -> list[str]:
    return [each["id"] for each in document["data"]["relationships"]["steps"]["data"]]


def test_the_documented_creation_is_answered_as_documented(office):
    made = office.post("/escalation-policies", documented(office.schedule()))

    first, second = steps_of(made)
    assert made == {
        "data": {
            "id": made["data"]["id"],
            "type": "policies",
            "attributes": {
                "name": "Escalation Policy 1",
                "description": "Escalation Policy 1 description",
                "resolve_page_on_policy_end": True,
                "retries": 2,
                "tags": [],
            },
            "relationships": {
                "steps": {"data": [{"id": first, "type": "steps"}, {"id": second, "type": "steps"}]},
                "teams": {"data": [{"id": OPS_ID, "type": "teams"}]},
            },
        }
    }
    assert office.get(f"/escalation-policies/{made['data']['id']}") == made


def test_the_documented_update_keeps_the_step_that_it_names(office):
    identifier = office.schedule()
    made = office.post("/escalation-policies", documented(identifier))
    first, second = steps_of(made)
    body = replacing(documented(identifier), made["data"]["id"])
    body["data"]["attributes"] |= {
        "name": "Escalation Policy 2",
        "resolve_page_on_policy_end": False,
        "retries": 0,
        "steps": [
            {
                "assignment": "default",
                "escalate_after_seconds": 3600,
                "id": first,
                "targets": [{"id": BEN, "type": "users"}],
            }
        ],
    }

    changed = office.put(f"/escalation-policies/{made['data']['id']}?include=steps.targets", body)

    assert steps_of(changed) == [first]
    assert [each["id"] for each in by_type(changed)["users"]] == [BEN]
    assert (changed["data"]["attributes"]["retries"], second in str(changed)) == (0, False)


def test_steps_and_their_targets_have_the_recorded_form(office):
    identifier = office.schedule(teams=(WEB,))
    asked = step(
        target("users", ANA),
        target("schedules", identifier),
        target("schedules", identifier, "previous"),
        target("schedules", identifier, "next"),
        target("teams", OPS_ID),
        target("users", ANA),
        escalate_after_seconds=60,
    )
    body = policy(asked, step(target("users", BEN), assignment="round-robin"), teams=(WEB,))

    made = office.post("/escalation-policies?include=teams,steps.targets", body)
    found = by_type(made)

    first, second = steps_of(made)
    assert found["steps"] == [
        {
            "id": first,
            "type": "steps",
            "attributes": {"assignment": "default", "escalate_after_seconds": 60},
            "relationships": {
                "targets": {
                    "data": [
                        {"id": ANA, "type": "users"},
                        {"id": identifier, "type": "schedules"},
                        {"id": f"{identifier}_previous", "type": "schedule_target"},
                        {"id": f"{identifier}_next", "type": "schedule_target"},
                        {"id": OPS_ID, "type": "teams"},
                        {"id": ANA, "type": "users"},
                    ]
                }
            },
        },
        {
            "id": second,
            "type": "steps",
            "attributes": {"assignment": "round-robin", "escalate_after_seconds": 300},
            "relationships": {"targets": {"data": [{"id": BEN, "type": "users"}]}},
        },
    ]
    assert found["schedule_target"] == [
        {
            "id": f"{identifier}_{position}",
            "type": "schedule_target",
            "attributes": {"position": position},
            "relationships": {"schedule": {"data": {"id": identifier, "type": "schedules"}}},
        }
        for position in ("previous", "next")
    ]
    assert found["schedules"] == [office.get(f"/schedules/{identifier}")["data"]]
    assert {each["id"] for each in found["teams"]} == {OPS_ID, WEB_ID}
    assert {each["id"]: each["attributes"]["status"] for each in found["users"]} == {
        ANA: "active",
        BEN: "active",
    }


def test_tags_are_kept_until_they_are_replaced_or_the_policy_goes(office):
    made = office.post("/escalation-policies", policy(tags=["a", "b"]))
    path, identifier = f"/escalation-policies/{made['data']['id']}", made["data"]["id"]

    def tags(answer: dict) -> list[str]:
        return answer["data"]["attributes"]["tags"]

    assert tags(made) == tags(office.get(path)) == ["a", "b"]
    assert office.get("/escalation-policies")["data"][0]["attributes"]["tags"] == ["a", "b"]
    assert (
        tags(office.put(path, replacing(policy(tags=["c"]), identifier))) == tags(office.get(path)) == ["c"]
    )
    assert tags(office.put(path, replacing(policy(), identifier))) == tags(office.get(path)) == []


def test_a_description_stays_until_another_is_given(office):
    made = office.post("/escalation-policies", policy(description="at night"))
    path, identifier = f"/escalation-policies/{made['data']['id']}", made["data"]["id"]

    def description(body: dict) -> str | None:
        return office.put(path, replacing(body, identifier))["data"]["attributes"].get("description")

    assert description(policy()) == "at night"
    assert description(policy(description=None)) == "at night"
    assert description(policy(description="by day")) == "by day"
    assert description(policy(description="")) is None


def test_what_may_be_left_out_may_be_null_as_well(office):
    nothing = {"resolve_page_on_policy_end": None, "retries": None, "description": None, "tags": None}
    asked = step(target() | {"config": None}, id=None, assignment=None, escalate_after_seconds=None)

    made = office.post("/escalation-policies?include=steps", policy(asked, **nothing))

    assert made["data"]["attributes"] == {
        "name": "Backend",
        "resolve_page_on_policy_end": False,
        "retries": 0,
        "tags": [],
    }
    assert made["included"][0]["attributes"] == {"assignment": "default", "escalate_after_seconds": 300}


# --- the list -------------------------------------------------------------------------------------------


def test_policies_are_listed_by_name_twenty_at_a_time(office):
    names = [f"{letter}-policy" for letter in "DbCa"] + [f"Z{number:02}" for number in range(20)]
    for name in names:
        office.policy(name=name, teams=(OPS,))

    first = office.get("/escalation-policies")
    second = office.get("/escalation-policies?page[number]=1&include=steps.targets,teams")

    told = [each["attributes"]["name"] for each in (*first["data"], *second["data"])]
    assert told == ["a-policy", "b-policy", "C-policy", "D-policy", "Everything", *names[4:]]
    assert (len(first["data"]), len(second["data"])) == (20, 5)
    assert first["meta"]["page"] | {"total": 25, "last_number": 1, "next_number": 1} == first["meta"]["page"]
    assert "included" not in first
    assert {kind: len(each) for kind, each in by_type(second).items()} == {
        "teams": 1,
        "steps": 5,
        "users": 1,
    }
    assert second["data"][0] == office.get(f"/escalation-policies/{second['data'][0]['id']}")["data"]


# --- bad input ------------------------------------------------------------------------------------------

WRONG = [
    ({"name": None}, "name"),
    ({"name": ""}, "name"),
    ({"name": " "}, "name"),
    ({"name": "x" * 256}, "name"),
    ({"description": "x" * 1_001}, "description"),
    ({"description": 7}, "description"),
    ({"retries": -1}, "retries"),
    ({"retries": 11}, "retries"),
    ({"retries": 1.5}, "retries"),
    ({"retries": "2"}, "retries"),
    ({"resolve_page_on_policy_end": "yes"}, "resolve_page_on_policy_end"),
    ({"tags": [""]}, "tags[0]"),
    ({"tags": ["a"] * 51}, "tags"),
    ({"steps": None}, "steps"),
    ({"steps": []}, "steps"),
    ({"steps": [step()] * 11}, "steps"),
    ({"steps": [None]}, "steps[0]"),
]
WRONG_STEPS = [
    ({"targets": None}, "targets"),
    ({"targets": []}, "targets"),
    ({"targets": [target()] * 11}, "targets"),
    ({"assignment": "random"}, "assignment"),
    ({"assignment": "round_robin"}, "assignment"),
    ({"escalate_after_seconds": 59}, "escalate_after_seconds"),
    ({"escalate_after_seconds": 0}, "escalate_after_seconds"),
    ({"escalate_after_seconds": 36_001}, "escalate_after_seconds"),
    ({"escalate_after_seconds": "60"}, "escalate_after_seconds"),
]
WRONG_TARGETS = [
    ({"type": "users", "id": "ana"}, "id"),
    ({"type": "users", "id": UNKNOWN}, "id"),
    ({"type": "users", "id": FOREIGN}, "id"),
    ({"type": "users", "id": OPS_ID}, "id"),
    ({"type": "teams", "id": ANA}, "id"),
    ({"type": "schedules", "id": ANA}, "id"),
    ({"type": "users"}, "id"),
    ({"id": ANA}, "type"),
    ({"type": "destinations", "id": ANA}, "type"),
    ({"type": "schedule_target", "id": f"{UNKNOWN}_next"}, "type"),
    (target(position="next"), "config"),
    (target("teams", OPS_ID, "current"), "config"),
    (target("users", ANA) | {"config": {}}, "config"),
    (
        {"type": "schedules", "id": UNKNOWN, "config": {"schedule": {"position": "later"}}},
        "config.schedule.position",
    ),
]
CASES = [
    *((policy(**changes), path) for changes, path in WRONG),
    *((policy(step(), step() | changes), f"steps[1].{path}") for changes, path in WRONG_STEPS),
    *(
        (policy(step(), step(target(), wrong)), f"steps[1].targets[1].{path}")
        for wrong, path in WRONG_TARGETS
    ),
    (
        {
            "data": policy()["data"]
            | {"relationships": {"teams": {"data": [{"type": "teams", "id": UNKNOWN}]}}}
        },
        "teams.data[0].id",
    ),
]


@pytest.mark.parametrize(("body", "path"), CASES, ids=[f"{n}-{path}" for n, (_, path) in enumerate(CASES)])
def test_a_policy_that_cannot_be_is_refused_by_the_name_of_what_is_wrong(office, body, path):
    identifier = office.policy(name="Kept", teams=(OPS,), tags=["kept"])
    before = office.everything()

    for answer in (
        office.call("POST", "/escalation-policies?include=steps.targets", body),
        office.call("PUT", f"/escalation-policies/{identifier}", replacing(body, identifier)),
    ):
        assert answer.status_code == 400
        assert refusal(answer).startswith(f'attribute "{path}" ')
    assert office.everything() == before


def test_a_step_that_is_to_stay_must_be_one_of_the_policy_s(office):
    made, other = office.post("/escalation-policies", policy()), office.post("/escalation-policies", policy())
    (own,), (foreign,) = steps_of(made), steps_of(other)
    path = f"/escalation-policies/{made['data']['id']}"

    for steps, place in (
        ([step(id=foreign)], 0),
        ([step(id=UNKNOWN)], 0),
        ([step(id=FOREIGN)], 0),
        ([step(id="abc")], 0),
        ([step(id=own), step(id=own)], 1),
    ):
        answer = office.call("PUT", path, replacing(policy(*steps), made["data"]["id"]))
        assert answer.status_code == 400
        assert refusal(answer).startswith(f'attribute "steps[{place}].id" ')
    assert office.get(path) == made


def test_a_step_behind_the_last_one_cannot_be_taken_for_one_of_the_policy_s(office):
    made = office.post("/escalation-policies", policy(retries=2))
    path = f"/escalation-policies/{made['data']['id']}"
    hidden = natively(office, made["data"]["id"])["steps"][-1]["id"]

    answer = office.call("PUT", path, replacing(policy(step(id=_uuid(hidden))), made["data"]["id"]))

    assert answer.status_code == 400
    assert office.get(path) == made


def _uuid(native_id: str) -> str:
    return to_uuid(from_native(native_id))


# --- the same policy through the native API -------------------------------------------------------------


def natively(office: Office, identifier: str) -> dict:
    return office.api.get(f"{API}/escalation-policies/{identifier}", as_="admin")


def test_a_ladder_is_one_ladder_in_either_api(office):
    identifier = office.schedule()
    made = office.post(
        "/escalation-policies",
        policy(
            step(target("schedules", identifier, "next"), target("users", ANA), escalate_after_seconds=600),
            step(target("teams", OPS_ID), assignment="round-robin", escalate_after_seconds=900),
            retries=3,
            resolve_page_on_policy_end=True,
            description="by night",
            teams=(WEB,),
        ),
    )

    policy_there = natively(office, made["data"]["id"])

    asked = [each["action"] for each in policy_there["steps"]]
    assert [each["after_s"] for each in policy_there["steps"]] == [0, 600, 900, 0]
    assert [each["type"] for each in asked] == ["notify", "notify", "repeat", "resolve"]
    assert (asked[2]["times"], asked[1]["assignment"]) == (3, "round_robin")
    assert [(each["type"], each.get("position")) for each in asked[0]["targets"]] == [
        ("schedule", "next"),
        ("user", None),
    ]
    assert (policy_there["description"], policy_there["team_ids"]) == ("by night", [native("team", WEB.id)])


def notify(*targets: dict, **more) -> dict:
    return {"type": "notify", "targets": list(targets), **more}


ANA_THERE, BEN_THERE = ({"type": "user", "id": each} for each in (ANA, BEN))
NIGHT = {"type": "cron", "expression": "0 22 * * *", "duration_s": 28_800, "time_zone": "Europe/Madrid"}


@pytest.fixture
def hook(office) -> dict:
    body = {"name": "Hook", "channel": "webhook", "address": "https://example.org/hook"}
    made = office.api.call("POST", "/destinations", body, as_="admin").json()
    return {"type": "destination", "id": made["id"]}


@pytest.fixture
def rich(office, hook) -> str:
    """Make a policy with all that this API has no words for."""
    steps = [
        {"after_s": 30, "action": notify(ANA_THERE | {"via": ["email"]}, hook, importance="important")},
        {"after_s": 7, "action": notify(BEN_THERE), "condition": {"type": "within", "window": NIGHT}},
        {"after_s": 90_000, "action": notify(hook)},
        {"after_s": 120, "action": {"type": "repeat", "times": 50}},
        {"after_s": 240, "action": {"type": "resolve"}},
    ]
    made = office.api.call("POST", "/escalation-policies", {"name": "Rich", "steps": steps}, as_="admin")
    return _uuid(made.json()["id"])


def test_a_policy_of_the_native_api_is_shown_as_far_as_there_are_words_for_it(office, rich):
    shown = office.get(f"/escalation-policies/{rich}?include=steps.targets")

    assert shown["data"]["attributes"] == {
        "name": "Rich",
        "resolve_page_on_policy_end": True,
        "retries": 10,
        "tags": [],
    }
    assert [
        (each["attributes"], [one["id"] for one in each["relationships"]["targets"]["data"]])
        for each in by_type(shown)["steps"]
    ] == [
        ({"assignment": "default", "escalate_after_seconds": 60}, [ANA]),
        ({"assignment": "default", "escalate_after_seconds": 36_000}, [BEN]),
        ({"assignment": "default", "escalate_after_seconds": 120}, []),
    ]


def rewritten(shown: dict, **changes) -> dict:
    """Make the request that writes back what was read of a policy, with some changes."""
    steps = [
        each["attributes"]
        | {
            "id": each["id"],
            "targets": [target(one["type"], one["id"]) for one in each["relationships"]["targets"]["data"]],
        }
        for each in by_type(shown)["steps"]
    ]
    steps = [each for each in steps if each["targets"]]
    attributes = shown["data"]["attributes"] | {"steps": steps} | changes
    return {"data": {"id": shown["data"]["id"], "type": "policies", "attributes": attributes}}


def test_writing_back_what_was_read_changes_nothing(office):
    steps = [
        {"after_s": 30, "action": notify(ANA_THERE | {"via": ["email"]}, importance="important")},
        {"after_s": 7, "action": notify(BEN_THERE), "condition": {"type": "within", "window": NIGHT}},
    ]
    body = {"name": "Plain", "description": "as it is", "steps": steps}
    made = office.api.call("POST", "/escalation-policies", body, as_="admin").json()
    path = f"/escalation-policies/{_uuid(made['id'])}?include=steps.targets"

    office.put(path, rewritten(office.get(path)))

    assert natively(office, made["id"]) == made


def test_a_step_that_is_kept_keeps_what_this_api_has_no_words_for(office, rich, hook):
    path = f"/escalation-policies/{rich}?include=steps.targets"
    shown, before = office.get(path), natively(office, rich)["steps"]

    body = rewritten(shown, name="Richer")
    body["data"]["attributes"]["steps"][1]["assignment"] = "round-robin"
    office.put(path, body)
    after = natively(office, rich)["steps"]

    assert [each["id"] for each in after] == [each["id"] for each in before if each != before[2]]
    assert after[0] == before[0] | {"after_s": 30}
    assert after[1]["condition"] == before[1]["condition"]
    assert [each["after_s"] for each in after] == [30, 7, 90_000, 0]
    assert after[2]["action"] == {"type": "repeat", "times": 50}
    assert after[0]["action"]["targets"] == [ANA_THERE | {"id": native("user", 12), "via": ["email"]}, hook]


def test_what_is_given_counts_more_than_what_was_kept(office, rich):
    path = f"/escalation-policies/{rich}?include=steps.targets"
    body = rewritten(office.get(path), retries=4, resolve_page_on_policy_end=False)
    body["data"]["attributes"]["steps"][0]["escalate_after_seconds"] = 61

    changed = office.put(path, body)
    there = natively(office, rich)["steps"]

    assert changed["data"]["attributes"]["retries"] == 4
    assert [each["after_s"] for each in there] == [30, 61, 90_000]
    assert there[-1]["action"] == {"type": "repeat", "times": 4}


def test_what_the_native_api_changes_is_seen_here(office):
    identifier = office.policy(step(), step(target("users", BEN)), retries=1)
    there = natively(office, identifier)
    steps = there["steps"]
    steps[1]["after_s"] = 1_200
    steps[2]["action"]["times"] = 5
    changes = {"name": "Other", "steps": steps}
    office.api.call("PATCH", f"/escalation-policies/{identifier}", changes, as_="admin").raise_for_status()

    shown = office.get(f"/escalation-policies/{identifier}?include=steps")

    assert shown["data"]["attributes"]["name"] == "Other"
    assert shown["data"]["attributes"]["retries"] == 5
    assert [each["attributes"]["escalate_after_seconds"] for each in shown["included"]] == [1_200, 300]


def test_schedules_are_the_same_in_either_api(office):
    made = office.post(
        "/schedules",
        {
            "data": {
                "type": "schedules",
                "attributes": {"name": "Both", "time_zone": "UTC", "tags": ["a"], "layers": [layer()]},
            }
        },
    )
    path = f"/schedules/{made['data']['id']}"

    there = office.api.get(f"{API}{path}", as_="viewer")
    there["layers"][0]["interval"] = {"days": 2}
    office.api.call("PATCH", path, {"name": "Renamed", "layers": there["layers"]}).raise_for_status()
    here = office.get(f"{path}?include=layers")

    assert (there["name"], there["tags"]) == ("Both", ["a"])
    assert here["data"]["attributes"]["name"] == "Renamed"
    assert here["data"]["relationships"]["layers"] == made["data"]["relationships"]["layers"]
    assert here["included"][0]["attributes"]["interval"] == {"days": 2}
    assert office.api.get(f"{API}{path}/on-call", as_="viewer")["on_call"][0]["user"]["name"] == "Rea"
    user = office.get(f"{path}/on-call?include=user")["included"][0]
    assert user["attributes"]["name"] == "Rea"
