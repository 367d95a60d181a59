"""Schedules: the documented examples, what is included, what is kept."""

import pytest

from datadog_office import (
    ANA,
    BEN,
    OPS,
    WEB,
    Office,
    by_type,
    layer,
    links,
    refusal,
    replacing,
    schedule,
)
from tocsin.actions import extras
from tocsin.actions.actor import Actor
from tocsin.core.spelling import from_uuid, to_uuid

# The request of the vendor's page, with ids of ours.
DOCUMENTED = {
    "data": {
        "attributes": {
            "layers": [
                {
                    "effective_date": "2021-11-01T11:11:11+00:00",
                    "end_date": "2021-11-21T11:11:11+00:00",
                    "interval": {"days": 1},
                    "members": [{"user": {"id": ANA}}],
                    "name": "Layer 1",
                    "restrictions": [
                        {
                            "end_day": "friday",
                            "end_time": "17:00:00",
                            "start_day": "monday",
                            "start_time": "09:00:00",
                        }
                    ],
                    "rotation_start": "2021-11-06T11:11:11+00:00",
                }
            ],
            "name": "Example-On-Call",
            "tags": ["tag1", "tag2"],
            "time_zone": "America/New_York",
        },
        "relationships": links(OPS),
        "type": "schedules",
    }
}


def test_the_documented_creation_is_answered_as_documented(office):
    made = office.post("/schedules", DOCUMENTED)

    (layer_id,) = (each["id"] for each in made["data"]["relationships"]["layers"]["data"])
    assert made == {
        "data": {
            "id": made["data"]["id"],
            "type": "schedules",
            "attributes": {
                "name": "Example-On-Call",
                "tags": ["tag1", "tag2"],
                "time_zone": "America/New_York",
            },
            "relationships": {
                "layers": {"data": [{"id": layer_id, "type": "layers"}]},
                "teams": {"data": [{"id": to_uuid(OPS.id), "type": "teams"}]},
            },
        }
    }
    assert office.get(f"/schedules/{made['data']['id']}") == made


def test_the_documented_update_is_taken_with_its_five_minutes(office):
    made = office.post("/schedules", DOCUMENTED)["data"]
    identifier, layer_id = made["id"], made["relationships"]["layers"]["data"][0]["id"]
    body = replacing(DOCUMENTED, identifier)
    changed = body["data"]["attributes"]["layers"][0] | {"id": layer_id, "interval": {"seconds": 300}}
    body["data"]["attributes"] = {
        "layers": [changed],
        "name": "Example-On-Call 2",
        "tags": ["tag1", "tag2", "tag3"],
        "time_zone": "America/New_York",
    }

    answer = office.put(f"/schedules/{identifier}?include=layers", body)

    assert answer["data"]["attributes"]["tags"] == ["tag1", "tag2", "tag3"]
    assert [each["id"] for each in answer["included"]] == [layer_id]
    assert answer["included"][0]["attributes"]["interval"] == {"seconds": 300}


def test_everything_that_is_included_has_the_recorded_form(office):
    turns = [{"user": {"id": ANA}}, {}, {"user": None}, {"user": {"id": None}}, {"user": {"id": ANA}}]
    restrictions = [
        {"start_day": "sunday", "start_time": "22:00:00", "end_day": "monday", "end_time": "06:30:00"}
    ]
    first = layer(interval={"days": 7, "seconds": 300}, members=turns, restrictions=restrictions)
    second = layer(name="Nights", end_date="2026-04-01T00:00:00Z", time_zone="Asia/Tokyo", restrictions=None)
    body = schedule(first, second, teams=(OPS,))

    made = office.post("/schedules?include=teams,layers,layers.members,layers.members.user", body)
    found = by_type(made)

    upper, lower = (each["id"] for each in made["data"]["relationships"]["layers"]["data"])
    assert found["teams"] == [
        {
            "id": to_uuid(OPS.id),
            "type": "teams",
            "attributes": {"name": "Ops", "handle": "ops", "avatar": "", "description": "Ops people"},
        }
    ]
    assert found["layers"] == [
        {
            "id": upper,
            "type": "layers",
            "attributes": {
                "name": "Daily",
                "effective_date": "2026-03-01T00:00:00Z",
                "rotation_start": "2026-03-01T09:00:00Z",
                "applied_rotation_start": "2026-03-01T09:00:00Z",
                "interval": {"days": 7, "seconds": 300},
                "restrictions": restrictions,
            },
            "relationships": {
                "members": {"data": [{"id": f"{upper}-member-{n}", "type": "members"} for n in range(1, 6)]}
            },
        },
        {
            "id": lower,
            "type": "layers",
            "attributes": {
                "name": "Nights",
                "effective_date": "2026-03-01T00:00:00Z",
                "rotation_start": "2026-03-01T09:00:00Z",
                "applied_rotation_start": "2026-03-01T09:00:00Z",
                "end_date": "2026-04-01T00:00:00Z",
                "interval": {"days": 1},
                "restrictions": [],
                "time_zone": "Asia/Tokyo",
            },
            "relationships": {
                "members": {"data": [{"id": f"{lower}-member-{n}", "type": "members"} for n in (1, 2)]}
            },
        },
    ]
    assert [(each["id"], each["relationships"]["user"]["data"]) for each in found["members"]] == [
        (f"{upper}-member-1", {"id": ANA, "type": "users"}),
        (f"{upper}-member-5", {"id": ANA, "type": "users"}),
        (f"{lower}-member-1", {"id": ANA, "type": "users"}),
        (f"{lower}-member-2", {"id": BEN, "type": "users"}),
    ]
    assert {each["id"]: each["attributes"] for each in found["users"]} == {
        ANA: {"email": "rea@example.org", "name": "Rea", "status": "active"},
        BEN: {"email": "ada@example.org", "name": "Ada", "status": "active"},
    }


def test_times_come_back_as_they_were_written_at_once_and_in_utc_later(office):
    written = {
        "effective_date": "2026-03-01T09:00:00.120+01:00",
        "rotation_start": "2026-03-01T03:00:00.123456789-05:00",
        "end_date": "2027-03-01T00:00:00+00:00",
    }
    body = schedule(layer(**written))

    made = office.post("/schedules?include=layers", body)
    read = office.get(f"/schedules/{made['data']['id']}?include=layers")
    replaced = office.put(
        f"/schedules/{made['data']['id']}?include=layers", replacing(body, made["data"]["id"])
    )

    applied = {"applied_rotation_start": written["rotation_start"]}
    for answer in (made, replaced):
        told = answer["included"][0]["attributes"]
        assert {name: told[name] for name in written | applied} == written | applied
    told = read["included"][0]["attributes"]
    assert {name: told[name] for name in written | applied} == {
        "effective_date": "2026-03-01T08:00:00.12Z",
        "rotation_start": "2026-03-01T08:00:00.123456Z",
        "applied_rotation_start": "2026-03-01T08:00:00.123456Z",
        "end_date": "2027-03-01T00:00:00Z",
    }


def test_a_replacement_replaces_all_of_a_schedule_and_keeps_the_layers_that_it_names(office):
    made = office.post(
        "/schedules", schedule(layer(), layer(name="B"), layer(name="C"), teams=(OPS,), tags=["a"])
    )
    first, second, third = (each["id"] for each in made["data"]["relationships"]["layers"]["data"])
    layers = [layer(name="New"), layer(id=third, name="B"), layer(id=first.upper(), name="Daily 2")]

    body = replacing(schedule(*layers, name="Second line", teams=(WEB,)), made["data"]["id"])
    answer = office.put(f"/schedules/{made['data']['id']}?include=layers", body)

    new, *kept = (each["id"] for each in answer["data"]["relationships"]["layers"]["data"])
    assert kept == [third, first]
    assert new not in {first, second, third}
    assert [each["attributes"]["name"] for each in answer["included"]] == ["New", "B", "Daily 2"]
    assert answer["data"]["attributes"] == {"name": "Second line", "tags": [], "time_zone": "UTC"}
    assert answer["data"]["relationships"]["teams"]["data"] == [{"id": to_uuid(WEB.id), "type": "teams"}]


@pytest.mark.parametrize(
    "relationships",
    [None, {}, {"teams": None}, {"teams": {}}, {"teams": {"data": None}}, {"teams": {"data": []}}],
)
def test_no_teams_means_none_from_now_on(office, relationships):
    identifier = office.schedule(teams=(OPS,))
    body = replacing(schedule(), identifier)
    body["data"]["relationships"] = relationships

    answer = office.put(f"/schedules/{identifier}?include=teams", body)

    assert answer["data"]["relationships"]["teams"] == {"data": []}
    assert answer["included"] == []


def test_a_team_that_is_named_twice_owns_a_schedule_once(office):
    made = office.post("/schedules?include=teams", schedule(teams=(OPS, WEB, OPS)))

    assert [each["id"] for each in made["data"]["relationships"]["teams"]["data"]] == [
        to_uuid(OPS.id),
        to_uuid(WEB.id),
    ]
    assert len(by_type(made)["teams"]) == 2


def test_what_a_team_has_beyond_the_domain_comes_with_it(office):
    server = Actor.of_server(OPS.workspace)
    office.database.transact(
        lambda tx: extras.keep(tx, server, OPS.id, {"avatar": "🥑"}, dialect="datadog", kind="team")
    )
    made = office.post("/schedules?include=teams", schedule(teams=(OPS,)))

    for answer in (
        made,
        office.get(f"/schedules/{made['data']['id']}?include=teams"),
        office.get("/schedules?include=teams"),
    ):
        assert by_type(answer)["teams"][0]["attributes"]["avatar"] == "🥑"


def test_ids_and_members_of_the_future_are_ignored_where_something_new_is_made(office):
    body = schedule(layer(id=to_uuid(5), colour="red"), layer(id="no uuid", name="B"), colour="red")
    body["data"] |= {"id": to_uuid(6), "meta": {}}

    made = office.post("/schedules", body)

    assert to_uuid(6) != made["data"]["id"]
    assert to_uuid(5) not in str(made)


# --- the list -------------------------------------------------------------------------------------------


@pytest.fixture
def many(office: Office) -> Office:
    names = ["delta", "Alpha", "charlie", "Bravo", "echo"]
    for number, name in enumerate(names):
        members = [{"user": {"id": ANA if number % 2 else BEN}}]
        office.schedule(layer(members=members), name=name, teams=(OPS,) if number < 3 else (WEB,))
    return office


def named(answer) -> list[str]:
    return [each["attributes"]["name"] for each in answer["data"]]


def test_schedules_are_listed_by_name_with_their_teams_alone(many):
    answer = many.get("/schedules")

    assert named(answer) == ["Alpha", "Bravo", "charlie", "delta", "echo"]
    assert [set(each["relationships"]) for each in answer["data"]] == [{"teams"}] * 5
    assert "included" not in answer
    assert answer["meta"]["page"] == {
        "type": "number_size",
        "number": 0,
        "size": 10,
        "total": 5,
        "first_number": 0,
        "last_number": 0,
        "prev_number": None,
        "next_number": None,
    }


@pytest.mark.parametrize(
    ("number", "names", "before", "after"),
    [
        (0, ["Alpha", "Bravo"], None, 1),
        (1, ["charlie", "delta"], 0, 2),
        (2, ["echo"], 1, None),
        (3, [], 2, None),
        (9, [], 2, None),
    ],
)
def test_a_page_says_where_it_stands(many, number, names, before, after):
    answer = many.get(f"/schedules?page[size]=2&page[number]={number}")

    page = answer["meta"]["page"]
    assert named(answer) == names
    assert (page["number"], page["size"], page["total"], page["last_number"]) == (number, 2, 5, 2)
    assert (page["prev_number"], page["next_number"]) == (before, after)


def test_a_list_brings_the_teams_of_its_page_alone(many):
    answer = many.get("/schedules?include=teams&page[size]=2&page[number]=1")

    assert named(answer) == ["charlie", "delta"]
    assert [each["id"] for each in by_type(answer)["teams"]] == [to_uuid(OPS.id)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("ALPH", ["Alpha"]),
        ("*a", ["Alpha", "Bravo", "charlie", "delta"]),
        (f"team.id:{to_uuid(WEB.id)}", ["Bravo", "echo"]),
        (f"user.id:{ANA}", ["Alpha", "Bravo"]),
        (f"user.id:({ANA} OR {BEN}) team.id:{to_uuid(OPS.id)} e*", ["charlie", "delta"]),
        ("nothing like it", []),
    ],
)
def test_a_list_can_be_narrowed(many, query, names):
    answer = many.get("/schedules", params={"filter[query]": query})

    assert named(answer) == names
    assert answer["meta"]["page"]["total"] == len(names)


@pytest.mark.parametrize(
    "query",
    [
        "page[size]=0",
        "page[size]=101",
        "page[size]=ten",
        "page[number]=-1",
        "page[number]=99999999999",
        "page[size]=1&page[size]=2",
        "include=layers",
        "filter[query]=team.id:abc",
        "filter[query]=" + "x" * 1001,
    ],
)
def test_a_list_that_cannot_be_is_refused(office, query):
    answer = office.call("GET", f"/schedules?{query}")

    assert answer.status_code == 400
    assert f'attribute "{query.partition("=")[0]}"' in refusal(answer)


def test_each_workspace_lists_its_own(many):
    assert many.get("/schedules", as_="stranger")["data"] == []


def test_a_schedule_that_is_gone_is_in_no_list(office):
    identifier = office.schedule()
    assert from_uuid(identifier) is not None

    assert office.call("DELETE", f"/schedules/{identifier}").status_code == 204

    assert office.get("/schedules")["data"] == []
