"""Users, teams, organizations: who is there."""

import pytest

from api_world import ADA, OLA, REA
from grafana_office import ADA_ID, OLA_ID, OPS_ID, REA_ID, VIC_ID, WEB_ID, unknown
from tocsin.dialects.grafana_oncall.spelled import write


def test_a_user_is_shown_with_role_teams_and_zone(office):
    assert office.get(f"users/{REA_ID}") == {
        "id": REA_ID,
        "grafana_id": REA.id,
        "email": "rea@example.org",
        "slack": None,
        "username": "Rea",
        "role": "editor",
        "is_phone_number_verified": False,
        "timezone": "UTC",
        "teams": [OPS_ID, WEB_ID],
    }


def test_the_short_form_leaves_three_things_out(office):
    short = office.get("users/current/?short=true", as_="responder")

    assert list(short) == ["id", "grafana_id", "email", "username", "role", "is_phone_number_verified"]
    assert short["id"] == REA_ID


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [OLA_ID, ADA_ID, REA_ID, VIC_ID]),
        ("?username=REA", [REA_ID]),
        ("?email=Ola@Example.org", [OLA_ID]),
        ("?username=re", []),
        ("?roles=0", [OLA_ID, ADA_ID]),
        ("?roles=1&roles=2", [REA_ID, VIC_ID]),
        ("?roles=3", []),
        ("?email=&username=", [OLA_ID, ADA_ID, REA_ID, VIC_ID]),
    ],
)
def test_users_are_filtered(office, query, found):
    answer = office.get(f"users/{query}")

    assert [each["id"] for each in answer["results"]] == found
    assert (answer["count"], answer["page_size"]) == (len(found), 100)


def test_a_role_that_is_none_is_refused(office):
    sentence = "Select a valid choice. chief is not one of the available choices."
    assert office.refusal("GET", "users?roles=chief") == (400, {"roles": [sentence]})


def test_teams_are_listed_read_and_found_by_name(office):
    shown = {"id": OPS_ID, "grafana_id": 20, "name": "Ops", "email": None, "avatar_url": ""}

    assert office.get(f"teams/{OPS_ID}/") == shown
    assert office.list("teams?name=Ops") == [shown]
    assert office.list("teams?name=ops") == []
    assert [team["id"] for team in office.list("teams")] == [OPS_ID, WEB_ID]


def test_the_organization_is_the_tokens_whatever_is_named(office):
    ours = {"id": write("organization", 1)}

    assert office.get("organizations/anything/") == ours
    assert office.get("organizations/")["results"] == [ours]
    assert office.get("organizations/x", as_="stranger") == {"id": write("organization", 9)}


def test_without_slack_there_are_no_groups_and_channels(office):
    assert office.list("user_groups?slack_handle=x") == []
    assert office.list("slack_channels?channel_name=x") == []
    assert office.refusal("GET", f"user_groups/{unknown('user_group')}")[0] == 404


def test_info_tells_where_the_pages_are(office):
    assert office.get("info/") == {"url": "http://tocsin.test"}


def test_people_next_door_cannot_be_seen(office):
    assert office.refusal("GET", f"users/{write('user', ADA.id)}", as_="stranger")[0] == 404
    assert office.refusal("GET", f"users/{unknown('user')}") == (404, {"detail": "Not found."})
    assert [user["username"] for user in office.list("users", as_="stranger")] == ["Zoe"]
    assert OLA.name == office.get("users/current", as_="owner")["username"]
