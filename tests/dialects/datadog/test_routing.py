"""Routing rules of a team: every form, what is refused, and that they are the domain's own."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datadog_office import (
    ANA,
    BEN,
    FOREIGN,
    OPS,
    UNKNOWN,
    WEB,
    Office,
    by_type,
    policy,
    refusal,
    schedule,
    step,
    target,
)
from tocsin.core.ids import compose
from tocsin.core.spelling import from_uuid, native, to_uuid
from tocsin.store.database import open_database
from tocsin.store.secrets import Vault, VaultKey

OPS_ID, WEB_ID = to_uuid(OPS.id), to_uuid(WEB.id)
PATH = f"/teams/{OPS_ID}/routing-rules"
OFFICE = {
    "time_zone": "Europe/Paris",
    "restrictions": [
        {"start_day": "monday", "start_time": "09:00:00", "end_day": "friday", "end_time": "17:00:00"}
    ],
}
SLACK = {"type": "send_slack_message", "workspace": "acme", "channel": "#ops"}
TEAMS = {"type": "send_teams_message", "tenant": "t", "team": "acme", "channel": "ops"}
WORKFLOW = {"type": "workflow", "handle": "restart"}
REROUTE = {"type": "reroute_to_team", "destination_team_id": WEB_ID}


def escalate(to: str, **more: Any) -> dict:
    return {"type": "escalation_policy", "policy_id": to} | more


def rules(*given_: dict, identifier: str | None = None) -> dict:
    data = {"type": "team_routing_rules", "attributes": {"rules": list(given_)}}
    return {"data": data if identifier is None else data | {"id": identifier}}


def put(office: Office, *given_: dict) -> list[dict]:
    document = office.put(PATH, rules(*given_), params={"include": "rules"})
    return in_order(document)


def read(office: Office) -> list[dict]:
    return in_order(office.get(PATH, params={"include": "rules"}))


def in_order(document: dict) -> list[dict]:
    """Give the rules in order, which must be those that the document names."""
    found = by_type(document).get("team_routing_rules", [])
    named = [each["id"] for each in document["data"]["relationships"]["rules"]["data"]]
    assert named == [each["id"] for each in found]
    return found


@pytest.fixture
def ladder(office: Office) -> str:
    return office.policy()


def test_a_team_without_rules_has_an_empty_list(office):
    document = office.get(PATH)

    assert document == {
        "data": {"id": OPS_ID, "type": "team_routing_rules", "relationships": {"rules": {"data": []}}}
    }
    assert office.get(PATH, params={"include": "rules.policy"})["included"] == []


def test_both_forms_are_filled_in_whichever_was_sent(office, ladder):
    old, new = put(
        office,
        {"query": "tags.env:prod", "policy_id": ladder, "urgency": "low"},
        {"actions": [escalate(ladder, urgency="high", ack_timeout_minutes=30, support_hours=OFFICE)]},
    )

    assert old == {
        "id": old["id"],
        "type": "team_routing_rules",
        "attributes": {
            "query": "tags.env:prod",
            "urgency": "low",
            "actions": [escalate(ladder, urgency="low")],
        },
        "relationships": {"policy": {"data": {"id": ladder, "type": "policies"}}},
    }
    assert new["attributes"] == {
        "query": "",
        "urgency": "high",
        "actions": [escalate(ladder, urgency="high", ack_timeout_minutes=30, support_hours=OFFICE)],
    }
    assert new["relationships"] == {"policy": {"data": {"id": ladder, "type": "policies"}}}
    assert read(office) == [old, new]


def test_every_action_reads_back_in_its_order(office, ladder):
    sent = [SLACK, escalate(ladder, urgency="dynamic"), WORKFLOW, TEAMS]
    shown = put(
        office,
        {"query": "tags.a:b", "actions": sent, "time_restriction": OFFICE},
        {"query": "tags.c:d", "actions": [SLACK, REROUTE]},
        {"query": "tags.e:f", "actions": [TEAMS]},
        {"actions": [REROUTE]},
    )

    assert [each["attributes"]["actions"] for each in shown] == [sent, [SLACK, REROUTE], [TEAMS], [REROUTE]]
    assert shown[0]["attributes"]["time_restriction"] == OFFICE
    assert [each["relationships"] for each in shown[1:]] == [{}, {}, {}]
    assert [each["attributes"]["query"] for each in shown] == ["tags.a:b", "tags.c:d", "tags.e:f", ""]
    assert read(office) == shown


def test_urgency_that_is_not_given_is_not_shown(office, ladder):
    (shown,) = put(office, {"policy_id": ladder})

    assert "urgency" not in shown["attributes"]
    assert shown["attributes"]["actions"] == [escalate(ladder)]


def test_putting_replaces_the_list_and_ids_keep_rules(office, ladder):
    first, second, idle, last = put(
        office,
        {"query": "tags.a:b", "policy_id": ladder},
        {"query": "tags.c:d", "policy_id": ladder},
        {"query": "tags.e:f", "actions": [SLACK]},
        {"policy_id": ladder},
    )

    again = put(
        office,
        {"id": second["id"].upper(), "query": "tags.x:y", "policy_id": ladder},
        {"id": idle["id"], "query": "tags.z:z", "actions": [WORKFLOW]},
        {"policy_id": ladder},
    )
    none = office.put(PATH, {"data": {"type": "team_routing_rules", "id": OPS_ID}})

    assert [each["id"] for each in again[:2]] == [second["id"], idle["id"]]
    assert again[2]["id"] not in {first["id"], last["id"]}
    assert none["data"]["relationships"]["rules"]["data"] == []
    assert read(office) == []


def test_a_policy_that_rules_use_cannot_be_deleted(office, ladder):
    put(office, {"policy_id": ladder})

    answer = office.call("DELETE", f"/escalation-policies/{ladder}")

    assert (answer.status_code, refusal(answer)) == (409, f"policy[{ladder}] is in use")
    office.put(PATH, rules())
    assert office.call("DELETE", f"/escalation-policies/{ladder}").status_code == 204


# --- what is refused ------------------------------------------------------------------------------------

LAST = 'attribute "rules.default_rule" the last rule must not use a query or a time restriction'
LEADS = 'attribute "rule.escalation_policy" escalation policy is required'
P = "POLICY"  # stands for the id of a policy that is there
DEFAULT = {"policy_id": P}


def with_policy(value: Any, identifier: str) -> Any:
    if isinstance(value, dict):
        return {name: with_policy(each, identifier) for name, each in value.items()}
    if isinstance(value, list):
        return [with_policy(each, identifier) for each in value]
    return identifier if value == P else value


BAD = [
    ([{"actions": [escalate(P), escalate(P)]}], None),
    ([{"policy_id": P, "actions": [escalate(P)]}], None),
    ([{"actions": [escalate(P, support_hours=OFFICE)], "time_restriction": OFFICE}, DEFAULT], None),
    ([{"actions": [REROUTE, REROUTE]}], None),
    ([{"actions": [REROUTE], "policy_id": P}], None),
    ([{"actions": [REROUTE, escalate(P)]}], None),
    ([{"actions": [REROUTE, WORKFLOW]}], None),
    ([DEFAULT | {"query": "tags.a:b"}], LAST),
    ([DEFAULT | {"time_restriction": OFFICE}], LAST),
    ([DEFAULT, {"query": ""}], LEADS),
    ([{"actions": [SLACK]}], LEADS),
    ([{"policy_id": ""}], LEADS),
    ([{"query": "env = prod", "policy_id": P}, DEFAULT], None),
    ([{"query": "tags.a:(", "policy_id": P}, DEFAULT], None),
    ([{"policy_id": "abc"}], 'attribute "rules[0].policy_id" [abc] is not a valid UUID'),
    ([{"policy_id": UNKNOWN}], None),
    ([{"policy_id": FOREIGN}], None),
    ([{"actions": [escalate(UNKNOWN)]}], None),
    ([{"actions": [REROUTE | {"destination_team_id": UNKNOWN}]}], None),
    ([{"actions": [{"type": "escalation_policy"}]}], 'attribute "rules[0].actions[0].policy_id" is required'),
    ([{"actions": [escalate(P, ack_timeout_minutes=29)]}], None),
    ([{"actions": [escalate(P, ack_timeout_minutes=4_321)]}], None),
    ([{"actions": [escalate(P, urgency="medium")]}], None),
    ([{"actions": [{"type": "page_the_ceo"}]}], None),
    ([DEFAULT | {"time_restriction": {"time_zone": "UTC"}}], None),
    ([{"time_restriction": {"time_zone": "UTC", "restrictions": []}, "policy_id": P}, DEFAULT], None),
    ([{"time_restriction": OFFICE | {"time_zone": "Mars/Base"}, "policy_id": P}, DEFAULT], None),
    ([DEFAULT | {"id": "abc"}], 'attribute "rules[0].id" [abc] is not a valid UUID'),
    ([DEFAULT | {"id": UNKNOWN}], None),
    ([DEFAULT] * 101, None),
]


@pytest.mark.parametrize(("given_", "detail"), BAD)
def test_rules_that_cannot_be_are_refused_and_change_nothing(office, ladder, given_, detail):
    put(office, {"query": "tags.a:b", "policy_id": ladder}, {"policy_id": ladder, "urgency": "high"})
    before = read(office)

    answer = office.call("PUT", PATH, rules(*with_policy(given_, ladder)))

    said = refusal(answer)
    assert (answer.status_code, said) == (400, detail or said)
    assert read(office) == before


def test_the_same_rule_cannot_stand_twice(office, ladder):
    (only,) = put(office, {"policy_id": ladder})

    answer = office.call("PUT", PATH, rules(*[{"id": only["id"], "policy_id": ladder}] * 2))

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", f"/teams/{UNKNOWN}/routing-rules", 404, f"team[{UNKNOWN}] not found"),
        ("GET", f"/teams/{FOREIGN}/routing-rules", 404, f"team[{FOREIGN}] not found"),
        ("GET", "/teams/abc/routing-rules", 400, 'attribute "uuid" [abc] is not a valid UUID'),
        ("GET", f"/teams/{UNKNOWN}/on-call", 404, f"team[{UNKNOWN}] not found"),
        ("PUT", f"/teams/{UNKNOWN}/routing-rules", 404, f"team[{UNKNOWN}] not found"),
        ("GET", f"{PATH}?include=policy", 400, None),
        ("GET", f"/teams/{OPS_ID}/on-call?include=users", 400, None),
    ],
)
def test_what_is_not_there_is_said(office, method, path, status, detail):
    answer = office.call(method, path, {"data": 1} if method == "PUT" else None)

    said = refusal(answer)
    assert (answer.status_code, said) == (status, detail or said)


def test_the_team_in_the_body_must_be_the_one_in_the_path(office, ladder):
    assert office.call("PUT", PATH, rules({"policy_id": ladder}, identifier=WEB_ID)).status_code == 400


@pytest.mark.parametrize(
    ("who", "status"), [("admin", 200), ("on_call_write", 200), ("on_call_read", 403), ("responder", 403)]
)
def test_who_configures_sets_rules(office, ladder, who, status):
    assert office.call("PUT", PATH, rules({"policy_id": ladder}), as_=who).status_code == status


def test_a_stranger_s_team_has_no_rules(office):
    assert office.call("GET", PATH, as_="stranger").status_code == 404


# --- the same rules, natively ---------------------------------------------------------------------------


def natively(office: Office) -> dict:
    policies = office.api.get("/alert-policies", as_="admin")["alert_policies"]
    (found,) = [each for each in policies if each["scope"]["team_id"]]
    return found


def test_rules_are_the_alert_policy_of_the_team(office, ladder):
    put(
        office,
        {
            "query": "tags.env:prod priority:1",
            "actions": [escalate(ladder, urgency="high", ack_timeout_minutes=30, support_hours=OFFICE)],
        },
        {"query": "alert_status:warn", "actions": [REROUTE]},
        {"policy_id": ladder, "urgency": "dynamic"},
    )

    found = natively(office)

    assert (found["name"], found["mode"]) == ("Routing of Ops", "first")
    assert found["scope"]["team_id"] == native("team", OPS.id)
    first, second, third = found["rules"]
    assert first["filter"] == "labels.env = prod and labels.priority in [1, P1]"
    assert (first["importance"], first["held_for_s"]) == ("important", 1_800)
    assert first["hours"]["time_zone"] == "Europe/Paris"
    assert first["escalation_policy_ids"] == [native("escalation_policy", from_uuid(ladder))]
    assert second["team_id"] == native("team", WEB.id)
    assert third["importance"] is None


def test_what_is_changed_natively_is_seen_here_and_the_rest_stays_as_it_was_written(office, ladder):
    put(office, {"query": "tags.a:(b  OR c)", "actions": [SLACK, escalate(ladder)]}, {"policy_id": ladder})
    found = natively(office)
    found["rules"][1]["importance"] = "important"
    changed = [found["rules"][0] | {"held_for_s": 3_600}, found["rules"][1]]
    path = f"/alert-policies/{found['id']}"
    assert office.api.call("PATCH", path, {"rules": changed}, as_="admin").status_code == 200

    first, second = read(office)

    assert first["attributes"]["query"] == "tags.a:(b  OR c)"
    assert first["attributes"]["actions"] == [SLACK, escalate(ladder, ack_timeout_minutes=60)]
    assert second["attributes"]["urgency"] == "high"

    changed[0]["filter"] = "labels.a = z and title ~ disk"
    office.api.call("PATCH", path, {"rules": changed[:1]}, as_="admin")
    (only,) = read(office)
    assert only["attributes"]["query"] == "labels.a = z and title ~ disk"


def test_rules_made_natively_are_shown(office, ladder):
    body = {
        "name": "Ops",
        "mode": "first",
        "scope": {"team_id": native("team", OPS.id)},
        "rules": [
            {"filter": "labels.env = prod", "escalation_policy_ids": [ladder], "importance": None},
            {"team_id": native("team", WEB.id)},
        ],
    }
    made = office.api.call("POST", "/alert-policies", body, as_="admin")
    assert made.status_code == 201, made.text

    first, second = read(office)

    assert first["attributes"]["query"] == "tags.env:prod"
    assert first["attributes"]["actions"] == [escalate(ladder, urgency="dynamic")]
    assert second["attributes"]["actions"] == [REROUTE]


def test_a_message_action_is_a_message_to_the_destination_of_that_name(office, ladder):
    place = {"name": "#ops", "channel": "webhook", "address": "https://example.org/hook"}
    made = office.api.post("/destinations", place, as_="admin")

    put(office, {"query": "tags.a:b", "actions": [SLACK]}, {"actions": [SLACK, escalate(ladder)]})

    first, second = natively(office)["rules"]
    for each in (first, second):
        (plan,) = each["plans"]
        assert plan["steps"][0]["action"]["targets"] == [{"type": "destination", "id": made["id"]}]
    assert [each["attributes"]["actions"] for each in read(office)] == [[SLACK], [SLACK, escalate(ladder)]]


def test_a_rule_that_could_only_send_what_nobody_takes_is_kept_and_passed_over(office, ladder):
    put(office, {"query": "tags.a:b", "actions": [SLACK]}, {"policy_id": ladder})

    assert len(natively(office)["rules"]) == 1
    assert [each["attributes"]["query"] for each in read(office)] == ["tags.a:b", ""]


def test_a_deleted_team_takes_its_rules_along(office, ladder):
    put(office, {"policy_id": ladder})

    assert office.call("DELETE", f"/api/v2/team/{OPS_ID}").status_code == 204
    assert office.call("DELETE", f"/escalation-policies/{ladder}").status_code == 204


# --- who is on call for a team --------------------------------------------------------------------------


def on_call(office: Office, include: str = "") -> dict:
    return office.get(f"/teams/{OPS_ID}/on-call", params={"include": include} if include else {})


def people(links: dict) -> list[str]:
    return [each["id"] for each in links["data"]]


def test_who_is_on_call_for_a_team_is_whom_its_last_rule_s_policy_asks(office):
    empty = office.post(
        "/api/v2/team", {"data": {"type": "team", "attributes": {"handle": "e", "name": "E"}}}
    )
    rota = office.post("/schedules", schedule())["data"]["id"]
    steps = (
        step(target("schedules", rota)),
        step(target("teams", empty["data"]["id"])),
        step(target("users", BEN), target("users", ANA)),
    )
    document = office.post("/escalation-policies", policy(*steps))
    last = document["data"]["relationships"]["steps"]["data"][2]["id"]
    other = office.policy()
    put(office, {"query": "tags.a:b", "policy_id": other}, {"policy_id": document["data"]["id"]})

    plain = on_call(office)
    whole = on_call(office, "responders,escalations.responders")

    assert plain["data"]["id"] == f"{OPS_ID}-1772787600"
    assert people(plain["data"]["relationships"]["responders"]) == [BEN]
    assert plain["data"]["relationships"]["escalations"] == {
        "data": [{"id": last, "type": "escalation_policy_steps"}]
    }
    assert "included" not in plain
    found = by_type(whole)
    assert {each["id"] for each in found["users"]} == {ANA, BEN}
    (later,) = found["escalation_policy_steps"]
    assert people(later["relationships"]["responders"]) == [BEN, ANA]


def test_a_team_without_rules_has_nobody_on_call(office):
    document = on_call(office, "responders,escalations")

    assert document["data"]["relationships"] == {"responders": {"data": []}, "escalations": {"data": []}}
    assert document["included"] == []


def test_a_team_that_reroutes_has_the_other_s_people_on_call_and_circles_have_nobody(office, ladder):
    put(office, {"actions": [REROUTE]})
    office.put(f"/teams/{WEB_ID}/routing-rules", rules({"policy_id": ladder}))
    through = on_call(office)

    back = {"type": "reroute_to_team", "destination_team_id": OPS_ID}
    office.put(f"/teams/{WEB_ID}/routing-rules", rules({"actions": [back]}))

    assert people(through["data"]["relationships"]["responders"]) == [ANA]
    assert people(on_call(office)["data"]["relationships"]["responders"]) == []


# --- a law ----------------------------------------------------------------------------------------------

QUERIES = st.sampled_from(
    ["", "*", "tags.env:prod", "groups.a:(b OR c*) -priority:2", 'tags.x:"y z" OR alert_status:warn']
)
URGENCIES = st.sampled_from([None, "low", "high", "dynamic"])
MESSAGES = st.lists(st.sampled_from([SLACK, TEAMS, WORKFLOW]), max_size=3)


@st.composite
def routing_rules(draw, last: bool = False) -> dict:
    rule: dict[str, Any] = {} if last else {"query": draw(QUERIES)}
    actions = draw(MESSAGES)
    kind = draw(st.sampled_from(["old", "new", "reroute"] if last else ["old", "new", "reroute", "messages"]))
    urgency = draw(URGENCIES)
    if kind == "old":
        rule |= {"policy_id": P, "urgency": urgency}
    elif kind == "new":
        more = {"urgency": urgency, "ack_timeout_minutes": draw(st.sampled_from([None, 30, 4_320]))}
        if draw(st.booleans()):
            more["support_hours"] = OFFICE
        elif not last and draw(st.booleans()):
            rule["time_restriction"] = OFFICE
        actions.insert(
            draw(st.integers(0, len(actions))), escalate(P, **{k: v for k, v in more.items() if v})
        )
    elif kind == "reroute":
        actions = [each for each in actions if each != WORKFLOW]
        actions.insert(draw(st.integers(0, len(actions))), REROUTE)
    return rule | {"actions": actions} if actions else rule


@pytest.fixture(scope="module")
def standing(tmp_path_factory, _sqlite_template):
    """An office that stands for all examples, and a policy in it."""
    path = tmp_path_factory.mktemp("law") / "tocsin.db"
    path.write_bytes(_sqlite_template.read_bytes())
    numbers = iter(range(1, 1 << 30))
    vault = Vault([VaultKey(name="test", secret=b"t" * 32)])
    database = open_database(
        f"sqlite:///{path}", new_id=lambda: compose(1_772_787_600_000 + next(numbers), 0), vault=vault
    )
    office = Office(database)
    yield office, office.policy()
    database.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some=st.lists(routing_rules(), max_size=4), last=routing_rules(last=True))
def test_whatever_rules_are_written_read_back_the_same(standing, some, last):
    office, ladder = standing
    given_ = [with_policy(each, ladder) for each in (*some, last)]

    shown = put(office, *given_)

    assert read(office) == shown
    for sent, got in zip(given_, shown, strict=True):
        attributes = got["attributes"]
        escalation = next(
            (each for each in sent.get("actions", ()) if each["type"] == "escalation_policy"), None
        )
        if escalation is None and sent.get("policy_id"):
            escalation = escalate(ladder) | ({"urgency": sent["urgency"]} if sent["urgency"] else {})
        assert attributes["query"] == sent.get("query", "")
        assert attributes.get("time_restriction") == sent.get("time_restriction")
        others = [each for each in sent.get("actions", ()) if each["type"] != "escalation_policy"]
        assert [each for each in attributes["actions"] if each["type"] != "escalation_policy"] == others
        assert [each for each in attributes["actions"] if each["type"] == "escalation_policy"] == (
            [] if escalation is None else [escalation]
        )
        assert bool(got["relationships"]) is (escalation is not None)
    again = put(office, *({"id": got["id"], **sent} for got, sent in zip(shown, given_, strict=True)))
    assert again == shown
