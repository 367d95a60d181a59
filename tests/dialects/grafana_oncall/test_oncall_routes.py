import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grafana_office import Office, unknown
from tocsin.dialects.grafana_oncall import numbers
from tocsin.dialects.grafana_oncall.errors import Refused
from tocsin.dialects.grafana_oncall.spelled import write
from tocsin.sources.grafana_oncall import oncall_address_door

HANGS = r"(a+)+$"  # what takes a backtracking engine an age on many letters and a sign


@pytest.fixture
def office(database) -> Office:
    return Office(database, doors=(oncall_address_door,))


@pytest.fixture
def door(office) -> dict:
    return office.post("integrations", {"type": "webhook", "name": "Web"})


def chain_of(office: Office) -> str:
    (number,) = office.api.configuration.escalation_policies
    return write("chain", number)


def route(office: Office, door: dict, regex: str, **fields):
    body = {"integration_id": door["id"], "routing_regex": regex, "escalation_chain_id": None}
    return office.post("routes", body | fields)


def order(office: Office, door: dict) -> list:
    shown = office.list(f"routes?integration_id={door['id']}")
    return [(each["routing_regex"], each["position"]) for each in shown]


def send(office: Office, door: dict, payload) -> str:
    """Send a payload; give the id of the route that its group took."""
    answer = office.call("POST", door["link"].removeprefix("http://tocsin.test"), payload)
    assert (answer.status_code, answer.text) == (200, '"Ok."')
    return office.list("alert_groups")[0]["route_id"]


def test_a_route_stands_in_front_of_the_default_one_which_is_listed_last(office, door):
    made = route(office, door, "prod", escalation_chain_id=chain_of(office))

    assert (made["position"], made["routing_type"], made["is_the_last_route"]) == (0, "regex", False)
    assert made["escalation_chain_id"] == chain_of(office)
    first, last = office.list(f"routes?integration_id={door['id']}")
    assert first == made == office.get(f"routes/{made['id']}")
    assert (last["id"], last["routing_regex"], last["position"], last["is_the_last_route"]) == (
        door["default_route"]["id"],
        None,
        0,
        True,
    )
    assert office.get("routes")["page_size"] == 25
    assert office.list("routes?routing_regex=prod") == [made]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            {},
            {
                "integration_id": ["This field is required."],
                "routing_regex": ["This field is required."],
                "escalation_chain_id": ["This field is required."],
            },
        ),
        ({"integration_id": unknown("integration")}, {"integration_id": ["Object does not exist"]}),
        ({"routing_regex": "("}, {"non_field_errors": ["Regular expression is incorrect"]}),
        (
            {"routing_regex": "{{", "routing_type": "jinja2"},
            {"non_field_errors": ["Jinja template is incorrect"]},
        ),
        ({"routing_type": "sql"}, {"detail": "Invalid route type"}),
        ({"escalation_chain_id": unknown("chain")}, {"escalation_chain_id": ["Object does not exist"]}),
        ({"position": -2}, {"detail": "Invalid value for position field"}),
        ({"position": 2**31}, {"detail": "Invalid value for position field"}),
        ({"position": "x"}, {"position": ["A valid integer is required."]}),
        ({"position": None}, {"position": ["This field may not be null."]}),
        ({"slack": {"channel_id": "C1"}}, {"detail": "Slack isn't connected to this workspace"}),
    ],
)
def test_a_route_that_cannot_be_is_refused_and_leaves_nothing(office, door, body, said):
    good = {"integration_id": door["id"], "routing_regex": "x", "escalation_chain_id": None}

    assert office.refusal("POST", "routes", good | body if body else {}) == (400, said)
    assert order(office, door) == [(None, 0)]


def test_an_expression_of_more_than_1024_characters_is_refused_in_a_sentence(office, door):
    body = {"integration_id": door["id"], "routing_regex": "x" * 1_025, "escalation_chain_id": None}

    status, said = office.refusal("POST", "routes", body)

    assert (status, "1024" in said["non_field_errors"][0]) == (400, True)


def test_positions_move_and_keep_their_gaps(office, door):
    first, second = route(office, door, "a"), route(office, door, "b")
    assert order(office, door) == [("a", 0), ("b", 1), (None, 0)]

    office.put(f"routes/{first['id']}", {"position": 10})
    assert order(office, door) == [("b", 0), ("a", 10), (None, 0)]
    third = route(office, door, "c")
    assert third["position"] == 11
    office.put(f"routes/{third['id']}", {"position": 0, "manual_order": True})
    assert order(office, door) == [("c", 0), ("a", 10), ("b", 11), (None, 0)]
    office.delete(f"routes/{first['id']}")
    assert order(office, door) == [("c", 0), ("b", 11), (None, 0)]
    office.put(f"routes/{third['id']}", {"position": -1})
    assert order(office, door) == [("b", 10), ("c", 11), (None, 0)]
    assert route(office, door, "d", position=0)["position"] == 0
    assert order(office, door) == [("d", 0), ("b", 11), ("c", 12), (None, 0)]
    assert second["position"] == 1


def test_an_order_that_was_changed_natively_is_numbered_anew(office, door):
    route(office, door, "a")
    route(office, door, "b", position=7)
    (policy,) = office.api.get("/alert-policies")["alert_policies"]

    rules = [policy["rules"][1], policy["rules"][0], policy["rules"][2]]
    changed = office.api.call("PATCH", f"/alert-policies/{policy['id']}", {"rules": rules}, as_="admin")

    assert changed.status_code == 200, changed.text
    assert order(office, door) == [("b", 0), ("a", 1), (None, 0)]


def test_a_change_takes_what_is_named(office, door):
    made = route(office, door, "{{ payload.up }}", routing_type="jinja2")
    address = f"routes/{made['id']}"

    assert office.put(address, {})["routing_type"] == "jinja2"
    assert office.refusal("PUT", address, {"routing_regex": "("})[1] == {
        "non_field_errors": ["Regular expression is incorrect"]
    }
    changed = office.put(address, {"routing_regex": "payload", "escalation_chain_id": chain_of(office)})
    assert (changed["routing_type"], changed["routing_regex"]) == ("jinja2", "payload")
    assert office.put(address, {"escalation_chain_id": None})["escalation_chain_id"] is None
    assert office.put(address, {"email": {"enabled": True}})["email"] == {"id": None, "enabled": True}
    default = office.put(f"routes/{door['default_route']['id']}", {"escalation_chain_id": chain_of(office)})
    assert (default["escalation_chain_id"], default["is_the_last_route"]) == (chain_of(office), True)
    assert office.get(f"integrations/{door['id']}")["default_route"]["escalation_chain_id"] == chain_of(
        office
    )


def test_the_default_route_cannot_be_deleted(office, door):
    refused = office.refusal("DELETE", f"routes/{door['default_route']['id']}")

    assert refused == (400, {"detail": "Unable to delete default filter"})
    assert office.refusal("DELETE", f"routes/{unknown('route')}")[0] == 404


def test_the_first_route_that_fits_takes_an_alert_and_the_default_what_none_takes(office, door):
    regex = route(office, door, r'"env": "pro')
    template = route(office, door, "{{ payload.env == 'staging' }}", routing_type="jinja2")

    assert send(office, door, {"env": "prod", "n": 1}) == regex["id"]
    assert send(office, door, {"env": "staging", "n": 2}) == template["id"]
    assert send(office, door, {"env": "dev", "n": 3}) == door["default_route"]["id"]
    assert len(office.list(f"alert_groups?route_id={template['id']}")) == 1


def test_one_trouble_that_takes_two_routes_makes_two_groups(office):
    door = office.post("integrations", {"type": "formatted_webhook"})
    route(office, door, "critical")

    send(office, door, {"alert_uid": "1", "severity": "warning"})
    send(office, door, {"alert_uid": "1", "severity": "critical"})
    send(office, door, {"alert_uid": "1", "severity": "critical"})

    assert sorted(group["alerts_count"] for group in office.list("alert_groups")) == [1, 2]


def test_a_pattern_that_hangs_others_and_a_template_that_loops_stop_nobody(office, door):
    loops = "{% for a in range(1000) %}{% for b in range(1000) %}{{ a }}{% endfor %}{% endfor %}"
    route(office, door, HANGS)
    route(office, door, loops, routing_type="jinja2")
    office.put(f"integrations/{door['id']}", {"templates": {"grouping_key": loops, "web": {"title": loops}}})

    assert send(office, door, {"text": "a" * 50_000 + "!"}) == door["default_route"]["id"]
    assert office.list("alert_groups")[0]["title"] == "Incident"


def test_a_route_with_a_chain_pages_and_one_without_pages_nobody(office, door):
    route(office, door, "wake", escalation_chain_id=chain_of(office))

    send(office, door, {"text": "wake"})
    send(office, door, {"text": "sleep"})

    quiet, loud = office.api.get("/alerts")["alerts"]
    assert (loud["routing"], quiet["routing"]) == ("routed", "unrouted")
    assert len(office.api.get("/pages")["pages"]) == 1


POSITIONS = st.integers(-1, 12)


def naive(placed: dict[int, int], which: int, to: int) -> dict[int, int]:
    """Move one number after the other, as the rule is told."""
    was = placed[which]
    to = max(placed.values()) if to == -1 else to
    new = {}
    for key, number in placed.items():
        if key == which:
            new[key] = to
        elif to > was and was < number <= to:
            new[key] = number - 1
        elif to < was and to <= number < was:
            new[key] = number + 1
        else:
            new[key] = number
    return new


@given(taken=st.sets(st.integers(0, 12), min_size=1), which=st.integers(0, 12), to=POSITIONS)
def test_moving_keeps_positions_unique_and_shifts_only_what_lies_between(taken, which, to):
    placed = dict(enumerate(sorted(taken)))
    which %= len(placed)

    moved = numbers.moved(placed, which, to)

    assert len(set(moved.values())) == len(placed)
    assert moved == naive(placed, which, to)


@given(taken=st.sets(st.integers(0, 12), min_size=1), which=st.integers(0, 12), to=st.integers(0, 12))
def test_swapping_keeps_positions_unique_and_moves_at_most_two(taken, which, to):
    placed = dict(enumerate(sorted(taken)))
    which %= len(placed)

    swapped = numbers.swapped(placed, which, to)

    assert len(set(swapped.values())) == len(placed)
    assert sum(swapped[key] != placed[key] for key in placed) <= 2
    with pytest.raises(Refused):
        numbers.swapped(placed, which, -1)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.tuples(st.integers(0, 4), POSITIONS), max_size=4))
def test_whatever_is_moved_the_list_stays_in_the_order_of_its_numbers(office, steps):
    door = office.post("integrations", {"type": "webhook"})
    model = {route(office, door, f"r{number}")["id"]: number for number in range(3)}

    for which, to in steps:
        key = list(model)[which % len(model)]
        model = naive(model, key, to)
        office.put(f"routes/{key}", {"position": to})

    shown = office.list(f"routes?integration_id={door['id']}")[:-1]
    assert {each["id"]: each["position"] for each in shown} == model
    assert [each["position"] for each in shown] == sorted(model.values())
