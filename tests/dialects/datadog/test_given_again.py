"""What is asked again is answered without the database, and yet never wrong."""

from dataclasses import dataclass
from typing import Any

import pytest

from api_world import NOW, REA
from datadog_office import ANA, BEN, OPS, Office, layer, replacing, schedule
from tocsin.core.spelling import to_uuid
from tocsin.store import credentials
from tocsin.store.database import Database
from tocsin.store.standing import Found

EVERYTHING = "include=teams,layers,layers.members,layers.members.user"


@dataclass
class Watched:
    """Stands for *database*, and counts how often it is read."""

    database: Database
    reads: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    async def read(self, query: Any, *, short: bool = False) -> Any:
        self.reads += 1
        return await self.database.read(query, short=short)


@pytest.fixture
def database(database: Database) -> Watched:
    standing = database._shelf.standing
    standing._clock = lambda: 0.0  # so that a slow machine does not count as time
    standing.found = Found(standing._clock)
    return Watched(database)


@pytest.fixture
def rota(office: Office) -> str:
    return office.schedule(teams=(OPS,))


def who(office: Office, rota: str) -> str:
    return office.get(f"/schedules/{rota}/on-call")["data"]["relationships"]["user"]["data"]["id"]


@pytest.mark.parametrize(
    "path",
    [
        "/schedules?include=teams",
        "/schedules/{}?" + EVERYTHING,
        "/schedules/{}/on-call?include=user",
        "/schedules/{}/on-call?filter[at_ts]=2026-03-09T12:00:00Z",
        "/escalation-policies",
        "/escalation-policies/{policy}?include=steps.targets",
    ],
)
def test_the_same_question_gets_the_same_answer_and_asks_the_database_nothing(office, database, rota, path):
    path = path.format(rota, policy=office.policy())
    office.call("GET", path, as_="responder")
    first = office.call("GET", path)
    asked = database.reads

    again = [office.call("GET", path, as_=as_) for as_ in ("admin", "responder", "admin")]

    assert first.is_success
    assert database.reads == asked
    for answer in again:
        assert (answer.status_code, answer.headers, answer.content) == (200, first.headers, first.content)


def test_what_somebody_changes_is_seen_by_whoever_asks_next(office, rota):
    path = f"/schedules/{rota}?{EVERYTHING}"
    assert who(office, rota) == BEN
    office.get(path)

    office.put(f"/schedules/{rota}", replacing(schedule(layer(members=[{"user": {"id": ANA}}])), rota))

    assert who(office, rota) == ANA
    members = [each for each in office.get(path)["included"] if each["type"] == "members"]
    assert [each["relationships"]["user"]["data"]["id"] for each in members] == [ANA]
    assert office.call("DELETE", f"/schedules/{rota}").is_success
    assert office.call("GET", path).status_code == 404
    assert office.call("GET", f"/schedules/{rota}/on-call").status_code == 404


def test_the_next_turn_begins_though_nobody_changes_anything(office, rota):
    found = [who(office, rota)]

    for pause in ({"hours": 23, "minutes": 59, "seconds": 59}, {"seconds": 1}, {"days": 1}):
        office.api.clock.pass_time(**pause)
        found += [who(office, rota), who(office, rota)]

    assert found == [BEN, BEN, BEN, ANA, ANA, BEN, BEN]


def test_what_was_answered_to_one_is_no_answer_to_others(office, rota):
    path = f"/schedules/{rota}/on-call"
    for as_ in ("admin", "on_call_read", "stranger", "on_call_respond"):
        office.call("GET", path, as_=as_)

    said = {
        as_: office.call("GET", path, as_=as_).status_code for as_ in ("admin", "on_call_read", "stranger")
    }
    wrong = office.call("GET", path, headers={"dd-application-key": "responder-app"})
    missing = office.api.call("GET", f"/api/v2/on-call{path}", as_=None)

    assert said == {"admin": 200, "on_call_read": 200, "stranger": 404}
    assert (wrong.status_code, missing.status_code) == (403, 401)


def test_a_key_that_may_not_read_gets_nothing_that_others_have_read(office, rota):
    path = f"/schedules/{rota}/on-call"
    office.get(path)

    for _ in range(2):
        assert office.call("GET", path, as_="on_call_write").status_code == 403


def test_a_key_that_was_revoked_is_refused_at_once(office, database, rota):
    path = f"/schedules/{rota}/on-call"
    key = database.transact(lambda tx: office.add_key(tx, 790, "guest", REA))
    assert [office.call("GET", path, as_="guest").status_code for _ in range(2)] == [200, 200]

    database.transact(lambda tx: credentials.revoke(tx, key.id, NOW))

    assert office.call("GET", path, as_="guest").status_code == 403


def test_a_reader_of_the_head_gets_no_body(office, rota):
    path = f"/schedules/{rota}/on-call"
    whole = office.call("GET", path)

    for _ in range(2):
        head = office.call("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == whole.headers["content-length"]
    assert office.call("GET", path).content == whole.content


def test_what_is_given_again_counts_against_the_rate_and_is_counted(database):
    office = Office(database, per_s=1)
    path = f"/schedules?{'page[size]=3'}"

    statuses = []
    for _ in range(3):
        statuses.append(office.call("GET", path).status_code)
        statuses.append(office.call("GET", path).status_code)
        office.api.clock.pass_time(seconds=1)

    assert statuses == [200, 429] * 3
    text, _ = office.api.kit.metrics.text("")
    route = 'door="datadog",method="GET",route="/api/v2/on-call/schedules"'
    assert f'tocsin_http_requests_total{{{route},status="200"}} 3.0' in text.decode()


def test_people_and_teams_are_called_by_their_new_names(office, rota):
    path = f"/schedules/{rota}?{EVERYTHING}"
    office.get(path)

    attributes = {"handle": "ops", "name": "New", "avatar": "x"}
    team = {"data": {"type": "team", "id": to_uuid(OPS.id), "attributes": attributes}}
    assert office.call("PATCH", f"/api/v2/team/{to_uuid(OPS.id)}", team).is_success

    (shown,) = [each for each in office.get(path)["included"] if each["type"] == "teams"]
    assert (shown["attributes"]["name"], shown["attributes"]["avatar"]) == ("New", "x")
