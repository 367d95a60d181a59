"""Events over the native API: sent on the express way, and read."""

import pytest

from api_world import DEPOT, SHOP, STRANGER, Api, directory
from conftest import ENGINES
from tocsin.core.ids import ServiceId
from tocsin.core.spelling import native, to_hex_24, to_uuid
from tocsin.store.lists import COUNTED_MAX


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


def accepted(answer) -> list[str]:
    assert answer.status_code == 202, answer.text
    return [event["id"] for event in answer.json()["events"]]


def test_what_was_accepted_reads_back_as_it_was_said(api):
    said = {
        "dedup_key": "db-1/disk",
        "status": "firing",
        "severity": "critical",
        "title": "Disk full on db-1",
        "message": "98 % of /var are used",
        "source": "prometheus",
        "labels": {"team": "data", "shard": "7"},
        "occurred_at": "2026-03-06T08:59:58.5Z",
        "links": ["https://wiki.example.org/disk-full"],
        "images": ["https://grafana.example.org/disk.png"],
        "details": {"mount": "/var", "inodes": [1, 2.5, None]},
        "event_type": "threshold",
        "metric": {"name": "disk_used", "value": 0.98, "units": "ratio"},
        "host": "db-1",
        "monitor_id": "4711",
        "monitor_name": "disk space",
        "monitor_labels": ["disk"],
        "dimensions": {"device": "/dev/vda1"},
    }

    (event,) = accepted(api.call("POST", "/events", said))

    read = api.get(f"/events/{event}", as_="viewer")
    assert {name: read[name] for name in said} == said | {"occurred_at": "2026-03-06T08:59:58.500000Z"}
    assert (read["received_at"], read["drill"]) == ("2026-03-06T09:00:00Z", False)
    assert read["service"] == {"id": native("service", SHOP), "name": "Shop", "slug": "shop"}


def test_many_events_are_answered_in_their_order_and_taken_in_it(api):
    bodies = [
        {"dedup_key": "a", "title": "it burns"},
        {"dedup_key": "a", "severity": "ok"},
        {"dedup_key": "a", "title": "it burns again"},
    ]

    ids = accepted(api.call("POST", "/events", {"events": bodies}))

    assert ids == sorted(ids)
    alerts = api.get("/alerts")["alerts"]
    assert [(alert["title"], alert["status"]) for alert in alerts] == [
        ("it burns again", "firing"),
        ("it burns", "resolved"),
    ]


@pytest.mark.parametrize(
    "name",
    ["depot", native("service", DEPOT), to_uuid(DEPOT), to_hex_24(DEPOT)],
    ids=["slug", "ours", "uuid", "hex"],
)
def test_an_event_names_its_service_by_slug_or_by_its_id_in_any_spelling(api, name):
    (event,) = accepted(api.call("POST", "/events", {"title": "x", "service": name}))

    assert api.get(f"/events/{event}")["service"]["slug"] == "depot"


def test_an_event_that_names_no_service_belongs_to_the_key_s(database):
    api = Api(database, key_service=DEPOT)

    (event,) = accepted(api.call("POST", "/events", {"title": "x"}))

    assert api.get(f"/events/{event}")["service"]["slug"] == "depot"


@pytest.mark.parametrize("path", ["/events", "/events/"], ids=["express", "the usual way"])
def test_events_sent_twice_under_one_key_are_taken_in_once(api, path):
    def send(key, title="x"):
        return api.call("POST", path, {"events": [{"title": title}] * 2}, headers={"Idempotency-Key": key})

    first, again, other = send("a"), send("a"), send("b")

    assert accepted(again) == accepted(first) != accepted(other)
    assert [each.headers.get("idempotent-replayed") for each in (first, again, other)] == [None, "true", None]
    assert api.get("/events")["total"] == api.get("/alerts")["total"] == api.kit.intake.taken == 4
    assert send("a", "y").status_code == 422


def test_events_that_were_refused_can_be_sent_right_under_the_same_key(api):
    wrong = api.call("POST", "/events", {"title": "x", "service": "?"}, headers={"Idempotency-Key": "a"})
    right = api.call("POST", "/events", {"title": "x", "service": "depot"}, headers={"Idempotency-Key": "a"})

    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (400, "service")
    assert len(accepted(right)) == 1


@pytest.mark.parametrize(
    ("body", "path", "said"),
    [
        ({"title": "x", "service": "nope"}, "service", "is 'nope', which is no service here"),
        ({"events": [{"title": "x"}, {"title": "y", "service": "bar"}]}, "events[1].service", "is 'bar'"),
        ({"title": "x", "service": native("service", ServiceId(91))}, "service", "which is no service here"),
        ({"title": "x", "service": native("user", ServiceId(SHOP))}, "service", "which is no service here"),
        ({"events": [{"title": "x"}, {"title": "y", "severity": "fatal"}]}, "events[1].severity", "'fatal'"),
        ({"events": [{"title": "x"}] * 1_001}, "events", "has 1001 events"),
        ({"events": []}, "events", "is empty"),
        ({"events": [{"title": "x"}], "title": "y"}, "title", "stands beside events"),
        ({"status": "resolved", "title": "x"}, "dedup_key", "is empty"),
        ({"title": 7}, "title", "is a number"),
        ({"title": "x", "occurred_at": "2026-03-06T09:00:00"}, "occurred_at", "2026-03-06T09:00:00"),
        ({}, "", "the event says nothing"),
    ],
)
def test_a_body_with_one_wrong_event_is_refused_whole(api, body, path, said):
    answer = api.call("POST", "/events", body)

    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert fault["path"] == path
    assert said in fault["problem"]
    assert fault["remedy"]
    assert api.get("/events")["total"] == 0


def test_without_any_service_an_event_is_refused_and_told_why(database):
    api = Api(database, configuration=directory(services={}))

    answer = api.call("POST", "/events", {"title": "x"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0] == {
        "path": "service",
        "problem": "is missing",
        "remedy": "must name one; make a service first, for there is none",
    }


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"\xff", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"x" * ((1 << 20) + 1), {}, 413),
        (b"x", {"content-encoding": "gzip"}, 415),
        (b'{"title": "x"}', {"content-type": "text/plain"}, 202),
        (b'\xef\xbb\xbf{"title": "x"}', {}, 202),
        (b'{"title": "a\\u0000b"}', {}, 202),
    ],
)
@pytest.mark.parametrize("path", ["/events", "/events/"], ids=["express", "the usual way"])
def test_a_body_is_read_alike_on_either_way(api, path, content, headers, status):
    answer = api.call("POST", path, content=content, headers=headers)

    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("who", "status"), [("owner", 202), ("admin", 202), ("responder", 202), ("viewer", 403), (None, 401)]
)
def test_who_may_send_events(api, who, status):
    assert api.call("POST", "/events", {"title": "x"}, as_=who).status_code == status


def test_whoever_sends_too_often_is_told_when_to_come_back(database):
    api = Api(database, per_s=1)

    answers = [api.call("POST", "/events", {"title": "x"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 429]
    assert answers[1].headers["retry-after"] == "1"


def test_events_are_listed_newest_first_and_walked_through_without_gaps(api):
    ids = [api.report(title=f"trouble {number}") for number in range(5)]

    first = api.get("/events?limit=2")
    api.report(title="a later one")
    second = api.get(f"/events?limit=2&cursor={first['next']}")
    third = api.get(f"/events?limit=2&cursor={second['next']}")

    found = [event["id"] for answer in (first, second, third) for event in answer["events"]]
    assert found == ids[::-1]
    assert (first["total"], third["total"], third["next"]) == (5, 6, None)


def test_events_of_one_alert_are_listed_by_themselves(api):
    alert = api.alert(dedup_key="a")
    api.report(dedup_key="a")
    api.report(dedup_key="b")

    asked = api.get(f"/events?alert={alert['id']}")

    assert asked == api.get(f"/alerts/{alert['id']}/events")
    assert asked["total"] == 2
    assert {event["alert_id"] for event in asked["events"]} == {alert["id"]}


def test_a_resolve_of_what_is_not_open_is_kept_without_an_alert(api):
    event = api.report(dedup_key="gone", status="resolved")

    assert api.get(f"/events/{event}")["alert_id"] is None


def test_no_more_than_so_many_events_are_counted():
    assert COUNTED_MAX == 10_000


@pytest.mark.parametrize("path", ["/events/{event}", "/events?alert={alert}", "/alerts/{alert}/events"])
def test_another_workspace_s_events_are_not_there(api, path):
    alert = api.alert()
    event = api.get("/events")["events"][0]["id"]

    answer = api.call("GET", path.format(event=event, alert=alert["id"]), as_=STRANGER)

    assert answer.status_code == 404
    assert api.get("/events", as_=STRANGER)["total"] == 0


@pytest.mark.parametrize("identifier", ["evt_000000000000", "x", "alrt_000000000000", "%00", "a" * 5_000])
def test_what_is_no_event_is_not_found(api, identifier):
    assert api.call("GET", f"/events/{identifier}").status_code in (400, 404)
