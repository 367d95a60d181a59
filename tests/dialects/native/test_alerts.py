"""Alerts over the native API: lists and filters, what people do about them, their stories."""

import pytest

from api_world import REA, STRANGER, Api, directory
from conftest import ENGINES
from tocsin.core.spelling import from_native, native, to_uuid

HELD = "acknowledgement"


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


def titles(answer) -> list[str]:
    return [alert["title"] for alert in answer["alerts"]]


def test_an_alert_shows_what_its_newest_firing_event_said(api):
    api.report(dedup_key="a", severity="warning", title="Disk filling", labels={"team": "data"})
    api.clock.pass_time(minutes=5)
    alert = api.alert(dedup_key="a", severity="critical", title="Disk full", host="db-1")

    assert (alert["title"], alert["status"], alert["severity"]) == ("Disk full", "firing", "critical")
    assert (alert["event_count"], alert["host"], alert["labels"]) == (2, "db-1", {})
    assert (alert["opened_at"], alert["last_seen_at"]) == ("2026-03-06T09:00:00Z", "2026-03-06T09:05:00Z")
    assert alert["severity_since"] == "2026-03-06T09:05:00Z"
    assert (alert["routing"], alert["acknowledgement"], alert["resolved_at"]) == ("routed", None, None)
    assert alert["service"]["slug"] == "shop"


@pytest.fixture
def several(api) -> Api:
    """Alerts of every standing."""
    for key, fields in {
        "firing": {"labels": {"team": "data", "env": "prod"}, "message": "100% of /var_log"},
        "held": {"labels": {"team": "data"}, "severity": "warning", "service": "depot"},
        "over": {"labels": {"team": "web"}, "severity": "info"},
    }.items():
        alert = api.alert(dedup_key=key, title=f"{key.title()} Ümlaut", **fields)
        if key == "held":
            api.post(f"/alerts/{alert['id']}/acknowledge")
        if key == "over":
            api.post(f"/alerts/{alert['id']}/resolve")
    return api


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Over", "Held", "Firing"]),
        ("status=open", ["Held", "Firing"]),
        ("status=firing", ["Firing"]),
        ("status=acknowledged", ["Held"]),
        ("status=resolved", ["Over"]),
        ("service=depot", ["Held"]),
        ("service=shop", ["Over", "Firing"]),
        ("service=shop&service=depot&status=open", ["Held", "Firing"]),
        ("label=team:data", ["Held", "Firing"]),
        ("label=team:data&label=env:prod", ["Firing"]),
        ("label=team:none", []),
        ("label=a:b:c", []),
        ("severity=warning&severity=info", ["Over", "Held"]),
        ("q=FIRING", ["Firing"]),
        ("q=Ümlaut", ["Over", "Held", "Firing"]),
        ("q=100%25 of /var_", ["Firing"]),
        ("q=100_", []),
        ("dedup_key=held", ["Held"]),
        ("routing=unrouted", []),
        ("since=2026-03-06T09:00:00Z", ["Over", "Held", "Firing"]),
        ("since=2026-03-06T09:00:01Z", []),
        ("until=2026-03-06T10:00:00%2B02:00", []),
        ("limit=1", ["Over"]),
    ],
)
def test_alerts_are_found_by_any_mixture_of_filters(several, query, found):
    listed = several.get(f"/alerts?{query}", as_="viewer")

    assert [title.removesuffix(" Ümlaut") for title in titles(listed)] == found
    assert listed["total"] == (3 if query == "limit=1" else len(found))


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("status=on", "status"),
        ("service=nope", "service"),
        ("label=team", "label"),
        ("label=:x", "label"),
        ("label=a:1&label=a:2", "label[1]"),
        ("severity=fatal", "severity[0]"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=WyJldmVudHMiLDFd", "cursor"),
        ("since=yesterday", "since"),
        ("since=0001-01-01T00:00:00Z", "since"),
        ("status=open&status=open", "status"),
        ("stauts=open", "stauts"),
        ("q=%00", "q"),
    ],
)
def test_a_filter_that_makes_no_sense_is_named(api, query, path):
    answer = api.call("GET", f"/alerts?{query}")

    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["path"] == path
    assert answer.json()["errors"][0]["remedy"] or answer.json()["errors"][0]["problem"]


def test_a_list_is_walked_through_though_alerts_come_and_go_meanwhile(api):
    wanted = [api.alert(dedup_key=f"k{number}", title=f"trouble {number}")["id"] for number in range(7)]

    found, query = [], "?limit=3"
    while query is not None:
        answer = api.get(f"/alerts{query}")
        found += [alert["id"] for alert in answer["alerts"]]
        api.alert(dedup_key=f"later {len(found)}")
        api.post(f"/alerts/{found[-1]}/resolve")
        query = f"?limit=3&cursor={answer['next']}" if answer["next"] else None

    assert found == wanted[::-1]


# --- what people do -----------------------------------------------------------------------------------------


def test_an_acknowledgement_says_who_when_how_and_until_when(api):
    alert = api.alert()

    answered = api.post(f"/alerts/{alert['id']}/acknowledge", {"for_s": 7_200, "comment": "on my way"})

    assert answered["status"] == "acknowledged"
    assert answered[HELD] == {
        "by": {"id": native("user", REA.id), "name": "Rea"},
        "by_name": "Rea",
        "at": "2026-03-06T09:00:00Z",
        "until": "2026-03-06T11:00:00Z",
        "comment": "on my way",
        "how": "api",
        "reminder": None,
    }
    assert api.get(f"/alerts/{alert['id']}") == answered


def test_a_new_acknowledgement_replaces_the_one_before(api):
    alert = api.alert()
    api.post(f"/alerts/{alert['id']}/acknowledge", {"for_s": 60})

    answered = api.post(
        f"/alerts/{alert['id']}/acknowledge", {"until": "2026-03-06T12:00:00+01:00"}, as_="admin"
    )

    assert (answered[HELD]["by_name"], answered[HELD]["until"]) == ("Ada", "2026-03-06T11:00:00Z")


@pytest.mark.parametrize("content", [b"", b" ", b"{}"])
def test_a_plain_acknowledgement_needs_no_body(api, content):
    alert = api.alert()

    answered = api.call("POST", f"/alerts/{alert['id']}/acknowledge", content=content)

    assert (answered.status_code, answered.json()[HELD]["until"]) == (200, None)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"until": "2026-03-06T08:59:59Z"}, "until"),
        ({"until": "2026-03-06T12:00:00Z", "for_s": 60}, "until"),
        ({"until": "2500-01-01T00:00:00Z"}, "until"),
        ({"until": "soon"}, "until"),
        ({"for_s": 0}, "for_s"),
        ({"for_s": 1.5}, "for_s"),
        ({"for_s": 10**12}, "for_s"),
        ({"comment": "x" * 1_001}, "comment"),
        ({"comment": "a\0b"}, "comment"),
        ({"coment": "x"}, "coment"),
        ([], ""),
    ],
)
def test_an_acknowledgement_that_makes_no_sense_changes_nothing(api, body, path):
    alert = api.alert()

    answer = api.call("POST", f"/alerts/{alert['id']}/acknowledge", body)

    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["path"] == path
    assert api.get(f"/alerts/{alert['id']}")[HELD] is None


def test_an_acknowledgement_can_be_taken_back_and_that_is_harmless_without_one(api):
    alert = api.alert()
    api.post(f"/alerts/{alert['id']}/acknowledge")

    for _ in range(2):
        answered = api.post(f"/alerts/{alert['id']}/unacknowledge")

        assert (answered["status"], answered[HELD]) == ("firing", None)


def test_a_resolve_by_hand_names_who_and_is_harmless_again(api):
    alert = api.alert(dedup_key="a")

    for _ in range(2):
        answered = api.post(f"/alerts/{alert['id']}/resolve")

        assert (answered["status"], answered["resolved_at"]) == ("resolved", "2026-03-06T09:00:00Z")
        assert answered["resolved_by"] == {"id": native("user", REA.id), "name": "Rea"}
    assert api.alert(dedup_key="a")["id"] != alert["id"]


@pytest.mark.parametrize("verb", ["acknowledge", "unacknowledge"])
def test_what_is_resolved_can_be_neither_acknowledged_nor_released(api, verb):
    alert = api.alert()
    api.post(f"/alerts/{alert['id']}/resolve")

    answer = api.call("POST", f"/alerts/{alert['id']}/{verb}", {})

    assert answer.status_code == 409
    assert "the alert is resolved" in answer.json()["detail"]


def test_many_alerts_are_acknowledged_released_and_resolved_at_once(api):
    ids = [api.alert(dedup_key=str(number))["id"] for number in range(3)]

    held = api.post("/alerts/acknowledge", {"ids": ids, "comment": "all mine"})
    released = api.post("/alerts/unacknowledge", {"ids": ids})
    over = api.post("/alerts/resolve", {"ids": ids})

    assert [alert["id"] for alert in held["alerts"]] == ids
    assert [alert["status"] for alert in held["alerts"]] == ["acknowledged"] * 3
    assert [alert["status"] for alert in released["alerts"]] == ["firing"] * 3
    assert [alert["status"] for alert in over["alerts"]] == ["resolved"] * 3


@pytest.mark.parametrize("verb", ["acknowledge", "unacknowledge", "resolve"])
def test_many_alerts_are_changed_all_or_none(api, verb):
    alert = api.alert()
    before = api.get(f"/alerts/{alert['id']}")

    answer = api.call("POST", f"/alerts/{verb}", {"ids": [alert["id"], "alrt_000000000000"]})

    assert answer.status_code == 404
    assert "alrt_000000000000" in answer.json()["detail"]
    assert api.get(f"/alerts/{alert['id']}") == before


@pytest.mark.parametrize(
    ("ids", "path"),
    [
        ([], "ids"),
        (["x"], "ids[0]"),
        (["evt_000000000000"], "ids[0]"),
        (["alrt_000000000001", "alrt_000000000001"], "ids[1]"),
        (["alrt_000000000001"] * 501, "ids"),
        ("alrt_000000000001", "ids"),
        ([7], "ids[0]"),
    ],
)
def test_a_list_of_alerts_that_makes_no_sense_is_named(api, ids, path):
    answer = api.call("POST", "/alerts/acknowledge", {"ids": ids})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == path


def test_an_alert_is_found_by_its_id_in_any_spelling(api):
    alert = api.alert()

    number = from_native(alert["id"])

    assert api.get(f"/alerts/{to_uuid(number)}")["id"] == alert["id"]


# --- stories ------------------------------------------------------------------------------------------------


def test_the_story_of_an_alert_tells_what_happened_with_its_pages_in_it(api):
    alert = api.alert(source="prometheus")
    api.clock.pass_time(minutes=5)
    api.post(f"/alerts/{alert['id']}/acknowledge", {"comment": "mine"})

    told = api.get(f"/alerts/{alert['id']}/timeline")

    codes = [entry["code"] for entry in told["timeline"]]
    assert codes[:2] == ["alert_opened", "caught_all"]
    assert {"page_began", "step_taken", "told", "alert_acknowledged", "page_rests"} <= set(codes)
    first, held = told["timeline"][0], told["timeline"][codes.index("alert_acknowledged")]
    assert first == {
        "at": "2026-03-06T09:00:00Z",
        "alert_id": alert["id"],
        "page_id": None,
        "code": "alert_opened",
        "sentence": "Prometheus reported new trouble of severity critical.",
        "facts": {"severity": "critical", "source": "prometheus"},
    }
    assert (held["at"], held["facts"]["comment"]) == ("2026-03-06T09:05:00Z", "mine")
    assert told["next"] is None


def test_a_long_story_is_told_in_stretches(api):
    alert = api.alert(dedup_key="a")
    for severity in ("error", "critical", "error", "critical"):
        api.report(dedup_key="a", severity=severity)
    whole = api.get(f"/alerts/{alert['id']}/timeline")

    told, query = [], "?limit=2"
    while query is not None:
        answer = api.get(f"/alerts/{alert['id']}/timeline{query}")
        told += answer["timeline"]
        query = f"?limit=2&cursor={answer['next']}" if answer["next"] else None

    assert told == whole["timeline"]
    assert [entry["at"] for entry in told] == sorted(entry["at"] for entry in told)


def test_the_pages_of_an_alert_are_listed(api):
    alert = api.alert()

    (page,) = api.get(f"/alerts/{alert['id']}/pages")["pages"]

    assert page["title"] == "Disk full"
    assert api.get(f"/pages?alert={alert['id']}")["pages"] == [page]


# --- who may, and who is a stranger -------------------------------------------------------------------------

READS = [
    "/alerts",
    "/alerts/{alert}",
    "/alerts/{alert}/timeline",
    "/alerts/{alert}/events",
    "/alerts/{alert}/pages",
]
WRITES = ["/alerts/{alert}/acknowledge", "/alerts/{alert}/unacknowledge", "/alerts/{alert}/resolve"]
MANY = ["/alerts/acknowledge", "/alerts/unacknowledge", "/alerts/resolve"]


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(("who", "status"), [("viewer", 200), ("owner", 200), (None, 401), ("wrong", 401)])
def test_who_may_read_alerts(api, path, who, status):
    alert = api.alert()

    assert api.call("GET", path.format(alert=alert["id"]), as_=who).status_code == status


@pytest.mark.parametrize("path", [*WRITES, *MANY])
@pytest.mark.parametrize(
    ("who", "status"), [("viewer", 403), ("responder", 200), ("admin", 200), (None, 401)]
)
def test_who_may_act_on_alerts(api, path, who, status):
    alert = api.alert()
    body = {"ids": [alert["id"]]} if path in MANY else {}

    assert api.call("POST", path.format(alert=alert["id"]), body, as_=who).status_code == status


@pytest.mark.parametrize("path", READS[1:])
def test_another_workspace_s_alerts_cannot_be_read(api, path):
    alert = api.alert()

    assert api.call("GET", path.format(alert=alert["id"]), as_=STRANGER).status_code == 404
    assert api.get("/alerts", as_=STRANGER)["total"] == 0


@pytest.mark.parametrize("path", [*WRITES, *MANY])
def test_another_workspace_s_alerts_cannot_be_changed(api, path):
    alert = api.alert()
    body = {"ids": [alert["id"]]} if path in MANY else {}

    answer = api.call("POST", path.format(alert=alert["id"]), body, as_=STRANGER)

    assert answer.status_code == 404
    assert api.get(f"/alerts/{alert['id']}") == alert


@pytest.mark.parametrize(
    "identifier", ["x", "alrt_000000000000", "evt_000000000000", "-1", "%F0%9F%9A%A8", "a" * 3_000]
)
@pytest.mark.parametrize("path", ["/alerts/{}", "/alerts/{}/timeline"])
def test_what_is_no_alert_is_not_found(api, path, identifier):
    assert api.call("GET", path.format(identifier)).status_code == 404


def test_an_alert_that_nobody_takes_is_shown_as_unrouted(database):
    api = Api(database, configuration=directory(caught=False))
    api.alert()

    assert titles(api.get("/alerts?routing=unrouted")) == ["Disk full"]


def test_a_reader_who_has_an_alert_already_is_not_sent_it_again(api):
    alert = api.alert()
    etag = api.call("GET", f"/alerts/{alert['id']}").headers["etag"]

    again = api.call("GET", f"/alerts/{alert['id']}", headers={"if-none-match": etag})
    api.post(f"/alerts/{alert['id']}/acknowledge")
    changed = api.call("GET", f"/alerts/{alert['id']}", headers={"if-none-match": etag})

    assert (again.status_code, changed.status_code) == (304, 200)
