"""Lists and their pages, and how answers are written: pretty, in an envelope, without a body."""

import json

import pytest

from mongo_office import FOREIGN, GROUP, UNKNOWN, refusal, well

ALERTS = f"/groups/{GROUP}/alerts"
URL = f"http://tocsin.test/api/public/v1.0{ALERTS}"


@pytest.fixture
def seven(office):
    return [office.report(title=f"t{number}").rpartition("/")[2] for number in range(7)][::-1]


def test_a_list_is_cut_into_pages_the_newest_first(office, seven):
    query = "status=OPEN&itemsPerPage=3"
    pages = [office.get(f"{ALERTS}?{query}&pageNum={number}") for number in (1, 2, 3, 4)]

    assert [[each["id"] for each in page["results"]] for page in pages] == [
        seven[:3],
        seven[3:6],
        seven[6:],
        [],
    ]
    assert {page["totalCount"] for page in pages} == {7}
    assert [[link["rel"] for link in page["links"]] for page in pages] == [
        ["self", "next"],
        ["self", "previous", "next"],
        ["self", "previous"],
        ["self", "previous"],
    ]
    assert pages[1]["links"][2]["href"] == f"{URL}?status=OPEN&pageNum=3&itemsPerPage=3"
    assert [link["rel"] for link in pages[0]["results"][0]["links"]] == ["self"]


def test_without_a_count_there_is_none(office, seven):
    found = office.get(f"{ALERTS}?includeCount=false&backupJobsEnabledOnly=true")

    assert "totalCount" not in found
    assert len(found["results"]) == 7


def test_a_page_has_a_hundred_and_never_more_than_five_hundred(office):
    links = [office.get(f"{ALERTS}{query}")["links"][0]["href"] for query in ("", "?itemsPerPage=2000")]

    assert links == [f"{URL}?pageNum=1&itemsPerPage=100", f"{URL}?pageNum=1&itemsPerPage=500"]


def test_an_empty_list_is_a_list(office):
    assert office.get(ALERTS) == {
        "links": [{"rel": "self", "href": f"{URL}?pageNum=1&itemsPerPage=100"}],
        "results": [],
        "totalCount": 0,
    }


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("pageNum=0", "pageNum"),
        ("pageNum=-1", "pageNum"),
        ("pageNum=x", "pageNum"),
        ("pageNum=1.5", "pageNum"),
        (f"pageNum={'9' * 40}", "pageNum"),
        ("itemsPerPage=0", "itemsPerPage"),
        ("itemsPerPage=", "itemsPerPage"),
        ("includeCount=maybe", "includeCount"),
        ("pretty=perhaps", "pretty"),
        ("envelope=1&envelope=0", "envelope"),
    ],
)
def test_a_query_that_cannot_be_is_refused_by_name(office, query, name):
    found = office.call("GET", f"{ALERTS}?{query}")
    if "envelope" in query:
        assert found.json()["content"]["parameters"] == [name]
    else:
        assert refusal(found) == (400, "INVALID_QUERY_PARAMETER", [name])


@pytest.mark.parametrize("query", ["%ff", "a=%00", "&".join(f"a{n}=1" for n in range(300))])
def test_a_query_that_cannot_be_read_is_refused(office, query):
    assert refusal(office.call("GET", f"{ALERTS}?{query}"))[:2] == (400, "INVALID_QUERY_PARAMETER")


def test_a_status_that_there_is_not_is_refused(office):
    assert refusal(office.call("GET", f"{ALERTS}?status=open")) == (400, "INVALID_ALERT_STATUS", ["open"])


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"/groups/{UNKNOWN}/alerts", "GROUP_NOT_FOUND"),
        (f"/groups/{FOREIGN}/alerts", "GROUP_NOT_FOUND"),
        ("/groups/x/alerts", "INVALID_GROUP_ID"),
        ("/nowhere", "RESOURCE_NOT_FOUND"),
        ("/groups", "RESOURCE_NOT_FOUND"),
    ],
)
def test_a_list_below_what_is_not_there_is_not_found(office, path, said):
    assert refusal(office.call("GET", path))[:2] == (404, said)


def test_a_method_that_a_resource_has_not_is_refused(office):
    for method in ("PUT", "POST", "DELETE", "OPTIONS"):
        found = office.call(method, ALERTS)
        assert refusal(found)[0] == 405
        assert found.headers["allow"] == "GET, HEAD"


def test_pretty_answers_have_lines_and_others_have_none(office):
    path = office.report()
    plain, pretty = (office.call("GET", f"{path}{query}").text for query in ("", "?pretty=true"))

    assert json.loads(plain) == json.loads(pretty)
    assert ("\n" in plain, "\n" in pretty) == (False, True)
    assert '\n  "id": "' in pretty
    assert "\n" in office.call("GET", "/nowhere?pretty=true").text


def test_an_envelope_holds_what_a_client_cannot_see(office):
    path = office.report()
    one, some, none, held = (
        office.call("GET", f"{path}?envelope=true"),
        office.call("GET", f"{ALERTS}?envelope=true"),
        office.call("GET", f"{ALERTS}/{UNKNOWN}?envelope=true"),
        office.call("PATCH", f"{path}?envelope=true&pretty=true", {"acknowledgedUntil": "2027-01-01"}),
    )
    unknown = office.bare("GET", f"{path}?envelope=true")

    assert {**one.json()["content"], "links": []} == {**some.json()["results"][0], "links": []}
    assert one.json()["status"] == 200
    assert some.json()["status"] == 200
    assert some.json()["totalCount"] == 1
    assert (none.status_code, none.json()["status"]) == (200, 404)
    assert none.json()["content"]["errorCode"] == "ALERT_NOT_FOUND"
    assert held.json()["content"]["acknowledgedUntil"] == "2027-01-01T00:00:00Z"
    assert (unknown.status_code, "content" in unknown.json()) == (401, False)
    assert unknown.headers["www-authenticate"].startswith("Digest")


def test_head_has_the_headers_of_get(office, seven):
    got, headed = office.call("GET", ALERTS), office.call("HEAD", ALERTS)

    assert headed.content == b""
    assert {**headed.headers, "date": ""} == {**got.headers, "date": ""}
    assert int(headed.headers["content-length"]) == len(got.content)


def test_alerts_of_all_projects_are_bounded_by_when_they_were_opened(office):
    first = office.report(title="a").rpartition("/")[2]
    office.api.clock.pass_time(hours=1)
    second = office.report(title="b", service="depot").rpartition("/")[2]

    def ids(query=""):
        return [each["id"] for each in office.get(f"/globalAlerts{query}")["results"]]

    assert ids() == [second, first]
    assert ids("?createdOnOrAfter=2026-03-06T10:00:00Z") == [second]
    assert ids("?createdOnOrBefore=2026-03-06T11:00:00+02:00&status=OPEN") == [first]
    assert refusal(office.call("GET", "/globalAlerts?createdOnOrAfter=x")) == (
        400,
        "INVALID_QUERY_PARAMETER",
        ["createdOnOrAfter"],
    )
    assert refusal(office.call("GET", "/globalAlerts", as_="nobody"))[0] == 401


def test_the_root_says_what_this_is(office):
    said = office.get("/")

    assert (said["appName"], said["throttling"]) == ("Tocsin", False)
    assert well(office.call("GET", ""))["links"][0]["rel"] == "self"


def test_a_message_that_was_sent_is_told_of(office):
    path = office.report()
    (found,) = office.api.get("/notifications")["notifications"]
    assert found["state"] == "queued"
    assert "lastNotified" not in office.get(path)
