"""Shifts, schedules, swaps and calendars of Grafana OnCall against a Tocsin that runs, as its clients ask."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest
import recurring_ical_events
import requests
from icalendar import Calendar

from acceptance.company import hire, make, read, step
from acceptance.peers import HOST
from acceptance.servers import Tocsin, tocsin
from tocsin.core.spelling import from_native
from tocsin.dialects.grafana_oncall.spelled import write

NOW = datetime.now(UTC).replace(microsecond=0)
TODAY = NOW.replace(hour=0, minute=0, second=0)
WALL = "%Y-%m-%dT%H:%M:%S"


class OnCall:
    """The API as the migrators speak it: requests, the bare token, paths with and without a slash."""

    def __init__(self, server: Tocsin) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.headers["Authorization"] = server.credentials["credentials"]["grafana_oncall"]["token"]
        self.ana, self.ben = (write("user", from_native(hire(server, name))) for name in ("Ana", "Ben"))

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.session.request(method, f"{self.server.url}/api/v1/{path}", json=body, timeout=30)

    def make(self, path: str, **body: Any) -> Any:
        answer = self.call("POST", path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def read(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self, schedule: str, begins: datetime, ends: datetime) -> list[tuple[str, str]]:
        window = f"start_date={begins:%Y-%m-%dT%H:%M}&end_date={ends:%Y-%m-%dT%H:%M}"
        answer = self.read(f"schedules/{schedule}/final_shifts?{window}")
        assert (answer["count"], answer["total_pages"]) == (len(answer["results"]), 1)
        return [(row["user_username"], row["shift_start"]) for row in answer["results"]]


class CalendarHost:
    """Somebody's calendar on a web server; it is *down* when told so."""

    def __init__(self) -> None:
        self.body, self.down = b"", False
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(503 if host.down else 200)
                self.send_header("Content-Length", str(len(host.body)))
                self.end_headers()
                self.wfile.write(host.body)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://{HOST}:{self._server.server_address[1]}/duty.ics"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def oncall(tmp_path_factory) -> Iterator[OnCall]:
    with tocsin(tmp_path_factory.mktemp("oncall") / "tocsin") as server:
        yield OnCall(server)


def daily(oncall: OnCall, **more: Any) -> str:
    body = {
        "name": "Daily",
        "type": "rolling_users",
        "start": f"{TODAY - timedelta(days=10):{WALL}}",
        "duration": 86_400,
        "frequency": "daily",
        "interval": 1,
        "rolling_users": [[oncall.ana], [oncall.ben]],
        "start_rotation_from_user_index": 0,
        "time_zone": "UTC",
        "source": 0,
    }
    return oncall.make("on_call_shifts", **{**body, **more})["id"]


def test_a_schedule_of_shifts_tells_every_client_the_same(oncall):
    shift = daily(oncall)
    schedule = oncall.make("schedules", name="Moved in", type="web", time_zone="UTC", shifts=[shift])

    assert schedule["on_call_now"] == [oncall.ana]
    assert oncall.rows(schedule["id"], TODAY, TODAY + timedelta(days=2)) == [
        ("Ana", f"{TODAY:{WALL}}Z"),
        ("Ben", f"{TODAY + timedelta(days=1):{WALL}}Z"),
    ]
    own = Tocsin(
        data_dir=oncall.server.data_dir,
        env={"TOCSIN_URL": oncall.server.url, "TOCSIN_TOKEN": oncall.server.token},
    )
    assert "Ana" in own.run("who", "Moved in").stdout
    found = read(oncall.server, "schedules?limit=200")["schedules"]
    (same,) = [each for each in found if each["name"] == "Moved in"]
    on_call = read(oncall.server, f"schedules/{same['id']}/on-call")["on_call"]
    assert [(each["user"]["name"], each["recurring_shift_id"]) for each in on_call] == [
        ("Ana", same["recurring_shift_ids"][0])
    ]


def test_whoever_is_on_call_by_a_shift_is_paged(oncall):
    shift = daily(oncall, rolling_users=[[oncall.ben]])
    oncall.make("schedules", name="Paged", type="calendar", time_zone="UTC", shifts=[shift])
    found = read(oncall.server, "schedules?limit=200")["schedules"]
    (schedule,) = [each["id"] for each in found if each["name"] == "Paged"]
    policy = make(
        oncall.server,
        "escalation-policies",
        name="Ask",
        steps=[step({"type": "schedule", "id": schedule})],
    )

    page = make(
        oncall.server, "pages", targets=[{"type": "escalation_policy", "id": policy["id"]}], title="x"
    )

    shown = json.dumps(read(oncall.server, f"pages/{page['id']}"))
    assert "Ben" in shown


def test_a_swap_is_taken_and_the_calendar_that_people_subscribe_to_says_so(oncall):
    shift = daily(oncall)
    schedule = oncall.make("schedules", name="Swapped", type="calendar", time_zone="UTC", shifts=[shift])[
        "id"
    ]
    day = TODAY + timedelta(days=2)
    swap = oncall.make(
        "shift_swaps",
        schedule=schedule,
        swap_start=f"{day:%Y-%m-%dT%H:%M:%S.%fZ}",
        swap_end=f"{day + timedelta(days=1):%Y-%m-%dT%H:%M:%S.%fZ}",
        beneficiary=oncall.ana,
    )

    taken = oncall.call("POST", f"shift_swaps/{swap['id']}/take", {"benefactor": oncall.ben})

    assert (taken.status_code, taken.json()["status"]) == (200, "taken")
    key = make(oncall.server, "api-keys", kind="calendar", name="phone")["key"]
    answer = requests.get(f"{oncall.server.url}/api/v1/schedules/{schedule}/export/?token={key}", timeout=30)
    assert answer.headers["content-type"].startswith("text/calendar")
    events = recurring_ical_events.of(Calendar.from_ical(answer.content))
    names = [str(event["SUMMARY"]) for event in events.at(day + timedelta(hours=12))]
    before = [str(event["SUMMARY"]) for event in events.at(TODAY + timedelta(hours=12))]
    assert (names, before) == (["Ben"], ["Ana"])
    refused = requests.get(f"{oncall.server.url}/api/v1/schedules/{schedule}/export/", timeout=30)
    assert (refused.status_code, refused.json()) == (403, {"detail": "Invalid token."})


def test_an_imported_calendar_counts_and_goes_on_counting_when_it_is_down(oncall):
    with CalendarHost() as host:
        host.body = (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n"
            f"DTSTART:{TODAY:%Y%m%dT%H%M%SZ}\r\nDTEND:{TODAY + timedelta(days=1):%Y%m%dT%H%M%SZ}\r\n"
            "RRULE:FREQ=DAILY\r\nSUMMARY:[L1] ben@EXAMPLE.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        ).encode()
        made = oncall.make("schedules", name="Imported", type="ical", ical_url_primary=host.url)
        host.down = True
        refused = oncall.call(
            "POST", "schedules", {"name": "X", "type": "ical", "ical_url_primary": host.url}
        )

    assert made["on_call_now"] == [oncall.ben]
    assert (refused.status_code, refused.json()) == (400, {"ical_url_primary": ["Ical download failed"]})
    assert oncall.read(f"schedules/{made['id']}")["on_call_now"] == [oncall.ben]
    found = read(oncall.server, "schedules?limit=200")["schedules"]
    (same,) = [each["id"] for each in found if each["name"] == "Imported"]
    (feed,) = read(oncall.server, f"schedules/{same}/feeds")["feeds"]
    assert (feed["events"], feed["problem"], feed["skipped"]) == (1, "", 0)


def test_what_was_made_is_deleted_again(oncall):
    shift = daily(oncall)
    path = f"schedules/{oncall.make('schedules', name='Gone', type='web', shifts=[shift])['id']}"

    assert oncall.call("DELETE", f"{path}/").status_code == 204
    assert [oncall.call("DELETE", each).status_code for each in (path, f"on_call_shifts/{shift}")] == [
        404,
        404,
    ]
