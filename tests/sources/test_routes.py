"""The addresses of integrations, through the ASGI application, on either engine."""

import asyncio
import json
from dataclasses import replace

import pytest

from api_world import DEPOT, NOW, SHOP, Api
from tocsin.core.errors import Overloaded
from tocsin.core.ids import IntegrationId, WorkspaceId
from tocsin.core.service import Integration
from tocsin.httpkit.intake import Intake
from tocsin.sources.registry import SOURCES
from tocsin.sources.routes import TOKEN_LENGTH_MAX, integration_door
from tocsin.store import integrations
from tocsin.store.secrets import token_hash

MAPPING = {"title": "$.name", "dedup_key": "$.id", "service": "$.app", "severity": "$.level"}
GROUP = {
    "version": "4",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "DiskFull", "severity": "critical", "instance": "db-1:9100"},
        },
        {
            "status": "firing",
            "labels": {"alertname": "DiskFull", "severity": "warning", "instance": "db-2:9100"},
        },
    ],
}
KINDS = {
    "native": ({}, {"title": "Disk full"}),
    "alertmanager": ({}, GROUP),
    "grafana": ({}, GROUP),
    "generic": (MAPPING, {"name": "Disk full", "id": "7"}),
    "templated": ({"type": "formatted_webhook"}, {"title": "Disk full", "alert_uid": "7"}),
}


def address(kind: str) -> str:
    return f"/integrations/{kind}/{kind}-token"


@pytest.fixture
def api(database) -> Api:
    api = Api(database, doors=(integration_door,))

    def make(tx):
        for number, (kind, (mapping, _)) in enumerate(KINDS.items(), 70):
            made = Integration(
                id=IntegrationId(number),
                workspace=WorkspaceId(1),
                service=DEPOT,
                kind=kind,
                name=f"from {kind}",
                mapping=mapping,
            )
            integrations.add(tx, made, token_hash=token_hash(f"{kind}-token"))

    api.transact(make)
    return api


def change(api: Api, kind: str, **fields) -> None:
    def save(tx):
        was = next(each for each in integrations.all_(tx, WorkspaceId(1)) if each.kind == kind)
        integrations.save(tx, replace(was, **fields), was)

    api.transact(save)


def test_every_source_has_an_address():
    assert set(KINDS) == set(SOURCES)


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_integration_takes_belongs_to_its_service_and_is_on_disk(api, kind):
    answer = api.call("POST", address(kind), KINDS[kind][1], as_=None)

    assert answer.status_code == 202
    for accepted in answer.json()["events"]:
        event = api.get(f"/events/{accepted['id']}")
        assert event["service"]["slug"] == "depot"
        assert event["integration_id"].startswith("int_")
        alert = api.get(f"/alerts/{event['alert_id']}")
        assert (alert["service"]["slug"], alert["status"]) == ("depot", "firing")


def test_an_alert_of_prometheus_is_resolved_by_the_labels_it_fired_with(api):
    api.call("POST", address("alertmanager"), GROUP, as_=None)
    over = {
        **GROUP,
        "status": "resolved",
        "alerts": [{**each, "status": "resolved"} for each in GROUP["alerts"]],
    }

    api.clock.pass_time(minutes=5)
    api.call("POST", address("alertmanager"), over, as_=None)

    assert api.get("/alerts?status=open")["total"] == 0
    assert api.get("/alerts?status=resolved")["total"] == 2


def test_a_mapping_may_name_the_service(api):
    answer = api.call("POST", address("generic"), {"name": "Disk full", "id": "7", "app": "shop"}, as_=None)

    event = api.get(f"/events/{answer.json()['events'][0]['id']}")
    assert event["service"]["slug"] == "shop"


@pytest.mark.parametrize(
    ("kind", "body", "path", "said"),
    [
        ("native", {"title": "x", "service": "nope"}, "service", "'nope', which is no service here (event 0"),
        (
            "generic",
            {"name": "x", "id": "1", "app": "nope"},
            "mapping.service",
            "'nope', which is no service",
        ),
        ("generic", {"name": "x", "id": "1", "level": "soso"}, "mapping.severity", "finds 'soso'"),
        ("alertmanager", {"alerts": []}, "alerts", "is missing or empty"),
        ("native", {"events": [{"title": "a"}, {}]}, "events[1]", "the event says nothing"),
    ],
)
def test_what_cannot_be_understood_is_refused_in_words_for_the_sender_s_log(api, kind, body, path, said):
    answer = api.call("POST", address(kind), body, as_=None)

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    (fault,) = answer.json()["errors"]
    assert fault["path"] == path
    assert said in fault["problem"]
    assert api.get("/events")["total"] == 0


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/integrations/native/nobody", "no integration has this address"),
        (f"/integrations/native/{'x' * (TOKEN_LENGTH_MAX + 1)}", "no integration has this address"),
        ("/integrations/native/alertmanager-token", "another kind; use /integrations/alertmanager/<token>"),
        ("/integrations/native/%F0%9F%9A%A8", "no integration has this address"),
    ],
)
def test_an_address_that_is_nobody_s_is_not_found(api, method, path, said):
    answer = api.call(method, path, {"title": "x"}, as_=None)

    assert answer.status_code == 404
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    "path", ["/integrations/pager/native-token", "/integrations/native", "/integrations/"]
)
def test_a_kind_that_is_not_there_is_not_found(api, path):
    assert api.call("POST", path, {"title": "x"}, as_=None).status_code == 404


def test_a_revoked_integration_is_gone_and_says_what_to_do(api):
    api.call("POST", address("native"), {"title": "x"}, as_=None)

    change(api, "native", revoked_at=NOW)
    answer = api.call("POST", address("native"), {"title": "x"}, as_=None)

    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:tocsin:problem:gone"
    assert "was revoked" in answer.json()["detail"]


def test_an_integration_that_is_moved_to_another_service_brings_its_events_there_at_once(api):
    api.call("POST", address("native"), {"title": "x", "dedup_key": "k"}, as_=None)

    change(api, "native", service=SHOP)
    answer = api.call("POST", address("native"), {"title": "x", "dedup_key": "k"}, as_=None)

    event = api.get(f"/events/{answer.json()['events'][0]['id']}")
    assert event["service"]["slug"] == "shop"


@pytest.mark.parametrize(("kind", "title"), [(kind, source.title) for kind, source in SOURCES.items()])
def test_somebody_who_looks_is_told_that_it_works(api, kind, title):
    looked = api.call("GET", address(kind), as_=None)
    headers = api.call("HEAD", address(kind), as_=None)

    assert looked.status_code == headers.status_code == 200
    assert looked.headers["content-type"].startswith("text/plain")
    assert title in looked.text
    assert "POST" in looked.text
    assert f"{kind}-token" not in looked.text


def test_other_methods_are_refused_and_the_right_ones_named(api):
    assert api.call("OPTIONS", address("native"), as_=None).headers["allow"] == "GET, HEAD, POST, OPTIONS"
    refused = api.call("DELETE", address("native"), as_=None)

    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_sends_too_much_is_told_to_come_back_by_503_and_never_by_429(database, kind):
    api = Api(database, doors=(integration_door,), per_s=1)
    made = Integration(
        id=IntegrationId(70),
        workspace=WorkspaceId(1),
        service=SHOP,
        kind=kind,
        name=kind,
        mapping=KINDS[kind][0],
    )
    api.transact(lambda tx: integrations.add(tx, made, token_hash=token_hash(f"{kind}-token")))

    answers = [api.call("POST", address(kind), KINDS[kind][1], as_=None) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [202, 503, 503]
    assert answers[-1].headers["retry-after"] == "1"


def test_a_database_that_cannot_take_more_is_503_with_retry_after(api):
    class Full:
        async def submit(self, _parcel):
            raise Overloaded("more comes in than can be written down", retry_after_s=3)

    api.kit.intake._lane = Full()

    answer = api.call("POST", address("alertmanager"), GROUP, as_=None)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")


def test_a_noisy_integration_leaves_room_for_the_others(api):
    kit = api.kit
    for _ in range(kit.gate.most_each):
        kit.gate.enter_as((1, 70))

    noisy = api.call("POST", address("native"), {"title": "x"}, as_=None)
    quiet = api.call("POST", address("alertmanager"), GROUP, as_=None)

    assert (noisy.status_code, quiet.status_code) == (503, 202)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 10_000,
        b'{"alerts": [7]}',
        b'{"alerts": [{"labels": 7}]}',
        b'{"alerts": {"a": 1}}',
        b'{"events": 7}',
        b'{"title": 7}',
        b'{"name": {}}',
        b'{"title": "\\ud800"}',
        b'{"title": "x", "metric": {"name": "m", "value": 1e999}}',
        b'{"title": "x", "occurred_at": "yesterday"}',
        b'{"id": 1, "id": 2, "name": null}',
        b"--boundary\r\n",
        b"a=1&b=2",
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_no_body_makes_the_server_stumble(api, kind, body):
    answer = api.call("POST", address(kind), content=body, as_=None)

    assert answer.status_code in (202, 400)
    if answer.status_code == 400:
        assert answer.json()["detail"]


def test_a_body_over_the_limit_is_413_and_a_compressed_one_415(api):
    big = api.call("POST", address("native"), content=b"x" * ((1 << 20) + 1), as_=None)
    packed = api.call("POST", address("native"), content=b"x", headers={"content-encoding": "gzip"}, as_=None)

    assert (big.status_code, packed.status_code) == (413, 415)


def test_nul_in_a_text_is_replaced_and_the_event_is_taken(api):
    answer = api.call("POST", address("native"), content=b'{"title": "a\\u0000b"}', as_=None)

    assert api.get(f"/events/{answer.json()['events'][0]['id']}")["title"] == "a\ufffdb"


def test_a_long_body_is_read_beside_the_others(api):
    many = {"events": [{"title": f"trouble {number}", "message": "x" * 200} for number in range(1_000)]}

    answer = api.call("POST", address("native"), content=json.dumps(many).encode(), as_=None)

    assert len(answer.json()["events"]) == 1_000


def test_events_that_come_together_share_a_commit(api):
    commits = []
    intake = api.kit.intake

    def counting(tx, parcels):
        commits.append(len(parcels))
        return Intake._take_in(intake, tx, parcels)

    intake._lane = api.database.lane(counting, limit=1_000)
    api.database.start()

    async def storm() -> list[int]:
        return await asyncio.gather(*(_post(api) for _ in range(40)))

    assert asyncio.run(storm()) == [202] * 40
    assert len(commits) < 30
    assert sum(commits) == 40


async def _post(api: Api) -> int:
    statuses: list[int] = []

    async def receive():
        return {"type": "http.request", "body": b'{"title": "x"}', "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    path = address("native")
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    await api({**scope, "headers": []}, receive, send)
    return statuses[0]
