"""The main path, the same on either database; and requests that meet."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from conftest import ENGINES
from mongo_office import BASE, GROUP, MongoOffice, answer, well
from tocsin.actions import paging, retention
from tocsin.store import nonces

PATH = f"{BASE}/groups/{GROUP}/alerts"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


def test_an_event_pages_until_somebody_has_it_and_again_when_that_ends(office):
    config = {
        "eventTypeName": "HOST_DOWN",
        "enabled": True,
        "notifications": [
            {"typeName": "USER", "username": "rea@example.org", "delayMin": 0, "intervalMin": 30},
            {"typeName": "EMAIL", "emailAddress": "ops@example.org", "delayMin": 20},
        ],
        "matchers": [{"fieldName": "PORT", "operator": "EQUALS", "value": "27017"}],
    }
    configs = f"/groups/{GROUP}/alertConfigs"
    made = well(office.call("POST", configs, config))
    path = office.report(event_type="HOST_DOWN", host="db-1:27017", labels={"env": "Größe"})

    def run(minutes=0):
        office.api.clock.pass_time(minutes=minutes)
        office.api.transact(lambda tx: paging.turn(tx, now=office.api.clock.now))
        return len(office.api.get("/notifications?limit=100")["notifications"])

    begun = run()
    office.acknowledge(path, "2026-03-06T10:00:00+00:00", acknowledgementComment="mine")
    held = [run(minutes=15) for _ in range(3)]
    again = run(minutes=15)
    said = office.get(path)
    by_status = {
        status: office.get(f"/groups/{GROUP}/alerts?status={status}")["totalCount"]
        for status in ("TRACKING", "OPEN", "CLOSED", "CANCELLED")
    }
    of_config = office.get(f"{configs}/{made['id']}/alerts")["results"]
    office.call("DELETE", f"{configs}/{made['id']}")

    assert (begun, held, again) == (1, [1, 1, 1], 3)
    assert (said["alertConfigId"], "acknowledgedUntil" in said) == (made["id"], False)
    assert by_status == {"TRACKING": 0, "OPEN": 1, "CLOSED": 0, "CANCELLED": 0}
    assert [each["id"] for each in of_config] == [said["id"]]
    assert office.get(path)["status"] == "CANCELLED"
    assert run(minutes=120) == 3


def test_of_sixteen_identical_requests_one_is_served(office):
    challenge = office.bare("GET", PATH).headers["www-authenticate"]
    said = answer(challenge, "GET", PATH)

    async def all_at_once():
        transport = httpx.ASGITransport(office.api)
        async with httpx.AsyncClient(transport=transport, base_url="http://tocsin.test") as client:
            asked = (client.get(PATH, headers={"authorization": said}) for _ in range(16))
            return [each.status_code for each in await asyncio.gather(*asked)]

    assert sorted(asyncio.run(all_at_once())) == [200] + [401] * 15


def test_threads_that_share_a_nonce_are_all_served_once(office):
    challenge = office.bare("GET", PATH).headers["www-authenticate"]

    def ask(count):
        said = answer(challenge, "GET", PATH, nc=f"{count % 24 + 1:08x}")
        return office.bare("GET", PATH, headers={"authorization": said}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(ask, range(48)))

    assert statuses == [200] * 24 + [401] * 24


def test_a_replay_on_another_node_fails(office, database):
    other = MongoOffice.__new__(MongoOffice)
    other.database, other.api = database, office.api
    challenge = office.bare("GET", PATH).headers["www-authenticate"]
    said = {"authorization": answer(challenge, "GET", PATH)}

    first, second = office.bare("GET", PATH, headers=said), other.bare("GET", PATH, headers=said)

    assert (first.status_code, second.status_code) == (200, 401)
    assert "stale=true" in second.headers["www-authenticate"]


def test_used_nonces_are_swept_when_their_time_is_over(office):
    for _ in range(3):
        office.call("GET", PATH)
    now = office.api.clock.now

    def sweep(tx):
        return retention.sweep(tx, events_before=now, alerts_before=now, now=office.api.clock.now).by_table

    before = office.api.transact(sweep)
    office.api.clock.pass_time(minutes=16)
    after = office.api.transact(sweep)

    assert ("used_nonces" in before, after["used_nonces"]) == (False, 3)
    assert office.api.transact(lambda tx: nonces.forget(tx, before=office.api.clock.now, limit=9)) == 0
