"""Pages: whom they reach, when, and how they end; on a clock that goes on when it is told to."""

from typing import Any

import pytest

from api_world import ADA, REA
from datadog_office import ANA, BEN, FOREIGN, OPS, UNKNOWN, WEB, Office, refusal, step, target
from tocsin.actions import delivery, paging
from tocsin.actions.delivery import Result
from tocsin.core.receipt import Outcome, Receipt
from tocsin.core.spelling import from_uuid, native, to_uuid

OPS_ID, WEB_ID = to_uuid(OPS.id), to_uuid(WEB.id)
FIRST, SECOND = REA.email, ADA.email  # Ana and Ben of this API
PAGES = "/pages"
OFFICE = {
    "time_zone": "UTC",
    "restrictions": [
        {"start_day": "friday", "start_time": "10:00:00", "end_day": "friday", "end_time": "17:00:00"}
    ],
}


def page(kind: str = "team_id", identifier: str = OPS_ID, urgency: str = "high", **more: Any) -> dict:
    attributes = {"title": "Look", "urgency": urgency, "target": {"type": kind, "identifier": identifier}}
    return {"data": {"type": "pages", "attributes": attributes | more}}


def paged(office: Office, *arguments: str, **more: Any) -> str:
    """Make a page and give its id."""
    answer = office.call("POST", PAGES, page(*arguments, **more))
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert set(document["data"]) == {"id", "type"}
    return document["data"]["id"]


def do(office: Office, what: str, identifier: str) -> None:
    answer = office.call("POST", f"{PAGES}/{identifier}/{what}")
    assert (answer.status_code, answer.content) == (202, b""), answer.text


def shown(office: Office, identifier: str) -> dict:
    return office.api.get(f"/pages/{native('page', from_uuid(identifier))}", as_="admin")


def rules(office: Office, *given: dict, team: str = OPS_ID) -> None:
    data = {"type": "team_routing_rules", "attributes": {"rules": list(given)}}
    office.put(f"/teams/{team}/routing-rules", {"data": data})


def told(office: Office, minutes: int = 0) -> list[tuple[int, str]]:
    """Let minutes pass, one by one, and tell in which of them what was sent to which address."""
    sent = []
    for minute in range(minutes + 1):
        if minute:
            office.api.clock.pass_time(minutes=1)
        now = office.api.clock()
        office.database.transact(lambda tx, now=now: paging.turn(tx, now=now))
        sent += [(minute, address) for address in _deliver(office, now)]
    return sent


def _deliver(office: Office, now: Any) -> list[str]:
    def deliver(tx) -> list[str]:
        claimed = delivery.claim(tx, node="n1", now=now, machines=frozenset()).dispatches
        receipt = Receipt(outcome=Outcome.DELIVERED, error="", retry_after=None)
        results = [
            Result(notification=each.notification, receipt=receipt, at=now, jitter=0.5, providers=1)
            for each in claimed
        ]
        delivery.record(tx, results, node="n1", now=now)
        return [each.notification.address for each in claimed]

    return office.database.transact(deliver)


@pytest.fixture
def ladder(office: Office) -> str:
    """A policy that asks Ana, ten minutes later Ben, and starts over once."""
    steps = (
        step(target("users", ANA), escalate_after_seconds=600),
        step(target("users", BEN), escalate_after_seconds=36_000),
    )
    return office.policy(*steps, retries=1)


# --- whom a page reaches --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "identifier"), [("team_id", OPS_ID), ("team_id", OPS_ID.upper()), ("team_handle", "ops")]
)
def test_a_team_is_paged_by_its_rules_step_by_step_for_hours(office, ladder, kind, identifier):
    rules(office, {"policy_id": ladder})

    identifier = paged(office, kind, identifier, description="db-1 is full", tags=["env:prod", "on fire"])

    assert told(office, 5) == [(0, FIRST)]
    assert told(office, 10) == [(5, SECOND)]
    office.api.clock.pass_time(seconds=36_000 - 300 - 60)
    assert told(office, 1) == [(1, FIRST)]
    found = shown(office, identifier)
    assert (found["title"], found["importance"], found["status"]) == ("Look", "important", "triggered")
    (alert,) = office.api.get(f"/pages/{found['id']}/alerts", as_="admin")["alerts"]
    assert alert["labels"] == {"team": "ops", "env": "prod", "on fire": ""}
    assert alert["message"] == "db-1 is full"


def test_a_user_is_paged_directly(office):
    identifier = paged(office, "user_id", BEN, "low")

    assert told(office, 1) == [(0, SECOND)]
    assert shown(office, identifier)["importance"] == "default"


def test_rules_are_tried_from_the_top_and_match_the_tags(office, ladder):
    to_ben = office.policy(step(target("users", BEN)))
    rules(
        office,
        {"query": "tags.env:prod -tags.app:test*", "policy_id": to_ben},
        {"query": "priority:(1 OR 2)", "policy_id": to_ben},
        {"policy_id": ladder},
    )

    def whom(*tags: str) -> list[str]:
        paged(office, tags=list(tags))
        return [address for _, address in told(office)]

    assert whom("env:prod", "app:shop") == [SECOND]
    assert whom("env:prod", "app:test-1") == [FIRST]
    assert whom("priority:2") == [SECOND]
    assert whom() == [FIRST]


@pytest.mark.parametrize(
    ("rule", "page_s", "importance"),
    [
        ("high", "low", "important"),
        ("low", "high", "default"),
        ("dynamic", "low", "default"),
        ("dynamic", "high", "important"),
        (None, "low", "default"),
        (None, "high", "important"),
    ],
)
def test_the_urgency_is_the_rule_s_or_the_page_s_own(office, ladder, rule, page_s, importance):
    rules(office, {"policy_id": ladder} | ({"urgency": rule} if rule else {}))

    assert shown(office, paged(office, "team_id", OPS_ID, page_s))["importance"] == importance


def test_a_rule_outside_its_time_is_passed(office, ladder):
    to_ben = office.policy(step(target("users", BEN)))
    rules(office, {"time_restriction": OFFICE, "policy_id": to_ben}, {"policy_id": ladder})

    paged(office)
    early = told(office)
    office.api.clock.pass_time(hours=1)
    paged(office)

    assert early == [(0, FIRST)]
    assert (0, SECOND) in told(office)


def test_outside_support_hours_a_page_waits_for_them(office, ladder):
    hours = {"type": "escalation_policy", "policy_id": ladder, "support_hours": OFFICE}
    rules(office, {"actions": [hours]})

    identifier = paged(office)

    assert told(office, 59) == []
    assert told(office, 1) == [(1, FIRST)]
    assert shown(office, identifier)["next_step"] == 2


def test_escalating_a_page_that_waits_for_support_hours_begins_it_at_once(office, ladder):
    hours = {"type": "escalation_policy", "policy_id": ladder, "support_hours": OFFICE}
    rules(office, {"actions": [hours]})
    identifier = paged(office)
    before = told(office, 10)

    do(office, "escalate", identifier)

    assert before == []
    assert told(office, 10) == [(0, FIRST), (10, SECOND)]


def test_another_team_s_rules_decide_and_a_circle_is_refused(office, ladder):
    to_web = {"actions": [{"type": "reroute_to_team", "destination_team_id": WEB_ID}]}
    rules(office, to_web)
    rules(office, {"policy_id": ladder}, team=WEB_ID)
    paged(office)
    through = told(office)
    rules(office, {"actions": [{"type": "reroute_to_team", "destination_team_id": OPS_ID}]}, team=WEB_ID)

    answer = office.call("POST", PAGES, page())

    assert through == [(0, FIRST)]
    assert answer.status_code == 400
    assert "has no routing rules that lead to anybody" in refusal(answer)


def test_a_message_goes_with_the_page_to_the_destination_of_that_name(office, ladder):
    office.api.post(
        "/destinations",
        {"name": "#ops", "channel": "webhook", "address": "https://example.org/hook"},
        as_="admin",
    )
    slack = {"type": "send_slack_message", "workspace": "acme", "channel": "ops"}
    rules(office, {"actions": [slack, {"type": "escalation_policy", "policy_id": ladder}]})

    identifier = paged(office)

    assert sorted(told(office)) == [(0, "https://example.org/hook"), (0, FIRST)]
    assert shown(office, identifier)["escalation_policy_id"] is not None
    do(office, "acknowledge", identifier)
    assert {each["status"] for each in office.api.get("/pages", as_="admin")["pages"]} == {"acknowledged"}


# --- what a policy's words mean -------------------------------------------------------------------------


def test_a_step_in_turn_takes_the_next_target_from_page_to_page(office):
    both = (target("users", ANA), target("users", BEN))
    rules(office, {"policy_id": office.policy(step(*both, assignment="round-robin"))})

    asked = []
    for _ in range(3):
        paged(office)
        asked += [address for _, address in told(office)]

    assert asked == [FIRST, SECOND, FIRST]


def test_steps_run_again_as_often_as_retries_say_and_then_the_page_is_resolved(office):
    once = step(target("users", ANA), escalate_after_seconds=60)
    rules(office, {"policy_id": office.policy(once, retries=2, resolve_page_on_policy_end=True)})
    identifier = paged(office)

    asked = told(office, 2)
    before = shown(office, identifier)["status"]
    told(office, 1)

    assert asked == [(0, FIRST), (1, FIRST), (2, FIRST)]
    assert (before, shown(office, identifier)["status"]) == ("triggered", "resolved")


def test_a_step_asks_whoever_holds_the_position_when_it_is_taken(office):
    rota = office.schedule()  # Ben has the day, and Ana the days before and after it
    positions = [target("schedules", rota, each) for each in ("current", "previous", "next")]
    rules(
        office, {"policy_id": office.policy(*(step(each, escalate_after_seconds=60) for each in positions))}
    )

    paged(office)

    assert told(office, 2) == [(0, SECOND), (1, FIRST), (2, FIRST)]


# --- how it ends ----------------------------------------------------------------------------------------


def test_an_acknowledged_page_asks_nobody_more_and_is_acknowledged_everywhere(office, ladder):
    rules(office, {"policy_id": ladder})
    identifier = paged(office)
    told(office)

    do(office, "acknowledge", identifier)

    assert told(office, 60) == []
    found = shown(office, identifier)
    assert found["status"] == "acknowledged"
    (alert,) = office.api.get(f"/pages/{found['id']}/alerts", as_="admin")["alerts"]
    assert alert["acknowledgement"]["by"]["name"] == "Ada"


def test_an_acknowledged_page_is_triggered_again_after_the_timeout_of_its_rule(office, ladder):
    action = {"type": "escalation_policy", "policy_id": ladder, "ack_timeout_minutes": 30}
    rules(office, {"actions": [action]})
    identifier = paged(office)
    told(office)

    do(office, "acknowledge", identifier)

    assert told(office, 29) == []
    assert told(office, 1) == [(1, FIRST)]
    assert shown(office, identifier)["status"] == "triggered"


def test_escalating_takes_the_next_step_at_once_and_triggers_again(office, ladder):
    rules(office, {"policy_id": ladder})
    identifier = paged(office)
    told(office)

    do(office, "escalate", identifier)
    first = told(office)
    do(office, "acknowledge", identifier)
    do(office, "escalate", identifier)

    assert first == [(0, SECOND)]
    assert shown(office, identifier)["status"] == "triggered"


def test_a_resolved_page_stays_so_whatever_is_asked_of_it(office, ladder):
    rules(office, {"policy_id": ladder})
    identifier = paged(office)
    told(office)

    for what in ("resolve", "resolve", "acknowledge", "escalate"):
        do(office, what, identifier)

    assert shown(office, identifier)["status"] == "resolved"
    assert told(office, 30) == [(0, FIRST)]  # that it is over


def test_what_is_done_natively_is_done(office, ladder):
    rules(office, {"policy_id": ladder})
    identifier = paged(office)
    (alert,) = office.api.get(f"/pages/{shown(office, identifier)['id']}/alerts", as_="admin")["alerts"]

    office.api.post(f"/alerts/{alert['id']}/resolve", as_="responder")
    do(office, "acknowledge", identifier)

    assert shown(office, identifier)["status"] == "resolved"


# --- events reach a team's rules ------------------------------------------------------------------------


def test_an_event_reaches_a_team_by_its_label_or_by_the_service_s_owner(office, ladder):
    rules(
        office, {"query": "alert_status:warn", "policy_id": ladder, "urgency": "low"}, {"policy_id": ladder}
    )
    owned = office.api.call("PATCH", f"/services/{native('service', 3)}", {"team_id": OPS_ID}, as_="admin")
    assert owned.status_code == 200

    by_label = office.api.alert(labels={"team": "ops"}, severity="warning", service="shop")
    by_owner = office.api.alert(service="depot", title="Other")
    neither = office.api.alert(service="shop", title="Third")

    def importance(alert: dict) -> list[tuple[str | None, str]]:
        pages = office.api.get(f"/pages?alert={alert['id']}", as_="admin")["pages"]
        return [(each["alert_policy_id"], each["importance"]) for each in pages]

    policies = office.api.get("/alert-policies", as_="admin")["alert_policies"]
    assert importance(by_label) == [(policies[0]["id"], "default")]
    assert importance(by_owner) == [(policies[0]["id"], "important")]
    assert importance(neither) == [(None, "default")]


# --- a person's own rules -------------------------------------------------------------------------------


def own_rules(office: Office, *delays: tuple[int, str], user: str = ANA) -> str:
    config = {"type": "email", "address": "ana@home.example", "formats": ["text"]}
    body = {"data": {"type": "notification_channels", "attributes": {"config": config}}}
    channel = office.post(f"/users/{user}/notification-channels", body)["data"]["id"]
    for delay, category in delays:
        office.post(
            f"/users/{user}/notification-rules",
            {
                "data": {
                    "type": "notification_rules",
                    "attributes": {"delay_minutes": delay, "category": category},
                    "relationships": {"channel": {"data": {"id": channel, "type": "notification_channels"}}},
                }
            },
        )
    return channel


def test_rules_of_the_page_s_urgency_fire_each_at_its_delay(office):
    own_rules(office, (5, "high_urgency"), (2, "high_urgency"), (1, "low_urgency"))

    paged(office, "user_id", ANA)
    loud = told(office, 6)
    office.api.clock.pass_time(hours=1)
    paged(office, "user_id", ANA, "low")

    assert loud == [(2, "ana@home.example"), (5, "ana@home.example")]
    assert told(office, 3) == [(1, "ana@home.example")]


def test_high_urgency_without_any_rule_goes_to_the_user_s_address(office):
    paged(office, "user_id", ANA)

    assert told(office) == [(0, FIRST)]


def test_a_rule_on_a_telephone_texts_or_calls_it(office):
    own_rules(office, (0, "high_urgency"))
    number = {"type": "phone", "number": "+17039389548"}
    body = {"data": {"type": "notification_channels", "attributes": {"config": number}}}
    phone = office.post(f"/users/{ANA}/notification-channels", body)["data"]["id"]
    link = {"channel": {"data": {"id": phone, "type": "notification_channels"}}}
    for minutes, use in enumerate(("sms", "voice"), start=1):
        attributes = {"delay_minutes": minutes, "channel_settings": {"type": "phone", "method": use}}
        data = {"type": "notification_rules", "attributes": attributes, "relationships": link}
        office.post(f"/users/{ANA}/notification-rules", {"data": data})

    paged(office, "user_id", ANA)

    assert told(office, 3) == [(0, "ana@home.example"), (1, "+17039389548"), (2, "+17039389548")]
    sent = office.api.get("/notifications", as_="admin")["notifications"]
    assert sorted(each["channel"] for each in sent) == ["email", "sms", "voice"]


# --- bad input ------------------------------------------------------------------------------------------

BAD = [
    (page("team_id", WEB_ID), None),
    (page("team_id", UNKNOWN), None),
    (page("team_id", FOREIGN), None),
    (page("team_id", "abc"), 'attribute "target.identifier" [abc] is not a valid UUID'),
    (page("team_handle", "nobody"), None),
    (page("user_id", UNKNOWN), None),
    (page("user_id", OPS_ID), None),
    (page("service_id", OPS_ID), None),
    (page(urgency="medium"), None),
    (page(title=""), None),
    (page(title="x" * 1_001), None),
    (page(tags="env:prod"), None),
    ({"data": {"type": "pages", "attributes": {}}}, 'attribute "title" is required'),
    ({"data": {"type": "page", "attributes": page()["data"]["attributes"]}}, None),
    ({}, 'attribute "data" is required'),
]


@pytest.mark.parametrize(("body", "detail"), BAD)
def test_pages_that_cannot_be_are_refused_and_leave_nothing_behind(office, body, detail):
    answer = office.call("POST", PAGES, body)

    said = refusal(answer)
    assert (answer.status_code, said) == (400, detail or said)
    assert office.api.get("/alerts", as_="admin")["total"] == 0


@pytest.mark.parametrize("what", ["acknowledge", "escalate", "resolve"])
@pytest.mark.parametrize(
    ("identifier", "status", "detail"),
    [
        (UNKNOWN, 404, f"page[{UNKNOWN}] not found"),
        (FOREIGN, 404, f"page[{FOREIGN}] not found"),
        ("abc", 400, 'attribute "uuid" [abc] is not a valid UUID'),
    ],
)
def test_a_page_that_is_not_there_is_said(office, what, identifier, status, detail):
    answer = office.call("POST", f"{PAGES}/{identifier}/{what}")

    assert (answer.status_code, refusal(answer)) == (status, detail)


def test_a_stranger_s_page_is_not_there_and_who_only_reads_does_nothing(office):
    identifier = paged(office, "user_id", ANA)

    for what in ("acknowledge", "escalate", "resolve"):
        path = f"{PAGES}/{identifier}/{what}"
        assert office.call("POST", path, as_="stranger").status_code == 404
        assert office.call("POST", path, as_="on_call_read").status_code == 403
        assert office.call("POST", path, as_="viewer").status_code == 403
    assert shown(office, identifier)["status"] == "triggered"
    assert office.call("POST", PAGES, page("user_id", ANA), as_="on_call_read").status_code == 403
    assert office.call("POST", PAGES, page("user_id", ANA), as_="on_call_respond").status_code == 200
