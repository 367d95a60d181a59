"""Acknowledging one alert: the document that this dialect began with."""

import pytest

from api_world import PEOPLE
from mongo_office import FOREIGN, GROUP, OTHER_GROUP, UNKNOWN, refusal, well

METRIC = {
    "title": "Too many asserts",
    "event_type": "OUTSIDE_METRIC_THRESHOLD",
    "metric": {"name": "ASSERTS_REGULAR", "value": 0.0, "units": "RAW"},
    "host": "db-1.example.org:27017",
    "labels": {"env": "prod"},
}


def test_the_documents_own_example_works(office):
    path = office.report(**METRIC)
    body = {
        "acknowledgedUntil": "2026-04-15T00:00:00-0400",
        "acknowledgementComment": "This is normal. Please ignore.",
    }

    said = well(office.call("PATCH", path, body))

    alert = path.rpartition("/")[2]
    assert said == {
        "id": alert,
        "groupId": GROUP,
        "alertConfigId": said["alertConfigId"],
        "eventTypeName": "OUTSIDE_METRIC_THRESHOLD",
        "typeName": "HOST_METRIC",
        "status": "OPEN",
        "acknowledgedUntil": "2026-04-15T04:00:00Z",
        "acknowledgementComment": "This is normal. Please ignore.",
        "acknowledgingUsername": PEOPLE["owner"].email,
        "created": "2026-03-06T09:00:00Z",
        "updated": "2026-03-06T09:00:00Z",
        "metricName": "ASSERTS_REGULAR",
        "currentValue": {"number": 0.0, "units": "RAW"},
        "hostId": said["hostId"],
        "hostnameAndPort": "db-1.example.org:27017",
        "tags": ["env:prod"],
        "links": said["links"],
    }
    assert said["links"][0] == {"rel": "self", "href": f"http://tocsin.test/api/public/v1.0{path}"}
    assert office.get(path) == said


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"acknowledgedUntil": None},
        {"acknowledgedUntil": "2017-01-01T00:00:00Z"},
        {"acknowledgedUntil": "2026-03-06T09:00:00Z"},  # now, which is no more than the past
        {"acknowledgementComment": "not mine"},
    ],
)
def test_without_a_moment_to_come_an_acknowledgement_is_taken_back(office, body):
    path = office.report(**METRIC)
    held = office.acknowledge(path, acknowledgementComment="mine")

    said = well(office.call("PATCH", path, body))

    gone = {"acknowledgedUntil", "acknowledgementComment", "acknowledgingUsername"}
    assert gone <= set(held)
    assert gone.isdisjoint(said)
    assert said["status"] == "OPEN"


def test_a_comment_without_an_acknowledgement_is_told_in_the_story(office):
    path = office.report()

    well(office.call("PATCH", path, {"acknowledgementComment": "looking"}))

    (alert,) = office.api.get("/alerts")["alerts"]
    story = office.api.get(f"/alerts/{alert['id']}/timeline")
    assert 'said "looking"' in str(story)


def test_a_new_acknowledgement_replaces_the_date_and_the_comment(office):
    path = office.report()
    office.acknowledge(path, "2027-01-01", acknowledgementComment="mine")

    said = office.acknowledge(path, "2126-12-24T23:59:59+01:00")

    assert said["acknowledgedUntil"] == "2126-12-24T22:59:59Z"
    assert "acknowledgementComment" not in said


def test_it_ends_by_itself(office):
    path = office.report()
    office.acknowledge(path, "2026-03-06T10:00:00Z")
    office.api.clock.pass_time(hours=1)

    assert "acknowledgedUntil" not in office.get(path)


def test_an_acknowledgement_without_end_is_shown_as_one_of_a_hundred_years(office):
    path = office.report()
    (alert,) = office.api.get("/alerts")["alerts"]
    office.api.post(f"/alerts/{alert['id']}/acknowledge", {"comment": "mine"})

    said = office.get(path)

    assert said["acknowledgedUntil"] == "2126-03-06T09:00:00Z"
    assert said["acknowledgingUsername"] == PEOPLE["responder"].email


def test_what_is_over_cannot_be_acknowledged(office):
    path = office.report()
    office.report(status="resolved")

    assert refusal(office.call("PATCH", path, {})) == (400, "INVALID_ALERT_STATUS", ["CLOSED"])
    assert office.get(path)["resolved"] == "2026-03-06T09:00:00Z"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"acknowledgedUntil": "tomorrow"}, (400, "INVALID_JSON_ATTRIBUTE", ["acknowledgedUntil"])),
        ({"acknowledgedUntil": 1_800_000_000}, (400, "INVALID_JSON_ATTRIBUTE", ["acknowledgedUntil"])),
        ({"acknowledgementComment": ["a"]}, (400, "INVALID_JSON_ATTRIBUTE", ["acknowledgementComment"])),
        ({"acknowledgementComment": "a\0"}, (400, "INVALID_JSON_ATTRIBUTE", ["acknowledgementComment"])),
        ({"acknowledgementComment": "ä" * 201}, (400, "ACKNOWLEDGEMENT_COMMENT_TOO_LONG", ["200"])),
        ({"until": "2027-01-01"}, (400, "INVALID_ATTRIBUTE", ["until"])),
        ({"status": "CLOSED"}, (400, "ATTRIBUTE_READ_ONLY", ["status"])),
        ({"acknowledgingUsername": "me"}, (400, "ATTRIBUTE_READ_ONLY", ["acknowledgingUsername"])),
        ([], (400, "INVALID_JSON", None)),
    ],
)
def test_bad_bodies_are_refused_by_name_and_change_nothing(office, body, said):
    path = office.report()
    before = office.acknowledge(path, acknowledgementComment="mine")

    assert refusal(office.call("PATCH", path, body)) == said
    assert office.get(path) == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"acknowledgementComment":',
        b"null",
        b"NaN",
        b'"x"',
        b"\xff",
        b"[" * 100_000,
        b'{"acknowledgementComment":"\\ud800"}',
    ],
)
def test_what_is_no_json_object_is_refused(office, content):
    path = office.report()
    headers = {"content-type": "application/json"}

    assert refusal(office.call("PATCH", path, content=content, headers=headers))[:2] == (400, "INVALID_JSON")


def test_a_comment_has_two_hundred_characters_not_bytes(office):
    path = office.report()

    assert office.acknowledge(path, acknowledgementComment="😱" * 200)["acknowledgementComment"] == "😱" * 200


def test_bodies_are_json_and_not_too_large(office):
    path = office.report()
    form = office.call("PATCH", path, data={"acknowledgedUntil": "2027-01-01"})
    large = office.call(
        "PATCH", path, content=b" " * 10_000_000, headers={"content-type": "application/json"}
    )

    assert [refusal(each)[:2] for each in (form, large)] == [(415, None), (413, None)]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"/groups/{UNKNOWN}/alerts/{UNKNOWN}", (404, "GROUP_NOT_FOUND", [UNKNOWN])),
        (f"/groups/{FOREIGN}/alerts/{UNKNOWN}", (404, "GROUP_NOT_FOUND", [FOREIGN])),
        (f"/groups/shop/alerts/{UNKNOWN}", (404, "INVALID_GROUP_ID", ["shop"])),
        (f"/groups/{GROUP}/alerts/{UNKNOWN}", (404, "ALERT_NOT_FOUND", [UNKNOWN])),
        (f"/groups/{GROUP}/alerts/{FOREIGN}", (404, "ALERT_NOT_FOUND", [FOREIGN])),
        (f"/groups/{GROUP}/alerts/12", (404, "INVALID_ALERT_ID", ["12"])),
        (f"/groups/{GROUP}/alerts/{'g' * 24}", (404, "INVALID_ALERT_ID", ["g" * 24])),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_who_is_not_there_is_not_found(office, method, path, said):
    assert refusal(office.call(method, path, {} if method == "PATCH" else None)) == said


def test_an_alert_of_another_project_is_not_found(office):
    path = office.report(service="depot")
    foreign = path.replace(OTHER_GROUP, GROUP)

    assert refusal(office.call("PATCH", foreign, {}))[1] == "ALERT_NOT_FOUND"
    assert refusal(office.call("GET", path, as_="stranger"))[1] == "GROUP_NOT_FOUND"
    assert office.get(path)["groupId"] == OTHER_GROUP


def test_a_viewer_reads_and_does_not_acknowledge(office):
    path = office.report()

    assert refusal(office.call("PATCH", path, {}, as_="viewer"))[:2] == (403, "USER_UNAUTHORIZED")
    assert office.get(path, as_="viewer")["status"] == "OPEN"


def test_where_nobody_stands_behind_the_key_its_public_name_is_told(office):
    office.database.transact(lambda tx: office.add_key(tx, 800, "robot", None))
    path = office.report()

    said = well(office.call("PATCH", path, {"acknowledgedUntil": "2027-01-01"}, as_="robot"))

    assert said["acknowledgingUsername"] == "robot-key"


def test_the_same_is_spoken_below_the_other_root_and_for_all_projects(office):
    path = office.report()
    alert = path.rpartition("/")[2]

    atlas = office.get(f"/api/atlas/v1.0{path}")
    everywhere = office.get(f"/globalAlerts/{alert}")
    held = office.acknowledge(f"/globalAlerts/{alert}")

    assert atlas["links"][0]["href"] == f"http://tocsin.test/api/atlas/v1.0{path}"
    assert {**atlas, "links": []} == {**everywhere, "links": []}
    assert held["acknowledgedUntil"] == "2027-01-01T00:00:00Z"
    assert refusal(office.call("GET", f"/globalAlerts/{UNKNOWN}"))[1] == "ALERT_NOT_FOUND"
