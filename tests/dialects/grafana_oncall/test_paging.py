"""People paged directly, and words passed on by telephone."""

from dataclasses import replace

import pytest

from api_world import NOW, REA
from grafana_office import ADA_ID, OPS_ID, REA_ID, Office, unknown
from tocsin.core.ids import ContactMethodId
from tocsin.core.people import ContactMethod

PHONED = replace(
    REA,
    contact_methods=(
        *REA.contact_methods,
        ContactMethod(
            id=ContactMethodId(7_001), user=REA.id, channel="sms", address="+4930123456", verified_at=NOW
        ),
    ),
)


@pytest.fixture
def office(database):
    return Office(database, more={REA.id: PHONED})


def page(office, *, status=200, **body):
    return office.post("escalation/", body, status=status)


def asked(office):
    """Whom the newest page asks, and how loudly."""
    newest = office.api.get("/pages")["pages"][0]
    return [(each["name"], each["importance"]) for each in newest["responders"]]


def test_people_are_paged_each_by_the_list_that_is_asked_for(office):
    users = [{"id": REA_ID, "important": True}, {"id": ADA_ID}]
    group = page(office, users=users, title="Join us", message="Please", source_url="https://x.example/1")

    assert (group["title"], group["state"]) == ("Join us", "firing")
    assert office.get(f"alert_groups/{group['id']}")["id"] == group["id"]
    assert sorted(asked(office)) == [("Ada", "default"), ("Rea", "important")]


def test_a_team_is_paged_as_a_whole(office):
    group = page(office, team=OPS_ID, important_team_escalation=True)

    assert group["title"] == "Direct page from Ada"
    assert sorted(asked(office)) == [("Ada", "important"), ("Rea", "important")]


def test_somebody_is_added_to_an_alert_group_even_when_another_has_acknowledged_it(office):
    group = page(office, users=[{"id": ADA_ID}], title="First")["id"]
    office.post(f"alert_groups/{group}/acknowledge", status=200)

    again = page(office, users=[{"id": REA_ID}], alert_group_id=group)

    assert (again["id"], again["state"]) == (group, "acknowledged")
    assert asked(office) == [("Rea", "default")]
    newest = office.api.get("/pages")["pages"][0]
    assert newest["status"] == "triggered"
    office.post(f"alert_groups/{group}/resolve", status=200)
    assert {each["status"] for each in office.api.get("/pages")["pages"]} == {"resolved"}
    body = {"users": [{"id": REA_ID}], "alert_group_id": group}
    said = {"detail": "Cannot add responders for a resolved alert group"}
    assert office.refusal("POST", "escalation", body) == (400, said)


REFUSED = [
    ({}, {"detail": "No team or user(s) specified"}),
    ({"users": []}, {"detail": "No team or user(s) specified"}),
    (
        {"users": [{"id": REA_ID}], "team": OPS_ID},
        {"non_field_errors": ["users and team are mutually exclusive"]},
    ),
    (
        {"users": [{"id": REA_ID}, {"id": unknown("user")}]},
        {"users": [{}, {"non_field_errors": [f"User {unknown('user')} does not exist"]}]},
    ),
    ({"users": [{}]}, {"users": [{"id": ["This field is required."]}]}),
    (
        {"users": ["x"]},
        {"users": [{"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]}]},
    ),
    ({"users": "x"}, {"users": ['Expected a list of items but got type "str".']}),
    ({"users": [{"id": REA_ID, "important": "x"}]}, {"users": [{"important": ["Must be a valid boolean."]}]}),
    ({"team": unknown("team")}, {"team": ["Object does not exist"]}),
    ({"team": OPS_ID, "title": ["x"]}, {"title": ["Not a valid string."]}),
    (
        {"team": OPS_ID, "alert_group_id": "I1"},
        {"non_field_errors": ["Alert group I1 does not exist"]},
    ),
    (
        {"team": OPS_ID, "alert_group_id": unknown("alert_group"), "title": "x"},
        {"non_field_errors": ["alert_group_id and (title, message, source_url) are mutually exclusive"]},
    ),
]


@pytest.mark.parametrize(("body", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_makes_no_sense_is_refused_and_pages_nobody(office, body, said):
    assert office.refusal("POST", "escalation/", body) == (400, said)
    assert office.api.get("/pages")["pages"] == []


def test_viewers_and_service_accounts_page_nobody(office):
    body = {"users": [{"id": REA_ID}]}

    assert office.refusal("POST", "escalation", body, as_="viewer")[0] == 403
    assert office.refusal("POST", "escalation", body, as_="robot") == (403, {"detail": "Invalid token."})


def test_words_are_passed_on_to_a_verified_number(office):
    body = {"email": "REA@example.org", "message": "Call the office"}

    assert office.post("send_sms", body, status=200) == {}
    (sent,) = office.api.get("/notifications", as_="admin")["notifications"]
    assert (sent["channel"], sent["address"]) == ("sms", "+4930123456")
    assert office.refusal("POST", "make_call", body) == (400, {"error": "number-not-verified"})
    assert office.refusal("POST", "send_sms", body | {"email": "x@example.org"}) == (
        404,
        {"error": "user-not-found"},
    )
    assert office.refusal("POST", "send_sms", body | {"message": "x" * 1_025}) == (
        400,
        {"message": ["Ensure this field has no more than 1024 characters."]},
    )


def test_without_a_carrier_words_cannot_be_passed_on(database):
    office = Office(database, telephone=False, more={REA.id: PHONED})
    body = {"email": "rea@example.org", "message": "x"}

    answer = office.call("POST", "send_sms", body)

    assert (answer.status_code, answer.json()) == (503, {"error": "failed"})
    assert office.api.get("/notifications", as_="admin")["notifications"] == []
    assert office.refusal("POST", "make_call", body) == (400, {"error": "number-not-verified"})
    unknown_to_us = office.refusal("POST", "send_sms", body | {"email": "x@example.org"})
    assert unknown_to_us == (404, {"error": "user-not-found"})
