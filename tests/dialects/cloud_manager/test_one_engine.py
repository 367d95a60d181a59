"""What is said here holds everywhere, and what is said elsewhere shows here."""

import pytest

from api_world import PEOPLE, REA, catch_all, directory
from builders import step, target
from mongo_office import GROUP, MongoOffice, refusal, well
from tocsin.actions import answering, paging
from tocsin.core.ids import PageId
from tocsin.core.spelling import from_native

OLA, ADA = PEOPLE["owner"], PEOPLE["admin"]


@pytest.fixture
def office(database) -> MongoOffice:
    """An office in which a policy of another API asks one after the other, ten minutes apart."""
    steps = (step(target(REA)), *(step(target(each), after=10) for each in (ADA, OLA)))
    named = catch_all(*steps)
    return MongoOffice(database, configuration=directory(escalation_policies={named.id: named}))


def run(office, **length: float) -> list[str]:
    """Let time pass, and name whoever has been asked so far."""
    office.api.clock.pass_time(**length)
    office.api.transact(lambda tx: paging.turn(tx, now=office.api.clock.now))
    found = office.api.get("/notifications?limit=100")["notifications"]
    return sorted(each["address"].partition("@")[0] for each in found)


def test_the_page_of_another_policy_rests_until_the_time_and_starts_over_then(office):
    path = office.report()
    begun = run(office)
    office.acknowledge(path, "2026-03-06T10:00:00Z", acknowledgementComment="mine")
    (page,) = office.api.get("/pages")["pages"]

    held = [run(office, minutes=20), run(office, minutes=20), run(office, minutes=19)]
    over = run(office, minutes=1)
    later = run(office, minutes=10)

    assert (page["status"], begun) == ("acknowledged", ["rea"])
    assert held == [["rea"]] * 3
    assert over == ["rea", "rea"]
    assert later == ["ada", "rea", "rea"]
    story = str(office.api.get(f"/pages/{page['id']}/timeline"))
    assert "the acknowledgement by Ola ended" in story


def test_taking_it_back_asks_again_at_once(office):
    path = office.report()
    run(office)
    office.acknowledge(path)

    office.acknowledge(path, None)

    assert run(office) == ["rea", "rea"]


def test_an_acknowledgement_by_a_link_shows_here(office):
    path = office.report()
    (page,) = office.api.get("/pages")["pages"]
    number = PageId(from_native(page["id"]))
    office.api.transact(
        lambda tx: answering.acknowledge(
            tx, REA.workspace, REA.id, number, comment="on my way", now=office.api.clock.now
        )
    )

    said = office.get(path)

    assert (said["acknowledgingUsername"], said["acknowledgementComment"]) == (REA.email, "on my way")


def test_one_that_a_source_says_shows_here_by_the_sources_name(office):
    path = office.report(source="nagios")
    office.report(status="acknowledged", source="nagios")

    assert office.get(path)["acknowledgingUsername"] == "nagios"


def test_a_policy_withdrawn_elsewhere_cancels_here(office):
    notification = {"typeName": "USER", "username": REA.email, "delayMin": 0, "intervalMin": 5}
    config = {"eventTypeName": "NO_PRIMARY", "enabled": True, "notifications": [notification]}
    well(office.call("POST", f"/groups/{GROUP}/alertConfigs", config))
    path = office.report(event_type="NO_PRIMARY")
    (policy,) = office.api.get("/alert-policies")["alert_policies"]

    answer = office.api.call("POST", f"/alert-policies/{policy['id']}/withdraw", as_="admin")
    again = office.api.call("POST", f"/alert-policies/{policy['id']}/withdraw", as_="admin")
    asked = run(office)
    office.report(event_type="NO_PRIMARY")
    quiet = run(office, hours=3)
    (alert,) = office.api.get("/alerts?routing=withdrawn")["alerts"]
    office.report(event_type="NO_PRIMARY", severity="critical", title="worse")

    assert (answer.status_code, answer.json()["enabled"], again.status_code) == (200, False, 200)
    assert quiet == asked
    assert alert["routing"] == "withdrawn"
    assert office.get(path)["status"] == "CANCELLED"


def test_what_others_page_about_is_not_cancelled(office):
    notification = {"typeName": "USER", "username": REA.email, "delayMin": 0}
    config = {"eventTypeName": "NO_PRIMARY", "enabled": True, "notifications": [notification]}
    first, second = (well(office.call("POST", f"/groups/{GROUP}/alertConfigs", config)) for _ in range(2))
    path = office.report(event_type="NO_PRIMARY")

    office.call("DELETE", f"/groups/{GROUP}/alertConfigs/{first['id']}")

    said = office.get(path)
    assert (said["status"], said["alertConfigId"]) == ("OPEN", second["id"])


def test_a_withdrawn_alert_that_gets_worse_is_everybodys_again(office):
    notification = {"typeName": "USER", "username": REA.email, "delayMin": 0}
    config = {"eventTypeName": "NO_PRIMARY", "enabled": True, "notifications": [notification]}
    made = well(office.call("POST", f"/groups/{GROUP}/alertConfigs", config))
    path = office.report(event_type="NO_PRIMARY", severity="warning")
    office.call("DELETE", f"/groups/{GROUP}/alertConfigs/{made['id']}")
    before = run(office)

    office.report(event_type="NO_PRIMARY", severity="critical")

    assert len(run(office)) == len(before) + 1
    assert office.get(path)["status"] == "OPEN"


def test_a_key_may_be_bound_to_networks_when_it_is_made(office):
    body = {"kind": "tocsin", "name": "ci", "networks": ["192.0.2.0/24", "2001:db8::1"]}

    made = office.api.post("/api-keys", body, as_="admin")
    refused = office.api.call("GET", "/alerts", as_=made["key"])
    wrong = office.api.call("POST", "/api-keys", body | {"networks": ["192.0.2.1/24"]}, as_="admin")

    assert made["networks"] == ["192.0.2.0/24", "2001:db8::1/128"]
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:tocsin:problem:not-from-there")
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (400, "networks[0]")
    event = office.api.call("POST", "/events", {"title": "x"}, as_=made["key"])
    assert event.status_code == 403


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59Z", "2126-04-07T09:00:00+05:30"])
def test_for_ever_is_a_moment_like_any_other(office, until):
    path = office.report()

    said = office.acknowledge(path, until)

    assert said["acknowledgedUntil"][:4] == until[:4]
    assert run(office, days=300) == ["rea"]


def test_windows_may_be_as_long_as_years_go(office):
    path = f"/groups/{GROUP}/maintenanceWindows"
    body = {"startDate": "0001-01-01", "endDate": "9999-12-31T23:59:59Z", "alertTypeNames": ["AGENT"]}

    made = well(office.call("POST", path, body))
    run(office)

    assert (made["startDate"], made["endDate"]) == ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
    assert refusal(office.call("POST", path, body | {"startDate": "9999-12-31T23:59:59-01:00"}))[0] == 400
