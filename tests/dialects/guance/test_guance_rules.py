"""What a strategy may say: each rule that its fields have, named by its path when it is broken."""

import json

import pytest

from guance_office import content, opt, refusal, strategy
from guance_readings import READINGS
from guance_rules import ACCEPTED, FAULTS, NO_OBJECTS, T0, aimed, without


@pytest.mark.parametrize(("changes", "path"), FAULTS)
def test_the_first_fault_is_named_by_its_path_and_nothing_is_made(office, changes, path):
    message = refusal(office.call("POST", "/alert_policy/add_v2", strategy(**changes)))

    assert message.startswith(f"{path}: "), message
    assert office.rows("/alert_policy/list") == []


@pytest.mark.parametrize(("changes", "path"), FAULTS)
def test_a_change_that_is_refused_changes_nothing(office, changes, path):
    made = office.add(checkerUUIDs=["rul_1"])
    if path == "alertOpt.silentTimeout" and "silentTimeout" not in (changes["alertOpt"] or {}):
        return  # a change may leave it out

    message = refusal(office.call("POST", f"/alert_policy/{made['uuid']}/modify_v2", strategy(**changes)))

    assert message.startswith(f"{path}: "), message
    kept = office.get(f"/alert_policy/{made['uuid']}/get")
    assert {name: kept[name] for name in made if name != "id"} == {
        name: made[name] for name in made if name != "id"
    }


@pytest.mark.parametrize("name", ["name", "ruleTimezone"])
def test_what_is_needed_is_missed(office, name):
    body = without(name, strategy())

    assert refusal(office.call("POST", "/alert_policy/add_v2", body)).startswith(f"{name}: is missing")


@pytest.mark.parametrize("body", ACCEPTED)
def test_what_is_allowed_comes_back_exactly_as_it_was_sent(office, body):
    sent = json.dumps(body, ensure_ascii=False)

    made = content(office.call("POST", "/alert_policy/add_v2", sent))

    kept = office.get(f"/alert_policy/{made['uuid']}/get")
    for record in (made, kept):
        assert json.dumps(record.get("alertOpt"), ensure_ascii=False) == json.dumps(
            body.get("alertOpt"), ensure_ascii=False
        )


@pytest.mark.parametrize("body", NO_OBJECTS, ids=range(len(NO_OBJECTS)))
def test_what_is_no_object_of_json_is_refused(office, body):
    refusal(office.call("POST", "/alert_policy/add_v2", body))

    assert office.rows("/alert_policy/list") == []


def test_long_lists_are_taken_or_refused_by_name(office):
    many = [f"rul_{number}" for number in range(10_000)]
    long = [f"acnt_{number}" for number in range(10_000)]

    made = office.add(checkerUUIDs=many)
    refused = office.call("POST", "/alert_policy/add_v2", strategy(**aimed(to=long)))
    longer = office.call("POST", "/alert_policy/add_v2", strategy(checkerUUIDs=[*many, "x"]))

    assert made["checkerUUIDs"] == many
    assert refusal(refused).startswith(f"{T0}.to: has 10000 entries")
    assert refusal(longer).startswith("checkerUUIDs: ")


def test_more_members_than_a_rule_can_tell_are_refused_by_name(office):
    crowd = [f"acnt_{number}" for number in range(10_000)]
    upgrade = {"to": crowd, "duration": 60, "toWay": ["sms"]}

    def refused(members, **more):
        infos = [{"memberInfo": members, "targets": [{"to": ["notify_1"], "status": "error", **more}]}]
        member = opt({"alertInfo": infos}, alertType="member")
        return refusal(office.call("POST", "/alert_policy/add_v2", strategy(alertOpt=member)))

    info = "alertOpt.alertTarget[0].alertInfo[0]"
    assert refused(crowd).startswith(f"{info}.memberInfo: has 10000 entries")
    assert refused([], upgradeTargets=[upgrade]).startswith(
        f"{info}.targets[0].upgradeTargets[0].to: has 10000"
    )
    assert office.rows("/alert_policy/list") == []


@pytest.mark.parametrize("name", ["a", "1e3", "0x10", "", " 5", "５"])
def test_a_text_is_no_number_unless_it_is_digits(office, name):
    refusal(office.call("POST", "/alert_policy/add_v2", strategy(alertOpt=opt(silentTimeout=name))))


@pytest.mark.parametrize("reading", READINGS)
def test_where_the_vendors_pages_contradict_one_another(office, reading):
    READINGS[reading](office)
