"""Escalation chains and their steps."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_world import ADA, OLA, REA, VIC
from grafana_office import ADA_ID, OLA_ID, OPS_ID, REA_ID, VIC_ID, WEB_ID, unknown
from tocsin.core.escalation import NotifyTargets, Pause, RepeatSteps, ResolveAlerts
from tocsin.core.ids import compose
from tocsin.core.spelling import native
from tocsin.dialects.grafana_oncall.chains.links import (
    Link,
    compiled,
    kept,
    links_of,
    says_the_same,
    taken_apart,
)
from tocsin.dialects.grafana_oncall.spelled import read

CHAINS, STEPS = "escalation_chains/", "escalation_policies/"
TAKEN = {"non_field_errors": ["The fields organization, name must make a unique set."]}
NO_TYPE = "Invalid escalation step type"


@pytest.fixture
def chain(office):
    return office.post(CHAINS, {"name": "Backend"})["id"]


def add(office, chain, type_, **more):
    return office.post(STEPS, {"escalation_chain_id": chain, "type": type_} | more)


def plan_of(office, chain):
    """The steps as the native API shows them."""
    path = f"/escalation-policies/{native('escalation_policy', read('chain', chain))}"
    return office.api.get(path)["steps"]


def test_a_chain_is_made_read_renamed_and_found(office, chain):
    path = CHAINS + chain
    other = office.post(CHAINS, {"name": "Other", "team_id": OPS_ID})

    assert office.get(path) == {"id": chain, "name": "Backend", "team_id": None}
    assert [each["name"] for each in office.list(CHAINS)] == ["Everything", "Backend", "Other"]
    assert office.list(CHAINS + "?name=Other") == [other]
    assert office.list(f"{CHAINS}?team_id={OPS_ID}") == [other]
    assert [each["name"] for each in office.list(CHAINS + "?team_id=null")] == ["Everything", "Backend"]
    assert office.put(path, {"name": "Front", "team_id": WEB_ID})["team_id"] == WEB_ID
    assert office.call("PATCH", path, {"team_id": ""}).json() == {
        "id": chain,
        "name": "Front",
        "team_id": None,
    }


@pytest.mark.parametrize(
    ("method", "body", "said"),
    [
        ("POST", {}, {"name": ["This field is required."]}),
        ("POST", {"name": " "}, {"name": ["This field may not be blank."]}),
        ("POST", {"name": None}, {"name": ["This field may not be null."]}),
        ("POST", {"name": "Everything"}, TAKEN),
        ("POST", {"name": "x", "team_id": unknown("team")}, {"team_id": ["Object does not exist"]}),
        ("PUT", {"team_id": OPS_ID}, {"name": ["This field is required."]}),
        ("PUT", {"name": "Everything"}, TAKEN),
        ("PATCH", {"name": "Everything"}, TAKEN),
    ],
)
def test_a_chain_that_cannot_be_is_refused(office, chain, method, body, said):
    path = CHAINS if method == "POST" else CHAINS + chain
    before = office.list(CHAINS)

    assert office.refusal(method, path, body) == (400, said)
    assert office.list(CHAINS) == before


def test_a_team_that_is_not_there_cannot_be_filtered_by(office):
    sentence = "Select a valid choice. That choice is not one of the available choices."
    assert office.refusal("GET", f"{CHAINS}?team_id={unknown('team')}") == (400, {"team_id": [sentence]})


SHOWN = [
    ("wait", {"duration": 120}, {"duration": 120}),
    ("wait", {"duration": "90"}, {"duration": 90}),
    ("wait", {"duration": None}, {"duration": None}),
    ("wait", {"important": True, "persons_to_notify": ["x"]}, {"duration": None}),
    (
        "notify_persons",
        {"persons_to_notify": [REA_ID, unknown("user"), ADA_ID, REA_ID], "important": True},
        {"persons_to_notify": [REA_ID, ADA_ID], "important": True},
    ),
    ("notify_persons", {}, {"persons_to_notify": [], "important": False}),
    ("notify_persons", {"persons_to_notify": None}, {"persons_to_notify": [], "important": False}),
    (
        "notify_person_next_each_time",
        {"persons_to_notify_next_each_time": [REA_ID, OLA_ID, ADA_ID], "important": True},
        {"persons_to_notify_next_each_time": [ADA_ID, OLA_ID, REA_ID], "important": True},
    ),
    (
        "notify_on_call_from_schedule",
        {"notify_on_call_from_schedule": ""},
        {"notify_on_call_from_schedule": None, "important": False},
    ),
    ("notify_team_members", {"team_to_notify": OPS_ID}, {"team_to_notify": OPS_ID, "important": False}),
    ("notify_user_group", {"group_to_notify": None}, {"group_to_notify": None, "important": False}),
    ("trigger_webhook", {"action_to_trigger": None}, {"action_to_trigger": None}),
    ("resolve", {"duration": 5}, {}),
    ("repeat_escalation", {}, {}),
    (
        "notify_if_time_from_to",
        {"notify_if_time_from": "22:00:00Z", "notify_if_time_to": "06:30:00Z"},
        {"notify_if_time_from": "22:00:00Z", "notify_if_time_to": "06:30:00Z"},
    ),
    ("notify_if_time_from_to", {}, {"notify_if_time_from": None, "notify_if_time_to": None}),
    (
        "notify_if_num_alerts_in_window",
        {"num_alerts_in_window": 3, "num_minutes_in_window": "5"},
        {"num_alerts_in_window": 3, "num_minutes_in_window": 5},
    ),
]


@pytest.mark.parametrize(("type_", "sent", "shown"), SHOWN)
def test_a_step_has_the_fields_of_its_type(office, chain, type_, sent, shown):
    made = add(office, chain, type_, **sent)

    usual = {"id": made["id"], "escalation_chain_id": chain, "position": 0, "type": type_}
    assert made == usual | shown
    assert office.get(STEPS + made["id"]) == made
    assert office.list(f"{STEPS}?escalation_chain_id={chain}") == [made]


REFUSED = [
    ({"escalation_chain_id": None}, {"escalation_chain_id": ["This field may not be null."]}),
    ({"escalation_chain_id": unknown("chain")}, {"escalation_chain_id": ["Object does not exist"]}),
    ({"type": "dance"}, {"detail": NO_TYPE}),
    ({"type": "notify_whole_channel"}, {"detail": f"{NO_TYPE}: step is Slack-specific"}),
    ({"type": "declare_incident"}, {"detail": f"{NO_TYPE}: step is not enabled"}),
    ({"type": None}, {"type": ["This field may not be null."]}),
    ({"duration": 59}, {"duration": ["Ensure this value is greater than or equal to 0:01:00."]}),
    ({"duration": 86_401}, {"duration": ["Ensure this value is less than or equal to 1 day, 0:00:00."]}),
    ({"duration": "x"}, {"duration": ["A valid number is required."]}),
    (
        {"type": "notify_persons", "persons_to_notify": "x"},
        {"persons_to_notify": ['Expected a list of items but got type "str".']},
    ),
    ({"type": "notify_persons", "important": None}, {"important": ["This field may not be null."]}),
    (
        {"type": "notify_team_members", "team_to_notify": unknown("team")},
        {"team_to_notify": ["Object does not exist"]},
    ),
    (
        {"type": "trigger_webhook", "action_to_trigger": unknown("webhook")},
        {"action_to_trigger": ["Object does not exist"]},
    ),
    (
        {"type": "notify_if_time_from_to", "notify_if_time_from": "25:00:00Z"},
        {"detail": "Invalid time format, should be '00:00:00Z'"},
    ),
    (
        {"type": "notify_if_num_alerts_in_window", "num_alerts_in_window": -1},
        {"num_alerts_in_window": ["Ensure this value is greater than or equal to 0."]},
    ),
    ({"position": -2}, {"detail": "Invalid value for position field"}),
    ({"position": None, "duration": 1}, None),
]


@pytest.mark.parametrize(("sent", "said"), REFUSED)
def test_a_step_that_cannot_be_is_refused_and_leaves_nothing(office, chain, sent, said):
    status, body = office.refusal("POST", STEPS, {"escalation_chain_id": chain, "type": "wait"} | sent)

    assert status == 400
    assert body == said if said is not None else set(body) == {"position", "duration"}
    assert office.list(f"{STEPS}?escalation_chain_id={chain}") == []


def test_what_a_step_needs_is_asked_for(office):
    required = ["This field is required."]
    assert office.refusal("POST", STEPS, {}) == (400, {"escalation_chain_id": required, "type": required})


def test_another_type_forgets_what_the_one_before_had(office, chain):
    path = STEPS + add(office, chain, "notify_persons", persons_to_notify=[REA_ID], important=True)["id"]

    assert office.put(path, {"type": "wait", "duration": 60})["duration"] == 60
    again = office.put(path, {"type": "notify_persons"})

    assert (again["persons_to_notify"], again["important"]) == ([], False)
    kept_as_it_is = office.put(path, {"persons_to_notify": [VIC_ID]})
    assert office.call("PATCH", path, {"important": True}).json() == kept_as_it_is | {"important": True}


def test_steps_move_as_rules_do_and_leave_gaps(office, chain):
    ids = [add(office, chain, type_)["id"] for type_ in ("wait", "resolve", "notify_persons")]
    far = add(office, chain, "repeat_escalation", position=9)

    office.put(STEPS + ids[0], {"position": 2})
    listed = office.list(f"{STEPS}?escalation_chain_id={chain}")
    assert [(each["id"], each["position"]) for each in listed] == [
        (ids[1], 0), (ids[2], 1), (ids[0], 2), (far["id"], 9)
    ]  # fmt: skip

    office.put(STEPS + ids[1], {"position": 9, "manual_order": True})
    office.delete(STEPS + ids[2])
    listed = office.list(f"{STEPS}?escalation_chain_id={chain}")
    assert [(each["id"], each["position"]) for each in listed] == [
        (far["id"], 0), (ids[0], 2), (ids[1], 9)
    ]  # fmt: skip
    for method in ("GET", "PUT", "DELETE"):
        assert office.refusal(method, STEPS + ids[2]) == (404, {"detail": "Not found."})


def test_a_chain_is_an_escalation_policy(office, chain):
    add(office, chain, "notify_persons", persons_to_notify=[REA_ID])
    add(office, chain, "wait", duration=120)
    add(office, chain, "wait", duration=60)
    add(office, chain, "notify_if_num_alerts_in_window", num_alerts_in_window=2, num_minutes_in_window=5)
    add(office, chain, "notify_team_members", team_to_notify=OPS_ID, important=True)
    add(office, chain, "repeat_escalation")

    steps = plan_of(office, chain)

    assert [step["after_s"] for step in steps] == [0, 180, 0]
    assert [step["action"]["type"] for step in steps] == ["notify", "notify", "repeat"]
    assert steps[1]["action"]["importance"] == "important"
    assert steps[1]["condition"]["count"] == 2
    assert steps[2]["action"]["times"] == 5


def test_a_step_keeps_its_turn_when_others_change(office, chain):
    add(office, chain, "notify_person_next_each_time", persons_to_notify_next_each_time=[REA_ID, ADA_ID])
    (before,) = plan_of(office, chain)

    first = add(office, chain, "notify_persons", persons_to_notify=[VIC_ID], position=0)
    office.put(STEPS + first["id"], {"important": True})

    assert plan_of(office, chain)[1]["id"] == before["id"]


def test_what_is_changed_elsewhere_is_seen_here_and_can_be_changed(office, chain):
    add(office, chain, "notify_persons", persons_to_notify=[REA_ID])
    path = f"/escalation-policies/{native('escalation_policy', read('chain', chain))}"
    targets = [
        {"type": "user", "id": native("user", ADA.id)},
        {"type": "team", "id": native("team", read("team", OPS_ID))},
    ]
    step = {"after_s": 600, "action": {"type": "notify", "targets": targets}}
    answer = office.api.call("PATCH", path, {"steps": [step]}, as_="admin")
    assert answer.is_success, answer.text

    listed = office.list(f"{STEPS}?escalation_chain_id={chain}")

    assert [each["type"] for each in listed] == ["wait", "notify_persons", "notify_team_members"]
    assert (listed[0]["duration"], listed[1]["persons_to_notify"]) == (600, [ADA_ID])
    assert len({each["id"] for each in listed}) == 3
    office.put(STEPS + listed[0]["id"], {"duration": 60})
    again = office.list(f"{STEPS}?escalation_chain_id={chain}")
    assert [each["id"] for each in again] == [each["id"] for each in listed]
    assert [step["after_s"] for step in plan_of(office, chain)] == [60, 0]


def test_deleting_a_chain_takes_its_steps_along_and_frees_the_routes(office, chain):
    step = add(office, chain, "notify_persons", persons_to_notify=[REA_ID])
    made = office.post("integrations", {"type": "webhook", "default_route": {"escalation_chain_id": chain}})
    assert made["default_route"]["escalation_chain_id"] == chain

    office.delete(CHAINS + chain)

    assert office.refusal("GET", STEPS + step["id"])[0] == 404
    assert office.get(f"integrations/{made['id']}")["default_route"]["escalation_chain_id"] is None
    assert office.refusal("DELETE", CHAINS + chain)[0] == 404


def test_a_step_whose_webhook_is_deleted_is_left_without_one(office, chain):
    hook = {"name": "Ticket", "url": "https://tickets.example.org/", "http_method": "POST"}
    made = office.post("webhooks", hook | {"trigger_type": "escalation"})["id"]
    step = STEPS + add(office, chain, "trigger_webhook", action_to_trigger=made)["id"]
    assert office.get(step)["action_to_trigger"] == made

    office.delete(f"webhooks/{made}")

    assert office.get(step)["action_to_trigger"] is None
    assert office.list(f"{STEPS}?escalation_chain_id={chain}")[0]["action_to_trigger"] is None
    assert office.put(step, {"type": "wait", "duration": 60})["duration"] == 60


def test_what_a_chain_asks_cannot_be_deleted(office, chain):
    rota = office.post("schedules", {"type": "web", "name": "Primary", "time_zone": "UTC"})["id"]
    add(office, chain, "notify_on_call_from_schedule", notify_on_call_from_schedule=rota)

    status, said = office.refusal("DELETE", f"schedules/{rota}")

    assert status == 400
    assert "is in use by escalation policy Backend" in said["detail"]


def test_the_catch_all_cannot_be_deleted(office):
    (everything,) = office.list(CHAINS)

    status, said = office.refusal("DELETE", CHAINS + everything["id"])

    assert status == 400
    assert "catch-all" in said["detail"]


@pytest.mark.parametrize(("who", "may"), [("viewer", False), ("responder", False), ("robot", True)])
def test_admins_write_chains(office, chain, who, may):
    for method, path, body in (
        ("POST", CHAINS, {"name": who}),
        ("POST", STEPS, {"escalation_chain_id": chain, "type": "wait"}),
    ):
        assert office.call(method, path, body, as_=who).is_success is may
    assert office.get(CHAINS + chain, as_=who)["name"] == "Backend"


PEOPLE = [REA.id, ADA.id, OLA.id, VIC.id]
VALUES = st.one_of(
    st.tuples(st.just("wait"), st.fixed_dictionaries({"duration": st.integers(60, 86_400) | st.none()})),
    st.tuples(
        st.sampled_from(["notify_persons", "notify_person_next_each_time"]),
        st.fixed_dictionaries(
            {"persons": st.lists(st.sampled_from(PEOPLE), unique=True), "important": st.booleans()}
        ),
    ),
    st.tuples(st.just("resolve"), st.just({})),
    st.tuples(st.just("repeat_escalation"), st.just({})),
    st.tuples(
        st.just("notify_if_time_from_to"),
        st.fixed_dictionaries({"from": st.just("08:00:00"), "to": st.sampled_from(["17:00:00", "06:00:00"])}),
    ),
    st.tuples(
        st.just("notify_if_num_alerts_in_window"),
        st.fixed_dictionaries({"alerts": st.integers(0, 9), "minutes": st.integers(1, 9)}),
    ),
)


@settings(max_examples=100)
@given(st.lists(VALUES, max_size=8))
def test_whatever_a_chain_says_its_plan_says_the_same_and_can_be_taken_apart(chosen):
    links = [
        Link(id=number, position=number, type=type_, values=values)
        for number, (type_, values) in enumerate(chosen, 1_000)
    ]

    steps = [replace(step, id=compose(7, number)) for number, (step, _) in enumerate(compiled(links))]
    again = list(taken_apart(steps))

    assert says_the_same(links, steps)
    assert tuple(links) == links_of(kept(link) for link in links)
    assert all(isinstance(each.action, NotifyTargets | Pause | RepeatSteps | ResolveAlerts) for each in steps)
    assert len({link.id for link in again}) == len(again) or not again
    waits = sum(300 if v["duration"] is None else v["duration"] for t, v in chosen if t == "wait")
    assert sum(step.after.total_seconds() for step in steps) <= waits
