"""What a strategy may say, and how each doubt about it is read, by a Tocsin that runs and those it tells.

An event goes by its own time: what it says in ``occurred_at`` decides which window is open for it.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from acceptance.company import everything, hire, make
from acceptance.peers import PATIENCE_S, Receiver
from acceptance.servers import Tocsin, tocsin
from guance_office import Calls, content, opt, refusal, strategy, target
from guance_readings import READINGS
from guance_rules import ACCEPTED, FAULTS, NO_OBJECTS
from tocsin.core.spelling import from_native, to_hex_32

ADMIN = "admin"
LIST, ADD = "/alert_policy/list", "/alert_policy/add_v2"


@dataclass(kw_only=True)
class Office(Calls):
    """A server, the keys of those who call it, and where it tells."""

    server: Tocsin
    hook: Receiver
    client: httpx.Client
    keys: dict[str, str]

    def call(
        self, method: str, path: str, body: Any = None, *, as_: str | None = ADMIN, **more: Any
    ) -> httpx.Response:
        """Send one request."""
        headers = {"Content-Type": "application/json;charset=UTF-8"}
        if as_ is not None:
            headers["DF-API-KEY"] = self.keys[as_]
        sent = body if isinstance(body, str | bytes | None) else json.dumps(body)
        return self.client.request(method, f"/api/v1{path}", content=sent, headers=headers, **more)

    def hire(self, name: str, role: str) -> str:
        """Let somebody in, with a key of their own."""
        person = hire(self.server, name, role=role)
        made = make(self.server, "api-keys", kind="guance", name=name, user_id=person)
        self.keys[name] = made["key"]
        identifier = from_native(person)
        assert identifier is not None
        return to_hex_32("acnt_", identifier)

    def place(self, name: str) -> str:
        """Make a notify object that tells the receiver, at a path."""
        opts = {"url": f"{self.hook.url}/{name}"}
        return self.post("/notify_object/create", {"type": "HTTPRequest", "name": name, "optSet": opts})[
            "uuid"
        ]

    def report(self, *events: dict[str, Any]) -> None:
        """Report events natively, all at once."""
        answer = self.server.call("POST", "events", {"events": list(events)})
        assert answer.status == 202, answer.body

    def told(self, count: int, *names: str) -> dict[str, list[dict[str, Any]]]:
        """Wait for *count* messages in all at places, and give what each was told."""
        paths = [f"/{name}" for name in names]
        requests = self.hook.requests.wait(count, that=lambda request: request.path in paths)
        return {
            name: [request.json() for request in requests if request.path == f"/{name}"] for name in names
        }


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[Office]:
    with ExitStack() as stack:
        hook = stack.enter_context(Receiver())
        server = stack.enter_context(tocsin(tmp_path_factory.mktemp("readings") / "tocsin"))
        client = stack.enter_context(httpx.Client(base_url=server.url, timeout=PATIENCE_S, trust_env=False))
        key = next(iter(server.credentials["credentials"]["guance"].values()))
        yield Office(server=server, hook=hook, client=client, keys={ADMIN: key})


def total(office: Office) -> int:
    """Count the strategies."""
    return office.call("GET", LIST).json()["pageInfo"]["totalCount"]


@pytest.fixture(scope="module")
def standing(office) -> dict[str, Any]:
    """A strategy that nobody manages to change."""
    return office.add(checkerUUIDs=["rul_standing"])


@pytest.mark.parametrize(("changes", "path"), FAULTS)
def test_a_running_server_names_the_first_fault_and_makes_and_changes_nothing(
    office, standing, changes, path
):
    before, body = total(office), strategy(**changes)
    modify = f"/alert_policy/{standing['uuid']}/modify_v2"
    kept = office.get(f"/alert_policy/{standing['uuid']}/get")

    assert refusal(office.call("POST", ADD, body)).startswith(f"{path}: ")
    if path != "alertOpt.silentTimeout" or "silentTimeout" in (changes["alertOpt"] or {}):
        assert refusal(office.call("POST", modify, body)).startswith(f"{path}: ")
    assert office.get(f"/alert_policy/{standing['uuid']}/get") == kept
    assert total(office) == before


@pytest.mark.parametrize("body", ACCEPTED)
def test_a_running_server_gives_back_what_it_takes_to_the_letter(office, body):
    made = content(office.call("POST", ADD, body))

    kept = office.get(f"/alert_policy/{made['uuid']}/get")
    for record in (made, kept):
        assert json.dumps(record.get("alertOpt")) == json.dumps(body.get("alertOpt"))
    assert office.post("/alert_policy/delete", {"alertPolicyUUIDs": [made["uuid"]]}) is True


@pytest.mark.parametrize("body", NO_OBJECTS, ids=range(len(NO_OBJECTS)))
def test_a_running_server_refuses_what_is_no_object_of_json(office, body):
    before = total(office)

    refusal(office.call("POST", ADD, body))

    assert total(office) == before


@pytest.mark.parametrize("reading", READINGS)
def test_a_running_server_reads_what_the_vendors_pages_leave_open(office, reading):
    READINGS[reading](office)


def test_owners_makers_and_those_who_are_listed_change_what_has_permissions_of_its_own(office):
    for name, role in (("Olga", "owner"), ("Max", "responder"), ("Lea", "responder"), ("Nik", "responder")):
        office.hire(name, role)
    rows = office.rows("/workspace/members/list?pageSize=100")
    lea = next(row["uuid"] for row in rows if row["name"] == "Lea")
    body = strategy(openPermissionSet=True, permissionSet=[lea])
    uuid = office.post(ADD, body, as_="Max")["uuid"]

    for who in ("Olga", "Max", "Lea"):
        office.post(f"/alert_policy/{uuid}/modify_v2", strategy(name=who), as_=who)
    refused = office.call("POST", f"/alert_policy/{uuid}/modify_v2", strategy(name="Nik"), as_="Nik")

    refusal(refused, 403, "ft.Forbidden")
    assert office.get(f"/alert_policy/{uuid}/get")["name"] == "Lea"


# --- what becomes of events ---------------------------------------------------------------------------


def at_their_own_times(
    office: Office, name: str, zone: str, window: dict[str, Any], moments: list[datetime]
) -> list[bool]:
    """Report an event of each moment to a strategy with one *window*; tell for which of them it was open."""
    places = [f"{name}-in", f"{name}-out"]
    inside, outside = (office.place(each) for each in places)
    entries = {"targets": [target(inside)], **window}, {"targets": [target(outside)]}
    office.add(checkerUUIDs=[name], ruleTimezone=zone, alertOpt=opt(*entries))

    office.report(
        *(
            {
                "monitor_id": name,
                "dedup_key": f"{name}/{moment}",
                "title": moment.isoformat(),
                "severity": "error",
                "occurred_at": moment.isoformat(),
            }
            for moment in moments
        )
    )

    told = office.told(len(moments), *places)
    found = {body["df_title"]: True for body in told[places[0]]}
    found |= {body["df_title"]: False for body in told[places[1]]}
    return [found[moment.isoformat()] for moment in moments]


@pytest.mark.parametrize("kind", ["dates", "crontab"])
def test_a_window_holds_across_midnight_for_events_that_say_when_they_happened(office, kind):
    window = {"crontab": "30 23 * * 5", "crontabDuration": 3_600}
    if kind == "dates":
        dates = office.post("/notice/date/add", {"name": "Release", "noticeDates": ["2025/03/07"]})["uuid"]
        window = {"customDateUUIDs": [dates], "customStartTime": "23:30:00", "customDuration": 3_600}
    opens = datetime(2025, 3, 7, 15, 30, tzinfo=UTC)  # half past eleven at night in Shanghai, a Friday
    minutes = [-24 * 60 + 5, -1, 0, 29, 31, 59, 60, 24 * 60 + 5]

    found = at_their_own_times(
        office,
        f"midnight-{kind}",
        "Asia/Shanghai",
        window,
        [opens + timedelta(minutes=minute) for minute in minutes],
    )

    assert found == [False, False, True, True, True, True, False, False]


@pytest.mark.parametrize(
    ("name", "duration_s", "opens", "minutes"),
    [
        # Half past two does not exist: the window opens when the clocks have gone on to three.
        ("spring", 1_800, datetime(2025, 3, 30, 1, tzinfo=UTC), {-1: False, 0: True, 29: True, 30: False}),
        # Half past two comes twice: the window opens the first time and lasts as long as it says.
        (
            "autumn",
            5_400,
            datetime(2025, 10, 26, 0, 30, tzinfo=UTC),
            {-1: False, 0: True, 59: True, 61: True, 89: True, 90: False},
        ),
    ],
)
def test_a_window_holds_when_the_clocks_change_for_events_that_say_when_they_happened(
    office, name, duration_s, opens, minutes
):
    window = {"crontab": "30 2 * * *", "crontabDuration": duration_s}
    moments = [opens + timedelta(minutes=minute) for minute in minutes]

    found = at_their_own_times(office, name, "Europe/Berlin", window, moments)

    assert found == list(minutes.values())


@pytest.mark.parametrize("day", ["0", "7"])
def test_the_week_of_a_crontab_begins_on_sunday_for_events_that_say_when_they_happened(office, day):
    window = {"crontab": f"0 0 * * {day}", "crontabDuration": 86_400}
    monday = datetime(2025, 3, 3, 12, tzinfo=UTC)

    found = at_their_own_times(
        office, f"sunday-{day}", "UTC", window, [monday + timedelta(days=number) for number in range(7)]
    )

    assert found == [False] * 6 + [True]


def test_every_target_that_matches_tells_its_own_and_a_place_that_two_name_hears_once(office):
    one, both, last = (office.place(name) for name in ("every-one", "every-both", "every-last"))
    targets = [target(one, both, status="error"), target(both, status="error,info"), target(last)]
    office.add(checkerUUIDs=["every"], alertOpt=opt({"targets": targets}))

    office.report({"monitor_id": "every", "dedup_key": "every/1", "title": "E", "severity": "error"})
    office.told(3, "every-one", "every-both", "every-last")
    office.report({"monitor_id": "every", "dedup_key": "every/2", "title": "I", "severity": "info"})
    told = office.told(5, "every-one", "every-both", "every-last")

    assert {name: sorted(body["df_title"] for body in bodies) for name, bodies in told.items()} == {
        "every-one": ["E"],
        "every-both": ["E", "I"],
        "every-last": ["E", "I"],
    }


def test_both_upgrades_count_from_when_the_level_began_as_explained_for_an_instant(office):
    upgrades = [{"to": [office.place(f"up-{after}")], "duration": after} for after in (600, 6_000)]
    first = target(office.place("up-0"), upgradeTargets=upgrades)
    office.add(name="Upgrades", checkerUUIDs=["upgrades"], alertOpt=opt({"targets": [first]}))
    policies = everything(office.server, "alert-policies", "alert_policies")
    policy = next(each["id"] for each in policies if each["name"] == "Upgrades")
    event = {"monitor_id": "upgrades", "dedup_key": "up/1", "title": "U", "severity": "error"}

    at = datetime(2031, 1, 1, 9, tzinfo=UTC)
    answer = office.server.call("POST", "explain", {"event": event, "at": at.isoformat()})

    assert answer.status == 200, answer.body
    pages = [page for page in answer.json()["pages"] if page["alert_policy_id"] == policy]
    moments = [moment for page in pages for moment in page["moments"] if moment["messages"]]
    assert sorted(datetime.fromisoformat(moment["at"]) - at for moment in moments) == [
        timedelta(seconds=after) for after in (0, 600, 6_000)
    ]


def test_without_an_interval_each_event_is_a_message_and_without_fields_each_target_has_one_group(office):
    alone, together = office.place("alone"), office.place("together")
    events = [
        {"monitor_id": name, "dedup_key": f"{name}/{level}", "title": f"{name} {level}", "severity": level}
        for name in ("sum-a", "sum-b")
        for level in ("error", "warning", "info")
    ]
    which = {"checkerUUIDs": ["sum-a", "sum-b"]}
    office.add(**which, alertOpt=opt({"targets": [target(alone)]}, aggInterval=0, aggFields=[]))
    office.add(**which, alertOpt=opt({"targets": [target(together)]}, aggInterval=2, aggFields=[]))

    office.report(*events)
    told = office.told(len(events) + 1, "alone", "together")

    titles = sorted(event["title"] for event in events)
    assert sorted(body["df_title"] for body in told["alone"]) == titles
    (message,) = told["together"]
    assert message["df_event_count"] == len(events)
    assert sorted(body["df_title"] for body in message["df_events"]) == titles
