"""One story of integrations, alert groups and webhooks, the same on either database, and what it asks."""

import asyncio
from typing import Any

import pytest

from api_world import API
from conftest import ENGINES
from counting import Counting
from grafana_office import ADA_ID, Office
from tocsin.actions import delivery, paging, retention
from tocsin.core.receipt import Exchange, Outcome, Receipt
from tocsin.dialects.grafana_oncall.spelled import write
from tocsin.sources.grafana_oncall import oncall_address_door

LONG_AGO = "2026-03-06T08:00:00"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def office(database) -> Office:
    return Office(database, doors=(oncall_address_door,))


def path_of(link: str) -> str:
    return link.removeprefix("http://tocsin.test")


def send(office: Office, door: dict, **payload: Any) -> None:
    answer = office.call("POST", path_of(door["link"]), payload)
    assert (answer.status_code, answer.text) == (200, '"Ok."')


def act(office: Office, group: str, verb: str, body: Any = None) -> None:
    assert office.call("POST", f"alert_groups/{group}/{verb}", body).status_code == 200


def turn(office: Office) -> None:
    office.database.transact(lambda tx: paging.turn(tx, now=office.api.clock()))


def test_the_life_of_a_group_is_the_same_on_either_database(office):
    (number,) = office.api.configuration.escalation_policies
    door = office.post(
        "integrations",
        {
            "type": "formatted_webhook",
            "name": "Größe",
            "default_route": {"escalation_chain_id": write("chain", number)},
        },
    )
    hook = {"name": "Desk", "url": "https://example.org", "http_method": "POST", "trigger_type": "resolve"}
    desk = office.post("webhooks", hook)
    route = {"integration_id": door["id"], "escalation_chain_id": None, "routing_regex": '"env": "dev"'}
    office.post("routes", route)

    send(office, door, alert_uid="1", title="Ünique", labels={"env": "prod"}, text="50% full")
    send(office, door, alert_uid="2", title="Quiet", env="dev")
    send(office, door, alert_uid="3", title="Over", state="ok")
    send(office, door, alert_uid="3", title="Over", state="ok")

    over, quiet, group = office.list("alert_groups")
    assert [over["state"], over["alerts_count"], quiet["state"]] == ["resolved", 2, "firing"]
    assert office.list("alert_groups?label=env:prod") == [group]
    assert office.list(f"alert_groups?route_id={door['default_route']['id']}") == [over, group]
    assert len(office.list("alerts?search=50%25")) == 1
    office.post("resolution_notes", {"alert_group_id": group["id"], "text": "ß"})
    act(office, group["id"], "silence", {"delay": 60})
    assert [each["id"] for each in office.list("alert_groups?state=silenced")] == [group["id"]]
    assert [each["id"] for each in office.list("alert_groups?state=new")] == [quiet["id"]]
    office.api.clock.pass_time(minutes=2)
    turn(office)
    assert office.list("alert_groups?state=silenced") == []
    act(office, group["id"], "resolve")
    act(office, group["id"], "unresolve")
    send(office, door, alert_uid="1", title="Ünique")
    assert office.get(f"alert_groups?started_at={LONG_AGO}_2026-03-06T10:00:00")["count"] == 4
    assert office.get("alert_groups?perpage=3&page=2")["results"][0]["id"] == group["id"]
    told = office.database.transact(
        lambda tx: delivery.claim(
            tx, node="n", now=office.api.clock(), machines=frozenset({"grafana_oncall"})
        )
    )
    changes = {each.told.alert.title: each for each in told.dispatches if each.told is not None}
    assert set(changes) == {"Over", "Ünique"}
    change = changes["Ünique"]
    assert (changes["Over"].told.by, change.told.by.email) == (None, "ada@example.org")
    exchange = Exchange(url="https://example.org", status=200, content="ö")
    receipt = Receipt(outcome=Outcome.DELIVERED, exchange=exchange)
    done = delivery.Result(
        notification=change.notification, receipt=receipt, at=office.api.clock(), jitter=0.5
    )
    office.database.transact(lambda tx: delivery.record(tx, [done], node="n", now=office.api.clock()))
    assert [each["content"] for each in office.list(f"webhooks/{desk['id']}/responses")] == ["ö"]
    office.delete(f"alert_groups/{group['id']}")
    assert office.call("DELETE", f"alert_groups/{quiet['id']}", {"mode": "delete"}).status_code == 204
    assert [each["title"] for each in office.list("alert_groups")] == ["Ünique", "Over", None]
    office.delete(f"integrations/{door['id']}")
    assert office.list("integrations") == []


def test_a_heartbeat_is_missed_and_heard_again_on_either_database(office):
    door = office.post("integrations", {"type": "webhook", "name": "Web"})
    native = office.api.get("/integrations")["integrations"][0]["id"]
    set_ = office.api.call("PATCH", f"{API}/integrations/{native}", {"heartbeat_s": 30}, as_="admin")
    assert set_.status_code == 200

    office.api.clock.pass_time(seconds=31)
    turn(office)
    assert [group["state"] for group in office.list("alert_groups")] == ["firing"]
    office.call("GET", path_of(door["heartbeat"]["link"]))
    assert [group["state"] for group in office.list("alert_groups")] == ["resolved"]
    again = office.api.call("PATCH", f"{API}/integrations/{native}", {"heartbeat_s": None}, as_="admin")
    assert again.json()["heartbeat_s"] is None
    office.api.clock.pass_time(days=1)
    turn(office)
    assert office.get("alert_groups")["count"] == 1


def test_what_is_kept_beside_an_alert_goes_with_it(office):
    door = office.post("integrations", {"type": "webhook", "name": "Web"})
    send(office, door, a=1)
    (group,) = office.list("alert_groups")
    office.post("resolution_notes", {"alert_group_id": group["id"], "text": "x"})
    act(office, group["id"], "resolve")
    office.api.clock.pass_time(days=2)
    limit = office.api.clock()

    def sweep(tx):
        return retention.sweep(tx, events_before=limit, alerts_before=limit, now=limit)

    while office.database.transact(sweep).more:
        pass

    assert office.database.transact(sweep).rows == 0
    assert (office.list("alert_groups"), office.list("resolution_notes")) == ([], [])


def test_only_this_alert_is_kept_quiet_and_natively_as_well(office):
    first = office.api.alert(dedup_key="a")
    second = office.api.alert(dedup_key="b")
    post = f"{API}/alerts/{first['id']}"

    snoozed = office.api.call("POST", f"{post}/snooze", {"for_s": 3600}).json()
    assert (snoozed["routing"], snoozed["snooze"]["until"]) == ("silenced", "2026-03-06T10:00:00Z")
    pages = {page["status"] for page in office.api.get(f"/alerts/{first['id']}/pages")["pages"]}
    assert pages == {"acknowledged"}
    assert office.api.get(f"/alerts/{second['id']}")["routing"] == "routed"
    assert office.api.alert(dedup_key="a")["routing"] == "silenced"
    woken = office.api.call("POST", f"{post}/wake").json()
    assert (woken["routing"], woken["snooze"]) == ("routed", None)
    (page,) = office.api.get(f"/alerts/{first['id']}/pages")["pages"]
    assert page["status"] == "triggered"
    office.api.call("POST", f"{post}/resolve")
    assert office.api.call("POST", f"{post}/reopen").json()["status"] == "firing"
    assert office.api.alert(dedup_key="a")["id"] == first["id"]
    office.api.call("POST", f"{post}/resolve")
    other = office.api.alert(dedup_key="a")["id"]
    refused = office.api.call("POST", f"{post}/reopen")
    assert (refused.status_code, other in refused.json()["detail"]) == (409, True)
    note = office.api.call("POST", f"{post}/notes", {"text": "It was DNS."})
    assert (note.status_code, note.json()["author"]["name"]) == (201, "Rea")
    changed = office.api.call("PATCH", note.headers["location"], {"text": "It was not."}).json()
    assert office.api.get(f"/alerts/{first['id']}/notes")["notes"] == [changed]
    assert office.api.call("GET", note.headers["location"]).json() == changed
    assert office.api.call("DELETE", note.headers["location"]).status_code == 204
    erased = office.api.call("POST", f"{post}/erase").json()
    assert (erased["title"], erased["labels"], erased["status"]) == ("erased", {}, "resolved")
    assert office.api.call("DELETE", post).status_code == 204
    assert office.api.call("GET", post).status_code == 404


@pytest.mark.parametrize(
    ("verb", "body", "status", "path"),
    [
        ("snooze", {"until": "2020-01-01T00:00:00Z"}, 400, "until"),
        ("snooze", {"until": "2027-01-01T00:00:00Z", "for_s": 1}, 400, "until"),
        ("snooze", {"for_s": 0}, 400, "for_s"),
        ("notes", {"text": ""}, 400, "text"),
        ("notes", {"text": "a\0"}, 400, "text"),
        ("notes", {}, 400, "text"),
    ],
)
def test_what_cannot_be_is_refused_natively_by_the_name_of_the_field(office, verb, body, status, path):
    alert = office.api.alert()

    answer = office.api.call("POST", f"{API}/alerts/{alert['id']}/{verb}", body)

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (status, path), answer.text


def grow(office: Office, more: int) -> None:
    """Let there be *more* of everything that is listed."""
    for number in range(more):
        door = office.post("integrations", {"type": "formatted_webhook", "name": f"d{more}-{number}"})
        route = {"integration_id": door["id"], "escalation_chain_id": None, "routing_regex": f"r{number}"}
        office.post("routes", route)
        send(office, door, alert_uid="1", title="x")
        group = office.list("alerts")[0]["alert_group_id"]
        office.post("resolution_notes", {"alert_group_id": group, "text": "x"})
        hook = {"name": f"h{more}-{number}", "url": "https://example.org", "http_method": "POST"}
        office.post("webhooks", hook | {"trigger_type": "resolve"})


def test_the_number_of_queries_does_not_depend_on_how_many_there_are(database):
    counting = Counting(database)
    office = Office(counting, doors=(oncall_address_door,))
    reads = ("integrations", "routes", "alert_groups", "alerts", "resolution_notes", "webhooks")

    def counts() -> dict[str, int]:
        office.get("integrations")
        return {path: counting.count(lambda path=path: office.get(path)) for path in reads}

    grow(office, 1)
    few = counts()
    grow(office, 8)

    assert counts() == few
    assert office.list("resolution_notes")[0]["author"] == ADA_ID


def test_the_express_way_takes_what_the_whole_way_takes(database):
    built = []

    def build(kit):
        built.append(oncall_address_door(kit))
        return built[-1]

    office = Office(database, doors=(build,))
    door = office.post("integrations", {"type": "formatted_webhook", "name": "Web"})
    way = built[0].shortcut

    def scope(body: bytes, **changes: Any) -> dict[str, Any]:
        length = str(len(body)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        path = path_of(door["link"])
        return {"type": "http", "method": "POST", "path": path, "headers": headers} | changes

    def answered(body: bytes) -> tuple[int, bytes]:
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def note(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(way(scope(body))(scope(body), receive, note))
        return sent[0]["status"], sent[1]["body"]

    assert way(scope(b"{}")) is None  # a key that is not remembered goes the whole way
    send(office, door, alert_uid="1", title="first")
    assert answered(b'{"alert_uid": "2", "title": "second"}') == (200, b'"Ok."')
    assert [group["title"] for group in office.list("alert_groups")] == ["second", "first"]
    assert answered(b'{"alert_uid": ')[0] == 400
    unusual = [
        {"method": "GET"},
        {"path": path_of(door["link"]).replace("formatted_", "")},
        {"path": path_of(door["heartbeat"]["link"])},
        {"headers": [(b"content-type", b"text/xml"), (b"content-length", b"2")]},
        {"headers": [(b"content-type", b"application/json"), (b"content-length", b"99999999")]},
        {"headers": [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]},
    ]
    assert [way(scope(b"{}", **changes)) for changes in unusual] == [None] * len(unusual)
    office.delete(f"integrations/{door['id']}")
    assert way(scope(b"{}")) is None
