"""Maintenance windows: when alerts of some classes open, and tell nobody."""

from typing import Any

import pytest

from mongo_office import FOREIGN, GROUP, OTHER_GROUP, UNKNOWN, refusal, well
from tocsin.actions import paging

WINDOWS = f"/groups/{GROUP}/maintenanceWindows"


def window(**changes: Any) -> dict[str, Any]:
    return {
        "startDate": "2026-03-06T08:00:00Z",
        "endDate": "2026-03-06T07:00:00-0500",
        "alertTypeNames": ["HOST", "BACKUP"],
        "description": "new disks",
    } | changes


def add(office, **changes: Any) -> dict[str, Any]:
    return well(office.call("POST", WINDOWS, window(**changes)))


def turn(office, **length: float) -> None:
    office.api.clock.pass_time(**length)
    office.api.transact(lambda tx: paging.turn(tx, now=office.api.clock.now))


def pages(office) -> int:
    return len(office.api.get("/pages")["pages"])


def test_what_is_made_is_read_listed_changed_and_gone(office):
    made = add(office)
    path = f"{WINDOWS}/{made['id']}"
    read, (listed,) = office.get(path), office.get(f"{WINDOWS}/")["results"]

    changed = well(office.call("PATCH", path, {"endDate": "2026-03-06T13:00:00Z"}))
    gone = [office.call("DELETE", path).status_code for _ in range(2)]

    assert made == read == listed
    assert {**made, "id": "", "created": "", "updated": "", "links": []} == {
        "id": "",
        "groupId": GROUP,
        "created": "",
        "updated": "",
        "startDate": "2026-03-06T08:00:00Z",
        "endDate": "2026-03-06T12:00:00Z",
        "alertTypeNames": ["HOST", "BACKUP"],
        "description": "new disks",
        "links": [],
    }
    assert changed == made | {"endDate": "2026-03-06T13:00:00Z"}
    assert gone == [204, 404]
    assert office.get(WINDOWS)["results"] == []


def test_meanwhile_alerts_of_its_classes_open_and_tell_nobody(office):
    add(office)
    quiet = [
        office.report(title="a", event_type="HOST_DOWN"),
        office.report(title="b", host="db-1"),
        office.report(title="c", metric={"name": "CONNECTIONS", "value": 3}),
        office.report(title="d", event_type="OPLOG_BEHIND"),
    ]
    before = pages(office)
    office.report(title="e", event_type="NO_PRIMARY")
    office.report(title="f", service="depot", event_type="HOST_DOWN")

    assert [office.get(path)["status"] for path in quiet] == ["OPEN"] * 4
    assert (before, pages(office)) == (0, 2)
    turn(office, hours=4)
    assert pages(office) == 2 + len(quiet)


def test_it_is_a_silence_for_everybody_else(office):
    made = add(office)

    (silence,) = office.api.get("/silences")["silences"]
    office.api.call("POST", f"/silences/{silence['id']}/end", as_="admin")

    assert silence["name"] == "Maintenance of Shop: HOST, BACKUP"
    assert office.get(f"{WINDOWS}/{made['id']}")["endDate"] == "2026-03-06T09:00:00Z"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"startDate": None}, "MISSING_MAINTENANCE_WINDOW_START_DATE"),
        ({"endDate": None}, "MISSING_MAINTENANCE_WINDOW_END_DATE"),
        ({"alertTypeNames": []}, "MISSING_MAINTENANCE_WINDOW_ALERT_TYPE_NAME"),
        ({"alertTypeNames": None}, "MISSING_MAINTENANCE_WINDOW_ALERT_TYPE_NAME"),
        ({"alertTypeNames": ["DISK"]}, "INVALID_ENUM_VALUE"),
        ({"endDate": "2026-03-06T08:00:00Z"}, "MAINTENANCE_WINDOW_START_DATE_AFTER_END_DATE"),
        ({"startDate": "soon"}, "INVALID_JSON_ATTRIBUTE"),
        ({"id": UNKNOWN}, "ATTRIBUTE_READ_ONLY"),
        ({"colour": "red"}, "INVALID_ATTRIBUTE"),
    ],
)
def test_what_cannot_be_is_refused(office, changes, said):
    assert refusal(office.call("POST", WINDOWS, window(**changes)))[:2] == (400, said)
    assert office.get(WINDOWS)["totalCount"] == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"endDate": "2026-03-06T08:30:00Z"}, "INVALID_JSON_ATTRIBUTE"),
        ({"startDate": "2026-03-07"}, "MAINTENANCE_WINDOW_START_DATE_AFTER_END_DATE"),
        ({"alertTypeNames": []}, "MISSING_MAINTENANCE_WINDOW_ALERT_TYPE_NAME"),
    ],
)
def test_what_it_cannot_become_is_refused(office, changes, said):
    made = add(office)
    path = f"{WINDOWS}/{made['id']}"

    assert refusal(office.call("PATCH", path, changes))[:2] == (400, said)
    assert office.get(path) == made


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (UNKNOWN, "MAINTENANCE_WINDOW_NOT_FOUND"),
        (FOREIGN, "MAINTENANCE_WINDOW_NOT_FOUND"),
        ("x", "INVALID_WINDOW_ID"),
    ],
)
def test_what_is_not_there_is_not_found(office, window, said):
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert refusal(office.call(method, f"{WINDOWS}/{window}", body))[:2] == (404, said)


def test_the_window_of_another_project_is_not_found(office):
    made = add(office)

    assert refusal(office.call("GET", f"/groups/{OTHER_GROUP}/maintenanceWindows/{made['id']}"))[0] == 404
