"""Explaining over the native API: everything is told, nothing is written and nothing is sent."""

from dataclasses import replace

import pytest

import builders
from api_world import ADA, REA, STRANGER, Api, catch_all, directory
from builders import step, target
from conftest import ENGINES
from routing_builders import policy, rule, silence
from tocsin.core.spelling import native
from tocsin.store import tables
from tocsin.store.statements import two_forms

EVENT = {"title": "Disk full", "severity": "critical", "labels": {"team": "data"}, "dedup_key": "db-1/disk"}
STEPS = catch_all(step(target(REA)), step(target(ADA), after=10))


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture
def api(database) -> Api:
    return Api(database, configuration=directory(escalation_policies={STEPS.id: STEPS}))


def counts(api) -> dict[str, int]:
    def count(tx):
        return {
            name: tx.scalar(
                two_forms(sqlite=f"SELECT count(*) FROM {name}", postgresql=f"SELECT count(*) FROM {name}")
            )
            for name in tables.metadata.tables
        }

    return api.database.read_now(count)


def messages(explained) -> list[tuple[str, str]]:
    return [
        (moment["at"], message["address"])
        for page in explained["pages"]
        for moment in page["moments"]
        for message in moment["messages"]
    ]


def test_an_event_is_explained_with_every_reason_and_in_words(api):
    explained = api.post("/explain", {"event": EVENT}, as_="viewer")

    assert (explained["at"], explained["change"]) == ("2026-03-06T09:00:00Z", "opened")
    assert explained["alert"] == {
        "id": None,
        "service": {"id": native("service", 2), "name": "Shop", "slug": "shop"},
        "title": "Disk full",
        "severity": "critical",
        "dedup_key": "db-1/disk",
    }
    (verdict,) = explained["verdicts"]
    assert (verdict["verdict"], verdict["code"], verdict["plan"]) == ("routed", "caught_all", "Everything")
    assert messages(explained) == [
        ("2026-03-06T09:00:00Z", "rea@example.org"),
        ("2026-03-06T09:10:00Z", "ada@example.org"),
    ]
    (first, second) = explained["pages"][0]["moments"]
    assert [each["code"] for each in first["because"]] == ["page_began", "step_taken"]
    assert second["messages"][0]["user"] == {"id": native("user", ADA.id), "name": "Ada"}
    assert "> Message by email to Rea (rea@example.org)" in explained["text"]
    assert explained["text"].startswith("At 2026-03-06T09:00:00Z, if nobody answers:\n")


def test_what_is_explained_is_what_then_happens(api):
    explained = api.post("/explain", {"event": EVENT})

    api.report(**EVENT)

    (sent,) = api.get("/notifications")["notifications"]
    assert (sent["queued_at"], sent["address"]) == messages(explained)[0]
    assert sent["because"] == explained["pages"][0]["moments"][0]["messages"][0]["sentence"]


@pytest.mark.parametrize("at", [None, "2026-12-24T20:00:00+01:00"])
def test_nothing_is_written_and_nothing_is_sent(api, at):
    alert = api.alert(**EVENT)
    before = counts(api)

    for body in ({"event": EVENT}, {"event": EVENT | {"severity": "ok"}}, {"alert": alert["id"]}):
        api.post("/explain", body | ({"at": at} if at else {}))

    assert counts(api) == before
    assert api.get(f"/alerts/{alert['id']}") == alert


def test_an_event_may_meet_an_alert_that_is_open_and_its_page_goes_on(api):
    api.alert(**EVENT)
    api.clock.pass_time(minutes=3)

    explained = api.post("/explain", {"event": EVENT})

    assert (explained["change"], explained["alert"]["id"] is not None) == ("repeated", True)
    assert [verdict["verdict"] for verdict in explained["verdicts"]] == ["quiet"]
    assert [verdict["verdict"] for verdict in explained["afresh"]] == ["routed"]
    assert messages(explained) == [("2026-03-06T09:10:00Z", "ada@example.org")]
    assert explained["pages"][0]["page_id"] == api.get("/pages")["pages"][0]["id"]


def test_with_an_instant_an_event_is_explained_as_if_it_were_new_then(api):
    api.alert(**EVENT)

    explained = api.post("/explain", {"event": EVENT, "at": "2026-12-24T20:00:00+01:00"})

    assert (explained["at"], explained["change"]) == ("2026-12-24T19:00:00Z", "opened")
    assert [at for at, _ in messages(explained)] == ["2026-12-24T19:00:00Z", "2026-12-24T19:10:00Z"]


@pytest.mark.parametrize("key", ["db-1/disk", ""])
def test_an_alert_is_explained_as_if_it_were_reported_once_more(api, key):
    alert = api.alert(**EVENT | {"dedup_key": key})
    api.clock.pass_time(minutes=3)

    explained = api.post("/explain", {"alert": alert["id"]})

    assert (explained["alert"]["id"], explained["change"]) == (alert["id"], "repeated")
    assert messages(explained) == [("2026-03-06T09:10:00Z", "ada@example.org")]


def test_an_alert_that_somebody_has_is_explained_up_to_when_they_have_it_no_more(api):
    alert = api.alert(**EVENT)
    api.post(f"/alerts/{alert['id']}/acknowledge", {"for_s": 3_600})

    explained = api.post("/explain", {"alert": alert["id"]})

    assert explained["verdicts"][0]["code"] == "held_by_acknowledgement"
    assert explained["again"][0]["because"][0]["code"] == "acknowledgement_ended"
    assert messages(explained)[0] == ("2026-03-06T10:00:00Z", "rea@example.org")


def test_an_alert_that_is_over_is_explained_as_new(api):
    alert = api.alert(**EVENT)
    api.post(f"/alerts/{alert['id']}/resolve")

    assert api.post("/explain", {"alert": alert["id"]})["change"] == "opened"


def test_policies_rules_and_silences_are_named_by_their_ids(database):
    takes = policy(rule(builders.plan(step(target(REA))), when="labels.team = data"), name="Data")
    passes = policy(rule(builders.plan(step(target(REA))), when="labels.team = web"), name="Web")
    quiet = silence(starts_at=builders.NOW.replace(month=5))
    api = Api(
        database, configuration=directory(policies=(takes, passes), silences=(replace(quiet, ends_at=None),))
    )

    now = api.post("/explain", {"event": EVENT})
    later = api.post("/explain", {"event": EVENT, "at": "2026-06-01T00:00:00Z"})

    assert {verdict["alert_policy_id"]: verdict["rule_id"] for verdict in now["verdicts"]} == {
        native("alert_policy", each.id): native("rule", each.rules[0].id) for each in (takes, passes)
    }
    (verdict,) = later["verdicts"]
    assert (verdict["verdict"], verdict["silence_id"]) == ("silenced", native("silence", quiet.id))
    assert "Nobody is told." in later["text"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "event"),
        ({"event": None}, "event"),
        ({"event": EVENT, "alert": "alrt_000000000001"}, "event"),
        ({"event": []}, "event"),
        ({"event": 7}, "event"),
        ({"event": {}}, "event"),
        ({"event": {"title": 7}}, "event.title"),
        ({"event": {"title": "x", "severity": "fatal"}}, "event.severity"),
        ({"event": {"title": "x", "service": "nope"}}, "event.service"),
        ({"event": {"events": [{"title": "x"}, {"title": "y"}]}}, "event"),
        ({"event": EVENT, "at": "yesterday"}, "at"),
        ({"event": EVENT, "at": "0001-01-01T00:00:00Z"}, "at"),
        ({"event": EVENT, "at": "9999-12-31T23:59:59-23:59"}, "at"),
        ({"alert": "x"}, "alert"),
        ({"alert": 7}, "alert"),
        ({"event": EVENT, "when": "now"}, "when"),
    ],
)
def test_a_question_that_makes_no_sense_is_named(api, body, path):
    answer = api.call("POST", "/explain", body)

    assert answer.status_code == 400, answer.text
    (fault,) = answer.json()["errors"]
    assert fault["path"] == path
    assert fault["remedy"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"event": {"title": "\\ud800"}}', b'{"event": ' + b"[" * 50_000]
)
def test_a_question_that_is_broken_is_refused(api, content):
    assert api.call("POST", "/explain", content=content).status_code == 400


@pytest.mark.parametrize(("who", "status"), [("viewer", 200), ("owner", 200), (None, 401)])
def test_who_may_ask(api, who, status):
    assert api.call("POST", "/explain", {"event": EVENT}, as_=who).status_code == status


def test_another_workspace_s_alerts_are_not_explained(api):
    alert = api.alert(**EVENT)

    assert api.call("POST", "/explain", {"alert": alert["id"]}, as_=STRANGER).status_code == 404
    assert api.call("POST", "/explain", {"alert": "alrt_000000000000"}).status_code == 404


def test_nul_in_an_event_is_explained_as_it_would_be_taken(api):
    explained = api.call("POST", "/explain", content=b'{"event": {"title": "a\\u0000b"}}').json()

    assert explained["alert"]["title"] == "a\ufffdb"
